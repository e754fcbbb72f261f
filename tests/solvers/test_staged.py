"""What the staged search claims is so: its plans keep every rule, and no plan is cheaper than its bound."""

from __future__ import annotations

import signal
from dataclasses import replace

import numpy as np
import pytest

from engine.measures import objective, pieces
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario import schema
from solvers import solve
from solvers.state import violation
from tests.solvers.grid_problems import grid_problem, in_two
from tests.solvers.small_problems import BruteForce, small_problem


def staged(problem: TerritoryProblem, gap: float = 0.0) -> TerritoryPlan:
    """Solve by the staged search."""
    settings = schema.Solve(method="staged", time_limit_s=60.0, gap=gap)
    return solve(problem, settings, seed=1, progress=lambda stage, part: None)


@pytest.fixture(scope="module")
def plans() -> list[tuple[TerritoryProblem, TerritoryPlan]]:
    """Small problems and what the staged search says of them."""
    problems = [small_problem(seed, most_units=7) for seed in range(5012, 5042)]
    return [(problem, staged(problem)) for problem in problems]


def test_claims_hold_on_small_problems(plans: list[tuple[TerritoryProblem, TerritoryPlan]]) -> None:
    """Plans keep the rules, bounds lie below the best plan, and an infeasible verdict is one."""
    claimed = {"plan": 0, "infeasible": 0}
    for problem, plan in plans:
        tried = BruteForce(problem, 2e-6)
        assert plan.bound <= tried.optimum * (1 + 1e-6)
        if plan.status is Status.INFEASIBLE:
            claimed["infeasible"] += 1
            assert len(tried.costs) == 0
        elif plan.status in (Status.FEASIBLE, Status.OPTIMAL):
            claimed["plan"] += 1
            whole_or_not = BruteForce(replace(problem, contiguous=False), 2e-6)
            assert (whole_or_not.assignments == plan.assignment).all(axis=1).any()
            assert plan.objective == pytest.approx(objective(problem, plan.assignment, plan.centres))
        else:
            assert plan.status is Status.NO_PLAN
            assert plan.reason
    assert min(claimed.values()) >= 5, claimed


def test_plans_of_small_problems_are_connected(plans: list[tuple[TerritoryProblem, TerritoryPlan]]) -> None:
    """Every territory of every plan is one piece where that is required."""
    for problem, plan in plans:
        if problem.contiguous and plan.status in (Status.FEASIBLE, Status.OPTIMAL):
            assert (pieces(problem, plan.assignment) == 1).all()


def test_a_grid_is_solved_to_a_few_percent() -> None:
    """A plan with home bases keeps limits and contiguity, and its gap is small; again gives the same."""
    problem = grid_problem(1)
    plan = staged(problem, gap=0.01)
    assert plan.status is Status.FEASIBLE
    assert (pieces(problem, plan.assignment) == 1).all()
    assert violation(problem, plan.assignment).sum() == 0
    assert 0 < plan.gap < 0.08
    again = staged(problem, gap=0.01)
    assert (again.assignment == plan.assignment).all()
    assert (again.objective, again.bound) == (plan.objective, plan.bound)


def test_free_centres_on_a_grid() -> None:
    """Without home bases, every centre is a unit of its own territory."""
    problem = grid_problem(2, homes=np.full((4, 2), np.nan))
    plan = staged(problem, gap=0.05)
    assert plan.status is Status.FEASIBLE
    assert (plan.assignment[plan.centres] == np.arange(4)).all()
    assert (pieces(problem, plan.assignment) == 1).all()
    assert 0 < plan.bound <= plan.objective


def test_a_territory_locked_to_both_sides_of_a_gap_gets_no_plan() -> None:
    """Where locks tear a territory apart, no plan is claimed."""
    problem = in_two(grid_problem(1, territories=2, tolerance=np.array([0.9, 0.9])))
    locked, allowed = problem.locked.copy(), problem.allowed.copy()
    locked[[0, 48]], allowed[[0, 48]] = 0, [True, False]
    plan = staged(replace(problem, locked=locked, allowed=allowed))
    assert plan.status in (Status.INFEASIBLE, Status.NO_PLAN)


def interrupted(times: int) -> TerritoryPlan:
    """Solve with Ctrl-C pressed so often, when territories begin to be drawn anew."""
    pressed = []

    def progress(stage: str, part: float) -> None:
        if stage == "territories: drawing anew" and not pressed:
            for _ in range(times):
                pressed.append(stage)
                signal.raise_signal(signal.SIGINT)

    problem = grid_problem(2, homes=np.full((4, 2), np.nan), tolerance=np.array([0.4, 0.4]))
    settings = schema.Solve(method="staged", effort="quick", time_limit_s=60.0, gap=0.0)
    return solve(problem, settings, seed=1, progress=progress)


def test_ctrl_c_keeps_the_best_plan() -> None:
    """A first Ctrl-C ends the search with a plan that keeps every limit and is not called reproducible."""
    plan = interrupted(1)
    assert plan.found
    assert plan.interrupted
    assert not plan.reproducible
    untouched = interrupted(0)
    assert not untouched.interrupted
    assert untouched.reproducible
    assert untouched.objective <= plan.objective


def test_a_second_ctrl_c_stops() -> None:
    """A second Ctrl-C is not held back, and afterwards the first one is not either."""
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            interrupted(2)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
