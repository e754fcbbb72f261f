"""Plans without contiguity: they keep every rule, no plan is cheaper than their bound, and the bound is the linear relaxation's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.maps import accounts
from benchmarks.scale import recomputed
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario import schema
from solvers import solve
from solvers.balance_prices import balance_prices
from solvers.bound import lower_bound
from solvers.exact.assignment import assignment_model, whole
from solvers.exact.highs import HighsModel
from solvers.unconnected import solve_unconnected
from tests.solvers.small_problems import BruteForce, ruled_problem, with_limits


def unconnected(problem: TerritoryProblem, seed: int = 1) -> TerritoryPlan:
    """Solve to a gap of 1 %."""
    return solve_unconnected(problem, seed=seed, time_limit=60.0, gap=0.01, progress=lambda stage, part: None)


def test_claims_hold_on_small_problems() -> None:
    """With all rules at once, plans keep every rule, bounds lie below the best plan, and infeasible means that."""
    plans, near = 0, 0
    for seed in range(30):
        problem = replace(ruled_problem(seed), contiguous=False, together=())
        homes = np.where(np.isnan(problem.homes), [-98.0, 39.5], problem.homes)
        problem = with_limits(replace(problem, homes=homes))
        plan, tried = unconnected(problem), BruteForce(problem, 2e-6)
        assert plan.bound <= tried.optimum * (1 + 1e-7), seed
        if plan.found:
            assert (tried.assignments == plan.assignment).all(axis=1).any(), seed
            plans, near = plans + 1, near + (plan.objective <= 1.05 * tried.optimum)
        elif plan.status is Status.INFEASIBLE:
            assert len(tried.costs) == 0, seed
        else:
            assert plan.reason
    assert plans >= 6
    assert near >= 0.8 * plans


def test_the_bound_is_that_of_the_linear_relaxation() -> None:
    """Climbing the smoothed dual ends within half a percent of the relaxation that HiGHS solves."""
    problem = accounts(300, 5, 3, 0.05)
    costs = problem.costs(np.zeros(5, dtype=np.int32))
    model = assignment_model(problem, whole(problem), costs, relax=True)
    best = HighsModel(model, seed=1).solve(time_limit=60.0).objective
    prices, reduced = balance_prices(problem, costs, lambda: 1.0)
    bound = lower_bound(problem, prices, np.inf)
    assert 0.995 * best <= bound <= best * (1 + 1e-9)
    assert (np.isfinite(reduced) == problem.allowed).all()


def test_accounts_are_shared_out_close_to_the_bound() -> None:
    """Six hundred accounts, six reps of unequal capacity and four hard measures: every limit kept, a small gap, the same again."""
    problem = accounts(600, 6, 4, 0.05)
    settings = schema.Solve(method="staged", time_limit_s=60.0, gap=0.02)
    plan = solve(problem, settings, seed=3, progress=lambda stage, part: None)
    assert plan.status is Status.FEASIBLE
    assert plan.objective == pytest.approx(recomputed(problem, plan))
    assert 0 <= plan.gap <= 0.02
    assert [name for name, _ in plan.stages] == ["prices", "local search"]
    again = solve(problem, settings, seed=3, progress=lambda stage, part: None)
    assert (again.assignment == plan.assignment).all()


def test_limits_that_no_plan_keeps_are_proved() -> None:
    """Where a bound exceeds what any plan can cost, there is no plan, and that is said."""
    problem = accounts(40, 2, 2, 0.05)
    small = problem.measures[:, 0] < np.median(problem.measures[:, 0])
    problem = replace(
        problem, allowed=np.column_stack([small, ~small])
    )  # the second cannot but hold too much
    plan = unconnected(problem)
    assert plan.status is Status.INFEASIBLE
    assert "exclude each other" in plan.reason
