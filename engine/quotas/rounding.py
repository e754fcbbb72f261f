"""Whole steps closest to wanted amounts, inside limits, with an exact sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """How many steps each part may have when one of them takes what is left below a step.

    Parameters
    ----------
    extra
        Cents beside whole steps: what is left at the part that takes it, 0 elsewhere, shape (parts,).
    least, most
        Limits in steps, shape (parts,).
    count
        Steps to share out.
    """

    extra: Whole
    least: Whole
    most: Whole
    count: int


def ways(floor: Whole, cap: Whole, total: int, step: int, order: Iterator[int] | range) -> Iterator[Steps]:
    """Try, in an order, the parts that could take what is left of a total below one step.

    Parameters
    ----------
    floor, cap
        Limits of the parts, whole cents, shape (parts,).
    total, step
        Whole cents.
    order
        Places of the parts.

    Yields
    ------
    Those ways that leave every part inside its limits; nothing when there is none.
    """
    count, rest = divmod(total, step)
    for place in order if rest else range(min(1, len(floor))):
        extra = np.zeros(len(floor), dtype=np.int64)
        extra[place] = rest
        least = np.maximum(-((extra - floor) // step), 0)
        most = (cap - extra) // step
        if (least <= most).all() and least.sum() <= count <= most.sum():
            yield Steps(extra, least, most, count)


def fits(floor: Whole, cap: Whole, total: int, step: int) -> bool:
    """Whether multiples of a step (but for what is left of the total) can keep the limits and sum to the total."""
    return next(ways(floor, cap, total, step, range(len(floor))), None) is not None


def round_within(wanted: Array, floor: Whole, cap: Whole, total: int, step: int) -> Whole:
    """Find multiples of a step inside limits that sum to a total and are closest to wanted amounts.

    What the total leaves below one step goes to the part that wants most and has room for it; given that, the
    sum of squared differences is the least possible: it is convex in every part, so that a solution which no
    exchange of one step between two parts improves is the best one. Without limits this is the method of the
    largest remainder. Ties go to the first.

    Parameters
    ----------
    wanted
        Amounts in cents, shape (parts,); they sum to about the total.
    floor, cap
        Limits, whole cents, shape (parts,).
    total, step
        Whole cents; the limits must fit (`fits`).

    Returns
    -------
    Whole cents, shape (parts,).

    References
    ----------
    Ibaraki, Katoh 1988, Resource Allocation Problems (MIT Press), chapter 4.
    """
    order = np.argsort(-wanted, kind="stable").tolist()
    way = next(ways(floor, cap, total, step, order))
    target = [
        (Fraction(float(amount)) - int(extra)) / step for amount, extra in zip(wanted, way.extra, strict=True)
    ]
    least, most = way.least.tolist(), way.most.tolist()
    steps = [min(max(int(t), low), high) for t, low, high in zip(target, least, most, strict=True)]
    parts = range(len(steps))

    def cheapest(sign: int) -> Callable[[], tuple[Fraction, int]]:
        def find() -> tuple[Fraction, int]:
            free = [r for r in parts if (steps[r] < most[r] if sign > 0 else steps[r] > least[r])]
            return min(((sign * 2 * (steps[r] - target[r]) + 1, sign * r) for r in free), default=_NEVER)

        return find

    add, take = cheapest(+1), cheapest(-1)
    while (missing := way.count - sum(steps)) > 0:
        steps[add()[1]] += 1
    while missing < 0:
        steps[-take()[1]] -= 1
        missing += 1
    while (more := add())[0] + (less := take())[0] < 0:
        steps[more[1]] += 1
        steps[-less[1]] -= 1
    return np.array(steps, dtype=np.int64) * step + way.extra


_NEVER = (Fraction(10**30), 0)  # no part is free
