"""What a report holds and what it keeps out."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.report import maps, write_report
from engine.report.html import report_html
from engine.report.model import build_model
from engine.report.page import data_uri
from engine.report.sections import checks_table, problems_table
from engine.report.source import read_source
from engine.report.table import percent_at_most
from engine.report.write import draw_svgs
from engine.runs import StoredRun, load_run
from tests.engine.report.page import Page
from tests.engine.report.test_topology import arcs
from tests.engine.run_factory import make_run

HOSTILE = "</script><script>alert(1)</script>\u202e=1+1 🙂 " + "x" * 250


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """A run whose title tries to break out of the page."""
    return load_run(make_run(tmp_path_factory.mktemp("runs"), title=HOSTILE))


@pytest.fixture(scope="module")
def folder(run: StoredRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder its report was written into."""
    folder = tmp_path_factory.mktemp("report")
    write_report(run, ["html"], folder)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    """Its web report."""
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_the_same_run_gives_the_same_files(run: StoredRun, folder: Path, tmp_path: Path) -> None:
    """One page and two pictures of each alignment are told to the caller; written again, no byte differs."""
    told = [path.relative_to(tmp_path).as_posix() for path in write_report(run, ["html"], tmp_path)]
    maps = [f"maps/{name}.{kind}" for name in ("new_plan", "today") for kind in ("png", "svg")]
    assert sorted(told) == [*maps, "report.html"]
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == sorted(told)
    for name in files:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_each_map_is_drawn_once(run: StoredRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's report draws each alignment once a format, and the page shows the drawing of the folder."""
    drawn: list[str] = []
    picture = maps._picture

    def counted(*arguments: Any, **how: Any) -> bytes:
        drawn.append(f"{arguments[2].label} {how['format']}")
        return picture(*arguments, **how)

    monkeypatch.setattr(maps, "_picture", counted)
    write_report(run, ["html", "xlsx"], tmp_path)
    assert sorted(drawn) == ["New plan png", "New plan svg", "Today png", "Today svg"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for name in ("new_plan", "today"):
        assert data_uri((tmp_path / "maps" / f"{name}.svg").read_bytes()) in html.unescape(page)


@pytest.mark.parametrize("column", ["potential_deviation", "workload", "travel_km", "handoff_value"])
def test_territory_figures_are_those_of_the_run(run: StoredRun, page: Page, column: str) -> None:
    """Every number behind a cell of the territory table is the number in territories.csv."""
    table = build_model(run).territories.main()
    place = [one.name for one in table.columns].index(column)
    shown = [float(str(row[place].value)) for row in page.tables["Territories"][1:]]
    stored = run.table("territories").sort_values("territory_id")[column]
    assert shown == stored.tolist()


def test_chances_are_those_of_the_run(run: StoredRun, page: Page) -> None:
    """Quota and P(at quota) of each position are those of attainment.csv."""
    rows = run.table("attainment").query("level == 'rep'").sort_values("id")
    table = build_model(run).positions.main()
    for column in ("quota", "p_at_quota", "p_low"):
        place = [one.name for one in table.columns].index(column)
        assert [float(str(row[place].value)) for row in page.tables["Positions"][1:]] == rows[column].tolist()


def test_the_summary_says_the_key_figures(run: StoredRun, page: Page) -> None:
    """The chance of the plan, its interval and the gap stand in the text as the tables have them."""
    text = " ".join("".join(page.text).split())
    company = run.table("attainment").set_index("id").loc["company"]
    low, high = (f"{round(100 * company[end])} %" for end in ("p_low", "p_high"))
    assert f"with probability {round(100 * company['p_at_quota'])} % (95 % interval {low} to {high})" in text
    saving = math.ceil(1000 * run.facts.gap - 1e-9) / 10  # never understated
    assert f"save at most {saving:.1f} % of" in text


def test_a_fall_of_a_chance_is_said_in_points(run: StoredRun, page: Page) -> None:
    """The last column of the stress table is a difference of percentages, and none of it says per cent."""
    stress = run.table("stress").query("level == 'company' and id == 'company'")
    cells = [row[-1] for row in page.tables["Stress"][1:]]
    assert [float(str(cell.value)) for cell in cells] == stress["p_difference"].tolist()
    assert all(cell.text.endswith("\u00a0points") and "%" not in cell.text for cell in cells)


def test_a_finding_says_how_many_rows_it_concerns(run: StoredRun, page: Page) -> None:
    """The count of the finding; a finding about a whole file or a key of the scenario concerns no row."""
    assert [row[-1].text for row in page.tables["Data quality"]] == ["Rows concerned", "2"]
    source = read_source(run)
    first = {**source.problems[0], "line": 0}
    found = [
        {**first, "count": 4960},
        {**first, "count": 1},
        {**first, "file": "a.yaml", "line": 9, "count": 1},
    ]
    table = problems_table(replace(source, problems=found))
    assert table.column("count") == [4960, None, None]


def test_what_the_checker_found_is_said_with_few_digits(run: StoredRun) -> None:
    """A bare number loses digits nobody reads; words, whole numbers and cents stay as they are."""
    found = ["30449.06542604538", "0.006077635776767676", "3109 units", "25920000.00", "12"]
    source = read_source(run)
    checks = [{**(source.checks or [])[0], "found": one} for one in found]
    table = checks_table(replace(source, checks=checks))
    assert table.column("found") == ["30,449.1", "0.00607764", "3109 units", "25920000.00", "12"]


def test_bound_and_gap_are_rounded_to_the_safe_side_in_every_place(run: StoredRun, page: Page) -> None:
    """The list of key figures says the same gap as the summary, and no bound above the true one."""
    shown = {row[0].text: row[1] for row in page.tables["Key figures"][1:]}
    gap = percent_at_most(run.facts.gap)
    assert shown["largest possible improvement"].text == gap
    assert shown["no plan that keeps the rules can cost less"].text == f"{math.floor(run.facts.bound):,}"
    assert f"save at most {gap} of" in "".join(page.text)


def test_the_map_holds_every_unit_and_both_alignments(run: StoredRun, page: Page) -> None:
    """The script finds each unit's outline, its territory of tomorrow and of today, and its reason."""
    data = json.loads(page.data())
    rows = run.table("alignment").sort_values("unit_id")
    ids = data["territories"]["id"]
    names = [[ids[owner] if owner >= 0 else "" for owner in one["owner"]] for one in data["alignments"]]
    assert data["units"]["id"] == rows["unit_id"].tolist()
    assert names == [rows["territory_id"].tolist(), rows["previous_territory_id"].tolist()]
    reasons = [data["units"]["reasons"][reason] for reason in data["units"]["reason"]]
    assert reasons == rows["reason"].tolist()
    assert {left for left, _, _ in arcs(data["units"]["arcs"])} >= {0, 1, 2}


def test_hostile_text_stays_text(run: StoredRun, page: Page) -> None:
    """A title and an account's name full of markup are shown letter by letter and make no element."""
    text = "".join(page.text)
    assert HOSTILE in text
    assert "<b>Ltd</b>" not in json.dumps(page.tags)
    assert "<" not in page.data()
    assert "alert" not in "".join(page.raw["script"][-3:])
    assert len([tag for tag, _ in page.tags if tag == "script"]) == len(page.raw["script"])


def test_every_account_that_moves_is_in_the_model(run: StoredRun) -> None:
    """The most valuable first, with the name as it was given."""
    model = build_model(run)
    moved = run.table("accounts").query("moved").sort_values("revenue", ascending=False)
    assert model.moved_accounts.column("name") == moved["name"].tolist()
    assert "=SUM(A1:A9) & Sons, “Ünï” <b>Ltd</b>" in model.accounts.column("name")


def test_nothing_can_be_requested(page: Page) -> None:
    """Addresses are places in the page or pictures inside it; there is no handler and no inline style."""
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("src", "href", "srcset", "action", "data", "xlink:href"):
            assert re.match(r"#|data:image/svg\+xml[,;]", attributes.get(name) or "#"), (tag, attributes)
    assert not {"link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}
    assert "url(" not in "".join(page.raw["style"])
    assert "@import" not in "".join(page.raw["style"])
    assert "sourceMappingURL" not in "".join(page.raw["script"])


def test_the_policy_names_exactly_the_scripts_and_styles(page: Page) -> None:
    """The browser may run what we wrote and load nothing."""
    metas = [attributes for tag, attributes in page.tags if tag == "meta"]
    policy = next(str(one["content"]) for one in metas if one.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    kinds = [attributes.get("type") for tag, attributes in page.tags if tag == "script"]
    code = [text for text, kind in zip(page.raw["script"], kinds, strict=True) if kind is None]
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [_digest(text) for text in code]
    assert rules["style-src"].split() == [_digest(text) for text in page.raw["style"]]


def test_synthetic_data_is_said_at_the_top(page: Page) -> None:
    """The note about invented data comes before the title, on screen and in print."""
    text = "".join(page.text)
    assert text.index("an invented grid") < text.rindex(HOSTILE)


def test_real_data_has_no_such_note(tmp_path: Path) -> None:
    """Without invented data nothing is called synthetic."""
    model = build_model(load_run(make_run(tmp_path, synthetic="")))
    assert "Synthetic data" not in "".join(Page(report_html(model, draw_svgs(model))).text)
    assert model.map_note == ""


def test_an_unknown_format_is_refused(run: StoredRun, tmp_path: Path) -> None:
    """Nothing is written for a format that does not exist."""
    with pytest.raises(ValueError, match="docx"):
        write_report(run, ["html", "docx"], tmp_path)
    assert not list(tmp_path.iterdir())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
