"""The web report: one offline page."""

from __future__ import annotations

from collections.abc import Sequence

from engine.report.figures import figure_kind
from engine.report.map_data import map_data
from engine.report.method import GLOSSARY, LIMITS
from engine.report.model import ReportModel
from engine.report.page import data_uri, render_page


def report_html(model: ReportModel, svgs: Sequence[bytes]) -> str:
    """Write a run's report as one HTML page that makes no request.

    Parameters
    ----------
    model
        What the report says.
    svgs
        A drawing of each alignment of its map, in order; shown where there is no JavaScript, and printed.

    Returns
    -------
    The page; the same model gives the same text.
    """
    return render_page(
        "report.html",
        ("shapes.js", "map.js", "report.js", "tables.js", "print.js"),
        map_data(model.map, model.units, model.territories),
        model=model,
        pictures=[data_uri(svg) for svg in svgs],
        limits=LIMITS,
        glossary=GLOSSARY,
        figure_kind=figure_kind,
    )
