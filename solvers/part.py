"""Some territories of a problem with all their units, as a problem of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]


def territories_alone(
    problem: TerritoryProblem, assignment: Index, territories: NDArray[np.intp]
) -> tuple[TerritoryProblem, NDArray[np.intp]]:
    """Cut some territories out of an alignment; everything else stays as it is.

    Parameters
    ----------
    problem
        The territory problem.
    assignment
        Territory of each unit, shape (units,).
    territories
        Territories to cut out, ascending.

    Returns
    -------
    Their problem, in which limits and targets are those of the whole and what may change hands is what the rest leaves,
    and the units in it, ascending.
    """
    units = np.flatnonzero(np.isin(assignment, territories))
    place = np.full(problem.units, -1, dtype=np.int32)
    place[units] = np.arange(len(units))
    label = np.full(problem.territories + 1, -1, dtype=np.int32)  # the last: nobody's
    label[territories] = np.arange(len(territories))
    indptr, indices = _edges_inside(problem, units, place)
    outside = np.ones(problem.units, dtype=bool)
    outside[units] = False
    measures = problem.measures[units]
    held = measures.sum(axis=0)
    targets = problem.targets[territories]
    alone = replace(
        problem,
        unit_ids=tuple(problem.unit_ids[i] for i in units.tolist()),
        territory_ids=tuple(problem.territory_ids[t] for t in territories.tolist()),
        unit_points=problem.unit_points[units],
        measures=measures,
        share=np.divide(targets, held, out=np.zeros_like(targets), where=held > 0),
        lower=problem.lower[territories],
        upper=problem.upper[territories],
        indptr=indptr,
        indices=indices,
        homes=problem.homes[territories],
        travel_cost=problem.travel_cost[units],
        previous=label[problem.previous[units]],
        handoff_value=problem.handoff_value[units],
        handoff_cost=problem.handoff_cost[units],
        disruption_limit=max(0.0, problem.disruption_limit - _spent(problem, assignment, units, territories)),
        locked=label[problem.locked[units]],
        allowed=problem.allowed[np.ix_(units, territories)],
        oversize=problem.oversize[units],
        given_km=_pairs(problem.given_km, units, territories),
        together=_groups(problem.together, place),
        apart=_groups(problem.apart, place),
        leave_limit=_may_leave(problem, outside, territories),
        stakes=_pairs(problem.stakes, units, territories),
        stake_costs=_pairs(problem.stake_costs, units, territories),
    )
    return alone, units


def _pairs(values: Array | None, units: NDArray[np.intp], territories: NDArray[np.intp]) -> Array | None:
    return None if values is None else values[np.ix_(units, territories)]


def _groups(groups: tuple[tuple[int, ...], ...], place: Index) -> tuple[tuple[int, ...], ...]:
    """Keep what lies inside of each group, in its own numbers; one unit alone is no group."""
    inside = (tuple(int(place[unit]) for unit in group if place[unit] >= 0) for group in groups)
    return tuple(group for group in inside if len(group) > 1)


def _spent(
    problem: TerritoryProblem, assignment: Index, units: NDArray[np.intp], territories: NDArray[np.intp]
) -> float:
    """Sum the value that changes hands whatever happens inside: outside, and what territories outside have inside."""
    if not np.isfinite(problem.disruption_limit):
        return 0.0
    outside = np.ones(problem.units, dtype=bool)
    outside[units] = False
    today = problem.today_values()[units]
    lost = today.sum() - today[:, territories].sum()
    return float(problem.handed_over(assignment)[outside].sum() + lost)


def _may_leave(
    problem: TerritoryProblem, outside: NDArray[np.bool_], territories: NDArray[np.intp]
) -> Array | None:
    """Give what may still leave each territory after what has left it for outside."""
    if problem.leave_limit is None:
        return None
    gone = problem.today_values()[outside][:, territories].sum(axis=0)
    return np.maximum(0.0, problem.leave_limit[territories] - gone)


def _edges_inside(problem: TerritoryProblem, units: NDArray[np.intp], place: Index) -> tuple[Index, Index]:
    """Keep the edges between some units, as CSR arrays in their own numbers."""
    degree = np.diff(problem.indptr)[units]
    first = np.repeat(problem.indptr[units] - np.concatenate([[0], np.cumsum(degree)[:-1]]), degree)
    ends = place[problem.indices[first + np.arange(degree.sum())]]
    kept = ends >= 0
    rows = np.repeat(np.arange(len(units)), degree)[kept]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(units)))])
    return indptr.astype(np.int32), ends[kept].astype(np.int32)
