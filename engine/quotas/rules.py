"""The rules that share out the company's number: potential, history, capacity and their blend."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.quotas.basis import QuotaBasis
from engine.scenario import schema

Array = NDArray[np.float64]
Places = NDArray[np.int64] | slice

EVERYBODY = slice(None)


def potential(basis: QuotaBasis) -> Array:
    """Weigh each position by the potential of its territory, for the time its seat is productive."""
    return basis.potential * basis.presence


def history(basis: QuotaBasis) -> Array:
    """Weigh each position by last year's revenue of its accounts, for the time its seat is productive.

    One growth factor, common to all, then makes the sum right. A territory without history is given the
    revenue that its potential would have brought at the average of those with history.
    """
    return past_revenue(basis) * basis.presence


def capacity(basis: QuotaBasis) -> Array:
    """Weigh each position by its effective capacity: FTE x the productive part of the year."""
    return basis.fte * basis.presence


def bottom_up(basis: QuotaBasis) -> Array:
    """Weigh each position by the number proposed for it.

    One common factor then makes the sum right. A position for which none is proposed counts with what its
    potential, for the time its seat is productive, would be at the average of the others.
    """
    if not len(basis.bottom_up):
        return np.zeros(len(basis.fte))
    return np.where(basis.presence > 0, _completed(basis.bottom_up, potential(basis)), 0.0)


RULES: dict[str, Callable[[QuotaBasis], Array]] = {
    "potential": potential,
    "history": history,
    "capacity": capacity,
    "bottom_up": bottom_up,
}


def past_revenue(basis: QuotaBasis) -> Array:
    """Give last year's revenue, and in its place potential x the average revenue per potential where none."""
    return _completed(basis.history, basis.potential)


def _completed(figures: Array, potential: Array) -> Array:
    """Give figures, and in place of those that are 0 or unknown the potential at the average rate of the others."""
    known = np.nan_to_num(figures) > 0
    covered = math.fsum(potential[known])
    rate = math.fsum(figures[known]) / covered if covered > 0 else 0.0
    return np.where(known, figures, potential * rate)


def has_history(basis: QuotaBasis) -> NDArray[np.bool_]:
    """Say which territories have revenue of last year."""
    return np.nan_to_num(basis.history) > 0


def mix(rules: schema.Quotas) -> dict[str, float]:
    """Give the weighing rules that count, with weights that sum to 1; empty when none does."""
    if rules.rule == "equal_chance":
        return {}
    if rules.rule == "components":
        totals = component_totals(rules)
        parts = [(one.rule, cents / sum(totals)) for one, cents in zip(rules.components, totals, strict=True)]
        return {rule: math.fsum(part for of, part in parts if of == rule) for rule, _ in parts}
    if rules.rule != "blend":
        return {rules.rule: 1.0}
    weights = {rule: float(getattr(rules.weights, rule)) for rule in RULES}
    total = math.fsum(weights.values())
    return {rule: weight / total for rule, weight in weights.items() if weight > 0}


def component_totals(rules: schema.Quotas) -> list[int]:
    """Give what the quotas of each component add up to: its target x (1 + its over-assignment), whole cents."""
    return [
        with_over_assignment(
            one.target, rules.over_assignment if one.over_assignment is None else one.over_assignment
        )
        for one in rules.components
    ]


def quota_total(rules: schema.Quotas) -> int:
    """Give plan target x (1 + over-assignment), or what the components add up to, in whole cents."""
    if rules.rule == "components":
        return sum(component_totals(rules))
    return with_over_assignment(rules.plan_target, rules.over_assignment)


def with_over_assignment(target: Decimal, over: float) -> int:
    """Give target x (1 + over-assignment) in whole cents, half to even."""
    # the written decimal, not its nearest float; round() of a fraction is exact
    return round(Fraction(target) * (1 + Fraction(str(over))) * 100)


def share(rule: str, basis: QuotaBasis, own: Places = EVERYBODY) -> Array:
    """Give the part of the total one rule assigns to each position; all 0 when the rule has nothing to go by.

    Parameters
    ----------
    rule
        A name in ``RULES``.
    basis
        Figures of the positions.
    own
        The positions that share the total, all when left out.

    Returns
    -------
    Shares that sum to 1 (or 0), shape (own,); fsum makes them independent of the order of positions.
    """
    weights = RULES[rule](basis)[own]
    total = math.fsum(weights)
    return weights / (total if total > 0 else 1.0)


def shares_of_rules(
    rules: schema.Quotas, basis: QuotaBasis, own: Places = EVERYBODY
) -> dict[str, tuple[float, Array]]:
    """Give what each rule that counts makes of a total: its weight, and the share of each position, shape (own,).

    A rule with nothing to go by among these positions leaves its weight to the others; the weights sum to 1, or there are
    none: then no rule says anything, or the rule goes by simulated years.
    """
    found = {rule: (weight, share(rule, basis, own)) for rule, weight in mix(rules).items()}
    found = {rule: one for rule, one in found.items() if one[1].any()}
    whole = math.fsum(weight for weight, _ in found.values())
    return {rule: (weight / whole, shares) for rule, (weight, shares) in found.items()}


def fair_shares(rules: schema.Quotas, basis: QuotaBasis, own: Places = EVERYBODY) -> Array:
    """Blend the shares of the rules by their weights, shape (own,); 0 where no rule says anything."""
    blended = np.zeros(len(basis.potential[own]))
    for weight, shares in shares_of_rules(rules, basis, own).values():
        blended += weight * shares
    return blended
