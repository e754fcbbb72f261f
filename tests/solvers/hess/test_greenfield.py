"""Greenfield problems: the centre search against every plan, and who is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.plan import Status
from engine.problem import TerritoryProblem
from engine.scenario.schema import Solve
from solvers.hess.greenfield import is_greenfield, solve_greenfield
from solvers.solve import solve
from tests.solvers.small_problems import BruteForce, small_problem, with_limits

SEEDS = [seed for seed in range(40) if small_problem(seed).territories > 1][:25]


def greenfield(seed: int) -> TerritoryProblem:
    """Take away from a small problem all that is given but the map and the measures."""
    problem = small_problem(seed)
    units, territories = problem.units, problem.territories
    bare = replace(
        problem,
        share=np.full((territories, 3), 1 / territories),
        homes=np.full((territories, 2), np.nan),
        imbalance_cost=np.zeros(3),
        previous=np.full(units, -1, dtype=np.int32),
        handoff_value=np.zeros(units),
        handoff_cost=np.zeros(units),
        disruption_limit=np.inf,
        locked=np.full(units, -1, dtype=np.int32),
        allowed=np.ones((units, territories), dtype=bool),
    )
    return with_limits(bare)


@pytest.mark.parametrize("seed", SEEDS)
def test_greenfield_is_brute_force(seed: int) -> None:
    """The centre search gives the verdict and the cost of trying every plan."""
    problem = greenfield(seed)
    if problem.oversize.any():
        assert not is_greenfield(problem)
        return
    assert is_greenfield(problem)
    tried = BruteForce(problem)
    plan = solve_greenfield(problem, seed=seed, time_limit=60, gap=0.0, progress=lambda step, done: None)
    if not len(tried.costs):
        assert plan.status is Status.INFEASIBLE
        return
    assert plan.status is Status.OPTIMAL
    assert plan.objective == pytest.approx(tried.optimum, rel=1e-6)
    assert plan.bound <= plan.objective


def test_anything_given_makes_it_no_greenfield() -> None:
    """A home base, a lock, a price of imbalance or of a handoff, unequal shares: each needs the other solvers."""
    problem = greenfield(SEEDS[0])
    rest = range(1, problem.units)
    forbidden = np.array(
        [[True] * (problem.territories - 1) + [False], *[[True] * problem.territories for _ in rest]]
    )
    for change in (
        {"homes": np.full((problem.territories, 2), 1.0)},
        {"allowed": forbidden},
        {"imbalance_cost": np.array([1.0, 0.0, 0.0])},
        {"handoff_cost": np.ones(problem.units)},
        {"disruption_limit": 1.0},
        {"share": problem.share * np.linspace(0.9, 1.1, problem.territories)[:, None]},
    ):
        assert not is_greenfield(replace(problem, **change))


def test_solve_takes_the_centre_search() -> None:
    """Where all centres are free, `solve` gives the proven best unless the staged search is asked for."""
    problem = greenfield(SEEDS[0])
    plan = solve(problem, Solve(gap=0.0), seed=1, progress=lambda step, done: None)
    assert [name for name, _ in plan.stages] == ["centres"]
    plan = solve(problem, Solve(gap=0.0, method="staged"), seed=1, progress=lambda step, done: None)
    assert "centres" not in [name for name, _ in plan.stages]
