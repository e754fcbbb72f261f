"""The plan of a synthetic run: squares of a grid, and territories that snake through it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry import box

from engine.geography.travel import distance_km, travel_hours_per_visit
from engine.scenario.schema import Scenario

SIDE = 0.5  # degrees
TOLERANCE = {"potential": 0.3, "workload": 0.4}


@dataclass(frozen=True)
class Field:
    """What the tables of a run are made from; territories and units are sorted by id."""

    scenario: Scenario
    units: pd.DataFrame
    edges: pd.DataFrame
    seats: pd.DataFrame
    accounts: pd.DataFrame
    territory: NDArray[np.int64]
    previous: NDArray[np.int64]
    km: NDArray[np.float64]


def make_field(scenario: Scenario, territories: int, units: int) -> Field:
    """Invent units, seats, accounts and the alignments of today and tomorrow."""
    rng = np.random.default_rng([scenario.seed, 0])
    frame, edges = _grid(units, rng)
    order = np.lexsort((np.where(frame["row"] % 2, -frame["col"], frame["col"]), frame["row"]))
    position = np.empty(units, dtype=np.int64)
    position[order] = np.arange(units)
    territory = position * territories // units
    previous = np.maximum(position - 1, 0) * territories // units
    previous[order[units // 2]] = -1
    seats = _seats(frame, territory, territories)
    accounts = _accounts(frame, rng)
    points = frame[["lon", "lat"]].to_numpy()
    homes = seats[["home_lon", "home_lat"]].to_numpy()
    free = np.isnan(homes[:, :1])
    km = distance_km(points, np.where(free, points[seats["centre"]], homes))
    home_km = km[:, ~free[:, 0]].min(axis=1)
    visits = frame["visits"].to_numpy()
    nearest = travel_hours_per_visit(visits, frame["area_km2"].to_numpy(), home_km, scenario.travel)
    frame["travel_hours"] = visits * nearest
    frame["workload"] = visits * scenario.measures.workload.hours_per_visit + frame["travel_hours"]
    at_risk = accounts[~accounts["locked"]].groupby("unit_id")["revenue"].sum()
    frame["handoff_value"] = frame["unit_id"].map(at_risk).fillna(0).round(2)
    return Field(
        scenario, frame, edges, seats, accounts, territory, previous, km[np.arange(units), territory]
    )


def plan_tables(field: Field) -> dict[str, pd.DataFrame]:
    """Write units, adjacency, alignment, territories and accounts as the run folder has them."""
    ids = field.seats["territory_id"].to_numpy(dtype=object)
    to, was = ids[field.territory], np.where(field.previous < 0, "", ids[field.previous])
    moved = (was != "") & (was != to)
    locked = (
        ~moved & (field.units["row"].to_numpy() == 0) & (field.units["col"].to_numpy() % 4 == 0) & (was != "")
    )
    unit_columns = ["unit_id", "name", "group", "lon", "lat", "area_km2", "potential"]
    unit_columns += [f"potential_q{q}" for q in (1, 2, 3, 4)] + [
        "workload",
        "visits",
        "travel_hours",
        "handoff_value",
    ]
    reasons = np.select(
        [locked, moved, was == ""], ["locked", "evens out potential", "was nobody's"], "stays"
    )
    alignment = pd.DataFrame(
        {
            "unit_id": field.units["unit_id"],
            "territory_id": to,
            "previous_territory_id": was,
            "locked": locked,
            "reason": reasons,
        }
    )
    at = dict(zip(alignment["unit_id"], zip(to, was, strict=True), strict=True))
    accounts = field.accounts.copy()
    new, old = (accounts["unit_id"].map(lambda unit, i=i: at[unit][i]) for i in (0, 1))
    accounts["territory_id"] = new.where(~accounts["locked"] | (old == ""), old)
    accounts["previous_territory_id"] = old
    accounts["moved"] = (old != "") & (accounts["territory_id"] != old)
    stays = np.where(accounts["locked"], "named, stays with its owner", "its county stays")
    accounts["reason"] = np.where(accounts["moved"], "its county moves", stays)
    order = ["account_id", "name", "unit_id", "segment", "revenue", "territory_id", "previous_territory_id"]
    order += ["named", "locked", "moved", "reason"]
    return {
        "units": field.units[unit_columns],
        "adjacency": field.edges,
        "alignment": alignment,
        "territories": _territories(field, moved, accounts),
        "accounts": accounts[order],
    }


def map_layers(plan: dict[str, pd.DataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Draw the squares and dissolve them into territories."""
    units = plan["units"].merge(plan["alignment"], on="unit_id")
    half = SIDE / 2
    squares = [
        box(x - half, y - half, x + half, y + half) for x, y in zip(units["lon"], units["lat"], strict=True)
    ]
    columns = ["unit_id", "name", "territory_id", "previous_territory_id", "potential", "workload"]
    unit_layer = gpd.GeoDataFrame(units[columns], geometry=squares, crs="EPSG:4326")
    dissolved = unit_layer[["territory_id", "geometry"]].dissolve("territory_id", as_index=False)
    names = plan["territories"][["territory_id", "rep_id", "rep_name"]]
    return {"territories": dissolved.merge(names, on="territory_id"), "units": unit_layer}


def _grid(units: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    width = int(np.ceil(np.sqrt(units)))
    row, col = np.divmod(np.arange(units), width)
    ids = np.array([f"{i + 1:05d}" for i in range(units)], dtype=object)
    potential = np.round(rng.uniform(0.8e6, 1.2e6, units), 2)
    quarters = np.round(potential[:, None] * [0.24, 0.25, 0.24], 2)
    frame = pd.DataFrame(
        {"unit_id": ids, "name": [f"County {i + 1}" for i in range(units)], "row": row, "col": col}
    )
    frame["group"] = np.where(col < width / 2, "West", "East")
    frame["lon"], frame["lat"] = -100 + SIDE * col, 42 - SIDE * row
    frame["area_km2"] = np.round((SIDE * 111.195) ** 2 * np.cos(np.radians(frame["lat"])), 1)
    frame["potential"] = potential
    for q in range(3):
        frame[f"potential_q{q + 1}"] = quarters[:, q]
    frame["potential_q4"] = np.round(potential - quarters.sum(axis=1), 2)
    frame["visits"] = rng.integers(80, 120, units).astype(float)
    pairs = [(i, i + 1) for i in range(units - 1) if col[i + 1] == col[i] + 1]
    pairs += [(i, i + width) for i in range(units - width)]
    edges = pd.DataFrame(
        [(ids[a], ids[b], "land") for a, b in sorted(pairs)], columns=["unit", "neighbour", "kind"]
    )
    return frame, edges


def _seats(units: pd.DataFrame, territory: NDArray[np.int64], territories: int) -> pd.DataFrame:
    """One position a territory; the last one is a vacancy without a home."""
    rows = []
    for t in range(territories):
        own = np.flatnonzero(territory == t)
        centre = int(own[len(own) // 2])
        filled = t < territories - 1
        rows.append(
            {
                "territory_id": f"T{t + 1:02d}",
                "rep_id": f"R{t + 1:02d}" if filled else "",
                "rep_name": f"Synthetic Rep {t + 1}" if filled else "Vacancy",
                "manager": f"Manager {'AB'[t % 2]}",
                "region": "North" if t < territories / 2 else "South",
                "segment": "field",
                "capacity": 1.0,
                "start_date": date(2025, 1, 1) if filled else date(2027, 4, 1),
                "home_lon": round(float(units["lon"][centre]) + 0.1, 4) if filled else np.nan,
                "home_lat": round(float(units["lat"][centre]) + 0.1, 4) if filled else np.nan,
                "centre": centre,
                "centre_unit_id": units["unit_id"][centre],
            }
        )
    return pd.DataFrame(rows)


def _accounts(units: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = 2 * len(units)
    revenue = np.round(rng.lognormal(11, 1, count), 2)
    named = revenue > np.quantile(revenue, 0.95)
    names = [f"Synthetic Account {i + 1}" for i in range(count)]
    names[0] = "=SUM(A1:A9) & Sons, “Ünï” <b>Ltd</b>"  # hostile on purpose: a formula, markup, quotes
    return pd.DataFrame(
        {
            "account_id": [f"A{i + 1:05d}" for i in range(count)],
            "name": names,
            "unit_id": np.repeat(units["unit_id"].to_numpy(dtype=object), 2),
            "segment": np.where(revenue > np.median(revenue), "enterprise", "mid-market"),
            "revenue": revenue,
            "named": named,
            "locked": named,
        }
    )


def _territories(field: Field, moved: NDArray[np.bool_], accounts: pd.DataFrame) -> pd.DataFrame:
    """Sum units and costs by territory."""
    units, scenario = field.units, field.scenario
    travel, objective, disruption = scenario.travel, scenario.objective, scenario.disruption
    frame = field.seats.drop(columns="centre").copy()

    def total(values: Any) -> NDArray[np.float64]:
        return np.bincount(field.territory, weights=values, minlength=len(frame))

    held = accounts.groupby("territory_id")
    frame["units"] = total(np.ones(len(units))).astype(np.int64)
    frame["pieces"] = 1
    frame["accounts"] = frame["territory_id"].map(held.size()).fillna(0).astype(np.int64)
    frame["revenue"] = _money(frame["territory_id"].map(held["revenue"].sum()).fillna(0))
    imbalance = np.zeros(len(frame))
    for name, tolerance in TOLERANCE.items():
        target = units[name].sum() / len(frame)
        frame[name] = total(units[name])
        frame[f"{name}_target"] = target
        frame[f"{name}_lower"], frame[f"{name}_upper"] = target * (1 - tolerance), target * (1 + tolerance)
        frame[f"{name}_deviation"] = frame[name] / target - 1
        imbalance += objective.imbalance_cost_per_point * 100 * frame[f"{name}_deviation"].abs()
    visits, area = units["visits"].to_numpy(), units["area_km2"].to_numpy()
    road = total(visits / travel.stops_per_trip * 2 * travel.circuity * field.km)
    frame["travel_km"] = road
    frame["travel_hours"] = total(visits * travel_hours_per_visit(visits, area, field.km, travel))
    frame["travel_cost"] = road * objective.travel_cost_per_km
    handoff = total(units["handoff_value"] * moved)
    frame["handoff_value"] = handoff
    frame["handoff_cost"] = handoff * disruption.loss_on_handoff
    frame["imbalance_cost"] = imbalance
    frame["compactness"] = total(units["workload"] * field.km) / total(units["workload"])
    return frame


def _money(values: Any) -> list[Decimal]:
    return [Decimal(f"{value:.2f}") for value in values]
