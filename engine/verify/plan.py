"""The alignment: every unit once, in a known territory, where the rules want it, with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from engine.verify.figures import RELATIVE
from engine.verify.reading import Unreadable, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

RULE = ("unit", "territory", "reason")
NEED = ("rule", "kind", "id", "value")
GROUP = ("group", "unit", "reason")


def check_plan(run: Run) -> Iterator[Check]:
    """Check who gets which unit."""
    units, alignment, territories = run.units, run.alignment, run.territories
    lost = [f"unit {unit} has no territory" for unit in units if unit not in alignment]
    extra = [f"{unit} is not in units.csv" for unit in alignment if unit not in units]
    yield judge("plan: every unit once", f"{len(units)} units", f"{len(alignment)} units", lost + extra)

    unknown = [
        f"{row.file}:{row.line}: {column} {row.text(column)!r} is not in territories.csv"
        for row in alignment.values()
        for column in ("territory_id", "previous_territory_id")
        if row.text(column) not in territories and (row.text(column) or column == "territory_id")
    ]
    yield judge(
        "plan: territories known", "ids of territories.csv", f"{len(territories)} territories", unknown
    )

    silent = [
        f"unit {unit} has no reason" for unit, row in alignment.items() if not row.text("reason").strip()
    ]
    yield judge("plan: reasons", "a reason for every unit", "all there", silent)

    count = run.scenario.at("territories.count")
    if count != "per_position":
        wanted = int(run.scenario.number("territories.count"))
        wrong = [] if len(territories) == wanted else [f"{len(territories)} territories"]
        yield judge("plan: number of territories", f"{wanted} territories", f"{wanted} territories", wrong)


def check_rules(run: Run) -> Iterator[Check]:
    """Check locks and forbidden pairs against the copies of the rules."""
    locks = _pairs(run, "locks")
    wanted = {unit for unit, _ in locks}
    holder = {unit: row.text("territory_id") for unit, row in run.alignment.items()}
    broken = [f"unit {u} is with {holder.get(u)!r}, locked to {t}" for u, t in locks if holder.get(u) != t]
    broken += [
        f"unit {unit} is marked locked={'yes' if row.flag('locked') else 'no'}"
        for unit, row in run.alignment.items()
        if row.flag("locked") != (unit in wanted)
    ]
    yield judge("rules: locks", "every locked unit with its territory, marked", f"{len(locks)} kept", broken)

    forbidden = _pairs(run, "forbid")
    broken = [
        f"unit {unit} is with {territory}" for unit, territory in forbidden if holder.get(unit) == territory
    ]
    broken += [f"unit {unit} is not in the alignment" for unit, _ in forbidden if unit not in holder]
    yield judge("rules: forbidden pairs", "no forbidden pair", f"{len(forbidden)} avoided", broken)


def check_groups(run: Run) -> Iterator[Check]:
    """Check groups of units that stay together, and of units that are apart."""
    holder = {unit: row.text("territory_id") for unit, row in run.alignment.items()}
    for rule, required in (
        ("together", "one territory a group"),
        ("apart", "no two of a group in one territory"),
    ):
        groups = _groups(run, rule)
        broken = []
        for name, units in groups.items():
            held = [holder.get(unit, "") for unit in units]
            if "" in held:
                broken.append(f"a unit of group {name} is not in the alignment")
            elif rule == "together" and len(set(held)) > 1:
                broken.append(f"group {name} is with {', '.join(sorted(set(held)))}")
            elif rule == "apart" and len(set(held)) < len(held):
                twice = sorted({territory for territory in held if held.count(territory) > 1})
                broken.append(f"{twice[0]} has two units of group {name}")
        if run.named(f"rules.{rule}"):
            yield judge(f"rules: {rule}", required, f"{len(groups)} groups kept", broken)


def check_needs(run: Run) -> Iterator[Check]:
    """Check that every unit is with a position that has what it needs, and every territory inside its region."""
    rules = [f"eligibility.{place}" for place in range(len(run.listed("rules.eligibility")))]
    rules += ["inside_region"] if run.named("rules.inside_region") else []
    name, cells = "inputs/needs.csv", {}
    if rules:
        for row in read_table(run.folder, name, NEED):
            key = row.text("rule"), row.text("kind"), row.filled("id")
            if key in cells or key[0] not in rules or key[1] not in ("unit", "position"):
                raise Unreadable(
                    f"{name}:{row.line}: {', '.join(key)} is there twice, or no such rule is in the scenario"
                )
            cells[key] = row.text("value")
    elif (run.folder / name).exists():
        raise Unreadable(f"{name}: is there although the scenario names no such rule")
    for rule in rules:
        wrong = [
            f"unit {unit} needs {cells.get((rule, 'unit', unit), '(nothing is written)')!r}, {territory} has {have!r}"
            for territory, units in run.members.items()
            for have in [cells.get((rule, "position", territory), "")]
            for unit in units
            if not _met(rule, cells.get((rule, "unit", unit)), have)
        ]
        yield judge(
            f"rules: {rule}", "a position that has what the unit needs", f"{len(run.alignment)} units", wrong
        )


def _met(rule: str, need: str | None, have: str) -> bool:
    if need is None:
        return False
    if rule == "inside_region":
        return need == have
    wanted, there = ({word.strip() for word in text.split(";")} - {""} for text in (need, have))
    return wanted <= there or "*" in there


def check_reach(run: Run) -> Iterator[Check]:
    """Check the longest one-way trip from a home base."""
    if run.scenario.at("territories.max_travel_hours") is None:
        return
    limit = float(run.scenario.number("territories.max_travel_hours"))
    pace = float(run.scenario.number("travel.circuity") / run.scenario.positive("travel.speed_kmh"))
    far, worst = [], 0.0
    for territory in run.homes:
        for unit in run.members[territory]:
            hours = run.base_km(unit, territory) * pace
            worst = max(worst, hours)
            if hours > limit * (1 + float(RELATIVE)):
                far.append(f"unit {unit} is {hours:.4g} h from the base of {territory}")
    yield judge("plan: travel limit", f"at most {limit:g} h", f"longest {worst:.4g} h", far, limit - worst)


def _pairs(run: Run, rule: str) -> tuple[tuple[str, str], ...]:
    """Read the copy of the locks or forbidden pairs; there is none when the scenario names none."""
    name = f"inputs/{rule}.csv"
    named = run.scenario.at(f"rules.{rule}") is not None
    rules = run.scenario.at("rules")
    if rule == "locks" and isinstance(rules, dict) and rules.get("locks_from") is not None:
        named = True  # rejected handoffs are locks, too; scenarios of older versions lack the key
    if not named:
        if (run.folder / name).exists():
            raise Unreadable(f"{name}: is there although the scenario names no rules.{rule}")
        return ()
    rows = read_table(run.folder, name, RULE, may_be_empty=True)
    pairs = tuple((row.filled("unit"), row.filled("territory")) for row in rows)
    if len(set(pairs)) < len(pairs):
        raise Unreadable(f"{name}: a rule is there twice")
    return pairs


def _groups(run: Run, rule: str) -> dict[str, list[str]]:
    """Read the copy of the groups that a rule names; there is none when the scenario names none."""
    name = f"inputs/{rule}.csv"
    if not run.named(f"rules.{rule}"):
        if (run.folder / name).exists():
            raise Unreadable(f"{name}: is there although the scenario names no rules.{rule}")
        return {}
    groups: dict[str, list[str]] = {}
    for row in read_table(run.folder, name, GROUP, may_be_empty=True):
        groups.setdefault(row.filled("group"), []).append(row.filled("unit"))
    if any(len(set(units)) < max(len(units), 2) for units in groups.values()):
        raise Unreadable(f"{name}: a unit is there twice in a group, or a group has one unit")
    return groups
