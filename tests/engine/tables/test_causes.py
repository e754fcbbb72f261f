"""A cause is told, and not what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.tables.read import check
from tests.small_company import FILES, write_company


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "line"),
    [
        ("units.csv", "02003,10.1", "02003;10.1", "CSV-TOO-FEW", 7),
        ("accounts.csv", "A1,Alpha,01001", "A1,Alpha,x,01001", "CSV-TOO-MANY", 2),
    ],
)
def test_a_row_that_cannot_be_read_is_one_error(
    tmp_path: Path, file: str, old: str, new: str, code: str, line: int
) -> None:
    """Whatever refers to an id in a row that cannot be read is no second error and no warning."""
    assert old in FILES[file]
    checked = check(write_company(tmp_path, {file: FILES[file].replace(old, new, 1)}))
    assert [(finding.code, finding.file, finding.line) for finding in checked.findings] == [
        (code, file, line)
    ]


def test_a_missing_table_is_one_error(tmp_path: Path) -> None:
    """Without the table of units nothing is said about rows that refer to them."""
    current = FILES["current.csv"].replace("02007,T2", "02007,")
    path = write_company(tmp_path, {"current.csv": current})
    (tmp_path / "units.csv").unlink()
    assert [(finding.code, finding.file) for finding in check(path).findings] == [
        ("FILE-MISSING", "scenario.yaml")
    ]


def test_the_wrong_column_of_ids_is_named(tmp_path: Path) -> None:
    """Where no reference exists at all, the column of ids is to be looked at."""
    text = FILES["scenario.yaml"].replace("id: town", "id: visits")
    findings = check(write_company(tmp_path, {"scenario.yaml": text})).findings
    remedies = [finding.remedy for finding in findings if finding.code == "REF-UNIT"]
    assert "see whether column visits of units.csv holds the ids that are meant here" in remedies


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "line"),
    [
        ("units.csv", "02003,10.1,50.1", "02001,10.1,50.1", "ID-TWICE", 7),
        ("units.csv", "02003,10.1,50.1", ",10.1,50.1", "ID-BLANK", 7),
        ("current.csv", "02003,T2", ",T2", "ID-BLANK", 7),
        ("current.csv", "02003,T2", "02003,T2\n02003,T1", "CUR-TWICE", 7),
        ("locks.csv", "02007,T2", "02007,T2,x\n02007,T1", "LOCK-TWICE", 4),
        ("adjacency.csv", "02003,02005", "02003,02005,land,\n02005,02003", "ADJ-TWICE", 7),
        ("accounts.csv", "A4,Delta", "A3,Delta", "ID-TWICE", 5),
    ],
)
def test_ids_of_rows_that_are_left_out(
    tmp_path: Path, file: str, old: str, new: str, code: str, line: int
) -> None:
    """Ids are checked in every row, also of units that the scenario does not keep."""
    text = FILES["scenario.yaml"].replace("area_km2: km2", "area_km2: km2, keep: {lat: ['50.0']}")
    assert old in FILES[file]
    spoilt = {"scenario.yaml": text, file: FILES[file].replace(old, new, 1)}
    findings = check(write_company(tmp_path, spoilt)).findings
    assert (code, file, line) in [(finding.code, finding.file, finding.line) for finding in findings]
