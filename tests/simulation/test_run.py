"""The whole simulation from a field to its tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.attainment import Attainment
from engine.errors import InputError
from engine.scenario.schema import Attrition, Macro, Simulation, Spread
from simulation import simulate
from simulation.check import MOST_DEALS
from simulation.replicate import replicate
from simulation.statistics import wilson
from simulation.stress import base_case
from tests.simulation.fields import make_field, make_opening, make_process

FIELD = make_field(
    rep_ids=("R1", ""),
    start_day=np.array([-100.0, 365.0]),
    quota_cents=np.array([12_000_00, 0]),
    quota_month_cents=np.array([[1_000_00] * 12, [0] * 12]),
    process=make_process(macro=Macro(), skill_cv=0.1, attrition=Attrition(annual_rate=0.3)),
    opening=make_opening([("o-2", 0, 1, 50_000, 3.0), ("o-1", 2, 0, 70_000, 0.0)]),
)
SETTINGS = Simulation(replications=12)


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def attainment(told: list[tuple[str, float]]) -> Attainment:
    return simulate(FIELD, SETTINGS, seed=4, workers=1, progress=lambda step, done: told.append((step, done)))


def documented(file: str) -> list[str]:
    """Give the column names that the reference page lists first for a file."""
    text = (Path(__file__).parents[2] / "docs/reference/run-folder.md").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith(f"| `{file}`")]
    names = re.findall(r"`([^`]*)`", re.sub(r"\([^)]*\)", "", line.split("|")[3]))
    return [name.strip() for group in names for name in group.split(",")]


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("attainment.parquet", "bookings"),
        ("attainment.csv", "summary"),
        ("months.csv", "months"),
        ("stress.csv", "stress"),
        ("simulated_year.parquet", "year"),
    ],
)
def test_columns_are_the_documented_ones(attainment: Attainment, file: str, table: str) -> None:
    """Each table has exactly the columns of the reference page, in its order."""
    columns = getattr(attainment, table).columns.tolist()
    assert columns == documented(file)[: len(columns)]


def test_nothing_is_missing(attainment: Attainment) -> None:
    """No table for readers has an empty cell, though a seat is vacant all year and has no quota."""
    for table in (attainment.bookings, attainment.summary, attainment.months, attainment.stress):
        assert len(table) > 0
        assert not table.isna().any().any()
    vacant = attainment.summary.set_index(["level", "id"]).loc[("rep", "B")]
    assert (vacant["expected"], vacant["utilisation"], vacant["won"]) == (Decimal("0.00"), 0.0, 0.0)
    assert attainment.replications == 12


def test_tables_agree(attainment: Attainment) -> None:
    """Mean bookings, last month of the fan, and the raw bookings are the same money."""
    total = attainment.bookings["bookings_cents"].sum() / 12 / 100
    company = attainment.summary.set_index(["level", "id"]).loc[("company", "company")]
    assert float(company["expected"]) == pytest.approx(total, abs=0.005)
    assert attainment.months["expected"].iloc[-1] == company["expected"]
    assert total > 0


def test_the_first_year_is_replication_zero(attainment: Attainment) -> None:
    """Won visits of the recorded year add up to replication 0, month by month; ids tell deals apart."""
    won = attainment.year[attainment.year.outcome == "won"]
    ends = np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    by_month = np.bincount(np.searchsorted(ends, won.left_day, side="right"), won.amount_cents, 12)
    first = attainment.bookings[attainment.bookings.replication == 0]
    assert by_month.tolist() == first.groupby("month")["bookings_cents"].sum().tolist()
    visits = attainment.year
    assert not visits.duplicated(["opportunity_id", "stage"]).any()
    assert {"o-1", "o-2", "u1-0001"} < set(visits.opportunity_id)
    assert visits.opportunity_id.is_monotonic_increasing
    assert set(visits.outcome) <= {"advance", "won", "lost", "open"}
    opening = visits[visits.opportunity_id == "o-2"].iloc[0]
    assert (opening.stage, opening.entered_day, opening.effort_hours) == ("propose", -3.0, 0.0)


def test_every_stress_case_is_there_with_every_line(attainment: Attainment) -> None:
    """Four cases, each with a row per rep, manager, region and the company's two."""
    assert attainment.stress["case"].unique().tolist() == SETTINGS.stress
    assert attainment.stress.groupby("case").size().tolist() == [len(attainment.summary)] * 4


def test_progress_names_each_case(attainment: Attainment, told: list[tuple[str, float]]) -> None:
    """Each case is told by name and ends at 1."""
    assert attainment.replications == 12
    ended = [step for step, done in told if done == 1.0]
    assert ended == [f"simulate {name}" for name in ("base", *SETTINGS.stress)] + ["drivers"]


def test_same_seed_same_tables(attainment: Attainment) -> None:
    """The same seed gives the same tables, another seed others."""
    again, other = (
        simulate(FIELD, SETTINGS, seed=seed, workers=1, progress=lambda step, done: None) for seed in (4, 5)
    )
    for name in ("bookings", "summary", "months", "stress", "drivers", "year"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(attainment, name), check_exact=True)
    assert not other.bookings.equals(attainment.bookings)


def test_a_field_too_large_is_refused_before_any_work() -> None:
    """Too many deals and too much money are named with key, value and remedy, both at once."""
    huge = make_field(
        demand=np.array([MOST_DEALS, 1.0, 0.0]), process=make_process(deal_size=Spread(mean=1e9, cv=1.0))
    )
    with pytest.raises(InputError) as caught:
        simulate(huge, SETTINGS, seed=1, workers=1, progress=lambda step, done: None)
    keys = [finding.key for finding in caught.value.findings]
    assert keys == ["process.deal_size.mean", "process.opportunities_per_year"]
    assert all(finding.remedy and finding.value for finding in caught.value.findings)


@pytest.mark.parametrize("width", [0.3, 0.05, 0.02])
def test_a_half_width_fixes_the_years(width: float) -> None:
    """The interval of a chance of one half is no wider than asked, and one year in fifty fewer would make it so."""
    years = Simulation(half_width=width).years
    low, high = wilson(years // 2, years)
    assert (high - low) / 2 <= width
    fewer = int(years * 0.98) - 1
    if years > 10:
        low, high = wilson(fewer // 2, fewer)
        assert (high - low) / 2 > width
    assert Simulation(replications=77).years == 77


def test_a_run_has_the_years_of_its_half_width() -> None:
    """Thirty points need ten years at least."""
    found = simulate(
        make_field(),
        Simulation(half_width=0.3, stress=[], drivers=0),
        seed=1,
        workers=1,
        progress=lambda *_: None,
    )
    assert found.replications == 10
    assert found.bookings["replication"].nunique() == 10


def stopping(step: str, part: float) -> Callable[[str, float], None]:
    """Progress that is interrupted once, when a part of a step is done."""
    left = [KeyboardInterrupt]

    def tell(now: str, done: float) -> None:
        if now == step and done >= part and left:
            raise left.pop()

    return tell


@pytest.mark.parametrize(
    ("step", "part", "kept"),
    [
        ("simulate base", 0.5, {"replications": 20}),
        ("simulate demand_-20%", 0.5, {"stress": ["top_rep_leaves"], "drivers": 0}),
        ("drivers", 0.1, {"drivers": 0}),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_keeps_what_is_finished(
    step: str, part: float, kept: dict[str, Any], workers: int
) -> None:
    """After Ctrl-C every table is that of a run that asked for as much, which the result names."""
    asked = Simulation(replications=40, stress=["top_rep_leaves", "demand_-20%"], drivers=10)
    smaller = asked.model_copy(update=kept)
    stopped = simulate(FIELD, asked, seed=4, workers=workers, progress=stopping(step, part))
    whole = simulate(FIELD, smaller, seed=4, workers=1, progress=lambda *_: None)
    assert stopped.settings == whole.settings == smaller
    assert stopped.replications == whole.replications == smaller.years
    for name in ("bookings", "summary", "months", "stress", "year", "drivers"):
        pd.testing.assert_frame_equal(getattr(stopped, name), getattr(whole, name), check_exact=True)
    assert np.array_equal(stopped.person_share, whole.person_share)


def test_too_few_years_are_not_kept() -> None:
    """Before ten years are finished, Ctrl-C ends the run."""
    with pytest.raises(KeyboardInterrupt):
        replicate(base_case(FIELD), 4, 9, 1, stopping_at_once, keep=True)


def stopping_at_once(_: float) -> None:
    raise KeyboardInterrupt
