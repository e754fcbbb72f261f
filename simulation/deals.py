"""Every opportunity of one simulated year, with all that chance decides about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from engine.scenario.schema import Stage
from engine.units import DAYS_PER_YEAR, MONTHS
from simulation.distributions import Lognormal, poisson_quantile
from simulation.kernel import FATE
from simulation.luck import Sources, draw
from simulation.model import Model
from simulation.room import Room
from simulation.streams import Purpose, Stream

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CAMPAIGN = 2**16  # between the serial numbers of two campaigns: more than a unit has deals
_LAST_MOMENT = np.nextafter(DAYS_PER_YEAR, 0.0)


class Shocks(NamedTuple):
    """What a year does to everybody together, as factors with mean 1; and each stage's chance of going on this year."""

    demand: float
    win_rate: float
    deal_size: float
    hours: float
    advance: tuple[float, ...]


@dataclass(frozen=True)
class Deals:
    """Opening deals in their order, then new ones by cluster of territories, unit and serial number.

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
    odds
        Factor on the chance of winning, shape (deals,).
    fate
        Hours of the rep's and of the specialist's work, days the customer takes, a uniform for the outcome, days
        the deal waits for its rep and sleeps, shape (deals, rounds, stages, `kernel.FATE`): a deal that comes back has
        its own numbers in every round. Not a number in stages the deal cannot reach within the year.
    hasty
        Whether the customer would sign early at a quarter's end, shape (deals,).
    renewed_cents
        Bookings without a deal: contracts that were renewed, whole cents, shape (territories, 12).
    """

    unit: Index
    serial: Index
    arrival: Array
    first_stage: Index
    age: Array
    amount_cents: Index
    odds: Array
    fate: Array
    hasty: NDArray[np.bool_]
    renewed_cents: Index

    def told(self, name: str) -> Array:
        """Give one of `kernel.FATE` for every deal, shape (deals, rounds, stages)."""
        return self.fate[..., FATE.index(name)]


def draw_shocks(model: Model, stream: Stream) -> Shocks:
    """Draw the factors that all territories share in a year."""
    process = model.case.field.process
    macro = process.macro

    def factor(cv: float, purpose: Purpose) -> float:
        return float(Lognormal(1.0, cv).quantile(stream.uniform(purpose))) if cv else 1.0

    return Shocks(
        demand=factor(macro.demand, Purpose.MACRO_DEMAND),
        win_rate=factor(macro.win_rate, Purpose.MACRO_WIN_RATE),
        deal_size=factor(macro.deal_size, Purpose.MACRO_DEAL_SIZE),
        hours=factor(macro.hours, Purpose.MACRO_HOURS),
        advance=tuple(_advance(stage, place, stream) for place, stage in enumerate(process.stages)),
    )


def _advance(stage: Stage, place: int, stream: Stream) -> float:
    """Give a stage's chance of going on, or draw it from what its observations leave open.

    With n past decisions the chance is beta distributed around the rate a: Beta(a n, (1 - a) n).
    """
    rate, seen = stage.advance, stage.observations
    if seen is None or not 0 < rate < 1:
        return rate
    drawn = float(betaincinv(rate * seen, (1 - rate) * seen, stream.uniform(Purpose.ADVANCE, 0, 0, place)))
    return min(drawn, 1.0 - (stage.stall.chance if stage.stall else 0.0))


def draw_deals(
    model: Model,
    stream: Stream,
    shocks: Shocks,
    chances: Array,
    wanted: NDArray[np.bool_],
    room: Room | None = None,
) -> Deals:
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
    chances
        Chances of advancing, with the stages as last axis; what cannot happen with any of them is not drawn.
    wanted
        Territories whose deals are drawn, shape (territories,); the others' luck is not touched by that.
    room
        Where the numbers by stage are kept; new memory when left out.

    Returns
    -------
    The deals; in each cluster of territories their order depends on ids alone.
    """
    field = model.case.field
    units = model.unit_order[wanted[field.territory[model.unit_order]]]
    luck = stream.uniform(Purpose.COUNT, model.unit_keys[units])
    count = poisson_quantile(luck, field.demand[units] * shocks.demand)
    new_unit = np.repeat(units, count)
    serial = np.arange(len(new_unit)) - np.repeat(np.cumsum(count) - count, count)
    keys = model.unit_keys[new_unit]
    share = stream.uniform(Purpose.ARRIVAL, keys, serial)
    new_unit, serial, share = _with_campaigns(model, stream, shocks, units, (new_unit, serial, share))
    keys = model.unit_keys[new_unit]
    arrival = np.interp(share, model.cumulated_share, model.month_edges).clip(max=_LAST_MOMENT)
    amount_cents = draw_amounts(model, stream, shocks, new_unit, serial)
    opening = field.opening
    open_deals = np.flatnonzero(wanted[field.territory[opening.unit]])
    old = len(open_deals)
    arrival = np.concatenate([np.zeros(old), arrival])
    first_stage = np.concatenate([opening.stage[open_deals], np.zeros(len(serial), dtype=np.int64)])
    age = np.concatenate([opening.days_in_stage[open_deals], np.zeros(len(serial))])
    keys = np.concatenate([model.opening_keys[open_deals], keys])
    number = np.concatenate([np.zeros(old, dtype=np.int64), serial])
    unit = np.concatenate([opening.unit[open_deals], new_unit])
    odds = _odds(model, stream)[unit]
    shape = (len(keys), model.rounds, len(model.days), len(FATE))
    fate: Array = (room or Room()).array("fate", shape, np.float64)
    draw(
        keys,
        number,
        arrival,
        first_stage,
        _rest(model, stream, open_deals, len(keys)),
        np.uint64(stream.replication),
        np.uint64(stream.seed),
        Sources(*model.quantities, *_range(model, chances, odds), model.course.stall, model.course.back),
        np.empty((model.rounds + 1, len(model.days) + 1)),
        fate,
    )
    return Deals(
        unit=unit,
        serial=np.concatenate([np.full(old, -1), serial]),
        arrival=arrival,
        first_stage=first_stage,
        age=age,
        amount_cents=np.concatenate([opening.amount_cents[open_deals], amount_cents]),
        odds=odds,
        hasty=_hasty(model, stream, keys, number),
        renewed_cents=_renewed(model, stream, wanted),
        fate=fate,
    )


def _with_campaigns(
    model: Model, stream: Stream, shocks: Shocks, units: Index, new: tuple[Index, Index, Array]
) -> tuple[Index, Index, Array]:
    """Add the opportunities of campaigns: unit, serial number and place in the year's season of each.

    Their serial numbers are far from those of other deals, whose luck is the same with and without campaigns.
    """
    columns = [new]
    for place, campaign in enumerate(model.case.field.campaigns):
        luck = stream.uniform(Purpose.CAMPAIGN, model.unit_keys[units], 0, place)
        count = poisson_quantile(luck, campaign.expected[units] * shocks.demand)
        unit = np.repeat(units, count)
        serial = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count) + (place + 1) * CAMPAIGN
        low, high = np.interp([campaign.first, campaign.last], model.month_edges, model.cumulated_share)
        share = low + (high - low) * stream.uniform(Purpose.ARRIVAL, model.unit_keys[unit], serial)
        columns.append((unit, serial, share))
    unit, serial, share = (np.concatenate(part) for part in zip(*columns, strict=True))
    return unit, serial, share


def _odds(model: Model, stream: Stream) -> Array:
    """Give the factor on the chance of winning in each unit: hands it has changed, stress on its territory."""
    field = model.case.field
    factor = field.win_factor[field.territory]
    handoff = field.process.handoff
    if handoff is None or not field.handed.any():
        return factor
    luck = stream.uniform(Purpose.HANDOFF, model.unit_keys)
    return np.where(field.handed, factor * Lognormal(handoff.win_rate, handoff.cv).quantile(luck), factor)


def _hasty(model: Model, stream: Stream, keys: NDArray[np.uint64], number: Index) -> NDArray[np.bool_]:
    """Say whose customer would sign early at a quarter's end, shape (deals,)."""
    rule = model.case.field.process.quarter_end
    if rule is None:
        return np.zeros(len(keys), dtype=bool)
    return np.asarray(stream.uniform(Purpose.PULL_IN, keys, number) < rule.chance)


def _renewed(model: Model, stream: Stream, wanted: NDArray[np.bool_]) -> Index:
    """Renew contracts, each once, on any day alike; whole cents, shape (territories, 12)."""
    field, rule = model.case.field, model.case.field.process.renewals
    cents = np.zeros((len(field.territory_ids), MONTHS), dtype=np.int64)
    if rule is None:
        return cents
    keys, contracts = model.contract_keys, field.contracts
    handoff = field.process.handoff
    lost = 1.0 if handoff is None else handoff.win_rate
    rate = rule.rate * np.where(field.handed[contracts.unit], lost, 1.0)
    kept = (stream.uniform(Purpose.RENEWAL, keys) < rate) & wanted[contracts.territory]
    growth = Lognormal(1.0 + rule.expansion, rule.cv).quantile(stream.uniform(Purpose.RENEWAL_AMOUNT, keys))
    day = DAYS_PER_YEAR * stream.uniform(Purpose.RENEWAL_DAY, keys)
    month = np.searchsorted(model.month_edges, day, side="right") - 1
    amount = np.rint(contracts.amount_cents * growth).astype(np.int64)
    np.add.at(cents, (contracts.territory[kept], month[kept]), amount[kept])
    return cents


def draw_amounts(model: Model, stream: Stream, shocks: Shocks, unit: Index, serial: Index) -> Index:
    """Draw the amounts of new deals, whole cents, in the order of their units and serial numbers."""
    luck = stream.uniform(Purpose.AMOUNT, model.unit_keys[unit], serial)
    return np.rint(model.amount.quantile(luck) * shocks.deal_size * 100).astype(np.int64)


def _range(model: Model, chances: Array, odds: Array) -> tuple[Array, Array]:
    """Give the least and the greatest chance of advancing from each stage, shape (stages,) each."""
    course = model.course
    every = chances.reshape(-1, chances.shape[-1])
    low, high = every.min(axis=0) * np.minimum(course.trained, 1.0), every.max(axis=0)
    high = high * np.maximum(course.trained, 1.0)
    if len(odds):
        low[-1], high[-1] = low[-1] * odds.min(), high[-1] * odds.max()
    return low, high


def _rest(model: Model, stream: Stream, open_deals: Index, count: int) -> Array:
    """Give the days until the customer answers an opening deal, given its age; -1 for all others, shape (deals,)."""
    opening = model.case.field.opening
    rest = np.full(count, -1.0)
    if not len(open_deals):
        return rest
    for s, days in enumerate(model.days):
        aged = np.flatnonzero((opening.stage[open_deals] == s) & (opening.days_in_stage[open_deals] > 0))
        deals = open_deals[aged]
        luck = stream.uniform(Purpose.DAYS, model.opening_keys[deals], 0, s)
        rest[aged] = days.remaining(luck, opening.days_in_stage[deals])
    return rest
