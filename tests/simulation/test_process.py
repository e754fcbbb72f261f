"""The story of a deal in small cases worked out by hand: order, waiting, empty seats, the year's end."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulation.calendar import WorkClock
from simulation.kernel import Outcome
from simulation.process import Deal, Team, Visit
from tests.simulation.both import Run

ALWAYS, NEVER = 0.0, 1.0  # a deal's outcome: below any chance, above any chance
SURE = ((1.0, 1.0), (1.0, 1.0))


def clock(days: int = 30, hours: float = 8.0) -> WorkClock:
    """A clock that runs every day alike."""
    return WorkClock(hours * np.arange(days + 1.0))


def deal(number: int, arrival: float = 0.0, stage: int = 0, age: float = 0.0, hours: float = 8.0) -> Deal:
    """A deal of two stages that is always won; each takes a day of work and two days of the customer."""
    return Deal(number, arrival, stage, age, (hours, hours), (2.0, 2.0), (ALWAYS, ALWAYS))


def starts(visits: list[Visit], stage: int) -> dict[int, float]:
    return {visit.deal: visit.work_start for visit in visits if visit.stage == stage}


def test_one_deal_from_end_to_end(run_territory: Run) -> None:
    """Work, customer, work, customer, won: every time stamp as counted by hand."""
    first, second = run_territory([deal(7, arrival=0.5)], Team(clock(), SURE))
    assert first == Visit(7, 0, 0.5, 0.5, 1.5, 3.5, Outcome.ADVANCE)
    assert second == Visit(7, 1, 3.5, 3.5, 4.5, 6.5, Outcome.WON)


def test_a_loss_ends_the_story(run_territory: Run) -> None:
    """A deal whose luck is above the chance of the stage is lost there and never seen again."""
    lost = deal(0)._replace(outcome=(0.5, ALWAYS))
    (visit,) = run_territory([lost], Team(clock(), ((0.5, 1.0), (1.0, 1.0))))
    assert (visit.outcome, visit.left) == (Outcome.LOST, 3.0)
    assert len(run_territory([lost], Team(clock(), ((0.5000001, 1.0), (1.0, 1.0))))) == 2


def test_later_stage_first_then_first_come(run_territory: Run) -> None:
    """A busy rep finishes, then takes the late-stage deal that came last, then the others as they came."""
    waiting = [deal(1, 0.2), deal(2, 0.3), deal(3, 0.1), deal(4, 0.9, stage=1)]
    slow = [story._replace(days=(99.0, 99.0)) for story in (deal(0), *waiting)]
    visits = run_territory(slow, Team(clock(), SURE))
    assert starts(visits, 1) == {4: 1.0}
    assert starts(visits, 0) == {0: 0.0, 3: 2.0, 1: 3.0, 2: 4.0}


def test_order_is_first_come_not_last_come(run_territory: Run) -> None:
    """Deals that wait for the same stage are served in the order of arrival."""
    visits = run_territory(
        [deal(n, n / 10)._replace(days=(99.0, 99.0)) for n in range(4)], Team(clock(), SURE)
    )
    assert starts(visits, 0) == {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}


def test_simultaneous_deals_come_by_number(run_territory: Run) -> None:
    """Deals that arrive together are taken by number, however they are listed."""
    visits = run_territory([deal(n)._replace(days=(99.0, 99.0)) for n in (2, 0, 1)], Team(clock(), SURE))
    assert starts(visits, 0) == {0: 0.0, 1: 1.0, 2: 2.0}


def test_who_comes_while_the_rep_gets_free_is_still_considered(run_territory: Run) -> None:
    """At the moment the rep gets free, a late-stage deal that arrives then goes before one that waited."""
    visits = run_territory([deal(0), deal(1, 0.5), deal(2, 1.0, stage=1)], Team(clock(), SURE))
    assert starts(visits, 1)[2] == 1.0
    assert starts(visits, 0)[1] == 2.0


def test_two_servers_work_side_by_side(run_territory: Run) -> None:
    """With two servers the second deal does not wait, the third waits for the first to be done."""
    visits = run_territory([deal(n, n / 10) for n in range(3)], Team(clock(), SURE, servers=2))
    assert starts(visits, 0) == {0: 0.0, 1: 0.1, 2: 1.0}


def test_an_opening_deal_with_an_age_waits_for_its_customer_only(run_territory: Run) -> None:
    """Its rep's part is done: it takes no hours in its first stage and shows since when it has been there."""
    old, fresh = deal(0, stage=0, age=4.0), deal(1)
    visits = run_territory([old, fresh], Team(clock(), SURE))
    assert visits[0].entered == -4.0
    assert math.isnan(visits[0].work_start)
    assert math.isnan(visits[0].work_end)
    assert visits[0].left == 2.0
    assert starts(visits, 0)[1] == 0.0
    assert starts(visits, 1)[0] == 2.0


def test_the_year_end_leaves_deals_open(run_territory: Run) -> None:
    """What waits, is worked on or lies with the customer at the horizon stays open, as far as known."""
    visits = run_territory([deal(0), deal(1, 0.5), deal(2, 1.5)], Team(clock(days=2), SURE))
    assert [visit.outcome for visit in visits] == [Outcome.OPEN] * 3
    assert [visit.work_start for visit in visits[:2]] == [0.0, 1.0]
    assert [visit.work_end for visit in visits[:1]] == [1.0]
    assert math.isnan(visits[1].work_end)  # would be done exactly at the end, which is no longer this year
    assert math.isnan(visits[2].work_start)


def test_nobody_answers_in_an_empty_seat(run_territory: Run) -> None:
    """An answer that comes while the seat is empty is heard by the successor, with the successor's chance."""
    empty = Team(clock(), ((1.0, 1.0), (0.4, 1.0)), left=2.0, refilled=9.0)
    won, lost = deal(0)._replace(outcome=(0.3, ALWAYS)), deal(1)._replace(outcome=(0.5, ALWAYS))
    for story, outcome in ((won, Outcome.ADVANCE), (lost, Outcome.LOST)):
        visit = run_territory([story], empty)[0]
        assert (visit.left, visit.outcome) == (9.0, outcome)
    before = run_territory([lost], Team(clock(), ((1.0, 1.0), (0.4, 1.0)), left=3.5, refilled=9.0))[0]
    assert (before.left, before.outcome) == (3.0, Outcome.ADVANCE)


def test_a_seat_that_is_not_filled_yet_wins_nothing(run_territory: Run) -> None:
    """Before the first person starts no answer is heard and no work is done."""
    late = Team(WorkClock(8.0 * np.maximum(np.arange(30.0) - 10, 0)), SURE, filled=10.0)
    old, fresh = run_territory([deal(0, stage=1, age=1.0), deal(1)], late)[:2]
    assert (old.left, old.outcome) == (10.0, Outcome.WON)
    assert fresh.work_start == 10.0


def test_effort_runs_on_the_work_clock(run_territory: Run) -> None:
    """Half the hours a day take twice the days."""
    (visit, *_) = run_territory([deal(0, 1.0)], Team(clock(hours=4.0), SURE))
    assert (visit.work_start, visit.work_end) == (1.0, pytest.approx(3.0))
