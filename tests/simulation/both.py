"""The two interpreters behind one face: deals and an office in, visits out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from simulation.deals import Deals
from simulation.interpreters import run_kernel
from simulation.kernel import FATE, Course, Outcome, Teams
from simulation.process import Deal, Office, Pool, StageRule, Team, Visit, run_office
from simulation.records import Records

RunOffice = Callable[[Iterable[Deal], Office], list[Visit]]
Run = Callable[[Iterable[Deal], Team], list[Visit]]
KernelRun = Callable[[Deals, np.ndarray, Teams, Course], Records]


def make_deal(
    number: int,
    arrival: float = 0.0,
    *,
    seat: int = 0,
    stage: int = 0,
    age: float = 0.0,
    odds: float = 1.0,
    effort_hours: Sequence[float],
    days: Sequence[float],
    outcome: Sequence[float],
    help_hours: Sequence[float] = (),
    patience: Sequence[float] = (),
    asleep: Sequence[float] = (),
    rounds: int = 1,
) -> Deal:
    """A deal that has the same numbers in every round; endless patience if none is given."""
    stages = len(days)
    columns = [
        effort_hours,
        help_hours or (0.0,) * stages,
        days,
        outcome,
        patience or (math.inf,) * stages,
        asleep or (0.0,) * stages,
    ]
    return Deal(number, seat, arrival, stage, age, odds, *((tuple(column),) * rounds for column in columns))


def changed(story: Deal, **by_stage: Sequence[float]) -> Deal:
    """The same deal with other numbers by stage, in every round."""
    return story._replace(**{name: (tuple(column),) * len(story.days) for name, column in by_stage.items()})


def one_team(team: Team) -> Office:
    """A territory by itself, without stalls, training and specialists."""
    return Office({0: team}, [StageRule()] * len(team.chances[0]), {}, {})


def deals_of(stories: Sequence[Deal], stages: int) -> Deals:
    """Deals as arrays, in the order given; what the interpreters do not read is 0."""
    columns = dict(zip(Deal._fields, zip(*stories, strict=True), strict=True)) if stories else {}
    nothing = np.zeros(len(stories), dtype=np.int64)

    def values(name: str, kind: type = np.float64) -> np.ndarray:
        return np.array(columns.get(name, ()), dtype=kind)

    numbers = np.stack([values(name).reshape(len(stories), -1, stages) for name in FATE], axis=-1)
    return Deals(
        unit=nothing,
        serial=nothing,
        amount_cents=nothing,
        arrival=values("arrival"),
        first_stage=values("first_stage", np.int64),
        age=values("age"),
        odds=values("odds"),
        hasty=np.zeros(len(stories), dtype=bool),
        renewed_cents=np.zeros((0, 12), dtype=np.int64),
        fate=numbers,
    )


def arrays_of(office: Office) -> tuple[Teams, Course]:
    """An office of one cluster as arrays; seats and pools are numbered from 0, pools after the seats."""
    seats, stages = len(office.teams), len(office.stages)
    teams = [office.teams[seat] for seat in range(seats)]
    pools: list[Pool] = [office.pools[pool] for pool in range(seats, seats + len(office.pools))]
    helper = np.full((seats, stages), -1, dtype=np.int64)
    for at, pool in office.helpers.items():
        helper[at] = pool
    return (
        Teams(
            hours=np.array([who.clock.hours for who in (*teams, *pools)], dtype=np.float64),
            servers=np.array([who.servers for who in (*teams, *pools)]),
            chances=np.array([team.chances for team in teams], dtype=np.float64),
            filled=np.array([team.filled for team in teams]),
            left=np.array([team.left for team in teams]),
            refilled=np.array([team.refilled for team in teams]),
            cluster=np.zeros(seats, dtype=np.int64),
        ),
        Course(
            stall=np.array([rule.stall for rule in office.stages]),
            back=np.array([rule.back for rule in office.stages]),
            trained_from=np.array([rule.trained_from for rule in office.stages]),
            trained=np.array([rule.trained for rule in office.stages]),
            helper=helper,
        ),
    )


def run_by(run: KernelRun) -> RunOffice:
    """What `run_office` does, by a function on arrays."""

    def run_arrays(deals: Iterable[Deal], office: Office) -> list[Visit]:
        stories = sorted(deals, key=lambda story: story.number)
        seat = np.array([story.seat for story in stories], dtype=np.int64)
        records = run(deals_of(stories, len(office.stages)), seat, *arrays_of(office))
        rows = zip(*(getattr(records, name).tolist() for name in Visit.__slots__), strict=True)
        visits = [Visit(*row) for row in rows]
        for visit in visits:
            visit.deal, visit.outcome = stories[visit.deal].number, Outcome(visit.outcome)
        return visits

    return run_arrays


INTERPRETERS: dict[str, RunOffice] = {"simpy": run_office, "kernel": run_by(run_kernel)}
