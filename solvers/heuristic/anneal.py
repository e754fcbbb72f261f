"""Simulated annealing of boundary moves: compiled, contiguous at every step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]


@dataclass(frozen=True)
class Schedule:
    """How the search cools and how hard limits weigh.

    Parameters
    ----------
    proposals
        Moves proposed in all.
    hot, cold
        First and last temperature, as a share of the mean cost of a unit.
    penalty
        Money per 1.00 of relative violation of a limit, as a share of the mean cost of a territory.
    """

    proposals: int
    hot: float
    cold: float
    penalty: float


@numba.njit(cache=True, nogil=True)
def _limit_cost(load, total, t, m, lower, upper, target, price, penalty):  # type: ignore[no-untyped-def]
    """Price one territory's measure: imbalance inside the band, linear + quadratic penalty outside it."""
    cost = price[m] * abs(total[t, m] / target[t, m] - 1.0)
    short = (lower[t, m] - total[t, m]) / target[t, m]
    over = (load[t, m] - upper[t, m]) / target[t, m]
    outside = max(short, over, 0.0)
    # the quadratic part spreads a surplus over many territories instead of leaving one far outside
    return cost + penalty * (outside + 10.0 * outside * outside)


@numba.njit(cache=True, nogil=True)
def _stays_connected(unit, indptr, indices, assignment, stamp, mark, queue):  # type: ignore[no-untyped-def]
    """Say whether a territory stays one piece without one of its units: its neighbours there must reach each other."""
    home = assignment[unit]
    first, wanted = -1, 0
    for e in range(indptr[unit], indptr[unit + 1]):
        if assignment[indices[e]] == home:
            wanted += 1
            first = indices[e]
    if wanted <= 1:
        return wanted == 1
    stamp[unit] = mark
    stamp[first] = mark
    queue[0] = first
    head, tail = 0, 1
    found = 0
    while head < tail:
        here = queue[head]
        head += 1
        for e in range(indptr[here], indptr[here + 1]):
            if indices[e] == unit:
                found += 1
        if found == wanted:
            return True
        for e in range(indptr[here], indptr[here + 1]):
            there = indices[e]
            if assignment[there] == home and stamp[there] != mark:
                stamp[there] = mark
                queue[tail] = there
                tail += 1
    return False


@numba.njit(cache=True, nogil=True)
def _run(  # type: ignore[no-untyped-def]
    rng, proposals, hot, cold, penalty, assignment, costs, allowed, values, loads, lower, upper, target, price,
    indptr, indices, previous, at_risk, limit, contiguous,
):
    n, k = costs.shape
    measures = values.shape[1]
    total, load = np.zeros((k, measures)), np.zeros((k, measures))
    count = np.zeros(k, np.int64)
    moved = 0.0
    for i in range(n):
        t = assignment[i]
        count[t] += 1
        for m in range(measures):
            total[t, m] += values[i, m]
            load[t, m] += loads[i, t, m]
        if previous[i] >= 0 and previous[i] != t:
            moved += at_risk[i]
    stamp, queue = np.full(n, -1, np.int64), np.empty(n, np.int64)
    cooling = math.log(cold / hot) / max(1, proposals)
    accepted = 0
    for step in range(proposals):
        i = int(rng.random() * n)
        degree = indptr[i + 1] - indptr[i]
        if degree == 0:
            continue
        t = assignment[i]
        u = assignment[indices[indptr[i] + int(rng.random() * degree)]]
        if u == t or not allowed[i, u] or count[t] == 1:
            continue
        delta = costs[i, u] - costs[i, t]
        for m in range(measures):
            for s in (t, u):
                delta -= _limit_cost(load, total, s, m, lower, upper, target, price, penalty)
        shift = 0.0
        if previous[i] >= 0:
            shift = at_risk[i] * ((previous[i] != u) - (previous[i] != t))
            over_before, over_after = max(0.0, moved - limit), max(0.0, moved + shift - limit)
            if over_after > over_before:
                delta += penalty * (over_after - over_before) / max(limit, 1.0)
            elif over_before > 0.0:
                delta -= penalty * (over_before - over_after) / max(limit, 1.0)
        for m in range(measures):
            total[t, m] -= values[i, m]
            load[t, m] -= loads[i, t, m]
            total[u, m] += values[i, m]
            load[u, m] += loads[i, u, m]
            for s in (t, u):
                delta += _limit_cost(load, total, s, m, lower, upper, target, price, penalty)
        temperature = hot * math.exp(cooling * step)
        take = delta <= 0.0 or rng.random() < math.exp(-delta / temperature)
        if take and contiguous:
            take = _stays_connected(i, indptr, indices, assignment, stamp, step, queue)
        if take:
            assignment[i] = u
            count[t] -= 1
            count[u] += 1
            moved += shift
            accepted += 1
        else:
            for m in range(measures):
                total[t, m] += values[i, m]
                load[t, m] += loads[i, t, m]
                total[u, m] -= values[i, m]
                load[u, m] -= loads[i, u, m]
    return accepted


def anneal(
    problem: TerritoryProblem, costs: Array, start: Index, schedule: Schedule, rng: np.random.Generator
) -> Index:
    """Improve a contiguous assignment by moving units across territory borders.

    Kirkpatrick, Gelatt, Vecchi 1983 (DOI 10.1126/science.220.4598.671), geometric cooling. Limits are priced, so the
    result may lie outside them; contiguity, locks and forbidden pairs are never broken.

    Parameters
    ----------
    problem
        The territory problem.
    costs
        Money per year, shape (units, territories).
    start
        Territory of each unit, shape (units,).
    schedule
        Temperatures, penalty and length.
    rng
        Source of randomness.

    Returns
    -------
    A new assignment, shape (units,).
    """
    balanced = problem.balanced
    loads = np.stack([np.column_stack([problem.upper_load(t, m) for m in balanced]) for t in range(problem.territories)], axis=1)
    assignment = start.copy()
    unit_cost = costs[np.arange(problem.units), start].mean()
    territory_cost = unit_cost * problem.units / problem.territories
    _run(
        rng, schedule.proposals, schedule.hot * unit_cost, schedule.cold * unit_cost, schedule.penalty * territory_cost,
        assignment, costs, problem.allowed, np.ascontiguousarray(problem.measures[:, balanced]), np.ascontiguousarray(loads),
        np.ascontiguousarray(problem.lower[:, balanced]), np.ascontiguousarray(problem.upper[:, balanced]),
        np.ascontiguousarray(problem.targets[:, balanced]), problem.imbalance_cost[balanced],
        problem.indptr, problem.indices, problem.previous, problem.handoff_value, problem.disruption_limit, problem.contiguous,
    )
    return assignment
