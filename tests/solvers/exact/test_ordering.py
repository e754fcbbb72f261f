"""The ordering rule: what keeps it is connected around its root, and a plan keeps its own order."""

from __future__ import annotations

from itertools import product

import networkx as nx
import numpy as np
import pytest

from engine.problem import TerritoryProblem
from solvers.construct import make_contiguous
from solvers.exact.ordering import way_to_roots
from tests.solvers.grid_problems import grid_problem
from tests.solvers.small_problems import graph_of, small_problem


def keeps_order(problem: TerritoryProblem, members: np.ndarray, root: int, way: np.ndarray) -> bool:
    """Say whether every member but the root has a nearer neighbour among the members."""
    for unit in members.tolist():
        around = problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]]
        if unit != root and not (np.isin(around, members) & (way[around] < way[unit])).any():
            return False
    return True


def lengths_of(problem: TerritoryProblem, seed: int) -> np.ndarray:
    """Draw a length for every CSR edge, the same in both directions."""
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr))
    table = np.random.default_rng(seed).uniform(1, 9, (problem.units, problem.units))
    return (table + table.T)[rows, problem.indices]


def test_ways_are_shortest_paths() -> None:
    """Ways equal networkx's shortest paths, with edges inside the present territory at a tenth."""
    for seed in range(20):
        problem = small_problem(seed)
        lengths, rows = (
            lengths_of(problem, seed),
            np.repeat(np.arange(problem.units), np.diff(problem.indptr)),
        )
        assignment = (
            np.random.default_rng(seed).integers(0, problem.territories, problem.units).astype(np.int32)
        )
        roots = np.arange(problem.territories, dtype=np.int32)
        ways = way_to_roots(problem, lengths, roots, roots.astype(np.intp), assignment)
        for t in range(problem.territories):
            graph = graph_of(problem)
            for a, b, length in zip(rows.tolist(), problem.indices.tolist(), lengths.tolist(), strict=True):
                graph[a][b]["km"] = length * (0.1 if assignment[a] == assignment[b] == t else 1.0)
            expected = nx.single_source_dijkstra_path_length(graph, t, weight="km")
            assert ways[:, t].tolist() == pytest.approx(
                [expected.get(i, np.inf) for i in range(problem.units)]
            )


def test_what_keeps_the_order_is_connected() -> None:
    """Every set of units that keeps the order is nothing, or one piece that holds the root."""
    kept = 0
    for seed in range(25):
        problem = small_problem(seed, most_units=7)
        graph, root = graph_of(problem), seed % problem.units
        way = way_to_roots(problem, lengths_of(problem, seed), np.array([root]), np.array([0]), None)[:, 0]
        for bits in product([False, True], repeat=problem.units):
            members = np.flatnonzero(bits)
            if len(members) and keeps_order(problem, members, root, way):
                kept += 1
                assert bits[root]
                assert nx.is_connected(graph.subgraph(members.tolist()))
    assert kept > 200


def test_the_present_plan_keeps_its_own_order() -> None:
    """Winding territories keep the order that prefers the ways inside them."""
    for seed in range(8):
        problem = grid_problem(seed)
        rng = np.random.default_rng(seed)
        nobody = np.full(problem.units, -1, dtype=np.int32)
        plan = make_contiguous(problem, nobody, rng.random((problem.units, problem.territories)))
        roots = np.array([rng.choice(np.flatnonzero(plan == t)) for t in range(problem.territories)])
        territories = np.arange(problem.territories)
        ways = way_to_roots(problem, np.ones(len(problem.indices)), roots, territories, plan)
        for t in territories:
            assert keeps_order(problem, np.flatnonzero(plan == t), roots[t], ways[:, t])
