"""What quotas are derived from: potential, history and capacity of every position."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.capacity import effective_capacity, fiscal_day, month_edges, productive_days
from engine.scenario.schema import Scenario
from engine.tables.tables import Tables
from engine.units import DAYS_PER_YEAR, MONTHS, fiscal_months

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BoundRow:
    """A row of the table of bounds: limits of one position's quota this year, money; None = no limit."""

    position: str
    floor: float | None
    cap: float | None
    reason: str
    place: str


@dataclass(frozen=True)
class QuotaBasis:
    """The figures of every position that quota rules read; positions are sorted by id.

    Parameters
    ----------
    territory_ids, rep_ids, managers, regions
        Labels of the positions, shape (territories,); ``rep_ids`` is empty for a vacancy.
    potential
        Market potential of each territory, money per year, shape (territories,).
    history
        Last year's revenue of the accounts now in each territory, money; 0 or NaN = no history.
    fte
        Full-time equivalents of each position.
    start_dates
        Day each seat is first filled.
    ramp_days
        Calendar days from start to full productivity.
    quarter_share
        Part of each territory's yearly demand that falls in each fiscal quarter, shape (territories, 4).
    fiscal_year_start
        First day of the fiscal year.
    currency
        Currency of all money, ISO 4217.
    last_quota
        Last year's quota of each position, money; NaN = unknown, shape (territories,).
    bounds
        Rows of ``quotas.bounds.table``.
    bookings
        Simulated bookings to set quotas on, whole cents, shape (rows, territories).
    bottom_up
        Number proposed for each position, money this year; NaN = none, shape (territories,).
    segments
        Segment (role) of each position, shape (territories,).
    """

    territory_ids: tuple[str, ...]
    rep_ids: tuple[str, ...]
    managers: tuple[str, ...]
    regions: tuple[str, ...]
    potential: Array
    history: Array
    fte: Array
    start_dates: tuple[date, ...]
    ramp_days: Array
    quarter_share: Array
    fiscal_year_start: date
    currency: str
    last_quota: Array
    bounds: tuple[BoundRow, ...] = ()
    bookings: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    segments: tuple[str, ...] = ()
    bottom_up: Array = field(default_factory=lambda: np.empty(0))

    @cached_property
    def start_day(self) -> Array:
        """Day of the fiscal year each seat is first filled, negative = before it began."""
        days = [fiscal_day(day, self.fiscal_year_start) for day in self.start_dates]
        return np.array(days, dtype=np.float64)

    @cached_property
    def presence(self) -> Array:
        """Effective capacity / FTE: the part of the year each seat is productive, shape (territories,)."""
        return effective_capacity(np.ones(len(self.fte)), self.start_day, self.ramp_days)

    @cached_property
    def month_presence(self) -> Array:
        """Productive part of each fiscal month, shape (territories, 12)."""
        edges = month_edges(self.fiscal_year_start)
        return productive_days(self.start_day, self.ramp_days, edges) / np.diff(edges)

    @property
    def paid_time(self) -> Array:
        """FTE x the part of the year each seat is filled, ramp or not, shape (territories,)."""
        return self.fte * np.clip(1.0 - np.maximum(self.start_day, 0.0) / DAYS_PER_YEAR, 0.0, 1.0)

    @property
    def full_year(self) -> NDArray[np.bool_]:
        """Whether each seat is fully productive all year, shape (territories,)."""
        return np.asarray(self.presence >= 1)

    @property
    def month_names(self) -> tuple[str, ...]:
        """``YYYY-MM`` of the twelve fiscal months."""
        return fiscal_months(self.fiscal_year_start)


def bound_rows(table: pd.DataFrame) -> tuple[BoundRow, ...]:
    """Make the rows of the table of bounds."""
    columns = [table[name].tolist() for name in ("position", "floor", "cap", "reason", "place")]
    return tuple(
        BoundRow(
            position, None if math.isnan(floor) else floor, None if math.isnan(cap) else cap, reason, place
        )
        for position, floor, cap, reason, place in zip(*columns, strict=True)
    )


def quota_basis(
    scenario: Scenario, tables: Tables, assignment: NDArray[np.int32], history: Array, bottom_up: Array
) -> QuotaBasis:
    """Collect the figures that the quotas of an alignment are derived from.

    Parameters
    ----------
    scenario
        The loaded scenario.
    tables
        Its tables, sorted by id.
    assignment
        Territory index of each unit, -1 = nobody's, shape (units,).
    history
        Last year's revenue of the accounts now in each territory, shape (territories,).
    bottom_up
        Number proposed for each position, NaN = none, shape (territories,).

    Returns
    -------
    The basis; a territory without potential has demand spread evenly over the quarters.
    """
    reps, held = tables.reps, assignment >= 0
    quarters = tables.units[[f"potential_q{q}" for q in range(1, 5)]].to_numpy(dtype=float)
    demand = np.zeros((len(reps), 4))
    np.add.at(demand, assignment[held], quarters[held])
    potential = np.zeros(len(reps))
    np.add.at(potential, assignment[held], tables.units["potential"].to_numpy(dtype=float)[held])
    year = demand.sum(axis=1, keepdims=True)
    return QuotaBasis(
        territory_ids=tuple(reps.index),
        rep_ids=tuple(reps["rep_id"]),
        managers=tuple(reps["manager"]),
        regions=tuple(reps["region"]),
        potential=potential,
        history=history,
        fte=reps["capacity"].to_numpy(dtype=float),
        start_dates=tuple(reps["start_date"]),
        ramp_days=reps["ramp_months"].to_numpy(dtype=float) * DAYS_PER_YEAR / MONTHS,
        quarter_share=np.divide(demand, year, out=np.full_like(demand, 0.25), where=year > 0),
        fiscal_year_start=scenario.fiscal_year_start,
        currency=scenario.currency,
        last_quota=reps["last_year_quota"].to_numpy(dtype=float),
        bounds=bound_rows(tables.quota_bounds),
        segments=tuple(reps["segment"]),
        bottom_up=bottom_up,
    )
