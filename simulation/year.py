"""One simulated fiscal year: draw what chance decides, run every territory, count what came of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.calendar import Seats, blocks_off, days_off, leaving_days, seat_year
from simulation.counting import Visits, count_visits, no_counts
from simulation.deals import Deals, Shocks, draw_deals, draw_shocks
from simulation.distributions import Lognormal
from simulation.interpreters import Engine, run_kernel, run_simpy
from simulation.kernel import Outcome, Teams
from simulation.model import Model
from simulation.records import Records
from simulation.room import Room
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


def simulate_year(
    model: Model, stream: Stream, engine: Engine = "kernel", room: Room | None = None
) -> tuple[Deals, Seats, Records]:
    """Simulate one fiscal year of the territories that the case touches.

    Parameters
    ----------
    model
        The case, made ready.
    stream
        Random numbers of the replication.
    engine
        The interpreter; the year does not depend on it.
    room
        Memory of a year that is no longer looked at; new memory when left out.

    Returns
    -------
    Those territories' deals, all seats and every visit of a deal to a stage.
    """
    field, room = model.case.field, room or Room()
    shocks = draw_shocks(model, stream)
    leaving = leaving_days(field, stream.uniform(Purpose.LEAVING, model.seat_keys))
    blocks = np.arange(blocks_off(field))
    off = days_off(field, stream.uniform(Purpose.VACATION, model.seat_keys[:, None], blocks))
    seats = seat_year(field, np.minimum(leaving, model.case.leaving), shocks.hours, model.service, off)
    teams = _teams(model, stream, shocks, seats)
    deals = draw_deals(model, stream, shocks, teams.chances, _touched(model, seats), room)
    seat = field.territory[deals.unit].astype(np.int64)
    if engine == "simpy":
        return deals, seats, run_simpy(deals, seat, teams, model.course)
    return deals, seats, run_kernel(deals, seat, teams, model.course, room)


def _touched(model: Model, seats: Seats) -> NDArray[np.bool_]:
    """Tell which territories can differ from the base case this year, shape (territories,)."""
    if model.case.touched.all():
        return model.case.touched
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
    return closing(model, stream.uniform(Purpose.SKILL, model.seat_keys[:, None], np.arange(PERSONS)))


def closing(model: Model, luck: Array) -> Array:
    """Give how well a person of some luck closes, 1 = the average, in the shape of ``luck``."""
    return np.asarray(Lognormal(1.0, model.case.field.process.skill_cv).quantile(luck))


def tally(model: Model, deals: Deals, seats: Seats, records: Records) -> Results:
    """Count bookings, outcomes, hours and waiting by territory.

    Returns
    -------
    The year's results; bookings fall on the day of winning, whole cents.
    """
    field = model.case.field
    size = len(field.territory_ids)
    territory = field.territory[deals.unit].astype(np.int64)
    won = records.outcome == Outcome.WON
    bookings = deals.renewed_cents.copy()
    deal = records.deal[won]
    month, early = signed(model, deals, deal, records.left[won])
    np.add.at(bookings, (territory[deal], month), discounted(model, deals.amount_cents[deal], early))
    counts = no_counts(size)
    visits = Visits(*(getattr(records, name) for name in Visits._fields))
    last = np.empty(len(deals.unit), dtype=np.int64)
    count_visits(visits, territory, deals.fate, seats.deal_hours, last, counts)
    return Results(
        simulated=_touched(model, seats),
        bookings_cents=bookings,
        won=counts.won,
        lost=counts.lost,
        open=counts.open,
        used_hours=seats.productive_hours * seats.care_share + counts.deal_hours,
        hours=seats.productive_hours,
        waiting_days=counts.waiting_days,
        waits=counts.waits,
        gave_up=counts.gave_up,
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
