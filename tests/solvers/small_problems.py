"""Small random territory problems with every rule in play, and their solution by trying every plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from engine.geography.adjacency import csr_adjacency
from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]


def small_problem(seed: int, *, most_units: int = 8, **changes: Any) -> TerritoryProblem:
    """Draw a problem of 3 to ``most_units`` units and 1 to 3 territories.

    Home bases and free centres are mixed; contiguity, locks, forbidden pairs, unequal shares, today's
    alignment, a disruption limit, oversize units and tight tolerances each come and go with the seed. The
    third measure is not balanced. Every unit has a territory it may belong to, every territory a unit.
    """
    rng = np.random.default_rng(seed)
    units = int(rng.integers(3, most_units + 1))
    territories = min(units - 1, int(rng.choice([1, 2, 3, 3])))
    values = np.column_stack(
        [rng.lognormal(0, 0.5, units), rng.lognormal(0, 0.4, units), rng.uniform(0, 9, units)]
    )
    weights = rng.uniform(0.5, 1.5, territories) if rng.random() < 0.5 else np.ones(territories)
    share, tolerance = weights / weights.sum(), rng.choice([0.08, 0.2, 0.4, 0.7], 2)
    if rng.random() < 0.4:
        _enlarge(rng, values[:, 0], 1.03 * (1 + tolerance[0]) * float(share.max()))
    homes = np.column_stack([rng.uniform(-100, -96, territories), rng.uniform(38, 41, territories)])
    homes[rng.random(territories) < 0.5] = np.nan
    previous = rng.integers(-1, territories, units).astype(np.int32)
    value = rng.lognormal(3, 1, units) * (rng.random(units) < 0.8)
    if rng.random() < 0.3:
        previous, value = np.full(units, -1, dtype=np.int32), np.zeros(units)
    at_stake = float(value[previous >= 0].sum())
    locked, allowed = _rules(rng, units, territories)
    edges = _edges(rng, units)
    indptr, indices = csr_adjacency(units, edges)
    problem = TerritoryProblem(
        unit_ids=tuple(f"u{i}" for i in range(units)),
        territory_ids=tuple(f"T{t}" for t in range(territories)),
        measure_names=("potential", "workload", "calls"),
        unit_points=np.column_stack([rng.uniform(-100, -96, units), rng.uniform(38, 41, units)]),
        measures=values,
        share=np.tile(share[:, None], (1, 3)),
        tolerance=np.array([*tolerance, np.inf]),
        lower=np.empty(0),
        upper=np.empty(0),
        imbalance_cost=np.array([60.0, 25.0, 0.0]) * (rng.random() < 0.8),
        indptr=indptr,
        indices=indices,
        homes=homes,
        travel_cost=rng.uniform(0.05, 0.5, units),
        previous=previous,
        handoff_value=value,
        handoff_cost=0.15 * value,
        disruption_limit=float(rng.choice([np.inf, 0.5, 0.2])) * at_stake if at_stake else np.inf,
        locked=locked,
        allowed=allowed,
        contiguous=bool(rng.random() < 0.7),
        oversize=np.zeros((units, 3), dtype=bool),
    )
    return with_limits(replace(problem, **changes))


def ruled_problem(seed: int, *, most_units: int = 7) -> TerritoryProblem:
    """Draw a small problem with groups that stay together, groups that are apart and limits on what each territory loses."""
    rng = np.random.default_rng([seed, 1])
    problem = small_problem(
        seed, most_units=most_units, tolerance=np.array([*rng.choice([0.6, 0.8, 0.95], 2), np.inf])
    )
    if rng.random() < 0.5:
        problem = replace(problem, disruption_limit=np.inf)
    if rng.random() < 0.5:
        nobody, everything = np.full_like(problem.locked, -1), np.ones_like(problem.allowed)
        problem = replace(problem, locked=nobody, allowed=everything)
    order, size = rng.permutation(problem.units), int(rng.choice([2, 2, 3]))
    together = [tuple(order[:size].tolist())]
    if rng.random() < 0.3:
        together.append(tuple(order[size : size + 2].tolist()))
    pairs = [tuple(rng.choice(problem.units, 2, replace=False).tolist()) for _ in range(2)]
    if rng.random() < 0.3:
        pairs[0] = tuple(rng.choice(problem.units, 3, replace=False).tolist())
    limit = None
    if rng.random() < 0.6:
        limit = problem.today_values().sum(axis=0) * rng.choice([0.3, 0.6, 0.9], problem.territories)
    asked = rng.random(2) < 0.65
    return replace(
        problem,
        together=tuple(group for group in together if len(group) > 1) if asked[0] else (),
        apart=tuple(pairs[: int(rng.integers(1, 3))]) if asked[1] else (),
        leave_limit=limit,
    )


def with_limits(problem: TerritoryProblem) -> TerritoryProblem:
    """Compute the limits and oversize units that follow from measures, shares and tolerances."""
    balanced = np.isfinite(problem.tolerance)
    slack = np.where(balanced, problem.tolerance, 0.0) * problem.targets
    lower = np.where(balanced, problem.targets - slack, -np.inf)
    upper = np.where(balanced, problem.targets + slack, np.inf)
    return replace(
        problem, lower=lower, upper=upper, oversize=(problem.measures > upper.max(axis=0)) & balanced
    )


def _enlarge(rng: np.random.Generator, values: Array, part: float) -> None:
    """Make one unit this part of the whole, when it is less than all of it."""
    unit = rng.integers(len(values))
    if part < 0.9:
        values[unit] = part / (1 - part) * np.delete(values, unit).sum()


def _rules(rng: np.random.Generator, units: int, territories: int) -> tuple[Index, NDArray[np.bool_]]:
    allowed = rng.random((units, territories)) > rng.choice([0.0, 0.25])
    locked = np.full(units, -1, dtype=np.int32)
    if rng.random() < 0.4:
        chosen = rng.choice(units, size=min(2, units), replace=False)
        locked[chosen] = rng.integers(0, territories, len(chosen))
    free = np.flatnonzero(locked < 0)
    allowed[free[~allowed[free].any(axis=1)]] = True
    allowed[locked >= 0] = locked[locked >= 0, None] == np.arange(territories)
    allowed[np.ix_(free, ~allowed.any(axis=0))] = True
    return locked, allowed


def _edges(rng: np.random.Generator, units: int) -> NDArray[np.int64]:
    """Link units to a tree with a few extra edges, sometimes with one edge missing."""
    pairs = {(int(rng.integers(0, unit)), unit) for unit in range(1, units)}
    pairs |= {(a, b) for a in range(units) for b in range(a + 1, units) if rng.random() < 0.2}
    ordered = sorted(pairs)
    if rng.random() < 0.15:
        del ordered[int(rng.integers(len(ordered)))]
    return np.array(ordered, dtype=np.int64)


def graph_of(problem: TerritoryProblem) -> nx.Graph:
    """Read the adjacency as a networkx graph."""
    graph = nx.Graph()
    graph.add_nodes_from(range(problem.units))
    for unit in range(problem.units):
        graph.add_edges_from(
            (unit, int(j)) for j in problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]]
        )
    return graph


@dataclass(frozen=True)
class BruteForce:
    """Every plan of a small problem, from tables of every territory holding every possible set of units.

    Parameters
    ----------
    problem
        The problem.
    slack
        Share of the target (or of the disruption limit) by which limits are widened, below 0 narrowed.
    """

    problem: TerritoryProblem
    slack: float = 0.0

    @cached_property
    def sets(self) -> NDArray[np.bool_]:
        """Every set of units, shape (2^units, units); row r holds the bits of r."""
        units = np.arange(self.problem.units)
        return (np.arange(2**self.problem.units)[:, None] >> units & 1).astype(bool)

    @cached_property
    def assignments(self) -> Index:
        """Every plan that keeps the rules, shape (plans, units)."""
        return self._plans[0]

    @cached_property
    def costs(self) -> Array:
        """What each of these plans costs with the best centres, shape (plans,)."""
        return self._plans[1]

    @property
    def optimum(self) -> float:
        """Least cost; infinite when no plan keeps the rules."""
        return float(self.costs.min(initial=np.inf))

    @cached_property
    def _plans(self) -> tuple[Index, Array]:
        problem = self.problem
        grid = np.indices((problem.territories,) * problem.units).reshape(problem.units, -1).T
        keys = np.stack([(grid == t) @ (1 << np.arange(problem.units)) for t in range(problem.territories)])
        good = np.all([self._valid(t)[key] for t, key in enumerate(keys)], axis=0)
        grid, keys = grid[good], keys[:, good]
        moved = (problem.previous >= 0) & (grid != problem.previous)
        within = moved @ problem.handoff_value <= problem.disruption_limit * (1 + self.slack) + self.slack
        for group in problem.together:
            within &= (grid[:, group] == grid[:, group[:1]]).all(axis=1)
        for group in problem.apart:
            within &= np.array([len(set(row)) == len(group) for row in grid[:, group].tolist()], dtype=bool)
        for t, limit in enumerate([] if problem.leave_limit is None else problem.leave_limit.tolist()):
            left = (moved & (problem.previous == t)) @ problem.handoff_value
            within &= left <= limit * (1 + self.slack) + max(self.slack, 0.0)
        cost = np.sum([self._cost(t)[key] for t, key in enumerate(keys)], axis=0)
        return grid[within].astype(np.int32), cost[within]

    @cached_property
    def _connected(self) -> NDArray[np.bool_]:
        graph = graph_of(self.problem)
        whole = [
            bool(row.any()) and nx.is_connected(graph.subgraph(np.flatnonzero(row).tolist()))
            for row in self.sets
        ]
        return np.array(whole)

    def _valid(self, territory: int) -> NDArray[np.bool_]:
        """Say which sets of units a territory may be."""
        problem = self.problem
        valid = self.sets.any(axis=1) & ~(self.sets & ~problem.allowed[:, territory]).any(axis=1)
        valid &= ~(self.sets & (problem.locked >= 0) & (problem.locked != territory)).any(axis=1)
        if problem.contiguous:
            valid &= self._connected
        for m in np.flatnonzero(np.isfinite(problem.tolerance)).tolist():
            target = problem.share[territory, m] * problem.measures[:, m].sum()
            load = np.where(problem.oversize[:, m], target, problem.measures[:, m])
            valid &= self.sets @ problem.measures[:, m] >= target * (1 - problem.tolerance[m] - self.slack)
            valid &= self.sets @ load <= target * (1 + problem.tolerance[m] + self.slack)
        return valid

    def _cost(self, territory: int) -> Array:
        """Price every set of units as a territory: the least travel, handoffs and imbalance."""
        problem = self.problem
        comes = (problem.previous >= 0) & (problem.previous != territory)
        cost = self.sets @ (problem.handoff_cost * comes)
        for m in np.flatnonzero(np.isfinite(problem.tolerance)).tolist():
            target = problem.share[territory, m] * problem.measures[:, m].sum()
            cost += problem.imbalance_cost[m] * abs(self.sets @ problem.measures[:, m] / target - 1)
        if np.isnan(problem.homes[territory, 0]):
            km = distance_km(problem.unit_points, problem.unit_points)
            from_each = self.sets @ (problem.travel_cost[:, None] * km)
            return cost + np.where(self.sets, from_each, np.inf).min(axis=1)
        return cost + self.sets @ (
            problem.travel_cost * distance_km(problem.unit_points, problem.homes[[territory]])[:, 0]
        )
