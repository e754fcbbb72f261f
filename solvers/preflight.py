"""Rules that exclude each other, found by arithmetic before any model is built."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.geography.adjacency import components
from engine.problem import TerritoryProblem

NAMED = 5  # units named in one sentence


def conflicts(problem: TerritoryProblem) -> list[str]:
    """List what makes the problem infeasible beyond doubt, each in the user's words; empty proves nothing.

    Parameters
    ----------
    problem
        The territory problem.

    Returns
    -------
    One sentence a conflict.
    """
    found = []
    causes = "see locks, forbidden pairs and max_travel_hours"
    if homeless := np.flatnonzero(~problem.allowed.any(axis=1)).tolist():
        found.append(
            f"{_named('unit', problem.unit_ids, homeless)} may not belong to any territory: {causes}"
        )
    if empty := np.flatnonzero(~problem.allowed.any(axis=0)).tolist():
        found.append(f"{_named('territory', problem.territory_ids, empty)} may not hold any unit: {causes}")
    if problem.territories > problem.units:
        found.append(f"{problem.territories} territories cannot share {problem.units} units")
    found += _sums(problem)
    found += _oversize(problem)
    count, _ = components(problem.indptr, problem.indices)
    if problem.contiguous and count > problem.territories:
        found.append(
            f"the map falls into {count} unconnected parts, more than the {problem.territories} territories: declare bridges"
        )
    forced = problem.handoff_value[(problem.previous >= 0) & ~_may_stay(problem)].sum()
    if forced > problem.disruption_limit * (1 + 1e-9):
        found.append(
            f"rules force accounts worth {forced:,.0f} to change hands, but disruption.max_share allows {problem.disruption_limit:,.0f}"
        )
    return found


def _sums(problem: TerritoryProblem) -> list[str]:
    """Compare what a territory must hold (locks) and can hold at most (allowed units) with its limits."""
    found = []
    for territory in range(problem.territories):
        locked, allowed = problem.locked == territory, problem.allowed[:, territory]
        for m in problem.balanced.tolist():
            least = problem.upper_load(territory, m)[locked].sum()
            most = problem.measures[allowed, m].sum()
            name, measure = problem.territory_ids[territory], problem.measure_names[m]
            if least > problem.upper[territory, m] * (1 + 1e-9):
                found.append(
                    f"units locked to {name} hold {least:,.0f} of {measure}, above its upper limit {problem.upper[territory, m]:,.0f}"
                )
            if most < problem.lower[territory, m] * (1 - 1e-9):
                found.append(
                    f"all units {name} may hold have {most:,.0f} of {measure}, below its lower limit {problem.lower[territory, m]:,.0f}"
                )
    return found


def _oversize(problem: TerritoryProblem) -> list[str]:
    """Compare what is left beside large units with what the other territories must hold: such a unit fills one territory only."""
    found = []
    for m in problem.balanced.tolist():
        floors, values = problem.lower[:, m], problem.measures[:, m]
        large = values > floors.max()
        left, needed = values[~large].sum(), floors.sum() - large.sum() * floors.max()
        if left < needed * (1 - 1e-9):
            units = _named("unit", problem.unit_ids, np.flatnonzero(large).tolist())
            found.append(
                f"beside {units}, each enough for a territory by itself, {100 * left / needed:.1f} % is left of the "
                f"{problem.measure_names[m]} that the other territories need at least: plan fewer territories, widen the tolerance or "
                "split large units"
            )
    return found


def _named(kind: str, ids: tuple[str, ...], places: list[int]) -> str:
    """Name a few of them, and say how many more there are."""
    if len(places) == 1:
        return f"{kind} {ids[places[0]]}"
    some = ", ".join(ids[place] for place in places[:NAMED])
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    plural = "territories" if kind == "territory" else f"{kind}s"
    return f"{len(places)} {plural} ({some}{more})"


def _may_stay(problem: TerritoryProblem) -> NDArray[np.bool_]:
    return problem.allowed[np.arange(problem.units), np.maximum(problem.previous, 0)]
