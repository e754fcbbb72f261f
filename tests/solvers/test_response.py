"""Potential shared out by concave response curves: by hand, against brute force, and never worse than today."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import best_potential

SCALES = np.array([0.5, 1.0, 1.5])


def test_by_hand() -> None:
    """A sells nothing more above half its potential, B sells in proportion: the half goes to B."""
    found = best_potential(np.array([10.0, 10.0]), SCALES, np.array([[5.0, 5.0, 5.0], [5.0, 10.0, 15.0]]))
    assert found == pytest.approx([5.0, 15.0])


def test_alike_and_saturating_territories_stay() -> None:
    """Where every curve is alike and flattens, equal shares are best."""
    found = best_potential(np.array([10.0] * 3), SCALES, np.tile([6.0, 10.0, 12.0], (3, 1)))
    assert found == pytest.approx([10.0] * 3)


def test_a_dip_is_made_concave() -> None:
    """Points below the least concave curve above them do not count: half-way to more is worth half of it."""
    found = best_potential(np.array([10.0, 10.0]), SCALES, np.array([[0.0, 1.0, 12.0], [4.0, 8.0, 8.5]]))
    assert found == pytest.approx([15.0, 5.0])


@given(st.integers(2, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_no_shares_on_a_grid_book_more(n: int, seed: int) -> None:
    """The sum stays, scales are kept, and no combination of the curves' points with that sum books more."""
    rng = np.random.default_rng(seed)
    curves = np.cumsum(np.sort(rng.integers(0, 20, (n, 3)))[:, ::-1], axis=1).astype(float)
    potential = np.full(n, 10.0)
    found = best_potential(potential, SCALES, curves)
    assert found.sum() == pytest.approx(potential.sum())
    assert (found >= 5 - 1e-9).all() and (found <= 15 + 1e-9).all()
    value = sum(np.interp(w / 10, SCALES, c) for w, c in zip(found, curves, strict=True))
    for places in product(range(3), repeat=n):
        if SCALES[list(places)].sum() == n:
            assert value >= curves[np.arange(n), places].sum() - 1e-6
