"""Bookings of many years for setting quotas: the last answers and amounts of every year are drawn several times.

Nothing in a year waits for whether a deal is won, for how well its seller closes, or for its amount. Drawing these
again costs little beside simulating the year: each year gives several equally likely rows of bookings, and quantiles
are far steadier than from one row a year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.attainment import SalesField
from engine.errors import InputError
from simulation.check import field_findings
from simulation.deals import Deals, Shocks, draw_shocks
from simulation.kernel import Outcome
from simulation.model import Model, compile_case
from simulation.records import Records
from simulation.replicate import CHUNK, by_threads, in_order
from simulation.room import Room
from simulation.streams import ROUND, Purpose, Stream
from simulation.stress import base_case
from simulation.year import PERSONS, closing, discounted, signed, simulate_year

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

ROWS = 16  # a year; more hardly help, as the years themselves vary too
_APART = 2**28  # replication numbers between two drawings: no simulated year has such a number


def simulate_bookings(
    field: SalesField,
    years: range,
    *,
    seed: int,
    workers: int | str,
    progress: Callable[[str, float], None],
) -> Whole:
    """Simulate what each position books in a year, in rows for quantiles.

    Parameters
    ----------
    field
        The sales field; its quotas are not looked at.
    years
        Replication numbers, below 2**28; with the same numbers the simulation shares its luck with these years.
    seed
        Seed of the scenario.
    workers
        Threads, or the address of a Dask scheduler; they change no result.
    progress
        Told the step and the part of it that is done.

    Returns
    -------
    Whole cents, shape (years x `ROWS`, territories); rows of a year stand together, the first of them is
    the year as the simulation tells it.

    Raises
    ------
    InputError
        If the field is too large to be simulated.

    References
    ----------
    Conditional Monte Carlo: Asmussen, Glynn 2007, Stochastic Simulation, section V.4, DOI 10.1007/978-0-387-69033-9.
    """
    if findings := field_findings(field):
        raise InputError(findings)
    model = compile_case(base_case(field))
    tasks = [(model, seed, years[first : first + CHUNK]) for first in range(0, len(years), CHUNK)]
    parts = in_order(_chunk, tasks, workers, lambda done: progress("years for quotas", done), by_threads)
    return np.concatenate(parts)


def _chunk(model: Model, seed: int, years: Sequence[int]) -> Whole:
    room = Room()
    return np.concatenate([year_bookings(model, seed, year, room) for year in years])


def year_bookings(model: Model, seed: int, year: int, room: Room) -> Whole:
    """Simulate one year and draw its last answers and amounts several times, whole cents, shape (ROWS, territories).

    Given the deals that hear an answer to the last stage, each is won with the chance of its stage, person and odds,
    apart from all others; a stalled one is known to have stalled, so the chances of the others are those of an answer
    that is not that. What is exact for this holds while chance and stalling do not exceed 1 together.
    """
    field = model.case.field
    stream = Stream(seed, year)
    deals, seats, records = simulate_year(model, stream, room=room)
    last = len(model.days) - 1
    heard = (records.outcome == Outcome.WON) | ((records.outcome == Outcome.LOST) & (records.stage == last))
    deal, day = records.deal[heard], records.left[heard]
    territory = field.territory[deals.unit[deal]]
    again = Stream(seed, year + np.arange(1, ROWS)[:, None] * _APART)
    shocks = draw_shocks(model, stream)
    person = (day >= seats.refilled[territory]).astype(np.int64)
    chance = _chances(model, again, shocks, territory, person) * deals.odds[deal]
    chance *= np.where(day >= model.course.trained_from[last], model.course.trained[last], 1.0)
    chance /= 1.0 - np.where(records.round[heard] < model.rounds - 1, model.course.stall[last], 0.0)
    won = np.vstack(
        [records.outcome[heard] == Outcome.WON, _luck(model, again, deals, records, heard) < chance]
    )
    row, column = won.nonzero()
    early = signed(model, deals, deal, day)[1]
    amounts = discounted(model, _amounts(model, seed, year, deals, deal, shocks, row, column), early[column])
    size = len(field.territory_ids)
    booked = np.bincount(row * size + territory[column], weights=amounts, minlength=ROWS * size)
    return np.rint(booked).astype(np.int64).reshape(ROWS, size) + deals.renewed_cents.sum(axis=1)


def _chances(model: Model, again: Stream, shocks: Shocks, territory: Whole, person: Whole) -> Array:
    """Draw people anew: the chance of winning of each answer, shape (ROWS - 1, answers)."""
    seats = model.seat_keys[:, None] + np.zeros(PERSONS, dtype=np.uint64)
    which = np.zeros(seats.shape, dtype=np.int64) + np.arange(PERSONS)
    luck = again.uniform(Purpose.SKILL, seats.ravel(), which.ravel())
    found = np.minimum(shocks.advance[-1] * shocks.win_rate * closing(model, luck), 1.0)
    return np.asarray(found[:, territory * PERSONS + person])


def _luck(model: Model, again: Stream, deals: Deals, records: Records, heard: NDArray[np.bool_]) -> Array:
    """Draw the outcomes of answers anew, shape (ROWS - 1, answers)."""
    deal = records.deal[heard]
    keys = np.concatenate([model.opening_keys, model.unit_keys[deals.unit[len(model.opening_keys) :]]])[deal]
    stage = records.stage[heard] + ROUND * records.round[heard]
    return again.uniform(Purpose.OUTCOME, keys, np.maximum(deals.serial[deal], 0), stage)


def _amounts(
    model: Model, seed: int, year: int, deals: Deals, deal: Whole, shocks: Shocks, row: Whole, column: Whole
) -> Whole:
    """Give the amount of every win: in the first row, and of opening deals, as it is; else drawn anew, whole cents."""
    won = deal[column]
    cents = deals.amount_cents[won].copy()
    new = (deals.serial[won] >= 0) & (row > 0)
    drawn = Stream(seed, year + row[new] * _APART)
    luck = drawn.uniform(Purpose.AMOUNT, model.unit_keys[deals.unit[won[new]]], deals.serial[won[new]])
    cents[new] = np.rint(model.amount.quantile(luck) * shocks.deal_size * 100).astype(np.int64)
    return cents
