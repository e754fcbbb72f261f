"""Territories as KML carry names, quotas and the report's colours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from engine.report.kml import SPACE, kml_map
from engine.report.model import build_model
from engine.report.table import Kind
from engine.runs import load_run
from tests.engine.run_factory import make_run


def test_territories_in_the_reports_colours(tmp_path: Path) -> None:
    """Every territory has its name, quota and fill, whatever its name holds, and the same bytes twice."""
    run = load_run(make_run(tmp_path))
    model = build_model(run)
    names = ("<b>&\x07 \u202eשלום 🙂", *model.map.names[1:])
    model = replace(model, map=replace(model.map, names=names))
    content = kml_map(run, model)
    assert content == kml_map(run, model)
    marks = ET.fromstring(content).findall(f".//{{{SPACE}}}Placemark")
    assert len(marks) == len(model.territories)
    told = [str(mark.findtext(f"{{{SPACE}}}name")) for mark in marks]
    assert told[0] == f"{model.map.territory_ids[0]} <b>& שלום 🙂"
    quotas = [Kind.MONEY.shown(value) for value in model.positions.column("quota")]
    assert [str(mark.findtext(f"{{{SPACE}}}description")).split()[-1] for mark in marks] == quotas
    fill = str(marks[0].findtext(f".//{{{SPACE}}}color"))
    assert "#" + fill[6:8] + fill[4:6] + fill[2:4] == model.map.fills[0].lower()
    x, y = marks[0].findtext(f".//{{{SPACE}}}coordinates", "").split()[0].split(",")
    assert -180 <= float(x) <= 180
    assert -90 <= float(y) <= 90
