"""The files a run hands over, made from its own files and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.report.geojson import geojson_maps
from engine.report.html import report_html
from engine.report.kml import kml_map
from engine.report.maps import map_png, map_svg
from engine.report.model import ReportModel, build_model
from engine.report.pdf import report_pdf
from engine.report.pptx import presentation
from engine.report.xlsx import workbook
from engine.runs import StoredRun
from engine.runs.storage import storage_errors

FORMATS = ("html", "xlsx", "pptx", "pdf", "geojson", "kml")


def write_report(
    run: StoredRun, formats: Sequence[str], folder: Path, template: Path | None = None
) -> tuple[Path, ...]:
    """Write the reports of a run, and its maps as pictures.

    Parameters
    ----------
    run
        A finished run, or one still being written that has every table but the manifest.
    formats
        Any of ``FORMATS``.
    folder
        Where to; files of these names are replaced.
    template
        Design of the slides, a presentation; None = plain.

    Returns
    -------
    The files written.

    Raises
    ------
    InputError
        If the template cannot be used.
    StorageError
        If a file of the run is missing or damaged, the folder cannot be written, or slides or a PDF are asked for
        and the package for them is not installed.
    ValueError
        If a format is not known.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ValueError(f"no report can be written as {', '.join(unknown)}")
    model = build_model(run)
    svgs = draw_svgs(model)  # once, for the page and for the folder
    files = _maps(model, svgs)
    if "html" in formats:
        files["report.html"] = report_html(model, svgs).encode("utf-8")
    if "xlsx" in formats:
        files["report.xlsx"] = workbook(model)
    if "pptx" in formats:
        files["report.pptx"] = presentation(model, template)
    if "pdf" in formats:
        files["report.pdf"] = report_pdf(model, svgs)
    if "geojson" in formats:
        files |= geojson_maps(run, model)
    if "kml" in formats:
        files["maps/territories.kml"] = kml_map(run, model)
    written = []
    for name, content in files.items():
        path = folder / name
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        written.append(path)
    return tuple(written)


def draw_svgs(model: ReportModel) -> list[bytes]:
    """Draw each alignment of a report's map as SVG, in order."""
    drawn = model.map
    return [map_svg(drawn, one, model.map_title(one), model.map_note) for one in drawn.alignments]


def _maps(model: ReportModel, svgs: Sequence[bytes]) -> dict[str, bytes]:
    """Give each alignment as PNG and SVG, by file name."""
    files = {}
    for alignment, svg in zip(model.map.alignments, svgs, strict=True):
        name = alignment.label.lower().replace(" ", "_")
        title = model.map_title(alignment)
        files[f"maps/{name}.png"] = map_png(model.map, alignment, title, model.map_note)
        files[f"maps/{name}.svg"] = svg
    return files
