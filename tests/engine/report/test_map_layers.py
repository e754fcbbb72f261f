"""The map layers of a run."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point, box

from engine.report.geopackage import write_map_layers

UNITS = gpd.GeoDataFrame(
    {"unit_id": ["03", "01", "02"], "territory_id": ["", "T1", "T1"]},
    geometry=[box(2, 0, 3, 1), box(0, 0, 1, 1), box(1, 0, 2, 1)],
    crs="EPSG:4326",
)


def test_units_of_a_territory_become_one_shape(tmp_path: Path) -> None:
    """Squares side by side are one shape without an inner border; what is nobody's is no territory."""
    write_map_layers(tmp_path / "a.gpkg", UNITS, None)
    territories = gpd.read_file(tmp_path / "a.gpkg", layer="territories")
    assert list(territories["territory_id"]) == ["T1"]
    assert territories.geometry[0].equals(box(0, 0, 2, 1))


def test_units_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    """The order of the rows changes no byte."""
    write_map_layers(tmp_path / "a.gpkg", UNITS, None)
    write_map_layers(tmp_path / "b.gpkg", UNITS.iloc[::-1], None)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert list(gpd.read_file(tmp_path / "a.gpkg", layer="units")["unit_id"]) == ["01", "02", "03"]


@pytest.mark.parametrize("outlines", [None, UNITS.to_crs("EPSG:3857")])
def test_outlines_are_there_when_given(tmp_path: Path, outlines: gpd.GeoDataFrame | None) -> None:
    """The layer of outlines is optional, and in degrees whatever it was given in."""
    write_map_layers(tmp_path / "a.gpkg", UNITS, outlines)
    layers = [str(name) for name in pyogrio.list_layers(tmp_path / "a.gpkg")[:, 0]]
    assert layers == ["territories", "units"] + (["outlines"] if outlines is not None else [])
    if outlines is not None:
        drawn = gpd.read_file(tmp_path / "a.gpkg", layer="outlines")
        assert drawn.total_bounds == pytest.approx([0, 0, 3, 1])


def test_points_make_a_territory_of_points(tmp_path: Path) -> None:
    """Units without an outline are points, and so are their territories."""
    points = gpd.GeoDataFrame(
        {"unit_id": ["01", "02"], "territory_id": ["T1", "T1"]},
        geometry=[Point(0, 0), Point(1, 0)],
        crs="EPSG:4326",
    )
    write_map_layers(tmp_path / "a.gpkg", points, None)
    assert gpd.read_file(tmp_path / "a.gpkg", layer="territories").geometry[0].geom_type == "MultiPoint"
