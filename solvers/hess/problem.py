"""The centre problem as frozen arrays: which units become centres, and which centre each unit belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from engine.geography.adjacency import components

Array = NDArray[np.float64]
Index = NDArray[np.int32]

FEASIBLE = 1e-9  # relative room for rounding when a plan's loads are added up again


@dataclass(frozen=True)
class Graph:
    """Which units touch.

    Parameters
    ----------
    indptr, indices
        Adjacency as CSR arrays, every edge in both directions.
    lengths
        Length of each edge, shape (edges,); it only guides the search for plans.
    """

    indptr: Index
    indices: Index
    lengths: Array

    def around(self, units: NDArray[np.intp]) -> NDArray[np.intp]:
        """Give the units that touch at least one of some units, ascending."""
        beside = [self.indices[self.indptr[u] : self.indptr[u + 1]] for u in units.tolist()]
        return np.unique(np.concatenate(beside)).astype(np.intp)


@dataclass(frozen=True)
class CentreProblem:
    """Units, candidate centres and what every territory must hold.

    Parameters
    ----------
    cost
        Cost of a unit at a candidate centre, shape (units, candidates); infinite = not allowed.
    candidates
        Unit each candidate centre lies in, shape (candidates,); an open centre holds its own unit.
    count
        How many candidates become centres; as many as there are means that all do.
    activities
        Additive values of the units, >= 0, shape (units, activities).
    lower, upper
        Limits of a territory's sums, by its centre, shape (candidates, activities).
    graph
        In which every territory must be connected; None = it need not be.
    """

    cost: Array
    candidates: Index
    count: int
    activities: Array
    lower: Array
    upper: Array
    graph: Graph | None = None

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.cost)

    @property
    def dearest(self) -> float:
        """Cost of giving every unit to the dearest candidate it may belong to: no plan costs more."""
        return float(np.where(np.isfinite(self.cost), self.cost, 0.0).max(axis=1).sum())

    @property
    def all_open(self) -> bool:
        """Whether every candidate is a centre, so that only the assignment is asked for."""
        return self.count == len(self.candidates)

    def objective(self, assignment: Index) -> float:
        """Add up the cost of an assignment of units to candidates, shape (units,)."""
        return float(self.cost[np.arange(self.units), assignment].sum())

    def violations(self, assignment: Index) -> list[str]:
        """Say which rules an assignment breaks, counted anew from the arrays alone."""
        found: list[str] = []
        centres = np.unique(assignment)
        if len(centres) != self.count:
            found.append(f"{len(centres)} centres instead of {self.count}")
        for centre in centres.tolist():
            members = assignment == centre
            sums = self.activities[members].sum(axis=0)
            room = FEASIBLE * np.maximum(1.0, np.abs(self.upper[centre]))
            if not members[self.candidates[centre]]:
                found.append(f"centre {centre} does not hold its own unit")
            if (sums < self.lower[centre] - room).any() or (sums > self.upper[centre] + room).any():
                found.append(f"centre {centre} holds {sums.tolist()}")
        if not np.isfinite(self.cost[np.arange(self.units), assignment]).all():
            found.append("a pair that is not allowed")
        if self.graph is not None:
            pieces = components(self.graph.indptr, self.graph.indices, assignment)[0]
            if pieces != len(centres):
                found.append(f"{pieces} pieces in {len(centres)} territories")
        return found


def reachable(problem: CentreProblem) -> NDArray[np.bool_]:
    """Tell which pairs a connected territory within its upper limit can hold, shape (units, candidates).

    A connected territory that holds a unit holds a whole way from it to the centre; the lightest way must not
    weigh more than the limit (Validi, Buchanan, Lykhovyd 2022, DOI 10.1287/opre.2021.2141, section 5).
    """
    allowed = np.isfinite(problem.cost)
    if problem.graph is None:
        return allowed
    indptr, indices = problem.graph.indptr, problem.graph.indices
    for activity in range(problem.activities.shape[1]):
        load = problem.activities[:, activity]
        ways = csr_array((load[indices], indices, indptr), shape=(problem.units,) * 2)
        weight = dijkstra(ways, indices=problem.candidates).T + load[problem.candidates]
        limit = problem.upper[:, activity]
        allowed &= weight <= limit + FEASIBLE * np.maximum(1.0, np.abs(limit))
    return allowed
