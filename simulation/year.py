"""One simulated fiscal year: draw what chance decides, run every territory, count what came of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    had. ``lost`` includes ``gave_up``, the deals whose patience with their rep ended; a sleeping deal is open.
    ``waiting_days`` is the sum over ``waits`` visits from entering a stage until the rep begins; a visit
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
    gave_up: Whole


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
    seats = seat_year(field, np.minimum(leaving, model.case.leaving), shocks.hours)
    teams = _teams(model, stream, shocks, seats)
    deals = draw_deals(model, stream, shocks, teams.chances, _touched(model, seats))
    seat = field.territory[deals.unit].astype(np.int64)
    return deals, seats, INTERPRETERS[engine](deals, seat, teams, model.course)


def _touched(model: Model, seats: Seats) -> NDArray[np.bool_]:
    """Tell which territories can differ from the base case this year, shape (territories,)."""
    touched = model.case.touched | (model.case.backfills & np.isfinite(seats.left))
    cluster = model.sharing.cluster
    return np.asarray(np.bincount(cluster, touched)[cluster] > 0)  # who shares specialists is touched too


def _teams(model: Model, stream: Stream, shocks: Shocks, seats: Seats) -> Teams:
    """Put people in the seats: how well each closes is drawn anew every year, for nobody knows it."""
    skill = skills(model, stream)
    chances = np.tile(shocks.advance, (len(skill), PERSONS, 1))
    chances[:, :, -1] = np.minimum(shocks.advance[-1] * shocks.win_rate * skill, 1.0)
    sharing = model.sharing
    return Teams(
        hours=np.concatenate([seats.deal_hours, sharing.hours * shocks.hours]),
        servers=np.concatenate([np.ones(len(skill), dtype=np.int64), sharing.servers]),
        chances=chances,
        filled=seats.filled,
        left=seats.left,
        refilled=seats.refilled,
        cluster=sharing.cluster,
    )


def skills(model: Model, stream: Stream) -> Array:
    """Draw by how much each person in a seat closes better or worse than the average, shape (territories, PERSONS)."""
    luck = stream.uniform(Purpose.SKILL, model.seat_keys[:, None], np.arange(PERSONS))
    return np.asarray(Lognormal(1.0, model.case.field.process.skill_cv).quantile(luck))


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
    bookings = deals.renewed_cents.copy()
    deal = records.deal[won]
    month, early = signed(model, deals, deal, records.left[won])
    np.add.at(bookings, (territory[won], month), discounted(model, deals.amount_cents[deal], early))
    asked = records.entered >= 0  # the rep's part of an aged deal was done before
    horizon = seats.deal_hours.shape[1] - 1.0
    gave_up = records.outcome == Outcome.GAVE_UP
    until = np.where(gave_up, records.left, horizon)
    waiting = np.where(np.isnan(records.work_start), until, records.work_start) - records.entered
    final = last_visit(deals, records)
    care = seats.productive_hours * seats.care_share

    def sums(values: Array, where: NDArray[np.bool_]) -> Array:
        return np.bincount(territory[where], weights=values[where], minlength=size).astype(np.float64)

    def counts(where: NDArray[np.bool_]) -> Whole:
        return np.bincount(territory[where], minlength=size)

    return Results(
        simulated=_touched(model, seats),
        bookings_cents=bookings,
        won=counts(won),
        lost=counts((records.outcome == Outcome.LOST) | gave_up),
        open=counts(final & np.isin(records.outcome, (Outcome.OPEN, Outcome.STALLED))),
        used_hours=care + sums(worked_hours(deals, seats, records, territory), ~np.isnan(records.work_start)),
        hours=seats.productive_hours,
        waiting_days=sums(waiting, asked),
        waits=counts(asked),
        gave_up=counts(gave_up),
    )


def signed(model: Model, deals: Deals, won: Whole, day: Array) -> tuple[Whole, NDArray[np.bool_]]:
    """Say in which month won deals are booked, and which of them are pulled into the quarter before.

    Parameters
    ----------
    model, deals
        The case and its deals.
    won
        Deals that were won, shape (wins,).
    day
        Day each was won, shape (wins,).

    Returns
    -------
    Month, and whether the deal was signed early, shape (wins,) each.
    """
    month = np.searchsorted(model.month_edges, day, side="right") - 1
    rule = model.case.field.process.quarter_end
    if rule is None:
        return month, np.zeros(len(won), dtype=bool)
    early = deals.hasty[won] & (month > 0) & (month % 3 == 0) & (day - model.month_edges[month] < rule.days)
    return month - early, early


def discounted(model: Model, cents: Whole, early: NDArray[np.bool_]) -> Whole:
    """Take the discount off the amounts of deals that were signed early; whole cents, deals as last axis."""
    rule = model.case.field.process.quarter_end
    if rule is None:
        return cents
    return np.where(early, np.rint(cents * (1.0 - rule.discount)).astype(np.int64), cents)


def last_visit(deals: Deals, records: Records) -> NDArray[np.bool_]:
    """Tell which visits are the last of their deal within the year, shape (visits,)."""
    rows = np.arange(len(records.deal))
    last = np.empty(len(deals.unit), dtype=np.int64)
    last[records.deal] = rows  # of several rows the last one stays
    return np.asarray(last[records.deal] == rows)


def worked_hours(deals: Deals, seats: Seats, records: Records, territory: Whole) -> Array:
    """Give the hours of work done on each visit within the year, shape (visits,)."""
    started = ~np.isnan(records.work_start)
    begin = np.where(started, records.work_start, 0.0)
    day = begin.astype(np.int64)
    before, after = seats.deal_hours[territory, day], seats.deal_hours[territory, day + 1]
    until_the_end = seats.deal_hours[territory, -1] - (before + (begin - day) * (after - before))
    effort = deals.effort_hours[records.deal, records.round, records.stage]
    return np.where(started, np.where(np.isnan(records.work_end), until_the_end, effort), 0.0)
