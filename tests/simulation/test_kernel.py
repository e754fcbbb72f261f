"""The compiled kernel against the SimPy model: every number of every visit, without tolerance."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import date
from typing import Any, get_args

import numpy as np
import pytest

from engine.attainment import CampaignPlan
from engine.scenario.schema import (
    Attrition,
    Handoff,
    Macro,
    Pool,
    QuarterEnd,
    Renewals,
    Specialist,
    Spread,
    Stall,
    StressName,
    Training,
    Vacations,
)
from simulation import interpreters
from simulation.deals import Deals
from simulation.interpreters import run_kernel, run_simpy
from simulation.kernel import Course, Kind, Outcome, Teams
from simulation.model import Case, compile_case
from simulation.records import Records
from simulation.replicate import replicate
from simulation.streams import Stream
from simulation.stress import base_case, stress_case
from simulation.year import simulate_year
from tests.simulation.fields import make_contracts, make_field, make_opening, make_process

SPECS = 2000
STRESS: tuple[StressName, ...] = get_args(StressName)


def same(one: Records, two: Records) -> bool:
    columns = [(getattr(one, field.name), getattr(two, field.name)) for field in fields(Records)]
    return all(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True) for a, b in columns)


def times(rng: np.random.Generator, grid: bool, most: float, shape: int | tuple[int, ...]) -> np.ndarray:
    """Days or hours: on a coarse grid, so that much happens at once, or anything."""
    whole = rng.integers(0, round(most) + 1, shape).astype(np.float64)
    return whole if grid else rng.gamma(1.0, most / 2, shape)


def random_teams(rng: np.random.Generator, grid: bool, seats: int, stages: int, horizon: int) -> Teams:
    """Clocks with empty days, seats that are filled, left and refilled at any time, one to three servers.

    After the seats come stations of specialists; seats may form one cluster or several.
    """
    pools = rng.integers(0, 3)
    shape = seats + pools, horizon
    hours = times(rng, grid, 8.0, shape) * (rng.random(shape) < 0.8)
    days = times(rng, grid, horizon, (3, seats))
    left = np.where(rng.random(seats) < 0.5, days[1], np.inf)
    return Teams(
        hours=np.pad(np.cumsum(hours, axis=1), ((0, 0), (1, 0))),
        servers=rng.integers(1, 4, shape[0]),
        chances=rng.choice([0.0, 0.4, 0.8, 1.0], (seats, 2, stages)),
        filled=np.where(rng.random(seats) < 0.6, -np.inf, days[0]),
        left=left,
        refilled=np.where(rng.random(seats) < 0.8, left + days[2], np.inf),
        cluster=np.zeros(seats, np.int64) if pools else np.arange(seats),
    )


def random_course(rng: np.random.Generator, grid: bool, teams: Teams, horizon: int) -> Course:
    """Stages that may stall, be trained for and need specialists, each about every second time."""
    seats, _, stages = teams.chances.shape
    pools = len(teams.hours) - seats
    helper = rng.integers(seats, seats + pools, (seats, stages)) if pools else np.zeros((seats, stages), int)
    return Course(
        stall=rng.choice([0.0, 0.3, 0.6], stages),
        back=rng.integers(0, np.arange(stages) + 1),
        trained_from=np.where(rng.random(stages) < 0.5, times(rng, grid, horizon, stages), np.inf),
        trained=rng.choice([0.5, 1.5], stages),
        helper=np.where((rng.random((seats, stages)) < 0.5) & (pools > 0), helper, -1),
    )


def random_deals(rng: np.random.Generator, grid: bool, count: int, stages: int, horizon: int) -> Deals:
    """New and old deals of any age in any stage, some beyond the year; nothing need take any time."""
    none = np.zeros(count, dtype=np.int64)
    shape = (count, rng.integers(1, 4), stages)

    def some(most: float, share: float) -> np.ndarray:
        return times(rng, grid, most, shape) * (rng.random(shape) < share)

    return Deals(
        unit=none,
        serial=none,
        arrival=times(rng, grid, horizon / 2, count) * (rng.random(count) < 0.7),
        first_stage=rng.integers(0, stages, count) * (rng.random(count) < 0.4),
        age=times(rng, grid, 20.0, count) * (rng.random(count) < 0.3),
        amount_cents=none,
        odds=rng.choice([0.5, 1.0, 1.5], count),
        hasty=np.zeros(count, dtype=bool),
        renewed_cents=np.zeros((0, 12), dtype=np.int64),
        fate=np.stack(
            [
                some(rng.choice([1.0, 6.0, 60.0]), 0.9),  # the rep's hours
                some(rng.choice([1.0, 6.0, 60.0]), 0.9),  # the specialist's
                some(rng.choice([1.0, 8.0]), 0.9),  # days
                rng.choice([0.0, 0.4, 0.8], shape) if grid else rng.random(shape),  # outcome
                np.where(rng.random(shape) < 0.5, some(6.0, 0.9), np.inf),  # patience
                some(6.0, 0.9),  # asleep
            ],
            axis=-1,
        ),
    )


Spec = tuple[Deals, np.ndarray, Teams, Course]


def random_spec(seed: int) -> Spec:
    """A few territories, deals and stages over some weeks; every second spec is on a grid."""
    rng = np.random.default_rng(seed)
    grid = seed % 2 == 0
    seats, stages, horizon = rng.integers(1, 4), rng.integers(1, 5), rng.integers(3, 40)
    count = rng.integers(0, 40)
    deals = random_deals(rng, grid, count, stages, horizon)
    teams = random_teams(rng, grid, seats, stages, horizon)
    return deals, rng.integers(0, seats, count), teams, random_course(rng, grid, teams, horizon)


def features(spec: Spec, records: Records) -> dict[str, bool]:
    """Tell what a spec has brought about."""
    deals, territory, teams, course = spec
    seat, ended = territory[records.deal], records.outcome != Outcome.OPEN
    decided = ended & (records.outcome != Outcome.GAVE_UP)
    answer = np.where(np.isnan(records.help_end), records.work_end, records.help_end)
    answer = answer + deals.told("days")[records.deal, records.round, records.stage]
    starts = records.work_start[np.isfinite(records.work_start)]
    chance = teams.chances[seat, 0, records.stage]
    trained = records.left >= course.trained_from[records.stage]
    by_pool = course.helper[seat, records.stage]
    helped = [
        (by_pool == p) & np.isfinite(records.help_start) for p in range(len(teams.filled), len(teams.hours))
    ]
    luck = deals.told("outcome")[records.deal, records.round, records.stage]
    last = records.stage == teams.chances.shape[2] - 1
    return {
        **{outcome.name: bool((records.outcome == outcome).any()) for outcome in Outcome},
        "no deal": len(territory) == 0,
        "several servers": bool((teams.servers[seat] > 1).any()),
        "an old deal": bool((records.entered < 0).any()),
        "a wait for the rep": bool((records.work_start > records.entered).any()),
        "never begun": bool((np.isnan(records.work_start) & (records.entered >= 0)).any()),
        "never done": bool((np.isfinite(records.work_start) & np.isnan(records.work_end)).any()),
        "an answer that waits": bool((decided & (records.left > answer + 0.01)).any()),
        "an answer to the successor": bool((decided & (records.left >= teams.refilled[seat])).any()),
        "two at once": len(np.unique(starts)) < len(starts),
        "no time for work": bool((records.work_end == records.work_start).any()),
        "no time for an answer": bool((decided & (records.left == answer)).any()),
        "arrives after the end": bool((deals.arrival >= teams.hours.shape[1] - 1).any()),
        "later stage first": bool((np.diff(records.stage[np.argsort(records.work_start)]) < 0).any()),
        "comes back": bool((records.round > 0).any()),
        "comes back a second time": bool((records.round > 1).any()),
        "comes back to an earlier stage": bool(
            (
                (np.diff(records.deal[np.lexsort((records.entered, records.deal))]) == 0)
                & (np.diff(records.stage[np.lexsort((records.entered, records.deal))]) < 0)
            ).any()
        ),
        "training decides": bool((decided & trained & (luck < 1.5 * chance) & (luck >= chance)).any()),
        "odds decide": bool((decided & last & (luck < chance) & (luck >= 0.5 * chance)).any()),
        "a specialist": any(mask.any() for mask in helped),
        "a wait for a specialist": bool((records.help_start > records.work_end + 0.01).any()),
        "shared specialists": any(len(np.unique(seat[mask])) > 1 for mask in helped),
        "two pools": len(helped) > 1 and all(mask.any() for mask in helped),
    }


def test_random_specs_give_the_same_visits() -> None:
    """2,000 random specs, every feature in at least 50 of them: the same rows in the same order."""
    seen: Counter[str] = Counter()
    for seed in range(SPECS):
        spec = random_spec(seed)
        records = run_simpy(*spec)
        assert same(records, run_kernel(*spec)), f"spec {seed}"
        seen.update(features(spec, records))
    assert min(seen.values()) >= 50, seen


def random_keys(rng: np.random.Generator) -> dict[str, Any]:
    """Keys of a process of two stages, each there or left out by chance."""

    def maybe(value: Any) -> Any:
        return value if rng.random() < 0.7 else None

    qualify, propose = make_process().stages
    pool = Pool(name="desk", people=1, shared_by=rng.choice(["company", "region"]), hours_per_year=300.0)
    changes = {
        "stall": maybe(Stall(chance=0.3, days=Spread(mean=20.0, cv=1.0), back_to="qualify")),
        "patience_days": maybe(Spread(mean=15.0, cv=1.0)),
        "training": maybe(Training(date=date(2027, 3, 1), factor=float(rng.choice([0.5, 1.4])))),
        "specialist": maybe(Specialist(pool="desk", effort_hours=Spread(mean=4.0, cv=0.5))),
    }
    return {
        "stages": [
            qualify.model_copy(
                update={
                    "stall": maybe(Stall(chance=0.1, days=Spread(mean=9.0))),
                    "observations": maybe(30.0),
                }
            ),
            propose.model_copy(update=changes),
        ],
        "returns": int(rng.integers(1, 4)),
        "pools": [pool],
        "holidays": [date(2027, 5, 3), date(2027, 12, 24)][: int(rng.integers(0, 3))],
        "handoff": maybe(Handoff(win_rate=0.7, cv=0.2)),
        "quarter_end": maybe(QuarterEnd(days=20, chance=0.6, discount=0.1)),
        "vacations": maybe(Vacations(days=int(rng.integers(1, 30)), block_days=int(rng.integers(1, 11)))),
        "renewals": maybe(Renewals(rate=0.8, expansion=0.1, cv=0.3)),
    }


def random_case(seed: int) -> Case:
    """A small field with everything a scenario can switch on, as it is or under stress."""
    rng = np.random.default_rng(seed)
    opening = [
        (f"o{n}", int(rng.integers(3)), int(rng.integers(2)), 1000 * n, float(rng.integers(0, 90)))
        for n in range(rng.integers(0, 6))
    ]
    field = make_field(
        demand=rng.uniform(0, 40, 3),
        capacity=rng.uniform(0.1, 1.5, 2),
        load_hours=rng.uniform(0, 2000, 2),
        start_day=rng.choice([-500.0, -30.5, 40.0, 365.0], 2),
        rep_ids=("R1", rng.choice(["", "R2"])),
        opening=make_opening(opening),
        handed=rng.random(3) < 0.5,
        campaigns=(CampaignPlan("spring", 30.0, 90.0, rng.uniform(0, 9, 3)),) if seed % 3 else (),
        contracts=make_contracts([("c1", 0, 0, 50_000), ("c2", 2, 1, 70_000)]),
        holidays=tuple(rng.choice(365, rng.integers(0, 5), replace=False).tolist()),
        hours_factor=rng.choice([0.5, 1.0], 2),
        days_off=np.repeat([[seed % 5 == 0], [False]], 365, axis=1) & (np.arange(365) % 90 < 12),
        win_factor=rng.choice([0.8, 1.0], 2),
        process=make_process(
            macro=Macro(hours=0.1),
            skill_cv=0.3,
            attrition=Attrition(annual_rate=0.5, hiring_delay_days=rng.choice([0.0, 45.5, 400.0])),
            **(random_keys(rng) if seed % 4 else {}),
        ),
    )
    name = rng.choice(["base", *STRESS])
    return base_case(field) if name == "base" else stress_case(name, field, np.array([1.0, 2.0]))


@pytest.mark.parametrize("seed", range(120))
def test_random_fields_give_the_same_years(seed: int) -> None:
    """120 fields with whatever a scenario can switch on: visits and results byte by byte."""
    case = random_case(seed)
    by_kernel, by_simpy = (
        replicate(case, seed, 2, 1, lambda done: None, engine) for engine in ("kernel", "simpy")
    )
    assert all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(by_kernel, by_simpy, strict=True)
    )
    model = compile_case(case)
    years = [simulate_year(model, Stream(seed, 0), engine)[2] for engine in ("kernel", "simpy")]
    assert same(*years)


def test_a_field_of_real_size_gives_the_same_year() -> None:
    """22 territories, 3,000 units and 1,760 deals a year under load: over 2,000 visits, every number alike."""
    rng = np.random.default_rng(8)
    seats, units = 22, 3000
    several = {
        name: getattr(make_field(), name) * (seats // 2)
        for name in ("territory_ids", "rep_ids", "names", "managers", "regions")
    }
    field = make_field(
        **several | {"territory_ids": tuple(f"T{t:02d}" for t in range(seats))},
        unit_ids=tuple(f"u{u}" for u in range(units)),
        territory=rng.integers(0, seats, units).astype(np.int32),
        demand=np.full(units, 1760 / units),
        capacity=np.full(seats, 0.6),
        start_day=rng.choice([-500.0, 40.0], seats),
        ramp_days=np.full(seats, 180.0),
        load_hours=np.full(seats, 500.0),
        process=make_process(macro=Macro(), skill_cv=0.3, attrition=Attrition(annual_rate=0.2)),
    )
    model = compile_case(base_case(field))
    kernel, simpy = (simulate_year(model, Stream(7, 0), engine)[2] for engine in ("kernel", "simpy"))
    assert same(kernel, simpy)
    assert len(kernel.deal) > 2000


def test_a_full_log_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for too few visits the year is run again with more room, and nothing else changes."""
    made: list[int] = []
    make = interpreters.empty_log
    monkeypatch.setattr(interpreters, "empty_log", lambda room, rows: made.append(rows) or make(room, rows))
    spec = random_spec(15)
    deals = len(spec[1])
    expected = run_kernel(*spec)
    assert len(expected.deal) > deals > 0
    monkeypatch.setattr(interpreters, "VISITS_A_DEAL", 1)
    assert same(run_kernel(*spec), expected)
    assert made == [3 * deals, deals, 2 * deals]


def test_the_kinds_are_in_the_order_of_simultaneous_events() -> None:
    """Answers come before arrivals, and arrivals before the end of work."""
    assert Kind.ANSWER < Kind.ARRIVAL < Kind.WORK_DONE
