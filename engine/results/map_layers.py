"""Map layers of a plan: units, dissolved territories and outlines."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from engine.results.tables import Outcome

WGS84 = "EPSG:4326"


def map_layers(outcome: Outcome, folder: Path) -> dict[str, gpd.GeoDataFrame]:
    """Make the layers of ``territories.gpkg``; empty when the scenario has no geometry.

    Parameters
    ----------
    outcome
        The solved scenario.
    folder
        Folder that the scenario's paths are relative to.

    Returns
    -------
    ``territories`` (dissolved), ``units`` and, when given, ``outlines``; longitude and latitude.
    """
    given = outcome.scenario.units
    if given.geometry is None:
        return {}
    shapes = _read(folder / given.geometry).set_index(given.id)["geometry"]
    units = gpd.GeoDataFrame(
        {
            "unit_id": outcome.problem.unit_ids,
            "territory_id": outcome.territory_of_unit,
            "previous_territory_id": outcome.previous_of_unit,
        },
        geometry=shapes.reindex(pd.Index(outcome.problem.unit_ids)).to_numpy(),
        crs=WGS84,
    )
    territories = units[["territory_id", "geometry"]].dissolve(by="territory_id").reset_index()
    layers = {"territories": territories, "units": units}
    if given.outlines is not None:
        outlines = _read(folder / given.outlines)
        near = outlines.intersects(units.union_all().envelope)
        layers["outlines"] = outlines.loc[near, ["geometry"]].reset_index(drop=True)
    return layers


def _read(path: Path) -> gpd.GeoDataFrame:
    """Read a layer of a file that was checked to be a regular one here, so that no address can reach the library."""
    return gpd.read_file(path.resolve(strict=True)).to_crs(WGS84)
