"""Outlines of units for a script: a border that two units share is written once, coarser where there are very many."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from engine.report.places import Index, Places, grid_step, whole_steps

Whole = NDArray[np.int64]

MOST_POINTS = 200_000  # of all outlines together; with more a page opens slowly
FIRST_TOLERANCE = 1.0  # steps of the grid; twice as many each time there are still too many points
FIRST_LETTER, BITS = 63, 5  # of the encoding: 64 letters from "?" on, none of which is special in HTML


def encoded_arcs(places: Places) -> str:
    """Write the outlines of all units as arcs: parts of a border with the same unit on either side.

    Parameters
    ----------
    places
        Units on a plane; a unit without outline has no arc, and one smaller than a step of the grid none either.

    Returns
    -------
    Whole numbers as letters (see `letters`); for each arc the unit on its left minus that of the arc before, the unit
    on its right minus that on its left (0 = nobody is there), how many points follow the first, and ``x, y`` of all
    its points in steps of `engine.report.places.whole_steps`, each minus the point before, of this arc or the last.
    """
    drawn = np.flatnonzero(shapely.is_geometry(places.polygons)).astype(np.int32)
    unit, ring, ends = _edges(places, drawn)
    across = _across(ends)
    right = np.where(across < 0, unit, unit[across])
    wanted = np.where(
        across < 0, True, unit < right
    )  # each once; a unit that touches itself has no border there
    goes_on = wanted[1:] & wanted[:-1] & (ring[1:] == ring[:-1]) & (right[1:] == right[:-1])
    first = np.flatnonzero(wanted & np.concatenate([[True], ~goes_on]))
    last = np.flatnonzero(wanted & np.concatenate([~goes_on, [True]]))
    size = last - first + 2
    start = np.cumsum(size) - size
    arc = np.repeat(np.arange(len(size)), size)
    place = np.arange(len(arc)) - start[arc]
    line = np.where(
        (place == 0)[:, None], ends[first[arc], 0], ends[first[arc] + np.maximum(place - 1, 0), 1]
    )
    numbers = np.zeros(3 * len(size) + 2 * len(arc), dtype=np.int64)
    head = 3 * np.arange(len(size)) + 2 * start
    numbers[head] = np.diff(unit[first], prepend=0)
    numbers[head + 1] = right[first] - unit[first]
    numbers[head + 2] = size - 1
    numbers[(head[arc] + 3 + 2 * place)[:, None] + [0, 1]] = np.diff(line, axis=0, prepend=[[0, 0]])
    return letters(numbers)


def letters(numbers: Whole) -> str:
    """Write signed whole numbers, small ones in one letter: five bits a letter, the lowest first, the sign the lowest.

    The format is that of Google's encoded polylines.
    """
    rest = np.where(numbers < 0, ~(numbers << 1), numbers << 1)
    columns: list[Whole] = []
    known: list[NDArray[np.bool_]] = []
    while not columns or (rest > 0).any():
        known.append((rest > 0) | (not columns))
        columns.append((rest & (2**BITS - 1)) + np.where(rest >= 2**BITS, 2**BITS, 0) + FIRST_LETTER)
        rest >>= BITS
    return np.column_stack(columns)[np.column_stack(known)].astype(np.uint8).tobytes().decode("ascii")


def _edges(places: Places, drawn: Index) -> tuple[Whole, Whole, Whole]:
    """List the edges of all rings on the grid: unit on the left, ring, both ends, shape (edges, 2, 2)."""
    parts, part_of = shapely.get_parts(_simplified(places, drawn), return_index=True)
    rings, ring_of = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    grid = whole_steps(places, points)
    inside = (ring[1:] == ring[:-1]) & (grid[1:] != grid[:-1]).any(axis=1)
    ends = np.stack([grid[:-1], grid[1:]], axis=1)[inside]
    ring = ring[:-1][inside].astype(np.int64)
    return drawn[part_of[ring_of[ring]]].astype(np.int64), ring, ends


def _simplified(places: Places, drawn: Index) -> NDArray[np.object_]:
    """Leave out points until there are few enough; neighbours keep their common border."""
    shapes, tolerance = places.polygons[drawn], FIRST_TOLERANCE * grid_step(places)
    while shapely.get_num_coordinates(shapes).sum() > MOST_POINTS and tolerance < 1000 * grid_step(places):
        shapes, tolerance = shapely.coverage_simplify(shapes, tolerance), 2 * tolerance
    return shapes


def _across(ends: Whole) -> Whole:
    """Find for each edge the one edge that runs the other way, -1 = none or several."""
    there = (ends[:, 0] * [2**15, 1]).sum(axis=1) << 30 | (ends[:, 1] * [2**15, 1]).sum(axis=1)
    back = (ends[:, 1] * [2**15, 1]).sum(axis=1) << 30 | (ends[:, 0] * [2**15, 1]).sum(axis=1)
    keys, number, copies = np.unique(there, return_inverse=True, return_counts=True)
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    edge = np.full(len(keys), -1)
    edge[number] = np.arange(len(there))
    place = np.minimum(np.searchsorted(keys, back), len(keys) - 1)
    single = (keys[place] == back) & (copies[place] == 1) & (copies[number] == 1)
    return np.where(single, edge[place], -1)
