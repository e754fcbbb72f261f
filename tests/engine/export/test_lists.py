"""Lists for other systems: true to the plan, and harmless whatever people are called."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.export.handoffs import handoff_list
from engine.export.lists import csv_lists, varicent_lists
from engine.export.plan import HandedPlan, read_plan
from engine.runs import load_run
from tests.engine.run_factory import make_run

HOSTILE = (
    "=HYPERLINK(\"http://x\",1)", "+1", "-2+3", "@SUM(A1)", "\t=1", "'=1", "<script>alert(1)</script>",
    "\u202eevil\u202c \u05d0\u05d1", "\U0001f469\u200d\U0001f4bb", "x" * 300, 'a "quoted", one', "two\nlines", "O'Hara",
)  # fmt: skip
RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> HandedPlan:
    """A small plan."""
    return read_plan(load_run(make_run(tmp_path_factory.mktemp("runs"), units=36)))


def rows(content: bytes) -> list[dict[str, str]]:
    """Read a CSV as plain text."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))


def test_hostile_text_comes_out_harmless_and_whole(plan: HandedPlan) -> None:
    """No cell of text can run as a formula; every other text stands there unchanged, one row an account."""
    accounts, seats = plan.accounts.copy(), plan.territories.copy()
    accounts.loc[: len(HOSTILE) - 1, "name"] = HOSTILE
    seats["rep_name"] = HOSTILE[: len(seats)]
    hostile = replace(plan, accounts=accounts.assign(moved=True), territories=seats)
    files, _ = csv_lists(hostile)
    files["handoffs.csv"] = handoff_list(hostile)
    assert len(rows(files["handoffs.csv"])) == len(accounts)
    written = rows(files["accounts.csv"])
    assert len(written) == len(accounts)
    for name, row in zip(HOSTILE, written, strict=False):
        assert row["name"] == ("'" + name if name.lstrip("'").startswith(RUNS_AS_FORMULA) else name)
    cells = [cell for content in files.values() for row in rows(content) for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(RUNS_AS_FORMULA)]


def test_lists_say_who_has_what(plan: HandedPlan) -> None:
    """Units and accounts name the rep of their territory, before and after; quotas keep their currency."""
    files, remarks = csv_lists(plan)
    seats = plan.rep_of
    assert remarks == []
    assert len(rows(files["units.csv"])) == len(plan.units)
    for row in rows(files["units.csv"]):
        assert row["rep_id"] == seats[row["territory_id"]]
    moved = [row for row in rows(files["accounts.csv"]) if row["moved"] == "yes"]
    assert len(moved) == plan.accounts["moved"].sum() > 0
    for row in moved:
        assert row["previous_rep_id"] == seats[row["previous_territory_id"]] != row["rep_id"]
    assert {row["currency"] for row in rows(files["quotas.csv"])} == {plan.facts.currency}


@pytest.mark.parametrize(("name", "first"), [("quarter", "Q1"), ("month", "January")])
def test_varicent_quotas_add_up(plan: HandedPlan, name: str, first: str) -> None:
    """The periods of a territory add up to its quota of the year, to the cent, in plain numbers."""
    files, _ = varicent_lists(plan)
    written = rows(files[f"quotas_by_{name}.csv"])
    assert list(written[0]) == ["Quota component", "Territory ID", "Value", "Period"]
    assert written[0]["Period"] == first
    year = plan.quotas[plan.quotas["period"] == "FY"].set_index("territory_id")["quota"]
    for territory, quota in year.items():
        values = [Decimal(row["Value"]) for row in written if row["Territory ID"] == territory]
        assert len(values) == {"quarter": 4, "month": 12}[name]
        assert sum(values) == Decimal(str(quota))


def test_ids_like_formulas_are_named(plan: HandedPlan) -> None:
    """A territory called -1 is written with a quote, and that is said."""
    seats = plan.territories.copy()
    quotas = plan.quotas.replace({"territory_id": {seats["territory_id"][0]: "-1"}})
    seats.loc[0, "territory_id"] = "-1"
    files, remarks = varicent_lists(replace(plan, territories=seats, quotas=quotas))
    assert [(remark.outcome, remark.id) for remark in remarks] == [("note", "-1")]
    assert "'-1" in {row["Territory ID"] for row in rows(files["quotas_by_month.csv"])}


def test_handoffs_tell_why(plan: HandedPlan) -> None:
    """An account that goes where its unit goes is told the unit's reason, any other its own."""
    written = {row["account_id"]: row for row in rows(handoff_list(plan))}
    moved = plan.accounts[plan.accounts["moved"]]
    assert set(written) == set(moved["account_id"])
    units = plan.alignment.set_index("unit_id")
    for account in moved.itertuples():
        unit, row = units.loc[account.unit_id], written[str(account.account_id)]
        together = (unit["previous_territory_id"], unit["territory_id"]) == (row["from"], row["to"])
        assert row["reason"] == (f"{account.unit_id}: {unit['reason']}" if together else account.reason)
    elsewhere = plan.alignment.assign(previous_territory_id="")
    alone = rows(handoff_list(replace(plan, alignment=elsewhere)))
    assert {row["reason"] for row in alone} == set(moved["reason"])
