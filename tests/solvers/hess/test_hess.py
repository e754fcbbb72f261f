"""The centre problem: exact on random instances, its bounds valid, its cuts and plans right."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from engine.geography.adjacency import csr_adjacency
from engine.plan import Status
from solvers.hess.assign import best_centres
from solvers.hess.cuts import broken_by_plan, broken_by_shares
from solvers.hess.improve import improve
from solvers.hess.prices import cost_if_used, find_prices
from solvers.hess.problem import CentreProblem, Graph, reachable
from solvers.hess.solve import solve_centres

INSTANCES = 40


def graph_of(units: int, edges: list[tuple[int, int]]) -> Graph:
    """Make a graph whose edges are all 1 long."""
    indptr, indices = csr_adjacency(units, np.array(edges))
    return Graph(indptr, indices, np.ones(len(indices)))


def random_problem(rng: np.random.Generator) -> CentreProblem:
    """Make a small problem: a random tree with more edges, one or two activities, loose to tight limits."""
    units, count = int(rng.integers(4, 8)), int(rng.integers(2, 4))
    points = rng.random((units, 2))
    edges = {(int(rng.integers(0, i)), i) for i in range(1, units)}
    edges |= {(a, b) for a, b in combinations(range(units), 2) if rng.random() < 0.2}
    graph = graph_of(units, sorted(edges))
    activities = rng.integers(1, 6, (units, int(rng.integers(1, 3)))).astype(float)
    mean = activities.sum(axis=0) / count
    slack = rng.choice([0.2, 0.5, 0.9])
    everywhere = np.arange(units, dtype=np.int32)
    candidates = np.sort(rng.choice(everywhere, count, replace=False)) if rng.random() < 0.3 else everywhere
    cost = np.round(100 * np.linalg.norm(points[:, None] - points[candidates][None], axis=2) ** 2, 3)
    ones = np.ones((len(candidates), 1))
    connected = rng.random() < 0.8
    return CentreProblem(
        cost,
        candidates.astype(np.int32),
        count,
        activities,
        ones * mean * (1 - slack),
        ones * mean * (1 + slack),
        graph if connected else None,
    )


def brute_force(problem: CentreProblem) -> float:
    """Try every assignment; infinite when none keeps the rules."""
    best = np.inf
    for centres in combinations(range(len(problem.candidates)), problem.count):
        for choice in product(centres, repeat=problem.units):
            plan = np.array(choice, dtype=np.int32)
            cost = problem.objective(plan)
            if cost < best and len(set(choice)) == problem.count and not problem.violations(plan):
                best = cost
    return best


@pytest.mark.parametrize("seed", range(INSTANCES))
def test_exact_on_random_instances(seed: int) -> None:
    """Objective and verdict are those of trying everything; the bound of the prices never exceeds it."""
    problem = random_problem(np.random.default_rng(seed))
    best = brute_force(problem)
    plan = solve_centres(problem, seed=seed, time_limit=60)
    if np.isinf(best):
        assert plan.status is Status.INFEASIBLE
        return
    assert plan.status is Status.OPTIMAL
    assert plan.objective == pytest.approx(best, rel=1e-7)
    assert plan.bound <= plan.objective
    assert problem.violations(plan.assignment) == []
    prices = find_prices(problem, steps=50)
    assert prices.bound <= best + 1e-7 * abs(best)
    used = cost_if_used(problem, prices)[np.arange(problem.units), plan.assignment]
    assert (used <= best + 1e-7 * abs(best)).all()


def test_there_are_both_verdicts() -> None:
    """Among the random instances are a feasible and an infeasible one."""
    assert np.isfinite(brute_force(random_problem(np.random.default_rng(2))))
    assert np.isinf(brute_force(random_problem(np.random.default_rng(36))))


def line(units: int, count: int, room: float) -> CentreProblem:
    """Units in a row, one apart, each of weight 1."""
    graph = graph_of(units, [(i, i + 1) for i in range(units - 1)])
    places = np.arange(units, dtype=np.int32)
    cost = (places[:, None] - places[None]) ** 2.0
    ones = np.ones((units, 1))
    return CentreProblem(cost, places, count, ones, 0 * ones, room * ones, graph)


def test_row_of_six() -> None:
    """Six units in a row fall into two threes around units 1 and 4."""
    plan = solve_centres(line(6, 2, 3.0), seed=0, time_limit=10)
    assert plan.assignment.tolist() == [1, 1, 1, 4, 4, 4]
    assert (plan.objective, plan.bound, plan.status) == (4.0, 4.0, Status.OPTIMAL)


def test_reach_is_what_a_connected_territory_can_hold() -> None:
    """With room for two units, a centre reaches its neighbours only."""
    allowed = reachable(line(5, 3, 2.0))
    assert (allowed == (np.abs(np.subtract.outer(np.arange(5), np.arange(5))) <= 1)).all()


def test_cuts_of_a_territory_in_pieces() -> None:
    """A piece that is cut off is asked for the unit between it and the centre, whichever side the centre is on."""
    problem = line(5, 2, 5.0)
    broken = np.array([0, 0, 2, 0, 0], dtype=np.int32)
    cuts = broken_by_plan(problem, broken, np.arange(5))
    assert {(unit, centre, between) for unit, centre, between in cuts} == {
        (3, 0, (2,)), (4, 0, (2,)), (3, 1, (2,)), (4, 1, (2,)), (0, 3, (2,)), (1, 3, (2,)), (0, 4, (2,)), (1, 4, (2,)),
    }  # fmt: skip
    assert broken_by_plan(problem, np.array([0, 0, 2, 2, 2], dtype=np.int32), np.arange(5)) == []


def test_cuts_of_shares() -> None:
    """Half a unit beyond a tenth of one is cut off by that tenth; what flows through suffices."""
    problem = line(4, 2, 4.0)
    shares = np.zeros((4, 4))
    shares[:, 0] = [1.0, 0.1, 0.5, 0.1]
    assert broken_by_shares(problem, shares) == [(2, 0, (1,))]
    shares[:, 0] = [1.0, 0.5, 0.5, 0.1]
    assert broken_by_shares(problem, shares) == []


def test_centres_move_to_the_middle() -> None:
    """A territory's centre becomes the candidate inside it that costs least."""
    moved = best_centres(line(6, 2, 3.0), np.array([0, 0, 0, 5, 5, 5], dtype=np.int32))
    assert moved.tolist() == [1, 1, 1, 4, 4, 4]


def test_each_rule_is_checked() -> None:
    """A plan is told which of the rules it breaks: number of centres, own unit, limits, connection."""
    problem = line(4, 2, 3.0)
    assert problem.violations(np.array([0, 0, 3, 3], dtype=np.int32)) == []
    assert "1 centres instead of 2" in problem.violations(np.array([0, 0, 0, 0], dtype=np.int32))[0]
    assert "does not hold its own unit" in problem.violations(np.array([1, 1, 0, 0], dtype=np.int32))[0]
    assert "holds [4.0]" in problem.violations(np.array([0, 0, 0, 0], dtype=np.int32))[1]
    assert problem.violations(np.array([0, 2, 2, 0], dtype=np.int32)) == ["3 pieces in 2 territories"]


def test_a_gap_is_not_called_optimal() -> None:
    """With a gap allowed, the bound stays what was proved, and it lies within the gap."""
    problem = random_problem(np.random.default_rng(3))
    best = brute_force(problem)
    plan = solve_centres(problem, seed=0, time_limit=30, gap=0.2)
    assert plan.bound <= best <= plan.objective
    assert 1 - plan.bound / plan.objective <= 0.2 + 1e-9


def test_improved_plans_keep_the_rules() -> None:
    """Parts solved anew make a plan cheaper, and never break it."""
    problem = line(12, 3, 4.0)
    bad = np.repeat([0, 4, 8], 4).astype(np.int32)
    costs = [problem.objective(bad)]
    for plan in improve(problem, bad, seed=0, time_limit=30):
        assert problem.violations(plan) == []
        costs.append(problem.objective(plan))
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == 3 * (1 + 0 + 1 + 4)


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_what_must_not_matter_does_not(seed: int) -> None:
    """Activities and limits in another unit give the same plan; costs in another currency the same one at that price."""
    problem = random_problem(np.random.default_rng(seed))
    other = replace(
        problem,
        activities=8 * problem.activities,
        lower=8 * problem.lower,
        upper=8 * problem.upper,
        cost=4 * problem.cost,
    )
    plan, again = (solve_centres(one, seed=0, time_limit=60) for one in (problem, other))
    assert again.status is plan.status
    assert again.objective == pytest.approx(4 * plan.objective, nan_ok=True)


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_more_room_is_never_worse(seed: int) -> None:
    """With wider limits the best plan costs no more."""
    problem = random_problem(np.random.default_rng(seed))
    wider = replace(problem, lower=0.5 * problem.lower, upper=1.5 * problem.upper)
    tight, loose = (solve_centres(one, seed=0, time_limit=60) for one in (problem, wider))
    assert loose.status is Status.OPTIMAL
    assert not loose.objective > tight.objective * (1 + 1e-9)


def test_two_copies_cost_twice() -> None:
    """Two rows that do not touch, with twice the territories, cost twice what one costs."""
    one = line(6, 2, 3.0)
    assert one.graph is not None
    far = np.full((6, 6), 1e4)
    graph = Graph(
        np.concatenate([one.graph.indptr, one.graph.indptr[1:] + one.graph.indptr[-1]]).astype(np.int32),
        np.concatenate([one.graph.indices, one.graph.indices + 6]).astype(np.int32),
        np.concatenate([one.graph.lengths, one.graph.lengths]),
    )
    both = CentreProblem(
        np.block([[one.cost, far], [far, one.cost]]),
        np.arange(12, dtype=np.int32),
        4,
        np.ones((12, 1)),
        np.zeros((12, 1)),
        np.full((12, 1), 3.0),
        graph,
    )
    assert solve_centres(both, seed=0, time_limit=60).objective == 2 * 4.0
