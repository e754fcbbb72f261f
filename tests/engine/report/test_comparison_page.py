"""What the page of a comparison holds and what it keeps out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.compare import Comparison, compare_runs, current_as_run
from engine.report.compare_html import comparison_html, write_comparison
from engine.report.comparison_model import ComparisonModel, build_comparison
from engine.report.distribution import trade_off
from engine.runs import StoredRun, load_run
from tests.engine.report.page import Cell, Page
from tests.engine.run_factory import make_run

HOSTILE = "</script><script>alert(1)</script>\u202e=1+1 🙂 " + "x" * 250


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[StoredRun]:
    """Six territories and five on the same grid, the second with a note full of markup."""
    folder = tmp_path_factory.mktemp("runs")
    other = make_run(folder, territories=5, name="five", synthetic=HOSTILE)
    return [load_run(make_run(folder)), load_run(other)]


@pytest.fixture(scope="module")
def comparison(runs: list[StoredRun]) -> Comparison:
    """Both runs, and the current alignment between them."""
    return compare_runs([runs[0], current_as_run(runs[0]), runs[1]])


@pytest.fixture(scope="module")
def model(comparison: Comparison, runs: list[StoredRun]) -> ComparisonModel:
    """What its page shows."""
    return build_comparison(comparison, runs)


@pytest.fixture(scope="module")
def page(model: ComparisonModel) -> Page:
    """The page, taken apart."""
    return Page(comparison_html(model))


def rows(page: Page, table: str) -> list[dict[str, Cell]]:
    """The rows of a table by their headings."""
    head, *body = page.tables[table]
    return [{h.text: cell for h, cell in zip(head, row, strict=True)} for row in body]


def test_each_plan_has_its_own_map(page: Page, runs: list[StoredRun]) -> None:
    """The maps show each run's alignment and today's, in the order of the comparison."""
    data = json.loads(page.data())
    ids = [*data["territories"]["id"], ""]  # -1 is nobody
    first, second = (run.table("alignment").sort_values("unit_id") for run in runs)
    shown = {one["label"]: [ids[owner] for owner in one["owner"]] for one in data["alignments"]}
    assert list(shown) == ["grid", "current", "five"]
    assert shown["grid"] == first["territory_id"].tolist()
    assert shown["current"] == first["previous_territory_id"].tolist()
    assert shown["five"] == second["territory_id"].tolist()
    places = [a for _, a in page.tags if a.get("class") == "map"]
    assert [one["data-alignment"] for one in places] == ["0", "1", "2"]


def test_figures_are_those_of_the_runs(page: Page, comparison: Comparison) -> None:
    """Every figure of every plan is on the page; what is not known is a dash."""
    kpis = comparison.kpis.set_index("meaning")
    shown = {row["Figure"].text: row for row in rows(page, "Key figures")}
    assert len(shown) == len(kpis)
    target = kpis.loc["the company number"]
    row = shown["the company numberUSD"]
    assert row["grid"].text == f"{target['grid']:,.0f}"
    assert row["five"].text == f"{target['five']:,.0f}−{target['grid'] - target['five']:,.0f}"
    assert row["current"].text == "–"


def test_the_better_one_is_marked(model: ComparisonModel, comparison: Comparison, page: Page) -> None:
    """A figure is marked where the comparison names a best plan, and nowhere else."""
    marked = [
        [label for label, (_, best) in zip(model.labels, row.values, strict=True) if best]
        for row in model.figures
    ]
    named = [[best] if best else [] for best in comparison.kpis["best"]]
    told = [len({text for text, _ in row.values}) == len(row.values) for row in model.figures]
    assert [one for one, clear in zip(marked, told, strict=True) if clear] == [
        one for one, clear in zip(named, told, strict=True) if clear
    ]
    count = sum(map(len, marked))
    assert count > 0
    assert sum(a.get("class") == "n best" for _, a in page.tags) == count


def test_what_reads_the_same_is_not_better(comparison: Comparison, runs: list[StoredRun]) -> None:
    """Two plans whose figures look alike are not told apart by digits nobody sees."""
    kpis = comparison.kpis.copy()
    gap = kpis["kpi"] == "gap"
    kpis.loc[gap, ["grid", "five", "best"]] = [0.03018, 0.03012, "five"]
    built = build_comparison(replace(comparison, kpis=kpis), runs)
    row = built.figures[int(gap.to_numpy().argmax())]
    assert not any(best for _, best in row.values)


def test_other_prices_are_said(runs: list[StoredRun], tmp_path: Path) -> None:
    """Plans priced differently get no tick and no "it costs less"; the page says what is different."""
    free = load_run(make_run(tmp_path, name="free", objective={"handoff": "free"}))
    page = Page(comparison_html(build_comparison(compare_runs([runs[0], free]), [runs[0], free])))
    text = " ".join("".join(page.text).split())
    assert "objective.handoff is priced in grid, free in free" in text
    assert "What it costs is counted differently and not compared." in text
    assert "It costs" not in text
    shown = {row["Figure"].text: row for row in rows(page, "Key figures")}
    assert "travel, handoffs and imbalance togetherUSD per year; not counted alike" in shown


def test_differences_to_the_first_plan_have_their_size(
    model: ComparisonModel, comparison: Comparison
) -> None:
    """Money and counts with a sign, shares in points; none for the first, for what is unknown and for what is equal."""
    changes = dict(zip(comparison.kpis["kpi"], (row.changes for row in model.figures), strict=True))
    assert changes["plan_target"] == ("", "", "−1,000,000")
    assert changes["territories"] == ("", "", "−1")
    assert changes["units"] == ("", "", "")
    kpis = comparison.kpis.set_index("kpi").loc["value_moved_share"]
    points = 100 * (kpis["five"] - kpis["grid"])
    assert changes["value_moved_share"][2].replace("−", "-").split("\u00a0")[0] == f"{points:+.1f}"


def test_handoffs_of_each_plan(page: Page, runs: list[StoredRun]) -> None:
    """From whom, to whom, value, 15 % of it as expected loss, and the reason, of every account that moves."""
    shown = rows(page, "Handoffs")
    for run, label in zip(runs, ("grid", "five"), strict=True):
        accounts = run.table("accounts")
        moved = accounts[accounts["moved"]].set_index("account_id")
        listed = {row["Account"].text: row for row in shown if row["Plan"].text == label}
        assert set(listed) == set(moved.index)
        for account, row in listed.items():
            wanted = moved.loc[account]
            assert [row["From"].text, row["To"].text] == wanted[
                ["previous_territory_id", "territory_id"]
            ].tolist()
            assert float(str(row["Value, USD"].value)) == wanted["revenue"]
            assert float(str(row["Expected loss, USD"].value)) == pytest.approx(0.15 * wanted["revenue"])
            assert row["Reason"].text == wanted["reason"]


def test_moves_are_listed_by_value(page: Page, comparison: Comparison) -> None:
    """The units and accounts on which the plans disagree, with the territory in each."""
    for name, table, key in (
        ("Units that differ", comparison.moved_units, "unit_id"),
        ("Accounts that differ", comparison.moved_accounts, "account_id"),
    ):
        shown = rows(page, name)[:20]
        wanted = table.head(20)
        heading = "Unit" if key == "unit_id" else "Account"
        assert [row[heading].text for row in shown] == wanted[key].tolist()
        for label in comparison.labels:
            assert [row[label].text for row in shown] == wanted[label].tolist()


def test_the_summary_counts_against_the_first(page: Page, runs: list[StoredRun]) -> None:
    """Units and accounts in another territory and the difference of cost are said for each other plan."""
    units = [run.table("alignment").set_index("unit_id")["territory_id"] for run in runs]
    accounts = [run.table("accounts").set_index("account_id") for run in runs]
    moved = accounts[0]["territory_id"] != accounts[1]["territory_id"]
    change = runs[1].facts.objective - runs[0].facts.objective
    text = " ".join("".join(page.text).split())
    assert (
        f"{(units[0] != units[1]).sum()} of {len(units[0])} units and {moved.sum()} accounts are in another "
        "territory"
    ) in text
    assert f"It costs ${abs(change):,.0f} a year {'more' if change > 0 else 'less'}." in text


def test_paired_bookings(page: Page, comparison: Comparison) -> None:
    """The difference of the company's bookings and its interval are those of the comparison."""
    wanted = comparison.attainment.query("level == 'company'").iloc[0]
    row = rows(page, "Bookings of the company")[0]
    shown = [float(str(row[heading].value)) for heading in ("Difference, USD", "95 % from", "to")]
    assert shown == wanted[["difference", "low", "high"]].tolist()


def test_what_was_asked_differently(page: Page) -> None:
    """A key with two values is shown with both, and the current alignment has no column of its own."""
    asked = {row["Key"].text: row for row in rows(page, "What was asked differently")}
    target = asked["quotas.plan_target"]
    assert (target["grid"].text, target["five"].text) == ("6000000", "5000000")
    assert "current" not in target


def test_synthetic_notes_of_all_runs(page: Page, runs: list[StoredRun]) -> None:
    """What any run invented is said before the title, each note once."""
    text = "".join(page.text)
    top = text[: text.index("Comparison of 3 plans")]
    assert all(run.facts.synthetic in top for run in runs)


def test_hostile_text_stays_text(page: Page) -> None:
    """A note full of markup makes no element and the data block holds no angle bracket."""
    assert HOSTILE in "".join(page.text)
    assert "<" not in page.data()
    assert len([tag for tag, _ in page.tags if tag == "script"]) == len(page.raw["script"])


def test_nothing_can_be_requested(page: Page) -> None:
    """No element names an address but a place in the page or a picture inside it; no handler, no inline style."""
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("src", "href"):
            assert re.match(r"#|data:image/svg\+xml,", attributes.get(name) or "#"), (tag, attributes)


def test_the_same_runs_give_the_same_bytes(
    runs: list[StoredRun], comparison: Comparison, model: ComparisonModel, tmp_path: Path
) -> None:
    """The file is the page, and written twice it is the same."""
    write_comparison(comparison, runs, tmp_path / "comparison.html")
    assert (tmp_path / "comparison.html").read_bytes() == comparison_html(model).encode("utf-8")


def test_homes_that_differ_are_not_drawn(comparison: Comparison, runs: list[StoredRun]) -> None:
    """A territory whose home the plans do not agree on has no dot; a name that differs is shown in full."""
    rows = comparison.territories.copy()
    rows[["home_lon", "home_lat"]] = [-95.0, 40.0]
    agreed = build_comparison(replace(comparison, territories=rows), runs).map
    second = (rows["territory_id"] == "T01") & (rows["run"] == "five")
    rows.loc[second, "home_lon"] = -94.0
    rows.loc[second, "rep_name"] = "Another"
    drawn = build_comparison(replace(comparison, territories=rows), runs).map
    assert not np.isnan(agreed.places.homes).any()
    assert np.isnan(drawn.places.homes[0]).all()
    assert not np.isnan(drawn.places.homes[1:]).any()
    assert drawn.names[0] == f"{agreed.names[0]} / Another"


def test_runs_of_another_comparison_are_refused(comparison: Comparison, runs: list[StoredRun]) -> None:
    """A missing run would give a map a wrong name."""
    with pytest.raises(ValueError, match="zip"):
        build_comparison(comparison, runs[:1])


@pytest.fixture
def screen(browser: Any, model: ComparisonModel, tmp_path: Path) -> Iterator[Any]:
    """The page in a browser without a network; what it asks for or complains of fails the test."""
    (tmp_path / "page.html").write_text(comparison_html(model), encoding="utf-8", newline="\n")
    trouble: list[str] = []
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.on("request", lambda one: one.url.startswith(("file:", "data:")) or trouble.append(one.url))
    opened.on("console", lambda one: trouble.append(one.text))
    opened.on("pageerror", lambda one: trouble.append(str(one)))
    opened.goto((tmp_path / "page.html").as_uri())
    opened.locator(".map[data-ready=yes]").nth(2).wait_for(state="attached")
    yield opened
    context.close()
    assert trouble == []


def test_maps_move_together(screen: Any) -> None:
    """Zooming one map moves the others to the same place."""
    places = "[...document.querySelectorAll('.pair .leaflet-map-pane')].map(one => getComputedStyle(one).transform)"
    screen.wait_for_timeout(300)
    before = screen.evaluate(places)
    screen.locator(".map").nth(1).focus()
    screen.keyboard.press("ArrowRight")
    screen.wait_for_timeout(600)
    after = screen.evaluate(places)
    assert len(set(after)) == 1
    assert after[0] != before[0]


def test_a_chosen_territory_stands_out_on_every_map(screen: Any) -> None:
    """Choosing a territory fades the others on each map; choosing it again brings them back."""
    look = "[...document.querySelectorAll('.pair canvas')].map(one => one.toDataURL())"
    screen.wait_for_timeout(300)
    before = screen.evaluate(look)
    button = screen.locator("[data-territory]").first
    button.click()
    screen.mouse.move(5, 5)
    screen.wait_for_timeout(200)
    chosen = screen.evaluate(look)
    assert button.get_attribute("aria-pressed") == "true"
    assert all(old != new for old, new in zip(before, chosen, strict=True))
    button.click()
    screen.mouse.move(5, 5)
    screen.wait_for_timeout(200)
    assert screen.evaluate(look) == before


def test_the_swipe_is_moved_by_keyboard(screen: Any) -> None:
    """The upper map begins at the edge, which an arrow key moves; both maps show the plans that are chosen."""
    screen.get_by_text("Swipe", exact=True).click()
    screen.wait_for_selector(".upper[data-ready=yes]")
    assert screen.locator(".pair").is_hidden()
    screen.focus("#edge")
    screen.keyboard.press("ArrowRight")
    assert (
        screen.evaluate("getComputedStyle(document.querySelector('.upper')).clipPath")
        == "inset(0px 0px 0px 51%)"
    )
    assert screen.locator(".stack .name").all_inner_texts() == ["grid", "current"]
    screen.select_option("#after", label="five")
    assert screen.locator(".stack .name").all_inner_texts() == ["grid", "five"]


def test_views_are_drawn_before_they_are_looked_at(screen: Any) -> None:
    """All maps are ready without a click; a view out of sight is neither seen nor reached with Tab, and opens whole."""
    screen.locator(".map:not([data-ready=yes])").first.wait_for(state="detached")
    assert screen.locator(".upper").is_hidden()
    screen.get_by_text("Swipe", exact=True).click()
    assert screen.locator(".upper").is_visible()
    heights = "[...document.querySelectorAll('.stack canvas')].map(one => one.getBoundingClientRect().height)"
    assert min(screen.evaluate(heights)) > 500
    assert screen.locator(".pair").is_hidden()


def test_what_moves_is_told_on_its_map(screen: Any, comparison: Comparison) -> None:
    """Pointing at a unit that moves names both territories and the value; one that stays says so."""
    moves = comparison.moved_units[comparison.moved_units["grid"] != comparison.moved_units["five"]]
    screen.locator(".switch").get_by_text("What moves", exact=True).click()
    screen.select_option("#after", label="five")
    screen.wait_for_selector(".difference[data-ready=yes]")
    screen.wait_for_timeout(300)
    for unit, owner, value in (
        (str(r.unit_id), str(r.five), float(r.value)) for r in moves.head(3).itertuples()
    ):
        _point_at(screen, unit)
        text = screen.inner_text(".leaflet-tooltip")
        assert f"to {owner}" in text
        assert f"{value:,.0f}" in text
    still = sorted({*screen.evaluate("allotment.data.units.id")} - {*moves["unit_id"]})
    _point_at(screen, still[0])
    assert "stays with" in screen.inner_text(".leaflet-tooltip")


def _point_at(screen: Any, unit: str) -> None:
    """Point at a unit of the map of what moves, a little off its middle, where its label may stand."""
    where = """id => {
        const data = allotment.data, [x, y] = data.units.at[data.units.id.indexOf(id)];
        const box = document.querySelector(".difference").getBoundingClientRect(), [h, w] = data.extent;
        const scale = Math.min((box.width - 28) / w, (box.height - 28) / h);
        return { x: box.width / 2 + (x - w / 2) * scale + 6, y: box.height / 2 - (y - h / 2) * scale + 6 };
    }"""
    screen.hover(".difference", position=screen.evaluate(where, unit), force=True)
    screen.wait_for_timeout(150)


def test_a_table_shows_the_rows_asked_for(screen: Any) -> None:
    """Every word must stand in a row; the rest is hidden and counted."""
    screen.fill("[data-filter=all-territories]", "t03 five")
    shown = screen.locator("#all-territories tbody tr:visible")
    assert shown.count() == 1
    assert shown.inner_text().split()[:2] == ["T03", "five"]
    assert screen.locator("#territories [role=status]").inner_text().startswith("1 of ")


def test_paper_has_no_table_twice(screen: Any) -> None:
    """Where the whole table is printed, its first rows are not printed before it."""
    first = screen.locator(".brief:has(+ details)")
    assert first.count() > 0
    assert first.first.is_visible()
    screen.emulate_media(media="print")
    assert not any(first.nth(i).is_visible() for i in range(first.count()))


def test_flows_add_up_to_what_moves(model: ComparisonModel, comparison: Comparison) -> None:
    """From territory to territory, units and value are those of the list of units that differ."""
    moves = comparison.moved_units[comparison.moved_units["grid"] != comparison.moved_units["five"]]
    rows = [dict(zip([c.name for c in model.flows.columns], row, strict=True)) for row in model.flows.rows]
    five = [row for row in rows if row["run"] == "five"]
    assert sum(int(str(row["units"])) for row in five) == len(moves)
    assert sum(float(str(row["value"])) for row in five) == pytest.approx(moves["value"].sum())
    for row in five:
        pair = moves[(moves["grid"] == row["from"]) & (moves["five"] == row["to"])]
        assert row["units"] == len(pair)


def test_years_are_paired(model: ComparisonModel, comparison: Comparison) -> None:
    """The years of the chart have the means of the paired table, and its caption counts those that gain."""
    years = comparison.years
    row = comparison.attainment.query("level == 'company'").iloc[0]
    assert list(years) == ["grid", "five"]
    assert years["grid"].mean() == pytest.approx(row["base_expected"])
    assert (years["five"] - years["grid"]).mean() == pytest.approx(row["difference"])
    gain = int((years["five"] > years["grid"]).sum())
    assert f"More with five in {gain:,} of {len(years):,} years" in model.spreads[1].caption
    assert model.spreads[0].second
    assert not model.spreads[1].second


def test_attainment_has_its_table_and_charts(model: ComparisonModel, comparison: Comparison) -> None:
    """Three paired figures of the company, a mark at 100 % of the plan, and years counted as the comparison has them."""
    assert model.company_shares.column("name") == [
        "Bookings over plan target",
        "Bookings over all quotas",
        "Positions at quota",
    ]
    assert model.company_shares.column("difference") == pytest.approx(
        comparison.shares.query("level == 'company'")["difference"].tolist()
    )
    plan, seats = model.attained
    assert plan.second
    assert seats.second
    assert seats.mark is None
    years = comparison.attained["positions"]
    more, fewer = int((years["five"] > years["grid"]).sum()), int((years["five"] < years["grid"]).sum())
    assert f"More with five in {more:,}, fewer in {fewer:,} of {len(years):,} years" in seats.caption


def test_labels_of_near_plans_stand_apart() -> None:
    """Of two plans close to each other the lower one is labelled below; one at the same place as another too."""
    chart = trade_off(
        ["a", "b", "c", "d"],
        ("x", [1.0, 1.1, 9.0, 9.0]),
        ("y", [9.0, 9.2, 1.0, 1.0]),
        (["", "", "", ""], ["", "", "", ""]),
    )
    assert chart is not None
    assert [point.below for point in chart.points] == [True, False, False, True]


def test_the_trade_off_places_every_plan(model: ComparisonModel) -> None:
    """Less travel stands further left, and less of what changes hands further down."""
    chart = model.trade_offs[0]
    by_x = sorted(chart.points, key=lambda point: float(point.x_text.replace(",", "")))
    assert [point.x for point in by_x] == sorted(point.x for point in chart.points)
    lowest = max(chart.points, key=lambda point: point.y)
    assert lowest.label == "current"
    assert lowest.y_text.startswith("0.0")
