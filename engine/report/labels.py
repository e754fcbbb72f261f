"""Labels on a map that do not cover each other: at their place if there is room, else beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.report.places import Array

DIRECTIONS = 16
ROOMY = 0.75  # label heights of free space around a spot that are enough to write there
RINGS = (1.6, 2.6, 3.8, 5.2, 7.0, 9.0)  # distances tried, in label heights


Covered = Callable[[Array], NDArray[np.bool_]]


def place_labels(
    spots: Array,
    room: Array,
    widths: Array,
    height: float,
    size: tuple[float, float],
    dots: Array,
    on_land: Covered,
) -> Array:
    """Place labels one by one, those with most room first.

    Parameters
    ----------
    spots
        Where each label would stand best, shape (labels, 2); NaN = it is not drawn.
    room
        Radius of free space around each spot, shape (labels,).
    widths, height
        Size of the labels, in the unit of the spots.
    size
        Width and height of the picture; labels stay inside.
    dots
        Points that are better seen than covered, such as homes, shape (dots, 2).
    on_land
        Tells which points, shape (points, 2), lie on a territory; a label beside its own is best read elsewhere.

    Returns
    -------
    The middle of each label, shape (labels, 2).
    """
    placed = np.full(spots.shape, np.nan)
    drawn = np.flatnonzero(~np.isnan(spots).any(axis=1))
    boxes = np.zeros((0, 4))
    for label in sorted(drawn.tolist(), key=lambda one: (-room[one], one)):
        others = np.delete(spots[drawn], np.flatnonzero(drawn == label), axis=0)
        half = np.array([widths[label], height]) / 2
        tried = np.array(_candidates(spots[label], half, room[label]))
        ends = tried[:, None] + half * np.array([[-1, 0], [0, 0], [1, 0]])
        ashore = on_land(ends.reshape(-1, 2)).reshape(-1, 3).sum(axis=1)
        cost = [_cost(middle, half, boxes, others, dots, spots[label], size) for middle in tried]
        best = tried[int(np.argmin(cost + (0.0 if room[label] > ROOMY * height else 2 * height) * ashore))]
        placed[label] = best
        boxes = np.vstack([boxes, [*(best - half), *(best + half)]])
    return placed


def _candidates(spot: Array, half: Array, room: float) -> list[Array]:
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    # a label beside its spot is moved sideways by its width too
    round_it = np.column_stack([np.cos(angles), np.sin(angles)])
    beside = [
        spot + (2 * half[1] * ring + [half[0] - half[1], 0]) * way for ring in RINGS for way in round_it
    ]
    # up or down a little, where the territory is large enough to hold the label there too
    nudged = [spot + np.array([0, 2.2 * half[1] * way]) for way in (1, -1)] if room > 3.4 * half[1] else []
    return [spot, *nudged, *beside] if room > 2 * ROOMY * half[1] else beside


def _cost(
    middle: Array,
    half: Array,
    boxes: Array,
    others: Array,
    dots: Array,
    spot: Array,
    size: tuple[float, float],
) -> float:
    """Prefer near places; avoid other labels, the spots of other territories and the edge of the picture."""
    low, high = middle - half, middle + half
    overlap = ((boxes[:, :2] < high + 1) & (boxes[:, 2:] > low - 1)).all(axis=1).sum()
    hidden = ((others > low - 2) & (others < high + 2)).all(axis=1).sum()
    outside = (low < 1).any() or (high > np.array(size) - 1).any()
    dotted = ((dots > low - 3) & (dots < high + 3)).all(axis=1).sum()
    away = np.hypot(*(middle - spot))
    return float(1e6 * overlap + 1e6 * outside + 1e3 * hidden + 2.8 * half[1] * dotted + away)
