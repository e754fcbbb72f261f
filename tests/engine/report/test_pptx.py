"""What the slides of a run say, whatever its names, and that they are the same each time."""

from __future__ import annotations

import io
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InputError, StorageError
from engine.report.model import ReportModel, build_model
from engine.report.plain_text import apart, clean
from engine.report.pptx import presentation, unspoken
from engine.report.slides import MOST_BARS, slides
from engine.report.table import Table
from engine.runs import load_run
from tests.engine.run_factory import make_run

HOSTILE = (
    '=HYPERLINK("http://example.invalid")',
    "<script>alert(1)</script>",
    "\u202eשלום 🙂\x07",
    "x" * 300,
)
extra = pytest.mark.extra


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ReportModel:
    """A report model."""
    return build_model(load_run(make_run(tmp_path_factory.mktemp("runs"))))


@pytest.fixture(scope="module")
def deck(model: ReportModel) -> Any:
    """Its slides, read back."""
    return read(presentation_of(model))


@pytest.fixture
def drawn_once(model: ReportModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small picture in place of the map, which has tests of its own."""
    stream = io.BytesIO()
    pytest.importorskip("PIL.Image").new("RGB", (80, 60)).save(stream, "png")
    monkeypatch.setattr("engine.report.pptx.map_png", lambda *_: stream.getvalue())


def presentation_of(model: ReportModel, template: Path | None = None) -> bytes:
    """Write slides, if that can be done here."""
    pytest.importorskip("pptx", reason="no python-pptx, so no test of slides")
    return presentation(model, template)


def read(content: bytes) -> Any:
    """Open slides."""
    from pptx import Presentation

    return Presentation(io.BytesIO(content))


def charts(deck: Any) -> list[Any]:
    """The charts of all slides."""
    return [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]


def renamed(table: Table, column: str) -> Table:
    """Put hostile names in a column."""
    place = [one.name for one in table.columns].index(column)
    rows = tuple(
        (*row[:place], HOSTILE[i % len(HOSTILE)], *row[place + 1 :]) for i, row in enumerate(table.rows)
    )
    return Table(table.title, table.columns, rows)


def test_the_charts_hold_the_runs_numbers(model: ReportModel) -> None:
    """Quotas, chances, months and stress cases are drawn as they are stored."""
    shown = [slide.chart.series for slide in slides(model) if slide.chart]
    drawn = {series.name: series.values for several in reversed(shown) for series in several}
    assert list(drawn["Quota"]) == model.positions.column("quota")
    assert list(drawn["Chance of reaching the quota"]) == model.positions.column("p_at_quota")
    assert list(drawn["Quota"]) != list(drawn["Expected bookings"])
    change = f"Change of expected bookings, {model.facts.currency}"
    assert list(drawn[change]) == model.stress_company.column("difference")


def test_too_many_positions_are_cut_to_the_ends(model: ReportModel) -> None:
    """Of too many positions the lowest and the highest are drawn, and the slide says so."""
    names = [column.name for column in model.positions.columns]
    place, chance = names.index("id"), names.index("p_at_quota")
    first = model.positions.rows[0]
    rows = []
    for i in range(200):
        row = list(first)
        row[place], row[chance] = f"T{i:03}", i / 200
        rows.append(tuple(row))
    many = replace(model, positions=Table("Positions", model.positions.columns, tuple(rows)))
    slide = next(one for one in slides(many) if one.chart and one.chart.most == 1)
    assert slide.chart is not None
    assert slide.chart.series[0].values[0] == 0
    assert slide.chart.series[0].values[-1] == 199 / 200
    assert len(slide.chart.labels) == MOST_BARS
    assert "of 200" in slide.note


@extra
def test_eight_to_twelve_wide_slides(model: ReportModel, deck: Any) -> None:
    """There are 8 to 12 slides of 16:9, each with a title and the word synthetic."""
    assert 8 <= len(deck.slides) <= 12
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, abs=0.001)
    for slide in deck.slides:
        words = " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert slide.shapes.title.text
        assert "Synthetic data." in words
    assert len(charts(deck)) >= 5


@extra
def test_nothing_stands_outside_a_slide(deck: Any) -> None:
    """Every shape is within its slide."""
    for slide in deck.slides:
        for shape in slide.shapes:
            assert min(shape.left, shape.top) >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height


@extra
def test_charts_can_be_edited(model: ReportModel, deck: Any) -> None:
    """A chart carries a workbook with its numbers."""
    chart = next(one for one in charts(deck) if one.value_axis.maximum_scale == 1)
    assert list(chart.plots[0].series[0].values) == model.positions.column("p_at_quota")
    assert chart.part.chart_workbook.xlsx_part.blob[:2] == b"PK"


@extra
def test_the_same_model_gives_the_same_bytes(model: ReportModel) -> None:
    """No hour of the day is in the file, nor in the workbooks inside it."""
    first = presentation_of(model)
    assert first == presentation_of(model)
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        inner = next(name for name in parts.namelist() if name.endswith(".xlsx"))
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        with zipfile.ZipFile(io.BytesIO(parts.read(inner))) as book:
            assert b">2000-01-01T00:00:00Z<" in book.read("docProps/core.xml")


@extra
@pytest.mark.usefixtures("drawn_once")
def test_hostile_names_come_out_harmless(model: ReportModel) -> None:
    """Formulas, markup, turned writing and 300 letters neither break nor run."""
    hostile = replace(
        model,
        title="=1+1 <b>" + "x" * 300,
        positions=renamed(model.positions, "name"),
        territories=renamed(model.territories, "rep_name"),
        stress_company=renamed(model.stress_company, "words"),
    )
    deck = read(presentation_of(hostile))
    labels = [str(label) for chart in charts(deck) for label in chart.plots[0].categories]
    assert not any(label.startswith("=") or "\u202e" in label for label in labels)
    assert max(map(len, labels)) < 40
    assert any("<script>" in label for label in labels)
    for chart in charts(deck):
        with zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@extra
@pytest.mark.usefixtures("drawn_once")
def test_a_template_gives_the_design(model: ReportModel, tmp_path: Path) -> None:
    """The template's size is kept, its own slides are not."""
    pytest.importorskip("pptx")
    from pptx import Presentation

    own = Presentation()
    own.slides.add_slide(own.slide_layouts[0]).shapes.title.text = "our old slide"
    own.save(tmp_path / "firm.pptx")
    content = presentation_of(model, tmp_path / "firm.pptx")
    deck = read(content)
    assert (deck.slide_width, deck.slide_height) == (own.slide_width, own.slide_height)
    assert b"our old slide" not in b"".join(unpacked(content))
    assert deck.slides[0].shapes.title.text == model.title


def unpacked(content: bytes) -> list[bytes]:
    """The parts of a ZIP file."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return [parts.read(name) for name in parts.namelist()]


@extra
@pytest.mark.usefixtures("drawn_once")
def test_a_template_that_is_none(model: ReportModel, tmp_path: Path) -> None:
    """A file that is no presentation is refused with a remedy."""
    (tmp_path / "firm.pptx").write_text("no")
    with pytest.raises(InputError, match=r"firm\.pptx.*no PowerPoint presentation"):
        presentation_of(model, tmp_path / "firm.pptx")


def test_without_the_package_it_is_named(model: ReportModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without python-pptx the message holds the command that installs it."""
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(StorageError, match=r'pip install "python-pptx'):
        presentation(model)


def test_words_are_cleaned() -> None:
    """What cannot be seen goes, emoji and narrow spaces stay."""
    assert clean("a\u202eb\x07 🙂 5\u00a0%") == "a b 🙂 5\u00a0%"
    assert apart("שלום") == "\u2068שלום\u2069" == clean(apart("שלום"))
    assert apart("Zoë") == "Zoë"
    assert unspoken("=1") == "\u200b=1"
    assert unspoken("T01 Ann") == "T01 Ann"
