"""Contiguity as an ordering: a tight restriction for the search, never for a bound.

Every unit of a territory but its root needs a neighbour in the same territory that lies before it in a given order
(the shortest way to the root). Plans that keep it are connected, and its linear relaxation is tight; but it leaves out
plans whose territories wind around others, so its dual bound is not one of the problem (Zoltners, Sinha 1983,
DOI 10.1287/mnsc.29.11.1237).
"""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from engine.problem import TerritoryProblem
from solvers.exact.assignment import Part, linear

Array = NDArray[np.float64]
Index = NDArray[np.int32]

# Ways through a territory's present units count a tenth, so that the present plan keeps its own order.
INSIDE = 0.1


def way_to_roots(
    problem: TerritoryProblem,
    lengths: Array,
    roots: Index,
    territories: NDArray[np.intp],
    assignment: Index | None,
) -> Array:
    """Measure the way from every unit to each territory's root through the adjacency graph.

    Parameters
    ----------
    problem
        The territory problem.
    lengths
        Length of each CSR edge, km.
    roots
        Unit index of each territory's root, shape (territories of the problem,).
    territories
        Territories to measure, shape (t,).
    assignment
        Present territory of each unit, whose inner ways are preferred; None = no preference.

    Returns
    -------
    Way lengths, shape (units, t).
    """
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr))
    ways = np.empty((problem.units, len(territories)))
    for place, territory in enumerate(territories.tolist()):
        weight = lengths
        if assignment is not None:
            inside = (assignment[rows] == territory) & (assignment[problem.indices] == territory)
            weight = np.where(inside, INSIDE * lengths, lengths)
        graph = csr_array((weight, problem.indices, problem.indptr), shape=(problem.units, problem.units))
        ways[:, place] = dijkstra(graph, indices=int(roots[territory]))
    return ways


def add_ordering(
    model: pyo.ConcreteModel, problem: TerritoryProblem, part: Part, roots: Index, ways: Array
) -> None:
    """Add ``x_it <= sum of x_jt over neighbours j nearer to t's root`` for every unit i but the root.

    Parameters
    ----------
    model
        Assignment model of the part.
    problem, part
        What the model was built from.
    roots
        Unit index of each territory's root, shape (territories of the problem,).
    ways
        Way from every unit to the root of each of the part's territories, shape (units, t).
    """
    place = {int(t): p for p, t in enumerate(part.territories)}
    model.order = pyo.ConstraintList()
    for (unit, territory), held in model.x.items():
        if unit == roots[territory]:
            continue
        way = ways[:, place[territory]]
        around = problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]].tolist()
        nearer = [model.x[j, territory] for j in around if way[j] < way[unit] and (j, territory) in model.x]
        model.order.add(linear([1.0] + [-1.0] * len(nearer), [held, *nearer]) <= 0)
