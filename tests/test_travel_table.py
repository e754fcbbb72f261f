"""Travel times that the user gives: read, used instead of the estimate, and recomputed by the checker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import run_scenario
from engine.cli import main
from engine.errors import Severity
from engine.problem import build_problem
from engine.runs import StoredRun, list_runs, load_run
from engine.scenario.load import load_scenario
from engine.tables.read import check, read_tables
from engine.verify.checker import verify_run
from tests.small_company import FILES, write_company

SCENARIO = str(FILES["scenario.yaml"]) + "travel: {table: times.csv, speed_kmh: 50, circuity: 1.25}\n"
TOWNS = ("01001", "01003", "01005", "01007", "02001", "02003", "02005", "02007")
# T2 sits across a bay: every way takes it four hours, but for its own town
TIMES = "unit,territory,hours\n" + "".join(
    f"{town},T1,0.5\n{town},T2,{0.1 if town == '02007' else 4}\n" for town in TOWNS
)


def write(folder: Path, times: str = TIMES, scenario: str = SCENARIO) -> Path:
    """Write the company with a table of travel times."""
    return write_company(folder, {"scenario.yaml": scenario, "times.csv": times})


def run(folder: Path, *words: str) -> tuple[int, StoredRun | None]:
    """Run the company's scenario."""
    code = main(
        run_scenario,
        [
            str(folder / "scenario.yaml"),
            "--out",
            str(folder / "runs"),
            "--set",
            "simulation.replications=10",
            *words,
        ],
    )
    found = list_runs(folder / "runs")
    return code, load_run(found[0].path) if found else None


def test_given_hours_make_the_costs(tmp_path: Path) -> None:
    """A way's km are hours x speed / circuity; a position without a base, and ways not given, are estimated."""
    loaded = load_scenario(write(tmp_path, TIMES.replace("01005,T1,0.5\n", "")))
    problem = build_problem(loaded.scenario, read_tables(loaded))
    km = problem.centre_km(np.array([0, 0, 3], dtype=np.int32))
    towns = problem.unit_ids.index
    assert km[towns("01001"), 0] == pytest.approx(0.5 * 50 / 1.25)
    assert km[towns("01003"), 1] == pytest.approx(4 * 50 / 1.25)
    assert km[towns("01005"), 0] == pytest.approx(14.3, rel=0.01)  # 0.2 degrees at 50 degrees north
    assert km[3, 2] == 0.0
    assert problem.costs(np.array([0, 0, 3], dtype=np.int32)) == pytest.approx(
        problem.travel_cost[:, None] * km + problem.handoff_costs()
    )


def test_the_checker_recomputes_them(tmp_path: Path) -> None:
    """The run keeps the table, the checker agrees, and refuses a way that was changed."""
    write(tmp_path)
    code, stored = run(tmp_path)
    assert (code, stored is not None) == (0, True)
    assert stored is not None
    assert (stored.path / "inputs" / "travel_times.csv").read_text(encoding="utf-8").splitlines()[:2] == [
        "unit,territory,hours",
        "01001,T1,0.5",
    ]
    assert verify_run(stored.path).verdict
    table = stored.path / "inputs" / "travel_times.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("T1,0.5", "T1,0.7"), encoding="utf-8")
    broken = {check.rule for check in verify_run(stored.path).checks if not check.passed}
    assert {"territories: travel_km", "territories: travel_hours"} <= broken


def test_reach_counts_given_hours(tmp_path: Path) -> None:
    """With at most 3.9 hours on the way, T2 can have its own town only, and no balanced plan is left."""
    limit = SCENARIO.replace("territories:\n", "territories:\n  max_travel_hours: 3.9\n")
    assert limit != SCENARIO
    loaded = load_scenario(write(tmp_path, scenario=limit))
    allowed = build_problem(loaded.scenario, read_tables(loaded)).allowed
    assert allowed[:, 1].tolist() == [False] * 7 + [True]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "severity"),
    [
        ("01001,T1,0.5", ",T1,0.5", "TRV-BLANK", 2, Severity.ERROR),
        ("01003,T1,0.5", "01001,T1,0.7", "TRV-TWICE", 4, Severity.ERROR),
        ("01001,T1,0.5", "01001,T1,-1", "NUM-NEGATIVE", 2, Severity.ERROR),
        ("01001,T1,0.5", "01001,T1,", "NUM-BLANK", 2, Severity.ERROR),
        ("01001,T1,0.5", "01001,T9,0.5", "REF-TERRITORY", 2, Severity.ERROR),
        ("01001,T1,0.5", "09999,T1,0.5", "REF-UNIT", 2, Severity.ERROR),
        ("hours", "minutes", "CSV-COLUMN", 1, Severity.ERROR),
        ("01001,T1,0.5", "01001,T3,0.5", "TRV-FREE", 2, Severity.WARNING),
        ("01001,T1,0.5\n", "", "TRV-MISSING", 0, Severity.WARNING),
    ],
)
def test_mistakes_have_their_line(
    tmp_path: Path, old: str, new: str, code: str, line: int, severity: Severity
) -> None:
    """Each mistake in the table is told with its line."""
    assert old in TIMES
    findings = check(write(tmp_path, TIMES.replace(old, new, 1))).findings
    told = [(f.code, f.line, f.severity) for f in findings if f.file == "times.csv"]
    assert (code, line, severity) in told
