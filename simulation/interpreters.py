"""One definition of a year's work, two interpreters of it: the compiled kernel and the SimPy model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulation.calendar import WorkClock
from simulation.deals import Deals
from simulation.kernel import FULL, Log, Stories, Teams, run_territories
from simulation.process import Deal, Team, Visit, run_territory
from simulation.records import Records, collect

Index = NDArray[np.int64]

Engine = Literal["kernel", "simpy"]

VISITS_A_DEAL = 3  # rows to begin with; a year that needs more is run again with twice as many


def run_kernel(deals: Deals, territory: Index, teams: Teams) -> Records:
    """Run a year in the compiled kernel.

    Parameters
    ----------
    deals
        The year's opportunities.
    territory
        Territory of each deal, shape (deals,).
    teams
        Who works the territories.

    Returns
    -------
    Every visit of a deal to a stage, by territory and in the order in which stages are entered.
    """
    order = np.argsort(territory, kind="stable")
    stories = Stories(
        np.searchsorted(territory[order], np.arange(len(teams.filled) + 1)),
        deals.arrival[order],
        deals.first_stage[order],
        deals.age[order],
        deals.effort_hours[order],
        deals.days[order],
        deals.outcome[order],
    )
    rows = VISITS_A_DEAL * len(order)
    while (used := run_territories(stories, teams, log := empty_log(rows))) == FULL:
        rows *= 2
    return Records(
        deal=order[log.deal[:used]],
        stage=log.stage[:used],
        entered=log.entered[:used],
        work_start=log.work_start[:used],
        work_end=log.work_end[:used],
        left=log.left[:used],
        outcome=log.outcome[:used],
    )


def empty_log(rows: int) -> Log:
    """Make room for visits."""
    deal, stage, outcome = np.empty((3, rows), dtype=np.int64)
    entered, work_start, work_end, left = np.empty((4, rows))
    return Log(deal, stage, entered, work_start, work_end, left, outcome)


def run_simpy(deals: Deals, territory: Index, teams: Teams) -> Records:
    """Run a year in the SimPy model: the same visits as `run_kernel`, number by number.

    Territories do not compete for anything, so each runs in an environment of its own; what they share is the
    year's shocks.
    """
    visits: list[Visit] = []
    for stories, team in zip(_by_territory(deals, territory, len(teams.filled)), _teams(teams), strict=True):
        visits += run_territory(stories, team)
    return collect(visits)


def _by_territory(deals: Deals, territory: Index, territories: int) -> Iterator[list[Deal]]:
    """Hand out the deals to the territories their units lie in."""
    order = np.argsort(territory, kind="stable")
    columns = (deals.arrival, deals.first_stage, deals.age, deals.effort_hours, deals.days, deals.outcome)
    rows = zip(order.tolist(), *(column[order].tolist() for column in columns), strict=True)
    for count in np.bincount(territory, minlength=territories).tolist():
        yield [Deal(*next(rows)) for _ in range(count)]


def _teams(teams: Teams) -> Iterator[Team]:
    for hours, chances, *others in zip(teams.hours, *(column.tolist() for column in teams[1:]), strict=True):
        yield Team(WorkClock(hours), chances, *others)


INTERPRETERS: dict[Engine, Callable[[Deals, Index, Teams], Records]] = {
    "kernel": run_kernel,
    "simpy": run_simpy,
}
