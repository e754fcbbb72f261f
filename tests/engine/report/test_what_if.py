"""The what-if sheets reckon the plan's balance, and that of any other choice of territories."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from engine.report import redacted
from engine.report.model import build_model
from engine.report.what_if import ACCOUNTS, FIRST, SUMMARY, TOP, UNITS
from engine.report.xlsx import workbook
from engine.runs import StoredRun, load_run
from tests.engine.run_factory import make_run

SHEETS = (SUMMARY, UNITS, ACCOUNTS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Six territories of 60 units with accounts."""
    return load_run(make_run(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def content(run: StoredRun) -> bytes:
    """Its workbook."""
    return workbook(build_model(run))


def opened(content: bytes, *, values: bool = False) -> Any:
    """Read a workbook: its formulas, or the values stored with them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* extension is not supported")  # data bars below zero
        return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


class Reckoner:
    """Works out the few functions that the sheets use, as a spreadsheet would."""

    def __init__(self, book: Any) -> None:
        self.book = book

    def cell(self, sheet: str, place: str) -> Any:
        """Value of a cell."""
        cell = self.book[sheet][place.replace("$", "")]
        return self.formula(sheet, cell.value) if cell.data_type == "f" else cell.value

    def range(self, sheet: str, start: str, end: str) -> Any:
        """Values of the cells of one column."""
        letter, first, last = start.split("$")[1], int(start.split("$")[2]), int(end.split("$")[2])
        return np.array([self.cell(sheet, f"{letter}{row}") for row in range(first, last + 1)], dtype=object)

    def formula(self, sheet: str, text: str) -> Any:
        """Value of a formula."""
        cell = r"\$?[A-Z]{1,2}\$?\d+"
        parts = re.split(rf"('[^']+'!)?({cell}):({cell})|({cell})|(\"[^\"]*\")", text[1:])
        code = ""
        for plain, other, start, end, single, word in zip(*(iter([*parts, *[None] * 5]),) * 6, strict=False):
            code += re.sub(r"(?<![<>])=", "==", plain or "")
            if start:
                code += f"R.range({(other or sheet).strip(chr(39) + '!')!r},{start!r},{end!r})"
            code += f"R.cell({sheet!r},{single!r})" if single else (word or "")
        names = {
            "R": self,
            "SUMPRODUCT": lambda values: values.astype(float).sum(),
            "IF": lambda test, yes, no: yes if test else no,
            "AND": lambda *tests: all(tests),
            "INDEX": lambda values, at: values[at],
            "MATCH": lambda one, values, _: list(values).index(one),
        }
        return eval(code.replace("--(", "1*("), names)


def moved(content: bytes) -> tuple[Any, str, str]:
    """Give the first unit another territory; the book, the old and the new one."""
    book = opened(content)
    sheet = book[UNITS]
    before = sheet.cell(FIRST + 1, 4).value
    last = book[SUMMARY].cell(book[SUMMARY].max_row, 1).value
    sheet.cell(FIRST + 1, 4).value = last
    assert before != last
    return book, before, last


def test_the_stored_values_are_the_plans(run: StoredRun, content: bytes) -> None:
    """Sums, deviations, counts and revenue of each territory are those of territories.csv."""
    stored = run.table("territories").sort_values("territory_id")
    sheet = opened(content, values=True)[SUMMARY]
    rows = list(sheet.iter_rows(min_row=TOP, values_only=True))
    shown = {head: [row[i] for row in rows[1:]] for i, head in enumerate(rows[0])}
    for head, column in (
        ("Potential", "potential"),
        ("Workload", "workload"),
        ("Potential, deviation", "potential_deviation"),
        ("Workload, deviation", "workload_deviation"),
        ("Units", "units"),
        ("Accounts", "accounts"),
        ("Revenue, USD", "revenue"),
    ):
        assert shown[head] == pytest.approx(stored[column].tolist(), rel=1e-9, abs=1e-9), head
    inside = np.ones(len(stored), dtype=bool)
    for measure in ("potential", "workload"):
        inside &= stored[measure].between(
            stored[f"{measure}_lower"] - 1e-6, stored[f"{measure}_upper"] + 1e-6
        )
    assert [state == "inside" for state in shown["Within its limits"]] == inside.tolist()


def test_formulas_reckon_what_is_stored(content: bytes) -> None:
    """Every formula gives the value that is stored with it."""
    formulas, values = opened(content), opened(content, values=True)
    reckoner = Reckoner(formulas)
    looked = 0
    for name in SHEETS:
        for row in formulas[name].iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    found = reckoner.cell(name, cell.coordinate)
                    kept = values[name][cell.coordinate].value
                    near = kept if isinstance(kept, str) else pytest.approx(kept, rel=1e-12, abs=1e-12)
                    assert found == near, (name, cell.coordinate)
                    looked += 1
    assert looked > 150


def test_a_moved_unit_takes_its_measures_and_accounts_along(run: StoredRun, content: bytes) -> None:
    """Both territories' sums change by the unit's; its accounts follow unless they belong to another position."""
    book, before, after = moved(content)
    units = run.table("units").sort_values("unit_id")
    held = run.table("alignment").set_index("unit_id")["territory_id"].reindex(units["unit_id"])
    held.iloc[0] = after
    want = dict(zip(units["unit_id"], held, strict=True))
    accounts = run.table("accounts")
    own = run.table("alignment").set_index("unit_id")["territory_id"]
    follows = accounts["unit_id"].map(own) == accounts["territory_id"]
    accounts["territory_id"] = accounts["unit_id"].map(want).where(follows, accounts["territory_id"])
    reckoner = Reckoner(book)
    rows = {book[SUMMARY].cell(row, 1).value: row for row in range(TOP + 1, book[SUMMARY].max_row + 1)}
    for territory in (before, after):
        row = rows[territory]
        mine = (held == territory).to_numpy()
        targets = run.table("territories").set_index("territory_id").loc[territory]
        found = units.loc[mine, "potential"].sum()
        assert reckoner.cell(SUMMARY, f"C{row}") == mine.sum()
        assert reckoner.cell(SUMMARY, f"D{row}") == pytest.approx(found)
        assert reckoner.cell(SUMMARY, f"F{row}") == pytest.approx(found / targets["potential_target"] - 1)
        assert reckoner.cell(SUMMARY, f"I{row}") == pytest.approx(units.loc[mine, "workload"].sum())
        assert reckoner.cell(SUMMARY, f"O{row}") == (accounts["territory_id"] == territory).sum()
        inside = all(
            targets[f"{m}_lower"] <= units.loc[mine, m].sum() <= targets[f"{m}_upper"]
            for m in ("potential", "workload")
        )
        assert reckoner.cell(SUMMARY, f"N{row}") == ("inside" if inside else "OUTSIDE")
    assert reckoner.cell(UNITS, f"E{FIRST + 1}") == reckoner.cell(SUMMARY, f"N{rows[after]}")


def test_only_territories_can_be_chosen(content: bytes) -> None:
    """The open cells take ids of the list and nothing else; the headings stay in sight and filter."""
    book = opened(content)
    for name, column in ((UNITS, "D"), (ACCOUNTS, "E")):
        (rule,) = book[name].data_validations.dataValidation
        last = book[name].max_row
        assert (rule.type, str(rule.sqref)) == ("list", f"{column}{FIRST + 1}:{column}{last}")
        assert rule.formula1 == f"'{SUMMARY}'!$A${TOP + 1}:$A${book[SUMMARY].max_row}"
        assert book[name].auto_filter.ref
        assert book[name].freeze_panes
    assert f"{TOP + 1}" in book[SUMMARY].freeze_panes


def test_a_redacted_workbook_has_none(run: StoredRun) -> None:
    """Amounts of three digits would not add up to limits."""
    assert SUMMARY not in opened(workbook(build_model(redacted(run)))).sheetnames


@pytest.mark.extra
def test_libreoffice_reckons_the_same(content: bytes, tmp_path: Path) -> None:
    """A spreadsheet program that recalculates a changed workbook shows what the formulas mean."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice on this machine")
    book, _, _ = moved(content)
    book.save(tmp_path / "changed.xlsx")
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    to = ["--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(tmp_path / "changed.xlsx")]
    subprocess.run([office, home, "--headless", *to], check=True, capture_output=True, timeout=120)
    reckoned = opened((tmp_path / "out" / "changed.xlsx").read_bytes(), values=True)
    reckoner = Reckoner(book)
    for row in range(TOP + 1, book[SUMMARY].max_row + 1):
        for cell in book[SUMMARY][row]:
            found = reckoned[SUMMARY][cell.coordinate].value
            want = reckoner.cell(SUMMARY, cell.coordinate)
            assert found == (want if isinstance(want, str) else pytest.approx(want, rel=1e-9, abs=1e-12))
