"""Territories drawn for expected bookings: kept only where fresh years say that they book more."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

import run_scenario
from engine.cli import main
from engine.closed_loop import was_kept
from engine.runs import load_run

ROOT = Path(__file__).parents[1]
SCENARIO = """extends: quickstart.yaml
name: loop
territories: {objective: expected_bookings, share: equal}
quotas: {rounding: 1_000_000}
simulation: {replications: 20, stress: []}
"""


def run(folder: Path, fte: str) -> tuple[dict[str, float], pd.DataFrame, Path]:
    """Run the quickstart with a position T03 of some FTE and equal shares; give key figures and the loop's table."""
    shutil.copytree(ROOT / "data", folder / "data")
    (folder / "scenarios").mkdir()
    for name in ("quickstart.yaml", "us_field_sales.yaml"):
        shutil.copy(ROOT / "scenarios" / name, folder / "scenarios" / name)
    with (folder / "data" / "us_reps.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["capacity"] = fte if row["position_id"] == "T03" else row["capacity"]
    with (folder / "data" / "us_reps.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    scenario = folder / "scenarios" / "loop.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    assert main(run_scenario, [str(scenario), "--out", str(folder / "runs"), "--workers", "2"]) == 0
    found = next((folder / "runs").glob("loop-*"))
    stored = load_run(found)
    kpis = stored.table("kpis").set_index("kpi")["value"].astype(float).to_dict()
    return kpis, stored.table("closed_loop"), found


def test_a_planted_fault_is_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A 0.75 position with a full share gives potential away; fresh years book surely more, both figures are printed, and what only
    a plan shows is told once: steps of a million are coarse for these quotas."""
    kpis, table, folder = run(tmp_path, "0.75")
    before = float(table["bookings_before"].sum())
    assert kpis["bookings_gain"] > 2 * kpis["bookings_gain_error"] > 0
    assert 0.02 <= kpis["bookings_promised"] / before <= 0.07
    assert 0.02 <= kpis["bookings_gain"] / before <= 0.07
    assert kpis["bookings_by_shares"] > 2 * kpis["bookings_by_shares_error"] > 0
    assert kpis["bookings_gain"] == pytest.approx(kpis["bookings_redraw"] + kpis["bookings_by_shares"])
    row = table.set_index("territory_id").loc["T03"]
    assert row["potential_after"] < row["potential_before"]
    assert row["share"] < 0.25
    told = capsys.readouterr()
    printed = (told.err + told.out).replace("\n", " ")
    assert main(run_scenario, ["verify", str(folder)]) == 0
    assert f"promised {kpis['bookings_promised']:+,.0f}" in printed
    assert f"on fresh years {kpis['bookings_gain']:+,.0f}" in printed
    assert f"alone makes {kpis['bookings_redraw']:+,.0f}" in printed
    assert printed.count("[QUO-COARSE]") == 1


def test_a_balanced_field_stays(tmp_path: Path) -> None:
    """Where everybody has the same time, the map before stays: no gain is claimed that fresh years do not show."""
    kpis, table, _ = run(tmp_path, "1.0")
    assert table["share"].tolist() == [0.25] * 4
    assert not was_kept(kpis)
