"""Neighbouring territories drawn anew, centres included, by the compiled search: a large step at a small price."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem
from solvers.halving import halved
from solvers.part import territories_alone
from solvers.settle import Cooling, settle
from solvers.state import State, evaluate, territory_links, violation

Index = NDArray[np.int32]

SMALLEST, LARGEST = 2, 6  # territories drawn anew together
AT_ONCE = 4  # groups that share no territory; the same number whatever the machine
THREADS = 2
HEATS = (0.3, 3.0, 30.0)  # of a group that keeps its present shape at first
AFRESH = 0.4  # part of the groups that start from new cuts
PROPOSALS, ROUNDS, COLD = 1500, 15, 0.01


@dataclass(frozen=True)
class _Group:
    """A few neighbouring territories and what is left to chance about them."""

    territories: NDArray[np.intp]
    seed: tuple[int, ...]


def redraw(
    problem: TerritoryProblem,
    state: State,
    *,
    seed: int,
    proposals: int,
    stale: int,
    enough: Callable[[State], bool],
    time_left: Callable[[], float],
    progress: Callable[[float], None],
) -> State:
    """Draw groups of two to six neighbouring territories anew, as long as that helps.

    A group starts from its present shape, heated, or from new cuts; then it is annealed while its free centres move. A plan
    outside its limits is searched where it is outside.

    Parameters
    ----------
    problem, state
        The problem and where to start.
    seed
        Seed of every random choice.
    proposals
        Moves to propose, about; in every turn a few groups that share no territory are drawn anew, on two threads.
    stale
        Turns without a better plan after which the search ends; three for every territory where that is less.
    enough
        Tells whether a state is good enough to end with.
    time_left
        Tells the seconds left.
    progress
        Told the part done.

    Returns
    -------
    A state at least as good as the first one.
    """
    waiting, turn, spent = 0, 0, 0
    stale = min(stale, 3 * problem.territories)
    # one allowance cannot be spent twice
    together = 1 if np.isfinite(problem.disruption_limit) else AT_ONCE
    with ThreadPoolExecutor(THREADS) as threads:
        while spent < proposals and waiting < stale and not enough(state) and time_left() > 0:
            progress(spent / proposals)
            rng = np.random.default_rng((seed, turn))
            groups = _groups(problem, state, together, (seed, turn), rng)
            if not groups:
                break
            drawn = list(threads.map(lambda group, now=state: _drawn(problem, now, group), groups))
            assignment, centres, gained = state.assignment.copy(), state.centres.copy(), False
            for group, found in zip(groups, drawn, strict=True):
                units, alone = found
                if alone is not None:
                    assignment[units] = group.territories[alone.assignment]
                    centres[group.territories] = units[alone.centres]
                    gained = True
            if gained:
                state = evaluate(problem, assignment, _homes_kept(problem, centres, state.centres))
            waiting = 0 if gained else waiting + 1
            turn += 1
            spent += PROPOSALS * sum(len(units) for units, _ in drawn)
    return state


def _homes_kept(problem: TerritoryProblem, centres: Index, before: Index) -> Index:
    return np.where(problem.free, centres, before).astype(np.int32)


def _drawn(problem: TerritoryProblem, state: State, group: _Group) -> tuple[NDArray[np.intp], State | None]:
    """Draw a group anew: its units and its better state, None when it has not become better."""
    rng = np.random.default_rng(group.seed)
    alone, units = territories_alone(problem, state.assignment, group.territories)
    label = np.searchsorted(group.territories, state.assignment[units]).astype(np.int32)
    place = np.searchsorted(units, state.centres[group.territories]).astype(np.int32)
    now = evaluate(alone, label, np.minimum(place, len(units) - 1).astype(np.int32))
    afresh = rng.random() < AFRESH and len(units) >= 2 * alone.territories
    start = halved(alone, rng) if afresh else now
    hot = HEATS[-1] if afresh else HEATS[int(rng.integers(len(HEATS)))]
    found = settle(alone, start, rng, Cooling(PROPOSALS, ROUNDS, hot, COLD))
    return units, found if found.better_than(now) else None


def _groups(
    problem: TerritoryProblem, state: State, count: int, seed: tuple[int, int], rng: np.random.Generator
) -> list[_Group]:
    """Pick groups of neighbouring territories that share none, the first ones where a limit is broken."""
    links = territory_links(problem, state.assignment)
    outside = violation(problem, state.assignment).sum(axis=1)
    left = np.ones(problem.territories, dtype=bool)
    groups = []
    for number in range(count):
        if left.sum() < SMALLEST:
            break
        broken = np.flatnonzero(left & (outside > 1e-9))
        first = rng.choice(broken) if len(broken) and number % 2 == 0 else rng.choice(np.flatnonzero(left))
        chosen = [int(first)]
        size = int(rng.integers(SMALLEST, LARGEST + 1))
        while len(chosen) < size:
            around = np.setdiff1d(np.flatnonzero(links[chosen].any(axis=0) & left), chosen)
            if not len(around):
                break
            chosen.append(int(rng.choice(around)))
        left[chosen] = False
        if len(chosen) >= SMALLEST:
            groups.append(_Group(np.sort(np.array(chosen, dtype=np.intp)), (*seed, number)))
    return groups
