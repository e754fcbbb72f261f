"""A small sales field of two territories and three units, whatever a test wants different, and its years."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.attainment import Contracts, OpeningDeals, SalesField
from engine.scenario.schema import Attrition, Macro, Process, Spread, Stage
from simulation.calendar import Seats
from simulation.deals import Deals
from simulation.model import compile_case
from simulation.records import Records
from simulation.streams import Stream
from simulation.stress import base_case
from simulation.year import Results, simulate_year, tally

MONTHS = tuple(f"2027-{month:02d}" for month in range(1, 13))


def make_process(**changes: Any) -> Process:
    """Two stages, no shocks, nobody leaves, everybody equally good; keywords replace keys."""
    keys: dict[str, Any] = {
        "opportunities_per_year": 90.0,
        "stages": [
            Stage(
                name="qualify",
                effort_hours=Spread(mean=4.0, cv=0.5),
                days=Spread(mean=10.0, cv=0.5),
                advance=0.6,
            ),
            Stage(
                name="propose",
                effort_hours=Spread(mean=12.0, cv=0.8),
                days=Spread(mean=20.0, cv=0.5),
                advance=0.5,
            ),
        ],
        "deal_size": Spread(mean=1000.0, cv=0.8),
        "skill_cv": 0.0,
        "macro": Macro(demand=0.0, win_rate=0.0, deal_size=0.0),
        "attrition": Attrition(annual_rate=0.0),
    }
    return Process(**(keys | changes))


def no_deals() -> OpeningDeals:
    """An empty opening pipeline."""
    return make_opening([])


def make_opening(deals: list[tuple[str, int, int, int, float]]) -> OpeningDeals:
    """Opening deals from rows (id, unit, stage, cents, days in stage)."""
    columns = list(zip(*sorted(deals), strict=True)) or [(), (), (), (), ()]
    return OpeningDeals(
        ids=tuple(columns[0]),
        unit=np.array(columns[1], dtype=np.int32),
        stage=np.array(columns[2], dtype=np.int32),
        amount_cents=np.array(columns[3], dtype=np.int64),
        days_in_stage=np.array(columns[4], dtype=np.float64),
    )


def make_contracts(rows: list[tuple[str, int, int, int]]) -> Contracts:
    """Contracts from rows (account, unit, territory, cents)."""
    columns = list(zip(*sorted(rows), strict=True)) or [(), (), (), ()]
    return Contracts(
        ids=tuple(columns[0]),
        unit=np.array(columns[1], dtype=np.int32),
        territory=np.array(columns[2], dtype=np.int32),
        amount_cents=np.array(columns[3], dtype=np.int64),
    )


def make_field(**changes: Any) -> SalesField:
    """Two territories (A: u1, u2; B: u3) with 30 deals a year each unit; keywords replace fields."""
    quota = np.array([12_000_00, 6_000_00], dtype=np.int64)
    fields: dict[str, Any] = {
        "unit_ids": ("u1", "u2", "u3"),
        "territory": np.array([0, 0, 1], dtype=np.int32),
        "demand": np.full(3, 30.0),
        "month_share": np.full(12, 1 / 12),
        "month_names": MONTHS,
        "weekday": 4,
        "territory_ids": ("A", "B"),
        "rep_ids": ("R1", "R2"),
        "names": ("Ada Sample", "Ben Sample"),
        "managers": ("Mo", "Mo"),
        "regions": ("North", "South"),
        "capacity": np.ones(2),
        "start_day": np.full(2, -1000.0),
        "ramp_days": np.full(2, 180.0),
        "load_hours": np.full(2, 800.0),
        "last_year_cents": np.array([11_000_00, 7_000_00], dtype=np.int64),
        "quota_cents": quota,
        "quota_month_cents": np.tile((quota // 12)[:, None], (1, 12)),
        "plan_target_cents": 17_000_00,
        "process": make_process(),
        "opening": no_deals(),
        "campaigns": (),
        "contracts": make_contracts([]),
        "holidays": (),
    }
    fields |= changes
    seats, units = len(fields["territory_ids"]), len(fields["unit_ids"])
    even = {
        "handed": np.zeros(units, dtype=bool),
        "win_factor": np.ones(seats),
        "hours_factor": np.ones(seats),
        "days_off": np.zeros((seats, 365), dtype=bool),
    }
    return SalesField(**(even | fields))


def one_stage(hours: float, days: float, advance: float = 1.0, cv: float = 0.0, **changes: Any) -> Process:
    """A process of one stage."""
    stage = Stage(
        name="sell", effort_hours=Spread(mean=hours, cv=cv), days=Spread(mean=days, cv=cv), advance=advance
    )
    return make_process(stages=[stage], **changes)


def year(field: SalesField, replication: int = 0, seed: int = 3) -> tuple[Deals, Seats, Records, Results]:
    """Simulate one year of the base case and count it."""
    model = compile_case(base_case(field))
    deals, seats, records = simulate_year(model, Stream(seed, replication))
    return deals, seats, records, tally(model, deals, seats, records)


def results(field: SalesField, years: int, seed: int = 3) -> list[Results]:
    """Simulate some years of the base case."""
    model = compile_case(base_case(field))
    return [tally(model, *simulate_year(model, Stream(seed, r))) for r in range(years)]
