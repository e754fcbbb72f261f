"""A cheaper plan near a known one, quickly, with a fresh lower bound: what it would cost under other rules."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario import schema
from solvers.construct import best_centres, first_centres
from solvers.local_search import anneal
from solvers.relaxation import relaxed_bound
from solvers.solve import is_small, solve
from solvers.state import State, evaluate
from solvers.together import merge

Index = NDArray[np.int32]

SECONDS = 60.0  # a safety stop of the bound, and of the exact model
PROVED = 1e-6
# Temperature (in costs of an average unit), proposals per unit, and price of 100 % of violation (in costs of an average territory).
TRIES = ((3.0, 3000, 32.0), (5.0, 3000, 8.0), (10.0, 6000, 32.0), (10.0, 6000, 128.0))
COLDER = 1e-3  # last temperature as a part of the first


def cheaper(problem: TerritoryProblem, before: Index, *, seed: int) -> TerritoryPlan:
    """Make a plan cheaper.

    Parameters
    ----------
    problem
        The problem.
    before
        Territory of each unit in a plan that keeps its rules, shape (units,).
    seed
        Seed of every random choice.

    Returns
    -------
    The exact model's plan where it is small; else the cheapest of the plan and what a few short searches from it find, with
    the lower bound of the relaxation.
    """
    if is_small(problem):
        settings = schema.Solve(method="exact", time_limit_s=SECONDS, gap=0.0)
        exact = solve(problem, settings, seed=seed, progress=lambda step, done: None)
        if exact.found:
            return exact
    if problem.together:
        merged = merge(problem, before)
        return merged.expand(cheaper(merged.problem, merged.before(before), seed=seed), seed=seed)
    begin = time.monotonic()
    start = first_centres(problem, np.random.default_rng(seed))
    state = evaluate(problem, before, best_centres(problem, before, start))
    for number, (hot, proposals, weight) in enumerate(TRIES):
        found = _anneal(problem, state, np.random.default_rng([seed, number]), hot, proposals, weight)
        state = found if found.feasible and found.better_than(state) else state
    searched = time.monotonic()
    _, bound = relaxed_bound(problem, state.centres, state.cost, seed=seed, time_limit=SECONDS)
    stages = (("search", searched - begin), ("bound", time.monotonic() - searched))
    bound = min(bound, state.cost)
    status = Status.OPTIMAL if state.cost - bound <= PROVED * state.cost else Status.FEASIBLE
    return TerritoryPlan(status, state.assignment, state.centres, state.cost, bound, stages, seed)


def _anneal(
    problem: TerritoryProblem,
    state: State,
    rng: np.random.Generator,
    hot: float,
    proposals: int,
    weight: float,
) -> State:
    costs = problem.costs(state.centres)
    unit = float(costs[np.arange(problem.units), state.assignment].mean())
    found = anneal(
        problem,
        costs,
        state.assignment,
        rng,
        proposals=proposals * problem.units,
        hot=hot * unit,
        cold=hot * COLDER * unit,
        weight=weight * unit * problem.units / problem.territories,
    )
    return evaluate(problem, found, best_centres(problem, found, state.centres))
