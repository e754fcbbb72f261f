"""Groups that stay together, groups that are apart and limits on what each territory loses, with all other rules at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.measures import objective, pieces
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario import schema
from solvers import solve
from solvers.preflight import conflicts
from solvers.state import evaluate
from solvers.together import merge
from tests.solvers.grid_problems import grid_problem
from tests.solvers.small_problems import BruteForce, ruled_problem

NEAR = 2e-6  # HiGHS allows 1e-6 of a row
INSTANCES, BATCH = 150, 25


def decided(problem: TerritoryProblem) -> BruteForce | None:
    """Try every plan; None when a hair's breadth of a limit decides."""
    tight, wide = BruteForce(problem, -NEAR), BruteForce(problem, NEAR)
    return tight if len(tight.costs) == len(wide.costs) else None


def solved(problem: TerritoryProblem, method: schema.Solve) -> TerritoryPlan:
    """Solve with a method."""
    return solve(problem, method, seed=1, progress=lambda stage, part: None)


@pytest.mark.parametrize("first", range(0, INSTANCES, BATCH))
def test_exact_is_brute_force(first: int) -> None:
    """The exact model gives the verdict and the cost of trying every plan, whatever rules meet."""
    exact = schema.Solve(method="exact", time_limit_s=60.0, gap=0.0)
    for seed in range(first, first + BATCH):
        problem = ruled_problem(seed)
        tried = decided(problem)
        if tried is None:
            continue
        plan = solved(problem, exact)
        if not len(tried.costs):
            assert plan.status is Status.INFEASIBLE, seed
            continue
        assert plan.status is Status.OPTIMAL, (seed, plan)
        assert (tried.assignments == plan.assignment).all(axis=1).any(), (seed, "a rule is broken")
        assert plan.objective == pytest.approx(tried.optimum, rel=1e-6), seed
        assert plan.bound <= tried.optimum * (1 + 1e-6), seed


@pytest.fixture(scope="module")
def problems() -> list[TerritoryProblem]:
    """Drawn problems."""
    return [ruled_problem(seed) for seed in range(INSTANCES)]


def test_each_rule_decides_some_verdict_or_cost(problems: list[TerritoryProblem]) -> None:
    """Leaving out any one rule changes the optimum of some drawn problems, so its loss would be seen."""
    for rule, nothing in (("together", ()), ("apart", ()), ("leave_limit", None)):
        changed = [
            not np.isclose(
                BruteForce(problem).optimum, BruteForce(replace(problem, **{rule: nothing})).optimum
            )
            for problem in problems[:80]
        ]
        assert sum(changed) >= 5, rule


def test_a_conflict_found_by_arithmetic_is_one(problems: list[TerritoryProblem]) -> None:
    """What preflight calls a conflict of these rules leaves no plan at all, and it finds some of each."""
    words = {"together (rules.together)": 0, "apart (rules.apart)": 0, "max_share_per_rep": 0}
    for problem in problems:
        for said in conflicts(problem):
            for word in words:
                if word in said:
                    words[word] += 1
                    assert len(BruteForce(problem, -NEAR).costs) == 0, said
    assert min(words.values()) >= 2, words


def test_staged_claims_hold() -> None:
    """Plans of the staged search keep every rule, no plan is cheaper than its bound, and infeasible means that."""
    staged = schema.Solve(method="staged", time_limit_s=60.0, gap=0.0)
    claimed = {"plan": 0, "infeasible": 0}
    for seed in range(300, 325):
        problem = ruled_problem(seed)
        plan, tried = solved(problem, staged), BruteForce(problem, NEAR)
        assert plan.bound <= tried.optimum * (1 + 1e-6), seed
        if plan.found:
            claimed["plan"] += 1
            assert (tried.assignments == plan.assignment).all(axis=1).any(), seed
            assert plan.objective == pytest.approx(objective(problem, plan.assignment, plan.centres))
        elif plan.status is Status.INFEASIBLE:
            claimed["infeasible"] += 1
            assert len(tried.costs) == 0, seed
        else:
            assert plan.reason
    assert min(claimed.values()) >= 4, claimed


def test_merging_changes_neither_plans_nor_costs() -> None:
    """With home bases the merged problem has the same plans at the same costs, whatever today's territories of the members are."""
    compared, mixed = 0, 0
    for seed in range(400, 520):
        problem = ruled_problem(seed)
        homes = np.where(np.isnan(problem.homes), [-98.0, 39.5], problem.homes)
        problem = replace(problem, homes=homes)
        merged = merge(problem)
        if not (problem.together and merged.exact):
            continue
        tried = BruteForce(problem)
        grid = np.indices((problem.territories,) * merged.problem.units).reshape(merged.problem.units, -1).T
        kept = [row.astype(np.int32) for row in grid if _keeps(merged.problem, row.astype(np.int32))]
        assert sorted(row[merged.unit_of].tolist() for row in kept) == sorted(tried.assignments.tolist()), (
            seed
        )
        centres = np.zeros(problem.territories, dtype=np.int32)
        for row in kept:
            assert objective(merged.problem, row, centres) == pytest.approx(
                objective(problem, row[merged.unit_of], centres)
            )
        compared, mixed = compared + len(kept), mixed + (merged.problem.stakes is not None and len(kept) > 0)
    assert compared >= 100
    assert mixed >= 2


def _keeps(problem: TerritoryProblem, assignment: np.ndarray) -> bool:
    """Whether an alignment keeps every rule."""
    state = evaluate(problem, assignment, np.zeros(problem.territories, dtype=np.int32))
    return state.feasible and len(np.unique(assignment)) == problem.territories


def test_parts_that_do_not_touch_get_one_territory() -> None:
    """Two far corners of a map that must stay together are connected by the plan, with a bound below it."""
    problem = grid_problem(3, territories=3, tolerance=np.array([0.6, 0.6]))
    rule = replace(problem, together=((0, 48),))
    assert not merge(rule).exact
    staged = schema.Solve(method="staged", time_limit_s=60.0, gap=0.0)
    plan = solved(rule, staged)
    assert plan.found, plan.reason
    assert plan.assignment[0] == plan.assignment[48]
    assert (pieces(problem, plan.assignment) == 1).all()
    assert 0 < plan.bound <= plan.objective


def test_an_earlier_plan_is_kept_but_for_the_groups() -> None:
    """After a group is named, the earlier plan changes where the group was split, and hardly elsewhere."""
    problem = grid_problem(5)
    staged = schema.Solve(method="staged", time_limit_s=60.0, gap=0.01)
    first = solved(problem, staged)
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr))
    border = first.assignment[rows] != first.assignment[problem.indices]
    pair = (int(rows[border][0]), int(problem.indices[border][0]))
    rule = replace(problem, together=(pair,))
    again = solve(rule, staged, seed=1, progress=lambda stage, part: None, before=first.assignment)
    assert again.found
    assert again.assignment[pair[0]] == again.assignment[pair[1]]
    assert 1 <= (again.assignment != first.assignment).sum() <= 5
