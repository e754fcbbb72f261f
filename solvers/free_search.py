"""From nothing to a good alignment where some centres are free: many short searches, the best one taken further."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from engine.problem import TerritoryProblem
from solvers.construct import best_centres, make_contiguous
from solvers.halving import halved
from solvers.redraw import THREADS
from solvers.settle import Cooling, settle
from solvers.state import State, evaluate

START = Cooling(proposals=1500, rounds=40, hot=100.0, cold=0.05)
LARGE = 10_000  # units from which on starts differ little, since each has every kind of neighbourhood:
LARGE_STARTS = 2  # fewer are made,
LARGE_START = Cooling(proposals=1500, rounds=12, hot=10.0, cold=0.02)  # and not as hot
OUTSIDE = 8.0  # of two starts that is better whose cost is less, 100 % of violation counting as so many average territories


def free_starts(
    problem: TerritoryProblem,
    *,
    seed: int,
    starts: int,
    time_left: Callable[[], float],
    progress: Callable[[float], None],
) -> State:
    """Find a first alignment: the best of several that were cut at random and annealed.

    Where handoffs cost something, every other start is today's alignment.

    Parameters
    ----------
    problem
        The territory problem.
    seed
        Seed of every random choice.
    starts
        How many alignments are annealed; two at most where there are very many units.
    time_left
        Tells the seconds left; no more starts are made when there are none.
    progress
        Told the part done.

    Returns
    -------
    An alignment in one piece each; it may break limits.
    """

    large = problem.units >= LARGE
    starts = min(starts, LARGE_STARTS) if large else starts

    def begin(number: int) -> State:
        rng = np.random.default_rng((seed, number))
        start = halved(problem, rng)
        if number % 2 and problem.handoff_cost.any():
            start = _todays(problem, start)
        return settle(problem, start, rng, LARGE_START if large else START)

    found: list[State] = []
    with ThreadPoolExecutor(THREADS) as threads:
        for first in range(0, starts, THREADS):
            if found and time_left() <= 0:
                break
            progress(first / starts)
            found += threads.map(begin, range(first, min(first + THREADS, starts)))
    return min(found, key=lambda state: state.cost * (1 + OUTSIDE * state.violation / problem.territories))


def _todays(problem: TerritoryProblem, other: State) -> State:
    """Begin with today's alignment, made connected; territories without units get theirs from another one."""
    costs = problem.costs(other.centres)
    assignment = make_contiguous(problem, problem.previous, costs)
    return evaluate(problem, assignment, best_centres(problem, assignment, other.centres))
