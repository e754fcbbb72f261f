"""Shapes and neighbours are read off a topology drawn by hand."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import MultiPolygon, Point, box

from scripts import build_us_counties as build

# Four unit squares A B over C D on a grid of step 0.5, so an edge is two steps long; an island belongs to D.
# Each line between two squares is one arc, walked backwards (~number) by the second.
STEP = {
    "ab": [[2, 2], [0, 2]],
    "ac": [[0, 2], [2, 0]],
    "bd": [[2, 2], [2, 0]],
    "cd": [[2, 0], [0, 2]],
    "a": [[2, 4], [-2, 0], [0, -2]],
    "b": [[4, 2], [0, 2], [-2, 0]],
    "c": [[0, 2], [0, -2], [2, 0]],
    "d": [[2, 0], [2, 0], [0, 2]],
    "island": [[6, 0], [1, 0], [0, 1], [-1, 0], [0, -1]],
}
NUMBER = {name: place for place, name in enumerate(STEP)}


def ring(*names: str) -> list[int]:
    return [~NUMBER[name[1:]] if name.startswith("-") else NUMBER[name] for name in names]


def polygon(fips: str, *names: str) -> dict[str, object]:
    return {"id": fips, "type": "Polygon", "arcs": [ring(*names)], "properties": {"name": fips}}


ATLAS = {
    "transform": {"scale": [0.5, 0.5], "translate": [-100.0, 40.0]},
    "arcs": list(STEP.values()),
    "objects": {
        "counties": {
            "geometries": [
                polygon("01001", "ac", "ab", "a"),
                polygon("01003", "-ab", "bd", "b"),
                polygon("01005", "c", "cd", "-ac"),
                {
                    "id": "01007",
                    "type": "MultiPolygon",
                    "arcs": [[ring("d", "-bd", "-cd")], [ring("island")]],
                    "properties": {"name": "01007"},
                },
                polygon("02013", "island"),
            ]
        }
    },
}


def test_squares_are_assembled_from_arcs() -> None:
    """Delta-coded arcs, forwards and backwards, make the squares, moved and scaled; Alaska is left out."""
    layer = build._layer(ATLAS, "counties")
    assert list(layer["fips"]) == ["01001", "01003", "01005", "01007"]
    assert set(layer["state"]) == {"AL"}
    expected = [box(-100, 41, -99, 42), box(-99, 41, -98, 42), box(-100, 40, -99, 41)]
    expected.append(MultiPolygon([box(-99, 40, -98, 41), box(-97, 40, -96.5, 40.5)]))
    assert all(shape.equals(square) for shape, square in zip(layer.geometry, expected, strict=True))


def test_neighbours_share_an_arc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Squares with a common side are neighbours, squares with a common corner are not; bridges are added."""
    monkeypatch.setattr(
        build, "BRIDGES", {("01001", "01003"): "already by land", ("01003", "01005"): "ferry"}
    )
    edges = build._adjacency(ATLAS, {"01001", "01003", "01005", "01007"})
    assert list(edges.itertuples(index=False, name=None)) == [
        ("01001", "01003", "land", ""),
        ("01001", "01005", "land", ""),
        ("01003", "01005", "bridge", "ferry"),
        ("01003", "01007", "land", ""),
        ("01005", "01007", "land", ""),
    ]


def test_city_is_told_from_its_county() -> None:
    """Of two places of one name in a state the one with a city's code is marked, and no other."""
    rows = [("24005", "MD", "Baltimore"), ("24510", "MD", "Baltimore"), ("51510", "VA", "Alexandria")]
    rows.append(("19005", "IA", "Baltimore"))
    frame = gpd.GeoDataFrame(rows, columns=["fips", "state", "name"], geometry=[Point(0, 0)] * 4)
    assert build._plain_names(frame) == ["Baltimore", "Baltimore (city)", "Alexandria", "Baltimore"]
