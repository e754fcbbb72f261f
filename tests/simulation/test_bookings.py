"""Bookings of years for setting quotas: the simulation's own years, with amounts drawn again."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.scenario.schema import Spread
from simulation.bookings import AMOUNTS, simulate_bookings
from simulation.replicate import replicate
from simulation.stress import base_case
from tests.simulation.fields import make_field, make_opening, make_process


def silent(step: str, done: float) -> None:
    """Tell nobody."""


def test_the_first_row_of_a_year_is_that_year() -> None:
    """Every eighth row is what the simulation books in the same replication, to the cent."""
    field = make_field()
    rows = simulate_bookings(field, range(3, 18), seed=5, workers=1, progress=silent)
    years = replicate(base_case(field), 5, 18, 1, lambda done: None).bookings_cents.sum(axis=2)
    assert rows[::AMOUNTS].tolist() == years[3:].tolist()


def test_workers_change_nothing() -> None:
    """One and two workers give the same rows."""
    one, two = (
        simulate_bookings(make_field(), range(25), seed=5, workers=workers, progress=silent)
        for workers in (1, 2)
    )
    assert one.tolist() == two.tolist()


def test_only_amounts_are_drawn_again() -> None:
    """With a fixed deal size all rows of a year are equal; else they differ and keep the mean within 4 errors."""
    fixed = make_field(process=make_process(deal_size=Spread(mean=1000.0)))
    rows = simulate_bookings(fixed, range(40), seed=5, workers=1, progress=silent)
    assert (rows.reshape(40, AMOUNTS, 2) == rows[::AMOUNTS][:, None]).all()
    again = simulate_bookings(make_field(), range(40), seed=5, workers=1, progress=silent)
    yearly = again.reshape(40, AMOUNTS, 2)
    assert (yearly.std(axis=1) > 0).all()
    wins = rows[::AMOUNTS] / 100_000  # the same deals are won, whatever they bring
    error = 1000 * 0.8 * np.sqrt(wins.sum(axis=0) * AMOUNTS) * 100
    assert (np.abs(again.sum(axis=0) - rows.sum(axis=0)) <= 4 * error).all()


def test_opening_deals_keep_their_amount() -> None:
    """A field whose only deals are open ones books the same in all rows of a year."""
    opening = make_opening([("a", 0, 1, 50_000, 3.0), ("b", 2, 1, 70_000, 0.0)])
    field = make_field(demand=np.zeros(3), opening=opening)
    rows = simulate_bookings(field, range(20), seed=5, workers=1, progress=silent).reshape(20, AMOUNTS, 2)
    assert (rows == rows[:, :1]).all()
    assert {0, 50_000} == set(rows[:, 0, 0].tolist())


def test_a_field_too_large_is_refused() -> None:
    """What the simulation refuses is refused here too."""
    with pytest.raises(InputError, match="SIM-DEALS"):
        simulate_bookings(make_field(demand=np.full(3, 1e6)), range(5), seed=1, workers=1, progress=silent)
