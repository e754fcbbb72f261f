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
    causes = "see locks, forbidden pairs, eligibility, inside_region and max_travel_hours"
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
    found += _groups(problem)
    found += _leaving(problem)
    forced = np.where(problem.allowed, problem.handed_values(), np.inf).min(axis=1)
    forced = float(forced[np.isfinite(forced)].sum())
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


def _groups(problem: TerritoryProblem) -> list[str]:
    """Find groups that cannot be in one territory, and groups that cannot be in different ones."""
    found = []
    together = {unit: group for group in problem.together for unit in group}
    for group in problem.together:
        units = list(group)
        who = _named("unit", problem.unit_ids, units)
        locks = sorted({problem.territory_ids[t] for t in problem.locked[units].tolist() if t >= 0})
        common = np.logical_and.reduce(problem.allowed[units])
        if len(locks) > 1:
            found.append(
                f"{who} must stay together (rules.together), but are locked to {' and '.join(locks)}"
            )
        elif not common.any() and problem.allowed[units].any(axis=1).all():
            found.append(f"{who} must stay together (rules.together), but no territory may have all of them")
        else:
            found += _too_much(problem, units, common, who)
    for group in problem.apart:
        who = _named("unit", problem.unit_ids, list(group))
        joined = [unit for unit in group if set(together.get(unit, ())) & (set(group) - {unit})]
        if joined:
            pair = _named("unit", problem.unit_ids, joined)
            found.append(f"{pair} must be apart (rules.apart) and stay together (rules.together)")
        elif len(group) > problem.territories:
            found.append(
                f"{who} must be apart (rules.apart), but there are only {problem.territories} territories"
            )
        locked = problem.locked[list(group)]
        for t in np.flatnonzero(np.bincount(locked[locked >= 0], minlength=problem.territories) > 1).tolist():
            both = [unit for unit in group if problem.locked[unit] == t]
            name = problem.territory_ids[t]
            found.append(
                f"{_named('unit', problem.unit_ids, both)} must be apart (rules.apart), but are locked to {name}"
            )
    return found


def _too_much(problem: TerritoryProblem, units: list[int], common: NDArray[np.bool_], who: str) -> list[str]:
    """Compare what a group holds with the upper limits of the territories that may have it."""
    for m in problem.balanced.tolist():
        room = [
            problem.upper[t, m] * (1 + 1e-9) - problem.upper_load(t, m)[units].sum()
            for t in np.flatnonzero(common).tolist()
        ]
        if room and max(room) < 0:
            value, measure = problem.measures[units, m].sum(), problem.measure_names[m]
            return [
                f"{who} must stay together (rules.together) and hold {value:,.0f} of {measure}, more than any territory may"
            ]
    return []


def _leaving(problem: TerritoryProblem) -> list[str]:
    """Compare the value that must leave a territory of today with what may leave it."""
    if problem.leave_limit is None:
        return []
    today = problem.today_values()
    must = np.where(problem.allowed, 0.0, today).sum(axis=0)
    return [
        f"rules force accounts worth {must[t]:,.0f} away from {problem.territory_ids[t]}, but disruption.max_share_per_rep "
        f"allows {problem.leave_limit[t]:,.0f}"
        for t in np.flatnonzero(must > problem.leave_limit * (1 + 1e-9)).tolist()
    ]


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
