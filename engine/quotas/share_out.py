"""The rule's shares, made to keep every limit, as exact cents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.quotas.apportion import apportion_steps
from engine.quotas.basis import QuotaBasis
from engine.quotas.closest import ClosestFunction, QuotaProblem
from engine.quotas.equal_chance import at_chance, common_chance
from engine.quotas.limits import Frame
from engine.quotas.rounding import round_within
from engine.quotas.rules import fair_shares
from engine.scenario import schema

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Shared:
    """Annual quotas and where they come from.

    Parameters
    ----------
    annual
        Whole cents, shape (territories,).
    rule
        What the rule alone gives, before rounding and limits, cents, shape (territories,); of equal chance, the amount
        with the chance that is left when limits hold some.
    chance
        Common chance of each position's group to reach its quota, shape (territories,); NaN for other rules.
    """

    annual: Whole
    rule: Array
    chance: Array


def share_out(rules: schema.Quotas, basis: QuotaBasis, frame: Frame, closest: ClosestFunction) -> Shared:
    """Share out the totals of a frame by the rule, inside its limits.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Figures of the positions.
    frame
        Sums, limits and rounding, which fit.
    closest
        Finds the quotas closest to the rule's where limits bind.

    Returns
    -------
    Quotas that keep the frame exactly. Where no limit binds they are the rule's, rounded by the largest
    remainder; else they are those closest to the rule's, rounded inside the limits.
    """
    size = len(basis.fte)
    alone, fair, chance = np.zeros(size), np.zeros(size), np.full(size, np.nan)
    annual = np.zeros(size, dtype=np.int64)
    for total, own in frame.members():
        shares = fair_shares(rules, basis, own)
        if rules.rule == "equal_chance":
            floor, cap = frame.floor[own], frame.cap[own]
            chance[own], shares = common_chance(basis.bookings[:, own], total, floor, cap)
        if not shares.any():  # the rule says nothing here: productive time decides
            shares = basis.presence[own]
        fair[own] = shares / shares.sum() * total
        annual[own] = apportion_steps(total, shares.tolist(), frame.step)
        reached = rules.rule == "equal_chance" and 0 < chance[own[0]] < 1
        alone[own] = at_chance(basis.bookings[:, own], float(chance[own[0]])) if reached else fair[own]
    if ((annual >= frame.floor) & (annual <= frame.cap)).all():
        return Shared(annual, alone, chance)
    totals = np.array(frame.totals, dtype=np.float64)
    problem = QuotaProblem(
        fair, frame.floor.astype(np.float64), frame.cap.astype(np.float64), frame.group, totals
    )
    wanted = closest(problem)
    for total, own in frame.members():
        annual[own] = round_within(wanted[own], frame.floor[own], frame.cap[own], total, frame.step)
    return Shared(annual, alone, chance)
