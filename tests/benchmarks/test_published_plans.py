"""Published instances, where they lie beside the project: the optimum, all plans of a state, and states without any."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.alignment import LIMITS, alignment_problem, front, published_front, read_large, read_small
from benchmarks.instances import Instance, hess_districting, recomputed
from engine.plan import Status
from solvers.exact.exact import solve_exact
from solvers.hess.assign import best_centres
from solvers.hess.problem import CentreProblem
from solvers.hess.solve import solve_centres

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "benchmarks"
pytestmark = pytest.mark.skipif(
    not PUBLISHED.exists(), reason=f"no published instances in {PUBLISHED.parent.name}/"
)


def instance(name: str) -> Instance:
    """Find a districting instance by name."""
    return next(one for one in hess_districting(PUBLISHED / "hess_districting") if one.name == name)


@pytest.fixture(scope="module")
def new_mexico() -> CentreProblem:
    """Read the counties of New Mexico."""
    return instance("county_NM").read()


@pytest.fixture(scope="module")
def all_plans() -> list[str]:
    """List all plans of New Mexico, cheapest first, each as the district of every county."""
    with (PUBLISHED / "new_mexico_enumeration" / "plans.csv").open(encoding="utf-8") as stream:
        return [row["district_of_node_0_to_32"] for row in csv.DictReader(stream)]


def with_centres(problem: CentreProblem, districts: list[int]) -> np.ndarray:
    """Name each district by its cheapest county."""
    first = {district: districts.index(district) for district in districts}
    return best_centres(problem, np.array([first[district] for district in districts], dtype=np.int32))


def canonical(districts: list[int]) -> tuple[int, ...]:
    """Number districts in the order in which they occur."""
    order: dict[int, int] = {}
    return tuple(order.setdefault(district, len(order)) for district in districts)


def test_the_best_plan_of_new_mexico(new_mexico: CentreProblem, all_plans: list[str]) -> None:
    """The first of all plans is found and proved."""
    plan = solve_centres(new_mexico, seed=1, time_limit=300)
    assert plan.status is Status.OPTIMAL
    assert recomputed(new_mexico, plan.assignment) == pytest.approx(32944.2510, abs=1e-4)
    assert canonical(plan.assignment.tolist()) == canonical([int(d) for d in all_plans[0]])


def test_all_plans_of_new_mexico_and_no_other(new_mexico: CentreProblem, all_plans: list[str]) -> None:
    """All 365 plans keep the rules; of those that differ from one of them in one county, only those on the list do."""
    listed = {canonical([int(d) for d in plan]) for plan in all_plans}
    assert len(listed) == 365
    tried = set(listed)
    for plan in all_plans:
        for county in range(len(plan)):
            for district in {1, 2, 3} - {int(plan[county])}:
                tried.add(canonical([district if i == county else int(d) for i, d in enumerate(plan)]))
    assert len(tried) > 15_000
    for districts in tried:
        kept = len(set(districts)) == 3 and not new_mexico.violations(
            with_centres(new_mexico, list(districts))
        )
        assert kept == (districts in listed)


@pytest.mark.parametrize("state", ["AZ", "CA", "CO", "MO", "NC", "TX"])
def test_states_without_a_plan(state: str) -> None:
    """Where whole counties make no districts of equal population, that is proved."""
    without = instance(f"county_{state}")
    assert math.isinf(without.best_known)
    assert solve_centres(without.read(), seed=1, time_limit=300).status is Status.INFEASIBLE


@pytest.mark.parametrize(("low", "high"), LIMITS)
def test_all_compromises_of_an_alignment(low: float, high: float) -> None:
    """Every best compromise between distance and disruption is found, and no other."""
    folder = PUBLISHED / "pfizer_turkey"
    found = list(front(alignment_problem(*read_small(folder), low, high), seed=1, time_limit=300))
    told = [(round(point.distance, 2), round(point.disruption, 4)) for point in found]
    assert told == published_front(folder, low)


@pytest.mark.parametrize(("limits", "best"), list(zip(LIMITS, (15.0374, 15.1760, 15.3797), strict=True)))
def test_the_shortest_alignment_of_a_hundred(limits: tuple[float, float], best: float) -> None:
    """A hundred areas and ten reps: the shortest distance is the published one, proved."""
    problem = alignment_problem(*read_large(PUBLISHED / "pfizer_turkey"), *limits)
    plan = solve_exact(problem, seed=1, time_limit=300, gap=0.0, progress=lambda step, done: None)
    assert plan.status is Status.OPTIMAL
    assert plan.objective == pytest.approx(best, abs=5e-5)
