"""Rules on units through the command: read, kept by the plan, told in reasons, and verified from the files alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import run_scenario
from engine.cli import main
from engine.errors import Severity
from engine.runs import StoredRun, list_runs, load_run
from engine.tables.read import check
from engine.verify.checker import verify_run
from tests.small_company import FILES, write_company

TOGETHER = "group,unit,reason\nriver,01003,one valley\nriver,02005,one valley\n"
APART = "group,unit,reason\nrivals,02001,competitors\nrivals,02003,competitors\n"
RULES = "rules: {locks: locks.csv, forbid: forbid.csv}"
WIDE = "territories:\n  contiguity: 'off'\n"


def scenario(rules: str, more: str = "") -> str:
    """Write the company's scenario with more rules, without contiguity and with wide limits."""
    text = str(FILES["scenario.yaml"])
    assert RULES in text
    text = text.replace(RULES, f"rules: {{locks: locks.csv, forbid: forbid.csv{rules}}}")
    for part in ("tolerance: 0.20", "tolerance: 0.25"):
        text = text.replace(part, "tolerance: 0.60")
    return text.replace("territories:\n", WIDE) + more


def run(folder: Path, text: str, **tables: str) -> tuple[int, StoredRun | None]:
    """Run a scenario of the company with some tables of its own."""
    files: dict[str, str | bytes] = {f"{name}.csv": table for name, table in tables.items()}
    path = write_company(folder, {"scenario.yaml": text, **files})
    words = [str(path), "--out", str(folder / "runs"), "--set", "simulation.replications=10"]
    code = main(run_scenario, words)
    found = list_runs(folder / "runs")
    return code, load_run(found[0].path) if found else None


def holders(stored: StoredRun) -> dict[str, str]:
    """Give the territory of each unit."""
    table = stored.table("alignment")
    return dict(zip(table["unit_id"], table["territory_id"], strict=True))


def rewrite(stored: StoredRun, name: str, change: Callable[[str], str]) -> set[str]:
    """Damage a file of a run, and give the rules that the checker then finds broken."""
    file = stored.path / name
    text = file.read_text(encoding="utf-8")
    assert change(text) != text
    file.write_text(change(text), encoding="utf-8")
    return {check.rule for check in verify_run(stored.path).checks if not check.passed}


def test_groups_are_kept_told_and_verified(tmp_path: Path) -> None:
    """Units together have one territory, units apart two, both say so, and the checker reads it from the copies of the rules."""
    text = scenario(", together: together.csv, apart: apart.csv")
    code, stored = run(tmp_path, text, together=TOGETHER, apart=APART)
    assert code == 0
    assert stored is not None
    of = holders(stored)
    assert of["01003"] == of["02005"]
    assert of["02001"] != of["02003"]
    reasons = stored.table("alignment").set_index("unit_id")["reason"]
    assert reasons["01003"].endswith("Stays together with 02005.")
    assert reasons["02001"].endswith(f"Apart from 02003 ({of['02003']}).")
    assert verify_run(stored.path).verdict
    away = next(unit for unit, territory in of.items() if territory != of["01003"])
    assert "rules: together" in rewrite(stored, "inputs/together.csv", lambda t: t.replace("02005", away))
    beside = next(unit for unit, t in of.items() if t == of["02001"] and unit != "02001")
    assert "rules: apart" in rewrite(stored, "inputs/apart.csv", lambda t: t.replace("02003", beside))


def test_conflicting_groups_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Units that must stay together and be apart end with the conflict and both rules in the user's words."""
    both = TOGETHER.replace("river", "rivals")
    code, _ = run(tmp_path, scenario(", together: together.csv, apart: apart.csv"), together=both, apart=both)
    said = capsys.readouterr().err
    assert code == 3
    assert (
        "2 units (01003, 02005) must be apart (rules.apart) and stay together (rules.together)"
        in " ".join(said.split())
    )
    assert "units together in together.csv (scenario.yaml:" in said


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "severity"),
    [
        ("river,02005", ",02005", "ID-BLANK", 3, Severity.ERROR),
        ("river,02005", "river,", "ID-BLANK", 3, Severity.ERROR),
        ("river,02005", "river,09999", "REF-UNIT", 3, Severity.ERROR),
        ("group", "grupe", "CSV-COLUMN", 1, Severity.ERROR),
        ("river,02005", "lake,02005", "GRP-ALONE", 2, Severity.WARNING),
        ("river,02005", "river,01003", "ID-REPEATED", 3, Severity.REPAIR),
    ],
)
def test_mistakes_in_groups_have_their_line(
    tmp_path: Path, old: str, new: str, code: str, line: int, severity: Severity
) -> None:
    """Each mistake in a table of groups is told with its line."""
    assert old in TOGETHER
    files = {"scenario.yaml": scenario(", together: g.csv"), "g.csv": TOGETHER.replace(old, new, 1)}
    findings = check(write_company(tmp_path, {**files})).findings
    assert (code, line, severity) in [(f.code, f.line, f.severity) for f in findings if f.file == "g.csv"]


def test_groups_that_share_a_unit_are_one(tmp_path: Path) -> None:
    """What stays together with a unit of one group and with a unit of another stays together altogether."""
    chain = TOGETHER + "hill,02005,\nhill,01007,\n"
    code, stored = run(tmp_path, scenario(", together: together.csv"), together=chain)
    assert code == 0
    assert stored is not None
    of = holders(stored)
    assert of["01003"] == of["02005"] == of["01007"]


def test_no_territory_loses_more_than_its_share(tmp_path: Path) -> None:
    """With at most half of each territory's value leaving it the plan keeps that, and the checker holds it to a smaller share."""
    text = scenario("", "disruption: {max_share_per_rep: 0.5}\n")
    code, stored = run(tmp_path, text)
    assert code == 0
    assert stored is not None
    alignment = stored.table("alignment").merge(stored.table("units"), on="unit_id")
    value = alignment.groupby("previous_territory_id")["handoff_value"].sum()
    gone = alignment[alignment["previous_territory_id"] != alignment["territory_id"]]
    left = gone.groupby("previous_territory_id")["handoff_value"].sum().reindex(value.index, fill_value=0.0)
    assert (left <= 0.5 * value + 1e-9).all()
    assert verify_run(stored.path).verdict
    broken = rewrite(stored, "alignment.csv", lambda t: t.replace("01001,T1,T1", "01001,T2,T1"))
    assert "plan: disruption by territory" in broken
