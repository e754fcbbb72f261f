"""Stress cases change the one thing they are about, for the territories they say."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from engine.scenario.schema import Attrition, Macro, StressName
from simulation.model import Case
from simulation.replicate import replicate
from simulation.run import overlay
from simulation.stress import base_case, stress_case, top_rep
from tests.simulation.fields import make_field, make_process

EXPECTED = np.array([100.0, 900.0])
PROCESS = make_process(
    macro=Macro(), attrition=Attrition(annual_rate=0.4, hiring_delay_days=60.0), skill_cv=0.2
)


def test_the_base_case_is_the_field() -> None:
    """Nobody is made to leave and every territory is simulated."""
    field = make_field()
    base = base_case(field)
    assert (base.name, base.field) == ("base", field)
    assert np.isinf(base.leaving).all()
    assert base.touched.all()


def test_the_top_rep_has_the_highest_bookings_last_year() -> None:
    """Last year decides, else the base case; vacant and future seats never leave."""
    field = make_field()
    unknown = replace(field, last_year_cents=np.array([-1, -1]))
    assert top_rep(field, EXPECTED) == 0
    assert top_rep(unknown, EXPECTED) == 1
    assert top_rep(replace(unknown, rep_ids=("R1", "")), EXPECTED) == 0
    assert top_rep(replace(field, start_day=np.array([91.0, 0.0])), EXPECTED) == 1
    assert top_rep(replace(field, rep_ids=("", "")), EXPECTED) is None


def test_only_the_top_rep_leaves() -> None:
    """The top rep's seat is empty from day 90, and only that territory is simulated again."""
    case = stress_case("top_rep_leaves", make_field(), EXPECTED)
    assert case.leaving.tolist() == [90.0, np.inf]
    assert case.touched.tolist() == [True, False]
    nobody = stress_case("top_rep_leaves", make_field(rep_ids=("", "")), EXPECTED)
    assert not nobody.touched.any()
    assert np.isinf(nobody.leaving).all()


def test_demand_falls_everywhere() -> None:
    """Demand is four fifths in every unit; nothing else changes."""
    field = make_field()
    case = stress_case("demand_-20%", field, EXPECTED)
    assert case.field.demand == pytest.approx(field.demand * 0.8)
    for one in fields(field):
        if one.name != "demand":
            before, after = getattr(field, one.name), getattr(case.field, one.name)
            same = np.array_equal(before, after) if isinstance(before, np.ndarray) else before is after
            assert same or before == after, one.name
    assert (case.name, case.touched.all()) == ("demand_-20%", True)


def test_hiring_slips() -> None:
    """Open seats, future hires and backfills come 90 days later; who is there stays there."""
    field = make_field(
        territory_ids=("A", "B", "C", "D"),
        rep_ids=("R1", "", "R3", ""),
        start_day=np.array([-10.0, -10.0, 31.0, 90.0]),
        process=PROCESS,
    )
    case = stress_case("hiring_slips_90d", field, EXPECTED)
    assert case.field.start_day.tolist() == [-10.0, 90.0, 121.0, 180.0]
    assert case.field.process.attrition == Attrition(annual_rate=0.4, hiring_delay_days=150.0)
    assert case.touched.tolist() == [False, True, True, True]
    assert case.backfills


def test_slower_cycles() -> None:
    """Customers take a quarter longer with the same relative spread; effort and odds stay."""
    field = make_field()
    stages = stress_case("slower_cycles", field, EXPECTED).field.process.stages
    assert [stage.days.mean for stage in stages] == [12.5, 25.0]
    assert [stage.days.cv for stage in stages] == [0.5, 0.5]
    for old, new in zip(field.process.stages, stages, strict=True):
        assert old == new.model_copy(update={"days": old.days})


@pytest.mark.parametrize("name", ["top_rep_leaves", "hiring_slips_90d"])
@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_untouched_territories_need_no_second_simulation(name: StressName, rate: float) -> None:
    """Taking untouched territories from the base case gives exactly what simulating all of them gives."""
    field = make_field(
        rep_ids=("R1", ""),
        start_day=np.array([-100.0, 30.0]),
        process=PROCESS.model_copy(update={"attrition": Attrition(annual_rate=rate)}),
    )
    case = stress_case(name, field, EXPECTED)
    everything = replace(case, touched=np.ones(2, dtype=bool))
    base, some, whole = (
        replicate(c, 5, 6, 1, lambda done: None) for c in (base_case(field), case, everything)
    )
    merged = overlay(base, some)
    assert all(np.array_equal(a, b) for a, b in zip(merged, whole, strict=True))
    assert not np.array_equal(base.bookings_cents, whole.bookings_cents)
    assert not some.simulated.all()


@pytest.mark.parametrize("name", ["top_rep_leaves", "demand_-20%", "hiring_slips_90d", "slower_cycles"])
def test_every_stress_case_costs_bookings(name: StressName) -> None:
    """Each case lowers mean bookings by more than twice the standard error of the difference."""
    field = make_field(
        rep_ids=("R1", ""),
        demand=np.full(3, 60.0),
        start_day=np.array([-500.0, 30.0]),
        capacity=np.array([3.0, 0.6]),
        process=make_process(attrition=Attrition(annual_rate=0.0, hiring_delay_days=150.0)),
    )

    def company(case: Case) -> np.ndarray:
        return replicate(case, 1, 60, 1, lambda done: None).bookings_cents.sum(axis=(1, 2))

    everywhere = np.ones(2, dtype=bool)
    case = replace(stress_case(name, field, EXPECTED), touched=everywhere)
    difference = company(case) - company(base_case(field))
    assert difference.mean() < -2 * difference.std(ddof=1) / len(difference) ** 0.5
