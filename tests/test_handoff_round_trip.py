"""The guide's round trip: a run, its handoffs, two rejections, another run that keeps them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import run_scenario
from engine.cli import main
from engine.runs import StoredRun, list_runs, load_run
from engine.verify.checker import verify_run

ROOT = Path(__file__).resolve().parent.parent
QUICK = ("--set", "simulation.replications=10", "--workers", "1")
REVIEWED = """extends: quickstart.yaml
name: quickstart-reviewed
rules: {locks_from: ../exports/handoffs.csv}
"""


def command(*words: str) -> int:
    """Run the command line as a user would."""
    return main(run_scenario, words)


def planned(folder: Path, name: str) -> StoredRun:
    """Run a scenario of the folder."""
    out = folder / "runs"
    assert command(str(folder / "scenarios" / f"{name}.yaml"), "--out", str(out), *QUICK) == 0
    (found,) = [one for one in list_runs(out) if one.path.name.rsplit("-", 1)[0] == name]
    return load_run(found.path)


def test_rejected_handoffs_stay_where_they_are(tmp_path: Path) -> None:
    """An account and a unit that managers rejected stay; the rest is solved anew and the checker accepts it."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    first = planned(tmp_path, "quickstart")
    assert command("export", str(first.path), "--crm", "handoffs", "--out", str(tmp_path / "exports")) == 0
    written = tmp_path / "exports" / f"{first.path.name}-handoffs" / "handoffs.csv"
    with written.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    moved = first.table("accounts").query("moved")
    assert {row["account_id"] for row in rows} == set(moved["account_id"])
    values = [float(row["value"]) for row in rows]
    assert values == sorted(values, reverse=True)
    loss = first.json("scenario.resolved")["disruption"]["loss_on_handoff"]
    assert all(abs(float(row["expected_loss"]) - loss * float(row["value"])) <= 0.005001 for row in rows)
    assert {row["decision"] for row in rows} == {""}

    before = first.table("alignment").set_index("unit_id")["previous_territory_id"]
    account = rows[0]
    unit = next(
        row for row in rows if row["unit_id"] != account["unit_id"] and before[row["unit_id"]] == row["from"]
    )
    account["decision"], unit["decision"] = "reject", "reject unit"
    with (tmp_path / "exports" / "handoffs.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "scenarios" / "quickstart-reviewed.yaml").write_text(REVIEWED, encoding="utf-8")
    second = planned(tmp_path, "quickstart-reviewed")
    accounts = second.table("accounts").set_index("account_id")
    assert accounts.loc[account["account_id"], "territory_id"] == account["from"]
    assert accounts.loc[account["account_id"], "locked"]
    now = second.table("alignment").set_index("unit_id")
    assert now.loc[unit["unit_id"], ["territory_id", "locked"]].tolist() == [unit["from"], True]
    assert verify_run(second.path).verdict
