"""What Salesforce is given: it then holds the plan, and the rollback gives back what it held."""

from __future__ import annotations

import copy
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.export.extract import read_extract
from engine.export.loads import Remark, load_files, table
from engine.export.plan import HandedPlan, read_plan
from engine.export.salesforce import salesforce_loads
from engine.runs import load_run
from tests.engine.export.crm import MODEL, Tables, crm_of, load, read_rows, record_id, without_ids, write_crm
from tests.engine.run_factory import make_run

REP, ROW = "UserTerritory2Association", "ObjectTerritory2Association"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> HandedPlan:
    """A small plan with moved, locked and new accounts, and a vacant position."""
    handed = read_plan(load_run(make_run(tmp_path_factory.mktemp("runs"), units=36)))
    vacant = handed.territories["territory_id"] == handed.territories["territory_id"].iloc[-1]
    handed.territories.loc[vacant, "rep_id"] = ""
    return handed


def said(remarks: list[Remark], outcome: str, name: str) -> list[str]:
    """Ids of which something is said."""
    return [remark.id for remark in remarks if (remark.outcome, remark.object) == (outcome, name)]


@settings(max_examples=25, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_insert_then_rollback_gives_the_input_again(plan: HandedPlan, chance: Random) -> None:
    """Whatever a CRM holds, loading the files and then the rollback leaves every record as it was but for Ids."""
    before = crm_of(plan, chance)
    after = copy.deepcopy(before)
    files = load_files(salesforce_loads(plan, before, "Owner")[0])
    load(after, files, "apply")
    assert after != before
    load(after, files, "rollback")
    for name, rows in before.items():
        assert without_ids(after[name]) == without_ids(rows), name
    assert after["Account"] == before["Account"]


@settings(max_examples=25, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_after_loading_nothing_is_left_to_load(plan: HandedPlan, chance: Random) -> None:
    """Loading twice, new territories first, brings the CRM to the plan: a third export is empty."""
    crm = crm_of(plan, chance)
    for _ in range(2):
        load(crm, load_files(salesforce_loads(plan, crm, "Owner")[0]), "apply")
    loads, _ = salesforce_loads(plan, crm, "Owner")
    assert [step for step in loads if step.rows] == []


def test_a_complete_crm_holds_the_plan(plan: HandedPlan) -> None:
    """Each account is in its new territory alone, owned by its rep; each rep has its territory and its quotas."""
    crm = crm_of(plan, Random(3), complete=True)
    overlay = crm["Territory2"][-1]["Id"]
    strangers = [row for row in crm[ROW] if row["Territory2Id"] == overlay]
    load(crm, load_files(salesforce_loads(plan, crm, "Owner")[0]), "apply")
    name = {row["Id"]: row["DeveloperName"] for row in crm["Territory2"]}
    rep = {row["Id"]: row["EmployeeNumber"] for row in crm["User"]}
    own = {row["AccountNumber"]: row for row in crm["Account"]}
    seats = plan.rep_of
    assert strangers
    assert [row for row in crm[ROW] if row["Territory2Id"] == overlay] == strangers
    for account in plan.accounts.itertuples():
        record = own[str(account.account_id)]
        held = {row["Territory2Id"] for row in crm[ROW] if row["ObjectId"] == record["Id"]} - {overlay}
        assert [name[place] for place in held] == [account.territory_id]
        assert (
            rep[record["OwnerId"]] == seats[str(account.territory_id)] or not seats[str(account.territory_id)]
        )
    owners = {
        (name[r["Territory2Id"]], rep[r["UserId"]]) for r in crm[REP] if r["RoleInTerritory2"] == "Owner"
    }
    assert {pair for pair in owners if pair[0] != "Overlay"} == {(t, r) for t, r in seats.items() if r}
    months = plan.quotas[plan.quotas["period"].str.len() == 7]
    wanted = {
        (t, f"{p}-01"): f"{q:.2f}" for t, p, q in months[["territory_id", "period", "quota"]].to_numpy()
    }
    quotas = {
        (name[r["Territory2Id"]], r["StartDate"]): r["QuotaAmount"]
        for r in crm["ForecastingQuota"]
        if rep[r["QuotaOwnerId"]] == seats.get(name[r["Territory2Id"]])
    }
    assert quotas == {key: amount for key, amount in wanted.items() if seats[key[0]]}


def test_preflight_names_what_would_fail_or_come_back(plan: HandedPlan) -> None:
    """A model that is not active, unknown roles, people who left, rules, doubles and missing records are named."""
    crm = crm_of(plan, Random(3), complete=True)
    crm["Territory2Model"][0]["State"] = "Planning"
    gone = crm["User"][0]
    gone["IsActive"] = "false"
    missing = crm["Account"].pop()["AccountNumber"]
    number = {row["Id"]: row["AccountNumber"] for row in crm["Account"]}
    seats = {row["DeveloperName"]: row["Id"] for row in crm["Territory2"]}
    wanted = dict(zip(plan.accounts["account_id"], plan.accounts["territory_id"], strict=True))
    ruled = {
        number[row["ObjectId"]]
        for row in crm[ROW]
        if row["AssociationCause"] == "Territory2AssignmentRule"
        and row["ObjectId"] in number
        and row["Territory2Id"] not in (seats[wanted[number[row["ObjectId"]]]], seats["Overlay"])
    }
    owned = [row["AccountNumber"] for row in crm["Account"] if row["OwnerId"] == gone["Id"]]
    loads, remarks = salesforce_loads(plan, crm, "Boss")
    (back,) = [r for r in remarks if (r.outcome, r.object, r.id) == ("fails", "Account", gone["Id"])]
    kept = sum(plan.rep_of[wanted[number]] in ("", gone["EmployeeNumber"]) for number in owned)
    assert back.message == f"not active: the rollback cannot give {len(owned) - kept} rows back"
    assert said(remarks, "fails", "Territory2Model") == [MODEL]
    assert said(remarks, "fails", REP) == ["Boss"]
    assert said(remarks, "left out", "User") == [gone["EmployeeNumber"]]
    assert said(remarks, "left out", "Account")[0] == missing
    assert set(said(remarks, "comes back", ROW)) == ruled != set()
    written = table([row for step in loads for row in step.rows if "Id" not in row and "UserId" in row])
    assert gone["Id"] not in written.decode()


def test_a_new_territory_is_made_before_it_is_filled(plan: HandedPlan) -> None:
    """Without a record there is only the record to insert; its accounts stay where they are until it has an Id."""
    crm = crm_of(plan, Random(5), complete=True)
    new = crm["Territory2"].pop(0)["DeveloperName"]
    crm[ROW] = []
    loads, remarks = salesforce_loads(plan, crm, "Owner")
    by_step = {(step.object, step.operation): step.rows for step in loads}
    assert [row["DeveloperName"] for row in by_step["Territory2", "insert"]] == [new]
    inside = (plan.accounts["territory_id"] == new).sum()
    assert inside
    assert len(by_step[ROW, "insert"]) == len(plan.accounts) - inside
    assert said(remarks, "left out", "Territory2") == [new]


def test_ids_are_brought_to_18_characters(plan: HandedPlan, tmp_path: Path) -> None:
    """A table with 15 characters is read as one with 18."""
    crm = crm_of(plan, Random(1))
    write_crm(tmp_path, crm)
    long = read_extract(tmp_path)
    short = {
        name: [{k: v[:15] if k.endswith("Id") else v for k, v in row.items()} for row in rows]
        for name, rows in crm.items()
    }
    write_crm(tmp_path, short)
    assert read_extract(tmp_path) == long
    assert long[ROW] == crm[ROW] != []


def test_every_mistake_in_the_tables_is_told_at_once(plan: HandedPlan, tmp_path: Path) -> None:
    """A changed id, an id of another object, one record twice, no column and no file are named with their lines."""
    crm: Tables = crm_of(plan, Random(1))
    first = crm["Account"][0]
    first["Id"] = "0015E000000000AAAA"
    crm["Account"].append(crm["Account"][2])
    crm[ROW][0]["ObjectId"] = "Acme"
    crm[REP][0]["UserId"] = record_id("Account", 1)
    del crm["User"]
    write_crm(tmp_path, crm)
    (tmp_path / "Territory2.csv").write_text("id,DeveloperName\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_extract(tmp_path)
    told = sorted((Path(f.file).name, f.line, f.key, f.code) for f in caught.value.findings)
    assert told == [
        ("Account.csv", 2, "Id", "CRM-ID"),
        ("Account.csv", len(crm["Account"]) + 1, "Id", "CRM-TWICE"),
        ("ObjectTerritory2Association.csv", 2, "ObjectId", "CRM-ID"),
        ("Territory2.csv", 1, "Territory2ModelId", "CSV-COLUMN"),
        ("User.csv", 0, "", "FILE-MISSING"),
        ("UserTerritory2Association.csv", 2, "UserId", "CRM-ID"),
    ]


def test_two_active_models_are_refused(plan: HandedPlan) -> None:
    """Which model is meant is not guessed."""
    crm = crm_of(plan, Random(1))
    crm["Territory2Model"].append({"Id": MODEL[:14] + "2", "State": "Active"})
    with pytest.raises(InputError, match="CRM-MODEL"):
        salesforce_loads(plan, crm, "Owner")


def test_an_amount_that_is_no_number_is_refused(plan: HandedPlan) -> None:
    """A quota of the CRM that cannot be read is not overwritten."""
    crm = crm_of(plan, Random(3), complete=True)
    reps = {row["EmployeeNumber"]: row["Id"] for row in crm["User"]}
    crm["ForecastingQuota"][0] |= {
        "QuotaOwnerId": reps[plan.territories["rep_id"].iloc[0]],
        "QuotaAmount": "1k",
    }
    with pytest.raises(InputError, match="CRM-AMOUNT"):
        salesforce_loads(plan, crm, "Owner")


def test_order_of_rows_changes_nothing(plan: HandedPlan) -> None:
    """New and changed rows of the same tables in another order are the same, whatever the order of accounts."""
    crm = crm_of(plan, Random(3))
    turned = {name: rows[::-1] for name, rows in crm.items()}
    one, two = (load_files(salesforce_loads(plan, tables, "Owner")[0]) for tables in (crm, turned))
    assert sorted(one) == sorted(two)
    for name, content in one.items():
        assert sorted(map(str, read_rows(content))) == sorted(map(str, read_rows(two[name])))
