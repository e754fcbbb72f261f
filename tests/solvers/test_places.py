"""Pricing by cells of the map gives what pricing of all pairs gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.free_bound import _columns, free_centre_bound, is_divisible, prices_of
from solvers.halving import halved
from solvers.places import Places, cells
from tests.solvers.grid_problems import grid_problem

FREE = np.full((6, 2), np.nan)


def scattered(seed: int, **changes: object) -> TerritoryProblem:
    """Twenty by twenty units, six free territories, some units larger than any limit, some without a visit."""
    problem = grid_problem(seed, side=20, territories=6, homes=FREE)
    rng = np.random.default_rng(seed)
    measures = problem.measures.copy()
    large = rng.choice(400, 3, replace=False)
    measures[large, 0] = 2 * problem.targets[0, 0]
    travel = np.where(rng.random(400) < 0.1, 0.0, problem.travel_cost)
    targets = problem.share * measures.sum(axis=0)
    upper = 1.3 * targets
    fixed = {
        "measures": measures,
        "travel_cost": travel,
        "lower": 0.7 * targets,
        "upper": upper,
        "oversize": measures > upper[0],
    }
    return replace(problem, **(fixed | changes))  # type: ignore[arg-type]


def dense_values(problem: TerritoryProblem, unit: np.ndarray, balance: np.ndarray) -> np.ndarray:
    """Value of every unit as a centre at given prices, from a table of all pairs; measures count in targets."""
    km = distance_km(problem.unit_points, problem.unit_points)
    target = problem.targets[0]
    values = problem.measures / target
    loads = np.where(problem.oversize, 1.0, values)
    pull = problem.imbalance_cost
    result = np.empty(problem.units)
    for j in range(problem.units):
        reduced = problem.travel_cost * km[:, j] - unit
        promised = 0.0
        for m, price in enumerate(balance[j].tolist()):
            drawn = min(pull[m], abs(price))
            beyond = abs(price) - drawn
            if price > 0:
                reduced = reduced - price * values[:, m]
                promised += drawn + beyond * problem.lower[0, m] / target[m]
            else:
                reduced = reduced + drawn * values[:, m] + beyond * loads[:, m]
                promised -= drawn + beyond * problem.upper[0, m] / target[m]
        taken = reduced < 0
        taken[j] = True
        result[j] = reduced[taken].sum() + promised
    return result


def priced(problem: TerritoryProblem, threads: ThreadPoolExecutor) -> Places:
    """Columns of a problem."""
    return _columns(problem, 0.0, threads)


def test_every_unit_is_in_one_cell() -> None:
    """Cells hold every unit once, and none lies outside its cell's radius."""
    points = np.random.default_rng(1).uniform([-120, 30], [-80, 48], (700, 2))
    land = cells(points)
    assert sorted(land.order.tolist()) == list(range(700))
    assert np.diff(land.first).max() <= 32
    for cell, middle in enumerate(land.middle):
        inside = land.place[land.first[cell] : land.first[cell + 1]]
        assert np.sqrt(((inside - middle) ** 2).sum(axis=1)).max() <= land.radius[cell] + 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_out_is_never_worth_having(seed: int) -> None:
    """At any prices, of both signs and sizes, each candidate's value is that of a table of all pairs."""
    problem = scattered(seed)
    rng = np.random.default_rng(seed)
    with ThreadPoolExecutor(2) as threads:
        columns = priced(problem, threads)
        order = columns.cells.order
        for size in (10.0, 300.0, 3000.0):
            unit = rng.normal(size, size, 400)
            balance = rng.normal(0, size, (400, 2))
            value = np.empty(400)
            columns._run(np.arange(400), unit[order], balance[order], -1.0, value, np.zeros(0))
            assert value == pytest.approx(dense_values(problem, unit, balance)[order], rel=1e-9, abs=1e-6)


def test_better_balance_prices_are_never_worse() -> None:
    """Improving balance prices raises every candidate's value or leaves it."""
    problem = scattered(5)
    rng = np.random.default_rng(5)
    unit = rng.uniform(50, 500, 400)
    with ThreadPoolExecutor(2) as threads:
        columns = priced(problem, threads)
        balance, value = np.zeros((400, 2)), np.empty(400)
        columns._run(np.arange(400), unit, balance, -1.0, value, np.zeros(0))
        better = columns.evaluate(unit, balance)
        assert (better.value >= value - 1e-9 * np.abs(value)).all()
        assert (better.value > value + 1e-3 * np.abs(value)).mean() > 0.5


def test_the_bound_lies_below_plans_and_not_far() -> None:
    """Where an oversize unit counts as one, the bound of a grid is below every plan found and within half of it."""
    problem = scattered(
        2, oversize=np.zeros((400, 2), dtype=bool), measures=grid_problem(2, side=20).measures
    )
    targets = problem.targets
    problem = replace(problem, lower=0.7 * targets, upper=1.3 * targets)
    plans = [halved(problem, np.random.default_rng(seed)) for seed in range(10)]
    kept = [plan for plan in plans if plan.violation < 1e-9] or plans
    best = min(kept, key=lambda plan: plan.cost)
    assert is_divisible(problem)
    bound = free_centre_bound(problem, prices_of(problem, best), 0.0, best.cost, steps=30)
    assert 0.5 * best.cost < bound < best.cost
    assert bound == free_centre_bound(problem, prices_of(problem, best), 0.0, best.cost, steps=30)
