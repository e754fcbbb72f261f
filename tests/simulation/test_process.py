"""The story of a deal in small cases worked out by hand: order, waiting, empty seats, the year's end."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulation import kernel
from simulation.calendar import WorkClock
from simulation.kernel import FATE, Outcome
from simulation.process import Deal, Office, Pool, StageRule, Team, Visit
from tests.simulation.both import Run, RunOffice, changed, make_deal

ALWAYS, NEVER = 0.0, 1.0  # a deal's outcome: below any chance, above any chance
SURE = ((1.0, 1.0), (1.0, 1.0))


def clock(days: int = 30, hours: float = 8.0) -> WorkClock:
    """A clock that runs every day alike."""
    return WorkClock(hours * np.arange(days + 1.0))


def deal(number: int, arrival: float = 0.0, stage: int = 0, age: float = 0.0, hours: float = 8.0) -> Deal:
    """A deal of two stages that is always won; each takes a day of work and two days of the customer."""
    return make_deal(
        number,
        arrival,
        stage=stage,
        age=age,
        effort_hours=(hours, hours),
        days=(2.0, 2.0),
        outcome=(ALWAYS, ALWAYS),
    )


def starts(visits: list[Visit], stage: int) -> dict[int, float]:
    return {visit.deal: visit.work_start for visit in visits if visit.stage == stage}


def test_one_deal_from_end_to_end(run_territory: Run) -> None:
    """Work, customer, work, customer, won: every time stamp as counted by hand."""
    first, second = run_territory([deal(7, arrival=0.5)], Team(clock(), SURE))
    assert str(first) == str(Visit(7, 0, 0.5, 0.5, 1.5, 3.5, Outcome.ADVANCE))  # nan is not itself
    assert str(second) == str(Visit(7, 1, 3.5, 3.5, 4.5, 6.5, Outcome.WON))


def test_a_loss_ends_the_story(run_territory: Run) -> None:
    """A deal whose luck is above the chance of the stage is lost there and never seen again."""
    lost = changed(deal(0), outcome=(0.5, ALWAYS))
    (visit,) = run_territory([lost], Team(clock(), ((0.5, 1.0), (1.0, 1.0))))
    assert (visit.outcome, visit.left) == (Outcome.LOST, 3.0)
    assert len(run_territory([lost], Team(clock(), ((0.5000001, 1.0), (1.0, 1.0))))) == 2


def test_later_stage_first_then_first_come(run_territory: Run) -> None:
    """A busy rep finishes, then takes the late-stage deal that came last, then the others as they came."""
    waiting = [deal(1, 0.2), deal(2, 0.3), deal(3, 0.1), deal(4, 0.9, stage=1)]
    slow = [changed(story, days=(99.0, 99.0)) for story in (deal(0), *waiting)]
    visits = run_territory(slow, Team(clock(), SURE))
    assert starts(visits, 1) == {4: 1.0}
    assert starts(visits, 0) == {0: 0.0, 3: 2.0, 1: 3.0, 2: 4.0}


def test_order_is_first_come_not_last_come(run_territory: Run) -> None:
    """Deals that wait for the same stage are served in the order of arrival."""
    visits = run_territory(
        [changed(deal(n, n / 10), days=(99.0, 99.0)) for n in range(4)], Team(clock(), SURE)
    )
    assert starts(visits, 0) == {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}


def test_simultaneous_deals_come_by_number(run_territory: Run) -> None:
    """Deals that arrive together are taken by number, however they are listed."""
    visits = run_territory([changed(deal(n), days=(99.0, 99.0)) for n in (2, 0, 1)], Team(clock(), SURE))
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
    won, lost = changed(deal(0), outcome=(0.3, ALWAYS)), changed(deal(1), outcome=(0.5, ALWAYS))
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


def test_a_stalled_deal_sleeps_and_enters_an_earlier_stage(run_office: RunOffice) -> None:
    """Luck between the chance and chance + stall: the deal sleeps, then goes the whole way again, once."""
    rules = [StageRule(), StageRule(stall=0.3, back=0)]
    office = Office({0: Team(clock(), ((1.0, 0.5), (1.0, 0.5)))}, rules, {}, {})
    story = changed(deal(0), outcome=(ALWAYS, 0.6), asleep=(0.0, 4.0))
    twice = story._replace(**{name: getattr(story, name) * 2 for name in FATE})
    visits = run_office([twice], office)
    assert [(v.round, v.stage, v.entered, v.outcome) for v in visits] == [
        (0, 0, 0.0, Outcome.ADVANCE),
        (0, 1, 3.0, Outcome.STALLED),
        (1, 0, 10.0, Outcome.ADVANCE),
        (1, 1, 13.0, Outcome.LOST),  # it has come back as often as it may
    ]
    assert [v.outcome for v in run_office([story], office)] == [Outcome.ADVANCE, Outcome.LOST]
    won = twice._replace(outcome=((ALWAYS, 0.6), (ALWAYS, 0.4)))
    assert run_office([won], office)[-1].outcome == Outcome.WON


@pytest.mark.parametrize(
    ("luck", "outcome"), [(0.49, "WON"), (0.5, "STALLED"), (0.79, "STALLED"), (0.8, "LOST")]
)
def test_luck_is_shared_out_in_order(luck: float, outcome: str) -> None:
    """The first half of luck wins, the next 0.3 stall, the rest loses."""
    assert Outcome(kernel.answered(luck, 0.5, 0.3, True, True)).name == outcome


def test_patience_ends_while_the_rep_is_busy(run_territory: Run) -> None:
    """A deal that waited longer than it can bear is lost on that day and takes none of the rep's time."""
    first, patient = deal(0, hours=24.0), changed(deal(2, 0.2), patience=(9.0, 9.0))
    hasty = changed(deal(1, 0.1), patience=(2.0, 9.0))
    visits = {v.deal: v for v in run_territory([first, hasty, patient], Team(clock(), SURE)) if v.stage == 0}
    assert (visits[1].outcome, visits[1].left) == (Outcome.GAVE_UP, 2.1)
    assert math.isnan(visits[1].work_start)
    assert visits[2].work_start == 3.0
    just = changed(hasty, patience=(2.9, 9.0))  # patience that ends with the wait is enough
    assert run_territory([first, just], Team(clock(), SURE))[1].work_start == 3.0


def test_a_specialist_works_after_the_rep_for_whoever_asks(run_office: RunOffice) -> None:
    """Two territories share one specialist: the later deal waits for her, its rep goes on meanwhile."""
    slow = changed(deal(0), days=(99.0, 99.0), help_hours=(16.0, 0.0))
    deals = [slow, slow._replace(number=1, seat=1), slow._replace(number=2, seat=1, arrival=0.5)]
    team = Team(clock(), SURE)
    office = Office({0: team, 1: team}, [StageRule()] * 2, {2: Pool(clock(), 1)}, {(0, 0): 2, (1, 0): 2})
    visits = {v.deal: v for v in run_office(deals, office)}
    assert [visits[n].work_end for n in range(3)] == [1.0, 1.0, 2.0]
    assert [(visits[n].help_start, visits[n].help_end) for n in range(3)] == [
        (1.0, 3.0),
        (3.0, 5.0),
        (5.0, 7.0),
    ]
    two = Office({0: team, 1: team}, [StageRule()] * 2, {2: Pool(clock(), 2)}, {(0, 0): 2, (1, 0): 2})
    assert [v.help_start for v in run_office(deals, two)] == [1.0, 1.0, 3.0]


def test_training_counts_from_its_day_on(run_office: RunOffice) -> None:
    """A deal that would be lost is won if the answer comes on the day of the training or later."""
    for day, outcome in ((3.0, Outcome.ADVANCE), (3.0001, Outcome.LOST)):
        rules = [StageRule(trained_from=day, trained=1.5), StageRule()]
        office = Office({0: Team(clock(), ((0.4, 1.0), (0.4, 1.0)))}, rules, {}, {})
        visit = run_office([changed(deal(0), outcome=(0.5, ALWAYS))], office)[0]
        assert (visit.left, visit.outcome) == (3.0, outcome)


def test_odds_count_in_the_last_stage_only(run_territory: Run) -> None:
    """Odds of one half make a sure win an even one and leave the stages before it alone."""
    story = changed(deal(0), outcome=(0.6, 0.6))._replace(odds=0.5)
    outcomes = [visit.outcome for visit in run_territory([story], Team(clock(), SURE))]
    assert outcomes == [Outcome.ADVANCE, Outcome.LOST]
