"""Good plans of a centre problem: annealed from several starts, taken apart and put together again, then shaken.

Territories seen on the way are recombined to the best plan that can be made of them (set partitioning). Then, again and again, one
centre is closed and another opened far away, or where all are given the best plan is warmed up, and the search cools down once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from solvers.hess.anneal import anneal, nearest_start
from solvers.hess.prices import Prices
from solvers.hess.problem import CentreProblem, Index
from solvers.hess.recombine import Pool, recombine

STARTS, MOST = 4, 8  # the more starts only while no plan is found
LONG, SHORT = 20_000, 2500  # proposals per unit: of a start, and of a shake
WARM = 0.2  # least first temperature of a shake, in costs of an average unit; the largest is 1
POOLED = 15  # rounds of annealing before its territories are worth keeping
TOGETHER = 2, 12  # starts and shakes between two recombinations
PATIENCE = 40  # shakes without a better plan
SECONDS = 5.0  # for one recombination


def seek(
    problem: CentreProblem,
    prices: Prices,
    *,
    seed: int,
    time_left: Callable[[], float],
    enough: Callable[[float], bool],
) -> Iterator[Index]:
    """Give ever better plans that keep all rules.

    Parameters
    ----------
    problem
        The centre problem; its activities should be of the order of 1 a territory.
    prices
        Its prices: they tell which territories no better plan can hold.
    seed
        Seed of every random choice.
    time_left
        Tells the seconds left; the search ends when there are none.
    enough
        Tells whether a cost is low enough to end with.

    Yields
    ------
    Candidate of each unit, shape (units,).
    """
    rng = np.random.default_rng(seed)
    pool = Pool(problem)
    best, objective, since, number = None, np.inf, 0, 0
    while since < PATIENCE and time_left() > 0 and not enough(objective):
        fresh = number < STARTS or best is None
        if (number >= STARTS and problem.all_open) or (number >= MOST and best is None):
            return  # given centres need no shaking: parts of a plan solved anew do more
        begin = _start(problem, rng) if fresh or best is None else _shaken(problem, best, rng)
        steps, heat = (LONG, {}) if fresh else (SHORT, {"hot": WARM ** rng.random()})
        found = list(anneal(problem, begin, rng, proposals=steps * problem.units, **heat))
        for plan in found[POOLED if fresh else 0 :]:
            pool.add(plan)
        good = [plan for plan in found if not problem.violations(plan)]
        number, since = number + 1, since + 1
        if number % TOGETHER[not fresh] == 0:
            pool.drop(prices, objective)
            whole = recombine(pool, seed=seed, time_limit=min(SECONDS, time_left()))
            good += [whole] if whole is not None else []
        for plan in good:
            if problem.objective(plan) < objective * (1 - 1e-9) and not problem.violations(plan):
                best, objective, since = plan, problem.objective(plan), 0
        if since == 0 and best is not None:
            yield best


def _start(problem: CentreProblem, rng: np.random.Generator) -> Index:
    """Draw centres, where they are free, and let territories grow from them."""
    centres = np.arange(len(problem.candidates))
    if not problem.all_open:
        possible = np.flatnonzero(np.isfinite(problem.cost[problem.candidates, centres]))
        centres = np.sort(rng.choice(possible, problem.count, replace=False))
    return nearest_start(problem, centres)


def _shaken(problem: CentreProblem, plan: Index, rng: np.random.Generator) -> Index:
    """Close a centre that is cheap to lose and open a candidate that saves much; both drawn with a preference."""
    if problem.all_open:
        return plan
    centres = np.unique(plan)
    now = problem.cost[np.arange(problem.units), plan]
    saved = np.maximum(now[:, None] - problem.cost, 0.0).sum(axis=0)
    saved[centres] = 0.0
    finite = np.where(np.isfinite(problem.cost[:, centres]), problem.cost[:, centres], now.max() * 10)
    second = np.partition(finite, 1, axis=1)[:, 1]
    lost = np.bincount(plan, second - now, minlength=len(problem.candidates))[centres]
    opened = int(np.argmax(saved * np.sqrt(rng.random(len(saved)))))
    closed = int(centres[np.argmin(lost * np.sqrt(rng.random(len(lost))))])
    return nearest_start(problem, np.sort(np.append(np.setdiff1d(centres, closed), opened)))
