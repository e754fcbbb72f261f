"""The comparison with other tools: all are judged by the same code, from their labels alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.maps import synthetic
from benchmarks.peers import arrays, judged
from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem


@pytest.fixture(scope="module")
def square() -> TerritoryProblem:
    """Thirty-six units in a square for two territories within half their target."""
    return synthetic(36, 2, 0.5, contiguous=True)


def test_a_plan_is_judged_by_its_best_centres(square: TerritoryProblem) -> None:
    """Cost is that of the best unit of each territory, whatever the labels are called; deviation that of the worst sum."""
    halves = np.where(np.arange(36) < 18, 40, 7)
    cost = 0.0
    for label in (40, 7):
        members = np.flatnonzero(halves == label)
        ways = distance_km(square.unit_points[members], square.unit_points[members])
        cost += min(float(square.travel_cost[members] @ way) for way in ways.T)
    sums = np.array([square.measures[halves == label].sum(axis=0) for label in (40, 7)])
    worst = np.abs(sums / square.targets - 1).max()
    assert judged(square, halves)[:3] == [f"{cost:.0f}", f"{worst:.1%}", "2"]


def test_pieces_and_numbers_count(square: TerritoryProblem) -> None:
    """A plan in three pieces, or with one territory only, is not within the limits."""
    torn = np.isin(np.arange(36), [*range(17), 35]).astype(int)
    assert judged(square, torn)[2:] == ["3", "no"]
    assert judged(square, np.zeros(36, dtype=int))[3] == "no"


def test_an_instance_is_written_in_targets(square: TerritoryProblem) -> None:
    """Values add up to the number of territories, every edge stands once, and near places stay near in km."""
    written = arrays(square)
    assert np.asarray(written["values"]).sum(axis=0) == pytest.approx(2.0)
    assert len(np.asarray(written["edges"])) == len(square.indices) // 2
    plane = np.asarray(written["points"])
    a, b = square.unit_points[:1], square.unit_points[1:2]
    assert np.linalg.norm(plane[0] - plane[1]) == pytest.approx(distance_km(a, b)[0, 0], rel=0.15)
