"""From the company target to an exact number for each position, month by month."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.quotas.apportion import apportion, apportion_steps
from engine.quotas.basis import QuotaBasis
from engine.quotas.check import quota_findings
from engine.quotas.equal_chance import common_chance
from engine.quotas.quota_set import QuotaSet
from engine.quotas.reasons import written_reasons
from engine.quotas.rules import fair_shares
from engine.scenario import schema
from engine.units import MONTHS, to_cents

Cents = NDArray[np.int64]


def set_quotas(rules: schema.Quotas, basis: QuotaBasis) -> QuotaSet:
    """Share out plan target x (1 + over-assignment) among the positions, exactly to the cent.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Potential, history and capacity of every position; simulated bookings for ``equal_chance``.

    Returns
    -------
    Annual and monthly quotas with a written reason each.

    Raises
    ------
    InputError
        If the rules cannot be applied to these figures; names every key and what to change.
    """
    # the written decimal, not its nearest float; round() of a fraction is exact, half to even
    total = round(Fraction(rules.plan_target) * (1 + Fraction(str(rules.over_assignment))) * 100)
    findings = quota_findings(rules, basis, total)
    if findings:
        raise InputError(findings)
    chance, shares = None, fair_shares(rules, basis)
    if rules.rule == "equal_chance":
        chance, shares = common_chance(basis.bookings, total)
    annual = apportion_steps(total, shares.tolist(), rules.rounding * 100)
    return QuotaSet(
        territory_ids=basis.territory_ids,
        annual_cents=annual,
        month_cents=phase(annual, basis),
        plan_target_cents=to_cents(rules.plan_target),
        rule=rules.rule,
        reasons=written_reasons(rules, basis, annual, chance),
        chance=chance,
    )


def phase(annual: Cents, basis: QuotaBasis) -> Cents:
    """Spread annual quotas over quarters, then months, by seasonality and the seat's presence.

    A month weighs the third of its quarter's demand times the part of it in which the seat is productive: no
    quota before the seat is filled, less while it ramps up. Where no demand falls in the productive months,
    presence alone decides.

    Parameters
    ----------
    annual
        Annual quotas, whole cents, shape (territories,).
    basis
        Seasonality, start dates and ramps.

    Returns
    -------
    Monthly quotas, whole cents, shape (territories, 12); each row sums exactly to the annual quota.
    """
    presence = basis.month_presence.reshape(-1, 4, 3)
    months = np.zeros((len(annual), 4, 3), dtype=np.int64)
    for row in np.flatnonzero(annual):
        by_quarter = presence[row].sum(axis=1)
        demand = by_quarter * basis.quarter_share[row]
        quarters = apportion(int(annual[row]), (demand if demand.any() else by_quarter).tolist())
        for quarter in np.flatnonzero(quarters):
            months[row, quarter] = apportion(quarters[quarter], presence[row, quarter].tolist())
    return months.reshape(-1, MONTHS)
