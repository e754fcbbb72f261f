"""What the PDF of a run says, whatever its names, and that it needs nothing else."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import Any

import pytest

from engine.errors import StorageError
from engine.report.model import ReportModel, build_model
from engine.report.pdf import report_pdf
from engine.report.sentences import Sentence
from engine.report.table import Table
from engine.report.write import draw_svgs
from engine.runs import load_run
from tests.engine.run_factory import make_run

HOSTILE = (
    '#panic("no") $x^2$ *bold* `raw` <label> @ref // \\u{41}',
    "<script>alert(1)</script>",
    "=1+1 \u202eשלום 🙂\x07",
    "x" * 300,
)
extra = pytest.mark.extra


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ReportModel:
    """A report model."""
    return build_model(load_run(make_run(tmp_path_factory.mktemp("runs"))))


def pages(model: ReportModel) -> Any:
    """Write a PDF, if that can be done here, and read it back."""
    pytest.importorskip("typst", reason="no typst, so no test of the PDF")
    reader = pytest.importorskip("pypdf", reason="no pypdf, so no test of the PDF")
    return reader.PdfReader(io.BytesIO(report_pdf(model, draw_svgs(model))))


@extra
def test_the_first_page_holds_the_decision(model: ReportModel) -> None:
    """Title, decision and the three numbers that matter stand on the first page; every page says synthetic."""
    read = pages(model)
    first = read.pages[0].extract_text()
    assert model.title in first
    assert model.summary[0].topic == "Decision"
    assert model.summary[0].text in first
    for card in model.cards[:3]:
        assert card.value in first
    for page in read.pages:
        assert "Synthetic data." in page.extract_text()
    assert (read.metadata.title, len(read.pages)) == (model.title, len(read.pages))
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]  # tagged for screen readers


@extra
def test_hostile_names_are_shown_as_typed(model: ReportModel) -> None:
    """Markup of Typst or HTML is text, long words break, turned writing and control characters are left out."""
    names = [column.name for column in model.territories.columns]
    place = names.index("rep_name")
    rows = tuple(
        (*row[:place], HOSTILE[i % len(HOSTILE)], *row[place + 1 :])
        for i, row in enumerate(model.territories.rows)
    )
    told = replace(
        model,
        title=HOSTILE[0],
        summary=(*model.summary, Sentence("Hostile", " ".join(HOSTILE))),
        territories=Table("Territories", model.territories.columns, rows),
    )
    read = pages(told)
    text = "".join(page.extract_text() for page in read.pages)
    flat = "".join(text.split())
    assert "".join(HOSTILE[0].split()) in flat
    assert "<script>alert(1)</script>" in flat
    assert "\u202e" not in text
    assert "\x07" not in text
    assert flat.replace("\u200b", "").count("x" * 100) >= 1
    for page in read.pages:  # nothing active
        assert "/Annots" not in page
    assert not {"/OpenAction", "/AA", "/Names"} & set(read.trailer["/Root"])


def test_without_the_package_it_is_named(model: ReportModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without typst the message holds the command that installs it."""
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(StorageError, match=r'pip install "typst'):
        report_pdf(model, [])
