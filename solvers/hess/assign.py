"""Plans from a fractional solution: its most open candidates become centres, units are assigned, centres move."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from engine.plan import Status
from solvers.exact.highs import HighsModel
from solvers.hess.model import add_order, hess_model
from solvers.hess.problem import Array, CentreProblem, Index

GAP = 1e-3


def assign_to_centres(
    problem: CentreProblem,
    shares: Array,
    seen: set[tuple[int, ...]],
    *,
    seed: int,
    time_limit: float,
) -> Iterator[Index]:
    """Give ever better plans.

    Parameters
    ----------
    problem
        The centre problem.
    shares
        Part of each unit each candidate holds, shape (units, candidates).
    seen
        Centres that were tried before; new ones are added.
    seed, time_limit
        Seed of HiGHS and seconds.

    Yields
    ------
    Candidate of each unit, shape (units,).
    """
    deadline = time.monotonic() + time_limit
    opened = shares[problem.candidates, np.arange(len(problem.candidates))]
    centres = np.sort(np.argsort(-opened, kind="stable")[: problem.count]).astype(np.int32)
    while tuple(centres.tolist()) not in seen and time.monotonic() < deadline:
        seen.add(tuple(centres.tolist()))
        plan = _assign(problem, centres, seed, deadline)
        if plan is None:
            return
        moved = best_centres(problem, plan)
        yield moved
        centres = np.unique(moved).astype(np.int32)


def best_centres(problem: CentreProblem, assignment: Index) -> Index:
    """Move every territory's centre to the candidate inside it that costs least and keeps its limits."""
    moved = assignment.copy()
    for centre in np.unique(assignment).tolist():
        members = assignment == centre
        sums = problem.activities[members].sum(axis=0)
        fit = (
            members[problem.candidates]
            & (sums >= problem.lower).all(axis=1)
            & (sums <= problem.upper).all(axis=1)
        )
        fit[centre] = True
        inside = np.flatnonzero(fit)
        moved[members] = inside[np.argmin(problem.cost[np.ix_(members, inside)].sum(axis=0))]
    return moved


def _assign(problem: CentreProblem, centres: Index, seed: int, deadline: float) -> Index | None:
    """Assign the units to given centres, nearly as well as possible; None when no plan was found."""
    pairs = np.zeros(problem.cost.shape, dtype=bool)
    pairs[:, centres] = np.isfinite(problem.cost[:, centres])
    pairs[problem.candidates[centres]] = False
    pairs[problem.candidates[centres], centres] = True
    if not pairs.any(axis=1).all():
        return None
    keys = np.column_stack(np.nonzero(pairs))
    model = hess_model(replace(problem, count=len(centres)), pairs, relax=False)
    add_order(model, problem)
    loaded, variables = HighsModel(model, seed=seed), list(model.x.values())
    outcome = loaded.solve(time_limit=deadline - time.monotonic(), gap=GAP, twice=False)
    if outcome.status not in (Status.OPTIMAL, Status.FEASIBLE):
        return None
    chosen = keys[loaded.values(variables) > 0.5]
    assignment = np.empty(problem.units, dtype=np.int32)
    assignment[chosen[:, 0]] = chosen[:, 1]
    return assignment
