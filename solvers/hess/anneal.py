"""Compiled annealing of a centre problem: units change hands, alone or two in a chain, and free centres follow them."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

import numpy as np
from numba import njit
from numpy.typing import NDArray

from solvers.hess.problem import CentreProblem, Index
from solvers.local_search import stays_connected

ROUNDS = 60
CLOSING = 12  # last rounds, in which no price falls, so that all limits are kept at once
HOT, COLD = 3.0, 0.01  # first and last temperature, in costs of an average unit
WEIGHT = 4.0  # first price of 100 % of violation, in costs of an average territory
HEAVIER, LIGHTER = 1.25, 0.92  # change of that price after a round that ends outside, or inside, the limits
STEEPNESS = 10.0  # of the quadratic part of the penalty
NEAR = 10  # units that count as neighbours where there is no map
CHAIN_TRIES = 4  # second units that are tried for a chain
RECENTRE = 4.0  # proposals per unit of a territory between two looks at its centre


def anneal(
    problem: CentreProblem,
    start: Index,
    rng: np.random.Generator,
    *,
    proposals: int,
    hot: float = HOT,
    cold: float = COLD,
) -> Iterator[Index]:
    """Improve an assignment by simulated annealing; give what every round ends with.

    A proposal takes a random unit to the territory of a neighbour; if that alone is refused, a unit of that territory moves on
    in the same breath, to a third one or back. Territories stay in one piece when they start so; limits are priced: ``v +
    STEEPNESS v^2`` for a sum that is outside by v average territories, the dearer the longer limits stay broken. Free centres
    move to better units of their territory all the while. The method is Kirkpatrick, Gelatt, Vecchi 1983,
    DOI 10.1126/science.220.4598.671; moves and penalties are ours.

    Parameters
    ----------
    problem
        The centre problem; its activities should be of the order of 1 a territory.
    start
        Candidate of each unit; every centre holds its own unit, shape (units,).
    rng
        Source of every random choice.
    proposals
        Moves to propose in all: the same on every machine, unlike seconds.
    hot, cold
        First and last temperature, in costs of an average unit.

    Yields
    ------
    Candidate of each unit after each round, shape (units,).
    """
    centre, home = np.unique(start, return_inverse=True)
    centre, home = centre.astype(np.int32), home.astype(np.int32)
    sums = np.zeros((len(centre), problem.activities.shape[1]))
    np.add.at(sums, home, problem.activities)
    seat = np.full(problem.units, -1, dtype=np.int32)
    seat[problem.candidates] = np.arange(len(problem.candidates))
    indptr, near = neighbours(problem)
    unit = max(problem.objective(start), 1e-9) / problem.units
    weight = np.full(len(centre), WEIGHT * unit * problem.units / problem.count)
    state = (home, centre, sums, *_members(home, len(centre)))
    tables = (
        problem.cost,
        problem.activities,
        problem.lower,
        problem.upper,
        seat,
        problem.candidates,
        indptr,
        near,
    )
    free = not problem.all_open
    for number in range(ROUNDS):
        heat = unit * hot * (cold / hot) ** (number / (ROUNDS - 1))
        _round(rng, state, tables, problem.graph is not None, free, proposals // ROUNDS, heat, weight)
        yield centre[home]
        outside = np.maximum(problem.lower[centre] - sums, sums - problem.upper[centre]).max(axis=1) > 1e-9
        weight *= np.where(outside, HEAVIER, LIGHTER if number < ROUNDS - CLOSING else 1.0)


def neighbours(problem: CentreProblem) -> tuple[Index, Index]:
    """Give the units whose territory a unit may join: those it touches, or the nearest places of centres; as CSR arrays."""
    if problem.graph is not None:
        return problem.graph.indptr, problem.graph.indices
    many = min(NEAR + 1, len(problem.candidates))
    nearest = np.argpartition(problem.cost, many - 1, axis=1)[:, :many]
    indices = problem.candidates[nearest].astype(np.int32).ravel()
    return np.arange(0, many * problem.units + 1, many, dtype=np.int32), indices


@njit(cache=True, nogil=True)
def _members(home, territories):  # type: ignore[no-untyped-def]
    """List the units of every territory as chains: first of each territory, next and previous of each unit, sizes."""
    first, size = np.full(territories, -1, np.int32), np.zeros(territories, np.int64)
    after, before = np.full(len(home), -1, np.int32), np.full(len(home), -1, np.int32)
    for unit in range(len(home)):
        _link(unit, home[unit], first, after, before, size)
    return first, after, before, size


@njit(cache=True, nogil=True)
def _link(unit, territory, first, after, before, size):  # type: ignore[no-untyped-def]
    after[unit], before[unit] = first[territory], -1
    if first[territory] >= 0:
        before[first[territory]] = unit
    first[territory] = unit
    size[territory] += 1


@njit(cache=True, nogil=True)
def _move(unit, target, state, activities):  # type: ignore[no-untyped-def]
    home, _, sums, first, after, before, size = state
    source = home[unit]
    if before[unit] >= 0:
        after[before[unit]] = after[unit]
    else:
        first[source] = after[unit]
    if after[unit] >= 0:
        before[after[unit]] = before[unit]
    size[source] -= 1
    _link(unit, target, first, after, before, size)
    home[unit] = target
    for m in range(activities.shape[1]):
        sums[source, m] -= activities[unit, m]
        sums[target, m] += activities[unit, m]


@njit(cache=True, nogil=True)
def _outside(held, least, most):  # type: ignore[no-untyped-def]
    """Penalty of a sum, in average territories."""
    v = max(least - held, held - most, 0.0)
    return v + STEEPNESS * v * v


@njit(cache=True, nogil=True)
def _penalty(unit, source, target, state, tables, weight):  # type: ignore[no-untyped-def]
    """Change of the penalty when a unit changes hands."""
    _, centre, sums = state[0], state[1], state[2]
    activities, lower, upper = tables[1], tables[2], tables[3]
    total = 0.0
    for m in range(activities.shape[1]):
        a, b, w = centre[source], centre[target], activities[unit, m]
        less = _outside(sums[source, m] - w, lower[a, m], upper[a, m])
        more = _outside(sums[target, m] + w, lower[b, m], upper[b, m])
        total += weight[source] * (less - _outside(sums[source, m], lower[a, m], upper[a, m]))
        total += weight[target] * (more - _outside(sums[target, m], lower[b, m], upper[b, m]))
    return total


@njit(cache=True, nogil=True)
def _round(rng, state, tables, connected, free, proposals, heat, weight):  # type: ignore[no-untyped-def]
    """Search at one temperature, in place."""
    home, centre, _, first, after, _, size = state
    cost, activities, _, _, seat, _, indptr, near = tables
    units, territories = len(home), len(centre)
    mark, queue, stamp = np.zeros(units, np.int64), np.empty(units, np.int32), 0
    often = territories / (RECENTRE * units)
    for _ in range(proposals):
        if free and rng.random() < often:
            _recentre(int(rng.random() * territories), state, tables, weight)
        unit = int(rng.random() * units)
        source = home[unit]
        degree = indptr[unit + 1] - indptr[unit]
        if degree == 0 or seat[unit] == centre[source]:
            continue
        beside = near[indptr[unit] + int(rng.random() * degree)]
        target = home[beside]
        if target == source or not np.isfinite(cost[unit, centre[target]]):
            continue
        accepted = -heat * np.log(1.0 - rng.random())
        change = cost[unit, centre[target]] - cost[unit, centre[source]]
        change += _penalty(unit, source, target, state, tables, weight)
        alone = change <= accepted
        stamp += 2
        if connected and not stays_connected(unit, home, indptr, near, mark, stamp, queue):
            continue
        if alone:
            _move(unit, target, state, activities)
            continue
        _move(unit, target, state, activities)
        done = False
        second = np.int64(beside)
        for _ in range(CHAIN_TRIES):
            if home[second] == target and second != unit and seat[second] != centre[target]:
                degree = indptr[second + 1] - indptr[second]
                third = home[near[indptr[second] + int(rng.random() * degree)]]
                if third == target and not connected:
                    third = source
                if third != target and np.isfinite(cost[second, centre[third]]):
                    both = change + cost[second, centre[third]] - cost[second, centre[target]]
                    both += _penalty(second, target, third, state, tables, weight)
                    stamp += 2
                    if both <= accepted and (
                        not connected or stays_connected(second, home, indptr, near, mark, stamp, queue)
                    ):
                        _move(second, third, state, activities)
                        done = True
                        break
            second = first[target]
            for _ in range(int(rng.random() * size[target])):
                second = after[second]
        if not done:
            _move(unit, source, state, activities)


@njit(cache=True, nogil=True)
def _recentre(territory, state, tables, weight):  # type: ignore[no-untyped-def]
    """Move a centre to the best unit around it in its territory."""
    home, centre, sums, first, after, _, _ = state
    cost, _, lower, upper, seat, candidates, indptr, near = tables
    now = centre[territory]
    best, chosen = np.inf, now
    place = candidates[now]
    for e in range(indptr[place] - 1, indptr[place + 1]):
        unit = place if e < indptr[place] else near[e]
        seated = seat[unit]
        if home[unit] != territory or seated < 0 or (seated == now and e >= indptr[place]):
            continue
        total = 0.0
        for m in range(sums.shape[1]):
            total += weight[territory] * _outside(sums[territory, m], lower[seated, m], upper[seated, m])
        member = first[territory]
        while member >= 0 and total < best:
            total += cost[member, seated]
            member = after[member]
        if total < best:
            best, chosen = total, seated
    centre[territory] = chosen


def nearest_start(problem: CentreProblem, centres: NDArray[np.intp]) -> Index:
    """Give every unit its cheapest centre, in one piece where there is a map: territories grow from their centres.

    Parameters
    ----------
    problem
        The centre problem.
    centres
        Candidates that are open.
    """
    cost = problem.cost[:, centres]
    start = centres[np.argmin(cost, axis=1)].astype(np.int32)
    start[problem.candidates[centres]] = centres
    if problem.graph is None:
        return start
    home = np.full(problem.units, -1, dtype=np.int32)
    _grow(cost, problem.candidates[centres], problem.graph.indptr, problem.graph.indices, home)
    return np.where(home >= 0, centres[home], start).astype(np.int32)


@njit(cache=True)
def _grow(cost, seats, indptr, indices, home):  # type: ignore[no-untyped-def]
    """Give units to touching territories, in the order of what they cost there over their cheapest place."""
    agenda = [(0.0, np.int64(seats[t]), np.int64(t)) for t in range(len(seats))]
    while len(agenda) > 0:
        _, unit, territory = heappop(agenda)
        if home[unit] >= 0:
            continue
        home[unit] = territory
        for e in range(indptr[unit], indptr[unit + 1]):
            other = np.int64(indices[e])
            if home[other] < 0 and np.isfinite(cost[other, territory]):
                regret = cost[other, territory] - cost[other].min()
                heappush(agenda, (regret, other, territory))
