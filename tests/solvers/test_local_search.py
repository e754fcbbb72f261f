"""The compiled local search: what it may never break, and what it finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.measures import pieces
from engine.problem import TerritoryProblem
from solvers.construct import first_centres, make_contiguous
from solvers.local_search import anneal
from solvers.state import Index, evaluate, violation
from tests.solvers.grid_problems import grid_problem
from tests.solvers.small_problems import with_limits


def started(problem: TerritoryProblem) -> tuple[Index, Index]:
    """Centres and the nearest connected alignment."""
    centres = first_centres(problem, np.random.default_rng(0))
    costs = problem.costs(centres)
    nearest = np.where(problem.allowed, costs, np.inf).argmin(axis=1).astype(np.int32)
    return centres, make_contiguous(problem, nearest, costs)


def searched(problem: TerritoryProblem, seed: int = 1, proposals: int = 60_000, weight: float = 1e5) -> Index:
    """Search from the nearest alignment."""
    centres, start = started(problem)
    costs = problem.costs(centres)
    unit = float(costs.min(axis=1).mean())
    rng = np.random.default_rng(seed)
    heat = {"hot": 10 * unit, "cold": 0.01 * unit}
    return anneal(problem, costs, start, rng, proposals=proposals, weight=weight, **heat)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_rules_are_never_broken(seed: int, territories: int) -> None:
    """Whatever the instance: one piece each, locks and bars kept, no territory emptied."""
    rng = np.random.default_rng(seed)
    problem = grid_problem(seed, side=5, territories=territories)
    allowed = problem.allowed | (rng.random(problem.allowed.shape) < 0.9)
    start = started(replace(problem, allowed=allowed))[1]
    locked = np.where(rng.random(problem.units) < 0.1, start, -1).astype(np.int32)
    allowed[locked >= 0] = locked[locked >= 0, None] == np.arange(territories)
    problem = replace(problem, locked=locked, allowed=allowed)
    found = searched(problem, seed, proposals=5000)
    assert (pieces(problem, found) == 1).all()
    assert problem.allowed[np.arange(problem.units), found].all()


def test_limits_are_reached_and_cost_falls() -> None:
    """From an unbalanced start the search comes inside every limit; without a price for violation it does not."""
    problem = with_limits(replace(grid_problem(3), tolerance=np.array([0.1, 0.1])))
    centres, start = started(problem)
    assert evaluate(problem, start, centres).violation > 0.2
    assert violation(problem, searched(problem, proposals=300_000)).sum() == 0
    assert violation(problem, searched(problem, proposals=300_000, weight=0.0)).sum() > 0.2


def test_the_cheapest_is_found_when_nothing_binds() -> None:
    """Without balance, every unit ends with its cheapest territory, as far as that is in one piece."""
    problem = with_limits(
        replace(grid_problem(4), tolerance=np.array([9.0, 9.0]), imbalance_cost=np.zeros(2))
    )
    centres, start = started(problem)
    far = start.copy()
    far[far == 0] = 1  # give the first territory away but for its root
    far[int(centres[0])] = 0
    costs = problem.costs(centres)
    far = make_contiguous(problem, far.astype(np.int32), costs)
    found = anneal(
        problem, costs, far, np.random.default_rng(1), proposals=100_000, hot=1.0, cold=1e-4, weight=1e5
    )
    assert costs[np.arange(problem.units), found].sum() == pytest.approx(costs.min(axis=1).sum())


def test_imbalance_is_priced() -> None:
    """A dear deviation gives a better balance than a free one."""
    wide = np.array([5.0, 5.0])
    problem = with_limits(replace(grid_problem(5), tolerance=wide, imbalance_cost=np.zeros(2)))
    priced = replace(problem, imbalance_cost=np.array([1e5, 0.0]))

    def spread(of: TerritoryProblem) -> float:
        sums = np.bincount(searched(of), weights=of.measures[:, 0], minlength=of.territories)
        return float(np.abs(sums / of.targets[:, 0] - 1).sum())

    assert spread(priced) < 0.1 < spread(problem)


def test_no_more_changes_hands_than_may() -> None:
    """The limit on what changes hands is kept where there is one, and is felt."""
    base = with_limits(replace(grid_problem(6), tolerance=np.array([0.9, 0.9]), imbalance_cost=np.zeros(2)))
    stripes = (np.arange(49) % 7 // 2).astype(np.int32)
    limited = replace(base, previous=stripes, handoff_value=np.ones(49), disruption_limit=6.0)
    costs = base.costs(started(base)[0])

    def moved(problem: TerritoryProblem) -> int:
        rng = np.random.default_rng(1)
        found = anneal(problem, costs, stripes, rng, proposals=60_000, hot=500.0, cold=0.5, weight=1e6)
        return int((found != stripes).sum())

    assert 0 < moved(limited) <= 6 < moved(replace(limited, disruption_limit=np.inf))


def test_an_oversize_unit_counts_as_one_target() -> None:
    """The territory of a unit above every limit may hold as much beside it as its limit is above its target."""
    base = grid_problem(7, territories=2)
    measures = base.measures.copy()
    measures[24] = 3 * np.delete(measures, 24, axis=0).sum(axis=0)
    problem = with_limits(replace(base, measures=measures, imbalance_cost=np.zeros(2)))
    problem = replace(problem, lower=np.zeros((2, 2)))
    assert problem.oversize[24].all()
    found = searched(problem, proposals=300_000, weight=1e7)
    holder = found[24]
    beside = np.delete(problem.measures, 24, axis=0)[np.delete(found, 24) == holder].sum(axis=0)
    parts = beside / problem.targets[holder]
    assert (parts <= 0.3 + 1e-9).all()
    assert parts.max() > 0.05


def test_without_contiguity_pieces_may_part() -> None:
    """Where contiguity is off, a cheaper alignment in more pieces is taken."""
    base = with_limits(replace(grid_problem(8), tolerance=np.array([0.9, 0.9])))
    pepper = np.random.default_rng(8).integers(0, 4, 49).astype(np.int32)
    problem = replace(base, previous=pepper, handoff_value=np.full(49, 1e4), handoff_cost=np.full(49, 1e4))
    assert (pieces(problem, searched(problem)) == 1).all()
    assert (pieces(problem, searched(replace(problem, contiguous=False))) > 1).any()


def test_the_seed_decides_everything() -> None:
    """The same seed gives the same alignment, another seed another one, and the start is not touched."""
    problem = grid_problem(9, side=9)
    centres, start = started(problem)
    before = start.copy()
    costs = problem.costs(centres)
    heat = {"proposals": 2000, "hot": 50.0, "cold": 10.0, "weight": 100.0}

    def run(seed: int) -> Index:
        return anneal(problem, costs, start, np.random.default_rng(seed), **heat)

    assert (run(1) == run(1)).all()
    assert (run(1) != run(2)).any()
    assert (start == before).all()
