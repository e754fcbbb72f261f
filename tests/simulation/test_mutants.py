"""Deliberate faults in the simulation, each of which a named test must notice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# file, what stands there, the fault, the test that notices it
# fmt: off
MUTANTS = [
    ("kernel.py", "if luck < chance:", "if luck <= chance / 2:", "test_process.py::test_luck_is_shared_out_in_order"),
    ("kernel.py", "lapse < begin and lapse", "lapse > begin and lapse",
     "test_process.py::test_patience_ends_while_the_rep_is_busy"),
    ("kernel.py", "return 1 if time >= refilled else 0", "return 0",
     "test_shared_luck.py::test_a_successor_is_another_person"),
    ("kernel.py", "return refilled if left <= time < refilled else time", "return time",
     "test_process.py::test_nobody_answers_in_an_empty_seat"),
    ("kernel.py", "if time >= trained_from:", "if time <= trained_from:",
     "test_process.py::test_training_counts_from_its_day_on"),
    ("kernel.py", "return chance * odds if last else chance", "return chance * odds",
     "test_process.py::test_odds_count_in_the_last_stage_only"),
    ("kernel.py", "while day < horizon and hours[day + 1] <= done:", "while False:",
     "test_calendar.py::test_a_weekend_is_skipped"),
    ("calendar.py", "first[seat, day] if day < left[seat] else 0.0", "first[seat, day]",
     "test_shared_luck.py::test_a_leaving_rep_does_not_touch_the_others"),
    ("calendar.py", "working[list(field.holidays)] = False", "pass",
     "test_year_round.py::test_nobody_works_on_a_holiday"),
    ("calendar.py", "(factor * field.hours_factor * np.maximum(there, 1 / DAYS_PER_YEAR))", "1.0",
     "test_year_round.py::test_care_takes_its_hours_however_few_there_are"),
    ("calendar.py", "if off[seat, day]:", "if False:",
     "test_calendar.py::test_known_days_off_are_these_and_no_others"),
    ("deals.py", "field.demand[units] * shocks.demand", "field.demand[units]",
     "test_deals.py::test_shocks_hit_everybody_and_have_mean_one"),
    ("luck.py", "own[DAYS] = 0.0, rest[deal]", "own[DAYS] = 1.0, rest[deal]",
     "test_deals.py::test_opening_deals_come_first_with_their_own_figures"),
    ("deals.py", "+ (place + 1) * CAMPAIGN", "",
     "test_year_round.py::test_a_campaign_adds_its_deals_and_leaves_the_others_alone"),
    ("deals.py", "< rule.chance)", "> rule.chance)",
     "test_year_round.py::test_a_quarter_end_pulls_deals_forward_at_a_discount"),
    ("deals.py", "np.where(field.handed[contracts.unit], lost, 1.0)", "1.0",
     "test_year_round.py::test_renewals_are_booked_once_and_take_no_hours"),
    ("year.py", "shocks.advance[-1] * shocks.win_rate * skill", "shocks.advance[-1] * skill",
     "test_year.py::test_the_years_shock_moves_the_last_stage_only"),
    ("statistics.py", "change = bookings - before", "change = bookings - before.mean().astype(int)",
     "test_statistics.py::test_stress_differences_are_paired"),
    ("streams.py", "np.asarray(self.replication, dtype=np.uint64)", "np.asarray(0, dtype=np.uint64)",
     "test_deals.py::test_counts_are_poisson_by_unit"),
]
# fmt: on


@pytest.mark.parametrize(
    ("file", "right", "wrong", "test"), MUTANTS, ids=[row[3].split("::")[1] for row in MUTANTS]
)
def test_a_fault_is_noticed(tmp_path: Path, file: str, right: str, wrong: str, test: str) -> None:
    """The test passes on the code as it is (the suite says so) and fails with the fault."""
    for name in ("engine", "solvers", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    # what is compiled already is used again, but for the file with the fault
    shutil.copytree(ROOT / "simulation", tmp_path / "simulation", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copytree(
        ROOT / "tests" / "simulation",
        tmp_path / "tests" / "simulation",
        ignore=shutil.ignore_patterns("__pycache__", "test_mutants.py"),
    )
    shutil.copy(ROOT / "tests" / "__init__.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = tmp_path / "simulation" / file
    text = source.read_text(encoding="utf-8")
    assert text.count(right) == 1, "the fault fits exactly one place"
    source.write_text(text.replace(right, wrong), encoding="utf-8")
    kernel = tmp_path / "simulation" / "kernel.py"  # compiling it anew would take longer than the test
    plain = "def compiled(function): return function\ninlined = compiled\n"
    kernel.write_text(
        kernel.read_text(encoding="utf-8").replace(
            "from simulation.compiled import compiled, inlined\n", plain
        ),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    found = subprocess.run(
        [*command, f"tests/simulation/{test}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1, found.stdout[-2000:] + found.stderr[-2000:]
    assert "failed" in found.stdout and "error" not in found.stdout.splitlines()[-1]
