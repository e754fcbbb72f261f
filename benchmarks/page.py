"""How fast pages are in Chromium: ``python -m benchmarks.page PAGE.html ...`` or ``--units 33000`` for a synthetic report of that many units.

Each page is opened without a network, several times, in a window of 1280 x 900 pixels, and the best opening is told, because other work on
the machine only slows one down. ``open_s``: until the maps are drawn and the page answers. ``hover_ms`` and ``switch_ms``: the slowest of
several, from the event's own time stamp to the end of the second frame after it, so never below one frame (17 ms at 60 a second); a switch of
a comparison is to another view, drawn for the first time. ``pan_ms``: the frame that 95 % are shorter than while dragging; ``zoom_ms``: the
longest frame while the wheel turns.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from engine.report.html import report_html
from engine.report.model import build_model
from engine.report.write import draw_svgs
from engine.runs import load_run
from engine.runs.geopackage import write_layers

COLUMNS = ("page", "megabytes", "open_s", "hover_ms", "switch_ms", "pan_ms", "zoom_ms")
WINDOW = {"width": 1280, "height": 900}
BORDER_POINTS = (
    8  # a side of a synthetic unit: as many points as ZIP outlines of the Census at 1:500,000 have on average
)
MEASURE = """
window.reactions = [];
window.twoFrames = then => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(then, 0)));
addEventListener("DOMContentLoaded", () => twoFrames(() => { window.opened = performance.now() / 1000; }));
for (const kind of ["mousemove", "change"]) addEventListener(kind, event => {
  twoFrames(() => reactions.push([kind, performance.now() - event.timeStamp]));
}, { capture: true, passive: true });
window.frames_seen = [];
(function frame(before) { requestAnimationFrame(now => { if (before) frames_seen.push(now - before); frame(now); }); })(0);
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the pages and print a CSV, one row each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="*", type=Path, help="reports or comparisons")
    parser.add_argument("--units", type=int, help="also a synthetic report of so many units")
    parser.add_argument("--territories", type=int, default=300, help="of the synthetic report")
    parser.add_argument(
        "--times", type=int, default=3, help="how often each page is opened; the best is told"
    )
    given = parser.parse_args(arguments)
    out = csv.writer(sys.stdout)
    out.writerow(COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        pages = list(given.pages)
        if given.units:
            pages.append(synthetic_report(Path(folder), given.units, given.territories))
        for path, row in zip(pages, measured(pages, given.times), strict=True):
            out.writerow([path.name, f"{path.stat().st_size / 1e6:.2f}", *row])
            sys.stdout.flush()
    return 0


def synthetic_report(folder: Path, units: int, territories: int) -> Path:
    """Write the report of a synthetic run whose units have crooked borders, which neighbours share."""
    make_run = import_module("tests.engine.run_factory").make_run  # tests are not type-checked
    path = make_run(folder, units=units, territories=territories)
    run = load_run(path)  # before its outlines are changed
    layers = {name: gpd.read_file(path / "territories.gpkg", layer=name) for name in ("territories", "units")}
    for layer in layers.values():
        fine = shapely.segmentize(layer.geometry.to_numpy(), 0.5 / BORDER_POINTS)
        layer["geometry"] = gpd.GeoSeries(shapely.transform(fine, crooked), crs=layer.crs)
    (path / "territories.gpkg").unlink()
    write_layers(path / "territories.gpkg", layers)
    model = build_model(run)
    page = folder / f"report_of_{units}_units.html"
    page.write_text(report_html(model, draw_svgs(model)), encoding="utf-8", newline="\n")
    return page


def crooked(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move places by less than half a border's point, the same place always to the same place."""
    x, y = np.round(points, 6).T
    return np.column_stack([x + 0.05 * np.sin(37 * x + 53 * y), y + 0.05 * np.cos(41 * x - 29 * y)])


def measured(pages: Sequence[Path], times: int) -> Iterator[list[str]]:
    """Open each page and tell the seconds until it answers, and its slowest reactions, milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for path in pages:
            rows = [_once(chromium, path) for _ in range(times)]
            best = [min(column) for column in zip(*rows, strict=True)]
            yield [f"{best[0]:.2f}", *(f"{one:.0f}" for one in best[1:])]
        chromium.close()


def _once(chromium: Any, path: Path) -> tuple[float, ...]:
    page = chromium.new_context(offline=True, viewport=WINDOW).new_page()
    page.add_init_script(MEASURE)
    page.goto(path.resolve().as_uri())
    page.wait_for_function("window.opened")
    opened = page.evaluate("window.opened")
    place = page.locator(".map").first
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.wait_for_timeout(500)
    hover = _slowest(page, "mousemove", lambda: _hover(page, middle))
    switch = _slowest(page, "change", lambda: _switch(page))
    page.evaluate("frames_seen.length = 0")
    page.mouse.move(*middle)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(middle[0] + 4 * step, middle[1] + step)
    page.mouse.up()
    page.wait_for_timeout(300)
    pan = float(np.quantile(page.evaluate("frames_seen"), 0.95))
    page.mouse.click(*middle)
    page.evaluate("frames_seen.length = 0")
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(900)
    zoom = max(page.evaluate("frames_seen"))
    page.context.close()
    return opened, hover, switch, pan, zoom


def _hover(page: Any, middle: tuple[float, float]) -> None:
    for step in range(12):
        page.mouse.move(middle[0] + 17 * (step - 6), middle[1] + 9 * (step - 6))
        page.wait_for_timeout(60)


def _switch(page: Any) -> None:
    if page.locator("input[name=alignment]").count():
        for value in ("1", "0"):
            page.locator(f"input[name=alignment][value='{value}'] + span").click()
            page.wait_for_timeout(200)
    else:
        for view in ("swipe", "difference", "beside", "swipe", "difference"):
            page.locator(f"input[name=view][value='{view}'] + span").click()
            page.wait_for_timeout(300)


def _slowest(page: Any, kind: str, act: Any) -> float:
    page.evaluate("reactions.length = 0")
    act()
    page.wait_for_timeout(200)
    return max(ms for name, ms in page.evaluate("reactions") if name == kind)


if __name__ == "__main__":
    sys.exit(main())
