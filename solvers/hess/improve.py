"""Improve a plan by solving a few neighbouring territories anew, centres included."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status
from solvers.exact.highs import HighsModel
from solvers.hess.cuts import broken_by_plan
from solvers.hess.model import add_cuts, hess_model
from solvers.hess.problem import Array, CentreProblem, Graph, Index, reachable

TOGETHER = (3, 5, 8)  # territories solved anew at once, fewer first
CANDIDATES = 12  # centres tried for each of them
BETTER = 1e-6  # smallest relative improvement of a part that is looked for
GAP = 1e-4
ROUNDS = 8  # of contiguity cuts
SECONDS = 10.0  # for one part


def improve(problem: CentreProblem, plan: Index, *, seed: int, time_limit: float) -> Iterator[Index]:
    """Give ever better plans, until no part can be improved or the time is over.

    Parameters
    ----------
    problem
        The centre problem.
    plan
        Candidate of each unit, a plan that keeps every rule, shape (units,).
    seed, time_limit
        Seed of HiGHS and seconds.

    Yields
    ------
    Candidate of each unit, shape (units,).
    """
    deadline = time.monotonic() + time_limit
    for together in TOGETHER:
        waiting = deque(np.unique(plan).tolist())
        while waiting and time.monotonic() < deadline:
            centre = waiting.popleft()
            if centre not in plan:
                continue
            group = _around(problem, plan, centre, together)
            units = np.flatnonzero(np.isin(plan, group))
            found = _solve_anew(problem, plan, group, units, seed, deadline)
            if found is None:
                continue
            plan = plan.copy()
            plan[units] = found
            yield plan
            near = [_around(problem, plan, centre, together) for centre in np.unique(found).tolist()]
            waiting.extend(c for c in np.unique(np.concatenate(near)).tolist() if c not in waiting)
        if together >= problem.count:
            return


def _around(problem: CentreProblem, plan: Index, centre: int, together: int) -> NDArray[np.intp]:
    """Give a territory's centre and those of its nearest neighbours."""
    others = np.setdiff1d(np.unique(plan), centre)
    if problem.graph is not None:
        touching = np.intersect1d(others, plan[problem.graph.around(np.flatnonzero(plan == centre))])
        if len(touching) >= together - 1:
            others = touching
    members = plan == centre
    cost = np.where(
        np.isfinite(problem.cost[np.ix_(members, others)]), problem.cost[np.ix_(members, others)], 0.0
    )
    nearest = others[np.argsort(cost.sum(axis=0), kind="stable")[: together - 1]]
    return np.sort(np.concatenate([[centre], nearest])).astype(np.intp)


def _solve_anew(
    problem: CentreProblem,
    plan: Index,
    group: NDArray[np.intp],
    units: NDArray[np.intp],
    seed: int,
    deadline: float,
) -> Index | None:
    """Solve a part anew; give the candidate of each of its units, None when nothing is better."""
    tried = _candidates(problem, plan, group)
    part = _part(problem, units, tried, len(group))
    now = float(problem.cost[units, plan[units]].sum())
    cutoff = now - BETTER * abs(now)
    pairs = reachable(part)
    pairs &= pairs[part.candidates, np.arange(len(tried))]
    keys = np.column_stack(np.nonzero(pairs))
    model = hess_model(part, pairs, relax=False, cutoff=cutoff)
    loaded, variables = HighsModel(model, seed=seed), list(model.x.values())
    end = min(deadline, time.monotonic() + SECONDS)
    for _ in range(ROUNDS):
        outcome = loaded.solve(time_limit=end - time.monotonic(), gap=GAP, twice=False)
        if outcome.status not in (Status.OPTIMAL, Status.FEASIBLE):
            return None
        chosen = keys[loaded.values(variables) > 0.5]
        assignment = np.empty(part.units, dtype=np.int32)
        assignment[chosen[:, 0]] = chosen[:, 1]
        cuts = broken_by_plan(part, assignment, np.arange(len(tried)))
        if not cuts:
            return tried[assignment].astype(np.int32)
        add_cuts(model, cuts)
    return None


def _candidates(problem: CentreProblem, plan: Index, group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Choose the centres to try: the present ones and those that would serve the present territories best."""
    if problem.all_open:
        return group
    tried = [group]
    inside = np.flatnonzero(np.isin(plan[problem.candidates], group))
    for centre in group.tolist():
        cost = problem.cost[np.ix_(plan == centre, inside)].sum(axis=0)
        tried.append(inside[np.argsort(cost, kind="stable")[:CANDIDATES]])
    return np.unique(np.concatenate(tried))


def _part(
    problem: CentreProblem, units: NDArray[np.intp], tried: NDArray[np.intp], count: int
) -> CentreProblem:
    """Cut a part out of a problem."""
    place = np.full(problem.units, -1, dtype=np.int32)
    place[units] = np.arange(len(units))
    graph = problem.graph
    if graph is not None:
        rows = np.repeat(np.arange(problem.units), np.diff(graph.indptr))
        keep = (place[rows] >= 0) & (place[graph.indices] >= 0)
        starts = np.cumsum([0, *np.bincount(place[rows[keep]], minlength=len(units))]).astype(np.int32)
        graph = Graph(starts, place[graph.indices[keep]], graph.lengths[keep])
    cost: Array = problem.cost[np.ix_(units, tried)]
    return CentreProblem(
        cost,
        place[problem.candidates[tried]],
        count,
        problem.activities[units],
        problem.lower[tried],
        problem.upper[tried],
        graph,
    )
