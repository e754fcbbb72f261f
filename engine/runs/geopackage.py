"""GeoPackage layers with the same bytes for the same data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pyogrio

# GDAL writes the date of the day into every layer otherwise.
_FIXED_DATE = {"OGR_CURRENT_DATE": "1970-01-01T00:00:00Z"}


def write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write a new GeoPackage.

    Parameters
    ----------
    path
        The file; it must not exist, because layers would be added to an old one.
    layers
        Frames with a coordinate system, by layer name, in the order they are written.

    Raises
    ------
    FileExistsError
        If there is a file already.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already")
    before = {key: pyogrio.get_gdal_config_option(key) for key in _FIXED_DATE}
    pyogrio.set_gdal_config_options(_FIXED_DATE)
    try:
        for name, frame in layers.items():
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options(before)
