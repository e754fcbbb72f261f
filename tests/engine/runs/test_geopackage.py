"""GeoPackage layers."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box

from engine.runs.geopackage import write_layers

FRAME = gpd.GeoDataFrame(
    {"unit_id": ["01", "02"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4326"
)


def test_layers_come_back(tmp_path: Path) -> None:
    """Both layers are there with their ids as text and the coordinate system."""
    write_layers(tmp_path / "a.gpkg", {"units": FRAME, "territories": FRAME.head(1)})
    assert [str(name) for name in pyogrio.list_layers(tmp_path / "a.gpkg")[:, 0]] == ["units", "territories"]
    units = gpd.read_file(tmp_path / "a.gpkg", layer="units")
    assert list(units["unit_id"]) == ["01", "02"]
    assert units.crs == FRAME.crs
    assert units.geometry.geom_equals(FRAME.geometry).all()


def test_same_layers_same_bytes_on_another_day(tmp_path: Path) -> None:
    """The file does not say when it was written, and the setting for that does not stay behind."""
    write_layers(tmp_path / "a.gpkg", {"units": FRAME})
    data = (tmp_path / "a.gpkg").read_bytes()
    assert b"1970-01-01T00:00:00" in data
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
    write_layers(tmp_path / "b.gpkg", {"units": FRAME})
    assert (tmp_path / "b.gpkg").read_bytes() == data


def test_an_old_file_is_not_added_to(tmp_path: Path) -> None:
    """A file that exists is refused."""
    write_layers(tmp_path / "a.gpkg", {"units": FRAME})
    with pytest.raises(FileExistsError):
        write_layers(tmp_path / "a.gpkg", {"more": FRAME})
