"""One definition of a year's work, two interpreters of it: the compiled kernel and the SimPy model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulation import kernel
from simulation.calendar import WorkClock
from simulation.deals import Deals
from simulation.kernel import FATE, FULL, TIMES, VISIT, Course, Log, Stories, Teams
from simulation.process import Deal, Office, Pool, StageRule, Team, Visit, run_office
from simulation.records import Records, collect
from simulation.room import Room

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Engine = Literal["kernel", "simpy"]

VISITS_A_DEAL = 3  # rows to begin with; a year that needs more is run again with twice as many


def run_kernel(deals: Deals, seat: Index, teams: Teams, course: Course, room: Room | None = None) -> Records:
    """Run a year in the compiled kernel.

    Parameters
    ----------
    deals
        The year's opportunities.
    seat
        Territory of each deal, shape (deals,).
    teams
        Who works the territories.
    course
        What the process says of each stage.
    room
        Where the visits are kept; new memory when left out.

    Returns
    -------
    Every visit of a deal to a stage, by cluster of territories and in the order in which stages are entered.
    """
    order, starts = _by_cluster(seat, teams)
    stories = Stories(starts, order, seat, *(getattr(deals, name) for name in Stories._fields[3:]))
    rows, room = VISITS_A_DEAL * len(order), room or Room()
    while True:
        agenda, log = kernel.empty_agenda(room, stories, teams), empty_log(room, rows)
        used = kernel.run_clusters(stories, teams, course, agenda, log)
        if used != FULL:
            break
        rows *= 2
    return _records(log.visit, log.times, used, deals, teams)


def empty_log(room: Room, rows: int) -> Log:
    """Make room for visits."""
    return Log(
        room.array("visits", (len(VISIT), rows), np.int64),
        room.array("times", (len(TIMES), rows), np.float64),
    )


def run_simpy(deals: Deals, seat: Index, teams: Teams, course: Course) -> Records:
    """Run a year in the SimPy model: the same visits as `run_kernel`, number by number.

    Clusters of territories do not compete for anything, so each runs in an environment of its own; what they
    share is the year's shocks.
    """
    order, starts = _by_cluster(seat, teams)
    known = (getattr(deals, name) for name in Deal._fields[2 : -len(FATE)])
    columns = (column[order].tolist() for column in (*known, *map(deals.told, FATE)))
    rows = zip(order.tolist(), seat[order].tolist(), *columns, strict=True)
    stories = [Deal(*row) for row in rows]
    visits: list[Visit] = []
    for cluster, office in enumerate(_offices(teams, course)):
        visits += run_office(stories[starts[cluster] : starts[cluster + 1]], office)
    return _records(*collect(visits), len(visits), deals, teams)


def _records(visit: Index, times: Array, used: int, deals: Deals, teams: Teams) -> Records:
    """Close the books: whose patience ended in a queue is known only now."""
    kernel.patience_ended(visit, times, used, deals.fate, teams.hours.shape[1] - 1.0)
    return Records(**dict(zip((*VISIT, *TIMES), (*visit[:, :used], *times[:, :used]), strict=True)))


def _by_cluster(seat: Index, teams: Teams) -> tuple[Index, Index]:
    """Sort deals by cluster; tell where each cluster's begin, and the end."""
    cluster = teams.cluster[seat]
    small = (
        np.int16 if len(teams.cluster) < np.iinfo(np.int16).max else np.int64
    )  # few digits are sorted at once
    order = np.argsort(cluster.astype(small), kind="stable")
    return order, np.searchsorted(cluster[order], np.arange(teams.cluster.max() + 2))


def _offices(teams: Teams, course: Course) -> Iterator[Office]:
    """Give each cluster its territories and the specialists they share."""
    stages = [StageRule(*rule) for rule in zip(*(column.tolist() for column in course[:-1]), strict=True)]
    columns = (teams.chances, teams.filled, teams.left, teams.refilled, teams.servers[: len(teams.filled)])
    people = [
        Team(WorkClock(hours), *row)
        for hours, *row in zip(
            teams.hours[: len(teams.filled)], *(column.tolist() for column in columns), strict=True
        )
    ]
    for cluster in range(teams.cluster.max() + 1):
        members = np.flatnonzero(teams.cluster == cluster).tolist()
        helpers = {
            (seat, stage): int(pool)
            for seat in members
            for stage, pool in enumerate(course.helper[seat])
            if pool >= 0
        }
        needed = sorted(set(helpers.values()))
        pools = {p: Pool(WorkClock(teams.hours[p]), int(teams.servers[p])) for p in needed}
        yield Office({seat: people[seat] for seat in members}, stages, pools, helpers)
