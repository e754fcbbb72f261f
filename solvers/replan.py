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
from solvers.exact.fewest import WITHIN, fewest_changes
from solvers.local_search import anneal
from solvers.relaxation import relaxed_bound
from solvers.state import State, evaluate, territory_links, violation

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Progress = Callable[[str, float], None]

EXACT_TOUCHED = 6  # with more territories that break a rule the fewest changes are searched, not proved
DEPTHS = (2, 4)  # units that a border may move
PROPOSALS, TRIES = 1500, 4  # per unit and try, of the search where the exact model finds nothing
CHANGE = 1.0  # price of a changed unit in that search, in costs of an average unit; halved from try to try
WEIGHT = 30.0  # price of 100 % of violation in it, in costs of an average territory; doubled from try to try
HOT, COLD = 1.0, 0.01  # its first and last temperature, in costs of an average unit


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
    for depth in DEPTHS if len(group) <= EXACT_TOUCHED else ():
        left = deadline - time.monotonic()
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
    """Anneal from the earlier plan with a price on every change, dearer limits from try to try; then take changes back."""
    rng = np.random.default_rng(seed)
    costs = problem.costs(state.centres)
    unit = float(state.cost) / problem.units
    start, change, weight = _moved_in(problem, state.assignment, costs), CHANGE, WEIGHT
    changed = np.arange(problem.territories) != state.assignment[:, None]
    for _ in range(TRIES):
        found = anneal(
            problem,
            costs + change * unit * changed,
            start,
            rng,
            proposals=PROPOSALS * problem.units,
            hot=HOT * unit,
            cold=COLD * unit,
            weight=weight * state.cost / problem.territories,
        )
        now = _state(problem, found, state)
        if keeps(problem, now):
            return _taken_back(problem, now, state)
        start, change, weight = found, change / 2, 2 * weight
    return None


def _moved_in(problem: TerritoryProblem, assignment: Index, costs: Array) -> Index:
    """Put units where they may be, and make every territory one piece again."""
    wrong = ~problem.allowed[np.arange(problem.units), assignment]
    moved = np.where(wrong, np.where(problem.allowed, costs, np.inf).argmin(axis=1), assignment).astype(
        np.int32
    )
    return make_contiguous(problem, moved, costs) if problem.contiguous else moved


def _taken_back(problem: TerritoryProblem, now: State, earlier: State) -> State:
    """Give units back to the territory they had, the cheapest first, while every rule and the budget stay kept."""
    budget = max(now.cost, (1 + WITHIN) * earlier.cost)
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
    moves = (problem.previous >= 0) & (problem.previous != assignment)
    if problem.handoff_value[moves].sum() > problem.disruption_limit:
        outside[assignment[moves]] = True
        outside[problem.previous[moves]] = True
    return np.flatnonzero(outside)
