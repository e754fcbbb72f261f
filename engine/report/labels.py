"""Labels on a map that do not cover each other: at their place if there is room, else beside it."""

from __future__ import annotations

import numpy as np

from engine.report.places import Array

DIRECTIONS = 16
RINGS = (1.6, 2.6, 3.8, 5.2, 7.0, 9.0)  # distances tried, in label heights


def place_labels(spots: Array, room: Array, widths: Array, height: float, size: tuple[float, float]) -> Array:
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
        tried = _candidates(spots[label], half, roomy=bool(room[label] > 0.75 * height))
        cost = [_cost(middle, half, boxes, others, spots[label], size) for middle in tried]
        best = tried[int(np.argmin(cost))]
        placed[label] = best
        boxes = np.vstack([boxes, [*(best - half), *(best + half)]])
    return placed


def _candidates(spot: Array, half: Array, *, roomy: bool) -> list[Array]:
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    # a label beside its spot is moved sideways by its width too
    round_it = np.column_stack([np.cos(angles), np.sin(angles)])
    beside = [
        spot + (2 * half[1] * ring + [half[0] - half[1], 0]) * way for ring in RINGS for way in round_it
    ]
    return [spot, *beside] if roomy else beside


def _cost(
    middle: Array, half: Array, boxes: Array, others: Array, spot: Array, size: tuple[float, float]
) -> float:
    """Prefer near places; avoid other labels, the spots of other territories and the edge of the picture."""
    low, high = middle - half, middle + half
    overlap = ((boxes[:, :2] < high + 1) & (boxes[:, 2:] > low - 1)).all(axis=1).sum()
    hidden = ((others > low - 2) & (others < high + 2)).all(axis=1).sum()
    outside = (low < 1).any() or (high > np.array(size) - 1).any()
    return float(1e6 * overlap + 1e6 * outside + 1e3 * hidden + np.hypot(*(middle - spot)))
