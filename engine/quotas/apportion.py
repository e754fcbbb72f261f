"""Whole parts of a whole number in given proportions: the largest remainder, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Cents = NDArray[np.int64]


def apportion(total: int, weights: Iterable[float]) -> list[int]:
    """Split a whole number in proportion to weights, by the method of the largest remainder (Hamilton).

    Each part is its fair share rounded down; what is left goes one by one to the largest remainders. The
    arithmetic is exact (fractions), so no order of summation and no float near a whole number matters.

    Parameters
    ----------
    total
        What is split, >= 0.
    weights
        Finite, >= 0, with a positive sum; their order breaks ties: the first of equals gets more.

    Returns
    -------
    Whole numbers that sum to the total, each less than 1 from its fair share; 0 where the weight is 0.

    Raises
    ------
    ValueError
        If no weight is positive or one is negative.

    References
    ----------
    Balinski, Young 1982, Fair Representation (Yale University Press), chapter 3.
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact, Fraction())
    if whole <= 0 or min(exact) < 0:
        raise ValueError("an amount is split in proportion to weights >= 0, at least one of them positive")
    fair = [weight * total / whole for weight in exact]
    parts = [int(share) for share in fair]
    rounded_off = [part - share for part, share in zip(parts, fair, strict=True)]
    by_remainder = sorted(range(len(fair)), key=rounded_off.__getitem__)  # a stable sort: ties by place
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def apportion_steps(total: int, weights: Sequence[float], step: int) -> Cents:
    """Split cents in multiples of a step; what is left below one step goes to the largest part.

    Parameters
    ----------
    total
        Whole cents.
    weights
        Proportions, shape (parts,).
    step
        Cents of one step.

    Returns
    -------
    Whole cents that sum to the total, shape (parts,).
    """
    steps, rest = divmod(total, step)
    parts = np.array(apportion(steps, weights), dtype=np.int64) * step
    parts[np.argmax(parts)] += rest
    return parts
