"""A plan after an edit: the earlier one with as few units changed as the rules ask for, and a fresh lower bound.

Territories that break a rule are solved again together with their neighbours: the fewest units that must change hands, by an
exact model (`solvers.exact.fewest`). Where many territories break a rule, or that model finds nothing, a short search prices
every change instead, and changes that turn out not to be needed are taken back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.measures import pieces
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.construct import best_centres, first_centres, make_contiguous
from solvers.exact.fewest import WITHIN, fewest_changes, steps_to
from solvers.local_search import anneal
from solvers.relaxation import relaxed_bound
from solvers.state import State, crowded, evaluate, territory_links, too_much_left, violation

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Progress = Callable[[str, float], None]

EXACT_TOUCHED = 4  # with more territories that break a rule the fewest changes are searched, not proved
EXACT_STEPS = 4  # so, too, where a unit must go to a territory further away than that
EXACT_SECONDS = 15.0  # a safety stop; a depth ends by gap, nodes or rounds
DEPTHS = (2, 4)  # units that a border may move
PROPOSALS = 2500  # per unit and try, of the search where the exact model is not asked or finds nothing
CHANGES = (20.0, 8.0, 3.0, 1.0)  # prices of a changed unit in its tries, in costs of an average unit
WEIGHT = 200.0  # price of 100 % of violation in it, in costs of an average territory
HOT, COLD = 10.0, 0.01  # its first and last temperature, in costs of an average unit


def solve_from(
    problem: TerritoryProblem, before: Index, *, seed: int, time_limit: float, progress: Progress
) -> TerritoryPlan | None:
    """Repair an earlier plan under the rules of a problem.

    Parameters
    ----------
    problem
        The problem as it is now.
    before
        Territory of each unit in the earlier plan, -1 = none, shape (units,).
    seed, time_limit
        Seed of HiGHS; seconds.
    progress
        Told the stage and the part done.

    Returns
    -------
    The plan with the bound of the problem as it is now; ``infeasible`` when that is proved; None when no plan near the
    earlier one was found.
    """
    begin = time.monotonic()
    progress("territories: relaxation", 0.1)
    rng = np.random.default_rng(seed)
    centres = first_centres(problem, rng)
    start = before
    if (before < 0).any():
        start = make_contiguous(problem, before, problem.costs(best_centres(problem, before, centres)))
    state = evaluate(problem, start, best_centres(problem, start, centres))
    status, bound = relaxed_bound(problem, state.centres, state.cost, seed=seed, time_limit=time_limit)
    bounded = time.monotonic()
    if status is Status.INFEASIBLE:
        return None
    progress("territories: fewest changes", 0.5)
    seconds = max(1.0, begin + time_limit - bounded)
    found = repair(problem, state, seed=seed, time_limit=seconds)
    if found is None:
        return None
    stages = (("bound", bounded - begin), ("fewest changes", time.monotonic() - bounded))
    now = found.state
    reached = Status.OPTIMAL if now.cost - bound <= 1e-6 * now.cost else Status.FEASIBLE
    return TerritoryPlan(
        reached, now.assignment, now.centres, now.cost, bound, stages, seed, not found.timed_out
    )


@dataclass(frozen=True)
class Repaired:
    """A repaired alignment, and whether a time limit had a say in it."""

    state: State
    timed_out: bool = False


def repair(problem: TerritoryProblem, state: State, *, seed: int, time_limit: float) -> Repaired | None:
    """Change as few units as it takes to keep every rule.

    Parameters
    ----------
    problem
        The problem.
    state
        The alignment to keep, with its centres.
    seed, time_limit
        Seed of the solver and of the search; seconds.

    Returns
    -------
    The changed alignment; None when none was found.
    """
    deadline = time.monotonic() + time_limit
    group = touched(problem, state.assignment)
    if not len(group):
        return Repaired(state)
    around = np.flatnonzero(territory_links(problem, state.assignment)[group].any(axis=0))
    wider, timed_out = np.union1d(group, around), False
    near = _furthest(problem, state.assignment) <= EXACT_STEPS
    for depth in DEPTHS if near and len(group) <= EXACT_TOUCHED else ():
        left = min(EXACT_SECONDS, deadline - time.monotonic())
        if left <= 0:
            break
        found = fewest_changes(problem, state, wider, depth, seed=seed, time_limit=left)
        timed_out |= found.timed_out
        now = _state(problem, found.assignment, state)
        if found.connected and keeps(problem, now):
            return Repaired(now, timed_out)
    searched = _search(problem, state, seed)
    return None if searched is None else Repaired(searched, timed_out)


def keeps(problem: TerritoryProblem, state: State) -> bool:
    """Whether an alignment keeps every rule, the allowed territories of each unit included."""
    return state.feasible and bool(problem.allowed[np.arange(problem.units), state.assignment].all())


def _state(problem: TerritoryProblem, assignment: Index, earlier: State) -> State:
    return evaluate(problem, assignment, best_centres(problem, assignment, earlier.centres))


def _search(problem: TerritoryProblem, state: State, seed: int) -> State | None:
    """Anneal from the earlier plan at several prices of a change; of the plans within `WITHIN` take that with the fewest."""
    rng = np.random.default_rng(seed)
    costs = problem.costs(state.centres)
    unit = float(costs[np.arange(problem.units), state.assignment].mean())
    start = _moved_in(problem, state.assignment, costs)
    changed = np.arange(problem.territories) != state.assignment[:, None]
    kept = []
    for price in CHANGES:
        found = anneal(
            problem,
            costs + price * unit * changed,
            start,
            rng,
            proposals=PROPOSALS * problem.units,
            hot=HOT * unit,
            cold=COLD * unit,
            weight=WEIGHT * unit * problem.units / problem.territories,
        )
        now = _state(problem, found, state)
        if keeps(problem, now):
            kept.append(now)
    if not kept:
        return None
    budget = (1 + WITHIN) * max(state.cost, min(now.cost for now in kept))
    cheap = [now for now in kept if now.cost <= budget]
    return _taken_back(problem, min(cheap, key=lambda now: _changes(now, state)), state, budget)


def _changes(now: State, earlier: State) -> int:
    return int((now.assignment != earlier.assignment).sum())


def _furthest(problem: TerritoryProblem, assignment: Index) -> int:
    """Count the steps from the furthest unit that may not stay to the nearest territory that may have it."""
    wrong = np.flatnonzero(~problem.allowed[np.arange(problem.units), assignment])
    steps = steps_to(problem, assignment, np.arange(problem.territories))[wrong]
    return int(np.where(problem.allowed[wrong], steps, problem.units).min(axis=1).max(initial=0))


def _moved_in(problem: TerritoryProblem, assignment: Index, costs: Array) -> Index:
    """Put units where they may be, each with the shortest way to its territory, and make every territory one piece again."""
    wrong = np.flatnonzero(~problem.allowed[np.arange(problem.units), assignment])
    steps = steps_to(problem, assignment, np.arange(problem.territories))
    moved = assignment.copy()
    for unit in wrong.tolist():
        territory = int(np.where(problem.allowed[unit], steps[unit] + 1e-9 * costs[unit], np.inf).argmin())
        here = unit
        while steps[here, territory] > 0:
            moved[here] = territory
            around = problem.indices[problem.indptr[here] : problem.indptr[here + 1]]
            around = around[steps[around, territory] < steps[here, territory]]
            around = around[problem.allowed[around, territory]]
            if not len(around):
                break
            here = int(around[costs[around, territory].argmin()])
    return make_contiguous(problem, moved, costs) if problem.contiguous else moved


def _taken_back(problem: TerritoryProblem, now: State, earlier: State, budget: float) -> State:
    """Give units back to the territory they had while every rule and the budget stay kept."""
    gained = True
    while gained:
        gained = False
        for i in np.flatnonzero(now.assignment != earlier.assignment).tolist():
            back = now.assignment.copy()
            back[i] = earlier.assignment[i]
            state = _state(problem, back, earlier)
            if keeps(problem, state) and state.cost <= budget:
                now, gained = state, True
    return now


def touched(problem: TerritoryProblem, assignment: Index) -> NDArray[np.intp]:
    """List the territories that an alignment breaks a rule with, ascending."""
    outside = violation(problem, assignment).max(axis=1, initial=0.0) > 1e-9
    if problem.contiguous:
        outside |= pieces(problem, assignment) != 1
    outside |= np.bincount(assignment, minlength=problem.territories) == 0
    wrong = np.flatnonzero(~problem.allowed[np.arange(problem.units), assignment])
    outside[assignment[wrong]] = True
    to = problem.locked[wrong]
    outside[to[to >= 0]] = True
    handed = problem.handed_over(assignment)
    moves = handed > 0
    if handed.sum() > problem.disruption_limit:
        outside[assignment[moves]] = True
        outside |= (problem.today_values()[moves] > 0).any(axis=0)
    outside |= too_much_left(problem, assignment) > 0
    outside[assignment[crowded(problem, assignment)]] = True
    return np.flatnonzero(outside)
