"""What each rule costs: the plan is searched again without it, and a lower bound says what that can save at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import groupby
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem
from engine.what_if.question import Question
from engine.what_if.rules import Rule

EVERY_RULE = "every rule kept: the same search again"
COLUMNS = ("rule", "place", "cost", "saving", "saving_at_least", "saving_at_most", "changed_units")


class CheaperFunction(Protocol):
    """Make a plan cheaper that keeps a problem's rules, with a lower bound of what any plan costs."""

    def __call__(
        self, problem: TerritoryProblem, before: NDArray[np.int32], *, seed: int
    ) -> TerritoryPlan: ...


def price_table(
    question: Question,
    rules: Sequence[Rule],
    plan: TerritoryPlan,
    *,
    cheaper: CheaperFunction,
    seed: int,
    progress: Callable[[str, float], None],
) -> pd.DataFrame:
    """Make ``rule_prices.csv``: every rule, rows of one table together, and what a plan without it costs.

    The first row searches again with every rule kept; savings are counted from the plan found there, so that what a longer search
    finds is not taken for the price of a rule.

    Parameters
    ----------
    question, rules, plan
        What was asked, its rules, and the plan.
    cheaper
        The search from a known plan.
    seed
        Its seed.
    progress
        Told the step and the part done.

    Returns
    -------
    Columns ``rule, place, cost, saving, saving_at_least, saving_at_most`` (money a year), ``changed_units``.
    """
    progress("territories: price of each rule", 0.0)
    kept = cheaper(question.problem(), plan.assignment, seed=seed)
    bound = max(plan.bound, kept.bound)
    rows: list[tuple[object, ...]] = [_row(EVERY_RULE, "", plan, kept, plan.bound)]
    groups = [list(group) for _, group in groupby(rules, key=lambda rule: (rule.kind, _alone(rule)))]
    for number, group in enumerate(groups):
        progress("territories: price of each rule", (number + 1) / (len(groups) + 1))
        without = reduce(lambda asked, rule: rule.without(asked), group, question)
        found = cheaper(without.problem(), kept.assignment, seed=seed)
        words, place = group[0].words, group[0].place
        if len(group) > 1:
            words, place = f"all {len(group)} rows of this table ({group[0].kind})", place.rpartition(":")[0]
        rows.append(_row(words, place, kept, found, bound))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        dict.fromkeys(("cost", "saving", "saving_at_least", "saving_at_most"), float)
    )


def _alone(rule: Rule) -> str:
    """Give what keeps a rule out of a row with others: rows of tables go together."""
    return "" if rule.subject else rule.place + rule.words


def _row(
    words: str, place: str, base: TerritoryPlan, found: TerritoryPlan, bound: float
) -> tuple[object, ...]:
    """Compare a plan without a rule with one that keeps it; bounds of both say what is proved."""
    saving = max(0.0, base.objective - found.objective)
    least = max(0.0, bound - found.objective)
    most = max(saving, base.objective - found.bound)
    changed = int((found.assignment != base.assignment).sum())
    return words, place, found.objective, saving, least, most, changed
