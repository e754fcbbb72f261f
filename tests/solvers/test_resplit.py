"""Taking territories apart: the rest stays, every piece stays whole, and the result is no worse."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from engine.measures import objective, pieces
from engine.problem import TerritoryProblem
from solvers.construct import make_contiguous
from solvers.resplit import STEP_GAP, resplit
from solvers.staged import violation
from tests.solvers.grid_problems import grid_problem


@dataclass(frozen=True)
class Present:
    """An alignment and its centres."""

    assignment: np.ndarray
    centres: np.ndarray


def start(problem: TerritoryProblem, seed: int) -> Present:
    """Grow winding connected territories."""
    nobody = np.full(problem.units, -1, dtype=np.int32)
    costs = np.random.default_rng(seed).random((problem.units, problem.territories))
    centres = problem.costs(np.zeros(problem.territories, dtype=np.int32)).argmin(axis=0).astype(np.int32)
    return Present(make_contiguous(problem, nobody, costs), centres)


def again(problem: TerritoryProblem, present: Present, territories: list[int]) -> np.ndarray:
    """Take these territories apart and give the assignment found."""
    lengths = np.ones(len(problem.indices))
    costs = problem.costs(present.centres)
    parts = np.array(territories)
    found = resplit(problem, costs, lengths, present, parts, seed=1, time_limit=30.0)
    assert found.connected
    return found.assignment


@pytest.mark.parametrize("seed", range(6))
def test_connected_no_worse_and_the_rest_untouched(seed: int) -> None:
    """Two territories change hands among themselves only, stay whole and lose nothing."""
    problem = grid_problem(seed)
    present = start(problem, seed)
    found = again(problem, present, [0, 2])
    others = np.isin(present.assignment, [1, 3])
    assert (found[others] == present.assignment[others]).all()
    assert np.isin(found[~others], [0, 2]).all()
    assert (pieces(problem, found) == 1).all()
    before, after = (violation(problem, a).sum() for a in (present.assignment, found))
    assert after <= before + 1e-6
    if before == after:
        costs = [objective(problem, a, present.centres) for a in (present.assignment, found)]
        assert costs[1] <= costs[0] * (1 + STEP_GAP)


def test_all_at_once_brings_a_bad_start_within_its_limits() -> None:
    """From territories far outside their limits, taking all apart finds one within them."""
    problem = grid_problem(3)
    present = start(problem, 3)
    assert violation(problem, present.assignment).sum() > 0.1
    found = again(problem, present, [0, 1, 2, 3])
    assert violation(problem, found).sum() < 1e-6


def test_locks_and_disruption_are_kept() -> None:
    """A unit may not go where it is not allowed, and no more value changes hands than the limit."""
    problem = grid_problem(4)
    present = start(problem, 4)
    free = again(problem, present, [0, 1, 2, 3])
    moved = np.flatnonzero(free != present.assignment)
    allowed = problem.allowed.copy()
    allowed[moved[0]] = np.arange(4) == present.assignment[moved[0]]
    value = np.ones(problem.units)
    problem = replace(
        problem, allowed=allowed, previous=present.assignment, handoff_value=value, disruption_limit=5.0
    )
    found = again(problem, present, [0, 1, 2, 3])
    assert found[moved[0]] == present.assignment[moved[0]]
    assert len(moved) > 5
    assert 0 < (found != present.assignment).sum() <= 5
