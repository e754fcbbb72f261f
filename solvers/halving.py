"""A start for free centres: the map is cut in two again and again, until every part is worth one territory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.construct import best_centres, make_contiguous
from solvers.state import State, evaluate

Array = NDArray[np.float64]
Index = NDArray[np.int32]

TURN = 0.6  # spread of the direction of a cut around the longest axis, in lengths of the axes
UNEVEN = 6  # a cut moves by at most one of so many territories


def halved(problem: TerritoryProblem, rng: np.random.Generator) -> State:
    """Draw an alignment whose territories hold about the same.

    Random cuts across the longer axis make as many parts as there are territories, each worth about one of them. Home bases
    get the parts that are cheapest to reach together; free centres the rest. Parts become connected territories.

    Parameters
    ----------
    problem
        The territory problem, or a part of one.
    rng
        Source of every random choice.
    """
    values = problem.measures[:, problem.balanced]
    worth = (values / np.maximum(values.sum(axis=0), 1e-12)).mean(axis=1)
    points = problem.unit_points - problem.unit_points.mean(axis=0)
    points[:, 0] *= np.cos(np.radians(problem.unit_points[:, 1].mean()))
    part = np.empty(problem.units, dtype=np.int32)
    waiting = [(np.arange(problem.units), 0, problem.territories)]
    while waiting:
        units, first, count = waiting.pop()
        if count == 1:
            part[units] = first
            continue
        cut, before = _cut(points[units], worth[units], count, rng)
        waiting += [(units[cut], first, before), (units[~cut], first + before, count - before)]
    territory = _matched(problem, part)
    assignment = territory[part]
    assignment[~problem.allowed[np.arange(problem.units), assignment]] = -1
    nearest = distance_km(np.nan_to_num(problem.homes), problem.unit_points).argmin(axis=1).astype(np.int32)
    centres = best_centres(problem, territory[part], nearest)
    if problem.contiguous or (assignment < 0).any():
        assignment = make_contiguous(problem, assignment, problem.costs(centres))
    return evaluate(problem, assignment, best_centres(problem, assignment, centres))


def _cut(points: Array, worth: Array, count: int, rng: np.random.Generator) -> tuple[NDArray[np.bool_], int]:
    """Cut some units for ``count`` territories in two: who comes first, and for how many territories."""
    weight = worth + 1e-12
    centred = points - np.average(points, axis=0, weights=weight)
    axes = np.linalg.svd(centred * np.sqrt(weight)[:, None], full_matrices=False)
    lengths, directions = axes[1], axes[2]
    turn = lengths * np.array([1.0, TURN * rng.normal()])[: len(lengths)]
    order = np.argsort(centred @ (turn @ directions), kind="stable")
    shift = int(rng.integers(-(count // UNEVEN), count // UNEVEN + 1))
    before = min(max((count + int(rng.integers(0, 2))) // 2 + shift, 1), count - 1)
    reached = np.cumsum(weight[order])
    place = int(np.searchsorted(reached, reached[-1] * before / count))
    place = min(max(place, before), len(order) - (count - before))
    first = np.zeros(len(points), dtype=bool)
    first[order[:place]] = True
    return first, before


def _matched(problem: TerritoryProblem, part: Index) -> Index:
    """Give every part a territory, so that the home bases are near, shape (territories,)."""
    parts = problem.territories
    based = np.flatnonzero(~problem.free)
    price = np.zeros((parts, parts))
    if len(based):
        away = problem.travel_cost[:, None] * distance_km(problem.unit_points, problem.homes[based])
        for territory, column in zip(based.tolist(), away.T, strict=True):
            price[:, territory] = np.bincount(part, weights=column, minlength=parts)
    return linear_sum_assignment(price)[1].astype(np.int32)
