"""Quotas as tables: by position and period, and summed by manager, region and company."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.basis import QuotaBasis
from engine.quotas.quota_set import QuotaSet
from engine.units import from_cents

QUARTERS = ("Q1", "Q2", "Q3", "Q4")


def quota_table(quotas: QuotaSet, basis: QuotaBasis) -> pd.DataFrame:
    """List the quota of every position and period: year, quarters and months.

    Parameters
    ----------
    quotas
        The quotas.
    basis
        Labels and fiscal year of the same positions.

    Returns
    -------
    The columns of ``quotas.csv``, sorted by territory and period; ``quota`` is a Decimal with two decimals,
    ``reason`` stands on the ``FY`` row only.
    """
    periods = ("FY", *QUARTERS, *basis.month_names)
    cents = _by_period(quotas, quotas.month_cents)
    rows = [
        (territory, rep, period, from_cents(amount), quotas.rule, reason if period == "FY" else "")
        for territory, rep, reason, line in zip(
            quotas.territory_ids, basis.rep_ids, quotas.reasons, cents.tolist(), strict=True
        )
        for period, amount in zip(periods, line, strict=True)
    ]
    columns = ["territory_id", "rep_id", "period", "quota", "rule", "reason"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["territory_id", "period"], ignore_index=True)


def limits_table(quotas: QuotaSet) -> pd.DataFrame:
    """List the least and the most that each quota may be (columns of ``quota_limits.csv``)."""
    cents = zip(quotas.territory_ids, quotas.floor_cents.tolist(), quotas.cap_cents.tolist(), strict=True)
    rows = [(territory, from_cents(low), from_cents(high)) for territory, low, high in cents]
    return pd.DataFrame(rows, columns=["territory_id", "floor", "cap"])


def roll_up(quotas: QuotaSet, basis: QuotaBasis) -> pd.DataFrame:
    """Add up the quotas of every manager, region and the company by year and quarter.

    Parameters
    ----------
    quotas
        The quotas.
    basis
        Managers and regions of the same positions.

    Returns
    -------
    The columns of ``rollup.csv``, sorted by level, name and period; ``quota`` and ``plan_target`` are
    Decimals with two decimals. ``plan_target`` (of the year) and ``over_assignment`` stand on company rows.
    """
    cents = _by_period(quotas, quotas.month_cents)[:, :5]
    target = from_cents(quotas.plan_target_cents)
    over = float(Fraction(int(quotas.annual_cents.sum()), quotas.plan_target_cents) - 1)
    company = ("company",) * len(quotas.territory_ids)
    rows = []
    for level, names in (("company", company), ("manager", basis.managers), ("region", basis.regions)):
        labels = np.array(names, dtype=object)
        for name in sorted(set(names)):
            sums = cents[labels == name].sum(axis=0).tolist()
            extra = (target, over) if level == "company" else (None, None)
            rows += [
                (level, name, p, from_cents(c), *extra) for p, c in zip(("FY", *QUARTERS), sums, strict=True)
            ]
    columns = ["level", "name", "period", "quota", "plan_target", "over_assignment"]
    return pd.DataFrame(rows, columns=columns)


def _by_period(quotas: QuotaSet, months: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put year, quarters and months side by side, shape (territories, 17)."""
    return np.column_stack([quotas.annual_cents, quotas.quarter_cents, months])
