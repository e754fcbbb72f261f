"""One simulated fiscal year: draw what chance decides, run every territory, count what came of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.units import MONTHS
from simulation.calendar import Seats, leaving_days, seat_year
from simulation.deals import Deals, Shocks, draw_deals, draw_shocks
from simulation.distributions import Lognormal
from simulation.interpreters import INTERPRETERS, Engine
from simulation.kernel import Outcome, Teams
from simulation.model import Model
from simulation.records import Records
from simulation.streams import Purpose, Stream

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

PERSONS = 2  # in a seat, in one year: who is there first, and the successor


class Results(NamedTuple):
    """What came of a year, shape (territories, ...), or of several, with the replication as first axis.

    Where ``simulated`` is false the case does not touch the territory, and the other figures are not filled.
    ``bookings_cents`` is by month. ``used_hours`` are deals, account care and travel; ``hours`` what the seat
    had. ``waiting_days`` is the sum over ``waits`` visits from entering a stage until the rep begins; a visit
    still waiting at the year's end counts with its days so far.
    """

    simulated: NDArray[np.bool_]
    bookings_cents: Whole
    won: Whole
    lost: Whole
    open: Whole
    used_hours: Array
    hours: Array
    waiting_days: Array
    waits: Whole


def simulate_year(model: Model, stream: Stream, engine: Engine = "kernel") -> tuple[Deals, Seats, Records]:
    """Simulate one fiscal year of the territories that the case touches.

    Parameters
    ----------
    model
        The case, made ready.
    stream
        Random numbers of the replication.
    engine
        The interpreter; the year does not depend on it.

    Returns
    -------
    Those territories' deals, all seats and every visit of a deal to a stage.
    """
    field = model.case.field
    shocks = draw_shocks(model, stream)
    leaving = leaving_days(field, stream.uniform(Purpose.LEAVING, model.seat_keys))
    seats = seat_year(field, np.minimum(leaving, model.case.leaving))
    deals = draw_deals(model, stream, shocks, _touched(model, seats))
    teams = _teams(model, stream, shocks, seats)
    return deals, seats, INTERPRETERS[engine](deals, field.territory[deals.unit].astype(np.int64), teams)


def _touched(model: Model, seats: Seats) -> NDArray[np.bool_]:
    """Tell which territories can differ from the base case this year, shape (territories,)."""
    return model.case.touched | (model.case.backfills & np.isfinite(seats.left))


def _teams(model: Model, stream: Stream, shocks: Shocks, seats: Seats) -> Teams:
    """Put people in the seats: how well each closes is drawn anew every year, for nobody knows it."""
    field = model.case.field
    advance = [stage.advance for stage in field.process.stages]
    luck = stream.uniform(Purpose.SKILL, model.seat_keys[:, None], np.arange(PERSONS))
    skill = Lognormal(1.0, field.process.skill_cv).quantile(luck)
    chances = np.tile(advance, (len(luck), PERSONS, 1))
    chances[:, :, -1] = np.minimum(advance[-1] * shocks.win_rate * skill, 1.0)
    servers = np.ones(len(luck), dtype=np.int64)
    return Teams(seats.deal_hours, chances, seats.filled, seats.left, seats.refilled, servers)


def tally(model: Model, deals: Deals, seats: Seats, records: Records) -> Results:
    """Count bookings, outcomes, hours and waiting by territory.

    Returns
    -------
    The year's results; bookings fall on the day of winning, whole cents.
    """
    field = model.case.field
    size = len(field.territory_ids)
    territory = field.territory[deals.unit][records.deal].astype(np.int64)
    won = records.outcome == Outcome.WON
    month = np.searchsorted(model.month_edges, records.left[won], side="right") - 1
    bookings = np.zeros((size, MONTHS), dtype=np.int64)
    np.add.at(bookings, (territory[won], month), deals.amount_cents[records.deal[won]])
    asked = deals.age[records.deal] == 0
    asked |= records.stage != deals.first_stage[records.deal]
    horizon = seats.deal_hours.shape[1] - 1.0
    waiting = np.where(np.isnan(records.work_start), horizon, records.work_start) - records.entered
    care = seats.productive_hours * seats.care_share

    def sums(values: Array, where: NDArray[np.bool_]) -> Array:
        return np.bincount(territory[where], weights=values[where], minlength=size).astype(np.float64)

    def counts(where: NDArray[np.bool_]) -> Whole:
        return np.bincount(territory[where], minlength=size)

    return Results(
        simulated=_touched(model, seats),
        bookings_cents=bookings,
        won=counts(won),
        lost=counts(records.outcome == Outcome.LOST),
        open=counts(records.outcome == Outcome.OPEN),
        used_hours=care + sums(worked_hours(deals, seats, records, territory), ~np.isnan(records.work_start)),
        hours=seats.productive_hours,
        waiting_days=sums(waiting, asked),
        waits=counts(asked),
    )


def worked_hours(deals: Deals, seats: Seats, records: Records, territory: Whole) -> Array:
    """Give the hours of work done on each visit within the year, shape (visits,)."""
    started = ~np.isnan(records.work_start)
    begin = np.where(started, records.work_start, 0.0)
    day = begin.astype(np.int64)
    before, after = seats.deal_hours[territory, day], seats.deal_hours[territory, day + 1]
    until_the_end = seats.deal_hours[territory, -1] - (before + (begin - day) * (after - before))
    effort = deals.effort_hours[records.deal, records.stage]
    return np.where(started, np.where(np.isnan(records.work_end), until_the_end, effort), 0.0)
