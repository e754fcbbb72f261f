"""The page of a comparison: runs side by side in one offline file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.compare import Comparison
from engine.report.comparison_model import ComparisonModel, build_comparison
from engine.report.map_data import map_data
from engine.report.maps import map_svg
from engine.report.page import data_uri, render_page
from engine.runs import StoredRun
from engine.runs.storage import storage_errors


def write_comparison(comparison: Comparison, runs: Sequence[StoredRun], path: Path) -> None:
    """Write the page of a comparison.

    Parameters
    ----------
    comparison
        The runs compared.
    runs
        The runs in the order of their labels; see `engine.report.comparison_model.build_comparison`.
    path
        Where to; a file there is replaced.

    Raises
    ------
    StorageError
        If a file of a run is missing or damaged, or the page cannot be written.
    ValueError
        If the runs are not those of the comparison.
    """
    page = comparison_html(build_comparison(comparison, runs))
    with storage_errors(path):
        path.write_bytes(page.encode("utf-8"))


def comparison_html(model: ComparisonModel) -> str:
    """Write a comparison as one HTML page that makes no request; the same model gives the same text."""
    note = f"Synthetic data. {model.synthetic}" if model.synthetic else ""
    pictures = [data_uri(map_svg(model.map, one, one.label, note)) for one in model.map.alignments]
    return render_page(
        "comparison.html",
        ("shapes.js", "map.js", "comparison.js", "tables.js", "print.js"),
        map_data(model.map, model.all_units, None),
        model=model,
        pictures=pictures,
    )
