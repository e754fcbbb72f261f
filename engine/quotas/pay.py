"""What a year's bookings pay: base, target incentive, threshold and accelerators, by role."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.scenario import schema

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


def payout(pay: schema.Pay, attainment: Array) -> Array:
    """Give the part of the target incentive that is paid at an attainment.

    Parameters
    ----------
    pay
        The pay of one role.
    attainment
        Bookings / quota, any shape.

    Returns
    -------
    Same shape. Straight between the points of the curve, nothing before the first, beyond the last as steep as
    before it, and never above ``cap``.
    """
    at, paid = np.array(pay.curve, dtype=np.float64).T
    part = np.interp(attainment, at, paid)
    slope = (paid[-1] - paid[-2]) / (at[-1] - at[-2])
    part = np.where(attainment > at[-1], paid[-1] + slope * (attainment - at[-1]), part)
    part = np.where(attainment < at[0], 0.0, part)
    return np.asarray(part if pay.cap is None else np.minimum(part, pay.cap))


def pay_cost(
    roles: dict[str, schema.Pay], segments: tuple[str, ...], time: Array, annual: Whole, bookings: Whole
) -> Array:
    """Give what the company pays its positions in each simulated year.

    Parameters
    ----------
    roles
        Pay by segment; positions of other segments cost nothing here.
    segments
        Segment of each position, shape (territories,).
    time
        Full-time seats x part of the year each is filled, shape (territories,); base and incentive are in proportion.
    annual
        Quotas, whole cents, shape (territories,); a position without one gets its base only.
    bookings
        Whole cents, shape (years, territories).

    Returns
    -------
    Money a year, shape (years,).
    """
    total = np.zeros(len(bookings))
    for place, segment in enumerate(segments):
        pay = roles.get(segment)
        if pay is None:
            continue
        quota = int(annual[place])
        part = payout(pay, bookings[:, place] / quota) if quota else 0.0
        total += time[place] * (pay.base + pay.target_incentive * part)
    return total
