"""Nothing on the page is cut, covered or torn apart, on screens and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.report.html import report_html
from engine.report.maps import LABEL_SIZE, LEGEND_SIZE, NOTE_SIZE
from engine.report.model import build_model
from engine.report.write import draw_svgs
from engine.runs import load_run
from tests.engine.run_factory import make_run

MM = 96 / 25.4
PAPER = {"A4": ((210 - 24) * MM, (297 - 28) * MM), "Letter": ((216 - 24) * MM, (279 - 28) * MM)}
BOXES = "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.top, box.right, box.bottom])"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a report with thirty territories."""
    folder = tmp_path_factory.mktemp("runs")
    model = build_model(load_run(make_run(folder, territories=30, units=300)))
    page = folder / "report.html"
    page.write_text(report_html(model, draw_svgs(model)), encoding="utf-8", newline="\n")
    return page.as_uri()


@pytest.fixture
def page(browser: Any, report: str) -> Iterator[Any]:
    """The report, opened and drawn."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(report)
    page.wait_for_selector("#plan-map[data-ready=yes]")
    yield page
    context.close()


def resized(page: Any, width: float, height: float) -> None:
    """Give the window another size and let the map follow."""
    page.set_viewport_size({"width": round(width), "height": round(height)})
    page.wait_for_timeout(300)


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_the_legend_is_whole(page: Any, width: int) -> None:
    """Thirty entries stand below the map, each with its whole name, and there is nothing to scroll to."""
    resized(page, width, 844)
    below = page.locator("#plan-map").evaluate("one => one.getBoundingClientRect().bottom")
    cut = "one => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1"
    assert not page.locator("#legend").evaluate(cut)
    boxes = page.locator("#legend button").evaluate_all(BOXES)
    assert len(boxes) == 30
    assert min(top for _, top, _, _ in boxes) >= below
    assert max(right for _, _, right, _ in boxes) <= width
    names = page.locator("#legend button span")
    assert not any(names.nth(i).evaluate(cut) for i in range(30))


@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("label", ["New plan", "Today"])
def test_labels_on_the_map_are_neither_cut_nor_covered(page: Any, width: int, label: str) -> None:
    """No label leaves the map and no two overlap."""
    resized(page, width, 844)
    page.get_by_text(label, exact=True).first.click()
    left, top, right, bottom = page.locator("#plan-map").evaluate_all(BOXES)[0]
    boxes = page.locator(".tag span").evaluate_all(BOXES)
    assert len(boxes) >= 29
    assert all(box[0] >= left and box[1] >= top and box[2] <= right and box[3] <= bottom for box in boxes)
    covered = [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1
    ]
    assert covered == []


def test_of_many_labels_those_that_fit_are_shown(browser: Any, tmp_path: Path) -> None:
    """Of seventy territories few have room for their label at first; zooming in shows that of the one looked at."""
    model = build_model(load_run(make_run(tmp_path, territories=70, units=700)))
    (tmp_path / "page.html").write_text(report_html(model, draw_svgs(model)), encoding="utf-8", newline="\n")
    page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("#plan-map[data-ready=yes]")
    assert page.locator(".tag span").count() < 70
    page.locator("#legend button").nth(20).click()
    page.wait_for_timeout(300)
    assert "T21" in page.locator(".tag span").all_inner_texts()
    page.context.close()


def test_a_label_covers_no_home(page: Any) -> None:
    """Of thirty labels on a large map at most one has no other place than on a home."""
    canvas = page.evaluate(
        """() => {
            const data = window.allotment.data, frame = document.getElementById("plan-map").getBoundingClientRect();
            const [height, width] = data.extent, scale = Math.min((frame.width - 28) / width, (frame.height - 28) / height);
            return data.homes.map(home => [frame.left + frame.width / 2 + (home.at[0] - width / 2) * scale,
                frame.top + frame.height / 2 - (home.at[1] - height / 2) * scale]);
        }"""
    )
    boxes = page.locator(".tag span").evaluate_all(BOXES)
    hidden = [at for at in canvas if any(b[0] < at[0] < b[2] and b[1] < at[1] < b[3] for b in boxes)]
    assert len(canvas) > 20
    assert len(hidden) <= 1


def test_a_territory_chosen_on_a_phone_is_seen(page: Any) -> None:
    """The map comes into sight when an entry of the legend below it is chosen, and stays below the contents."""
    resized(page, 390, 844)
    page.emulate_media(reduced_motion="reduce")
    page.locator("#legend button").nth(28).click()
    page.wait_for_timeout(300)
    _, top, _, bottom = page.locator("#plan-map").evaluate_all(BOXES)[0]
    contents = page.locator(".contents").evaluate_all(BOXES)[0]
    assert contents[3] <= top
    assert bottom <= 844


@pytest.mark.parametrize("paper", PAPER)
def test_the_summary_is_one_page_and_no_table_is_wider(page: Any, paper: str) -> None:
    """On paper all up to the last card fits on the first page, and every table on the page's width."""
    width, height = PAPER[paper]
    resized(page, width, height)
    page.emulate_media(media="print")
    assert page.locator("#summary").evaluate("one => one.getBoundingClientRect().bottom + scrollY") <= height
    wide = "all => all.map(one => one.getBoundingClientRect()).filter(box => box.width).map(box => box.right)"
    rights = page.locator("table").evaluate_all(wide)
    assert len(rights) >= 6
    assert max(rights) <= width + 1
    heads = page.locator("thead").evaluate_all("all => all.map(one => getComputedStyle(one).display)")
    assert set(heads) == {"table-header-group"}


@pytest.mark.parametrize("paper", PAPER)
def test_the_printed_map_has_a_legend_to_read(page: Any, paper: str) -> None:
    """The picture of thirty territories fits on a page, and its smallest text is 8 points or more."""
    resized(page, *PAPER[paper])
    page.emulate_media(media="print")
    pictures = page.locator(".print img")
    for i, (left, top, right, bottom) in enumerate(pictures.evaluate_all(BOXES)):
        shrunk = (right - left) / pictures.nth(i).evaluate("one => one.naturalWidth")
        assert min(LEGEND_SIZE, NOTE_SIZE, LABEL_SIZE) * shrunk >= 8
        assert bottom - top <= PAPER[paper][1] - 60  # the heading is on the same page
