"""A plan after an edit: every rule kept, as few units changed as any plan needs, an honest bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.plan import Status
from engine.problem import TerritoryProblem
from engine.scenario import schema
from solvers.exact.fewest import WITHIN
from solvers.replan import keeps, repair, solve_from
from solvers.solve import solve
from solvers.state import State, evaluate
from tests.solvers.grid_problems import grid_problem
from tests.solvers.small_problems import with_limits


def _quiet(step: str, done: float) -> None:
    """Say nothing."""


def _locked(problem: TerritoryProblem, unit: int, territory: int) -> TerritoryProblem:
    locked, allowed = problem.locked.copy(), problem.allowed.copy()
    locked[unit] = territory
    allowed[unit] = np.arange(problem.territories) == territory
    return replace(problem, locked=locked, allowed=allowed)


def _planned(problem: TerritoryProblem) -> State:
    plan = solve(problem, schema.Solve(gap=0.05, time_limit_s=20), seed=1, progress=_quiet)
    assert plan.found
    return evaluate(problem, plan.assignment, plan.centres)


@pytest.fixture(scope="module")
def grid() -> tuple[TerritoryProblem, State]:
    """A grid and a plan of it."""
    problem = grid_problem(3)
    return problem, _planned(problem)


def _border(problem: TerritoryProblem, plan: State) -> list[tuple[int, int]]:
    """List units beside another territory, each with that territory."""
    found = []
    for unit in range(problem.units):
        around = plan.assignment[problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]]]
        found += [(unit, int(t)) for t in np.unique(around) if t != plan.assignment[unit]]
    return found


def test_nothing_changes_without_need(grid: tuple[TerritoryProblem, State]) -> None:
    """An edit that the earlier plan keeps already changes no unit, and the cost is that of the earlier plan."""
    problem, plan = grid
    edited = _locked(problem, 5, int(plan.assignment[5]))
    again = solve_from(edited, plan.assignment, seed=1, time_limit=20, progress=_quiet)
    assert again is not None
    assert (again.assignment == plan.assignment).all()
    assert again.objective == pytest.approx(plan.cost)


def test_one_lock_changes_as_little_as_any_plan(grid: tuple[TerritoryProblem, State]) -> None:
    """Of the units locked to their neighbour's territory, one whose move alone keeps every rule moves alone."""
    problem, plan = grid
    alone = 0
    for unit, territory in _border(problem, plan):
        edited = _locked(problem, unit, territory)
        moved = plan.assignment.copy()
        moved[unit] = territory
        single = evaluate(edited, moved, plan.centres)
        if not single.feasible or single.cost > (1 + WITHIN) * plan.cost:
            continue
        alone += 1
        found = repair(edited, plan, seed=1, time_limit=20)
        assert found is not None
        assert (found.state.assignment == moved).all()
        if alone == 3:
            break
    assert alone


@pytest.mark.parametrize("seed", range(4))
def test_any_lock_gives_a_plan_that_keeps_every_rule(seed: int, grid: tuple[TerritoryProblem, State]) -> None:
    """A unit locked to any territory, near or far, lies there; each territory is one piece inside its limits."""
    problem, plan = grid
    rng = np.random.default_rng(seed)
    unit = int(rng.integers(problem.units))
    others = [t for t in range(problem.territories) if t != plan.assignment[unit]]
    edited = _locked(problem, unit, int(rng.choice(others)))
    again = solve_from(edited, plan.assignment, seed=1, time_limit=20, progress=_quiet)
    fresh = solve(edited, schema.Solve(gap=0.05, time_limit_s=2), seed=1, progress=_quiet)
    if again is None:
        assert not fresh.found or plan.assignment[unit] != edited.locked[unit]
        return
    state = evaluate(edited, again.assignment, again.centres)
    assert keeps(edited, state)
    assert again.objective == pytest.approx(state.cost)
    assert again.bound <= min(again.objective, fresh.objective if fresh.found else np.inf) + 1e-6


def test_tighter_limits_and_new_units_are_repaired(grid: tuple[TerritoryProblem, State]) -> None:
    """A tighter tolerance moves units until it is kept; a unit the earlier plan did not know is given to somebody."""
    problem, plan = grid
    deviation = np.sort(
        np.abs(problem.measures.T @ np.eye(problem.territories)[plan.assignment] / problem.targets.T - 1).max(
            axis=0
        )
    )[-1]
    tight = with_limits(replace(problem, tolerance=np.full(2, 0.9 * deviation)))
    before = plan.assignment.copy()
    before[7] = -1
    again = solve(tight, schema.Solve(time_limit_s=20), seed=1, progress=_quiet, before=before)
    assert again.found
    assert keeps(tight, evaluate(tight, again.assignment, again.centres))
    assert (again.assignment != plan.assignment).sum() < problem.units / 3


def test_what_cannot_be_kept_is_not_called_a_plan() -> None:
    """Two far units locked to one territory whose limit they break together give no plan from the earlier one."""
    problem = grid_problem(3)
    plan = _planned(problem)
    big = np.argsort(-problem.measures[:, 0])[:20]
    edited = problem
    for unit in big.tolist():
        edited = _locked(edited, unit, 0)
    assert solve_from(edited, plan.assignment, seed=1, time_limit=20, progress=_quiet) is None
    ended = solve(edited, schema.Solve(), seed=1, progress=_quiet, before=plan.assignment)
    assert ended.status is Status.INFEASIBLE
