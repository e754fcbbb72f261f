"""Conflicts that arithmetic finds before any model is built."""

from __future__ import annotations

import numpy as np

from solvers.preflight import conflicts
from tests.solvers.grid_problems import grid_problem
from tests.solvers.small_problems import with_limits


def measures(*large: float) -> np.ndarray:
    """Give 49 units, the first of which are large in both measures."""
    values = np.ones((49, 2))
    values[: len(large)] = np.array(large)[:, None]
    return values


def test_large_units_may_leave_too_little_for_the_others() -> None:
    """Units that hold more than a territory may leave the others below their lower limits, and are named."""
    found = conflicts(with_limits(grid_problem(1, territories=5, measures=measures(60.0, 30.0))))
    assert len(found) == 2
    # of 137 in all, 47 are left for three territories that need 0.7 x 137 / 5 each
    assert found[0].startswith(
        "beside 2 units (u000, u001), each enough for a territory by itself, 81.7 % is left of the potential"
    )
    assert "of the workload" in found[1]


def test_large_units_that_leave_enough_are_no_conflict() -> None:
    """A unit that fills a territory by itself is no conflict as long as the rest fills the others."""
    assert conflicts(with_limits(grid_problem(1, territories=5, measures=measures(20.0)))) == []
