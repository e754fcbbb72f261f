"""Quotas that give every position the same chance, read off simulated years."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_HALVINGS = 60  # of the interval from 0 to 1: to the last bit of the chance


def common_chance(bookings: Whole, total: int) -> tuple[float, Array]:
    """Find the chance p and quotas q_r, the (1 - p) quantile of each position's bookings, that add up to a total.

    Bookings do not depend on quotas, so one batch of simulated years serves every p; the sum of quotas falls
    as p rises, and p is found by bisection. Between two simulated amounts the quantile is a straight line.

    Parameters
    ----------
    bookings
        Simulated bookings, whole cents, shape (rows, territories).
    total
        Sum of all quotas, whole cents; at most what the best row of every position adds up to.

    Returns
    -------
    The chance; the quotas in cents, shape (territories,), which add up to the total within rounding. Where
    even the worst rows add up to more than the total, the chance is 1 and the quotas are scaled down.
    """
    ordered = np.sort(bookings, axis=0).astype(np.float64)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _quantile(ordered, 1 - middle).sum() > total:
            low = middle
        else:
            high = middle
    quotas = _quantile(ordered, 1 - high)
    return high, quotas * (total / max(quotas.sum(), 1.0))


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
