"""The rep as a server: exact recursions of queueing theory, then its formulas.

Recursions leave no tolerance. Formulas are compared over 30,000 customers with fixed seeds; limits are about
four standard errors, measured over 30 other seeds: an error of that size in rates, order or clock is seen.
"""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest

from simulation.calendar import WorkClock
from simulation.kernel import Outcome
from simulation.process import Deal, Office, Pool, StageRule, Team, Visit, open_office
from tests.simulation.both import Run, RunOffice, changed, make_deal, one_team

CUSTOMERS = 30_000
HOURLY = 1.0  # the clock runs one hour a day, so hours of effort are days of service


def team(days: float, servers: int = 1, stages: int = 2) -> Team:
    """Servers that work without a break, for customers that come once: every chance to go on is 0."""
    hours = WorkClock(HOURLY * np.arange(math.ceil(days) + 1))
    return Team(hours, ((0.0,) * stages, (0.0,) * stages), servers=servers)


def customers(arrival: np.ndarray, service: np.ndarray, stage: int = 0, first: int = 0) -> list[Deal]:
    """One customer per arrival, who leaves after the service; stage 1 is the class that goes first."""
    return [
        make_deal(first + n, a, stage=stage, effort_hours=(s, s), days=(0.0, 0.0), outcome=(1.0, 1.0))
        for n, (a, s) in enumerate(zip(arrival.tolist(), service.tolist(), strict=True))
    ]


def poisson_times(rng: np.random.Generator, rate: float, count: int = CUSTOMERS) -> np.ndarray:
    return np.cumsum(rng.exponential(1 / rate, count))


def waits(visits: list[Visit]) -> np.ndarray:
    """Waiting times by customer number."""
    return np.array([v.work_start - v.entered for v in sorted(visits, key=lambda v: v.deal)])


def simulated_waits(
    run_territory: Run, arrival: np.ndarray, service: np.ndarray, servers: int = 1
) -> np.ndarray:
    horizon = float(arrival[-1] + service.sum() / servers + service.max() + 2)
    return waits(run_territory(customers(arrival, service), team(horizon, servers)))


def recursion(arrival: np.ndarray, service: np.ndarray, servers: int) -> np.ndarray:
    """Waits of first come, first served, by the server that is free first (Kiefer-Wolfowitz)."""
    free = [0.0] * servers
    result = []
    for a, s in zip(arrival.tolist(), service.tolist(), strict=True):
        begin = max(a, heapq.heappop(free))
        heapq.heappush(free, begin + s)
        result.append(begin - a)
    return np.array(result)


@pytest.mark.parametrize("servers", [1, 2, 5])
def test_every_wait_equals_the_recursion(run_territory: Run, servers: int) -> None:
    """Each of 3,000 waits is the recursion's: first come, first served, by the server that is free first."""
    rng = np.random.default_rng(servers)
    arrival, service = poisson_times(rng, 0.9 * servers, 3000), rng.gamma(0.5, 2.0, 3000)
    assert simulated_waits(run_territory, arrival, service, servers) == pytest.approx(
        recursion(arrival, service, servers), abs=1e-6
    )


def test_mm1_wait_mean_and_variance(run_territory: Run) -> None:
    """M/M/1, load 0.5: mean wait 1 (4 se = 9 %); variance 3 (22 %; last come, first served has 7)."""
    rng = np.random.default_rng(11)
    wait = simulated_waits(run_territory, poisson_times(rng, 0.5), rng.exponential(1.0, CUSTOMERS))
    assert wait.mean() == pytest.approx(1.0, rel=0.10)
    assert wait.var() == pytest.approx(3.0, rel=0.25)
    assert (wait == 0).mean() == pytest.approx(0.5, abs=0.02)


def test_mg1_wait(run_territory: Run) -> None:
    """M/G/1, load 0.5, gamma service with cv 1.5: Pollaczek-Khinchine gives 1.625 (4 se = 13 %)."""
    rng = np.random.default_rng(12)
    service = rng.gamma(1 / 1.5**2, 1.5**2, CUSTOMERS)
    wait = simulated_waits(run_territory, poisson_times(rng, 0.5), service)
    assert wait.mean() == pytest.approx(0.5 * (1 + 1.5**2) / 2 / 0.5, rel=0.14)


def test_mmc_wait(run_territory: Run) -> None:
    """M/M/3, load 0.7: Erlang C gives the mean wait and the share that waits (4 se = 22 % and 0.04)."""
    rng = np.random.default_rng(13)
    c, load = 3, 2.1
    terms = [load**k / math.factorial(k) for k in range(c)]
    last = load**c / math.factorial(c) / (1 - load / c)
    erlang_c = last / (sum(terms) + last)
    wait = simulated_waits(
        run_territory, poisson_times(rng, load), rng.exponential(1.0, CUSTOMERS), servers=c
    )
    assert wait.mean() == pytest.approx(erlang_c / (c - load), rel=0.22)
    assert (wait > 1e-9).mean() == pytest.approx(erlang_c, abs=0.04)


def test_two_classes_wait_as_cobham_says(run_territory: Run) -> None:
    """Outside streams, loads 0.3 late and 0.4 early: waits 1 and 10/3 by Cobham (4 se = 11 % and 23 %)."""
    rng = np.random.default_rng(14)
    arrival = [poisson_times(rng, 0.3, 15_000), poisson_times(rng, 0.4, 20_000)]
    horizon = max(times[-1] for times in arrival) + 1000
    late = customers(arrival[0], rng.exponential(1.0, 15_000), stage=1)
    early = customers(arrival[1], rng.exponential(1.0, 20_000), stage=0, first=len(late))
    wait = waits(run_territory(late + early, team(horizon)))
    residual = 0.7
    assert wait[: len(late)].mean() == pytest.approx(residual / 0.7, rel=0.11)
    assert wait[len(late) :].mean() == pytest.approx(residual / 0.7 / 0.3, rel=0.24)


def test_mm1_with_patience(run_territory: Run) -> None:
    """M/M/1+M, load 1.2, mean patience 2: share that gives up and mean wait, by the birth-death chain
    (4 se = 5 and 6 %).

    State n has birth rate 1.2 and death rate 1 + (n - 1) / 2; giving up has rate (n - 1) / 2, and by Little's law
    the mean time in the queue of all who come is the mean number waiting / 1.2.
    """
    rng = np.random.default_rng(16)
    arrival, service = poisson_times(rng, 1.2), rng.exponential(1.0, CUSTOMERS)
    patience = rng.exponential(2.0, CUSTOMERS)
    stories = [
        changed(story, patience=(p, p))
        for story, p in zip(customers(arrival, service), patience.tolist(), strict=True)
    ]
    visits = sorted(run_territory(stories, team(arrival[-1] + 1000)), key=lambda visit: visit.deal)
    gave_up = np.array([visit.outcome is Outcome.GAVE_UP for visit in visits])
    wait = np.where(gave_up, patience, [visit.work_start - visit.entered for visit in visits])
    weight = np.cumprod([1.0, *(1.2 / (1 + (n - 1) / 2) for n in range(1, 60))])
    p = weight / weight.sum()
    waiting = float(np.maximum(np.arange(60) - 1, 0) @ p)
    assert gave_up.mean() == pytest.approx(waiting / 2 / 1.2, rel=0.05)
    assert wait.mean() == pytest.approx(waiting / 1.2, rel=0.06)
    assert (wait == 0).mean() == pytest.approx(p[0], abs=0.02)


def test_jackson_network_with_returns(run_office: RunOffice) -> None:
    """Two reps share a pool; a share of customers comes back: each station waits as an M/M/1 of its whole flow.

    Outside flows 0.2 and 0.25; after the specialist 0.3 of the flow returns to the first stage, once more to the
    same seat, geometrically (the chain ends after 12 rounds, 1e-6 of the flow). Reps serve at rate 1, the pool at
    rate 1.25: flows 0.2 / 0.7, 0.25 / 0.7 and their sum 0.643; mean waits rho / (mu - flow)
    (4 se = 17 %).
    """
    rng = np.random.default_rng(17)
    rates, rounds, back = (0.2, 0.25), 13, 0.3
    deals, horizon = [], 40_000.0
    for seat, rate in enumerate(rates):
        arrival = poisson_times(rng, rate, int(rate * horizon))
        effort, helped = (
            rng.exponential(1.0, (2, len(arrival), rounds, 1)) * np.array([1.0, 0.8])[:, None, None, None]
        )
        outcome, nothing = rng.random(effort.shape), np.zeros(effort.shape)
        endless = nothing + np.inf
        columns = (x.tolist() for x in (arrival, effort, helped, nothing, outcome, endless, nothing))
        deals += [
            Deal(len(deals) + n, seat, a, 0, 0.0, 1.0, *rest)
            for n, (a, *rest) in enumerate(zip(*columns, strict=True))
        ]
    people = {seat: team(horizon, stages=1) for seat in range(2)}
    pool = Pool(people[0].clock, 1)
    office = Office(people, [StageRule(stall=back, back=0)], {2: pool}, {(0, 0): 2, (1, 0): 2})
    visits = [v for v in run_office(deals, office) if v.help_start == v.help_start]
    seats = {story.number: story.seat for story in deals}
    for seat, rate in enumerate(rates):
        flow = rate / (1 - back)
        wait = np.array([v.work_start - v.entered for v in visits if seats[v.deal] == seat])
        assert len(wait) / horizon == pytest.approx(flow, rel=0.05)
        assert wait.mean() == pytest.approx(flow / (1 - flow), rel=0.17)
    flow = sum(rates) / (1 - back)
    at_pool = np.array([v.help_start - v.work_end for v in visits])
    assert at_pool.mean() == pytest.approx(flow / 1.25 / (1.25 - flow), rel=0.17)


@pytest.mark.parametrize("servers", [1, 3])
def test_littles_law_on_a_path(servers: int) -> None:
    """The area under the number present, watched from outside event by event, is the sum of times spent."""
    rng = np.random.default_rng(15)
    arrival, service = poisson_times(rng, 0.8 * servers, 800), rng.exponential(1.0, 800)
    horizon = arrival[-1] + service.sum()
    office = one_team(team(horizon, servers))
    env, desks, visits = open_office(customers(arrival, service), office)
    rep = desks.reps[0]
    area = 0.0
    while (then := env.peek()) < math.inf:
        area += (len(rep.queue) + rep.count) * (then - env.now)
        env.step()
    spent = sum(visit.work_end - visit.entered for visit in visits)
    assert len(visits) == 800
    assert area == pytest.approx(spent, rel=1e-10)
