"""What HubSpot is given: owners of companies, and the owners of before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.export.hubspot import hubspot_loads
from engine.export.loads import load_files
from engine.export.plan import HandedPlan, read_plan
from engine.runs import load_run
from tests.engine.export.crm import read_rows
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> HandedPlan:
    """A small plan whose account ids are Record IDs."""
    handed = read_plan(load_run(make_run(tmp_path_factory.mktemp("runs"), units=36)))
    accounts = handed.accounts.assign(account_id=handed.accounts["account_id"].str[1:])
    return replace(handed, accounts=accounts, territories=handed.territories.replace({"rep_id": {"": "R99"}}))


def users(folder: Path, plan: HandedPlan, without: str = "") -> Path:
    """Write who has which e-mail address."""
    lines = [
        f"{rep},{rep.lower()}@example.com" for rep in plan.territories["rep_id"] if rep and rep != without
    ]
    (folder / "users.csv").write_text("\n".join(["rep_id,email", *lines]) + "\n", encoding="utf-8")
    return folder


def test_import_then_rollback_gives_the_owners_again(plan: HandedPlan, tmp_path: Path) -> None:
    """After the import every account is its new rep's; after the rollback it is its old rep's again."""
    loads, remarks = hubspot_loads(plan, users(tmp_path, plan))
    files = load_files(loads)
    mail = {territory: f"{rep.lower()}@example.com" for territory, rep in plan.rep_of.items()}
    before = dict(zip(plan.accounts["account_id"], plan.accounts["previous_territory_id"], strict=True))
    after = dict(zip(plan.accounts["account_id"], plan.accounts["territory_id"], strict=True))
    owner = {account: mail.get(territory, "") for account, territory in before.items()}
    held = dict(owner)
    for row in read_rows(files["apply/1_companies_update.csv"]):
        owner[row["Record ID"]] = row["Company owner"]
    assert owner == {account: mail[territory] for account, territory in after.items()} != held
    for row in read_rows(files["rollback/1_companies_update.csv"]):
        owner[row["Record ID"]] = row["Company owner"]
    new = {account for account, territory in before.items() if not territory}
    assert {account for account in owner if owner[account] != held[account]} == new
    assert {remark.id for remark in remarks} == new


def test_without_addresses_nothing_is_written_and_everybody_named(plan: HandedPlan) -> None:
    """Rep ids that are no addresses need a table; no file is made of nothing."""
    loads, remarks = hubspot_loads(plan, None)
    assert set(load_files(loads)) == {"steps.csv"}
    assert {remark.id for remark in remarks} == set(plan.territories["territory_id"])


def test_who_cannot_be_loaded_is_left_out(plan: HandedPlan, tmp_path: Path) -> None:
    """A rep without address, an id that is no Record ID and a company that is gone are named and not written."""
    moved = plan.accounts[plan.accounts["moved"]]
    gone, odd = moved["account_id"].iloc[0], moved["account_id"].iloc[1]
    rep = next(rep for to, rep in plan.rep_of.items() if to not in set(moved["territory_id"].iloc[:2]))
    accounts = plan.accounts.replace({"account_id": {odd: "=1"}})
    users(tmp_path, plan, rep)
    there = "\n".join(["record id,Name", *(f"{a},x" for a in accounts["account_id"] if a != gone)])
    (tmp_path / "companies.csv").write_text(there + "\n", encoding="utf-8")
    loads, remarks = hubspot_loads(replace(plan, accounts=accounts), tmp_path)
    left = {(remark.object, remark.id) for remark in remarks if remark.outcome == "left out"}
    seat = next(territory for territory, who in plan.rep_of.items() if who == rep)
    assert left == {("owner", seat), ("company", gone), ("company", "=1")}
    changed = accounts[accounts["territory_id"] != accounts["previous_territory_id"]]
    wanted = set(changed.loc[changed["territory_id"] != seat, "account_id"]) - {gone, "=1"}
    assert {row["Record ID"] for row in loads[0].rows} == wanted
    assert not [row for row in loads[0].rows if rep.lower() in row["Company owner"]]


def test_accounts_of_a_vacancy_keep_their_owner(plan: HandedPlan, tmp_path: Path) -> None:
    """Nobody is told to own what goes to a position that is vacant."""
    moved = plan.accounts[plan.accounts["moved"]]
    seat = moved["territory_id"].iloc[0]
    seats = plan.territories.copy()
    seats.loc[seats["territory_id"] == seat, "rep_id"] = ""
    loads, remarks = hubspot_loads(replace(plan, territories=seats), users(tmp_path, plan))
    assert [(r.id, r.message) for r in remarks if r.outcome == "left out"] == [
        (seat, "the position is vacant")
    ]
    kept = set(moved.loc[moved["territory_id"] == seat, "account_id"])
    assert kept & {row["Record ID"] for row in loads[0].rows} == set() != kept


def test_a_table_of_users_is_needed_in_the_folder(plan: HandedPlan, tmp_path: Path) -> None:
    """A folder without users.csv, or with one rep twice, is bad input."""
    with pytest.raises(InputError, match="FILE-MISSING"):
        hubspot_loads(plan, tmp_path)
    (tmp_path / "users.csv").write_text("rep_id,email\nR1,a@b.c\nR1,d@e.f\n", encoding="utf-8")
    with pytest.raises(InputError, match="CRM-TWICE"):
        hubspot_loads(plan, tmp_path)
