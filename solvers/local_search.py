"""Compiled local search: units at the border change hands, alone or in chains of two, while the search cools down."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.measures import values_left
from engine.problem import TerritoryProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]

COOLING_STEP = 1000  # proposals at one temperature
CHAIN_TRIES = 6  # second units that are tried for a chain
STEEPNESS = 10.0  # of the quadratic part of the penalty


def anneal(
    problem: TerritoryProblem,
    costs: Array,
    assignment: Index,
    rng: np.random.Generator,
    *,
    proposals: int,
    hot: float,
    cold: float,
    weight: float,
    chains: float = 0.5,
    places: Index | None = None,
) -> Index:
    """Improve an alignment by simulated annealing over border moves that keep every territory in one piece.

    A proposal takes a random unit to a random neighbour's territory; if that alone is refused, a unit of that
    territory moves on in the same breath (to a third one, or back: a swap). What is minimised is the plan's cost plus
    ``weight x (v + STEEPNESS v^2)`` for every limit that is broken by the share v of its target: linear, so that a price
    above the dual price of a limit keeps it, and quadratic, so that no single territory stays far outside. The method is
    Kirkpatrick, Gelatt, Vecchi 1983, DOI 10.1126/science.220.4598.671; moves and penalties are ours.

    Parameters
    ----------
    problem, costs
        The problem and its costs, money per year, shape (units, territories).
    assignment
        Where to start, in one piece each, shape (units,); it is not changed.
    rng
        Source of every random choice.
    proposals
        Moves to propose: the same on every machine, unlike seconds.
    hot, cold
        First and last temperature, money per year.
    weight
        Money per year for each 1.00 of violation.
    chains
        Part of the refused proposals that are tried as a chain.
    places
        Territories that are proposed for each unit, shape (units, choices), where territories need not be connected; those
        of its neighbours when left out.

    Returns
    -------
    Territory of each unit, shape (units,).
    """
    result = assignment.copy()
    of = problem.balanced
    scale = 1.0 / problem.targets[:, of]
    values = np.ascontiguousarray(problem.measures[:, of])
    counted = problem.oversize[:, of]
    sums, loads = np.zeros_like(scale), np.zeros_like(scale)
    np.add.at(sums, result, values * scale[result])
    np.add.at(loads, result, np.where(counted, 1.0, values * scale[result]))
    limit = problem.disruption_limit
    _anneal(
        rng,
        result,
        costs,
        problem.allowed,
        problem.locked >= 0,
        problem.indptr,
        problem.indices,
        problem.contiguous,
        values,
        counted,
        scale,
        sums,
        loads,
        problem.lower[:, of] * scale,
        problem.upper[:, of] * scale,
        problem.imbalance_cost[of],
        _sides(problem, result),
        1.0 / max(limit, 1.0) if np.isfinite(limit) else 0.0,
        float(problem.handed_over(result).sum() / max(limit, 1.0)) if np.isfinite(limit) else 0.0,
        proposals,
        hot,
        cold,
        weight,
        chains,
        np.empty((problem.units, 0), dtype=np.int32) if places is None else places,
    )
    return result


def _sides(problem: TerritoryProblem, assignment: Index) -> tuple[Any, ...]:
    """Write the rules on today's value and on units apart as arrays, with where they stand.

    Returns
    -------
    Value each territory has in a unit today (of no size when nothing limits it); by territory what has left it and the scale
    of that, both as shares of what may leave (of no size when it is not limited); the groups of each unit as CSR arrays;
    and the units every territory holds of a group, shape (groups, territories).
    """
    caps = problem.leave_limit
    limited = np.isfinite(problem.disruption_limit) or caps is not None
    today = problem.today_values() if limited else np.zeros((0, 0))
    scale = np.zeros(0) if caps is None else 1.0 / np.maximum(caps, 1.0)
    left = np.zeros(0) if caps is None else (values_left(problem, assignment) - caps) * scale
    pairs = [(unit, g) for g, group in enumerate(problem.apart) for unit in group]
    of = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    starts = np.searchsorted(of[:, 0], np.arange(problem.units + 1))
    crowd = np.zeros((len(problem.apart), problem.territories), dtype=np.int64)
    for unit, g in pairs:
        crowd[g, assignment[unit]] += 1
    return today, left, scale, starts, of[:, 1].copy(), crowd


@njit(cache=True, nogil=True)
def _anneal(
    rng, home, cost, allowed, fixed, indptr, indices, contiguous, values, counted, scale, sums, loads, lower,
    upper, price, sides, handoff, moved, proposals, hot, cold, weight, chains, places,
):  # fmt: skip
    """Run the search in place; ``moved`` is the share of what may change hands, ``handoff`` what 1.00 of value adds to it."""
    units, territories = cost.shape
    mark, queue, stamp = np.zeros(units, np.int64), np.empty(units, np.int32), 0
    members, place, count = _members(home, territories)
    rules = (values, counted, scale, lower, upper, price, weight)
    sided = sides[1].shape[0] + sides[5].shape[0] > 0
    temperature, factor = hot, (cold / hot) ** (COOLING_STEP / max(proposals, COOLING_STEP))
    for proposal in range(proposals):
        if proposal % COOLING_STEP == COOLING_STEP - 1:
            temperature *= factor
        unit = int(rng.random() * units)
        source, choices = home[unit], max(places.shape[1], indptr[unit + 1] - indptr[unit])
        if fixed[unit] or count[source] < 2 or choices == 0:
            continue
        target = _proposed(unit, rng.random(), home, indptr, indices, places)
        if target == source or not allowed[unit, target]:
            continue
        accepted = -temperature * np.log(1.0 - rng.random())
        chain = rng.random() < chains
        first = cost[unit, target] - cost[unit, source] + _shift(unit, source, target, sums, loads, rules)
        if sided:
            first += weight * _broken(unit, source, target, sides)
        handed = _handed(unit, source, target, handoff, sides)
        alone = first + weight * _excess(moved, handed) <= accepted
        if not alone and not chain:
            continue
        stamp += 2
        if contiguous and not stays_connected(unit, home, indptr, indices, mark, stamp, queue):
            continue
        _move(unit, source, target, home, sums, loads, rules, members, place, count, sides)
        if alone:
            moved += handed
            continue
        done = False
        for _ in range(CHAIN_TRIES):
            second = np.int64(
                members[target, int(rng.random() * count[target])]
            )  # as unit: one type, one compilation
            choices = max(places.shape[1], indptr[second + 1] - indptr[second])
            if fixed[second] or second == unit or choices == 0:
                continue
            third = _proposed(second, rng.random(), home, indptr, indices, places)
            if third == target or not allowed[second, third]:
                continue
            both = first + cost[second, third] - cost[second, target]
            both += _shift(second, target, third, sums, loads, rules)
            if sided:
                both += weight * _broken(second, target, third, sides)
            more = handed + _handed(second, target, third, handoff, sides)
            if both + weight * _excess(moved, more) > accepted:
                continue
            stamp += 2
            if contiguous and not stays_connected(second, home, indptr, indices, mark, stamp, queue):
                continue
            _move(second, target, third, home, sums, loads, rules, members, place, count, sides)
            moved += more
            done = True
            break
        if not done:
            _move(unit, target, source, home, sums, loads, rules, members, place, count, sides)


@njit(cache=True, nogil=True)
def _proposed(unit, random, home, indptr, indices, places):
    """Propose a territory: one of the unit's places, or that of a neighbour where there are no places."""
    choices = places.shape[1]
    if choices > 0:
        return places[unit, int(random * choices)]
    return home[indices[indptr[unit] + int(random * (indptr[unit + 1] - indptr[unit]))]]


@njit(cache=True, nogil=True)
def _handed(unit, source, target, handoff, sides):
    """Give the value that a move hands over, less what it gives back, as a share of what may change hands."""
    if handoff == 0.0:
        return 0.0
    today = sides[0]
    return handoff * (today[unit, source] - today[unit, target])


@njit(cache=True, nogil=True)
def _broken(unit, source, target, sides):
    """Give the change of what rules are broken by: too much value that leaves a territory, units that are not apart."""
    today, left, scale, starts, groups, crowd = sides
    total = 0.0
    if left.shape[0] > 0:
        gone, back = today[unit, source] * scale[source], today[unit, target] * scale[target]
        total += max(left[source] + gone, 0.0) - max(left[source], 0.0)
        total += max(left[target] - back, 0.0) - max(left[target], 0.0)
    for e in range(starts[unit], starts[unit + 1]):
        total += 1.0 * (crowd[groups[e], target] > 0) - 1.0 * (crowd[groups[e], source] > 1)
    return total


@njit(cache=True, nogil=True)
def _excess(moved, more):
    """Give the change of what is handed over beyond the limit, as a share of the limit."""
    return max(moved + more - 1.0, 0.0) - max(moved - 1.0, 0.0)


@njit(cache=True, nogil=True)
def _shift(unit, source, target, sums, loads, rules):
    """Price what a move does to the balance of two territories."""
    values, counted, scale = rules[0], rules[1], rules[2]
    total = 0.0
    for m in range(values.shape[1]):
        less, more = values[unit, m] * scale[source, m], values[unit, m] * scale[target, m]
        total += _balance(source, m, -less, -1.0 if counted[unit, m] else -less, sums, loads, rules)
        total += _balance(target, m, more, 1.0 if counted[unit, m] else more, sums, loads, rules)
    return total


@njit(cache=True, nogil=True)
def _balance(territory, m, change, load_change, sums, loads, rules):
    _, _, _, lower, upper, price, weight = rules
    before, load = sums[territory, m], loads[territory, m]
    after, loaded = before + change, load + load_change
    old = max(lower[territory, m] - before, load - upper[territory, m], 0.0)
    new = max(lower[territory, m] - after, loaded - upper[territory, m], 0.0)
    pull = price[m] * (abs(after - 1.0) - abs(before - 1.0))
    return pull + weight * (new - old + STEEPNESS * (new * new - old * old))


@njit(cache=True, nogil=True)
def _move(unit, source, target, home, sums, loads, rules, members, place, count, sides):
    values, counted, scale = rules[0], rules[1], rules[2]
    today, left, shares, starts, groups, crowd = sides
    home[unit] = target
    if left.shape[0] > 0:
        left[source] += today[unit, source] * shares[source]
        left[target] -= today[unit, target] * shares[target]
    for e in range(starts[unit], starts[unit + 1]):
        crowd[groups[e], source] -= 1
        crowd[groups[e], target] += 1
    for m in range(values.shape[1]):
        less, more = values[unit, m] * scale[source, m], values[unit, m] * scale[target, m]
        sums[source, m] -= less
        sums[target, m] += more
        loads[source, m] -= 1.0 if counted[unit, m] else less
        loads[target, m] += 1.0 if counted[unit, m] else more
    count[source] -= 1
    last = members[source, count[source]]
    members[source, place[unit]], place[last] = last, place[unit]
    members[target, count[target]], place[unit] = unit, count[target]
    count[target] += 1


@njit(cache=True, nogil=True)
def _members(home, territories):
    """List the units of every territory, so that a random one is found at once."""
    units = home.shape[0]
    members, place = np.empty((territories, units), np.int32), np.empty(units, np.int32)
    count = np.zeros(territories, np.int64)
    for unit in range(units):
        members[home[unit], count[home[unit]]], place[unit] = unit, count[home[unit]]
        count[home[unit]] += 1
    return members, place, count


@njit(cache=True, nogil=True)
def stays_connected(unit, home, indptr, indices, mark, stamp, queue):
    """Tell whether a territory stays in one piece without a unit: its neighbours there must still reach each other.

    ``stamp`` marks neighbours still to be reached, ``stamp + 1`` units that were reached.
    """
    territory, wanted, start = home[unit], 0, -1
    for e in range(indptr[unit], indptr[unit + 1]):
        if home[indices[e]] == territory:
            wanted, start = wanted + 1, indices[e]
            mark[start] = stamp
    if wanted < 2:
        return True
    head, tail, wanted = 0, 1, wanted - 1
    queue[0], mark[start], mark[unit] = start, stamp + 1, stamp + 1
    while head < tail:
        here, head = queue[head], head + 1
        for e in range(indptr[here], indptr[here + 1]):
            other = indices[e]
            if home[other] == territory and mark[other] != stamp + 1:
                if mark[other] == stamp:
                    wanted -= 1
                    if wanted == 0:
                        return True
                mark[other] = stamp + 1
                queue[tail], tail = other, tail + 1
    return False
