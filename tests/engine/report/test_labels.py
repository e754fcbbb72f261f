"""Labels on a map, and where units lie on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from engine.report.labels import place_labels
from engine.report.places import Places, anchors, dissolve, read_places, whole_steps
from engine.runs import load_run
from tests.engine.run_factory import make_run

SIZE = (600.0, 400.0)


def overlaps(middles: np.ndarray, widths: np.ndarray, height: float) -> int:
    """Count pairs of labels that cover each other."""
    count = 0
    for i in range(len(middles)):
        for j in range(i):
            apart = np.abs(middles[i] - middles[j])
            count += bool(apart[0] < (widths[i] + widths[j]) / 2 and apart[1] < height)
    return count


NO_DOTS = np.zeros((0, 2))


def at_sea(points: Any) -> Any:
    """No point lies on land."""
    return np.zeros(len(points), dtype=bool)


@given(st.lists(st.tuples(st.floats(250, 350), st.floats(150, 250)), min_size=2, max_size=20))
def test_labels_never_cover_each_other(spots: list[tuple[float, float]]) -> None:
    """Twenty territories as small as their label find room around them."""
    widths = np.full(len(spots), 24.0)
    placed = place_labels(np.array(spots), np.zeros(len(spots)), widths, 10.0, SIZE, NO_DOTS, at_sea)
    assert overlaps(placed, widths, 10.0) == 0


def test_a_label_with_room_stays_where_it_is() -> None:
    """Only the territory without room has its label beside it."""
    spots = np.array([[100.0, 100.0], [300.0, 200.0], [np.nan, np.nan]])
    placed = place_labels(spots, np.array([50.0, 2.0, 0.0]), np.full(3, 24.0), 10.0, SIZE, NO_DOTS, at_sea)
    assert placed[0].tolist() == [100.0, 100.0]
    assert 10 < np.hypot(*(placed[1] - spots[1])) < 40
    assert np.isnan(placed[2]).all()


def test_a_label_at_the_edge_stays_in_the_picture() -> None:
    """No side of a label leaves the picture, and no label hides another territory's spot."""
    spots = np.array([[2.0, 2.0], [598.0, 398.0], [20.0, 2.0]])
    placed = place_labels(spots, np.zeros(3), np.full(3, 24.0), 10.0, SIZE, NO_DOTS, at_sea)
    assert (placed - np.array([12, 5]) >= 0).all()
    assert (placed + np.array([12, 5]) <= SIZE).all()
    hidden = [np.abs(placed[a] - spots[b]) < [12, 5] for a in range(3) for b in range(3) if a != b]
    assert not any(one.all() for one in hidden)


def test_a_label_beside_its_territory_stands_over_the_sea() -> None:
    """On a coast, the label of a territory without room is read where no territory lies."""
    spot = np.array([[300.0, 200.0]])
    placed = place_labels(spot, np.zeros(1), np.full(1, 24.0), 10.0, SIZE, NO_DOTS, lambda at: at[:, 0] < 310)
    assert placed[0, 0] - 12 >= 310
    assert np.hypot(*(placed[0] - spot[0])) < 40


def test_a_label_with_room_moves_off_a_home() -> None:
    """A home in the middle of a territory stays in sight, and the label stays near."""
    spot = np.array([[300.0, 200.0]])
    placed = place_labels(spot, np.full(1, 50.0), np.full(1, 24.0), 10.0, SIZE, spot, at_sea)
    apart = np.abs(placed[0] - spot[0])
    assert apart[0] > 12 or apart[1] > 5
    assert np.hypot(*apart) < 15


@pytest.fixture
def two_islands() -> Places:
    """Three units: one square with a hole and an island, one square beside it, one point without outline."""
    hole = shapely.Polygon(
        [(0, 0), (10, 0), (10, 10), (0, 10)], [[(4, 4), (4, 6), (6, 6), (6, 4)]]
    )  # fmt: skip
    first = shapely.MultiPolygon([hole, shapely.box(0, 20, 2, 22)])
    polygons = np.array([first, shapely.box(10, 0, 20, 10), None], dtype=object)
    points = np.array([[2.0, 2.0], [15.0, 5.0], [30.0, 5.0]])
    return Places(("a", "b", "c"), points, polygons, np.array([[1.0, 1.0], [np.nan, np.nan]]))


def test_an_anchor_is_the_widest_spot_of_the_largest_part(two_islands: Places) -> None:
    """Neither in a hole nor on the small island; a territory of points has a point; one without units none."""
    owner = np.array([0, 1, 2], dtype=np.int32)
    shapes = dissolve(two_islands, owner, 4)
    spots = anchors(two_islands, owner, shapes)
    x, y, room = spots[0]
    assert shapely.contains_xy(two_islands.polygons[0], x, y)
    assert y < 10
    assert 1.9 < room < 3
    assert spots[1].tolist() == pytest.approx([15, 5, 5], abs=0.1)
    assert spots[2].tolist() == [30, 5, 0]
    assert np.isnan(spots[3]).all()


def test_dissolved_neighbours_have_no_border_between_them(two_islands: Places) -> None:
    """Two squares of one owner are one shape, with the hole and the island of the first."""
    shape = dissolve(two_islands, np.array([0, 0, -1], dtype=np.int32), 1)[0]
    assert shape.area == pytest.approx(100 - 4 + 4 + 100)
    assert len(shapely.get_parts(shape)) == 2


def test_the_plane_keeps_areas(tmp_path: Path) -> None:
    """Squares of the synthetic grid have on the plane the area the table says, to half a per cent."""
    run = load_run(make_run(tmp_path))
    units = run.table("units")
    places = read_places(run, units, run.table("territories"))
    assert shapely.area(places.polygons) == pytest.approx(units["area_km2"].to_numpy(), rel=0.005)
    grid = whole_steps(places, places.points)
    assert grid.min() >= 0
    assert grid.max() <= 20_000


def test_homes_are_shown_to_about_five_km_only(tmp_path: Path) -> None:
    """A home is moved by up to 0.025 degrees each way, and two homes in one cell look the same."""
    run = load_run(make_run(tmp_path))
    seats = run.table("territories")
    seats["home_lon"], seats["home_lat"] = -99.8112, 41.4381
    seats.loc[1, ["home_lon", "home_lat"]] = [-99.8240, 41.4271]
    homes = read_places(run, run.table("units"), seats).homes
    assert homes[0].tolist() == homes[1].tolist()
    seats["home_lat"] = 41.4849
    assert read_places(run, run.table("units"), seats).homes[0].tolist() != homes[0].tolist()
