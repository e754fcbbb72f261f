"""Territory problems in which nothing is given but the map: all centres free, all territories alike."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from engine.geography.travel import distance_km
from engine.measures import objective
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.hess.problem import CentreProblem, Graph
from solvers.hess.solve import solve_centres


def is_greenfield(problem: TerritoryProblem) -> bool:
    """Say whether any territory may take any place and costs nothing but travel."""
    return bool(
        problem.free.all()
        and problem.allowed.all()
        and not problem.imbalance_cost[problem.balanced].any()
        and not problem.handoff_cost.any()
        and not np.isfinite(problem.disruption_limit)
        and not problem.oversize.any()
        and not (problem.together or problem.apart)
        and problem.leave_limit is None
        and (problem.share == problem.share[:1]).all()
    )


def centre_problem(problem: TerritoryProblem) -> CentreProblem:
    """Write a greenfield problem as one of centres: every unit is a candidate."""
    km = distance_km(problem.unit_points, problem.unit_points)
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr))
    graph = Graph(problem.indptr, problem.indices, km[rows, problem.indices])
    measures = problem.balanced
    limits = [np.tile(limit[0, measures], (problem.units, 1)) for limit in (problem.lower, problem.upper)]
    return CentreProblem(
        problem.travel_cost[:, None] * km,
        np.arange(problem.units, dtype=np.int32),
        problem.territories,
        problem.measures[:, measures],
        limits[0],
        limits[1],
        graph if problem.contiguous else None,
    )


def solve_greenfield(
    problem: TerritoryProblem,
    *,
    seed: int,
    time_limit: float,
    gap: float,
    progress: Callable[[str, float], None],
) -> TerritoryPlan:
    """Solve a greenfield problem; parameters and result as in `solvers.exact.exact.solve_exact`."""
    begin = time.monotonic()
    found = solve_centres(
        centre_problem(problem),
        seed=seed,
        time_limit=time_limit,
        gap=gap,
        progress=lambda step, done: progress(f"territories: {step}", done),
    )
    stages = (("centres", time.monotonic() - begin),)
    centres, assignment = np.unique(found.assignment, return_inverse=True)
    if found.status not in (Status.OPTIMAL, Status.FEASIBLE):
        reason = (
            "the rules exclude each other"
            if found.status is Status.INFEASIBLE
            else "the time limit came before a connected plan"
        )
        nobody, nowhere = found.assignment, np.zeros(problem.territories, dtype=np.int32)
        return TerritoryPlan(
            found.status, nobody, nowhere, np.nan, found.bound, stages, seed, not found.timed_out, reason
        )
    plan, centres = assignment.astype(np.int32), centres.astype(np.int32)
    cost = objective(problem, plan, centres)
    return TerritoryPlan(
        found.status, plan, centres, cost, min(found.bound, cost), stages, seed, not found.timed_out
    )
