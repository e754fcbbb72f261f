"""Bookings of many years for setting quotas: the amounts of every year's won deals are drawn several times.

What is won does not depend on amounts, and drawing an amount costs little beside simulating the year. Each year
thus gives several equally likely rows of bookings, and quantiles are steadier than from one row a year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.attainment import SalesField
from engine.errors import InputError
from simulation.check import field_findings
from simulation.deals import draw_amounts, draw_shocks
from simulation.kernel import Outcome
from simulation.model import Model, compile_case
from simulation.replicate import CHUNK, by_threads, in_order
from simulation.room import Room
from simulation.streams import Stream
from simulation.stress import base_case
from simulation.year import discounted, signed, simulate_year

Whole = NDArray[np.int64]

AMOUNTS = 8  # times the amounts of a year are drawn; more hardly helps, as wins and people vary too
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
    Whole cents, shape (years x `AMOUNTS`, territories); rows of a year stand together, the first of them is
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
    """Simulate one year and draw its amounts several times, whole cents, shape (AMOUNTS, territories)."""
    field = model.case.field
    stream = Stream(seed, year)
    deals, _, records = simulate_year(model, stream, room=room)
    visit = records.outcome == Outcome.WON
    won = records.deal[visit]
    territory = field.territory[deals.unit[won]]
    new = deals.serial[won] >= 0
    amounts = np.tile(deals.amount_cents[won], (AMOUNTS, 1))
    shocks = draw_shocks(model, stream)
    for again in range(1, AMOUNTS):
        other = Stream(seed, year + again * _APART)
        amounts[again, new] = draw_amounts(model, other, shocks, deals.unit[won[new]], deals.serial[won[new]])
    amounts = discounted(model, amounts, signed(model, deals, won, records.left[visit])[1])
    bookings = np.zeros((len(field.territory_ids), AMOUNTS), dtype=np.int64)
    np.add.at(bookings, territory, amounts.T)
    return bookings.T + deals.renewed_cents.sum(axis=1)
