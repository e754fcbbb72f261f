"""Stress cases: the same field and the same luck, with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.attainment import SalesField
from engine.scenario.schema import StressCase, StressName
from simulation.model import Case

Array = NDArray[np.float64]

TOP_REP_LEAVES_ON = 90.0  # day
DEMAND_FACTOR = 0.80
HIRING_SLIP_DAYS = 90.0
SLOWER_FACTOR = 1.25  # of the days customers take
COMPETITOR_FACTOR = 0.85  # of the chance of winning, in the region with the most demand
PRICE_FACTOR = 0.90  # of the amounts of new deals


def base_case(field: SalesField) -> Case:
    """Give the field as it is."""
    size = len(field.territory_ids)
    return Case("base", field, np.full(size, np.inf), np.ones(size, dtype=bool))


def stress_case(name: StressName, field: SalesField, expected: Array) -> Case:
    """Change the one thing a stress case is about.

    Parameters
    ----------
    name
        Name of the case.
    field
        The field as it is.
    expected
        Mean bookings of each territory in the base case, shape (territories,).

    Returns
    -------
    The case.
    """
    build: dict[str, Callable[[], Case]] = {
        "top_rep_leaves": lambda: _top_rep_leaves(field, expected),
        "demand_-20%": lambda: own_case(StressCase(name="demand", demand=DEMAND_FACTOR), field),
        "hiring_slips_90d": lambda: _hiring_slips(field),
        "slower_cycles": lambda: _changed(name, _slower_cycles(field, SLOWER_FACTOR)),
        "competitor_enters": lambda: _competitor_enters(field),
        "price_cut": lambda: _changed(name, _other_prices(field, PRICE_FACTOR)),
        "campaigns_cancelled": lambda: _changed(name, replace(field, campaigns=())),
    }
    return replace(build[name](), name=name)


def top_rep(field: SalesField, expected: Array) -> int | None:
    """Find the rep with the highest bookings last year, or in the base case where last year is unknown.

    Returns
    -------
    Index of the territory; nothing when every seat is vacant.
    """
    filled = np.array([bool(rep) for rep in field.rep_ids]) & (field.start_day <= TOP_REP_LEAVES_ON)
    if not filled.any():
        return None
    known = np.where(filled, field.last_year_cents, -1)
    score = known if known.max() >= 0 else np.where(filled, expected, -1.0)
    return int(np.argmax(score))


def _top_rep_leaves(field: SalesField, expected: Array) -> Case:
    """Let the top rep leave after a quarter; the seat is filled again after the hiring delay."""
    top = top_rep(field, expected)
    touched = np.arange(len(field.territory_ids)) == (-1 if top is None else top)
    return Case("top_rep_leaves", field, np.where(touched, TOP_REP_LEAVES_ON, np.inf), touched)


def _changed(name: str, field: SalesField) -> Case:
    return replace(base_case(field), name=name)


def _hiring_slips(field: SalesField) -> Case:
    """Fill every open seat, start every future hire and replace every leaver later."""
    attrition = field.process.attrition
    late = np.array([not rep for rep in field.rep_ids]) | (field.start_day > 0)
    start = np.where(late, np.maximum(field.start_day, 0.0) + HIRING_SLIP_DAYS, field.start_day)
    delay = {"hiring_delay_days": attrition.hiring_delay_days + HIRING_SLIP_DAYS}
    process = field.process.model_copy(update={"attrition": attrition.model_copy(update=delay)})
    later = replace(field, start_day=start, process=process)
    return replace(_changed("hiring_slips_90d", later), touched=late, backfills=True)


def own_case(case: StressCase, field: SalesField) -> Case:
    """Make a stress case of the user's: factors on the field, in some regions or in all."""
    chosen = np.array([not case.regions or region in case.regions for region in field.regions])
    changed = _slower_cycles(_other_prices(field, case.deal_size), case.days)
    units = np.where(chosen[field.territory], case.demand, 1.0)
    changed = replace(
        changed,
        demand=field.demand * units,
        campaigns=tuple(replace(plan, expected=plan.expected * units) for plan in field.campaigns),
        win_factor=field.win_factor * np.where(chosen, case.win_rate, 1.0),
        hours_factor=field.hours_factor * np.where(chosen, case.hours, 1.0),
    )
    everywhere = case.deal_size != 1 or case.days != 1
    return replace(_changed(case.name, changed), touched=chosen | everywhere)


def _competitor_enters(field: SalesField) -> Case:
    """Let a competitor win deals in the region with the most demand."""
    regions = sorted(set(field.regions))
    demand = np.bincount(field.territory, weights=field.demand, minlength=len(field.territory_ids))
    sums = [demand[np.array(field.regions, dtype=object) == region].sum() for region in regions]
    worst = StressCase(
        name="competitor_enters", win_rate=COMPETITOR_FACTOR, regions=[regions[int(np.argmax(sums))]]
    )
    return own_case(worst, field)


def _other_prices(field: SalesField, factor: float) -> SalesField:
    """Let new deals be worth more or less; open deals and contracts keep their amounts."""
    size = field.process.deal_size
    other = size.model_copy(update={"mean": size.mean * factor})
    return replace(field, process=field.process.model_copy(update={"deal_size": other}))


def _slower_cycles(field: SalesField, factor: float) -> SalesField:
    """Let every customer take longer, those of open deals too."""
    stages = [
        stage.model_copy(update={"days": stage.days.model_copy(update={"mean": stage.days.mean * factor})})
        for stage in field.process.stages
    ]
    return replace(field, process=field.process.model_copy(update={"stages": stages}))
