"""Units, alignment, territories and accounts of a plan as tables (columns: docs/reference/run-folder.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import measures
from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem, unit_travel_hours
from engine.results.reasons import account_reasons, need_in_words, unit_reasons
from engine.scenario.schema import Scenario
from engine.tables.tables import ANYTHING, Needs, Tables

YES_NO = np.array(["no", "yes"], dtype=object)


@dataclass(frozen=True)
class Outcome:
    """One solved scenario: what every results table is made from."""

    scenario: Scenario
    tables: Tables
    problem: TerritoryProblem
    plan: TerritoryPlan

    @property
    def territory_of_unit(self) -> NDArray[np.object_]:
        """Territory id of each unit, shape (units,)."""
        return np.array(self.problem.territory_ids, dtype=object)[self.plan.assignment]

    @property
    def previous_of_unit(self) -> NDArray[np.object_]:
        """Today's territory id of each unit, empty = nobody, shape (units,)."""
        return np.array([*self.problem.territory_ids, ""], dtype=object)[self.problem.previous]


def units_table(outcome: Outcome) -> pd.DataFrame:
    """Make ``units.csv``."""
    problem, units = outcome.problem, outcome.tables.units
    travel = outcome.scenario.measures.workload.travel == "included"
    hours = (
        unit_travel_hours(outcome.scenario, outcome.tables) * units["visits"]
        if travel
        else 0.0 * units["visits"]
    )
    table = pd.DataFrame({"unit_id": problem.unit_ids})
    for column in (
        "name",
        "group",
        "lon",
        "lat",
        "area_km2",
        "potential",
        *[f"potential_q{q}" for q in range(1, 5)],
    ):
        table[column] = units[column].to_numpy()
    for m, name in enumerate(problem.measure_names[1:], start=1):
        table[name] = problem.measures[:, m]
    table["visits"] = units["visits"].to_numpy()
    table["travel_hours"] = hours.to_numpy()
    table["handoff_value"] = problem.handoff_value
    return table


def adjacency_table(outcome: Outcome) -> pd.DataFrame:
    """Make ``adjacency.csv``: the edges read, and those added to join small components."""
    ids = outcome.problem.unit_ids
    joined = [{"unit": ids[a], "neighbour": ids[b], "kind": "joined"} for a, b, _ in outcome.problem.joined]
    edges = pd.concat(
        [outcome.tables.adjacency[["unit", "neighbour", "kind"]], pd.DataFrame(joined)], ignore_index=True
    )
    return edges.sort_values(["unit", "neighbour"], ignore_index=True)


def alignment_table(outcome: Outcome) -> pd.DataFrame:
    """Make ``alignment.csv``."""
    locked = outcome.problem.locked >= 0
    reasons = unit_reasons(outcome.problem, outcome.plan)
    for needs in outcome.tables.needs:
        said = {value: need_in_words(needs, value) for value in needs.units.unique().tolist()}
        reasons = [
            f"{reason} {said[value]}".rstrip() for reason, value in zip(reasons, needs.units, strict=True)
        ]
    return pd.DataFrame(
        {
            "unit_id": outcome.problem.unit_ids,
            "territory_id": outcome.territory_of_unit,
            "previous_territory_id": outcome.previous_of_unit,
            "locked": YES_NO[locked.astype(int)],
            "reason": reasons,
        }
    )


def needs_table(needs: tuple[Needs, ...]) -> pd.DataFrame:
    """Make ``inputs/needs.csv``: what each unit needs, and what each position has (``*`` = anything)."""
    rows = []
    for one in needs:
        rows += [(one.rule, "unit", unit, value) for unit, value in one.units.items()]
        rows += [
            (one.rule, "position", name, ANYTHING if have is None else "; ".join(sorted(have)))
            for name, have in sorted(one.positions.items())
        ]
    return pd.DataFrame(rows, columns=["rule", "kind", "id", "value"])


def accounts_table(outcome: Outcome) -> pd.DataFrame:
    """Make ``accounts.csv``: a locked account stays with its owner, every other one goes where its unit goes."""
    accounts = outcome.tables.accounts
    of_unit = pd.Series(outcome.territory_of_unit, index=outcome.tables.units.index)
    previous = accounts["owner"].where(accounts["owner"].isin(outcome.problem.territory_ids), "")
    locked = accounts["locked"].astype(bool)
    territory = accounts["unit"].map(of_unit).where(~locked, previous)
    moved = (territory != previous) & (previous != "")
    table = pd.DataFrame(
        {
            "account_id": accounts.index,
            "name": accounts["name"].to_numpy(),
            "unit_id": accounts["unit"].to_numpy(),
            "segment": accounts["segment"].to_numpy(),
            "revenue": accounts["value"].to_numpy(dtype=float),
            "territory_id": territory.to_numpy(),
            "previous_territory_id": previous.to_numpy(),
            "named": YES_NO[accounts["named"].astype(bool).to_numpy().astype(int)],
            "locked": YES_NO[locked.to_numpy().astype(int)],
            "moved": YES_NO[moved.to_numpy().astype(int)],
        }
    )
    return table.assign(reason=account_reasons(table))


def territories_table(outcome: Outcome, accounts: pd.DataFrame) -> pd.DataFrame:
    """Make ``territories.csv``."""
    problem, plan, reps = outcome.problem, outcome.plan, outcome.tables.reps
    units, travel = outcome.tables.units, outcome.scenario.travel
    visits, area = units["visits"].to_numpy(dtype=float), units["area_km2"].to_numpy(dtype=float)
    table = pd.DataFrame({"territory_id": problem.territory_ids})
    for column in (
        "rep_id",
        "rep_name",
        "manager",
        "region",
        "segment",
        "capacity",
        "start_date",
        "home_lon",
        "home_lat",
    ):
        table[column] = reps[column].to_numpy()
    table["centre_unit_id"] = np.array(problem.unit_ids, dtype=object)[plan.centres]
    table["units"] = measures.territory_units(problem, plan.assignment)
    table["pieces"] = measures.pieces(problem, plan.assignment)
    held = accounts.groupby("territory_id")["revenue"]
    table["accounts"] = table["territory_id"].map(held.size()).fillna(0).astype(int)
    table["revenue"] = table["territory_id"].map(held.sum().round(2)).fillna(0.0)
    sums, upper = (
        measures.territory_sums(problem, plan.assignment),
        measures.upper_limits(problem, plan.assignment),
    )
    deviation = measures.deviations(problem, plan.assignment)
    for m, name in enumerate(problem.measure_names):
        balanced = np.isfinite(problem.tolerance[m])
        table[name], table[f"{name}_target"] = sums[:, m], problem.targets[:, m]
        table[f"{name}_lower"] = problem.lower[:, m] if balanced else np.nan
        table[f"{name}_upper"] = upper[:, m] if balanced else np.nan
        table[f"{name}_deviation"] = deviation[:, m]
    costs = measures.objective_parts(problem, plan.assignment, plan.centres)
    table["travel_km"] = measures.travel_km(problem, plan.assignment, plan.centres, visits, travel)
    table["travel_hours"] = measures.travel_hours(
        problem, plan.assignment, plan.centres, visits, area, travel
    )
    table["travel_cost"] = costs.travel
    table["handoff_value"] = measures.handoff_values(problem, plan.assignment)
    table["handoff_cost"] = costs.handoff
    table["imbalance_cost"] = costs.imbalance
    table["compactness"] = measures.compactness(problem, plan.assignment, plan.centres)
    return table


def proposed_quotas(outcome: Outcome, accounts: pd.DataFrame) -> NDArray[np.float64]:
    """Add up the numbers proposed for each position, or for the accounts it now has; NaN = none, shape (territories,)."""
    rows = outcome.tables.bottom_up
    owner = rows["account"].map(accounts.set_index("account_id")["territory_id"])
    seat = rows["position"].where(rows["position"] != "", owner)
    sums = rows["amount"].groupby(seat.astype("object")).sum()
    return sums.reindex(pd.Index(outcome.problem.territory_ids)).to_numpy(dtype=float)
