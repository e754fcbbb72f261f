"""The work clock against a walk through the year minute by minute, and seats against hand counts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quotas.capacity import effective_capacity
from engine.scenario.schema import Attrition, Vacations
from simulation.calendar import (
    Seats,
    WorkClock,
    blocks_off,
    days_off,
    leaving_days,
    seat_year,
    weekdays,
)
from tests.simulation.fields import make_field, make_process, year

MINUTE = 1 / 1440


def one_seat(leaving: float = math.inf, delay: float = 60.0, **changes: Any) -> Seats:
    """Seats of the small field, of which the first is looked at."""
    process = make_process(attrition=Attrition(hiring_delay_days=delay))
    return seat_year(make_field(process=process, **changes), np.array([leaving, math.inf]))


def walk(day_hours: list[float], now: float, effort: float) -> tuple[float, float]:
    """Work minute by minute, each day's hours spread evenly over its 1,440 minutes."""
    begin, worked = math.inf, 0.0
    for minute in range(round(now * 1440), len(day_hours) * 1440):
        gain = day_hours[minute // 1440] / 1440
        if gain > 0 and begin == math.inf:
            begin = minute * MINUTE
        worked += gain
        if begin < math.inf and worked >= effort - 1e-9:
            return begin, (minute + 1) * MINUTE
    return begin, math.inf


@settings(max_examples=60)
@given(
    day_hours=st.lists(st.sampled_from([0.0, 0.0, 0.5, 3.25, 8.0]), min_size=1, max_size=20),
    start=st.integers(0, 20 * 1440 - 1),
    effort=st.floats(0.0, 40.0),
)
def test_spell_equals_the_minute_grid(day_hours: list[float], start: int, effort: float) -> None:
    """Work begins and ends where a walk minute by minute says, to the minute, or never within the clock."""
    now = (start % (len(day_hours) * 1440)) * MINUTE
    clock = WorkClock(np.cumsum([0.0, *day_hours]))
    begin, end = clock.spell(now, effort)
    if begin == math.inf:
        assert sum(day_hours[int(now) :]) == 0
        return
    slow_begin, slow_end = walk(day_hours, now, effort)
    assert begin == pytest.approx(slow_begin, abs=1.01 * MINUTE)
    if math.inf in (end, slow_end):  # they may differ only where the effort is all that is left
        assert clock.at(now) + effort == pytest.approx(clock.hours[-1], abs=1e-6) or end == slow_end
    else:
        assert end == pytest.approx(slow_end, abs=1.01 * MINUTE)


@settings(max_examples=60)
@given(
    now=st.floats(0, 364.9),
    effort=st.floats(0.001, 900),
    leaving=st.integers(0, 400),
    start=st.integers(-50, 400),
)
def test_hours_pass_while_working(now: float, effort: float, leaving: int, start: int) -> None:
    """Between begin and end of a task exactly its effort passes, through ramp, vacancy and backfill."""
    seats = one_seat(leaving, start_day=np.array([start, 0.0]))
    clock = WorkClock(seats.deal_hours[0])
    begin, end = clock.spell(now, effort)
    if end < math.inf:
        assert clock.at(end) - clock.at(begin) == pytest.approx(effort, rel=1e-9)
        assert clock.at(begin) == clock.at(now)
        assert now <= begin <= end <= 365
    else:
        assert clock.hours[-1] - clock.at(now) < effort


def test_a_weekend_is_skipped() -> None:
    """Four hours begun on Friday noon, with half a day's five hours left, end on Monday at 0.3 of the day."""
    clock = WorkClock(np.array([0.0, 5.0, 5.0, 5.0, 10.0]))
    assert clock.spell(0.5, 4.0) == (0.5, pytest.approx(3.3))
    assert clock.spell(1.25, 5.0) == (3.0, 4.0)
    assert clock.spell(1.25, 5.1) == (3.0, math.inf)
    assert clock.spell(0.5, 8.0) == (0.5, math.inf)


def test_a_full_seat_has_the_hours_of_the_year() -> None:
    """A seat filled and productive all year has exactly hours_per_year x FTE, on weekdays only."""
    seats = one_seat(capacity=np.array([1.0, 0.6]), start_day=np.full(2, -500.0))
    assert seats.productive_hours == pytest.approx([1650.0, 990.0], rel=1e-12)
    daily = np.diff(seats.deal_hours[0])
    assert daily[:9].round(3).tolist() == [
        daily[0].round(3),
        0,
        0,
        *[daily[0].round(3)] * 5,
        0,
    ]  # day 0 is a Friday


def test_ramp_and_start_agree_with_quotas() -> None:
    """A seat's hours are its effective capacity, as the quotas count it, up to which days are weekdays."""
    start, ramp = np.array([90.0, -60.0]), np.array([182.0, 182.0])
    seats = one_seat(start_day=start, ramp_days=ramp)
    expected = 1650 * effective_capacity(np.ones(2), start, ramp)
    assert seats.productive_hours == pytest.approx(expected, rel=0.01)
    assert seats.deal_hours[0, 90] == 0 < seats.deal_hours[0, 95]


def test_care_is_taken_evenly_and_leaves_a_tenth() -> None:
    """Care takes its share of every productive hour; deals keep at least 10 %, and the excess shows."""
    seats = one_seat(load_hours=np.array([825.0, 3300.0]))
    assert seats.deal_hours[:, -1] == pytest.approx([825.0, 165.0])
    assert seats.care_share.tolist() == [0.5, 2.0]


def test_an_empty_seat_has_no_hours() -> None:
    """Nobody works between leaving and backfill, and the successor ramps up like any new hire."""
    seats = one_seat(leaving=90.0, delay=59.5)
    assert (seats.left[0], seats.refilled[0]) == (90.0, 150.0)
    daily = np.diff(seats.deal_hours[0])
    assert daily[90:150].sum() == 0 < daily[85:90].sum()
    hire = one_seat(start_day=np.array([150.0, 0.0]))
    assert daily[150:] == pytest.approx(np.diff(hire.deal_hours[0])[150:])


def test_a_seat_that_opens_after_the_year_is_never_worked() -> None:
    """A vacancy of the whole year has no hours at all."""
    assert one_seat(start_day=np.array([365.0, 0.0])).productive_hours[0] == 0


def test_vacations_are_taken_whole_and_spread_over_the_year() -> None:
    """22 days in blocks of five are 22 working days, a block in each fifth of the year, whatever luck says."""
    process = make_process(vacations=Vacations(days=22, block_days=5))
    field = make_field(process=process)
    assert blocks_off(field) == 5
    for luck in (1e-9, 0.3, 1 - 1e-9):
        off = days_off(field, np.full((2, 5), luck))
        assert (off & ~weekdays(field)).sum() == 0
        assert off.sum(axis=1).tolist() == [22, 22]
        spans = np.split(off[0][weekdays(field)], [52, 104, 156, 208])
        assert [int(span.sum()) for span in spans] == [5, 5, 5, 5, 2]


def test_known_days_off_are_these_and_no_others() -> None:
    """Whoever's days off are known does not draw any; nobody works on a day off, and care takes its hours."""
    known = np.zeros((2, 365), dtype=bool)
    known[0, 4:18] = True  # Tuesday to Monday of the week after: ten working days
    field = make_field(process=make_process(vacations=Vacations(days=20)), days_off=known)
    off = days_off(field, np.full((2, 4), 0.5))
    assert (off[0] == known[0]).all()
    assert off[1].sum() == 20
    seats = seat_year(field, np.full(2, np.inf), off=off)
    assert (np.diff(seats.deal_hours, axis=1)[off] == 0).all()
    whole = 261
    assert seats.productive_hours == pytest.approx(1650 * np.array([1 - 10 / whole, 1 - 20 / whole]))
    assert seats.productive_hours * seats.care_share == pytest.approx(np.full(2, 800.0))


def test_every_seat_and_year_draws_its_own_vacation() -> None:
    """Two seats, and two years, differ; a seat's vacation is the same whatever else happens in the year."""
    field = make_field(process=make_process(vacations=Vacations(days=25)))
    hours = [year(field, replication)[1].deal_hours for replication in (0, 1)]
    assert not np.array_equal(hours[0][0], hours[0][1])
    assert not np.array_equal(hours[0][0], hours[1][0])
    assert np.array_equal(year(replace(field, demand=np.full(3, 5.0)))[1].deal_hours, hours[0])


def test_leavers_are_as_many_as_the_rate_says() -> None:
    """Over evenly spaced luck the share that leaves is the rate, spread over the whole year."""
    field = make_field(start_day=np.zeros(1000), process=make_process(attrition=Attrition(annual_rate=0.25)))
    day = leaving_days(field, (np.arange(1000) + 0.5) / 1000)
    gone = day[np.isfinite(day)]
    assert len(gone) == 250
    assert (gone.min(), gone.max()) == (0, 364)
    assert gone.mean() == pytest.approx(182, abs=1)
    assert np.array_equal(gone, np.floor(gone))


def test_more_attrition_only_brings_leaving_forward() -> None:
    """With the same luck a higher rate never lets anybody stay longer; no attrition keeps everybody."""
    luck = (np.arange(200) + 0.5) / 200
    low, high, none = (
        leaving_days(
            make_field(start_day=np.zeros(200), process=make_process(attrition=Attrition(annual_rate=r))),
            luck,
        )
        for r in (0.1, 0.3, 0.0)
    )
    assert (high <= low).all()
    assert np.isinf(none).all()


def test_a_future_hire_cannot_leave_before_starting() -> None:
    """Service counts from the start day."""
    field = make_field(
        start_day=np.array([200.0, 0.0]), process=make_process(attrition=Attrition(annual_rate=1.0))
    )
    assert leaving_days(field, np.array([0.01, 0.01])).tolist() == [203.0, 3.0]
