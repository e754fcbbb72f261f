"""The exact model against every plan of small problems: the same verdict and the same least cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.measures import objective
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.exact.exact import solve_exact
from solvers.preflight import conflicts
from tests.solvers.small_problems import BruteForce, small_problem

INSTANCES, BATCH = 240, 24
NEAR = (
    2e-6  # HiGHS allows 1e-6 of a row; a problem whose answer turns on less than this has two right answers
)


@pytest.fixture(scope="module")
def tried() -> list[BruteForce]:
    """Every plan of every drawn problem."""
    return [BruteForce(small_problem(seed)) for seed in range(INSTANCES)]


def solved(problem: TerritoryProblem, seed: int) -> TerritoryPlan:
    """Solve to the end."""
    return solve_exact(problem, seed=seed, time_limit=60.0, gap=1e-9, progress=lambda stage, part: None)


def decided(problem: TerritoryProblem) -> BruteForce | None:
    """Try every plan; None when a hair's breadth of a limit decides."""
    tight, wide = BruteForce(problem, -NEAR), BruteForce(problem, NEAR)
    return tight if len(tight.costs) == len(wide.costs) else None


@pytest.mark.parametrize("first", range(0, INSTANCES, BATCH))
def test_exact_is_brute_force(first: int) -> None:
    """With every rule in play the exact solver gives the verdict and the cost of trying every plan."""
    for seed in range(first, first + BATCH):
        problem = small_problem(seed)
        tried = decided(problem)
        assert tried is not None, "choose another seed: a limit of this problem is met by a hair"
        plan = solved(problem, seed)
        if not len(tried.costs):
            assert plan.status is Status.INFEASIBLE, seed
            continue
        assert plan.status is Status.OPTIMAL, (seed, plan)
        assert (tried.assignments == plan.assignment).all(axis=1).any(), (seed, "a rule is broken")
        assert plan.objective == pytest.approx(tried.optimum, rel=1e-6), seed
        assert objective(problem, plan.assignment, plan.centres) == pytest.approx(tried.optimum, rel=1e-6), (
            seed
        )
        assert plan.bound <= tried.optimum * (1 + 1e-6), seed


def test_instances_cover_every_rule(tried: list[BruteForce]) -> None:
    """The drawn problems hold every rule often, and the rules exclude each other in a good part of them."""
    problems = [of.problem for of in tried]
    count = {
        "infeasible": sum(not len(of.costs) for of in tried),
        "feasible": sum(len(of.costs) > 0 for of in tried),
        "free and based": sum(problem.free.any() and not problem.free.all() for problem in problems),
        "two free": sum(problem.free.sum() > 1 for problem in problems),
        "not contiguous": sum(not problem.contiguous for problem in problems),
        "locks": sum((problem.locked >= 0).any() for problem in problems),
        "forbidden": sum(not problem.allowed[problem.locked < 0].all() for problem in problems),
        "unequal": sum(np.ptp(problem.share[:, 0]) > 0 for problem in problems),
        "disruption limit": sum(bool(np.isfinite(problem.disruption_limit)) for problem in problems),
        "oversize": sum(problem.oversize.any() for problem in problems),
    }
    assert min(count.values()) >= 30, count


def test_each_rule_decides_some_verdict_or_cost(tried: list[BruteForce]) -> None:
    """Leaving out any one rule changes the optimum of some drawn problems, so its loss would be seen."""
    without = {
        "contiguity": lambda p: replace(p, contiguous=False),
        "disruption": lambda p: replace(p, disruption_limit=np.inf),
        "locks and forbidden pairs": lambda p: replace(
            p, locked=np.full_like(p.locked, -1), allowed=np.ones_like(p.allowed)
        ),
        "oversize": lambda p: replace(p, oversize=np.zeros_like(p.oversize)),
        "handoff": lambda p: replace(p, handoff_cost=np.zeros_like(p.handoff_cost)),
        "imbalance": lambda p: replace(p, imbalance_cost=np.zeros_like(p.imbalance_cost)),
    }
    for rule, leave_out in without.items():
        changed = [not np.isclose(of.optimum, BruteForce(leave_out(of.problem)).optimum) for of in tried]
        assert sum(changed) >= 10, rule


def test_a_conflict_found_by_arithmetic_is_one(tried: list[BruteForce]) -> None:
    """What preflight calls a conflict leaves no plan at all, and it finds some conflicts."""
    found = [of.problem for of in tried if conflicts(of.problem)]
    assert len(found) >= 10
    assert all(len(BruteForce(problem, -NEAR).costs) == 0 for problem in found)
