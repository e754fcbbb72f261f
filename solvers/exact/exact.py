"""The exact solution of a small problem: the whole model, contiguity by cuts, bound from the search itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from engine.measures import objective
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.construct import best_centres, first_centres
from solvers.exact.assignment import assignment_model, whole
from solvers.exact.free_centres import add_free_centres
from solvers.exact.search import solve_connected


def solve_exact(
    problem: TerritoryProblem,
    *,
    seed: int,
    time_limit: float,
    gap: float,
    progress: Callable[[str, float], None],
) -> TerritoryPlan:
    """Solve a problem to the given gap.

    Parameters
    ----------
    problem
        The territory problem.
    seed, time_limit, gap
        Seed of HiGHS, seconds, and the relative gap at which the search stops.
    progress
        Told the stage and the part done.

    Returns
    -------
    The plan; ``optimal`` only when the gap is at most 1e-6.
    """
    begin = time.monotonic()
    progress("territories: exact model", 0.2)
    centres = first_centres(problem, np.random.default_rng(seed))
    costs = np.where(problem.free, problem.handoff_costs(), problem.costs(centres))
    part = whole(problem)
    model = assignment_model(problem, part, costs)
    if problem.free.any():
        add_free_centres(model, problem)
    nobody = np.full(problem.units, -1, dtype=np.int32)
    found = solve_connected(model, problem, part, nobody, seed=seed, time_limit=time_limit, gap=gap)
    stages = (("exact", time.monotonic() - begin),)
    if not found.connected:
        reason = (
            "the rules exclude each other"
            if found.status is Status.INFEASIBLE
            else "the time limit came before a connected plan"
        )
        return TerritoryPlan(
            found.status, nobody, centres, np.nan, found.bound, stages, seed, not found.timed_out, reason
        )
    centres = best_centres(problem, found.assignment, centres)
    cost = objective(problem, found.assignment, centres)
    bound = min(found.bound, cost)
    proved = cost - bound <= 1e-6 * abs(cost)
    return TerritoryPlan(
        Status.OPTIMAL if proved else Status.FEASIBLE,
        found.assignment,
        centres,
        cost,
        bound,
        stages,
        seed,
        not found.timed_out,
    )
