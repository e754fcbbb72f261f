"""Contiguity cuts: a centre holds a unit only with a unit of every set that separates the two.

x_ij <= sum over s in S of x_sj, where every way from i to j that weighs no more than j's limit meets S (Validi, Buchanan,
Lykhovyd 2022, DOI 10.1287/opre.2021.2141, "length-U" separators). The cuts hold for every connected plan within its limits.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from engine.geography.adjacency import components
from solvers.hess.problem import FEASIBLE, CentreProblem, Graph

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Cut = tuple[int, int, tuple[int, ...]]  # unit, candidate, separating units

UNITS_PER_PIECE = 6  # cuts for several units of one cut-off piece save rounds
MOST = 200  # fractional cuts a round
SCALE = 10**6  # flows are whole numbers
VIOLATED = 0.02  # a cut that is broken by less is not worth a row


def broken_by_plan(problem: CentreProblem, assignment: Index, centres: NDArray[np.intp]) -> list[Cut]:
    """Find cuts that an assignment breaks: none exactly when every territory is one piece.

    A territory in pieces would be as wrong with any other centre, so the cuts are found for all of its candidates.

    Parameters
    ----------
    problem
        The centre problem.
    assignment
        Candidate of each unit, shape (units,).
    centres
        Candidates that are in play, ascending.
    """
    graph = problem.graph
    if graph is None:
        return []
    _, piece = components(graph.indptr, graph.indices, assignment)
    lies_in = piece[problem.candidates[centres]]
    cuts: list[Cut] = []
    for territory in np.unique(assignment).tolist():
        members = np.flatnonzero(assignment == territory)
        main = int(piece[problem.candidates[territory]])
        for other in np.setdiff1d(piece[members], main).tolist():
            for here, there in ((main, other), (other, main)):
                root, cut_off = members[piece[members] == here][0], members[piece[members] == there]
                between = _facing(graph, cut_off, int(root))
                heavy = cut_off[np.argsort(-problem.activities[cut_off, 0], kind="stable")][:UNITS_PER_PIECE]
                for centre in centres[lies_in == here].tolist():
                    cuts += [(i, centre, _needed(problem, graph, i, centre, between)) for i in heavy.tolist()]
    return cuts


def broken_by_shares(problem: CentreProblem, shares: Array) -> list[Cut]:
    """Find cuts that a fractional solution breaks, by smallest vertex cuts in its support.

    Parameters
    ----------
    problem
        The centre problem.
    shares
        Part of each unit each candidate holds, shape (units, candidates).
    """
    graph = problem.graph
    cuts: list[Cut] = []
    if graph is None:
        return cuts
    for centre in np.flatnonzero(shares.max(axis=0) > VIOLATED).tolist():
        root, held = int(problem.candidates[centre]), shares[:, centre]
        width = _widest_way(graph.indptr, graph.indices, held, root)
        suspects = np.flatnonzero(held > width + VIOLATED)
        for unit in suspects[np.argsort(-held[suspects], kind="stable")].tolist():
            between = _vertex_cut(graph, held, unit, root)
            if between is not None:
                cuts.append((unit, centre, _needed(problem, graph, unit, centre, between)))
            if len(cuts) == MOST:
                return cuts
    return cuts


def _facing(graph: Graph, cut_off: NDArray[np.intp], root: int) -> tuple[int, ...]:
    """Give the units around a cut-off piece that can be reached from the root without crossing others of them."""
    around = np.setdiff1d(graph.around(cut_off), cut_off)
    side = np.zeros(len(graph.indptr) - 1, dtype=np.int32)
    side[around] = 1
    side[cut_off] = 2
    _, piece = components(graph.indptr, graph.indices, side)
    return tuple(np.intersect1d(around, graph.around(np.flatnonzero(piece == piece[root]))).tolist())


def _vertex_cut(graph: Graph, held: Array, unit: int, root: int) -> tuple[int, ...] | None:
    """Give the lightest set of units between a unit and the root, None when it is not lighter than the unit."""
    size = len(held)
    capacity = np.round(held * SCALE).astype(np.int32)
    enough = int(capacity[unit])
    capacity[[unit, root]] = 20 * SCALE
    tails = np.repeat(np.arange(size), np.diff(graph.indptr))
    keep = (held[tails] > 0) | (tails == unit)
    tails, heads = tails[keep], graph.indices[keep]
    # every unit is split in an entry (u) and an exit (u + size), joined by an edge of its capacity
    network = csr_array(
        (
            np.concatenate([capacity, np.full(len(tails), 20 * SCALE)]).astype(np.int32),
            (
                np.concatenate([np.arange(size), tails + size]),
                np.concatenate([np.arange(size) + size, heads]),
            ),
        ),
        shape=(2 * size, 2 * size),
    )
    flow = maximum_flow(network, unit + size, root)
    if flow.flow_value >= enough - VIOLATED * SCALE:
        return None
    left = csr_array(network - flow.flow)
    left.data = np.maximum(left.data, 0)
    left.eliminate_zeros()
    reached = np.zeros(2 * size, dtype=bool)
    reached[breadth_first_order(left, unit + size, return_predecessors=False)] = True
    entered, passed = reached[:size], reached[size:]
    return tuple(np.flatnonzero(entered & ~passed).tolist())


def _needed(
    problem: CentreProblem, graph: Graph, unit: int, centre: int, between: tuple[int, ...]
) -> tuple[int, ...]:
    """Drop separating units through which every way is too heavy for the centre's limit."""
    load = problem.activities[:, 0]
    limit = float(problem.upper[centre, 0])
    limit += FEASIBLE * max(1.0, abs(limit))
    kept = np.zeros(problem.units, dtype=np.bool_)
    kept[list(between)] = True
    root = int(problem.candidates[centre])
    _drop(graph.indptr, graph.indices, load, limit, kept, unit, root)
    return tuple(np.flatnonzero(kept).tolist())


@njit(cache=True)
def _drop(indptr, indices, load, limit, kept, unit, root):  # type: ignore[no-untyped-def]
    """Take units out of a separator, the heaviest first, while it still separates."""
    members = np.flatnonzero(kept)
    from_root = _weights(indptr, indices, load, limit, kept, root)
    from_unit = _weights(indptr, indices, load, limit, kept, unit)
    for member in members[np.argsort(-load[members], kind="mergesort")]:
        a, b = np.inf, np.inf
        for e in range(indptr[member], indptr[member + 1]):
            a, b = min(a, from_root[indices[e]]), min(b, from_unit[indices[e]])
        if a + b + load[member] > limit:
            kept[member] = False
            from_root = _weights(indptr, indices, load, limit, kept, root)
            from_unit = _weights(indptr, indices, load, limit, kept, unit)


@njit(cache=True)
def _weights(indptr, indices, load, limit, blocked, start):  # type: ignore[no-untyped-def]
    """Weigh the lightest way from a unit to every other that crosses no blocked one, both ends counted."""
    weight = np.full(len(load), np.inf)
    weight[start] = load[start]
    agenda = [(load[start], np.int64(start))]
    while len(agenda) > 0:
        here, unit = heappop(agenda)
        if here > weight[unit]:
            continue
        for e in range(indptr[unit], indptr[unit + 1]):
            other = np.int64(indices[e])
            there = here + load[other]
            if not blocked[other] and there < weight[other] and there <= limit:
                weight[other] = there
                heappush(agenda, (there, other))
    return weight


@njit(cache=True)
def _widest_way(indptr, indices, held, root):  # type: ignore[no-untyped-def]
    """Give the least share met on the best way from the root to each unit, the unit itself not counted."""
    width = np.zeros(len(held))
    width[root] = 1.0
    agenda = [(-1.0, np.int64(root))]
    while len(agenda) > 0:
        here, unit = heappop(agenda)
        through = min(-here, held[unit] if unit != root else 1.0)
        if -here < width[unit] or through <= 0:
            continue
        for e in range(indptr[unit], indptr[unit + 1]):
            other = np.int64(indices[e])
            if through > width[other]:
                width[other] = through
                heappush(agenda, (-through, other))
    return width
