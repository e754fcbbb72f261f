"""Static maps of territories: PNG for slides, SVG for print."""

from __future__ import annotations

import io
import math
import re
import textwrap
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as DrawnPath
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from engine.report.labels import place_labels
from engine.report.palette import NOBODY
from engine.report.places import Array, dissolve
from engine.report.plain_text import FONT, clean, drawable, shortened
from engine.report.territory_map import Alignment, TerritoryMap

DPI = 200
MAP_INCHES = (8.4, 5.8)  # at most; the shape follows the data
LEAST_INCHES = 5.4  # of width, for two columns of the legend
COLUMN_INCHES, ROW_INCHES = 2.6, 0.21  # of the legend
MOST_NAMED = 60  # more territories have labels only
FINE = 1 / 4000  # of the longer side: half a dot of the picture
MOST_POINTS = 60_000  # of all territories together; with more they are drawn coarser
LEGEND_SIZE, NOTE_SIZE, LABEL_SIZE = 9.5, 9.5, 9.5  # points; 8 or more when the picture fills a printed page
INK, BORDER = "#1b2733", "#33414e"
HEADER_INCHES, FOOTER_INCHES, LINE_INCHES = 0.5, 0.18, 0.17
NOTE_LETTERS, TITLE_LETTERS = 11, 7.5  # that surely fit on an inch, at their sizes
STYLE: dict[Any, Any] = {
    "font.family": FONT,
    "svg.fonttype": "path",
    "svg.hashsalt": "allotment",
    "text.parse_math": False,
}


@dataclass(frozen=True)
class Frame:
    """Sizes of one picture, inches."""

    width: float
    height: float
    map_width: float
    map_height: float
    map_bottom: float
    columns: int
    rows: int
    note_lines: tuple[str, ...]


def map_png(drawn: TerritoryMap, alignment: Alignment, title: str, note: str) -> bytes:
    """Draw an alignment as PNG, 200 dots an inch; the same map gives the same bytes.

    Parameters
    ----------
    drawn
        The map.
    alignment
        Which of its alignments.
    title
        Heading.
    note
        Small print below, such as what is synthetic.
    """
    return _picture(FigureCanvasAgg, drawn, alignment, title, note, format="png", metadata={"Software": None})


def map_svg(drawn: TerritoryMap, alignment: Alignment, title: str, note: str) -> bytes:
    """Draw an alignment as SVG with its text as outlines; the same map gives the same bytes."""
    nothing = {"Date": None, "Creator": None}
    svg = _picture(FigureCanvasSVG, drawn, alignment, title, note, format="svg", metadata=nothing)
    # six decimals of a point, thousands of times over, are most of the file
    return re.sub(rb'(?<= d=")[^"]*', lambda path: re.sub(rb"(\.\d\d)\d+", rb"\1", path[0]), svg)


def _picture(
    canvas: Any, drawn: TerritoryMap, alignment: Alignment, title: str, note: str, **how: Any
) -> bytes:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # not what the user's own matplotlibrc says
        matplotlib.rcParams.update(STYLE)
        figure = _figure(drawn, alignment, _written(title), _written(note))
        canvas(figure)
        stream = io.BytesIO()
        figure.savefig(stream, dpi=DPI, **how)
    return stream.getvalue()


def _figure(drawn: TerritoryMap, alignment: Alignment, title: str, note: str) -> Figure:
    frame = _frame(drawn, note, len(_entries(drawn, alignment)))
    lines = frame.note_lines
    figure = Figure(figsize=(frame.width, frame.height))
    left = (frame.width - frame.map_width) / 2
    box = (left, frame.map_bottom, frame.map_width, frame.map_height)
    axes = figure.add_axes(tuple(np.divide(box, [frame.width, frame.height] * 2)))
    axes.set_axis_off()
    heading = shortened(title, int(TITLE_LETTERS * frame.width))
    figure.text(0.15 / frame.width, 1 - 0.33 / frame.height, heading, size=13, weight="bold", color=INK)
    for i, line in enumerate(reversed(lines)):
        figure.text(
            0.15 / frame.width, (0.1 + LINE_INCHES * i) / frame.height, line, size=NOTE_SIZE, color=INK
        )
    _draw_territories(axes, drawn, alignment)
    _fit(axes, drawn, frame)
    _draw_labels(axes, drawn, alignment, frame)
    _draw_legend(figure, _entries(drawn, alignment), frame)
    return figure


def _frame(drawn: TerritoryMap, note: str, entries: int) -> Frame:
    x0, y0, x1, y1 = drawn.places.extent
    ratio = min(2.5, max(0.6, (x1 - x0) / max(y1 - y0, 1e-9)))
    map_width = min(MAP_INCHES[0], MAP_INCHES[1] * ratio)
    width = max(map_width, LEAST_INCHES)
    columns = int(width / COLUMN_INCHES)
    rows = math.ceil(entries / columns)
    lines = tuple(textwrap.wrap(note, int(NOTE_LETTERS * width)))
    low = FOOTER_INCHES + LINE_INCHES * len(lines) + (ROW_INCHES * rows + 0.1 if rows else 0)
    height = HEADER_INCHES + map_width / ratio + low
    return Frame(width, height, map_width, map_width / ratio, low, columns, rows, lines)


def _entries(drawn: TerritoryMap, alignment: Alignment) -> list[tuple[str, str, str]]:
    """List id, name and fill of what the legend names; nothing where there are too many."""
    if len(drawn.territory_ids) > MOST_NAMED:
        return []
    entries = list(zip(drawn.territory_ids, drawn.names, drawn.fills, strict=True))
    return [*entries, ("", drawn.nobody, NOBODY)] if (alignment.owner < 0).any() else entries


def _draw_territories(axes: Axes, drawn: TerritoryMap, alignment: Alignment) -> None:
    home_x, home_y = drawn.places.homes.T
    axes.scatter(home_x, home_y, s=14, c=INK, edgecolors="white", linewidths=0.8, zorder=4)
    if not drawn.places.has_outlines:
        colours = [drawn.fills[t] if t >= 0 else NOBODY for t in alignment.owner]
        x, y = drawn.places.points.T
        axes.scatter(x, y, s=30, c=colours, edgecolors=BORDER, linewidths=0.4)
        return
    nobody = dissolve(drawn.places, np.where(alignment.owner < 0, 0, -1).astype(np.int32), 1)
    fills = [*zip(alignment.shapes, drawn.fills, strict=True), (nobody[0], NOBODY)]
    tolerance = _tolerance(drawn, [shape for shape, _ in fills])
    for shape, fill in fills:
        _draw(axes, [shape], tolerance, facecolor=fill, edgecolor="none")
    _draw(axes, drawn.areas, tolerance, facecolor="none", edgecolor="white", linewidth=0.7)
    _draw(axes, [shape for shape, _ in fills], tolerance, facecolor="none", edgecolor=BORDER, linewidth=0.9)


def _tolerance(drawn: TerritoryMap, shapes: list[Any]) -> float:
    """Say how far a drawn border may lie from the true one, km."""
    x0, y0, x1, y1 = drawn.places.extent
    tolerance = FINE * max(x1 - x0, y1 - y0)
    while tolerance and shapely.get_num_coordinates(shapely.simplify(shapes, tolerance)).sum() > MOST_POINTS:
        tolerance *= 2
    return tolerance


def _draw(axes: Axes, shapes: Any, tolerance: float, **style: Any) -> None:
    patches = [PathPatch(_path(shape, tolerance)) for shape in shapes if shape is not None]
    axes.add_collection(PatchCollection(patches, joinstyle="round", **style), autolim=False)


def _path(shape: shapely.Geometry, tolerance: float) -> DrawnPath:
    rings = shapely.get_rings(shapely.get_parts(shapely.simplify(shape, tolerance)))
    paths = [DrawnPath(shapely.get_coordinates(ring), closed=True) for ring in rings]
    return DrawnPath.make_compound_path(*paths)


def _fit(axes: Axes, drawn: TerritoryMap, frame: Frame) -> None:
    """Show the whole extent without stretching it."""
    x0, y0, x1, y1 = drawn.places.extent
    scale = 1.04 * max((x1 - x0) / frame.map_width, (y1 - y0) / frame.map_height) or 1.0  # km an inch
    half = scale * frame.map_width / 2, scale * frame.map_height / 2
    axes.set_xlim((x0 + x1) / 2 - half[0], (x0 + x1) / 2 + half[0])
    axes.set_ylim((y0 + y1) / 2 - half[1], (y0 + y1) / 2 + half[1])


def _draw_labels(axes: Axes, drawn: TerritoryMap, alignment: Alignment, frame: Frame) -> None:
    """Write territory ids, beside their territory with a line where there is no room; sizes in points."""
    left, right = axes.get_xlim()
    low, _ = axes.get_ylim()
    points = 72 * frame.map_width / (right - left)
    size = LABEL_SIZE if len(drawn.territory_ids) <= MOST_NAMED else 6.5
    texts = [_written(territory) for territory in drawn.territory_ids]
    spots = (alignment.anchors[:, :2] - [left, low]) * points
    widths = np.array([0.72 * size * len(text) + 4 for text in texts])
    room = alignment.anchors[:, 2] * points
    inside = (72 * frame.map_width, 72 * frame.map_height)
    homes = drawn.places.homes[~np.isnan(drawn.places.homes).any(axis=1)]
    territories = shapely.GeometryCollection([shape for shape in alignment.shapes if shape is not None])
    shapely.prepare(territories)

    def on_land(points_on_page: Array) -> NDArray[np.bool_]:
        x, y = (points_on_page / points + [left, low]).T
        return np.asarray(shapely.intersects_xy(territories, x, y))

    dots = (homes - [left, low]) * points
    placed = place_labels(spots, room, widths, 1.25 * size, inside, dots, on_land)
    for text, spot, middle in zip(texts, spots, placed, strict=True):
        if np.isnan(middle).any():
            continue
        at, label_at = spot / points + [left, low], middle / points + [left, low]
        if np.hypot(*(middle - spot)) > 1.5 * size:
            axes.plot([at[0], label_at[0]], [at[1], label_at[1]], color=INK, linewidth=0.6, zorder=5)
        halo = [withStroke(linewidth=2.2, foreground="white")]
        axes.text(
            label_at[0], label_at[1], text, size=size, weight="bold", color=INK,
            ha="center", va="center_baseline", path_effects=halo, zorder=6,
        )  # fmt: skip


def _draw_legend(figure: Figure, entries: list[tuple[str, str, str]], frame: Frame) -> None:
    for i, (territory, name, fill) in enumerate(entries):
        column, row = divmod(i, frame.rows)
        x, y = 0.15 + column * (frame.width - 0.15) / frame.columns, frame.map_bottom - ROW_INCHES * (row + 1)
        place = (x / frame.width, y / frame.height)
        swatch = Rectangle(place, 0.17 / frame.width, 0.12 / frame.height, facecolor=fill, edgecolor=BORDER)
        swatch.set(linewidth=0.5, transform=figure.transFigure)
        figure.add_artist(swatch)
        text = f"{_written(territory)}  {_written(name)}".strip()
        room = (frame.width - 0.15) / frame.columns - 0.35
        shown = _fitting(text, room)
        figure.text(
            (x + 0.25) / frame.width, (y + 0.005) / frame.height, shown, size=LEGEND_SIZE, color=INK
        )  # fmt: skip


def _fitting(text: str, width: float) -> str:
    """Shorten a text of the legend to so many inches."""
    font = FontProperties(family=FONT)
    for most in range(len(text), 0, -1 if len(text) < 60 else -max(1, len(text) // 40)):
        shown = shortened(text, most)
        if TextPath((0, 0), shown, size=LEGEND_SIZE, prop=font).get_extents().width <= 72 * width:
            return shown
    return text[:1]


def _written(text: str) -> str:
    """Give a text as the map's font can write it, which knows no isolates."""
    return drawable(clean(text).replace("\u2068", "").replace("\u2069", ""))
