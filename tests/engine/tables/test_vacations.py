"""Days off that are known: dates, positions and the days of the year they mean."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from engine.scenario.reference import EXAMPLE
from engine.tables.read import Checked, check
from tests.small_company import write_company

SCENARIO = EXAMPLE.replace(
    "  opening_pipeline: pipeline.csv\n",
    "  opening_pipeline: pipeline.csv\n  vacations: {days: 20, table: off.csv}\n",
)


def checked(folder: Path, *rows: str) -> Checked:
    """Check the small company with a list of days off."""
    text = "\n".join(["position_id,first,last", *rows]) + "\n"
    return check(write_company(folder, {"scenario.yaml": SCENARIO, "off.csv": text}))


def test_days_off_are_read(tmp_path: Path) -> None:
    """Positions and dates stand as they are written; the file is an input of the run."""
    found = checked(tmp_path, "T1,2027-07-05,2027-07-16", "T2,2026-12-28,2027-01-03")
    assert found.tables is not None
    assert found.tables.vacations.to_numpy().tolist() == [
        ["T1", date(2027, 7, 5), date(2027, 7, 16)],
        ["T2", date(2026, 12, 28), date(2027, 1, 3)],
    ]
    assert "process.vacations.table" in [file.role for file in found.tables.files]


def test_mistakes_are_told_with_their_line(tmp_path: Path) -> None:
    """An unknown position, a last day before the first and another year are three messages."""
    found = checked(
        tmp_path, "T9,2027-07-05,2027-07-16", "T1,2027-07-16,2027-07-05", "T2,2029-07-05,2029-07-16"
    )
    told = [(finding.line, finding.code) for finding in found.findings if finding.file == "off.csv"]
    assert {(3, "VAC-ORDER"), (4, "VAC-YEAR")} < set(told)
    assert any(line == 2 for line, _ in told)
