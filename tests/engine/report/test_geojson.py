"""Territories as GeoJSON keep the standard and the run's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import shapely

from engine.report.geojson import geojson_maps
from engine.report.model import build_model
from engine.runs import load_run
from tests.engine.run_factory import make_run


def test_the_maps_keep_rfc_7946(tmp_path: Path) -> None:
    """Degrees, outer rings counterclockwise, every territory and unit with its numbers, the same bytes twice."""
    run = load_run(make_run(tmp_path))
    model = build_model(run)
    files = geojson_maps(run, model)
    assert files == geojson_maps(run, model)
    territories = json.loads(files["maps/territories.geojson"])
    assert set(territories) == {"type", "features"}
    quotas = {
        one["properties"]["territory_id"]: one["properties"]["quota"] for one in territories["features"]
    }
    assert quotas == dict(zip(model.positions.column("id"), model.positions.column("quota"), strict=True))
    units = json.loads(files["maps/units.geojson"])["features"]
    assert len(units) == len(model.units)
    for feature in [*territories["features"], *units]:
        assert feature["properties"]["synthetic"] == model.facts.synthetic
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shape.is_valid
        for part in shapely.get_parts(shape):
            assert shapely.is_ccw(part.exterior)
            assert part.bounds[0] >= -180 and part.bounds[3] <= 90
