"""Rejected handoffs become locks; what contradicts the tables of today is told, not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.scenario.reference import EXAMPLE
from engine.tables.read import Checked, check
from tests.small_company import write_company

RULES = "rules: {locks: locks.csv, forbid: forbid.csv"
SCENARIO = EXAMPLE.replace(RULES, f"{RULES}, locks_from: handoffs.csv")


def checked(folder: Path, *rows: str, scenario: str = SCENARIO) -> Checked:
    """Check the small company with a list of handoffs."""
    text = "\n".join(["account_id,name,from,to,value,decision", *rows]) + "\n"
    return check(write_company(folder, {"scenario.yaml": scenario, "handoffs.csv": text}))


def codes(found: Checked) -> list[tuple[str, int, str]]:
    """File, line and code of what was found."""
    return [(finding.file, finding.line, finding.code) for finding in found.findings]


def test_a_rejected_account_is_locked(tmp_path: Path) -> None:
    """Only the rejected account is locked to its owner; no unit is."""
    found = checked(tmp_path, "A1,Alpha,T1,T2,1000.5,Reject ", "A3,Gamma,T2,T1,0,accept")
    assert found.tables is not None
    locked = found.tables.accounts["locked"]
    assert locked.index[locked].tolist() == ["A1", "A2"]  # A2 is locked in the table of accounts
    assert found.tables.locks["unit"].tolist() == ["01001", "02007"]
    assert [file.role for file in found.tables.files].count("rules.locks_from") == 1


def test_a_rejected_unit_is_locked_once(tmp_path: Path) -> None:
    """The unit stays with its territory of today, beside the locks there are; the account is not locked by itself."""
    found = checked(tmp_path, "A2,Beta,T1,T2,2000,reject unit", "A1,Alpha,T1,T2,1000.5,reject unit")
    assert found.tables is not None
    assert found.tables.locks.to_numpy().tolist() == [
        ["01001", "T1", "home", "locks.csv:2"],
        ["01003", "T1", "handoff of account A2 rejected", "handoffs.csv:2"],
        ["02007", "T2", "home", "locks.csv:3"],
    ]
    assert not found.tables.accounts.loc["A1", "locked"]


def test_an_empty_list_changes_nothing(tmp_path: Path) -> None:
    """Without rows, or without decisions, the tables are those of the scenario without the list."""
    plain = check(write_company(tmp_path, {"scenario.yaml": EXAMPLE})).tables
    for rows in ((), ("A1,Alpha,T1,T2,1,", "A3,Gamma,T2,T1,0,accept")):
        tables = checked(tmp_path, *rows).tables
        assert plain is not None
        assert tables is not None
        assert tables.accounts.equals(plain.accounts)
        assert tables.locks.equals(plain.locks)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("A1,Alpha,T1,T2,1,no", "HAND-DECISION"),
        ("A1,Alpha,T2,T1,1,reject", "HAND-OWNER"),
        ("A1,Alpha,,T1,1,reject", "HAND-OWNER"),
        ("A4,Delta,T1,T2,1,reject", "HAND-OWNER"),
        ("A9,Nobody,T1,T2,1,reject", "REF-ACCOUNT"),
        (",Nobody,T1,T2,1,reject", "ID-BLANK"),
        ("A1,Alpha,T1,T2,1,accept\nA1,Alpha,T1,T2,1,reject", "ID-TWICE"),
    ],
)
def test_what_contradicts_the_accounts_is_told(tmp_path: Path, row: str, code: str) -> None:
    """Decisions nobody knows, other owners, unknown accounts and two decisions on one account are errors."""
    found = checked(tmp_path, row)
    assert found.tables is None
    assert [place for place in codes(found) if place[2] != "LEFT-OUT"] == [
        ("handoffs.csv", 3 if code == "ID-TWICE" else 2, code)
    ]


def test_a_unit_stays_only_where_it_is_and_may_be(tmp_path: Path) -> None:
    """A unit of somebody else, one locked elsewhere and a forbidden place are told with the line of the other rule."""
    accounts = "account_id,name,town,segment,revenue_usd,owner,named,locked\n"
    other = {"accounts.csv": accounts + "A1,Alpha,02007,small,1,T1,no,no\n"}
    files = {"scenario.yaml": SCENARIO.replace("  opening_pipeline: pipeline.csv\n", "")}
    head = "account_id,from,decision\n"
    path = write_company(tmp_path, {**files, **other, "handoffs.csv": head + "A1,T1,reject unit\n"})
    assert codes(check(path)) == [("handoffs.csv", 2, "HAND-UNIT")]
    rules = {
        "locks.csv": "unit,territory,reason\n01001,T2,x\n",
        "forbid.csv": "unit,territory,reason\n01003,T1,y\n",
    }
    rows = head + "A1,T1,reject unit\nA2,T1,reject unit\n"
    path = write_company(tmp_path, {"scenario.yaml": SCENARIO, **rules, "handoffs.csv": rows})
    found = check(path)
    assert codes(found) == [("handoffs.csv", 2, "HAND-LOCK"), ("handoffs.csv", 3, "HAND-LOCK")]
    assert ["locks.csv:2" in found.findings[0].message, "forbid.csv:2" in found.findings[1].message] == [
        True,
        True,
    ]


def test_spreadsheets_may_have_changed_the_list(tmp_path: Path) -> None:
    """Semicolons and a quote before an id that looks like a formula are read as what they were."""
    accounts = (
        "account_id,name,town,segment,revenue_usd,owner,named,locked\n-1,Alpha,01001,small,1,T1,no,no\n"
    )
    scenario = SCENARIO.replace("  opening_pipeline: pipeline.csv\n", "")
    files = {"scenario.yaml": scenario, "accounts.csv": accounts}
    path = write_company(tmp_path, {**files, "handoffs.csv": "account_id;from;decision\n'-1;T1;reject\n"})
    tables = check(path).tables
    assert tables is not None
    assert tables.accounts["locked"].tolist() == [True]


def test_a_list_needs_accounts(tmp_path: Path) -> None:
    """Without a table of accounts there is nothing to keep."""
    scenario = SCENARIO.replace("accounts: {table: accounts.csv}\n", "").replace(
        "  opening_pipeline: pipeline.csv\n", ""
    )
    assert [code for *_, code in codes(checked(tmp_path, scenario=scenario))] == ["HAND-NONE"]
