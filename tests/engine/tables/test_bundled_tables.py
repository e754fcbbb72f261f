"""The bundled company, read a second time with the standard library alone."""

from __future__ import annotations

import csv
import math
import time
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Severity
from engine.scenario.load import LoadedScenario, load_scenario
from engine.tables.read import read_tables
from engine.tables.tables import Tables

ROOT = Path(__file__).parents[3]
SCENARIOS = ("us_field_sales", "quickstart", "us_30_positions")


@cache
def loaded(name: str) -> LoadedScenario:
    return load_scenario(ROOT / "scenarios" / f"{name}.yaml")


@cache
def tables(name: str) -> Tables:
    return read_tables(loaded(name))


def rows(file: str) -> list[dict[str, str]]:
    with (ROOT / "data" / file).open(encoding="utf-8", newline="") as stream:
        return sorted(csv.DictReader(stream), key=lambda row: list(row.values()))


def kept(file: str, keep: dict[str, list[str]]) -> list[dict[str, str]]:
    return [row for row in rows(file) if all(row[column] in values for column, values in keep.items())]


def units(name: str) -> list[dict[str, str]]:
    return kept("us_counties.csv", loaded(name).scenario.units.keep)


def positions(name: str) -> list[dict[str, str]]:
    return kept("us_reps.csv", loaded(name).scenario.reps.keep)


def numbers(table: list[dict[str, str]], column: str, factor: float = 1.0) -> list[float]:
    return [float(row[column]) * factor for row in table]


@pytest.mark.parametrize("name", SCENARIOS)
def test_units(name: str) -> None:
    """Every county that is kept has its name, place, wages and visits."""
    read, expected = tables(name).units, units(name)
    per_year = loaded(name).scenario.measures.workload.visits.per_year
    assert list(read.index) == [row["fips"] for row in expected]
    assert read["name"].tolist() == [row["name"] for row in expected]
    assert read["group"].tolist() == [row["state"] for row in expected]
    assert read["visits"].tolist() == numbers(expected, "visits_per_year", per_year)
    source = {"lon": "lon", "lat": "lat", "area_km2": "area_km2", "potential": "wages_usd"}
    source |= {f"potential_q{quarter}": f"wages_q{quarter}_usd" for quarter in range(1, 5)}
    for column, written in source.items():
        assert read[column].tolist() == numbers(expected, written), column


@pytest.mark.parametrize("name", SCENARIOS)
def test_positions(name: str) -> None:
    """Every position that is kept has its person, home, seat and last year; an unknown amount is no number."""
    read = tables(name).reps
    for row in positions(name):
        position = read.loc[row["position_id"]]
        for column in ("rep_id", "home_city", "segment", "manager", "region"):
            assert position[column] == row[column]
        assert position["start_date"] == date.fromisoformat(row["start_date"])
        for column, written in (
            ("capacity", "capacity"),
            ("ramp_months", "ramp_months"),
            ("home_lat", "home_lat"),
            ("home_lon", "home_lon"),
            ("last_year_quota", "last_year_quota_usd"),
            ("last_year_bookings", "last_year_bookings_usd"),
        ):
            assert _same(position[column], row[written]), (row["position_id"], column)


def _same(number: Any, written: str) -> bool:
    return bool(math.isnan(number)) if not written else bool(number == float(written))


@pytest.mark.parametrize("name", SCENARIOS)
def test_alignment_edges_and_locks(name: str) -> None:
    """Counties keep their territory of today, their neighbours and their locks as far as both are kept."""
    read, ids = tables(name), [row["fips"] for row in units(name)]
    inside, seats = set(ids), {row["position_id"] for row in positions(name)}
    today = {row["fips"]: row["territory"] for row in rows("us_current_alignment.csv")}
    assert read.current.tolist() == [today[unit] if today.get(unit) in seats else "" for unit in ids]
    edges = sorted(
        (*sorted((row["unit"], row["neighbour"])), row["kind"])
        for row in rows("us_counties_adjacency.csv")
        if {row["unit"], row["neighbour"]} <= inside
    )
    assert list(read.adjacency.itertuples(index=False, name=None)) == edges
    locks = [
        (row["unit"], row["territory"], row["reason"], f"../data/us_locks.csv:{line}")
        for line, row in enumerate(rows("us_locks.csv"), 2)
        if row["unit"] in inside and row["territory"] in seats
    ]
    assert list(read.locks.itertuples(index=False, name=None)) == locks


@pytest.mark.parametrize("name", SCENARIOS)
def test_accounts_and_open_deals(name: str) -> None:
    """Accounts and deals in counties that are kept are read; one locked to a position left out is not."""
    read, inside = tables(name), {row["fips"] for row in units(name)}
    seats = {row["position_id"] for row in positions(name)}
    accounts = [
        (
            row["account_id"], row["name"], row["fips"], row["segment"], float(row["revenue_usd"]),
            row["owner"] if row["owner"] in seats else "", row["named"] == "yes", row["locked"] == "yes",
        )
        for row in rows("us_accounts.csv")
        if row["fips"] in inside and (row["locked"] != "yes" or row["owner"] in seats)
    ]  # fmt: skip
    assert list(read.accounts.itertuples(name=None)) == accounts
    scenario = loaded(name).scenario
    stages = [stage.name for stage in scenario.process.stages]
    deals = [
        (
            row["opportunity_id"], row["account_id"], row["fips"], stages.index(row["stage"]),
            float(row["amount_usd"]),
            float((scenario.fiscal_year_start - date.fromisoformat(row["stage_entered_on"])).days),
        )
        for row in rows("us_pipeline.csv")
        if row["fips"] in inside
    ]  # fmt: skip
    assert list(read.pipeline.itertuples(name=None)) == deals


def test_open_headcount() -> None:
    """Thirty territories for 22 positions are the 22 and eight vacancies without a home, on the asked date."""
    reps, territories = tables("us_30_positions").reps, loaded("us_30_positions").scenario.territories
    extra = reps[reps.index.str.startswith("OPEN")]
    assert len(reps) == territories.count == 30
    assert list(extra.index) == [f"OPEN{number:02d}" for number in range(1, 9)]
    assert set(extra["start_date"]) == {territories.extra_start_date}
    assert set(extra["rep_name"]) == {"Vacant (open headcount)"}
    assert set(extra["rep_id"]) == set(extra["manager"]) == set(extra["region"]) == {""}
    assert (extra["capacity"] == 1.0).all()
    assert extra[["home_lat", "home_lon", "last_year_quota"]].isna().all(axis=None)


def test_planted_faults_are_told() -> None:
    """The documented faults of the bundled alignment are warnings, counted as the file has them."""
    today = rows("us_current_alignment.csv")
    seats = {row["position_id"] for row in positions("us_field_sales")}
    told = {f.code: f for f in tables("us_field_sales").findings if f.severity is Severity.WARNING}
    assert told["CUR-NOBODY"].count == sum(not row["territory"] for row in today) > 0
    strangers = [row for row in today if row["territory"] and row["territory"] not in seats]
    assert told["REF-TERRITORY"].count == len(strangers) > 0


def test_speed() -> None:
    """The largest bundled company costs at most 1.5 seconds of processor time once libraries are loaded."""
    read_tables(loaded("us_field_sales"))
    best = math.inf
    for _ in range(3):
        begin = time.process_time()
        read_tables(loaded("us_field_sales"))
        best = min(best, time.process_time() - begin)
    assert best <= 1.5
