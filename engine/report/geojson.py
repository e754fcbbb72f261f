"""Territories and units as GeoJSON (RFC 7946): WGS 84, longitude first, outer rings counterclockwise."""

from __future__ import annotations

import json

import geopandas as gpd
import shapely

from engine.report.model import ReportModel
from engine.runs import StoredRun

LAYERS = {"territories": ("territory_id",), "units": ("unit_id", "territory_id", "previous_territory_id")}
DIGITS = 6  # of a degree: 0.1 m


def geojson_maps(run: StoredRun, model: ReportModel) -> dict[str, bytes]:
    """Write the layers of a run's GeoPackage, the territories with their position, quota and fill.

    Parameters
    ----------
    run
        Whose ``territories.gpkg`` is read.
    model
        Its report model.

    Returns
    -------
    Files by name; the same run gives the same bytes.
    """
    quotas = dict(zip(model.positions.column("id"), model.positions.column("quota"), strict=True))
    fills = dict(zip(model.map.territory_ids, model.map.fills, strict=True))
    files = {}
    for layer, ids in LAYERS.items():
        frame = gpd.read_file(run.path / "territories.gpkg", layer=layer).to_crs(4326)[[*ids, "geometry"]]
        if layer == "territories":
            names = dict(zip(model.map.territory_ids, model.map.names, strict=True))
            frame["position"] = [names.get(one, "") for one in frame["territory_id"]]
            frame["quota"] = [quotas.get(one) for one in frame["territory_id"]]
            frame["fill"] = [fills.get(one, "") for one in frame["territory_id"]]
        if model.facts.synthetic:
            frame["synthetic"] = model.facts.synthetic
        shapes = shapely.orient_polygons(shapely.set_precision(frame.geometry.to_numpy(), 10.0**-DIGITS))
        frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=4326))
        features = json.loads(frame.to_json(drop_id=True, show_bbox=False))["features"]
        content = {"type": "FeatureCollection", "features": features}
        files[f"maps/{layer}.geojson"] = json.dumps(content, ensure_ascii=False).encode("utf-8")
    return files
