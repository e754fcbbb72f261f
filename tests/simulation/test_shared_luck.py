"""Common random numbers: what a change does not touch stays identical, what it improves never gets worse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.scenario.schema import Attrition, Macro, StressCase
from simulation.kernel import Outcome
from simulation.model import Case, compile_case
from simulation.replicate import replicate
from simulation.streams import Stream
from simulation.stress import base_case, own_case
from simulation.year import simulate_year, tally
from tests.simulation.fields import make_field, make_process, one_stage, results, year


def test_an_untouched_territory_does_not_see_another_alignment() -> None:
    """Moving units between two territories leaves the third one's year identical to the cent."""
    labels: dict[str, Any] = {
        "territory_ids": ("A", "B", "C"),
        "unit_ids": ("u1", "u2", "u3", "u4"),
        "demand": np.full(4, 30.0),
        "process": make_process(macro=Macro(), skill_cv=0.2, attrition=Attrition(annual_rate=0.5)),
    }
    for name in ("capacity", "start_day", "ramp_days", "load_hours"):
        labels[name] = {"capacity": np.ones(3), "start_day": np.full(3, -99.0)}.get(name, np.full(3, 300.0))
    one = make_field(territory=np.array([0, 0, 1, 2], dtype=np.int32), **labels)
    two = make_field(territory=np.array([0, 1, 0, 2], dtype=np.int32), **labels)
    for before, after in zip(results(one, 15), results(two, 15), strict=True):
        assert all(np.array_equal(old[2], new[2]) for old, new in zip(before, after, strict=True))
    assert any(
        not np.array_equal(b.bookings_cents, a.bookings_cents)
        for b, a in zip(results(one, 5), results(two, 5), strict=True)
    )


def test_a_seat_keeps_its_luck_beside_other_seats() -> None:
    """Who sits in a position, and for how long, depends on its id, not on which positions there are."""
    process = make_process(skill_cv=0.5, attrition=Attrition(annual_rate=0.6))
    both = make_field(process=process)
    alone = make_field(
        process=process,
        territory=np.zeros(3, dtype=np.int32),
        demand=np.array([0.0, 0.0, 30.0]),
        territory_ids=("B",),
        **{name: getattr(both, name)[1:] for name in ("capacity", "start_day", "ramp_days", "load_hours")},
    )
    for two, one in zip(results(both, 10), results(alone, 10), strict=True):
        assert all(np.array_equal(a[1], b[0]) for a, b in zip(two, one, strict=True))


def test_a_leaving_rep_does_not_touch_the_others() -> None:
    """When a seat becomes empty, the other's year stays identical to the cent, and the seat books less."""
    field = make_field(demand=np.full(3, 60.0))
    base = base_case(field)
    leaves = Case("leaves", field, np.array([90.0, np.inf]), base.touched)
    models = compile_case(base), compile_case(leaves)
    sums = np.zeros(2)
    for r in range(15):
        before, after = (tally(model, *simulate_year(model, Stream(3, r))) for model in models)
        assert all(np.array_equal(old[1], new[1]) for old, new in zip(before, after, strict=True))
        sums += before.bookings_cents[0].sum(), after.bookings_cents[0].sum()
    assert sums[1] < 0.8 * sums[0]


def test_more_hours_never_finish_less() -> None:
    """With one stage and first come, first served, more hours finish every task earlier or equally early."""
    slow = make_field(process=one_stage(30.0, 5.0, advance=0.5, cv=0.7), demand=np.full(3, 50.0))
    fast = replace(slow, capacity=slow.capacity * 1.2)
    gained = 0
    for r in range(10):
        ends = []
        for field in (slow, fast):
            _, _, records, counted = year(field, r)
            ends.append(dict(zip(records.deal.tolist(), records.work_end.tolist(), strict=True)))
            gained += int(counted.won.sum()) * (1 if field is fast else -1)
        for deal, end in ends[0].items():
            assert np.isnan(end) or ends[1][deal] <= end + 1e-9
    assert gained > 0


def test_better_odds_never_lose_a_deal() -> None:
    """With room for all, every deal won at lower odds is won at higher odds too."""
    roomy = make_field(capacity=np.full(2, 1000.0), process=make_process(macro=Macro(), skill_cv=0.3))
    stages = roomy.process.stages
    better = replace(
        roomy,
        process=roomy.process.model_copy(
            update={"stages": [s.model_copy(update={"advance": s.advance + 0.1}) for s in stages]}
        ),
    )
    more = 0
    for r in range(10):
        won = []
        for field in (roomy, better):
            records = year(field, r)[2]
            won.append(set(records.deal[records.outcome == Outcome.WON].tolist()))
        assert won[0] <= won[1]
        more += len(won[1]) - len(won[0])
    assert more > 0


@pytest.mark.parametrize("skill_cv", [0.0, 0.5])
def test_a_successor_is_another_person(skill_cv: float) -> None:
    """Replaced at once and without a ramp, a rep changes nothing but skill, and only from that day on."""
    process = make_process(skill_cv=skill_cv, attrition=Attrition(hiring_delay_days=0.0))
    field = make_field(ramp_days=np.zeros(2), process=process, demand=np.full(3, 60.0))
    base = base_case(field)
    leaves = Case("leaves", field, np.array([181.0, np.inf]), base.touched)
    models = compile_case(base), compile_case(leaves)
    first, second = 0, 0
    for r in range(6):
        before, after = (tally(model, *simulate_year(model, Stream(3, r))) for model in models)
        changed = (before.bookings_cents != after.bookings_cents)[0]
        first, second = first + changed[:6].sum(), second + changed[6:].sum()
    assert first == 0
    assert (second > 0) == (skill_cv > 0)


def test_a_shock_is_seen_six_times_as_sharply_as_by_chance() -> None:
    """Less demand in the same years: the difference varies less than a fifth as much as between independent years.

    150 years: the ratio of variances is known within a factor of 1.6, and it is above 8 here.
    """
    field = make_field(demand=np.full(3, 40.0))
    less = own_case(StressCase(name="less", demand=0.8), field)
    here, there = (
        replicate(case, 3, 300, 1, lambda _: None).bookings_cents.sum(axis=(1, 2)) / 100
        for case in (base_case(field), less)
    )
    paired, apart = (there[:150] - here[:150]).var(), (there[150:] - here[:150]).var()
    assert apart / paired > 5
