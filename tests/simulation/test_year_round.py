"""What the year brings: training, changed hands, campaigns, quarter ends, renewals, holidays, rates known from few decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.attainment import CampaignPlan, SalesField
from engine.scenario.schema import Handoff, Macro, QuarterEnd, Renewals, StressCase, Training
from simulation.calendar import seat_year
from simulation.deals import draw_shocks
from simulation.drivers import driver_table
from simulation.model import compile_case
from simulation.replicate import replicate
from simulation.streams import Stream
from simulation.stress import base_case, own_case
from simulation.year import Results
from tests.simulation.fields import make_contracts, make_field, make_process, one_stage, results, year

IDLE = {"capacity": np.full(2, 1000.0)}


def won(field: SalesField, years: int) -> np.ndarray:
    """Wins by year and territory."""
    return np.array([result.won for result in results(field, years)])


def with_stage(process: Any, **changes: Any) -> Any:
    stages = [process.stages[0].model_copy(update=changes), *process.stages[1:]]
    return process.model_copy(update={"stages": stages})


def test_training_works_from_its_day_on() -> None:
    """A stage that never lets a deal go on until 2 July lets 60 % go on after that, and nothing before."""
    process = one_stage(1.0, 1.0, advance=0.3)
    trained = with_stage(process, training=Training(date=date(2027, 7, 2), factor=2.0))
    plain = [year(make_field(process=process, **IDLE), r)[3] for r in range(60)]
    better = [year(make_field(process=trained, **IDLE), r)[3] for r in range(60)]
    before, after = (np.sum([y.bookings_cents for y in some], axis=(0, 1)) for some in (plain, better))
    assert (before[:6] == after[:6]).all()
    assert after[6:].sum() / before[6:].sum() == pytest.approx(2.0, rel=0.15)


def test_changed_hands_win_less_often_and_nothing_else_changes() -> None:
    """Wins of a unit that changed hands are 0.7 of those it would have; the other units' years stay to the cent."""
    process = one_stage(1.0, 1.0, advance=0.5)
    field = make_field(process=process, demand=np.array([0.0, 60.0, 60.0]), **IDLE)
    moved = replace(
        field,
        handed=np.array([False, True, False]),
        process=process.model_copy(update={"handoff": Handoff(win_rate=0.7)}),
    )
    before, after = won(field, 200), won(moved, 200)
    assert (before[:, 1] == after[:, 1]).all()
    assert after[:, 0].sum() / before[:, 0].sum() == pytest.approx(0.7, rel=0.03)
    assert (after[:, 0] <= before[:, 0]).all()


def test_the_spread_of_handoffs_is_drawn_by_unit_and_year() -> None:
    """With cv 0.3 the mean stays at 0.7 and years differ more."""
    process = one_stage(1.0, 1.0, advance=0.9)
    field = make_field(process=process, demand=np.array([0.0, 200.0, 0.0]), handed=np.ones(3, bool), **IDLE)

    def wins(cv: float) -> np.ndarray:
        return won(
            replace(field, process=process.model_copy(update={"handoff": Handoff(win_rate=0.5, cv=cv)})), 300
        )[:, 0]

    steady, spread = wins(0.0), wins(0.3)
    assert spread.mean() == pytest.approx(steady.mean(), rel=0.05)
    assert spread.var() > 3 * steady.var()


def test_a_campaign_adds_its_deals_and_leaves_the_others_alone() -> None:
    """9 more opportunities a year in u1 between two days; without the campaign every other deal is the same."""
    process = one_stage(1.0, 1.0, advance=1.0)
    plain = make_field(process=process, **IDLE)
    campaign = CampaignPlan("spring", 31.0, 90.0, np.array([9.0, 0.0, 0.0]))
    more = replace(plain, campaigns=(campaign,))
    extra = []
    for r in range(200):
        old, new = year(plain, r)[0], year(more, r)[0]
        added = new.serial >= 2**16
        assert (new.unit[added] == 0).all()
        assert ((new.arrival[added] >= 31) & (new.arrival[added] <= 90)).all()
        assert (new.arrival[~added] == old.arrival).all() and (
            new.amount_cents[~added] == old.amount_cents
        ).all()
        extra.append(added.sum())
    assert np.mean(extra) == pytest.approx(9.0, abs=4 * 3 / np.sqrt(200))


def test_a_quarter_end_pulls_deals_forward_at_a_discount() -> None:
    """Every deal won in the first 10 days of a quarter is booked in the month before at 90 %, but for the first quarter."""
    process = one_stage(0.5, 1.0, advance=1.0)
    pulling = process.model_copy(update={"quarter_end": QuarterEnd(days=10, chance=1.0, discount=0.1)})
    field = make_field(process=process, **IDLE)
    for r in range(20):
        deals, _, records, plain = year(field, r)
        pulled = year(replace(field, process=pulling), r)[3]
        edges = compile_case(base_case(field)).month_edges
        wins = records.outcome == 2
        day, cents = records.left[wins], deals.amount_cents[records.deal[wins]]
        month = np.searchsorted(edges, day, side="right") - 1
        early = (month > 0) & (month % 3 == 0) & (day - edges[month] < 10)
        wanted = np.zeros(12, dtype=np.int64)
        np.add.at(wanted, month - early, np.where(early, np.rint(cents * 0.9), cents).astype(np.int64))
        assert plain.bookings_cents.sum() == cents.sum()
        assert pulled.bookings_cents.sum(axis=0).tolist() == wanted.tolist()


def test_renewals_are_booked_once_and_take_no_hours() -> None:
    """80 % of 100 contracts of 500 renew, 5 % larger; where hands changed 0.5 of them; hours and deals stay."""
    rows = [(f"c{n:03d}", n % 2, 0, 50_000) for n in range(100)]
    process = make_process(renewals=Renewals(rate=0.8, expansion=0.05), handoff=Handoff(win_rate=0.5))
    field = make_field(demand=np.zeros(3), process=process, contracts=make_contracts(rows))
    years = results(field, 100)
    cents = np.array([y.bookings_cents[0].sum() for y in years])
    assert (cents % 52_500 == 0).all()
    assert cents.mean() / 52_500 == pytest.approx(80, abs=1.7)
    months = np.sum([y.bookings_cents[0] for y in years], axis=0)
    assert months.min() / months.max() > 0.8
    handed = results(replace(field, handed=np.array([True, False, False])), 100)
    assert np.mean([y.bookings_cents[0].sum() for y in handed]) / 52_500 == pytest.approx(60, abs=2.2)
    assert sum(y.won.sum() for y in years) == 0


def test_nobody_works_on_a_holiday() -> None:
    """No hours pass on a holiday, and those of the year fall on the other days."""
    plain, closed = make_field(), make_field(holidays=(4, 5, 6))
    never = np.full(2, np.inf)
    before, after = seat_year(plain, never), seat_year(closed, never)
    assert (np.diff(after.deal_hours, axis=1)[:, [4, 5, 6]] == 0).all()
    assert after.productive_hours == pytest.approx(before.productive_hours)


def test_care_takes_its_hours_however_few_there_are() -> None:
    """With 10 % fewer hours the hours of care stay, so deals lose more than 10 %."""
    field = make_field()  # 800 of 1,650 hours are care
    less = seat_year(replace(field, hours_factor=np.full(2, 0.9)), np.full(2, np.inf))
    assert less.productive_hours * less.care_share == pytest.approx(np.full(2, 800.0))
    assert less.deal_hours[:, -1] == pytest.approx(np.full(2, 0.9 * 1650 - 800))


def test_rates_are_drawn_from_what_few_observations_leave_open() -> None:
    """A rate of 0.4 from 50 decisions is beta(20, 30): mean 0.4, variance 0.24 / 51; from very many it is itself."""
    process = with_stage(one_stage(1.0, 1.0, advance=0.4), observations=50.0)
    model = compile_case(base_case(make_field(process=process)))
    drawn = np.array([draw_shocks(model, Stream(1, r)).advance[0] for r in range(4000)])
    assert drawn.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / 51 / 4000))
    assert drawn.var() == pytest.approx(0.24 / 51, rel=0.1)
    sure = compile_case(base_case(make_field(process=with_stage(process, observations=1e9))))
    assert draw_shocks(sure, Stream(1, 0)).advance[0] == pytest.approx(0.4, abs=1e-3)
    assert len({draw_shocks(model, Stream(1, r)).demand for r in range(5)}) == 1


def test_a_case_of_ones_own_concerns_its_regions_only() -> None:
    """A competitor in the South leaves the North's year alone to the cent."""
    field = make_field(demand=np.full(3, 60.0))
    case = own_case(StressCase(name="rival", win_rate=0.5, regions=["South"]), field)
    assert case.touched.tolist() == [False, True]
    whole = replace(case, touched=np.ones(2, dtype=bool))
    before, after = (replicate(one, 1, 40, 1, lambda _: None) for one in (base_case(field), whole))
    assert (before.bookings_cents[:, 0] == after.bookings_cents[:, 0]).all()
    assert after.won[:, 1].sum() < 0.7 * before.won[:, 1].sum()


def base(field: SalesField, years: int) -> Results:
    return replicate(base_case(field), 5, years, 1, lambda _: None)


def test_drivers_and_the_placebo() -> None:
    """The placebo is exactly 0; deal size moves bookings by 10 %; with idle reps leads do too and hours do nothing."""
    field = make_field(demand=np.full(3, 200.0), process=one_stage(0.1, 1.0, advance=0.9), **IDLE)
    table = driver_table(field, base(field, 50), 5, 50, 1, lambda *_: None).set_index("driver")
    assert (table.loc["placebo", ["down", "down_low", "down_high", "up", "up_low", "up_high"]] == 0).all()
    assert table.loc["deal size", ["down", "up"]].tolist() == pytest.approx([-0.1, 0.1], abs=1e-4)
    assert table.loc["leads", ["down", "up"]].tolist() == pytest.approx([-0.1, 0.1], abs=0.02)
    assert abs(table.loc["hours", "down"]) < 0.01
    assert table.loc[["leads", "hours"], "usual"].tolist() == ["no", "no"]
    busy = make_field(demand=np.full(3, 900.0))
    worked = driver_table(busy, base(busy, 30), 5, 30, 1, lambda *_: None).set_index("driver")
    assert worked.loc["hours", "down"] < -0.05 < worked.loc["leads", "down"] + 0.03
    assert worked.loc["effort", "down"] > 0


def test_a_demand_shock_is_seen_through_luck() -> None:
    """With shared luck the difference a demand shock makes varies at least 5 times less than with fresh luck."""
    field = make_field(process=make_process(macro=Macro(), skill_cv=0.2), demand=np.full(3, 60.0))
    less = own_case(StressCase(name="less", demand=0.8), field)
    one = replicate(base_case(field), 1, 200, 1, lambda _: None).bookings_cents.sum(axis=(1, 2))
    two, fresh = (
        replicate(less, seed, 200, 1, lambda _: None).bookings_cents.sum(axis=(1, 2)) for seed in (1, 2)
    )
    assert np.var(fresh - one) / np.var(two - one) >= 5
