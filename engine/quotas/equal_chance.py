"""Quotas that give every position the same chance, read off simulated years."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_HALVINGS = 60  # of the interval from 0 to 1: to the last bit of the chance


def common_chance(
    bookings: Whole, total: int, floor: Whole | np.int64, cap: Whole | np.int64
) -> tuple[float, Array]:
    """Find the chance p and quotas q_r, the (1 - p) quantile of each position's bookings, that add up to a total.

    A quota outside its limits stands at the limit instead; p is then that of all others.

    Bookings do not depend on quotas, so one batch of simulated years serves every p; the sum of quotas falls
    as p rises, and p is found by bisection. Between two simulated amounts the quantile is a straight line.

    Parameters
    ----------
    bookings
        Simulated bookings, whole cents, shape (rows, territories).
    total
        Sum of all quotas, whole cents.
    floor, cap
        Limits, whole cents, shape (territories,).

    Returns
    -------
    The chance; the quotas in cents, shape (territories,), which add up to the total within rounding. Where
    even the worst rows add up to more than the total the chance is 1, where the best add up to less it is 0;
    the quotas are then scaled, whatever the limits.
    """
    ordered = np.sort(bookings, axis=0).astype(np.float64)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        # at least: a position alone is never above the total, and its chance is not 0 for that
        if _quantile(ordered, 1 - middle).clip(floor, cap).sum() >= total:
            low = middle
        else:
            high = middle
    quotas = _quantile(ordered, 1 - high).clip(floor, cap)
    return high, quotas * (total / max(quotas.sum(), 1.0))


def at_chance(bookings: Whole, p: float) -> Array:
    """Give the amount that each position books with chance p, cents, shape (territories,), whatever limits say."""
    return _quantile(np.sort(bookings, axis=0).astype(np.float64), 1 - p)


def chance(bookings: Whole, quotas: NDArray[np.int64] | Array) -> Array:
    """Give the share of rows in which each position reaches its quota, shape (territories,)."""
    return np.asarray((bookings >= quotas).mean(axis=0))


def most_reached(bookings: Whole, least: float) -> Whole:
    """Give the largest amount each position books in at least a share of the rows, cents, shape (territories,)."""
    rows = len(bookings)
    above = rows - max(1, int(np.ceil(least * rows - 1e-9)))  # rows that may fall short
    return np.asarray(np.partition(bookings, above, axis=0)[above])


def _quantile(ordered: Array, level: float) -> Array:
    """Interpolate between rows in ascending order; row i of n stands at (i + 1/2) / n (Hazen)."""
    rows = len(ordered)
    place = min(max(level * rows - 0.5, 0.0), rows - 1.0)
    below = int(place)
    above = min(below + 1, rows - 1)
    return np.asarray(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
