"""What each rule costs is what the best plan without it costs less, on towns where every plan can be tried."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest

import solvers
from engine.scenario.schema import Solve
from engine.what_if.prices import EVERY_RULE, price_table
from engine.what_if.question import Question
from tests.engine.what_if.planted import feasible
from tests.solvers.small_problems import BruteForce


def silent(step: str, done: float) -> None:
    """Tell nobody."""


def optimum(question: Question) -> float:
    """Find the least cost by trying every plan; a deviation costs what it does where its limit is open."""
    problem = question.problem()
    open_ones = [problem.measure_names.index(name) for name in question.unlimited]
    tolerance = problem.tolerance.copy()
    tolerance[open_ones] = 1e9
    return BruteForce(replace(problem, tolerance=tolerance), slack=1e-9).optimum


@pytest.mark.parametrize("seed", [0, 3])
def test_prices_are_those_of_the_best_plans(seed: int) -> None:
    """Every row, rows of a table together, states the least cost without that rule; small problems are proved."""
    question, rules = feasible(seed, slack=1.1)
    plan = solvers.solve(question.problem(), Solve(gap=0.0), seed=1, progress=silent)
    table = price_table(question, rules, plan, cheaper=solvers.cheaper, seed=1, progress=silent)
    best = optimum(question)
    assert table["rule"].iloc[0] == EVERY_RULE
    assert table["saving"].iloc[0] == pytest.approx(0, abs=1e-6 * best)
    kinds = list(dict.fromkeys(rule.kind + (rule.place if not rule.subject else "") for rule in rules))
    assert len(table) == len(kinds) + 1
    for row, kind in zip(table.iloc[1:].itertuples(), kinds, strict=True):
        dropped = [rule for rule in rules if rule.kind + (rule.place if not rule.subject else "") == kind]
        without = optimum(reduce(lambda asked, rule: rule.without(asked), dropped, question))
        assert row.cost == pytest.approx(without, rel=1e-5)
        assert row.saving == pytest.approx(best - without, abs=1e-5 * best)
        assert row.saving_at_least <= row.saving + 1e-5 * best
        assert row.saving_at_most >= best - without - 1e-5 * best
    assert (table["saving"] > 0.001 * best).any()
