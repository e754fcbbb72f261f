"""One mistake made everywhere is told in a few messages that count the rest."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from engine.errors import Severity
from engine.tables.read import check
from tests.small_company import FILES, write_company

TOWNS = [f"{number:05d}" for number in range(1, 61)]
UNITS = "town,lon,lat,km2,spend_usd,visits\n"
COUNTIES = "".join(f"{town},10.{place},50.0,1,2,3\n" for place, town in enumerate(TOWNS))
EDGES = "unit,neighbour,kind\n"
RULES = "unit,territory,reason\n"
SIXTY: dict[str, str | bytes] = {
    "units.csv": UNITS + COUNTIES,
    "adjacency.csv": EDGES + "".join(f"{a},{b},land\n" for a, b in itertools.pairwise(TOWNS)),
    "accounts.csv": FILES["accounts.csv"].partition("\n")[0] + "\nA1,Alpha,00001,small,5,T1,no,no\n",
    "pipeline.csv": FILES["pipeline.csv"].partition("\n")[0] + "\n",
    "current.csv": "town,territory\n" + "".join(f"{town},T1\n" for town in TOWNS),
    "locks.csv": RULES,
    "forbid.csv": RULES,
}


def rules(*territories: str) -> str:
    return RULES + "".join(f"{town},{territory},why\n" for town in TOWNS for territory in territories)


def roster() -> str:
    """Write 60 positions of 30 people, each of whom fills two."""
    header, first, *_ = FILES["reps.csv"].splitlines()
    rows = [first.replace("T1,R1,Ada", f"P{n:02d},R{n // 2},Ada {n // 2}") for n in range(60)]
    return "\n".join([header, *rows]) + "\n"


CASES: dict[str, dict[str, str | bytes]] = {
    "LOCK-TWICE": {"locks.csv": rules("T1", "T2")},
    "LOCK-FORBID": {"locks.csv": rules("T1"), "forbid.csv": rules("T1")},
    "REP-TWICE": {"reps.csv": roster(), "locks.csv": RULES, "forbid.csv": RULES},
    "ID-TWICE": {"units.csv": UNITS + COUNTIES + COUNTIES.replace("50.0", "50.2")},
}
ROWS = {"LOCK-TWICE": 60, "LOCK-FORBID": 60, "REP-TWICE": 30, "ID-TWICE": 60}


@pytest.mark.parametrize("code", CASES)
def test_twenty_are_told_and_the_rest_counted(tmp_path: Path, code: str) -> None:
    """Twenty are told one by one, at lines of their own; one more message counts every other one."""
    checked = check(write_company(tmp_path, SIXTY | CASES[code]))
    told = [finding for finding in checked.findings if finding.code == code]
    (rest,) = [finding for finding in told if "more are like" in finding.message]
    single = [finding for finding in told if finding is not rest]
    assert len(single) == 20
    assert len({finding.line for finding in single}) == 20
    assert rest.count == ROWS[code] - 20
    assert rest.line > max(finding.line for finding in single)
    assert {finding.severity for finding in told} == {Severity.ERROR}


@pytest.mark.parametrize("towns", [20, 21])
def test_the_limit_itself(tmp_path: Path, towns: int) -> None:
    """Twenty conflicts are told without a rest; the twenty-first is in the rest."""
    lines = rules("T1", "T2").splitlines(keepends=True)[: 1 + 2 * towns]
    checked = check(write_company(tmp_path, SIXTY | {"locks.csv": "".join(lines)}))
    counts = [f.count for f in checked.findings if f.code == "LOCK-TWICE" and "more are like" in f.message]
    assert counts == ([1] if towns == 21 else [])


def test_a_cell_without_end(tmp_path: Path) -> None:
    """A cell beyond the limit is told as too long, not as a quote that is certainly open."""
    long = FILES["accounts.csv"].replace("Alpha", "a" * 140_000)
    checked = check(write_company(tmp_path, {"accounts.csv": long}))
    (finding,) = [finding for finding in checked.findings if finding.severity is Severity.ERROR]
    assert (finding.code, finding.file, finding.line) == ("CSV-QUOTE", "accounts.csv", 2)
    assert "more than 131,072 characters" in finding.message
