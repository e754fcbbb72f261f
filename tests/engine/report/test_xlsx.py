"""What a run's workbook holds and what it keeps out."""

from __future__ import annotations

import io
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.errors import StorageError
from engine.report import xlsx
from engine.report.model import ReportModel, build_model
from engine.report.table import Column, Kind, Table
from engine.report.xlsx import workbook, write_workbook
from engine.runs import StoredRun, load_run
from tests.engine.run_factory import make_run

HOSTILE = (
    '=HYPERLINK("http://example.invalid","x")',
    "+1+1",
    "@SUM(A1)",
    "http://example.invalid/",
    "</t></si><script>alert(1)</script>",
    "\u202eשלום 🙂",
    "_x0041_",
    "x" * 300,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """A run."""
    return load_run(make_run(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def model(run: StoredRun) -> ReportModel:
    """Its report model."""
    return build_model(run)


@pytest.fixture(scope="module")
def book(model: ReportModel) -> Any:
    """Its workbook, read back by another library."""
    return read(model)


def read(model: ReportModel) -> Any:
    """Write a workbook and read it back."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* extension is not supported")  # data bars below zero
        return openpyxl.load_workbook(io.BytesIO(workbook(model)))


def cells(book: Any, sheet: str, heading: str) -> list[Any]:
    """The values below a heading."""
    rows = list(book[sheet].iter_rows(min_row=2, values_only=True))
    place = rows[0].index(heading)
    return [row[place] for row in rows[1:]]


def test_the_sheets(book: Any) -> None:
    """There is a sheet for each part of the plan, words first and last."""
    wanted = {"Territories", "Units", "Accounts", "Quotas", "Attainment", "Stress", "Data quality"}
    assert wanted < set(book.sheetnames)
    assert (book.sheetnames[0], book.sheetnames[-1]) == ("Summary", "Method")


@pytest.mark.parametrize(
    ("sheet", "heading", "table", "column"),
    [
        ("Territories", "Potential, deviation", "territories", "potential_deviation"),
        ("Territories", "Travel, USD a year", "territories", "travel_cost"),
        ("Units", "Today", "alignment", "previous_territory_id"),
        ("Units", "Territory", "alignment", "territory_id"),
        ("Attainment", "P(at quota)", "attainment", "p_at_quota"),
        ("Attainment", "Won a year", "attainment", "won"),
        ("Stress", "Difference, USD", "stress", "difference"),
        ("Months", "Median, USD", "months", "p50"),
        ("Key figures", "Value", "kpis", "value"),
    ],
)
def test_cells_are_the_tables_of_the_run(
    run: StoredRun, book: Any, sheet: str, heading: str, table: str, column: str
) -> None:
    """A column of a sheet has the numbers and ids of the run's own table."""
    shown, stored = [value or "" for value in cells(book, sheet, heading)], run.table(table)[column].tolist()
    if stored and isinstance(stored[0], float):
        assert shown == pytest.approx(stored, rel=1e-14)  # a workbook has 16 digits, a double 17
    else:
        assert shown == stored


def test_quotas_and_accounts(run: StoredRun, book: Any) -> None:
    """Quotas of the year and revenues of accounts are those of the run, each beside its id."""
    year = run.table("quotas").query("period == 'FY'").set_index("territory_id")["quota"]
    shown = zip(cells(book, "Quotas", "Territory"), cells(book, "Quotas", "Year, USD"), strict=True)
    assert dict(shown) == {key: float(value) for key, value in year.items()}
    revenue = run.table("accounts").set_index("account_id")["revenue"].to_dict()
    ids = cells(book, "Accounts", "Account")
    assert dict(zip(ids, cells(book, "Accounts", "Revenue, USD"), strict=True)) == revenue


def test_a_table_is_ready_to_use(book: Any) -> None:
    """Headings and ids stay in sight, rows can be filtered, shares look like shares, deviations have bars."""
    sheet = book["Territories"]
    headings = [cell.value for cell in sheet[2]]
    deviation = sheet.cell(3, headings.index("Potential, deviation") + 1)
    assert sheet.freeze_panes == "B3"
    assert sheet.auto_filter.ref == f"A2:{sheet.cell(sheet.max_row, len(headings)).coordinate}"
    assert deviation.number_format == "+0.0%;-0.0%;0.0%"
    bars = [area.sqref for area in sheet.conditional_formatting if area.rules[0].type == "dataBar"]
    assert f"{deviation.coordinate}:{deviation.column_letter}{sheet.max_row}" in [str(area) for area in bars]


def test_figures_are_shown_by_their_unit(book: Any) -> None:
    """In the list of key figures money is whole and a share is in per cent."""
    sheet = book["Key figures"]
    formats = {row[2].value: row[1].number_format for row in sheet.iter_rows(min_row=3)}
    assert formats["USD"] == "#,##0"
    assert formats["share"] == "0.0%"


def test_a_change_of_a_chance_is_in_points(run: StoredRun, book: Any) -> None:
    """The number that is shown is 100 times the difference, and its format has no per cent."""
    shown = cells(book, "Stress", "Change of P, points")
    assert shown == pytest.approx([100 * value for value in run.table("stress")["p_difference"]])
    sheet = book["Stress"]
    place = [cell.value for cell in sheet[2]].index("Change of P, points") + 1
    assert "%" not in sheet.cell(3, place).number_format


def test_small_amounts_keep_their_decimals(model: ReportModel) -> None:
    """A column that holds 2.26 beside 12,345.67 shows both with decimals; one of large amounts is whole."""
    columns = (Column("a", "A", Kind.NUMBER), Column("b", "B", Kind.NUMBER))
    table = Table("Months", columns, ((12_345.67, 5_000.5), (2.26, 0.0)))
    sheet = read(replace(model, months=table))["Months"]
    assert [cell.number_format for cell in sheet[3]] == ["#,##0.00", "#,##0"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(model: ReportModel, text: str) -> None:
    """A formula, an address, markup or a long text is a cell of text with every letter, and nothing more."""
    table = Table("Months", (Column("name", "Name"),), ((text,),))
    changed = replace(model, months=table, title=text, facts=replace(model.facts, synthetic=text))
    sheet = read(changed)["Months"]
    assert sheet["A3"].data_type == "s"
    assert sheet["A3"].hyperlink is None
    assert sheet["A3"].value == text
    assert sheet["A1"].value.startswith("Synthetic data. ")


def test_a_text_too_long_for_a_cell_is_cut(model: ReportModel) -> None:
    """What Excel cannot hold ends with an ellipsis, counted as Excel counts: an emoji is two."""
    table = Table("Months", (Column("name", "Name"),), (("🙂" * 20_000,),))
    content = read(replace(model, months=table))["Months"]["A3"].value
    assert content == "🙂" * 16_383 + "…"


def test_rows_that_do_not_fit_are_told(model: ReportModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table longer than a sheet is cut, and the summary says so."""
    monkeypatch.setattr(xlsx, "MAX_ROWS", 10)
    book = read(model)
    assert book["Units"].max_row == 12
    words = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True) if row[0]}
    assert words["Units"] == "Only the first 10 of 60 rows fit on the sheet."
    assert "Territories" not in words


def test_a_table_without_rows_has_its_headings(model: ReportModel) -> None:
    """A run without findings has a sheet that says what would stand there."""
    book = read(replace(model, problems=Table("Data quality", model.problems.columns, ())))
    assert book["Data quality"]["A2"].value == "Kind"


def test_synthetic_data_is_said_on_every_sheet(model: ReportModel, book: Any) -> None:
    """The first cell of every sheet says what is invented; real data have no such note."""
    assert {sheet["A1"].value for sheet in book} == {f"Synthetic data. {model.facts.synthetic}"}
    real = read(replace(model, facts=replace(model.facts, synthetic="")))
    assert {sheet["A1"].value for sheet in real} == {model.title}


def test_the_same_run_gives_the_same_bytes(run: StoredRun, model: ReportModel, tmp_path: Path) -> None:
    """Written twice there is no difference, and no file in it has today's date."""
    write_workbook(run, tmp_path / "report.xlsx")
    assert (tmp_path / "report.xlsx").read_bytes() == workbook(model)
    with zipfile.ZipFile(tmp_path / "report.xlsx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        core = archive.read("docProps/core.xml")
    assert core.count(b"2000-01-01T00:00:00Z") == 2


def test_a_folder_that_is_not_there(run: StoredRun, tmp_path: Path) -> None:
    """A workbook that cannot be written is one sentence with its remedy."""
    with pytest.raises(StorageError, match="fix"):
        write_workbook(run, tmp_path / "missing" / "report.xlsx")
