"""Today's alignment as if it were a run: balance, travel, pieces and what nobody has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.compare.side import CURRENT, Side, account_owners
from engine.geography.adjacency import components, csr_adjacency
from engine.geography.travel import distance_km
from engine.problem import with_given
from engine.runs import StoredRun

Array = NDArray[np.float64]
Index = NDArray[np.int32]


def current_as_run(run: StoredRun) -> Side:
    """Judge the current alignment of a run by the run's own targets, travel figures and costs.

    Territories that have no row in ``territories.csv`` (positions that were closed) have no target, so they
    count for travel and pieces but not for balance. Nothing changes hands, so handoffs cost nothing.

    Parameters
    ----------
    run
        A run whose ``alignment.csv`` names previous territories.

    Returns
    -------
    A side for `engine.compare.compare_runs`; without quotas and simulation, and without bound and gap.
    """
    scenario = run.json("scenario.resolved")
    units = run.table("units").set_index("unit_id").sort_index()
    territory = run.table("alignment").set_index("unit_id")["previous_territory_id"].sort_index()
    territories = _territories(run, scenario, units, territory)
    unassigned = int((territory == "").sum())
    return Side(
        label=CURRENT,
        source=run,
        simulated=False,
        kpis=_kpis(scenario, territories, units=len(units), unassigned=unassigned),
        territory=territory,
        territories=territories,
        accounts=account_owners(run, "previous_territory_id"),
        notes=_notes(territories, unassigned),
    )


def _territories(
    run: StoredRun, scenario: dict[str, Any], units: pd.DataFrame, territory: pd.Series[str]
) -> pd.DataFrame:
    """Sum up units by their current territory, beside the targets of the new plan."""
    planned = run.table("territories").set_index("territory_id").sort_index()
    ids = sorted((set(planned.index) | set(territory)) - {""})
    owner = pd.Index(ids).get_indexer(pd.Index(territory)).astype(np.int32)  # -1 = nobody
    known = planned.reindex(ids)
    labels = ["rep_id", "rep_name", "manager", "region", "segment", "start_date"]
    table = known[labels].fillna("").reset_index(names="territory_id")
    table[["capacity", "home_lon", "home_lat"]] = known[["capacity", "home_lon", "home_lat"]].to_numpy()
    table["units"] = _sum(np.ones(len(units)), owner, len(ids)).astype(np.int64)
    table["pieces"] = _pieces(run.table("adjacency"), units.index, owner, len(ids))
    for name in [column.removesuffix("_target") for column in _targets(planned)]:
        target = known[f"{name}_target"].to_numpy()
        table[name] = _sum(units[name].to_numpy(), owner, len(ids))
        table[f"{name}_target"] = target
        table[f"{name}_deviation"] = np.where(
            target > 0, table[name] / np.where(target > 0, target, 1) - 1, 0
        )
        table.loc[np.isnan(target), f"{name}_deviation"] = np.nan
    homes = known[["home_lon", "home_lat"]].to_numpy()
    table["travel_km"] = _travel_km(
        scenario["travel"], units, owner, homes, _given_km(run, scenario["travel"], units, ids)
    )
    table["travel_cost"] = table["travel_km"] * scenario["objective"]["travel_cost_per_km"]
    points = 100 * sum(table[f"{b['measure']}_deviation"].abs().fillna(0) for b in _balance(scenario))
    table["imbalance_cost"] = points * scenario["objective"]["imbalance_cost_per_point"]
    table["handoff_value"] = table["handoff_cost"] = 0.0
    return table


def _given_km(run: StoredRun, travel: dict[str, Any], units: pd.DataFrame, ids: list[str]) -> Array:
    """Read the ways whose hours are given, as straight km, shape (units, territories); NaN = estimated."""
    km = np.full((len(units), len(ids)), np.nan)
    if travel["table"] is not None:
        times = run.table("inputs/travel_times")
        rows = units.index.get_indexer(pd.Index(times["unit"]))
        columns = pd.Index(ids).get_indexer(pd.Index(times["territory"]))
        km[rows, columns] = times["hours"].to_numpy() * travel["speed_kmh"] / travel["circuity"]
    return km


def _travel_km(
    travel: dict[str, Any], units: pd.DataFrame, owner: Index, homes: Array, given: Array
) -> Array:
    """Estimate the road km a year of each territory from its home base, else from its best own unit."""
    points = units[["lon", "lat"]].to_numpy()
    trips = units["visits"].to_numpy() / travel["stops_per_trip"] * 2 * travel["circuity"]
    totals = np.zeros(len(homes))
    for t, home in enumerate(homes):
        own = np.flatnonzero(owner == t)
        if len(own):
            free = bool(np.isnan(home).any())
            km = distance_km(points[own], points[own] if free else home[None, :])
            totals[t] = (trips[own] @ (km if free else with_given(km, given[own, t, None]))).min()
    return totals


def _pieces(
    edges: pd.DataFrame, unit_ids: pd.Index[str], owner: Index, territories: int
) -> NDArray[np.int64]:
    """Count the connected pieces of each territory."""
    pairs = np.column_stack([unit_ids.get_indexer(pd.Index(edges[end])) for end in ("unit", "neighbour")])
    _, piece = components(*csr_adjacency(len(unit_ids), pairs), owner)
    first = np.unique(piece, return_index=True)[1]
    holders = owner[first]
    return np.bincount(holders[holders >= 0], minlength=territories).astype(np.int64)


def _kpis(scenario: dict[str, Any], table: pd.DataFrame, units: int, unassigned: int) -> pd.DataFrame:
    money = f"{scenario['currency']} per year"
    travel, imbalance = float(table["travel_cost"].sum()), float(table["imbalance_cost"].sum())
    rows: list[tuple[str, float, str, str]] = []
    if not unassigned:  # an alignment that leaves units out would look cheap
        rows.append(("objective", travel + imbalance, money, "travel, handoffs and imbalance together"))
    rows += [
        ("travel_cost", travel, money, "cost of travel"),
        ("handoff_cost", 0.0, money, "expected loss on handoffs"),
        ("imbalance_cost", imbalance, money, "cost of imbalance"),
    ]
    for rule in _balance(scenario):
        largest = float(table[f"{rule['measure']}_deviation"].abs().max())
        meaning = f"largest deviation of a territory from its target share of {rule['measure']}"
        rows.append((f"max_deviation_{rule['measure']}", largest, "share", meaning))
    rows += [
        ("territories", float((table["units"] > 0).sum()), "count", "territories with at least one unit"),
        ("units", float(units), "count", "planning units"),
        ("accounts_moved", 0.0, "count", "accounts that change hands"),
        ("value_moved_share", 0.0, "share", "part of account value that changes hands"),
    ]
    return pd.DataFrame(rows, columns=["kpi", "value", "unit", "meaning"])


def _notes(table: pd.DataFrame, unassigned: int) -> tuple[str, ...]:
    notes = []
    if unassigned:
        notes.append(f"Units nobody has today: {unassigned}; their travel is not counted.")
    closed = table.loc[table[_targets(table)].isna().any(axis=1), "territory_id"]
    if len(closed):
        notes.append(f"Today's territories without a position in the plan: {', '.join(closed)}.")
    empty = table.loc[table["units"] == 0, "territory_id"]
    if len(empty):
        notes.append(f"Positions without any unit today: {', '.join(empty)}.")
    return tuple(notes)


def _targets(table: pd.DataFrame) -> list[str]:
    return [str(column) for column in table.columns if str(column).endswith("_target")]


def _balance(scenario: dict[str, Any]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = scenario["territories"]["balance"]
    return rules


def _sum(values: Array, owner: Index, territories: int) -> Array:
    held = owner >= 0
    return np.bincount(owner[held], weights=values[held], minlength=territories).astype(np.float64)
