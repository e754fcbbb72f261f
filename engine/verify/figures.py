"""Written numbers: read exactly, compared with a stated tolerance."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

RELATIVE = Fraction(1, 10**9)  # floats are summed in another order elsewhere
HALF_CENT = Fraction(1, 200)  # money is written with two decimals
HALF_THOUSANDTH = Fraction(1, 2000)  # anything else may be rounded to three decimals, not coarser
LARGEST = 30  # powers of ten; beyond this a number is damage, not data
EARTH_RADIUS_KM = 6371.0088

_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
Point = tuple[float, float]


def parse_number(text: str) -> Decimal:
    """Read a finite decimal number; the digits that were written are kept.

    Raises
    ------
    ValueError
        If the text is not a plain number (NaN and infinity are not) or is absurdly large.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a finite number")
    number = Decimal(text)
    if number and not -330 < number.adjusted() < LARGEST:
        raise ValueError("a number out of any sensible range")
    return number


def allowance(written: Decimal, exact: Fraction, coarsest: Fraction = HALF_THOUSANDTH) -> Fraction:
    """Give how far a written number may lie from the exact one: 1e-9 of it and half its last digit."""
    exponent = written.as_tuple().exponent
    half_digit = Fraction(10) ** int(exponent) / 2
    return RELATIVE * abs(exact) + min(half_digit, coarsest)


def agrees(written: Decimal, exact: Fraction | float, coarsest: Fraction = HALF_THOUSANDTH) -> bool:
    """Say whether a written number is the exact one after the rounding it shows.

    Parameters
    ----------
    written
        The number as it stands in the file.
    exact
        The number recomputed.
    coarsest
        Largest rounding allowed: half a cent for money, else half a thousandth.

    Returns
    -------
    Whether they agree.
    """
    target = Fraction(exact)
    return abs(Fraction(written) - target) <= allowance(written, target, coarsest)


def agrees_less_one(written: Decimal, exact: Fraction) -> bool:
    """Say whether a written deviation is the exact one: a quotient less 1, so that it is rounded as the quotient is.

    Parameters
    ----------
    written
        The deviation as it stands in the file.
    exact
        The deviation recomputed.

    Returns
    -------
    Whether they agree to 1e-9 of the quotient, or to half the last digit that is written, whichever is coarser.
    """
    return abs(Fraction(written) - exact) <= max(RELATIVE * (1 + exact), allowance(written, exact))


def great_circle_km(a: Point, b: Point) -> float:
    """Measure the great circle between two points (longitude, latitude in degrees), km.

    The angle is atan2(|u x v|, u . v) of the unit vectors, exact at every distance.
    """
    u, v = _unit_vector(a), _unit_vector(b)
    cross = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
    return EARTH_RADIUS_KM * math.atan2(
        math.hypot(*cross), math.fsum(p * q for p, q in zip(u, v, strict=True))
    )


def _unit_vector(point: Point) -> tuple[float, float, float]:
    longitude, latitude = map(math.radians, point)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )
