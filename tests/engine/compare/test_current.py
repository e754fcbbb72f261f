"""The current alignment as a pseudo-run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.compare import Side, compare_runs, current_as_run
from engine.geography.travel import distance_km
from engine.runs import RunWriter, StoredRun, load_run
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """A run whose current alignment has one unit nobody has."""
    return load_run(make_run(tmp_path_factory.mktemp("runs")))


def with_previous(run: StoredRun, folder: Path, previous: pd.Series[str]) -> StoredRun:
    """The same run with another current alignment."""
    alignment = run.table("alignment").assign(previous_territory_id=previous)
    with RunWriter(folder, "changed-1", start_from=run) as writer:
        writer.write_csv("alignment.csv", alignment)
        return load_run(writer.finish(run.facts))


def values(side: Side) -> pd.Series[float]:
    """The side's figures by name."""
    return side.kpis.set_index("kpi")["value"]


def test_the_plan_as_current_has_the_plans_figures(run: StoredRun, tmp_path: Path) -> None:
    """If today's alignment were the plan, balance, travel by home base and pieces would be the plan's."""
    planned = run.table("alignment")["territory_id"]
    side = current_as_run(with_previous(run, tmp_path, planned))
    plan = run.table("territories").set_index("territory_id")
    today = side.territories.set_index("territory_id")
    for column in (
        "units",
        "pieces",
        "potential",
        "workload",
        "potential_deviation",
        "workload_deviation",
        "imbalance_cost",
    ):
        assert list(today[column]) == pytest.approx(list(plan[column]), rel=1e-9), column
    homes = plan["home_lon"].notna()
    assert list(today.loc[homes, "travel_km"]) == pytest.approx(list(plan.loc[homes, "travel_km"]), rel=1e-9)
    assert list(today.loc[homes, "travel_cost"]) == pytest.approx(
        list(plan.loc[homes, "travel_cost"]), rel=1e-9
    )
    assert (today.loc[~homes, "travel_km"] <= plan.loc[~homes, "travel_km"] + 1e-6).all()
    figures, own = values(side), run.table("kpis").set_index("kpi")["value"]
    for name in (
        "max_deviation_potential",
        "max_deviation_workload",
        "imbalance_cost",
        "units",
        "territories",
    ):
        assert figures[name] == pytest.approx(own[name], rel=1e-9)
    assert figures["objective"] == pytest.approx(figures["travel_cost"] + figures["imbalance_cost"])
    assert list(figures[["handoff_cost", "accounts_moved", "value_moved_share"]]) == [0, 0, 0]
    assert side.notes == ()


def test_units_nobody_has(run: StoredRun) -> None:
    """Units without a territory are counted and said; the objective is left out and nothing looks best."""
    side = current_as_run(run)
    assert "objective" not in values(side).index
    assert side.notes == ("Units nobody has today: 1; their travel is not counted.",)
    kpis = compare_runs([side, run]).kpis.set_index("kpi")
    assert list(kpis.loc["units_unassigned", ["current", "grid", "best"]]) == [1, 0, "grid"]
    assert kpis.loc["travel_cost", "current"] < kpis.loc["travel_cost", "grid"]
    assert kpis.loc["travel_cost", "best"] == ""
    assert kpis.loc["max_deviation_potential", "best"] == "grid"
    assert np.isnan(kpis.loc["p_plan", "current"])


def test_a_territory_in_two_pieces(run: StoredRun, tmp_path: Path) -> None:
    """A unit far from the rest of its territory is a piece of its own; units nobody has are no piece."""
    previous = run.table("alignment")["territory_id"]
    previous.iloc[-1] = "T01"
    previous.iloc[30] = ""
    comparison = compare_runs([current_as_run(with_previous(run, tmp_path, previous)), run])
    today = comparison.territories.query("run == 'current'").set_index("territory_id")
    assert today.loc["T01", "pieces"] == 2
    assert today.loc["T06", "pieces"] == 1
    kpis = comparison.kpis.set_index("kpi")
    assert list(kpis.loc["territories_in_pieces", ["current", "grid"]]) == [1, 0]


def test_closed_and_new_positions(run: StoredRun, tmp_path: Path) -> None:
    """A territory without a position in the plan has no target; a position without units misses all."""
    previous = run.table("alignment")["territory_id"].replace({"T02": "OLD"})
    side = current_as_run(with_previous(run, tmp_path, previous))
    today = side.territories.set_index("territory_id")
    assert np.isnan(today.loc["OLD", "potential_deviation"])
    assert today.loc["OLD", "imbalance_cost"] == 0
    assert today.loc["OLD", "travel_km"] > 0
    assert today.loc["T02", "potential_deviation"] == -1
    assert today.loc["T02", "imbalance_cost"] == pytest.approx(2 * 100 * 500)
    assert values(side)["max_deviation_potential"] == 1
    assert values(side)["territories"] == 6
    assert side.notes == (
        "Today's territories without a position in the plan: OLD.",
        "Positions without any unit today: T02.",
    )


def test_travel_without_a_home_starts_at_the_best_unit(run: StoredRun, tmp_path: Path) -> None:
    """Without a home base the centre is the own unit from which travel is least, by trying them all."""
    previous = run.table("alignment")["territory_id"]
    side = current_as_run(with_previous(run, tmp_path, previous))
    units = run.table("units")[(previous == "T06").to_numpy()]
    points, visits = units[["lon", "lat"]].to_numpy(), units["visits"].to_numpy()
    tried = [
        sum(
            v / 5 * 2 * 1.25 * distance_km(p[None, :], start[None, :])[0, 0]
            for p, v in zip(points, visits, strict=True)
        )
        for start in points
    ]
    assert side.territories.set_index("territory_id").loc["T06", "travel_km"] == pytest.approx(min(tried))


def test_accounts_of_today(run: StoredRun) -> None:
    """Accounts that move in the plan are the ones that differ from today."""
    moves = compare_runs([current_as_run(run), run]).moved_accounts
    accounts = run.table("accounts").set_index("account_id")
    real = moves[moves["current"] != ""]
    assert sorted(real["account_id"]) == sorted(accounts.index[accounts["moved"]])
    assert len(real) == run.table("kpis").set_index("kpi").loc["accounts_moved", "value"]
