"""Every opportunity of one simulated year, with all that chance decides about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.units import DAYS_PER_YEAR
from simulation.distributions import Lognormal, poisson_quantile
from simulation.model import Model
from simulation.streams import Purpose, Stream

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_LAST_MOMENT = np.nextafter(DAYS_PER_YEAR, 0.0)


class Shocks(NamedTuple):
    """What a year does to everybody together, as factors with mean 1."""

    demand: float
    win_rate: float
    deal_size: float


@dataclass(frozen=True)
class Deals:
    """Opening deals in their order, then new ones by unit and serial number.

    Parameters
    ----------
    unit
        Unit each deal lies in, shape (deals,).
    serial
        Running number among the unit's new deals, -1 for an opening deal, shape (deals,).
    arrival
        Day the deal appears, 0 for an opening deal, shape (deals,).
    first_stage
        Stage it enters or is in, shape (deals,).
    age
        Days it had been in that stage on the first morning, shape (deals,).
    amount_cents
        Amount if won, shape (deals,).
    effort_hours, days, outcome
        Hours of the rep's work, days the customer takes and a uniform for the outcome, shape (deals, stages);
        not a number in stages the deal cannot reach within the year.
    """

    unit: Index
    serial: Index
    arrival: Array
    first_stage: Index
    age: Array
    amount_cents: Index
    effort_hours: Array
    days: Array
    outcome: Array


def draw_shocks(model: Model, stream: Stream) -> Shocks:
    """Draw the factors that all territories share in a year."""
    macro = model.case.field.process.macro
    return Shocks(
        demand=float(Lognormal(1.0, macro.demand).quantile(stream.uniform(Purpose.MACRO_DEMAND))),
        win_rate=float(Lognormal(1.0, macro.win_rate).quantile(stream.uniform(Purpose.MACRO_WIN_RATE))),
        deal_size=float(Lognormal(1.0, macro.deal_size).quantile(stream.uniform(Purpose.MACRO_DEAL_SIZE))),
    )


def draw_deals(model: Model, stream: Stream, shocks: Shocks, wanted: NDArray[np.bool_]) -> Deals:
    """Draw a year's opportunities.

    New deals of a unit are a Poisson number, spread over the year by the months' shares. Opening deals keep
    their amount; the customer's answer to one is due after what is left of its days, given its age.

    Parameters
    ----------
    model
        Demand, distributions and opening pipeline.
    stream
        Random numbers of the replication.
    shocks
        Factors of the year.
    wanted
        Territories whose deals are drawn, shape (territories,); the others' luck is not touched by that.

    Returns
    -------
    The deals, in an order that depends on ids alone.
    """
    field = model.case.field
    units = np.flatnonzero(wanted[field.territory])
    luck = stream.uniform(Purpose.COUNT, model.unit_keys[units])
    count = poisson_quantile(luck, field.demand[units] * shocks.demand)
    new_unit = np.repeat(units, count)
    serial = np.arange(len(new_unit)) - np.repeat(np.cumsum(count) - count, count)
    keys = model.unit_keys[new_unit]
    arrival = np.interp(
        stream.uniform(Purpose.ARRIVAL, keys, serial), model.cumulated_share, model.month_edges
    ).clip(max=_LAST_MOMENT)
    amount_cents = draw_amounts(model, stream, shocks, new_unit, serial)
    opening = field.opening
    open_deals = np.flatnonzero(wanted[field.territory[opening.unit]])
    old = len(open_deals)
    arrival = np.concatenate([np.zeros(old), arrival])
    first_stage = np.concatenate([opening.stage[open_deals], np.zeros(len(serial), dtype=np.int64)])
    age = np.concatenate([opening.days_in_stage[open_deals], np.zeros(len(serial))])
    keys = np.concatenate([model.opening_keys[open_deals], keys])
    number = np.concatenate([np.zeros(old, dtype=np.int64), serial])
    effort_hours, days, outcome = _draw_stages(model, stream, keys, number, arrival, first_stage, age)
    return Deals(
        unit=np.concatenate([opening.unit[open_deals], new_unit]),
        serial=np.concatenate([np.full(old, -1), serial]),
        arrival=arrival,
        first_stage=first_stage,
        age=age,
        amount_cents=np.concatenate([opening.amount_cents[open_deals], amount_cents]),
        effort_hours=effort_hours,
        days=days,
        outcome=outcome,
    )


def draw_amounts(model: Model, stream: Stream, shocks: Shocks, unit: Index, serial: Index) -> Index:
    """Draw the amounts of new deals, whole cents, in the order of their units and serial numbers."""
    luck = stream.uniform(Purpose.AMOUNT, model.unit_keys[unit], serial)
    return np.rint(model.amount.quantile(luck) * shocks.deal_size * 100).astype(np.int64)


def _draw_stages(
    model: Model,
    stream: Stream,
    keys: NDArray[np.uint64],
    number: Index,
    arrival: Array,
    first_stage: Index,
    age: Array,
) -> tuple[Array, Array, Array]:
    """Draw effort, days and outcome of every stage each deal can reach."""
    stages = model.case.field.process.stages
    effort_hours, days, outcome = (np.full((len(keys), len(stages)), np.nan) for _ in range(3))
    alive = np.ones(len(keys), dtype=bool)
    earliest = arrival.copy()  # day a stage is entered if the rep never lets a deal wait
    for s, stage in enumerate(stages):
        here = np.flatnonzero(alive & (first_stage <= s))
        which = keys[here], number[here], s
        passed = np.where(first_stage[here] == s, age[here], 0.0)
        effort = model.effort_hours[s].quantile(stream.uniform(Purpose.EFFORT, *which))
        effort_hours[here, s] = np.where(passed > 0, 0.0, effort)  # the rep's part is done
        days[here, s] = model.days[s].remaining(stream.uniform(Purpose.DAYS, *which), passed)
        outcome[here, s] = stream.uniform(Purpose.OUTCOME, *which)
        earliest[here] += days[here, s]
        alive[here] = (outcome[here, s] < stage.advance) & (earliest[here] < DAYS_PER_YEAR)
    return effort_hours, days, outcome
