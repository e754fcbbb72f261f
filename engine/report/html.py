"""The web report: one offline page."""

from __future__ import annotations

from engine.report.figures import figure_kind
from engine.report.map_data import map_data
from engine.report.maps import map_svg
from engine.report.method import GLOSSARY, LIMITS
from engine.report.model import ReportModel
from engine.report.page import data_uri, render_page


def report_html(model: ReportModel) -> str:
    """Write a run's report as one HTML page that makes no request.

    Parameters
    ----------
    model
        What the report says.

    Returns
    -------
    The page; the same model gives the same text.
    """
    pictures = [
        data_uri(map_svg(model.map, alignment, model.map_title(alignment), model.map_note))
        for alignment in model.map.alignments
    ]
    return render_page(
        "report.html",
        ("map.js", "report.js", "tables.js"),
        map_data(model.map, model.units, model.territories),
        model=model,
        pictures=pictures,
        limits=LIMITS,
        glossary=GLOSSARY,
        figure_kind=figure_kind,
    )
