"""What changes hands is counted alike in tables, key figures, page and workbook; what nobody has is not lost."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest

from engine.report.model import build_model
from engine.report.sections import handoffs_table, units_table
from engine.report.source import Source, read_source
from engine.report.table import Table
from engine.report.xlsx import workbook
from engine.runs import StoredRun, load_run
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """A run in which nobody has one unit today, whose accounts are worth something."""
    return load_run(make_run(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def source(run: StoredRun) -> Source:
    """Its tables, where ten more units are nobody's."""
    source = read_source(run)
    alignment, accounts = source.alignment.copy(), source.accounts.copy()
    alignment.loc[20:29, "previous_territory_id"] = ""
    assert source.units.loc[20:29, "handoff_value"].sum() > 0
    lost = accounts["unit_id"].isin(alignment.loc[20:29, "unit_id"])
    accounts.loc[lost, ["previous_territory_id", "moved"]] = ["", False]
    return replace(source, alignment=alignment, accounts=accounts)


def rows(table: Table) -> list[dict[str, object]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def test_nobody_loses_nothing(source: Source) -> None:
    """Units that nobody has today are listed as handed over, with nothing at risk and no account lost."""
    given = [row for row in rows(handoffs_table(source)) if row["previous_territory_id"] == "nobody"]
    assert sum(int(str(row["units"])) for row in given) >= 10
    assert {(row["value"], row["accounts"]) for row in given} == {(0.0, 0)}
    units = {row["unit_id"]: row["handoff_value"] for row in rows(units_table(source))}
    today = source.alignment.set_index("unit_id")["previous_territory_id"]
    values = source.units.set_index("unit_id")["handoff_value"]
    assert units == {unit: values[unit] if today[unit] else 0.0 for unit in values.index}


def test_handoffs_add_up(run: StoredRun) -> None:
    """Handoffs sum up to the territories' value taken over, the accounts moved and the units that change hands."""
    handoffs = rows(build_model(run).handoffs)
    total = {name: sum(float(str(row[name])) for row in handoffs) for name in ("value", "accounts", "units")}
    alignment, kpis = run.table("alignment"), run.table("kpis").set_index("kpi")["value"].astype(float)
    assert total["value"] == pytest.approx(run.table("territories")["handoff_value"].sum())
    assert total["accounts"] == kpis["accounts_moved"] > 0
    assert total["units"] == (alignment["territory_id"] != alignment["previous_territory_id"]).sum()
    held = alignment["previous_territory_id"] != ""
    today = run.table("units").loc[held.to_numpy(), "handoff_value"].sum()
    assert total["value"] / today == pytest.approx(kpis["value_moved_share"])


def test_an_account_whose_owner_is_not_its_unit_s(source: Source) -> None:
    """An account that leaves an owner who never had its unit is counted, also where no unit goes that way."""
    moved = source.accounts["moved"]
    accounts = source.accounts.assign(moved=False)
    first = accounts.index[moved.to_numpy().argmax()]
    accounts.loc[first, ["previous_territory_id", "territory_id", "moved"]] = ["T01", "T06", True]
    going = [row for row in rows(handoffs_table(replace(source, accounts=accounts))) if row["accounts"]]
    assert [(row["previous_territory_id"], row["territory_id"], row["accounts"]) for row in going] == [
        ("T01", "T06", 1)
    ]


@pytest.mark.filterwarnings("ignore:.* extension is not supported")  # data bars below zero
def test_the_workbook_says_the_same(run: StoredRun) -> None:
    """The sheets Handoffs and Units hold the figures of the page: nothing at risk where nobody loses."""
    model = build_model(run)
    book = openpyxl.load_workbook(io.BytesIO(workbook(model)))
    for title, at, key in (("Handoffs", "From", "nobody"), ("Units", "Today", None)):
        heads, *body = list(book[title].values)[1:]
        value = next(i for i, head in enumerate(heads) if str(head).startswith("Value at risk"))
        found = [row[value] for row in body if row[heads.index(at)] == key]
        assert found
        assert set(found) == {0}
