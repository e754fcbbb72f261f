"""Any plan of a problem, near another one if it is given: whether the rules can be kept, not at what cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario import schema
from solvers.construct import best_centres, first_centres
from solvers.replan import repair
from solvers.solve import is_small, solve
from solvers.state import evaluate

ANY = 0.5  # gap of a plan that need only be found


def find(
    problem: TerritoryProblem, *, seed: int, time_limit: float, before: NDArray[np.int32] | None = None
) -> TerritoryPlan:
    """Find a plan that keeps every rule.

    Parameters
    ----------
    problem
        The problem.
    seed, time_limit
        Seed of every random choice; seconds.
    before
        Territory of each unit in a plan that may be near, shape (units,).

    Returns
    -------
    A plan; else ``infeasible`` when that is proved, or ``no_plan``.
    """
    if before is not None and not problem.together and not is_small(problem):
        centres = first_centres(problem, np.random.default_rng(seed))
        state = evaluate(problem, before, best_centres(problem, before, centres))
        found = repair(problem, state, seed=seed, time_limit=time_limit)
        if found is not None:
            now = found.state
            return TerritoryPlan(
                Status.FEASIBLE, now.assignment, now.centres, now.cost, -np.inf, (), seed, not found.timed_out
            )
    settings = schema.Solve(time_limit_s=time_limit, gap=ANY)
    return solve(problem, settings, seed=seed, progress=lambda step, done: None)
