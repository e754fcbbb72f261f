"""Rules on units through the command: read, kept by the plan, told in reasons, and verified from the files alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import run_scenario
from engine.cli import main
from engine.errors import Severity
from engine.problem import build_problem
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
    assert "rule: units 01003, 02005 stay together (together.csv group rivals)" in said
    assert "fix: delete group rivals of apart.csv (tried: a plan was found)" in said


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


def with_column(table: str, name: str, cells: list[str]) -> str:
    """Add a column to a table of the company."""
    header, *rows = str(FILES[table]).strip().split("\n")
    lines = [f"{header},{name}", *(f"{row},{cell}" for row, cell in zip(rows, cells, strict=True))]
    return "\n".join(lines) + "\n"


SKILLS = with_column("units.csv", "skill", ["", "", "medical; public", "", "", "public", "", ""])
HAVE = with_column("reps.csv", "skills", ["public", "public ;medical", ""])
AREAS = with_column("units.csv", "area", ["N"] * 4 + ["S"] * 4)
PATCHES = with_column("reps.csv", "patch", ["N", "S", ""])
ELIGIBLE = scenario(", eligibility: [{unit: skill, position: skills}]")
INSIDE = scenario(", inside_region: {unit: area, position: patch}")


def test_units_go_where_their_skill_is(tmp_path: Path) -> None:
    """A unit goes to a position that has all it needs, says so, and the checker finds one that does not."""
    code, stored = run(tmp_path, ELIGIBLE, units=SKILLS, reps=HAVE)
    assert code == 0
    assert stored is not None
    of = holders(stored)
    assert of["01005"] == "T2"  # the only one that has both
    assert of["02003"] in ("T1", "T2")
    reasons = stored.table("alignment").set_index("unit_id")["reason"]
    assert reasons["01005"].endswith("Needs medical; public, which 1 of 3 positions has.")
    assert "Needs" not in reasons["01001"]
    assert verify_run(stored.path).verdict
    broken = rewrite(
        stored, "inputs/needs.csv", lambda t: t.replace("position,T2,medical; public", "position,T2,public")
    )
    assert "rules: eligibility.0" in broken


def test_a_position_may_have_anything(tmp_path: Path) -> None:
    """A star stands for every skill, and a vacancy that is added may have every unit."""
    text = ELIGIBLE.replace(WIDE, WIDE + "  count: 4\n  extra: vacant\n")
    checked = check(
        write_company(
            tmp_path,
            {"scenario.yaml": text, "units.csv": SKILLS, "reps.csv": HAVE.replace(",public\n", ",*\n")},
        )
    )
    assert checked.loaded is not None
    assert checked.tables is not None
    problem = build_problem(checked.loaded.scenario, checked.tables)
    assert problem.territory_ids == ("OPEN01", "T1", "T2", "T3")
    assert problem.allowed[2].tolist() == [True, True, True, False]  # 01005, needs both
    assert problem.allowed[5].tolist() == [True, True, True, False]  # 02003
    assert problem.allowed[6].tolist() == [True] * 4


def test_territories_stay_inside_regions(tmp_path: Path) -> None:
    """No territory has units of two regions, a vacancy gets the region that lacks seats, and the checker sees a stray unit."""
    code, stored = run(tmp_path, INSIDE, units=AREAS, reps=PATCHES)
    assert code == 0
    assert stored is not None
    of = holders(stored)
    regions = {t: {unit[:2] for unit, holder in of.items() if holder == t} for t in ("T1", "T2", "T3")}
    assert regions == {"T1": {"01"}, "T2": {"02"}, "T3": {"01"}}
    told = [
        p
        for p in json.loads((stored.path / "problems.json").read_text(encoding="utf-8"))
        if p["code"] == "REG-CHOSEN"
    ]
    assert len(told) == 1
    assert "T3 to N" in told[0]["message"]
    reasons = stored.table("alignment").set_index("unit_id")["reason"]
    assert reasons["01005"].endswith("Stays inside its region N, which has 2 of 3 positions.")
    assert verify_run(stored.path).verdict
    assert "rules: inside_region" in rewrite(
        stored, "inputs/needs.csv", lambda t: t.replace("unit,01005,N", "unit,01005,S")
    )


def test_vacancies_that_are_added_roll_up_in_their_region(tmp_path: Path) -> None:
    """Where positions' regions decide, a vacancy's region is the one it was given in every table."""
    text = scenario(", inside_region: {unit: area}").replace(WIDE, WIDE + "  count: 5\n  extra: vacant\n")
    units = AREAS.replace(",N\n", ",North\n").replace(",S\n", ",South\n")
    reps = str(FILES["reps.csv"]).replace(
        "T2,R2,Ben,Southtown,50.1,10.3,0.8,2021-05-01,6,field,Mo,North",
        "T2,R2,Ben,Southtown,50.1,10.3,0.8,2021-05-01,6,field,Mo,South",
    )
    checked = check(write_company(tmp_path, {"scenario.yaml": text, "units.csv": units, "reps.csv": reps}))
    assert checked.tables is not None
    # of 4.8 seats the north should have 3.3 and has two, the south 1.5 and has 0.8
    assert checked.tables.reps["region"].to_dict() == {
        "OPEN01": "North", "OPEN02": "South", "T1": "North", "T2": "South", "T3": "North",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "table", "old", "new", "code", "says"),
    [
        (ELIGIBLE, "units", "medical; public", "medicall", "NEED-NOBODY", "did you mean medical?"),
        (ELIGIBLE, "units", ",skill", ",skil", "CSV-COLUMN", "did you mean skil?"),
        (ELIGIBLE, "reps", ",skills", ",talents", "CSV-COLUMN", "no column skills"),
        (INSIDE, "units", "600,60,N", "600,60,", "REG-BLANK", "such as 01007"),
        (INSIDE, "units", "600,60,N", "600,60,M", "NEED-NOBODY", "1 units lie in M"),
        (INSIDE, "reps", "North,900000,800000,N", "North,900000,800000,", "REG-SEAT", "T1"),
    ],
)
def test_mistakes_in_needs_are_told(
    tmp_path: Path, text: str, table: str, old: str, new: str, code: str, says: str
) -> None:
    """Each mistake in what units need or positions have is an error with its key and a remedy."""
    files = {"units": SKILLS if text == ELIGIBLE else AREAS, "reps": HAVE if text == ELIGIBLE else PATCHES}
    assert old in files[table]
    files[table] = files[table].replace(old, new, 1)
    checked = check(
        write_company(tmp_path, {"scenario.yaml": text, **{f"{name}.csv": t for name, t in files.items()}})
    )
    assert checked.tables is None
    told = [f.message for f in checked.findings if f.code == code and f.severity is Severity.ERROR]
    assert any(says in message for message in told), checked.findings


def test_units_need_no_map_without_contiguity(tmp_path: Path) -> None:
    """Units that touch nothing are planned and verified; where territories must be connected, the missing table is an error."""
    text = scenario("")
    bare = text.replace(", adjacency: adjacency.csv", "")
    assert bare != text
    code, stored = run(tmp_path, bare)
    assert code == 0
    assert stored is not None
    assert verify_run(stored.path).verdict
    assert stored.table("adjacency").empty
    connected = check(write_company(tmp_path, {"scenario.yaml": bare.replace(WIDE, "territories:\n")}))
    assert [(f.code, f.line) for f in connected.findings if f.severity is Severity.ERROR] == [
        ("SCN-ADJACENCY", 3)
    ]
