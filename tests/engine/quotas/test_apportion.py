"""Largest remainder in exact arithmetic, against brute force."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quotas.apportion import apportion, apportion_steps

weights_of = st.lists(st.one_of(st.integers(0, 9), st.floats(0, 1e12)), min_size=1, max_size=8).filter(
    lambda weights: sum(weights) > 0
)


@given(st.integers(0, 10**16), weights_of)
@settings(max_examples=400, deadline=None)
def test_parts_sum_and_stay_within_one(total: int, weights: list[float]) -> None:
    """Parts are whole, sum to the total, lie within 1 of the fair share, and are 0 where the weight is 0."""
    parts = apportion(total, weights)
    whole = sum(Fraction(w) for w in weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(weight) * total / whole) < 1
        assert weight > 0 or part == 0


@given(st.integers(0, 7), st.lists(st.integers(0, 6), min_size=1, max_size=4).filter(any))
@settings(max_examples=300, deadline=None)
def test_no_other_split_is_nearer(total: int, weights: list[int]) -> None:
    """Of all whole splits of the total, none has a smaller sum of squared distances to the fair shares;
    among the best, earlier places get more."""
    fair = [Fraction(w * total, sum(weights)) for w in weights]
    splits = [split for split in product(range(total + 1), repeat=len(weights)) if sum(split) == total]
    best = min(splits, key=lambda split: (_distance(split, fair), tuple(-part for part in split)))
    assert tuple(apportion(total, weights)) == best


def _distance(split: tuple[int, ...], fair: list[Fraction]) -> Fraction:
    return sum(((part - share) ** 2 for part, share in zip(split, fair, strict=True)), Fraction())


def test_equal_weights_favour_the_first() -> None:
    """What is left of an even split goes to the first places."""
    assert apportion(5, [1.0, 1.0, 1.0]) == [2, 2, 1]


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [2.0, -1.0]])
def test_weights_that_share_out_nothing_are_refused(weights: list[float]) -> None:
    """No weight, only zeros or a negative one is an error."""
    with pytest.raises(ValueError, match="weights"):
        apportion(10, weights)


def test_the_rest_below_one_step_goes_to_the_largest() -> None:
    """1,234 in steps of 100 by 1 : 2 : 1 is 300, 634, 300: the 34 left over stand in the largest part."""
    assert apportion_steps(1234, [1.0, 2.0, 1.0], 100).tolist() == [300, 634, 300]
    assert apportion_steps(205, [1.0, 1.0], 100).tolist() == [105, 100]
