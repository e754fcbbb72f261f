"""The unit adjacency graph as CSR arrays, its components and the links that join them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from engine.geography.travel import distance_km

Index = NDArray[np.int32]


def csr_adjacency(units: int, pairs: NDArray[np.integer]) -> tuple[Index, Index]:
    """Turn undirected edges into CSR arrays in which every edge stands in both directions.

    Parameters
    ----------
    units
        Number of units.
    pairs
        Unit indices of each edge, shape (edges, 2); each edge once, no loops.

    Returns
    -------
    ``indptr``, shape (units + 1,), and ``indices``, shape (2 x edges,), neighbours in ascending order.
    """
    ends = np.concatenate([pairs, pairs[:, ::-1]]) if len(pairs) else np.empty((0, 2), dtype=np.int32)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    indptr = np.zeros(units + 1, dtype=np.int32)
    np.cumsum(np.bincount(ends[:, 0], minlength=units), out=indptr[1:])
    return indptr, ends[order, 1].astype(np.int32)


def components(indptr: Index, indices: Index, label: Index | None = None) -> tuple[int, Index]:
    """Number the connected pieces of the graph, or of every label's part of it.

    Parameters
    ----------
    indptr, indices
        CSR adjacency.
    label
        When given, shape (units,), edges between different labels are ignored.

    Returns
    -------
    Number of pieces, and the piece of each unit, shape (units,).
    """
    rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    keep = np.ones(len(indices), dtype=bool) if label is None else label[rows] == label[indices]
    shape = (len(indptr) - 1, len(indptr) - 1)
    graph = csr_array((keep[keep].astype(np.int8), (rows[keep], indices[keep])), shape=shape)
    count, piece = connected_components(graph, directed=False)
    return int(count), piece.astype(np.int32)


def join_small_components(
    points: NDArray[np.float64], pairs: NDArray[np.integer], size: NDArray[np.float64], smallest: float
) -> list[tuple[int, int, float]]:
    """Find the shortest links that join every component too small to be a territory of its own.

    Components are joined smallest first (ties by their first unit) to the nearest unit of any other component.

    Parameters
    ----------
    points
        Longitude and latitude of each unit, degrees, shape (units, 2).
    pairs
        Edges, shape (edges, 2).
    size
        Value of each unit that makes a territory, shape (units,).
    smallest
        Components whose total is at least this are left alone.

    Returns
    -------
    Added edges (unit, unit, km), the smaller index first.
    """
    links: list[tuple[int, int, float]] = []
    while True:
        edges = np.concatenate(
            [pairs.reshape(-1, 2), np.array([link[:2] for link in links], dtype=int).reshape(-1, 2)]
        )
        count, piece = components(*csr_adjacency(len(points), edges))
        totals = np.bincount(piece, weights=size, minlength=count)
        small = int(np.argmin(totals))
        if count == 1 or totals[small] >= smallest:
            return links
        inside, outside = np.flatnonzero(piece == small), np.flatnonzero(piece != small)
        km = distance_km(points[inside], points[outside])
        a, b = np.unravel_index(int(np.argmin(km)), km.shape)
        ends = sorted((int(inside[a]), int(outside[b])))
        links.append((ends[0], ends[1], float(km[a, b])))
