"""Names that are formulas, markup, turned writing, emoji or 300 letters come out harmless in every format."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from engine.export import export_run
from engine.report import FORMATS, write_report
from engine.report.plain_text import clean
from engine.report.what_if import ACCOUNTS, SUMMARY, UNITS
from engine.runs import StoredRun, load_run
from tests.engine.report.page import Page
from tests.engine.run_factory import make_run

HOSTILE = (
    '=HYPERLINK("http://example.invalid";"x")',
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202eעברית\u202c العربية 🙂👩‍👩‍👧",
    "w" * 300,
    '+1+cmd|" /C calc"!A0',
    "#panic() ]]> &amp; \\u{41} *b* $x$",
)
COLUMNS = ("rep_name", "manager", "name")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredRun]:
    """A run in which every rep, manager, account and unit has one of these names."""
    stored = load_run(make_run(tmp_path_factory.mktemp("runs"), units=30, title=HOSTILE[1]))
    table = StoredRun.table

    def hostile(self: StoredRun, name: str) -> pd.DataFrame:
        frame = table(self, name)
        for column in COLUMNS if name in ("territories", "accounts", "units") else ():
            if column in frame:
                frame[column] = [HOSTILE[i % len(HOSTILE)] for i in range(len(frame))]
        return frame

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoredRun, "table", hostile)
        yield stored


@pytest.fixture(scope="module")
def folder(run: StoredRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All its formats."""
    for package in ("pptx", "typst", "pypdf"):
        pytest.importorskip(package, reason=f"no {package}, so not every format can be written")
    folder = tmp_path_factory.mktemp("hostile")
    write_report(run, FORMATS, folder)
    return folder


@pytest.mark.extra
def test_the_web_page_has_no_tag_of_theirs(folder: Path) -> None:
    """There is no picture, handler or script but ours, and the names can be read."""
    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    assert not [found for _, found in page.tags for name in found if name.startswith("on")]
    assert {str(found["src"])[:5] for tag, found in page.tags if tag == "img"} == {"data:"}
    text = "".join(page.text)
    for name in HOSTILE:
        assert name in text


@pytest.mark.extra
def test_documents_hold_no_formula_or_link_of_theirs(folder: Path) -> None:
    """Each part of workbook and slides is whole XML; only the what-if sheets have formulas, nothing has a link."""
    for name in ("report.xlsx", "report.pptx"):
        for part, content in members((folder / name).read_bytes()):
            if part.endswith((".xml", ".rels")):
                root = ET.fromstring(content)
                links = [one for one in root.iter() if one.get("TargetMode") == "External"]
                assert not links, part
                formulas = {one.text or "" for one in root.iter(f"{SHEET}f")}
                assert all(text.startswith(("SUMPRODUCT", "IF", "INDEX")) for text in formulas), part
    with zipfile.ZipFile(folder / "report.xlsx") as book:
        shared = "".join(ET.fromstring(book.read("xl/sharedStrings.xml")).itertext())
        titles = [
            sheet.get("name") for sheet in ET.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
        ]
    assert {SUMMARY, UNITS, ACCOUNTS} < set(titles)
    for name in HOSTILE:
        assert name in shared


@pytest.mark.extra
def test_the_pdf_is_inert(folder: Path) -> None:
    """No link, script or attachment; each name that the fonts have is on a page."""
    from pypdf import PdfReader

    reader = PdfReader(folder / "report.pdf")
    assert not {"/OpenAction", "/AA", "/Names"} & set(reader.trailer["/Root"])
    assert not any("/Annots" in page for page in reader.pages)
    flat = "".join("".join(page.extract_text() for page in reader.pages).replace("\u200b", "").split())
    for name in (HOSTILE[0], HOSTILE[4], HOSTILE[5]):
        assert "".join(name.split()) in flat
    assert "<script>alert(1)</script>" in flat
    assert "\u202e" not in flat


@pytest.mark.extra
def test_maps_are_whole_and_say_the_names(folder: Path) -> None:
    """GeoJSON, KML and SVG can be read; KML has no markup of theirs and no turned writing."""
    territories = json.loads((folder / "maps/territories.geojson").read_text(encoding="utf-8"))["features"]
    assert {one["properties"]["position"] for one in territories} == set(HOSTILE)
    kml = ET.parse(folder / "maps/territories.kml").getroot()
    names = {one.text or "" for one in kml.iter("{http://www.opengis.net/kml/2.2}name")}
    for name in HOSTILE:
        assert any(clean(name) in one for one in names)
    assert not any("\u202e" in one for one in names)
    for picture in ("new_plan", "today"):
        root = ET.parse(folder / "maps" / f"{picture}.svg").getroot()
        assert not [one for one in root.iter() if one.tag.split("}")[-1] in ("script", "a", "image")]
        assert (folder / "maps" / f"{picture}.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("target", ["csv", "varicent", "handoffs"])
def test_exports_run_nothing_in_a_spreadsheet(run: StoredRun, tmp_path: Path, target: str) -> None:
    """No cell of an exported table begins as a formula does; the names are there with a quote before them."""
    exported = export_run(run, target, tmp_path, None, "Owner")
    cells = []
    for path in exported.folder.glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))):
            cells += row
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t") or cell[:2] == "-="]
    if target != "varicent":
        assert any(cell == f"'{HOSTILE[0]}" for cell in cells)


def members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts of an archive and of the archives inside it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            yield from members(part) if part[:2] == b"PK" else ((name, part),)
