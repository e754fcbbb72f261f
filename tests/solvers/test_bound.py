"""The Lagrangian bound: below the best plan at any prices, and as high as the linear relaxation at its prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import solvers.relaxation
from engine.plan import Status
from engine.problem import TerritoryProblem
from solvers.bound import Prices, lower_bound
from solvers.construct import first_centres
from solvers.exact.assignment import assignment_model, whole
from solvers.exact.highs import HighsModel
from solvers.relaxation import near_pairs, relaxed_prices
from tests.solvers.small_problems import BruteForce, small_problem, with_limits


def random_prices(problem: TerritoryProblem, seed: int) -> Prices:
    """Draw prices of both signs, some of them far from any sensible ones."""
    rng = np.random.default_rng(seed)
    size = float(rng.choice([1.0, 30.0, 1000.0]))
    balance = rng.normal(0, size, (problem.territories, len(problem.balanced)))
    return Prices(rng.normal(size, size, problem.units), balance, float(rng.choice([0.0, 0.5, 5.0])))


def start_costs(problem: TerritoryProblem) -> np.ndarray:
    """Price all pairs from first centres."""
    return problem.costs(first_centres(problem, np.random.default_rng(1)))


def test_bound_below_every_plan_at_any_prices() -> None:
    """No plan costs less than the bound, whatever the prices."""
    compared = 0
    for seed in range(10_000, 10_600):
        problem = small_problem(seed, most_units=6)
        tried = BruteForce(problem)
        if len(tried.costs):
            bound = lower_bound(problem, random_prices(problem, seed), tried.optimum, steps=8)
            assert bound <= tried.optimum * (1 + 1e-9), seed
            compared += 1
    assert compared >= 200


def test_bound_below_every_plan_at_good_prices() -> None:
    """With the prices of the relaxation, improved by steps, the bound stays below the best plan and comes near."""
    quality = []
    for seed in range(1000, 1130):
        problem = small_problem(seed, most_units=7)
        tried = BruteForce(problem)
        status, prices = relaxed_prices(problem, start_costs(problem), seed=1, time_limit=10.0)
        if len(tried.costs):
            assert status is Status.OPTIMAL
            assert prices is not None
            bound = lower_bound(problem, prices, tried.optimum, steps=40)
            assert bound <= tried.optimum * (1 + 1e-7), seed
            quality.append(bound / tried.optimum)
        elif prices is None:
            assert status is Status.INFEASIBLE
    assert len(quality) >= 40
    assert np.median(quality) > 0.5


def based(seed: int) -> TerritoryProblem:
    """A problem with home bases only and no oversize unit, whose bound is the linear relaxation's value."""
    rng = np.random.default_rng(seed)
    problem = small_problem(seed)
    homes = np.column_stack(
        [rng.uniform(-100, -96, problem.territories), rng.uniform(38, 41, problem.territories)]
    )
    problem = with_limits(replace(problem, homes=homes))
    return replace(problem, oversize=np.zeros_like(problem.oversize))


def relaxation_value(problem: TerritoryProblem) -> float | None:
    """Solve the relaxation without its last rule (no territory is empty), which the bound does not price."""
    model = assignment_model(problem, whole(problem), start_costs(problem), relax=True)
    model.nonempty.clear()
    outcome = HighsModel(model, seed=1).solve(time_limit=10.0)
    return outcome.objective if outcome.status is Status.OPTIMAL else None


def test_bound_is_the_relaxation_where_centres_are_known() -> None:
    """At the dual prices the bound equals the value of the linear relaxation: no part of it is lost."""
    compared, equal = 0, 0
    for seed in range(2000, 2060):
        problem = based(seed)
        value = relaxation_value(problem)
        prices = relaxed_prices(problem, start_costs(problem), seed=1, time_limit=10.0)[1]
        if value is not None and prices is not None:
            bound = lower_bound(problem, prices, value)
            assert bound <= value * (1 + 1e-7), seed
            compared, equal = compared + 1, equal + (bound == pytest.approx(value, rel=1e-6))
    assert compared >= 25
    # the prices come from a model in which no territory is empty, and that rule's own price is left out
    assert equal >= 0.8 * compared


def test_steps_raise_the_bound_of_free_centres() -> None:
    """Subgradient steps never lower the bound, and raise it for most problems with free centres."""
    raised, compared = 0, 0
    for seed in range(3000, 3080):
        problem = small_problem(seed)
        tried = BruteForce(problem)
        if problem.free.any() and len(tried.costs):
            prices = random_prices(problem, seed)
            before = lower_bound(problem, prices, tried.optimum, steps=0)
            after = lower_bound(problem, prices, tried.optimum, steps=40)
            assert after >= before, seed
            compared, raised = compared + 1, raised + (after > before + 0.01 * abs(before))
    assert compared >= 10
    assert raised >= 0.8 * compared


def test_prices_cover_the_pairs_left_out_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting from each unit's cheapest territory alone, pricing finds the relaxation over all pairs."""
    compared = 0
    for seed in range(4000, 4030):
        problem = based(seed)
        _, full = relaxed_prices(problem, start_costs(problem), seed=1, time_limit=10.0)
        with monkeypatch.context() as patch:
            patch.setattr(solvers.relaxation, "near_pairs", lambda p, c: near_pairs(p, c, 1))
            status, prices = relaxed_prices(problem, start_costs(problem), seed=1, time_limit=10.0)
        assert (full is None) == (prices is None), (seed, status)
        if full is not None and prices is not None:
            expected = lower_bound(problem, full, 1.0)
            assert lower_bound(problem, prices, 1.0) == pytest.approx(expected, rel=1e-5, abs=1e-6), seed
            compared += 1
    assert compared >= 10
