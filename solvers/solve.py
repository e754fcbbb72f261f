"""The way into the solvers: conflicts first, then the exact model or the staged search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario import schema
from solvers.effort import EFFORTS
from solvers.exact.exact import solve_exact
from solvers.hess.greenfield import is_greenfield, solve_greenfield
from solvers.preflight import conflicts
from solvers.replan import solve_from
from solvers.staged import solve_staged
from solvers.together import merge
from solvers.unconnected import solve_unconnected

# Above this number of binaries (872 in quickstart.yaml) the exact model has been seen to find no plan in two minutes.
EXACT_BINARIES = 400
EXACT_UNCONNECTED = 5_000  # without contiguity there is nothing to cut off
GREENFIELD_UNITS = 1200  # prices are found for every pair of units
CONFLICTS_SHOWN = 5
AFRESH = "no plan near the earlier one was found; this one was made from nothing"


def solve(
    problem: TerritoryProblem,
    settings: schema.Solve,
    *,
    seed: int,
    progress: Callable[[str, float], None],
    before: NDArray[np.int32] | None = None,
) -> TerritoryPlan:
    """Find a territory plan.

    Parameters
    ----------
    problem
        The territory problem.
    settings
        Method, effort, time limit and gap.
    seed
        Seed of every random choice.
    progress
        Told the stage and the part done.
    before
        Territory of each unit in an earlier plan that is kept as far as the rules allow, -1 = none, shape (units,);
        a plan from nothing when left out, or when there is no plan near it.

    Returns
    -------
    The plan with its status, bound and reason.
    """
    found = conflicts(problem)
    if found:
        nobody = np.full(problem.units, -1, dtype=np.int32)
        centres = np.zeros(problem.territories, dtype=np.int32)
        more = f"; and {len(found) - CONFLICTS_SHOWN} more" if len(found) > CONFLICTS_SHOWN else ""
        reason = "; ".join(found[:CONFLICTS_SHOWN]) + more
        return TerritoryPlan(Status.INFEASIBLE, nobody, centres, np.nan, -np.inf, (), seed, True, reason)
    if problem.together and not is_small(problem, settings.method):
        merged = merge(problem, before)
        earlier = None if before is None else merged.before(before)
        plan = solve(merged.problem, settings, seed=seed, progress=progress, before=earlier)
        return merged.expand(plan, seed=seed)
    if before is not None:
        near = solve_from(problem, before, seed=seed, time_limit=settings.time_limit_s, progress=progress)
        if near is not None:
            return near
        afresh = solve(problem, settings, seed=seed, progress=progress)
        return replace(afresh, reason=AFRESH) if afresh.found else afresh
    if settings.method != "staged" and is_greenfield(problem) and problem.units <= GREENFIELD_UNITS:
        return solve_greenfield(
            problem, progress=progress, seed=seed, time_limit=settings.time_limit_s, gap=settings.gap
        )
    seconds, gap = settings.time_limit_s, settings.gap
    if is_small(problem, settings.method):
        return solve_exact(problem, seed=seed, time_limit=seconds, gap=gap, progress=progress)
    if not problem.contiguous and not problem.free.any():
        return solve_unconnected(problem, seed=seed, time_limit=seconds, gap=gap, progress=progress)
    effort = EFFORTS[settings.effort]
    return solve_staged(problem, seed=seed, time_limit=seconds, gap=gap, progress=progress, effort=effort)


def is_small(problem: TerritoryProblem, method: str = "auto") -> bool:
    """Say whether the exact model is used: asked for, or left open and small enough."""
    binaries = problem.units * (problem.territories + int(problem.free.sum()) * problem.units)
    small = binaries <= (EXACT_BINARIES if problem.contiguous else EXACT_UNCONNECTED)
    return method == "exact" or (method == "auto" and small)
