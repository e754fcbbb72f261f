"""Units that must stay in one territory, merged into one unit before a search and taken apart again after it.

Members that touch (or all of them, where territories need not be connected) become one unit: its measures are sums, and its way
to each home base is what the members' ways cost. From a free centre it counts as if all members lay at the costliest one, so
that the cost and the bound are found anew for the plan of the members. Parts of a group that do not touch cannot be one unit:
their common territory is chosen before the search, the cheapest that may have them all. The exact model needs none of this: it
has rows (`solvers.exact.side_rows`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.geography.adjacency import components, csr_adjacency
from engine.measures import best_centres, objective
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.construct import first_centres
from solvers.relaxation import relaxed_bound

Array = NDArray[np.float64]
Index = NDArray[np.int32]

BOUND_SECONDS = 60.0


@dataclass(frozen=True)
class Merged:
    """A problem in which units that stay together are one unit.

    Parameters
    ----------
    whole, problem
        The problem as posed, and the merged one.
    unit_of
        Merged unit of each unit, shape (units,).
    lead
        Costliest member of each merged unit, shape (merged units,).
    exact
        Whether both problems have the same plans at the same costs, so that what is proved of one is proved of the other.
    """

    whole: TerritoryProblem
    problem: TerritoryProblem
    unit_of: Index
    lead: NDArray[np.intp]
    exact: bool

    def before(self, before: Index) -> Index:
        """Give the territory each merged unit had: that of its costliest member, shape (merged units,)."""
        return before[self.lead]

    def expand(self, plan: TerritoryPlan, *, seed: int) -> TerritoryPlan:
        """Turn a plan of the merged problem into one of the problem as posed, with a bound that is valid for it."""
        if not plan.found:
            nobody = np.full(self.whole.units, -1, dtype=np.int32)
            if self.exact or plan.status is not Status.INFEASIBLE:
                return replace(plan, assignment=nobody)
            reason = "no plan was found with the territory chosen for units that stay together without touching: lock one of them"
            return replace(plan, status=Status.NO_PLAN, assignment=nobody, bound=0.0, reason=reason)
        assignment = plan.assignment[self.unit_of]
        if self.exact:
            return replace(plan, assignment=assignment, centres=best_centres(self.whole, assignment))
        centres = best_centres(self.whole, assignment)
        cost = objective(self.whole, assignment, centres)
        _, bound = relaxed_bound(self.whole, centres, cost, seed=seed, time_limit=BOUND_SECONDS)
        bound = min(bound, cost)
        status = Status.OPTIMAL if cost - bound <= 1e-6 * cost else Status.FEASIBLE
        return replace(
            plan, status=status, assignment=assignment, centres=centres, objective=cost, bound=bound
        )


def merge(problem: TerritoryProblem, before: Index | None = None) -> Merged:
    """Merge the units that stay together.

    Parameters
    ----------
    problem
        The problem as posed.
    before
        Territory of each unit in an earlier plan, which parts of a group that do not touch keep; None = no earlier plan.

    Returns
    -------
    The merged problem, which has no ``together`` groups left.
    """
    parts = [_parts(problem, group) for group in problem.together]
    label = np.arange(problem.units)
    for part in (part for group in parts for part in group):
        label[list(part)] = part[0]
    unit_of: Index = np.unique(label, return_inverse=True)[1].astype(np.int32)
    lead = _leads(problem, unit_of)
    merged = _merged(problem, unit_of, lead)
    split = [unit_of[[part[0] for part in group]] for group in parts if len(group) > 1]
    settled = _settled(merged, split, None if before is None else before[lead])
    sizes = np.bincount(unit_of)
    exact = not split and not (problem.free.any() and (sizes > 1).any())
    return Merged(problem, settled, unit_of, lead, exact)


def _parts(problem: TerritoryProblem, group: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Split a group into the parts that can be one unit; an oversize unit stays one by itself, since its limit is its own."""
    units = np.array(group)
    label = np.full(problem.units, -1, dtype=np.int32)
    label[units] = 0
    large = units[problem.oversize[units].any(axis=1)]
    label[large] = 1 + np.arange(len(large))
    _, piece = components(problem.indptr, problem.indices, label)
    key = piece[units] if problem.contiguous else label[units]
    return [tuple(units[key == k].tolist()) for k in dict.fromkeys(key.tolist())]


def _leads(problem: TerritoryProblem, unit_of: Index) -> NDArray[np.intp]:
    order = np.lexsort((np.arange(problem.units), -problem.travel_cost, unit_of))
    return order[np.unique(unit_of[order], return_index=True)[1]]


def _merged(problem: TerritoryProblem, unit_of: Index, lead: NDArray[np.intp]) -> TerritoryProblem:
    """Add up what is in each merged unit."""
    count = len(lead)

    def total(values: Array) -> Array:
        sums = np.zeros((count, *values.shape[1:]))
        np.add.at(sums, unit_of, values)
        return sums

    several = np.bincount(unit_of) > 1
    allowed = np.ones((count, problem.territories), dtype=bool)
    np.logical_and.at(allowed, unit_of, problem.allowed)
    locked = np.full(count, -1, dtype=np.int32)
    np.maximum.at(locked, unit_of, problem.locked)
    rows = np.repeat(unit_of, np.diff(problem.indptr))
    edges = np.unique(np.column_stack([rows, unit_of[problem.indices]]), axis=0)
    indptr, indices = csr_adjacency(count, edges[edges[:, 0] < edges[:, 1]])
    mixed = _mixed(problem, unit_of)
    stakes = total(problem.today_values()) if mixed else None
    kept = problem.previous[:, None] == np.arange(problem.territories)
    stake_costs = total(np.where(kept, problem.handoff_cost[:, None], 0.0)) if mixed else None
    previous = problem.previous[lead]
    np.maximum.at(previous, unit_of, np.where(problem.handoff_value > 0, problem.previous, -1))
    travel = total(problem.travel_cost)
    return replace(
        problem,
        unit_ids=tuple(
            "+".join(np.array(problem.unit_ids)[unit_of == u]) if several[u] else problem.unit_ids[lead[u]]
            for u in range(count)
        ),
        unit_points=problem.unit_points[lead],
        measures=total(problem.measures),
        indptr=indptr,
        indices=indices,
        travel_cost=travel,
        previous=previous,
        handoff_value=total(problem.handoff_value * (problem.previous >= 0)),
        handoff_cost=total(problem.handoff_cost * (problem.previous >= 0)),
        locked=locked,
        allowed=allowed,
        oversize=problem.oversize[lead] & ~several[:, None],
        given_km=_ways(problem, unit_of, lead, several, travel),
        together=(),
        apart=tuple(tuple(unit_of[list(group)].tolist()) for group in problem.apart),
        stakes=stakes,
        stake_costs=stake_costs,
    )


def _mixed(problem: TerritoryProblem, unit_of: Index) -> bool:
    """Say whether units with value of several territories of today are merged."""
    staked = (problem.previous >= 0) & ((problem.handoff_value > 0) | (problem.handoff_cost > 0))
    pairs = np.unique(np.column_stack([unit_of[staked], problem.previous[staked]]), axis=0)
    return len(np.unique(pairs[:, 0])) < len(pairs)


def _ways(
    problem: TerritoryProblem,
    unit_of: Index,
    lead: NDArray[np.intp],
    several: NDArray[np.bool_],
    travel: Array,
) -> Array | None:
    """Give each merged unit the way to every home base that costs what its members' ways do, km."""
    given = problem.given_km
    if not several.any():
        return None if given is None else given[lead]
    ways = np.full((len(lead), problem.territories), np.nan) if given is None else given[lead].copy()
    members = np.flatnonzero(several[unit_of])
    km = problem.centre_km(np.zeros(problem.territories, dtype=np.int32))[members]
    weight = problem.travel_cost[members] + 1e-300 * (travel[unit_of[members]] == 0)
    cost = np.zeros((len(lead), problem.territories))
    np.add.at(cost, unit_of[members], weight[:, None] * km)
    mean = cost[several] / np.bincount(unit_of[members], weights=weight, minlength=len(lead))[several, None]
    ways[several] = np.where(problem.free, np.nan, mean)
    return ways


def _settled(problem: TerritoryProblem, split: list[Index], before: Index | None) -> TerritoryProblem:
    """Choose the territory of every group whose parts do not touch, cheapest first, and lock them to it."""
    if not split:
        return problem
    locked, allowed = problem.locked.copy(), problem.allowed.copy()
    costs = problem.costs(first_centres(problem, np.random.default_rng(0)))
    for parts in split:
        price = costs[parts].sum(axis=0)
        if before is not None and before[parts[0]] >= 0:
            price[before[parts[0]]] = -1.0
        load = np.array(
            [
                [problem.upper_load(t, m)[parts].sum() for m in problem.balanced]
                for t in range(problem.territories)
            ]
        )
        fits = (load <= problem.upper[:, problem.balanced] * (1 + 1e-9)).all(axis=1)
        taken = {int(locked[u]) for group in problem.apart if set(group) & set(parts.tolist()) for u in group}
        free = np.array([t not in taken or t == locked[parts].max() for t in range(problem.territories)])
        for may in (allowed[parts].all(axis=0) & fits & free, allowed[parts].all(axis=0)):
            if may.any():
                chosen = int(np.where(may, price, np.inf).argmin())
                locked[parts], allowed[parts] = chosen, np.arange(problem.territories) == chosen
                break
    return replace(problem, locked=locked, allowed=allowed)
