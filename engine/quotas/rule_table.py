"""What each quota rule would do, on the same simulated years."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.apportion import apportion_steps
from engine.quotas.basis import QuotaBasis
from engine.quotas.equal_chance import chance
from engine.quotas.quota_set import QuotaSet
from engine.quotas.rules import RULES, share

Whole = NDArray[np.int64]


def rule_table(quotas: QuotaSet, basis: QuotaBasis, step: int, bookings: Whole) -> pd.DataFrame:
    """Judge the quotas that were set, and those that each plain rule would set, on the same years.

    Parameters
    ----------
    quotas, basis
        The quotas that were set and what they come from.
    step
        Cents quotas are rounded to.
    bookings
        Bookings of years that quotas were not set on, whole cents, shape (years, territories).

    Returns
    -------
    The columns of ``quota_rules.csv``, the rule that was used first. The least, the greatest and the spread
    of the chance to reach the quota are of seats that are fully productive all year.
    """
    total = int(quotas.annual_cents.sum())
    sets = {quotas.rule: quotas.annual_cents}
    for rule in (*RULES, "even"):
        weights = basis.presence if rule == "even" else share(rule, basis)
        if rule not in sets and weights.any():
            sets[rule] = apportion_steps(total, weights.tolist(), step)
    return pd.DataFrame([_row(rule, annual, quotas, basis, bookings) for rule, annual in sets.items()])


def _row(
    rule: str, annual: Whole, quotas: QuotaSet, basis: QuotaBasis, bookings: Whole
) -> dict[str, str | float]:
    odds, counted = chance(bookings, annual), annual > 0
    judged = odds[counted & basis.full_year] if (counted & basis.full_year).any() else odds
    return {
        "rule": rule,
        "used": annual is quotas.annual_cents,
        "p_least": float(judged.min()),
        "p_most": float(judged.max()),
        "p_spread": float(judged.max() - judged.min()),
        "share_at_quota": float(odds[counted].mean()),
    }
