"""What each quota rule would do, on the same simulated years."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.apportion import apportion_steps
from engine.quotas.basis import QuotaBasis
from engine.quotas.equal_chance import chance, common_chance
from engine.quotas.pay import pay_cost
from engine.quotas.quota_set import QuotaSet
from engine.quotas.rules import RULES, share
from engine.scenario import schema
from engine.units import from_cents, to_cents

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

DEAR = 0.9  # pay stays below its 90 % figure in nine simulated years of ten


def rule_table(
    rules: schema.Quotas, quotas: QuotaSet, basis: QuotaBasis, bookings: Whole, person: Array
) -> pd.DataFrame:
    """Judge the quotas that were set, and those that each rule would set without limits, on the same years.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    quotas, basis
        The quotas that were set and what they come from.
    bookings
        Bookings of years that quotas were not set on, whole cents, shape (years, territories).
    person
        Part of each position's variance that is how well its person closes, 0 to 1, shape (territories,).

    Returns
    -------
    The columns of ``quota_rules.csv``, the rule that was used first. The least, the greatest and the spread
    of the chance to reach the quota, and what the variance of attainment comes from, are of seats that are fully
    productive all year. ``p_spread`` is the greatest less the least as counted; ``p_spread_net`` is what is left of it
    when the part is taken out that so few years alone would make of equal chances. ``p_plan`` is the same for every
    rule, for bookings do not depend on quotas.
    """
    total = int(quotas.annual_cents.sum())
    sets = {quotas.rule: quotas.annual_cents}
    for rule in (*RULES, "even"):
        weights = basis.presence if rule == "even" else share(rule, basis)
        if rule not in sets and weights.any():
            sets[rule] = apportion_steps(total, weights.tolist(), rules.rounding * 100)
    if "equal_chance" not in sets and len(basis.bookings) and basis.bookings.max(axis=0).sum() >= total:
        _, found = common_chance(basis.bookings, total, np.int64(0), np.int64(total))
        sets["equal_chance"] = apportion_steps(total, found.tolist(), rules.rounding * 100)
    p_plan = float((bookings.sum(axis=1) >= quotas.plan_target_cents).mean())
    rows = []
    for rule, annual in sets.items():
        odds, counted = chance(bookings, annual), annual > 0
        judged = counted & basis.full_year if (counted & basis.full_year).any() else counted
        pay = pay_cost(rules.pay, basis.segments, basis.paid_time, annual, bookings) if rules.pay else None
        rows.append(
            {
                "rule": rule,
                "used": annual is quotas.annual_cents,
                "p_least": float(odds[judged].min()),
                "p_most": float(odds[judged].max()),
                "p_spread": round(float(np.ptp(odds[judged])), 12),
                "p_spread_net": round(net_spread(bookings[:, judged] >= annual[judged]), 12),
                "share_at_quota": float(odds[counted].mean()),
                "p_plan": p_plan,
                "largest_change": _largest_change(annual, basis),
                **_sources(bookings[:, judged] / annual[judged], person[judged]),
                "pay_expected": None if pay is None else from_cents(to_cents(round(float(pay.mean()), 2))),
                "pay_p90": None if pay is None else from_cents(to_cents(round(_dear(pay), 2))),
            }
        )
    return pd.DataFrame(rows)


def net_spread(reached: NDArray[np.bool_], rows: int = 1) -> float:
    """Give the greatest less the least chance, without what the number of years alone makes of it.

    Parameters
    ----------
    reached
        Whether each position reaches its quota, shape (years x rows, positions).
    rows
        Rows of a year, which stand together and are not independent.

    Returns
    -------
    The spread x √(1 - v / s²), with s² the variance of the chances over positions and v the part of it that is error: the
    mean of the squared standard errors of each chance less the chances' mean, in which what all share has no part.
    """
    yearly = reached.reshape(-1, rows, reached.shape[1]).mean(axis=1)
    count, positions = yearly.shape
    odds = yearly.mean(axis=0)
    if positions < 2 or count < 2 or not np.ptp(odds):
        return float(np.ptp(odds))
    apart = yearly - yearly.mean(axis=1, keepdims=True)
    error = apart.var(axis=0, ddof=1).sum() / (positions - 1) / count
    return float(np.ptp(odds) * np.sqrt(max(0.0, 1.0 - error / odds.var(ddof=1))))


def _sources(attainment: Array, person: Array) -> dict[str, float]:
    """Split the variance of attainment over positions and years: between positions, and inside them by person and luck.

    The law of total variance: what positions differ by on average is the map's and the quotas' doing.
    """
    inside = attainment.var(axis=0)
    parts = np.array(
        [attainment.mean(axis=0).var(), (inside * person).mean(), (inside * (1 - person)).mean()]
    )
    parts = parts / parts.sum() if parts.sum() > 0 else np.full(3, np.nan)
    return dict(zip(("from_map", "from_person", "from_luck"), parts.tolist(), strict=True))


def _largest_change(annual: Whole, basis: QuotaBasis) -> float:
    """Give the change furthest from none against last year's quota, for the same part of a year; NaN where none is known."""
    before = 100 * basis.last_quota * basis.presence
    known = np.nan_to_num(before) > 0
    changes = annual[known] / before[known] - 1
    return float(changes[np.abs(changes).argmax()]) if known.any() else np.nan


def _dear(pay: Array) -> float:
    return float(np.quantile(pay, DEAR, method="inverted_cdf"))
