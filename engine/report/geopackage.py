"""The run's own map layers: units, the territories they make, and outlines behind them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from engine.runs.geopackage import write_layers

WGS84 = "EPSG:4326"


def write_map_layers(path: Path, units: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame | None) -> None:
    """Write the layers ``territories``, ``units`` and, if given, ``outlines`` into a new GeoPackage.

    Parameters
    ----------
    path
        The file; it must not exist.
    units
        ``unit_id``, ``territory_id`` (empty = nobody) and geometry, polygons or points, one row a unit;
        other columns are written too.
    outlines
        Shapes drawn behind the map (states, countries); None = there are none.

    Raises
    ------
    FileExistsError
        If there is a file already.
    """
    ordered = units.to_crs(WGS84).sort_values("unit_id", ignore_index=True)
    held = ordered.loc[ordered["territory_id"] != "", ["territory_id", "geometry"]]
    layers = {"territories": held.dissolve("territory_id", as_index=False, sort=True), "units": ordered}
    if outlines is not None:
        layers["outlines"] = outlines[["geometry"]].to_crs(WGS84)
    write_layers(path, layers)
