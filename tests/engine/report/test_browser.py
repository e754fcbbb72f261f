"""The web report in a real browser without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.report.html import report_html
from engine.report.model import build_model
from engine.report.write import draw_svgs
from engine.runs import load_run
from tests.engine.run_factory import make_run

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script> \u202e🙂" + "y" * 300


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a report whose title and note are full of markup."""
    folder = tmp_path_factory.mktemp("runs")
    model = build_model(load_run(make_run(folder, title=HOSTILE, synthetic=HOSTILE)))
    page = folder / "report.html"
    page.write_text(report_html(model, draw_svgs(model)), encoding="utf-8", newline="\n")
    return page.as_uri()


@pytest.fixture
def trouble() -> list[str]:
    """What a page tried to load, said on the console, threw or asked."""
    return []


@pytest.fixture
def page(browser: Any, report: str, trouble: list[str]) -> Iterator[Any]:
    """The report, opened and drawn."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("request", lambda one: one.url.startswith(("file:", "data:")) or trouble.append(one.url))
    page.on("console", lambda one: trouble.append(one.text))
    page.on("pageerror", lambda one: trouble.append(str(one)))
    page.on("dialog", lambda one: (trouble.append(one.message), one.dismiss()))
    page.goto(report)
    page.wait_for_selector("#plan-map[data-ready=yes]")
    yield page
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_asks_nobody_and_fits(page: Any, trouble: list[str], width: int) -> None:
    """No request, no error, no alert, and nothing wider than the screen, even with 300 letters in a row."""
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert trouble == []


def test_pointing_at_a_unit_tells_about_it(page: Any) -> None:
    """The tooltip names the unit under the mouse with its territory."""
    page.hover("#plan-map", position=_middle(page))
    text = page.inner_text(".leaflet-tooltip")
    unit, owner = _told(page, text)
    assert owner in text
    assert unit >= 0


def test_the_map_changes_to_the_alignment_of_today(page: Any) -> None:
    """A unit that changes hands has another colour after the switch, and its old one after switching back."""
    data = page.evaluate("window.allotment.data.alignments.map(one => one.owner)")
    moved = next(unit for unit, (new, old) in enumerate(zip(*data, strict=True)) if new != old and old >= 0)
    where = page.evaluate(
        "unit => window.allotment.data.units.at[unit].concat(window.allotment.data.extent)", moved
    )
    colours = []
    for label in ("New plan", "Today", "New plan"):
        page.get_by_text(label, exact=True).first.click()
        page.wait_for_timeout(200)
        colours.append(_pixel(page, where))
    assert colours[0] == colours[2] != colours[1]


def test_a_unit_is_found_by_its_name(page: Any) -> None:
    """Typing a name and Enter shows the unit's facts, by keyboard alone."""
    page.focus("#find")
    page.keyboard.type("county 17")
    page.keyboard.press("Enter")
    assert "County 17" in page.inner_text("#about")
    assert "00017" in page.inner_text("#about")


def test_a_territory_is_chosen_by_keyboard(page: Any) -> None:
    """Space on an entry of the legend chooses the territory and tells its figures."""
    page.focus("#legend li:nth-child(3) button")
    page.keyboard.press("Space")
    assert page.get_attribute("#legend li:nth-child(3) button", "aria-pressed") == "true"
    assert page.inner_text("#about").startswith("T03")


def test_a_table_is_sorted_by_its_heading(page: Any) -> None:
    """The largest workload comes first after a click, the least after Enter."""
    heading = page.locator("#territories th", has_text="Workload, hours")
    column = heading.evaluate("one => [...one.parentNode.children].indexOf(one) + 1")
    for order, press in ((-1, heading.click), (1, lambda: heading.press("Enter"))):
        press()
        cells = heading.locator("xpath=ancestor::table").locator(f"tbody td:nth-child({column})")
        values = cells.evaluate_all("all => all.map(one => Number(one.dataset.v))")
        assert values == sorted(values, key=lambda value: order * value)


def test_the_map_is_there_in_print_and_without_scripts(browser: Any, report: str, tmp_path: Path) -> None:
    """On paper, and where scripts are off, the map is a picture."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator("#map img:visible").count() >= 1
    page.emulate_media(media="print")
    assert page.locator("#map .print img:visible").count() == 2
    context.close()


def _middle(page: Any) -> dict[str, float]:
    box = page.locator("#plan-map").bounding_box()
    return {"x": box["width"] * 0.52, "y": box["height"] * 0.55}


def _told(page: Any, text: str) -> tuple[int, str]:
    """Index of the unit a text is about and the id of its territory, from the page's own data."""
    return tuple(
        page.evaluate(
            """text => {
                const data = window.allotment.data;
                const unit = data.units.name.findIndex(name => text.split("\\n")[0].startsWith(name + ","));
                return [unit, data.territories.id[data.alignments[0].owner[unit]]];
            }""",
            text,
        )
    )


def _pixel(page: Any, where: list[float]) -> list[int]:
    """Colour of the canvas beside the middle of a unit, away from its label."""
    return page.evaluate(
        """([x, y, height, width]) => {
            const canvas = document.querySelector("#plan-map canvas"), box = canvas.getBoundingClientRect();
            const frame = document.getElementById("plan-map").getBoundingClientRect();
            const scale = Math.min((frame.width - 28) / width, (frame.height - 28) / height);
            const left = frame.left + frame.width / 2 + (x - width / 2) * scale - box.left;
            const top = frame.top + frame.height / 2 - (y - height / 2) * scale - box.top;
            const ratio = canvas.width / box.width;
            return [...canvas.getContext("2d").getImageData(left * ratio, top * ratio, 1, 1).data];
        }""",
        where,
    )
