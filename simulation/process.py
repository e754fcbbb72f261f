"""The sales process as a SimPy model that reads like the story: the reference of the kernel.

An opportunity appears, waits until its rep has time, is worked on, perhaps by a specialist too, waits for the
customer's answer and goes on to the next stage, until it is won or lost. It may fall asleep and come back, or be
lost because its rep let it wait too long. Reps and specialists do one thing at a time and finish what was begun;
of what waits, the latest stage comes first, then what has waited longest.

Everything random is decided beforehand and belongs to the deal, so the order of events cannot change it.
Events at the same time happen in the order of kind, then of the deal's number, each with all that follows
from it before the next.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
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

Events = Generator[simpy.Event, None, None]


class Deal(NamedTuple):
    """An opportunity and what chance has decided for it.

    ``seat`` is its territory. ``age`` is the days it has already been in its first stage; above 0 the rep's part of
    that stage is done. ``odds`` multiply the chance of winning. The others hold one number by round (0, and one more
    for each time the deal may come back) and stage: hours of the rep and of the specialist, days of the customer, a uniform for
    the outcome (below the chance of advancing, the deal goes on), days of patience with the rep and of sleep.
    """

    number: int
    seat: int
    arrival: float
    first_stage: int
    age: float
    odds: float
    effort_hours: Sequence[Sequence[float]]
    help_hours: Sequence[Sequence[float]]
    days: Sequence[Sequence[float]]
    outcome: Sequence[Sequence[float]]
    patience: Sequence[Sequence[float]]
    asleep: Sequence[Sequence[float]]


@dataclass(slots=True)
class Visit:
    """One deal in one stage; on record from its first moment, for the year's end may cut it off.

    ``round`` is how often the deal has come back; ``help`` is the specialist's work.
    """

    deal: int
    stage: int
    entered: float
    work_start: float = NOT_YET
    work_end: float = NOT_YET
    left: float = NOT_YET
    outcome: Outcome = Outcome.OPEN
    round: int = 0
    help_start: float = NOT_YET
    help_end: float = NOT_YET


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


@dataclass(frozen=True)
class Pool:
    """Specialists who work side by side, each on the same clock."""

    clock: WorkClock
    servers: int


class StageRule(NamedTuple):
    """What the process says of a stage: chance of falling asleep, stage entered after that, training."""

    stall: float = 0.0
    back: int = 0
    trained_from: float = float("inf")
    trained: float = 1.0


@dataclass(frozen=True)
class Office:
    """Territories that share specialists.

    Parameters
    ----------
    teams
        By seat.
    stages
        Rules of the process.
    pools
        By a number of their own.
    helpers
        Pool that helps a seat in a stage, by seat and stage.
    """

    teams: Mapping[int, Team]
    stages: Sequence[StageRule]
    pools: Mapping[int, Pool]
    helpers: Mapping[tuple[int, int], int]

    @property
    def horizon(self) -> int:
        """Days that are simulated."""
        return next(iter(self.teams.values())).clock.horizon


class Moment(simpy.Event):
    """A point in time that comes in the order of its kind and deal among others at the same time."""

    def __init__(self, env: simpy.Environment, delay: float, kind: Kind, deal: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, priority=EventPriority(kind * _DEALS + deal), delay=delay)


class Desks:
    """Where deals queue: one resource a seat and one a pool."""

    def __init__(self, env: simpy.Environment, office: Office) -> None:
        self.reps = {s: simpy.PriorityResource(env, team.servers) for s, team in office.teams.items()}
        self.pools = {p: simpy.PriorityResource(env, pool.servers) for p, pool in office.pools.items()}


def opportunity(
    env: simpy.Environment, deal: Deal, office: Office, desks: Desks, visits: list[Visit]
) -> Events:
    """Go from stage to stage until won, lost, or the year is over."""
    team, stages, rounds = office.teams[deal.seat], len(office.stages), len(deal.days)
    stage, back = deal.first_stage, 0
    yield Moment(env, deal.arrival, Kind.ARRIVAL, deal.number)
    while True:
        rule = office.stages[stage]
        visit = Visit(deal.number, stage, env.now, round=back)
        visits.append(visit)
        if back == 0 and stage == deal.first_stage and deal.age > 0:
            visit.entered = -deal.age
        else:
            yield from rep_works(env, deal, team, desks.reps[deal.seat], visit)
            if visit.outcome is Outcome.GAVE_UP:
                return
            if (pool := office.helpers.get((deal.seat, stage))) is not None:
                yield from specialist_works(env, deal, office.pools[pool], desks.pools[pool], visit)
        yield Moment(env, deal.days[back][stage], Kind.ANSWER, deal.number)
        if (attended := team.attended(env.now)) > env.now:  # nobody there to hear the answer
            yield Moment(env, attended - env.now, Kind.ANSWER, deal.number)
        last, returns = stage == stages - 1, back < rounds - 1
        chance = kernel.chance_then(
            team.chance(stage, env.now), rule.trained_from, rule.trained, deal.odds, last, env.now
        )
        visit.left = env.now
        visit.outcome = Outcome(kernel.answered(deal.outcome[back][stage], chance, rule.stall, last, returns))
        if visit.outcome is Outcome.ADVANCE:
            stage += 1
        elif visit.outcome is Outcome.STALLED:
            yield Moment(env, deal.asleep[back][stage], Kind.ARRIVAL, deal.number)
            stage, back = rule.back, back + 1
        else:
            return


def rep_works(
    env: simpy.Environment, deal: Deal, team: Team, rep: simpy.PriorityResource, visit: Visit
) -> Events:
    """Wait for the rep and be worked on, unless patience has ended when the turn comes."""
    horizon = team.clock.horizon
    with rep.request(priority=-visit.stage) as turn:
        yield turn
        begin, end = team.clock.spell(env.now, deal.effort_hours[visit.round][visit.stage])
        lapse = visit.entered + deal.patience[visit.round][visit.stage]
        if kernel.gives_up(begin, lapse, horizon):
            visit.left, visit.outcome = lapse, Outcome.GAVE_UP
            return
        visit.work_start = begin if begin < horizon else NOT_YET
        yield Moment(env, end - env.now, Kind.WORK_DONE, deal.number)
    visit.work_end = env.now


def specialist_works(
    env: simpy.Environment, deal: Deal, pool: Pool, people: simpy.PriorityResource, visit: Visit
) -> Events:
    """Wait for a specialist and be worked on."""
    with people.request(priority=-visit.stage) as turn:
        yield turn
        begin, end = pool.clock.spell(env.now, deal.help_hours[visit.round][visit.stage])
        visit.help_start = begin if begin < pool.clock.horizon else NOT_YET
        yield Moment(env, end - env.now, Kind.WORK_DONE, deal.number)
    visit.help_end = env.now


def open_office(deals: Iterable[Deal], office: Office) -> tuple[simpy.Environment, Desks, list[Visit]]:
    """Set the scene on the first morning: every deal's story is about to begin.

    Returns
    -------
    The environment, the desks and the list that records the visits while the environment runs.
    """
    env = simpy.Environment()
    desks = Desks(env, office)
    visits: list[Visit] = []
    for deal in deals:
        env.process(opportunity(env, deal, office, desks, visits))
    return env, desks, visits


@contextmanager
def _collector_off() -> Iterator[None]:
    """Put off garbage collection: its sweeps over deals that are still alive cost a sixth of the time.

    As a decorator it ends after the function's own variables are gone, so that an office is swept up whole.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_collector_off()
def run_office(deals: Iterable[Deal], office: Office) -> list[Visit]:
    """Simulate territories that share specialists to their clocks' horizon.

    Parameters
    ----------
    deals
        Opportunities with distinct numbers.
    office
        Who works them, and how.

    Returns
    -------
    Every visit to a stage in the order in which stages were entered; days count from the first morning.
    """
    env, _, visits = open_office(deals, office)
    env.run(until=office.horizon)
    return visits
