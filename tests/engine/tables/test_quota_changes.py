"""Changes inside the year: read in the order in which they happen, refused where they contradict themselves."""

from __future__ import annotations

from pathlib import Path

from engine.scenario.reference import EXAMPLE
from engine.tables.read import Checked, check
from tests.small_company import write_company

SCENARIO = EXAMPLE.replace("{plan_target: 2_000_000}", "{plan_target: 2_000_000, changes: changes.csv}")
HEAD = "effective_date,change,position_id,to_position_id,account_id,share,rep_id,reason"


def checked(folder: Path, *rows: str) -> Checked:
    """Check the small company with a list of changes."""
    text = "\n".join([HEAD, *rows]) + "\n"
    return check(write_company(folder, {"scenario.yaml": SCENARIO, "changes.csv": text}))


def test_who_leaves_is_gone_before_another_starts(tmp_path: Path) -> None:
    """On one day the leaver comes first, then what moves, then who starts, however the file orders them."""
    found = checked(
        tmp_path,
        "2027-07-01,start,T1,,,,R9,successor",
        "2027-07-01,move,T1,T2,,0.1,,",
        "2027-07-01,leave,T1,,,,,",
        "2027-03-01,move,T2,T1,,0.2,,",
    )
    assert found.tables is not None
    table = found.tables.quota_changes
    assert table["change"].tolist() == ["move", "leave", "move", "start"]
    assert table["place"].tolist() == [f"changes.csv:{line}" for line in (5, 4, 3, 2)]


def test_a_move_by_account_and_share_is_refused(tmp_path: Path) -> None:
    """An account has a share of its own by its revenue: to name both is an error with its line, and so is neither."""
    found = checked(
        tmp_path, "2027-07-01,move,T1,T2,A1,,,", "2027-07-01,move,T1,T2,A1,0.3,,", "2027-07-01,move,T1,T2,,,,"
    )
    told = [(one.line, one.key, one.code) for one in found.findings if one.file == "changes.csv"]
    assert told == [(3, "share", "QTC-WHAT"), (4, "account_id", "QTC-WHAT")]
