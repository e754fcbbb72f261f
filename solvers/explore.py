"""From home bases to a good alignment: several starts, annealed, the best one further than the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem
from solvers.construct import best_centres, first_centres, make_contiguous
from solvers.exact.ordering import way_to_roots
from solvers.local_search import anneal
from solvers.relaxation import ordered_assignment
from solvers.state import State, evaluate

Array = NDArray[np.float64]
Index = NDArray[np.int32]

PROPOSALS = 6000  # per unit
HOT, COLD = 10.0, 0.01  # first and last temperature, in costs of an average unit
WEIGHT = 8.0  # price of 100 % of violation, in costs of an average territory
HEAVIER, REHEATS = 4.0, 3  # while a limit stays broken its price is raised and the search begins again


def explore(
    problem: TerritoryProblem,
    lengths: Array,
    rng: np.random.Generator,
    *,
    seed: int,
    starts: int,
    enough: Callable[[State], bool],
    time_left: Callable[[], float],
    progress: Callable[[float], None],
) -> State:
    """Find a good alignment.

    Starts are the rounded relaxation and, where handoffs cost something, every other time today's alignment.

    Parameters
    ----------
    problem
        The territory problem.
    lengths
        Length of each CSR edge, km.
    rng
        Source of every random choice.
    seed
        Seed of HiGHS.
    starts
        How many alignments are annealed.
    enough
        Tells whether a state is good enough to end with.
    time_left
        Tells the seconds left; the search ends with what it has when there are none.
    progress
        Told the part done.

    Returns
    -------
    An alignment in one piece each; it may break limits.
    """
    guided: Index | None = None
    found: list[State] = []
    for start in range(starts):
        progress(start / (starts + REHEATS))
        centres = first_centres(problem, rng)
        if start % 2 and problem.handoff_cost.any():
            costs = problem.costs(centres)
            assignment = make_contiguous(problem, problem.previous, costs)
            centres = best_centres(problem, assignment, centres)
        else:
            guided = _relaxed(problem, lengths, centres, seed, time_left()) if guided is None else guided
            assignment = guided
        state = evaluate(problem, assignment, centres)
        found.append(_cool(problem, state, rng, 1.0))
        if enough(found[-1]) or time_left() <= 0:
            break
    best = _best(found)
    for reheat in range(REHEATS):
        progress((starts + reheat) / (starts + REHEATS))
        if best.feasible or time_left() <= 0:
            break
        best = _best([best, _cool(problem, best, rng, HEAVIER ** (reheat + 1))])
    return best


def _cool(problem: TerritoryProblem, state: State, rng: np.random.Generator, heavier: float) -> State:
    """Anneal once."""
    costs = problem.costs(state.centres)
    total = float(costs[np.arange(problem.units), state.assignment].sum())
    unit = max(total, 1e-9) / problem.units
    assignment = anneal(
        problem,
        costs,
        state.assignment,
        rng,
        proposals=PROPOSALS * problem.units,
        hot=HOT * unit,
        cold=COLD * unit,
        weight=heavier * WEIGHT * unit * problem.units / problem.territories,
    )
    return evaluate(problem, assignment, best_centres(problem, assignment, state.centres))


def _best(states: list[State]) -> State:
    best = states[0]
    for state in states[1:]:
        best = state if state.better_than(best) else best
    return best


def _nearest(problem: TerritoryProblem, centres: Index) -> Index:
    costs = problem.costs(centres)
    cheapest = np.where(problem.allowed, costs, np.inf).argmin(axis=1).astype(np.int32)
    return make_contiguous(problem, cheapest, costs)


def _relaxed(
    problem: TerritoryProblem, lengths: Array, centres: Index, seed: int, time_limit: float
) -> Index:
    """Round the relaxation with ordering, which is nearly contiguous and nearly balanced."""
    costs = problem.costs(centres)
    ways = way_to_roots(problem, lengths, centres, np.arange(problem.territories), None)
    rounded = ordered_assignment(problem, costs, centres, ways, seed=seed, time_limit=time_limit)
    return _nearest(problem, centres) if rounded is None else make_contiguous(problem, rounded, costs)
