"""A simulated year as a whole: theory without queues, conservation, a year counted by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scenario.schema import Attrition, Macro, Spread, Stage, Stall
from simulation.calendar import Seats
from simulation.deals import Deals, draw_shocks
from simulation.kernel import Outcome
from simulation.model import compile_case
from simulation.records import Records
from simulation.streams import Stream
from simulation.stress import base_case
from tests.simulation.fields import make_field, make_opening, make_process, one_stage, results, year

OPENING = make_opening(
    [("a", 0, 1, 50_000, 3.0), ("b", 2, 0, 70_000, 0.0), ("c", 1, 1, 20_000, 90.0), ("d", 2, 1, 90_000, 0.0)]
)


def worked_hours(deals: Deals, seats: Seats, records: Records, territory: np.ndarray) -> np.ndarray:
    """Hours of work done on deals within the year, by territory: the whole effort, or what the clock has left."""
    started = ~np.isnan(records.work_start)
    begin = np.where(started, records.work_start, 0.0)
    days = np.arange(seats.deal_hours.shape[1])
    at = np.array(
        [np.interp(day, days, seats.deal_hours[t]) for day, t in zip(begin, territory, strict=True)]
    )
    effort = deals.told("effort_hours")[records.deal, records.round, records.stage]
    hours = np.where(np.isnan(records.work_end), seats.deal_hours[territory, -1] - at, effort)
    return np.bincount(territory, weights=np.where(started, hours, 0.0), minlength=2)


def test_bookings_are_compound_poisson_without_queues() -> None:
    """With endless capacity a year's bookings have the compound Poisson mean and variance.

    All deals appear in the first half-year and end soon, so each is decided. 12 deals a year x 0.3 won,
    amounts of mean 1,000 and cv 0.8, over 2 x 700 territory-years: limits are 4 standard errors (1.4 to 7 %).
    The count of wins is Poisson: its variance equals its mean.
    """
    field = make_field(
        territory=np.array([0, 1, 1], dtype=np.int32),
        demand=np.array([12.0, 12.0, 0.0]),
        month_share=np.repeat([1 / 6, 0.0], 6),
        capacity=np.full(2, 1000.0),
    )
    years = results(field, 700)
    bookings = np.array([y.bookings_cents.sum(axis=1) for y in years]).ravel() / 100
    won = np.array([y.won for y in years]).ravel()
    assert sum(int(y.open.sum()) for y in years) == 0
    mean = 12 * 0.3
    assert won.mean() == pytest.approx(mean, rel=0.056)
    assert won.var() == pytest.approx(mean, rel=0.16)
    assert bookings.mean() == pytest.approx(mean * 1000, rel=0.073)
    assert bookings.var() == pytest.approx(mean * 1000**2 * (1 + 0.8**2), rel=0.29)
    # the two territories share nothing but the shocks, which are off
    pairs = bookings.reshape(-1, 2)
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.15


def test_common_shocks_widen_the_company() -> None:
    """With shocks the two territories' wins move together, as the variance of the shock says.

    60 wins a territory-year; demand cv 0.3: correlation 0.3^2 60 / (0.3^2 60 + 1) = 0.84, 100 years.
    """
    field = make_field(
        territory=np.array([0, 1, 1], dtype=np.int32),
        demand=np.array([200.0, 200.0, 0.0]),
        month_share=np.repeat([1 / 6, 0.0], 6),
        capacity=np.full(2, 1000.0),
        process=make_process(macro=Macro(demand=0.3, win_rate=0.0, deal_size=0.0)),
    )
    won = np.array([y.won for y in results(field, 100)])
    assert won.mean() == pytest.approx(60, rel=0.13)
    assert np.corrcoef(won.T)[0, 1] == pytest.approx(0.84, abs=0.13)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**63 - 1), load=st.floats(0, 3000), leave=st.floats(0, 1), fte=st.floats(0.05, 3))
def test_nothing_is_lost_or_invented(seed: int, load: float, leave: float, fte: float) -> None:
    """Deals = won + lost + open, months add up to the won amounts, no one works more hours than there are."""
    field = make_field(
        opening=OPENING,
        load_hours=np.array([load, 0.0]),
        capacity=np.array([fte, 1.0]),
        start_day=np.array([-900.0, 120.0]),
        process=make_process(
            attrition=Attrition(annual_rate=leave, hiring_delay_days=45.5),
            macro=Macro(),
            stages=[
                stage.model_copy(
                    update={
                        "stall": Stall(chance=0.3, days=Spread(mean=30.0, cv=0.5)),
                        "patience_days": Spread(mean=20.0, cv=0.5),
                    }
                )
                for stage in make_process().stages
            ],
            returns=2,
        ),
    )
    deals, seats, records, counted = year(field, seed=seed)
    territory = field.territory[deals.unit]
    ended = counted.won + counted.lost + counted.open
    assert ended.tolist() == np.bincount(territory, minlength=2).tolist()
    won = records.deal[records.outcome == Outcome.WON]
    assert len(set(won.tolist())) == len(won)
    for t in range(2):
        assert counted.bookings_cents[t].sum() == deals.amount_cents[won][territory[won] == t].sum()
    worked = worked_hours(deals, seats, records, territory[records.deal])
    assert (worked <= seats.deal_hours[:, -1] + 1e-9).all()
    assert counted.used_hours == pytest.approx(worked + seats.productive_hours * seats.care_share)
    times = np.column_stack([records.entered, records.work_start, records.work_end, records.left])
    steps = np.diff(times, axis=1)
    assert (steps[~np.isnan(steps)] >= 0).all()
    assert np.nanmax(times) < 365
    gave_up = records.outcome == Outcome.GAVE_UP
    assert counted.gave_up.tolist() == np.bincount(territory[records.deal[gave_up]], minlength=2).tolist()
    assert (counted.gave_up <= counted.lost).all()
    assert np.bincount(records.deal[records.round > 0]).max(initial=0) <= 4
    # nothing is won or lost while nobody is there, but for customers who do not wait
    seat = territory[records.deal]
    decided = (records.outcome != Outcome.OPEN) & ~gave_up
    left = records.left[decided]
    empty = (left < seats.filled[seat[decided]]) | (
        (left >= seats.left[seat[decided]]) & (left < seats.refilled[seat[decided]])
    )
    assert not empty.any()


def test_a_year_without_chance_is_counted_by_hand() -> None:
    """Three opening deals, no spread: work from Friday on, answers after ten days, the right months.

    Day 0 is a Friday; 261 weekdays share 2,610 hours, so a day has 10. Deal a has been with the customer for
    4 days: won on day 6. Deal b needs 25 hours: 10 on Friday, 10 on Monday, 5 on Tuesday: done on day 4.5;
    ten days later, on day 14.5, it is won. Deal c waits for b, is worked on from day 4.5 to 7 and won on 17.
    """
    field = make_field(
        demand=np.zeros(3),
        load_hours=np.zeros(2),
        month_names=("2027-01", *[f"2027-{m:02d}" for m in range(2, 13)]),
        process=one_stage(25.0, 10.0, hours_per_year=2610.0),
        opening=make_opening([("a", 0, 0, 111, 4.0), ("b", 0, 0, 222, 0.0), ("c", 1, 0, 444, 0.0)]),
    )
    _, _, records, counted = year(field)
    by_deal = records.deal.argsort()
    assert records.left[by_deal] == pytest.approx([6.0, 14.5, 17.0])
    assert records.work_start[by_deal][1:] == pytest.approx([0.0, 4.5])
    assert records.work_end[by_deal][1:] == pytest.approx([4.5, 7.0])
    assert counted.bookings_cents[0].tolist() == [777] + [0] * 11
    assert counted.used_hours == pytest.approx([50.0, 0.0])
    assert counted.hours == pytest.approx([2610.0, 2610.0])
    assert (counted.waits.tolist(), counted.waiting_days.tolist()) == ([2, 0], [pytest.approx(4.5), 0.0])
    later = replace(
        field,
        month_names=("2027-12", *field.month_names[:11]),
        process=one_stage(25.0, 27.0, hours_per_year=2610.0),
    )
    # answers now come on days 23, 31.5 and 34; December has 31 days
    assert year(later)[3].bookings_cents[0].tolist() == [111, 666] + [0] * 10


def test_the_first_moment_of_a_month_belongs_to_it() -> None:
    """An answer at the very beginning of day 31 is booked in February."""
    field = make_field(
        demand=np.zeros(3), process=one_stage(25.0, 35.0), opening=make_opening([("a", 0, 0, 111, 4.0)])
    )
    _, _, records, counted = year(field)
    assert records.left.tolist() == [31.0]
    assert counted.bookings_cents[0].tolist() == [0, 111] + [0] * 10


def test_opening_deals_wait_in_their_later_stages() -> None:
    """A deal whose first stage needed no rep is counted as waiting from its next stage on."""
    process = make_process(
        stages=[
            Stage(name=name, effort_hours=Spread(mean=8.0), days=Spread(mean=5.0), advance=1.0)
            for name in ("qualify", "propose")
        ]
    )
    counted = year(
        make_field(
            demand=np.zeros(3),
            process=process,
            start_day=np.array([20.0, 0.0]),
            opening=make_opening([("a", 0, 0, 111, 3.0)]),
        )
    )[3]
    # nobody hears the answer before day 20, a Thursday; the work of the next stage begins at once
    assert (counted.waits.tolist(), counted.waiting_days.tolist()) == ([1, 0], [0.0, 0.0])


def test_the_years_shock_moves_the_last_stage_only() -> None:
    """A deal advances if its luck is below the stage's chance, in the last stage times the year's factor."""
    process = make_process(macro=Macro(demand=0.0, win_rate=0.4, deal_size=0.0))
    field = make_field(process=process, capacity=np.full(2, 1000.0), demand=np.full(3, 100.0))
    model = compile_case(base_case(field))
    chances = [stage.advance for stage in process.stages]
    for r in range(4):
        shock = draw_shocks(model, Stream(3, r)).win_rate
        deals, _, records, _ = year(field, r)
        ended = records.outcome != Outcome.OPEN
        stage = records.stage[ended]
        chance = np.where(stage == 1, min(1.0, chances[1] * shock), chances[0])
        advanced = records.outcome[ended] != Outcome.LOST
        assert np.array_equal(advanced, deals.told("outcome")[records.deal[ended], 0, stage] < chance)
        assert abs(shock - 1) > 0.02


def test_what_still_waits_at_the_end_counts_as_waiting() -> None:
    """A deal nobody ever turns to has waited the whole year."""
    field = make_field(
        demand=np.zeros(3), start_day=np.array([365.0, 0.0]), opening=make_opening([("a", 0, 0, 1, 0.0)])
    )
    counted = year(field)[3]
    assert (counted.waiting_days[0], counted.waits[0], counted.open[0], counted.hours[0]) == (
        365.0,
        1,
        1,
        0.0,
    )


def test_skill_is_the_person_and_spreads_wins() -> None:
    """Skill leaves the mean of wins alone and adds its variance: a person of cv 0.4, 60 wins a year."""

    def wins(cv: float) -> np.ndarray:
        field = make_field(
            territory=np.array([0, 1, 1], dtype=np.int32),
            demand=np.array([240.0, 240.0, 0.0]),
            month_share=np.repeat([1 / 6, 0.0], 6),
            capacity=np.full(2, 1000.0),
            process=one_stage(1.0, 2.0, advance=0.25, skill_cv=cv),
        )
        return np.array([y.won for y in results(field, 100)])

    same, different = wins(0.0), wins(0.4)
    assert same.mean() == pytest.approx(60, rel=0.04)
    assert different.mean() == pytest.approx(60, rel=0.12)
    assert same.std() == pytest.approx(60**0.5, rel=0.2)
    assert different.std() == pytest.approx((60 + (0.4 * 60) ** 2) ** 0.5, rel=0.25)
    assert abs(np.corrcoef(different.T)[0, 1]) < 0.4  # another person in each seat (4 standard errors)


def test_stalls_and_patience_change_the_year_as_they_should() -> None:
    """Stalled deals come back: more are won than if they were lost, and patience turns waiting into losses."""

    def total(**changes: Any) -> list[int]:
        stages = [stage.model_copy(update=changes) for stage in make_process().stages]
        process = make_process(stages=stages, hours_per_year=1100.0)
        years = results(make_field(process=process, demand=np.full(3, 60.0)), 30)
        return [sum(int(getattr(y, name).sum()) for y in years) for name in ("won", "gave_up", "waits")]

    plain = total()
    stalls = total(stall=Stall(chance=0.3, days=Spread(mean=10.0)))
    hasty = total(patience_days=Spread(mean=10.0))
    assert stalls[0] > 1.02 * plain[0]
    assert plain[1] == stalls[1] == 0 < hasty[1]
    assert stalls[2] > plain[2]
