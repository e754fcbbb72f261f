"""Rules that clash are found, few of them, each change that is offered works, and what can be kept is not refused."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

import solvers
from engine.what_if.conflict import explain, first_that
from engine.what_if.fewest import fewest
from engine.what_if.question import Question
from tests.engine.what_if.planted import KINDS, feasible, planted
from tests.solvers.small_problems import BruteForce

DEEP = "ALLOTMENT_DEEP" in os.environ  # 100 planted conflicts and 20 tight questions instead of 5 and 3
PLANTED = 20 if DEEP else 1
TIGHT = 20 if DEEP else 3


def has_plan(question: Question) -> bool:
    """Tell by trying every plan whether one keeps the rules."""
    problem = question.problem()
    limits = np.where(np.isin(problem.measure_names, sorted(question.unlimited)), np.inf, problem.tolerance)
    return len(BruteForce(replace(problem, tolerance=limits), slack=1e-9).assignments) > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(PLANTED))
def test_planted_conflicts_are_found(kind: str, seed: int) -> None:
    """What is named cannot be kept, can without any one of its rules, is no larger than what was planted; changes help."""
    question, rules, most = planted(kind, seed)
    assert not has_plan(question)
    conflict = explain(question, rules, refute=solvers.refute, find=solvers.find, seed=seed)
    assert conflict is not None
    assert conflict.fewest
    assert len(conflict.rules) <= most
    others = [rule for rule in rules if rule not in conflict.rules]
    named = reduce(lambda asked, rule: rule.without(asked), others, question)
    assert not has_plan(named)
    for rule in conflict.rules:
        assert has_plan(rule.without(named))
    assert conflict.fixes
    assert all(has_plan(fix.asked) for fix in conflict.fixes)
    assert "(tried: a plan was found)" in str(conflict)
    assert all(rule.place.partition(":")[0] in str(conflict) for rule in conflict.rules)


@pytest.mark.parametrize("seed", range(TIGHT))
def test_tight_questions_are_not_refused(seed: int) -> None:
    """Limits that one plan keeps by a hair are not said to clash."""
    question, rules = feasible(seed)
    assert has_plan(question)
    assert solvers.refute(question.problem(), seed=seed, time_limit=10) == ""
    assert explain(question, rules, refute=solvers.refute, find=solvers.find, seed=seed) is None


@pytest.mark.parametrize("culprits", [{3}, {0, 7}, {1, 4, 5}, set(range(9))])
def test_fewest_finds_the_only_clash(culprits: set[int]) -> None:
    """Of nine rules exactly those that clash are found, in few questions."""
    asked = []

    def clash(rules: tuple[int, ...]) -> bool:
        asked.append(rules)
        return culprits <= set(rules)

    assert set(fewest(range(9), clash)) == culprits
    assert len(asked) <= 1 + 8 * len(culprits)


def test_fewest_without_any_rule() -> None:
    """Where nothing is possible even without rules, no rule is blamed."""
    assert fewest(range(4), lambda rules: True) == ()


@pytest.mark.parametrize("first", range(12))
def test_first_that(first: int) -> None:
    """The first step something holds for is found, wherever it is; none when it never holds."""
    assert first_that(10, lambda step: step >= first) == (first if first < 10 else None)
    assert first_that(0, lambda step: True) is None
