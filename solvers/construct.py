"""A contiguous start: centres, and territories grown around them."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from engine.geography.adjacency import components
from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]


def first_centres(problem: TerritoryProblem, rng: np.random.Generator) -> Index:
    """Choose a centre unit for every territory: the unit nearest to the home base, else far from the others.

    Free centres are drawn with probability proportional to travel cost x squared distance to the centres so far
    (k-means++: Arthur, Vassilvitskii 2007).

    Returns
    -------
    Unit index of each territory's centre, shape (territories,).
    """
    centres = np.zeros(problem.territories, dtype=np.int32)
    based = np.flatnonzero(~problem.free)
    if len(based):
        centres[based] = distance_km(problem.homes[based], problem.unit_points).argmin(axis=1)
    known = based.tolist()
    for territory in np.flatnonzero(problem.free).tolist():
        weight = problem.travel_cost * problem.allowed[:, territory]
        if known:
            points = problem.centre_points(centres)[known]
            weight = weight * distance_km(problem.unit_points, points).min(axis=1) ** 2
        weight = np.where(weight.sum() > 0, weight, problem.allowed[:, territory])
        centres[territory] = rng.choice(problem.units, p=weight / weight.sum())
        known.append(territory)
    return centres


def best_centres(problem: TerritoryProblem, assignment: Index, centres: Index) -> Index:
    """Move every free centre to the unit of its territory with the least travel cost (weighted 1-median).

    Returns
    -------
    New centres, shape (territories,); centres of territories with a home base are kept.
    """
    best = centres.copy()
    for territory in np.flatnonzero(problem.free).tolist():
        members = np.flatnonzero(assignment == territory)
        if len(members):
            points = problem.unit_points[members]
            best[territory] = members[
                int(np.argmin(problem.travel_cost[members] @ distance_km(points, points)))
            ]
    return best


def make_contiguous(problem: TerritoryProblem, assignment: Index, costs: Array) -> Index:
    """Keep the largest piece of every territory and let the rest join neighbouring territories, cheapest first.

    Parameters
    ----------
    problem
        The territory problem.
    assignment
        Any assignment, -1 = nobody's, shape (units,); a territory without a unit is seeded at its cheapest allowed unit.
    costs
        Money per year, shape (units, territories).

    Returns
    -------
    An assignment in which every territory is one piece, unless locks or missing links forbid it.
    """
    seeded = seeded_each(problem, assignment, costs)
    result = np.full(problem.units, -1, dtype=np.int32)
    _, piece = components(problem.indptr, problem.indices, seeded)
    for territory in range(problem.territories):
        members = np.flatnonzero(seeded == territory)
        size = np.bincount(piece[members], weights=problem.measures[members, 0] + 1e-12)
        result[members[piece[members] == np.argmax(size)]] = territory
    _grow(problem, result, costs)
    return result


def seeded_each(problem: TerritoryProblem, assignment: Index, costs: Array) -> Index:
    """Give every territory without a unit a cheap allowed one, so that no other loses its last unit by it."""
    result = assignment.copy()
    if len(np.setdiff1d(np.arange(problem.territories), assignment)):
        barred = 1e6 * (1.0 + float(costs.max()))
        price = np.where(problem.allowed, costs, barred).T
        own = np.flatnonzero(assignment >= 0)
        price[assignment[own], own] = 0.0  # who has units keeps one of them if that is possible at all
        territories, seats = linear_sum_assignment(price)
        result[seats] = territories
    return result


def _grow(problem: TerritoryProblem, result: Index, costs: Array) -> None:
    """Give every unassigned unit to an adjacent territory, cheapest pair first; what no territory reaches goes to the cheapest."""
    queue: list[tuple[float, int, int]] = []

    def offer(unit: int) -> None:
        territory = int(result[unit])
        for other in problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]].tolist():
            if result[other] < 0 and problem.allowed[other, territory]:
                heapq.heappush(queue, (float(costs[other, territory]), other, territory))

    for unit in np.flatnonzero(result >= 0).tolist():
        offer(unit)
    while queue:
        _, unit, territory = heapq.heappop(queue)
        if result[unit] < 0:
            result[unit] = territory
            offer(unit)
    for unit in np.flatnonzero(result < 0).tolist():
        result[unit] = int(np.argmin(np.where(problem.allowed[unit], costs[unit], np.inf)))
