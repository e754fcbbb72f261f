"""Contiguity cuts: found exactly where a territory is in pieces, and no connected plan breaks one."""

from __future__ import annotations

from itertools import product

import networkx as nx
import numpy as np

from solvers.exact.contiguity import Separator, separators
from tests.solvers.small_problems import graph_of, small_problem


def broken(cut: Separator, assignment: np.ndarray) -> bool:
    """Say whether a plan holds both ends and nothing between."""
    holds = (assignment == cut.territory).astype(int)
    return bool(holds[cut.near] + holds[cut.far] - holds[list(cut.between)].sum() > 1)


def connected(graph: nx.Graph, assignment: np.ndarray, territory: int) -> bool:
    """Say whether a territory is one piece, or nothing."""
    members = np.flatnonzero(assignment == territory).tolist()
    return not members or nx.is_connected(graph.subgraph(members))


def test_cuts_break_the_plan_they_were_found_for_and_no_connected_one() -> None:
    """On small graphs every cut of every plan in pieces is checked against every connected territory."""
    seen = 0
    for seed in range(60):
        problem = small_problem(seed, most_units=7)
        graph, rng = graph_of(problem), np.random.default_rng(seed)
        sets = np.array(list(product([-1, 0], repeat=problem.units)))
        good = [row for row in sets if connected(graph, row, 0)]
        for assignment in rng.integers(0, problem.territories, (6, problem.units)).astype(np.int32):
            cuts = separators(problem, assignment, np.arange(problem.territories))
            in_pieces = [t for t in range(problem.territories) if not connected(graph, assignment, t)]
            assert sorted({cut.territory for cut in cuts}) == in_pieces
            for cut in cuts:
                seen += 1
                assert broken(cut, assignment)
                alone = Separator(0, cut.near, cut.far, cut.between)
                assert not any(broken(alone, row) for row in good)
    assert seen > 200


def test_cuts_only_for_the_territories_asked_for() -> None:
    """Territories outside the question are not looked at."""
    problem = next(p for p in map(small_problem, range(100)) if p.territories > 1 and p.units == 8)
    graph = graph_of(problem)
    rng = np.random.default_rng(0)
    plans = rng.integers(0, 2, (200, problem.units)).astype(np.int32)
    plan = next(p for p in plans if not connected(graph, p, 0) and not connected(graph, p, 1))
    assert {cut.territory for cut in separators(problem, plan, np.array([1]))} == {1}


def test_separators_are_minimal() -> None:
    """Without any one of its units, a cut would no longer separate its two ends."""
    for seed in range(40):
        problem = small_problem(seed)
        graph, rng = graph_of(problem), np.random.default_rng(seed)
        for assignment in rng.integers(0, 2, (6, problem.units)).astype(np.int32):
            for cut in separators(problem, assignment, np.arange(2)):
                for unit in cut.between:
                    rest = graph.copy()
                    rest.remove_nodes_from(set(cut.between) - {unit})
                    assert nx.has_path(rest, cut.near, cut.far)
