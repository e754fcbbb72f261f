"""Bookings of years for setting quotas: the simulation's own years, with last answers and amounts drawn again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from engine.errors import InputError
from engine.scenario.schema import Attrition, Handoff, QuarterEnd, Spread, Stage, Stall, Training
from simulation.bookings import ROWS, simulate_bookings
from simulation.replicate import replicate
from simulation.stress import base_case
from tests.simulation.fields import make_field, make_opening, make_process

FIXED = Spread(mean=1000.0)
SURE = make_process().stages[1].model_copy(update={"advance": 1.0})


def silent(step: str, done: float) -> None:
    """Tell nobody."""


def test_the_first_row_of_a_year_is_that_year() -> None:
    """The first of a year's rows is what the simulation books in the same replication, to the cent."""
    field = make_field()
    rows = simulate_bookings(field, range(3, 18), seed=5, workers=1, progress=silent)
    years = replicate(base_case(field), 5, 18, 1, lambda done: None).bookings_cents.sum(axis=2)
    assert rows[::ROWS].tolist() == years[3:].tolist()


def test_workers_change_nothing() -> None:
    """One and two workers give the same rows."""
    one, two = (
        simulate_bookings(make_field(), range(25), seed=5, workers=workers, progress=silent)
        for workers in (1, 2)
    )
    assert one.tolist() == two.tolist()


def test_nothing_is_drawn_again_where_all_is_certain() -> None:
    """With every last answer a yes and a fixed deal size all rows of a year are equal; else they differ."""
    sure = make_field(process=make_process(stages=[*make_process().stages[:1], SURE], deal_size=FIXED))
    rows = simulate_bookings(sure, range(40), seed=5, workers=1, progress=silent).reshape(40, ROWS, 2)
    assert (rows == rows[:, :1]).all()
    for process in (make_process(deal_size=FIXED), make_process(stages=[*make_process().stages[:1], SURE])):
        again = simulate_bookings(make_field(process=process), range(40), seed=5, workers=1, progress=silent)
        assert (again.reshape(40, ROWS, 2).std(axis=1) > 0).all()


def test_rows_drawn_again_are_as_likely_as_the_years() -> None:
    """With skill, successors, training, hands changed, early signing and stalls in the last stage, rows have the
    years' own mean, spread and chance to pass an amount, within 4 standard errors of the paired difference."""
    last = Stage(
        name="propose",
        effort_hours=Spread(mean=6.0, cv=0.8),
        days=Spread(mean=20.0, cv=0.5),
        advance=0.35,
        stall=Stall(chance=0.3, days=Spread(mean=30.0, cv=0.3)),
        training=Training(date=date(2027, 7, 1), factor=1.3),
    )
    process = make_process(
        stages=[make_process().stages[0], last],
        returns=2,
        skill_cv=0.3,
        attrition=Attrition(annual_rate=0.6, hiring_delay_days=40),
        handoff=Handoff(win_rate=0.8, cv=0.1),
        quarter_end=QuarterEnd(days=20, chance=0.5, discount=0.1),
    )
    field = make_field(process=process, handed=np.array([True, False, False]))
    years = 4000
    rows = simulate_bookings(field, range(years), seed=3, workers=2, progress=silent)
    rows = rows.reshape(years, ROWS, 2).astype(float)
    middle = rows[:, 0].mean(axis=0)
    for figure in (
        lambda x: x,
        lambda x: (x - middle) ** 2,
        lambda x: (x >= middle).astype(float),
        lambda x: (x >= 1.5 * middle).astype(float),
    ):
        off = figure(rows[:, 1:]).mean(axis=1) - figure(rows[:, 0])
        assert (np.abs(off.mean(axis=0)) <= 4 * off.std(axis=0) / np.sqrt(years)).all()


def test_chances_read_off_the_rows_are_steadier() -> None:
    """The chance to pass the mean has less than half the variance that one row a year gives it."""
    field = make_field(process=make_process(skill_cv=0.3))
    rows = simulate_bookings(field, range(1000), seed=3, workers=2, progress=silent).reshape(1000, ROWS, 2)
    passed = rows >= rows.mean(axis=(0, 1))
    assert (2 * passed.mean(axis=1).var(axis=0) < passed[:, 0].var(axis=0)).all()


def test_opening_deals_keep_their_amount() -> None:
    """A field whose only deals are open ones books nothing or their amounts in every row."""
    opening = make_opening([("a", 0, 1, 50_000, 3.0), ("b", 2, 1, 70_000, 0.0)])
    field = make_field(demand=np.zeros(3), opening=opening)
    rows = simulate_bookings(field, range(20), seed=5, workers=1, progress=silent).reshape(20, ROWS, 2)
    assert {0, 50_000} == set(rows[..., 0].ravel().tolist())
    assert {0, 70_000} == set(rows[..., 1].ravel().tolist())


def test_a_field_too_large_is_refused() -> None:
    """What the simulation refuses is refused here too."""
    with pytest.raises(InputError, match="SIM-DEALS"):
        simulate_bookings(make_field(demand=np.full(3, 1e6)), range(5), seed=1, workers=1, progress=silent)
