"""A manager's or a rep's report holds their own and nothing else."""

from __future__ import annotations

import html
import re

import pytest

from engine.errors import InputError
from engine.report import Audience, audience_html, read_audience
from engine.runs import StoredRun, load_run
from tests.engine.report.page import Page
from tests.engine.run_factory import make_run

Pages = list[tuple[set[str], Audience, str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Six territories of two managers."""
    return load_run(make_run(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def pages(run: StoredRun) -> Pages:
    """Each manager's and two reps' pages with the territories that are theirs."""
    table = run.table("territories")
    managers = [Audience("manager", name) for name in sorted(set(table["manager"]))]
    reps = [Audience("rep", territory) for territory in table["territory_id"][:2]]
    column = {"manager": "manager", "rep": "territory_id"}
    return [
        (set(table.loc[table[column[one.kind]] == one.name, "territory_id"]), one, audience_html(run, one))
        for one in [*managers, *reps]
    ]


def holds(text: str, wanted: str) -> bool:
    """Whether a page's text has a name or figure, not as part of a longer one."""
    return re.search(rf"(?<![\w.,]){re.escape(wanted)}(?![\w,]|\.\d)", text) is not None


def test_nobody_else_is_in_the_file(run: StoredRun, pages: Pages) -> None:
    """No byte of the page is another territory's id, rep, manager, quota, account or unit."""
    seats, quotas = run.table("territories"), run.table("quotas")
    accounts, units = run.table("accounts"), run.table("alignment")
    looked = 0
    for own, _, page in pages:
        text = html.unescape(page)
        others = seats[~seats["territory_id"].isin(own)]
        mine = seats[seats["territory_id"].isin(own)]
        away = [
            frame[~(frame["territory_id"].isin(own) | frame["previous_territory_id"].isin(own))]
            for frame in (accounts, units)
        ]
        year = quotas[(quotas["period"] == "FY") & ~quotas["territory_id"].isin(own)]
        names = {*others["territory_id"], *others["rep_id"]} - {""}
        names |= {*others["rep_name"], *others["manager"]} - {*mine["rep_name"], *mine["manager"], ""}
        names |= {*away[0]["account_id"], *away[1]["unit_id"]}
        mine_too = {f"{value:,.0f}" for value in quotas.loc[quotas["territory_id"].isin(own), "quota"]}
        names |= {f"{value:,.0f}" for value in year["quota"]} - mine_too
        names |= {run.run_id, f"{run.facts.objective:,.0f}"}
        # outlines of units are letters without a meaning of their own
        found = [name for name in sorted(names) if holds(re.sub(r'"arcs":"[^"]*"', "", text), name)]
        assert found == []
        looked += len(names)
    assert looked > 200


def test_the_own_figures_are_there(run: StoredRun, pages: Pages) -> None:
    """Quota of the year, chance, units and accounts of each own territory are on the page."""
    attainment = run.table("attainment")
    for own, one, page in pages:
        tables = Page(page).tables
        rows = attainment[(attainment["level"] == "rep") & attainment["id"].isin(own)]
        shown = {row[0].text: row for row in tables["Chances"][1:]}
        assert {*rows["id"]} <= {*shown}
        for row in rows.itertuples():
            assert float(str(shown[str(row.id)][2].value)) == row.quota
        accounts = run.table("accounts")
        mine = accounts[accounts["territory_id"].isin(own) | accounts["previous_territory_id"].isin(own)]
        assert sorted(row[0].text for row in tables["Accounts"][1:]) == sorted(mine["account_id"])
        assert ("Team" in [row[0].text for row in tables["Quotas"]]) == (one.kind == "manager")


def test_the_same_run_gives_the_same_page(run: StoredRun, pages: Pages) -> None:
    """Written twice, no byte differs."""
    _, one, page = pages[-1]
    assert audience_html(run, one) == page


@pytest.mark.parametrize("text", ["boss", "manager", "rep:", "leadership:x"])
def test_an_unknown_audience_is_told(text: str) -> None:
    """What can be asked for is named."""
    with pytest.raises(InputError, match="leadership, manager:NAME or rep:POSITION"):
        read_audience(text)


def test_an_unknown_position_is_told(run: StoredRun) -> None:
    """The positions there are are named."""
    with pytest.raises(InputError, match="one of T01"):
        audience_html(run, Audience("rep", "T99"))


def test_an_audience_is_read() -> None:
    """A colon parts kind and name; the name may hold another."""
    assert read_audience("manager:A: B") == Audience("manager", "A: B")
    assert read_audience("leadership") == Audience("leadership")
