"""Leading zeros that a spreadsheet took away."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from engine.errors import Finding, Severity
from engine.tables.read import check
from engine.tables.zeros import restored, stripped
from tests.small_company import FILES, write_company

TABLES = ("units", "adjacency", "accounts", "current", "locks", "forbid", "pipeline")


def without_zeros(text: str | bytes) -> str:
    """Write a table as a spreadsheet does that takes ids for numbers."""
    return re.sub(r"\b0+([12]00\d)\b", r"\1", str(text))


def told(folder: Path, *tables: str) -> list[Finding]:
    """Let some tables lose their zeros, and give what is noticed."""
    lost = {f"{name}.csv": without_zeros(FILES[f"{name}.csv"]) for name in tables}
    assert all(FILES[file] != text for file, text in lost.items())
    return list(check(write_company(folder, lost)).findings)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_lost_its_zeros_is_one_error(tmp_path: Path, table: str) -> None:
    """Whichever table lost zeros, it alone is told, once, with a line, the id as it was and what to do."""
    (finding,) = told(tmp_path, table)
    assert (finding.code, finding.file, finding.severity) == ("ID-ZEROS", f"{table}.csv", Severity.ERROR)
    assert finding.line == 2
    short = re.search(r"found ([12]00\d) where", finding.message)
    assert short
    assert finding.remedy.startswith(f"write 0{short[1]}; format the column as text")
    rows = without_zeros(FILES[f"{table}.csv"]).splitlines()[1:]
    assert finding.count == len([row for row in rows if re.search(r"\b[12]00\d\b", row)])


def test_other_mistakes_are_still_told(tmp_path: Path) -> None:
    """With zeros lost, an id that does not exist and a unit in two territories are found all the same."""
    current = without_zeros(FILES["current.csv"]).replace("2007,T2", "2099,T2\n1001,T2")
    checked = check(write_company(tmp_path, {"current.csv": current}))
    codes = [(finding.code, finding.line) for finding in checked.findings]
    assert codes == [("CUR-MISSING", 0), ("CUR-TWICE", 2), ("ID-ZEROS", 2), ("REF-UNIT", 9)]


@pytest.mark.parametrize(("lost", "file"), [("map", "scenario.yaml"), ("table", "units.csv")])
def test_a_map_and_a_table_that_differ_by_zeros(tmp_path: Path, lost: str, file: str) -> None:
    """A map with ids as numbers is one error at its key; a table without its map's zeros is one at the table."""
    text = FILES["scenario.yaml"].replace("adjacency: adj", "geometry: towns.gpkg, adjacency: adj")
    files = {name: without_zeros(FILES[name]) if lost == "table" else FILES[name] for name in FILES}
    path = write_company(tmp_path, {**files, "scenario.yaml": text})
    towns = [f"0{a}00{b}" for a in (1, 2) for b in (1, 3, 5, 7)]
    with sqlite3.connect(tmp_path / "towns.gpkg") as database:
        database.execute("CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT)")
        database.execute("INSERT INTO gpkg_contents VALUES ('towns', 'features')")
        database.execute(f"CREATE TABLE towns (town {'INTEGER' if lost == 'map' else 'TEXT'})")
        database.executemany("INSERT INTO towns VALUES (?)", [(town,) for town in towns])
    database.close()
    (finding,) = check(path).findings
    assert finding.file == file
    assert "leading zeros" in finding.message
    assert "text" in finding.remedy


def test_a_few_are_no_rule() -> None:
    """Zeros explain unknown ids only where they explain more than half of them."""
    every = frozenset(["007", "12"])
    assert restored(["7", "x"], every) == {}
    assert restored(["7", "07", "x"], every) == {"7": "007", "07": "007"}
    assert stripped(["0012", "x"], every) == {}
    assert stripped(["0012"], every) == {"0012": "12"}
    assert restored([], every) == stripped([], every) == {}
