"""The search for good plans of a centre problem: what it may never break, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.geography.adjacency import components, csr_adjacency
from solvers.hess.anneal import anneal, nearest_start
from solvers.hess.prices import find_prices
from solvers.hess.problem import CentreProblem, Graph, Index
from solvers.hess.recombine import Pool, recombine
from solvers.hess.seek import seek
from solvers.hess.solve import solve_centres
from tests.solvers.hess.test_hess import brute_force, line, random_problem


def grid(
    side: int, count: int, tolerance: float, *, mapped: bool, given_centres: bool, seed: int
) -> CentreProblem:
    """Make a square grid of units of uneven size, with free or given centres, on a map or without one."""
    rng = np.random.default_rng(seed)
    units = side * side
    points = np.stack(np.divmod(np.arange(units), side), axis=1).astype(float)
    cell = np.arange(units).reshape(side, side)
    edges = [
        np.column_stack([cell[:-1].ravel(), cell[1:].ravel()]),
        np.column_stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()]),
    ]
    indptr, indices = csr_adjacency(units, np.concatenate(edges))
    size = rng.integers(1, 5, (units, 1)).astype(float)
    size *= count / size.sum()
    places = np.arange(units, dtype=np.int32)
    if given_centres:
        places = np.sort(rng.choice(places, count, replace=False)).astype(np.int32)
    cost = np.linalg.norm(points[:, None] - points[places][None], axis=2)
    ones = np.ones((len(places), 1))
    graph = Graph(indptr, indices, np.ones(len(indices))) if mapped else None
    return CentreProblem(cost, places, count, size, (1 - tolerance) * ones, (1 + tolerance) * ones, graph)


def sought(problem: CentreProblem, best: float) -> Iterator[Index]:
    """Seek plans until the best one is there or the search gives up."""
    prices = find_prices(problem, steps=100)
    return seek(
        problem, prices, seed=1, time_left=lambda: 60.0, enough=lambda cost: cost <= best * (1 + 1e-9)
    )


def last(problem: CentreProblem, seed: int, proposals: int) -> Index:
    """Anneal from drawn centres and give the plan it ends with."""
    rng = np.random.default_rng(seed)
    centres = np.sort(rng.choice(len(problem.candidates), problem.count, replace=False))
    return list(anneal(problem, nearest_start(problem, centres), rng, proposals=proposals))[-1]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_rules_are_never_broken(seed: int, mapped: bool, given_centres: bool) -> None:
    """Whatever the instance: as many centres as before, each with its own unit, and one piece each on a map."""
    problem = grid(6, 4, 0.3, mapped=mapped, given_centres=given_centres, seed=seed)
    plan = last(problem, seed, 6000)
    centres = np.unique(plan)
    assert len(centres) == 4
    assert (plan[problem.candidates[centres]] == centres).all()
    if problem.graph is not None:
        assert components(problem.graph.indptr, problem.graph.indices, plan)[0] == 4
    if given_centres:
        assert centres.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("mapped", [True, False])
def test_limits_are_reached(mapped: bool) -> None:
    """From uneven territories annealing comes inside limits of 8 %, and the plan costs less than its start."""
    problem = grid(9, 5, 0.08, mapped=mapped, given_centres=False, seed=4)
    rng = np.random.default_rng(4)
    start = nearest_start(problem, np.sort(rng.choice(81, 5, replace=False)))
    assert problem.violations(start)
    found = list(anneal(problem, start, rng, proposals=300_000))
    assert not problem.violations(found[-1])
    assert problem.objective(found[-1]) < problem.objective(start)


def test_forbidden_pairs_are_never_used() -> None:
    """A pair of infinite cost is not in what annealing gives when its start does without."""
    problem = grid(6, 4, 0.4, mapped=False, given_centres=True, seed=2)
    problem.cost[7, 0] = problem.cost[20, 1] = np.inf
    rng = np.random.default_rng(2)
    for plan in anneal(problem, nearest_start(problem, np.arange(4)), rng, proposals=20_000):
        assert np.isfinite(problem.cost[np.arange(36), plan]).all()


def test_same_seed_same_plan() -> None:
    """Annealing gives the same plan again for the same seed, and another one for another."""
    problem = grid(8, 5, 0.1, mapped=True, given_centres=False, seed=1)
    assert np.array_equal(last(problem, 3, 30_000), last(problem, 3, 30_000))
    assert not np.array_equal(last(problem, 3, 30_000), last(problem, 4, 30_000))


def scaled(problem: CentreProblem) -> CentreProblem:
    """Give activities the order of 1 a territory, as the searches want it."""
    scale = problem.activities.sum(axis=0) / problem.count
    return replace(
        problem,
        activities=problem.activities / scale,
        lower=problem.lower / scale,
        upper=problem.upper / scale,
    )


def test_the_best_plan_of_a_small_problem_is_found() -> None:
    """What is given keeps all rules and becomes ever cheaper, in nearly all of six problems down to the best plan."""
    found = 0
    for seed in range(1, 7):
        problem = scaled(random_problem(np.random.default_rng(seed)))
        best = brute_force(problem)
        plans = list(sought(problem, best))
        costs = [problem.objective(plan) for plan in plans]
        assert not any(problem.violations(plan) for plan in plans)
        assert costs == sorted(costs, reverse=True)
        found += not costs if np.isinf(best) else bool(costs) and costs[-1] <= best * (1 + 1e-9)
    assert found >= 5


def test_halves_of_two_plans_make_a_better_one() -> None:
    """Each plan is good in one half of the row; recombined, both halves are."""
    problem = line(8, 4, 2.0)
    pool = Pool(problem)
    pool.add(np.array([0, 0, 2, 2, 4, 6, 6, 4], dtype=np.int32))
    pool.add(np.array([0, 2, 2, 0, 4, 4, 6, 6], dtype=np.int32))
    whole = recombine(pool, seed=0, time_limit=10)
    assert whole is not None
    assert whole.tolist() == [0, 0, 2, 2, 4, 4, 6, 6]


def test_a_pool_holds_what_keeps_its_limits() -> None:
    """Territories outside a limit are left out; the same units count once, with the cheaper centre."""
    problem = line(6, 2, 3.0)
    pool = Pool(problem)
    pool.add(np.array([0, 0, 0, 0, 5, 5], dtype=np.int32))
    assert [members.tolist() for _, _, members in pool.seen.values()] == [[4, 5]]
    pool.add(np.array([0, 0, 0, 5, 5, 5], dtype=np.int32))
    pool.add(np.array([1, 1, 1, 3, 3, 3], dtype=np.int32))
    assert {tuple(m.tolist()): (cost, centre) for cost, centre, m in pool.seen.values()} == {
        (4, 5): (1.0, 5), (0, 1, 2): (2.0, 1), (3, 4, 5): (5.0, 5),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [101, 102, 104])
def test_dropped_territories_are_in_no_better_plan(seed: int) -> None:
    """The territories of the best plan stay in the pool for every objective above its cost."""
    problem = scaled(random_problem(np.random.default_rng(seed)))
    best, prices = brute_force(problem), find_prices(problem, steps=200)
    plan = solve_centres(problem, seed=1, time_limit=60).assignment
    assert problem.objective(plan) == pytest.approx(best)
    pool = Pool(problem)
    pool.add(plan)
    pool.drop(prices, best * (1 + 1e-6) + 1e-9)
    assert len(pool.seen) == problem.count
