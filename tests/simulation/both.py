"""The two interpreters behind one face: deals and a team in, visits out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from simulation.deals import Deals
from simulation.interpreters import run_kernel
from simulation.kernel import Outcome, Teams
from simulation.process import Deal, Team, Visit

Run = Callable[[Iterable[Deal], Team], list[Visit]]


def deals_of(stories: Sequence[Deal]) -> Deals:
    """Deals as arrays, in the order given; what the interpreters do not read is 0."""
    columns = list(zip(*stories, strict=True)) or [()] * len(Deal._fields)
    _, arrival, first_stage, age, effort_hours, days, outcome = columns
    nothing = np.zeros(len(stories), dtype=np.int64)

    def by_stage(column: Sequence[Sequence[float]]) -> np.ndarray:
        return np.array(column, dtype=np.float64).reshape(len(stories), -1)

    return Deals(
        unit=nothing,
        serial=nothing,
        arrival=np.array(arrival, dtype=np.float64),
        first_stage=np.array(first_stage, dtype=np.int64),
        age=np.array(age, dtype=np.float64),
        amount_cents=nothing,
        effort_hours=by_stage(effort_hours),
        days=by_stage(days),
        outcome=by_stage(outcome),
    )


def run_in_kernel(deals: Iterable[Deal], team: Team) -> list[Visit]:
    """What `run_territory` does, by the kernel."""
    stories = sorted(deals, key=lambda story: story.number)
    teams = Teams(
        hours=np.array([team.clock.hours], dtype=np.float64),
        chances=np.array([team.chances], dtype=np.float64),
        filled=np.array([team.filled]),
        left=np.array([team.left]),
        refilled=np.array([team.refilled]),
        servers=np.array([team.servers]),
    )
    records = run_kernel(deals_of(stories), np.zeros(len(stories), dtype=np.int64), teams)
    days = (records.entered, records.work_start, records.work_end, records.left)
    rows = zip(
        records.deal.tolist(),
        records.stage.tolist(),
        *(column.tolist() for column in days),
        records.outcome.tolist(),
        strict=True,
    )
    return [Visit(stories[place].number, stage, *rest, Outcome(end)) for place, stage, *rest, end in rows]
