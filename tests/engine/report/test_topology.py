"""Outlines come back from a page's text as they were, and neighbours share what lies between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import shapely

from engine.report import topology
from engine.report.places import Places, grid_step
from engine.report.topology import encoded_arcs, letters

Arc = tuple[int, int, list[tuple[int, int]]]
OUTSIDE = -1


def places(*polygons: shapely.Geometry | None) -> Places:
    """Units of these outlines, in a frame of 100 km so that a step is 5 m."""
    points = np.array([[0.0, 0.0], *[[100.0, 100.0]] * (len(polygons) - 1)])
    shapes = np.array(polygons, dtype=object)
    return Places(tuple(f"u{i}" for i in range(len(polygons))), points, shapes, np.full((1, 2), np.nan))


def numbers(text: str) -> Iterator[int]:
    """Read letters back, as the page's script does."""
    value = shift = 0
    for letter in text:
        part = ord(letter) - 63
        value |= (part & 31) << shift
        shift += 5
        if part < 32:
            yield ~(value >> 1) if value & 1 else value >> 1
            value = shift = 0


def arcs(text: str) -> list[Arc]:
    """Left unit, right unit and points of every arc."""
    found, read = [], numbers(text)
    left = x = y = 0
    for step in read:
        left += step
        beside = next(read)
        line = []
        for _ in range(next(read) + 1):
            x, y = x + next(read), y + next(read)
            line.append((x, y))
        found.append((left, left + beside if beside else OUTSIDE, line))
    return found


def area_km2(found: list[Arc], unit: int, drawn: Places) -> float:
    """Area inside all arcs that have a unit on their left or, backwards, on their right."""
    whole = 0
    for left, right, line in found:
        sign = (left == unit) - (right == unit)
        whole += sign * sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(line))
    return whole / 2 * grid_step(drawn) ** 2


def test_letters_are_those_of_the_published_example() -> None:
    """Google's own example of an encoded polyline."""
    steps = np.array([3850000, -12020000, 220000, -75000, 255200, -550300])
    assert letters(steps) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
    assert list(numbers(letters(steps))) == steps.tolist()
    assert letters(np.array([0, -1])) == "?@"


def test_areas_come_back_with_holes_and_islands() -> None:
    """A square with a hole and an island, its neighbour, and a unit without outline."""
    square = shapely.Polygon([(0, 0), (50, 0), (50, 50), (0, 50)], [[(10, 10), (10, 20), (20, 20), (20, 10)]])
    island = shapely.box(70, 70, 72, 72)
    drawn = places(shapely.MultiPolygon([square, island]), shapely.box(50, 0, 90, 50), None)
    found = arcs(encoded_arcs(drawn))
    assert [area_km2(found, unit, drawn) for unit in range(3)] == pytest.approx([2404, 2000, 0])
    assert {(left, right) for left, right, _ in found} == {(0, 1), (0, OUTSIDE), (1, OUTSIDE)}


def test_a_common_border_is_written_once() -> None:
    """Four squares have twelve sides: four of them between two squares, eight outside."""
    squares = [
        shapely.box(40 * (i % 2), 40 * (i // 2), 40 + 40 * (i % 2), 40 + 40 * (i // 2)) for i in range(4)
    ]
    found = arcs(encoded_arcs(places(*squares)))
    inside = sorted((left, right) for left, right, _ in found if right != OUTSIDE)
    assert inside == [(0, 1), (0, 2), (1, 3), (2, 3)]
    assert sum(len(line) - 1 for _, _, line in found) == 12


@pytest.mark.parametrize("clockwise", [True, False])
def test_units_that_overlap_keep_their_own_outline(clockwise: bool) -> None:
    """Two units with the same outline, whichever way round it is drawn, are both whole."""
    square = shapely.box(0, 0, 40, 40, ccw=not clockwise)
    drawn = places(square, square)
    found = arcs(encoded_arcs(drawn))
    assert [area_km2(found, unit, drawn) for unit in (0, 1)] == pytest.approx([1600, 1600])
    assert all(right == OUTSIDE for _, right, _ in found)


def test_what_is_smaller_than_a_step_is_left_out() -> None:
    """A speck has no outline of its own and adds nothing to a unit that has a larger part."""
    speck, square = shapely.box(0, 0, 1e-4, 1e-4), shapely.box(10, 10, 40, 40)
    found = arcs(encoded_arcs(places(shapely.MultiPolygon([square, speck]), speck)))
    assert {left for left, _, _ in found} == {0}
    assert sum(len(line) - 1 for _, _, line in found) == 4


def test_no_outlines_no_letters() -> None:
    """Units that are points are drawn as dots."""
    assert encoded_arcs(places(None, None)) == ""


def test_many_points_are_thinned_out_without_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit crooked borders become coarser; both sides still share them and areas hardly change."""
    turns = np.linspace(0, 1, 400)
    border = np.column_stack([50 + 0.5 * np.sin(60 * turns), 100 * turns])
    west = shapely.Polygon([(0, 0), *border, (0, 100)])
    east = shapely.Polygon([(100, 0), (100, 100), *border[::-1]])
    drawn = places(west, east)
    fine = arcs(encoded_arcs(drawn))
    monkeypatch.setattr(topology, "MOST_POINTS", 200)
    coarse = arcs(encoded_arcs(drawn))
    points = [sum(len(line) for _, _, line in found) for found in (fine, coarse)]
    assert points[0] > 400
    assert points[1] < 130
    assert {(left, right) for left, right, _ in coarse} == {(0, 1), (0, OUTSIDE), (1, OUTSIDE)}
    assert area_km2(coarse, 0, drawn) + area_km2(coarse, 1, drawn) == pytest.approx(10_000)
    assert area_km2(coarse, 0, drawn) == pytest.approx(west.area, rel=0.005)
