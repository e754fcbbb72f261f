"""The sales process of one territory as a SimPy model that reads like the story: the reference of the kernel.

An opportunity appears, waits until its rep has time, is worked on, waits for the customer's answer and goes
on to the next stage, until it is won or lost. A rep does one thing at a time and finishes what was begun; of
what waits, the latest stage comes first, then what has waited longest.

Everything random is decided beforehand and belongs to the deal, so the order of events cannot change it.
Events at the same time happen in the order of kind, then of the deal's number, each with all that follows
from it before the next.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import simpy
from simpy.events import EventPriority

from simulation import kernel
from simulation.calendar import WorkClock
from simulation.kernel import Kind, Outcome

NOT_YET = float("nan")
_DEALS = 2**40  # more than there are deals, so that the kind decides first


class Deal(NamedTuple):
    """An opportunity and what chance has decided for it; the last three hold one number a stage.

    ``age`` is the days it has already been in its first stage; above 0 the rep's part of that stage is done.
    ``outcome`` is uniform: below the chance of advancing, the deal goes on.
    """

    number: int
    arrival: float
    first_stage: int
    age: float
    effort_hours: Sequence[float]
    days: Sequence[float]
    outcome: Sequence[float]


@dataclass(slots=True)
class Visit:
    """One deal in one stage; on record from its first moment, for the year's end may cut it off."""

    deal: int
    stage: int
    entered: float
    work_start: float = NOT_YET
    work_end: float = NOT_YET
    left: float = NOT_YET
    outcome: Outcome = Outcome.OPEN


@dataclass(frozen=True)
class Team:
    """Who works a territory.

    Parameters
    ----------
    clock
        Hours for deals.
    chances
        Chance of advancing from each stage, for the first person in the seat and for the successor.
    filled, left, refilled
        Days on which the first person starts and leaves and the successor starts.
    servers
        How many work side by side, each on the same clock.
    """

    clock: WorkClock
    chances: tuple[Sequence[float], Sequence[float]]
    filled: float = float("-inf")
    left: float = float("inf")
    refilled: float = float("inf")
    servers: int = 1

    def attended(self, time: float) -> float:
        """Give the first moment from a time on at which somebody is in the seat."""
        return float(kernel.attended(self.filled, self.left, self.refilled, time))

    def chance(self, stage: int, time: float) -> float:
        """Give the chance of advancing with the person who is there at a time."""
        return self.chances[kernel.person(self.refilled, time)][stage]


class Moment(simpy.Event):
    """A point in time that comes in the order of its kind and deal among others at the same time."""

    def __init__(self, env: simpy.Environment, delay: float, kind: Kind, deal: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, priority=EventPriority(kind * _DEALS + deal), delay=delay)


def opportunity(
    env: simpy.Environment, deal: Deal, team: Team, rep: simpy.PriorityResource, visits: list[Visit]
) -> Generator[simpy.Event, None, None]:
    """Go from stage to stage until won, lost, or the year is over."""
    yield Moment(env, deal.arrival, Kind.ARRIVAL, deal.number)
    for stage in range(deal.first_stage, len(deal.days)):
        visit = Visit(deal.number, stage, env.now)
        visits.append(visit)
        if stage == deal.first_stage and deal.age > 0:
            visit.entered = -deal.age
        else:
            with rep.request(priority=-stage) as turn:
                yield turn
                begin, end = team.clock.spell(env.now, deal.effort_hours[stage])
                visit.work_start = begin if begin < team.clock.horizon else NOT_YET
                yield Moment(env, end - env.now, Kind.WORK_DONE, deal.number)
            visit.work_end = env.now
        yield Moment(env, deal.days[stage], Kind.ANSWER, deal.number)
        if (attended := team.attended(env.now)) > env.now:  # nobody there to hear the answer
            yield Moment(env, attended - env.now, Kind.ANSWER, deal.number)
        visit.left = env.now
        if kernel.is_lost(deal.outcome[stage], team.chance(stage, env.now)):
            visit.outcome = Outcome.LOST
            return
        visit.outcome = Outcome.ADVANCE
    visit.outcome = Outcome.WON


def open_territory(
    deals: Iterable[Deal], team: Team
) -> tuple[simpy.Environment, simpy.PriorityResource, list[Visit]]:
    """Set the scene on the first morning: every deal's story is about to begin.

    Returns
    -------
    The environment, the rep and the list that records the visits while the environment runs.
    """
    env = simpy.Environment()
    rep = simpy.PriorityResource(env, capacity=team.servers)
    visits: list[Visit] = []
    for deal in deals:
        env.process(opportunity(env, deal, team, rep, visits))
    return env, rep, visits


@contextmanager
def _collector_off() -> Iterator[None]:
    """Put off garbage collection: its sweeps over deals that are still alive cost a sixth of the time.

    As a decorator it ends after the function's own variables are gone, so that a territory is swept up whole.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_collector_off()
def run_territory(deals: Iterable[Deal], team: Team) -> list[Visit]:
    """Simulate one territory to its clock's horizon.

    Parameters
    ----------
    deals
        Opportunities with distinct numbers.
    team
        Who works them.

    Returns
    -------
    Every visit to a stage in the order in which stages were entered; days count from the first morning.
    """
    env, _, visits = open_territory(deals, team)
    env.run(until=team.clock.horizon)
    return visits
