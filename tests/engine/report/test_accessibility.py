"""Pages that everybody can read: axe-core's rules, light and dark, and paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.compare import compare_runs, current_as_run
from engine.report.compare_html import comparison_html
from engine.report.comparison_model import build_comparison
from engine.report.html import report_html
from engine.report.model import build_model
from engine.report.page import _unbroken
from engine.report.write import draw_svgs
from engine.runs import load_run
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report and a comparison."""
    folder = tmp_path_factory.mktemp("pages")
    run = load_run(make_run(folder))
    model = build_model(run)
    pages = {
        "report": report_html(model, draw_svgs(model)),
        "comparison": comparison_html(build_comparison(compare_runs([run, current_as_run(run)]), [run])),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8", newline="\n")
    return folder


def opened(browser: Any, folder: Path, name: str, scheme: str) -> Any:
    """The page in a browser whose reader likes light or dark."""
    page = browser.new_context(offline=True, color_scheme=scheme).new_page()
    page.goto((folder / f"{name}.html").as_uri())
    page.wait_for_selector(".map[data-ready=yes]")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "comparison"])
def test_axe_finds_nothing_serious(browser: Any, folder: Path, name: str, scheme: str) -> None:
    """No rule of serious or critical weight is broken."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(browser, folder, name, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    broken = axe.run(page).response["violations"]
    page.context.close()
    found = [
        (one["id"], [node["html"][:90] for node in one["nodes"][:3]])
        for one in broken
        if one["impact"] in ("serious", "critical")
    ]
    assert found == []


def test_dark_is_dark(browser: Any, folder: Path) -> None:
    """The page follows the reader's choice; paper is white in any case."""
    shade = "getComputedStyle(document.body).backgroundColor"
    page = opened(browser, folder, "report", "dark")
    assert page.evaluate(shade) == "rgb(18, 25, 31)"
    page.emulate_media(media="print")
    assert page.evaluate(shade) == "rgb(255, 255, 255)"
    page.context.close()


def test_paper_shows_what_is_folded_up(browser: Any, folder: Path) -> None:
    """Before printing every fold opens, afterwards those that were closed close again."""
    page = opened(browser, folder, "report", "light")
    folds = page.locator("details:not([open])").count()
    for event, still in (("beforeprint", 0), ("afterprint", folds)):
        page.evaluate("name => window.dispatchEvent(new Event(name))", event)
        assert page.locator("details:not([open])").count() == still
    assert folds > 3
    page.context.close()


def test_a_minus_stays_with_its_amount() -> None:
    """A line may break between a minus and a currency sign unless they are joined; other text is left alone."""
    assert _unbroken("by −$3 M, −4 %") == "by −\u2060$3 M, −4 %"
    assert _unbroken(3) == 3
