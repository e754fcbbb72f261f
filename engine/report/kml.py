"""Territories as KML, for Google Earth and phones: names, positions and quotas in the report's colours."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

import geopandas as gpd
import shapely

from engine.report.model import ReportModel
from engine.report.plain_text import clean
from engine.report.table import Kind
from engine.runs import StoredRun

SPACE = "http://www.opengis.net/kml/2.2"
DIGITS = 6  # of a degree: 0.1 m


def kml_map(run: StoredRun, model: ReportModel) -> bytes:
    """Write the territories of a run's GeoPackage as KML; the same run gives the same bytes.

    Parameters
    ----------
    run
        Whose ``territories.gpkg`` is read.
    model
        Its report model.
    """
    frame = gpd.read_file(run.path / "territories.gpkg", layer="territories").to_crs(4326)
    shapes = shapely.orient_polygons(shapely.set_precision(frame.geometry.to_numpy(), 10.0**-DIGITS))
    quotas = dict(zip(model.positions.column("id"), model.positions.column("quota"), strict=True))
    names = dict(zip(model.map.territory_ids, model.map.names, strict=True))
    fills = dict(zip(model.map.territory_ids, model.map.fills, strict=True))
    root = ET.Element("kml", xmlns=SPACE)
    document = ET.SubElement(root, "Document")
    ET.SubElement(document, "name").text = clean(model.title)
    if model.facts.synthetic:
        ET.SubElement(document, "description").text = clean(f"Synthetic data. {model.facts.synthetic}")
    for territory, shape in zip(frame["territory_id"], shapes, strict=True):
        mark = ET.SubElement(document, "Placemark")
        ET.SubElement(mark, "name").text = clean(f"{territory} {names.get(territory, '')}")
        quota = Kind.MONEY.shown(quotas.get(territory))
        ET.SubElement(mark, "description").text = (
            f"Quota: {model.facts.currency} {quota}" if quota else "No quota"
        )
        _add_style(mark, fills.get(territory, "#bbbbbb"))
        parts = ET.SubElement(mark, "MultiGeometry")
        for part in shapely.get_parts(shape):
            polygon = ET.SubElement(parts, "Polygon")
            _add_ring(polygon, "outerBoundaryIs", part.exterior.coords)
            for hole in part.interiors:
                _add_ring(polygon, "innerBoundaryIs", hole.coords)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _add_style(mark: ET.Element, fill: str) -> None:
    """Give a territory its fill, three quarters opaque; KML writes opacity, blue, green, red."""
    red, green, blue = fill[1:3], fill[3:5], fill[5:7]
    style = ET.SubElement(mark, "Style")
    ET.SubElement(ET.SubElement(style, "LineStyle"), "width").text = "1.5"
    ET.SubElement(ET.SubElement(style, "PolyStyle"), "color").text = f"c0{blue}{green}{red}".lower()


def _add_ring(polygon: ET.Element, side: str, points: Iterable[tuple[float, ...]]) -> None:
    ring = ET.SubElement(ET.SubElement(polygon, side), "LinearRing")
    ET.SubElement(ring, "coordinates").text = " ".join(
        f"{x:.{DIGITS}f},{y:.{DIGITS}f}" for x, y, *_ in points
    )
