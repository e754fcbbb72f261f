"""Figures of a plan: sums, deviations, travel, handoffs, imbalance, the objective, compactness and pieces.

Every function takes an assignment (territory index of each unit, -1 = nobody's) and is a plain recount.
A unit that is nobody's counts nowhere, so today's alignment can be measured with the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.geography.adjacency import components
from engine.geography.travel import distance_km, travel_hours_per_visit
from engine.problem import TerritoryProblem, with_given
from engine.scenario.schema import Travel

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Costs:
    """The objective's parts by territory, money per year, each of shape (territories,).

    Parameters
    ----------
    travel
        Cost of the road between centres and units.
    handoff
        Expected loss on units that change hands, in the row of the territory that receives them.
    imbalance
        Price of the deviations from the targets.
    """

    travel: Array
    handoff: Array
    imbalance: Array

    @property
    def total(self) -> float:
        """The objective: money per year."""
        return float(self.travel.sum() + self.handoff.sum() + self.imbalance.sum())


def objective(problem: TerritoryProblem, assignment: Index, centres: Index) -> float:
    """Compute what a plan costs, money per year (docs/reference/run-folder.md, "Objective and bound")."""
    return objective_parts(problem, assignment, centres).total


def objective_parts(problem: TerritoryProblem, assignment: Index, centres: Index) -> Costs:
    """Compute what a plan costs by territory and part.

    Parameters
    ----------
    problem
        The territory problem.
    assignment
        Territory index of each unit, -1 = nobody's, shape (units,).
    centres
        Unit index of each territory's centre, shape (territories,); not read where there is a home base.

    Returns
    -------
    Travel, handoff and imbalance costs, money per year.
    """
    travel = problem.travel_cost * centre_km(problem, assignment, centres)
    return Costs(
        travel=_by_territory(problem, assignment, travel),
        handoff=_by_territory(problem, assignment, _handoff_cost(problem, assignment)),
        imbalance=np.abs(deviations(problem, assignment)) @ problem.imbalance_cost,
    )


def territory_sums(problem: TerritoryProblem, assignment: Index) -> Array:
    """Sum every measure in every territory, shape (territories, measures)."""
    return _sum_columns(problem, assignment, problem.measures)


def territory_units(problem: TerritoryProblem, assignment: Index) -> Counts:
    """Count the units of every territory, shape (territories,)."""
    return np.bincount(assignment[assignment >= 0], minlength=problem.territories)


def deviations(problem: TerritoryProblem, assignment: Index) -> Array:
    """Compare sums with targets: value / target - 1 (0 if the target is 0), shape (territories, measures)."""
    targets = problem.targets
    sums = territory_sums(problem, assignment)
    return np.divide(sums - targets, targets, out=np.zeros_like(sums), where=targets > 0)


def upper_limits(problem: TerritoryProblem, assignment: Index) -> Array:
    """Give the upper limits after opening them for oversize units, shape (territories, measures).

    The limit of the territory that holds an oversize unit is raised by the unit's value minus the target.
    """
    load = _sum_columns(problem, assignment, np.where(problem.oversize, problem.measures, 0.0))
    count = _sum_columns(problem, assignment, problem.oversize.astype(np.float64))
    return problem.upper + load - count * problem.targets


def centre_km(problem: TerritoryProblem, assignment: Index, centres: Index) -> Array:
    """Measure each unit's straight km to its territory's centre, shape (units,); 0 for nobody's units."""
    points = problem.centre_points(centres)
    km = np.zeros(problem.units)
    for territory, units in enumerate(members(problem, assignment)):
        straight = distance_km(problem.unit_points[units], points[territory : territory + 1])[:, 0]
        given = None if problem.given_km is None else problem.given_km[units, territory]
        km[units] = with_given(straight, given)
    return km


def travel_km(
    problem: TerritoryProblem, assignment: Index, centres: Index, visits: Array, travel: Travel
) -> Array:
    """Estimate the road km a year between centre and units, shape (territories,).

    Parameters
    ----------
    problem
        The territory problem.
    assignment
        Territory index of each unit, shape (units,).
    centres
        Unit index of each territory's centre, shape (territories,).
    visits
        Visits a year of each unit, shape (units,).
    travel
        Circuity and stops per trip.

    Returns
    -------
    Kilometres a year: trips (visits / stops per trip) x 2 x circuity x great-circle km.
    """
    road = visits / travel.stops_per_trip * 2 * travel.circuity * centre_km(problem, assignment, centres)
    return _by_territory(problem, assignment, road)


def travel_hours(
    problem: TerritoryProblem,
    assignment: Index,
    centres: Index,
    visits: Array,
    area_km2: Array,
    travel: Travel,
) -> Array:
    """Estimate the road hours a year to and inside the units, from each territory's own centre.

    The workload measure counts travel from the nearest home base instead, so that it belongs to the unit;
    this is what the plan really asks of its reps.

    Parameters
    ----------
    problem
        The territory problem.
    assignment
        Territory index of each unit, shape (units,).
    centres
        Unit index of each territory's centre, shape (territories,).
    visits
        Visits a year of each unit, shape (units,).
    area_km2
        Area of each unit, km2, shape (units,); 0 = no travel inside it.
    travel
        Circuity, speeds and stops per trip.

    Returns
    -------
    Hours a year, shape (territories,).
    """
    base_km = centre_km(problem, assignment, centres)
    hours = visits * travel_hours_per_visit(visits, area_km2, base_km, travel)
    return _by_territory(problem, assignment, hours)


def best_centres(problem: TerritoryProblem, assignment: Index) -> Index:
    """Choose the centre of every territory of a given alignment.

    Parameters
    ----------
    problem
        The territory problem.
    assignment
        Territory index of each unit, shape (units,).

    Returns
    -------
    Unit indices, shape (territories,): the unit nearest to the home base, or without one the own unit with
    the least travel cost to all the others (ties: the first); unit 0 for a free territory without units.
    """
    centres = np.zeros(problem.territories, dtype=np.int32)
    for territory, units in enumerate(members(problem, assignment)):
        if not problem.free[territory]:
            home = problem.homes[territory : territory + 1]
            centres[territory] = np.argmin(distance_km(problem.unit_points, home)[:, 0])
        elif len(units):
            points = problem.unit_points[units]
            centres[territory] = units[np.argmin(problem.travel_cost[units] @ distance_km(points, points))]
    return centres


def compactness(problem: TerritoryProblem, assignment: Index, centres: Index) -> Array:
    """Average the km to the centre, weighted by workload, shape (territories,); 0 without any workload."""
    workload = problem.measures[:, problem.measure_names.index("workload")]
    weighted = _by_territory(problem, assignment, workload * centre_km(problem, assignment, centres))
    total = _by_territory(problem, assignment, workload)
    return np.divide(weighted, total, out=np.zeros_like(total), where=total > 0)


def pieces(problem: TerritoryProblem, assignment: Index) -> Counts:
    """Count the connected pieces of every territory (1 = contiguous, 0 = no units), shape (territories,)."""
    _, piece = components(problem.indptr, problem.indices, assignment)
    counted = [len(np.unique(piece[units])) for units in members(problem, assignment)]
    return np.array(counted, dtype=np.int64)


def moved(problem: TerritoryProblem, assignment: Index) -> NDArray[np.bool_]:
    """Say which units leave the territory they belong to today for another one, shape (units,)."""
    changed: NDArray[np.bool_] = (assignment >= 0) & (problem.previous != assignment)
    return changed & (problem.previous >= 0)


def handoff_values(problem: TerritoryProblem, assignment: Index) -> Array:
    """Sum the value at risk of the units each territory receives from another one, shape (territories,)."""
    return _by_territory(problem, assignment, problem.handed_over(assignment))


def values_left(problem: TerritoryProblem, assignment: Index) -> Array:
    """Sum the value at risk that leaves each territory of today, shape (territories,)."""
    today, held = problem.today_values(), np.flatnonzero(assignment >= 0)
    left = today[held].sum(axis=0)
    np.subtract.at(left, assignment[held], today[held, assignment[held]])
    return left


def share_moved(problem: TerritoryProblem, assignment: Index) -> float:
    """Give the part of today's assigned value that changes hands (0.10 = 10 %); 0 when there is none."""
    total = float(problem.handoff_value[problem.previous >= 0].sum())
    return float(handoff_values(problem, assignment).sum()) / total if total > 0 else 0.0


def gini(values: ArrayLike) -> float:
    """Measure how unevenly values >= 0 are spread: 0 = all equal, towards 1 = one holds everything.

    Half the mean absolute difference of all pairs over the mean, computed from the sorted values.

    Raises
    ------
    ValueError
        If a value is negative or not finite, or there is none.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if not len(ordered) or not np.isfinite(ordered).all() or ordered[0] < 0:
        raise ValueError("a Gini coefficient needs at least one value, all finite and >= 0")
    n, total = len(ordered), float(ordered.sum())
    rank = np.arange(1, n + 1)
    return float(((2 * rank - n - 1) @ ordered) / (n * total)) if total > 0 else 0.0


def members(problem: TerritoryProblem, assignment: Index) -> list[NDArray[np.intp]]:
    """List the units of every territory in ascending order."""
    order = np.argsort(assignment, kind="stable")
    ends = np.searchsorted(assignment[order], np.arange(problem.territories + 1))
    return [order[a:b] for a, b in pairwise(ends)]


def _handoff_cost(problem: TerritoryProblem, assignment: Index) -> Array:
    """Price what changes hands in each unit, shape (units,)."""
    if problem.stake_costs is None:
        return problem.handoff_cost * moved(problem, assignment)
    kept = np.take_along_axis(problem.stake_costs, np.maximum(assignment, 0)[:, None], axis=1)[:, 0]
    return np.where(assignment >= 0, problem.stake_costs.sum(axis=1) - kept, 0.0)


def _by_territory(problem: TerritoryProblem, assignment: Index, values: Array) -> Array:
    """Add up values of units by territory, shape (territories,)."""
    held = assignment >= 0
    sums = np.bincount(assignment[held], weights=values[held], minlength=problem.territories)
    return sums.astype(np.float64, copy=False)


def _sum_columns(problem: TerritoryProblem, assignment: Index, values: Array) -> Array:
    """Add up columns of values of units by territory, shape (territories, columns)."""
    return np.column_stack([_by_territory(problem, assignment, column) for column in values.T])
