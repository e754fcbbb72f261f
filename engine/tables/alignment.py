"""Today's alignment, and the locks and forbidden pairs of the next one."""

from __future__ import annotations

import pandas as pd

from engine.errors import Severity, shown
from engine.scenario import schema
from engine.scenario.places import KeyPath
from engine.tables.ids import Known, if_meant, note_left_out, plural, refer
from engine.tables.sheet import Intake, Sheet
from engine.tables.text import read_sheet
from engine.tables.zeros import with_zeros_of

RULE_COLUMNS = ("unit", "territory", "reason")


def read_current(
    intake: Intake, current: schema.Current, units: Known | None, positions: Known | None
) -> dict[str, str]:
    """Read today's territory of each unit.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    current
        The scenario's block.
    units, positions
        Ids that exist; None = not known.

    Returns
    -------
    Territory by unit, without units that nobody has: a unit with two territories, or one that does not exist,
    is nobody's.
    """
    content = intake.content(("current", "table"), current.table)
    sheet = None if content is None else read_sheet(content, current.table, intake.findings)
    if sheet is None:
        return {}
    needed: dict[str, KeyPath] = {
        current.unit: ("current", "unit"),
        current.territory: ("current", "territory"),
    }
    sheet = intake.columns(sheet, needed)
    if not all(sheet.has(column) for column in needed):
        return {}
    if units is None:  # nobody knows which rows count
        return {}
    sheet = with_zeros_of(without_blanks(sheet, current.unit, "unit"), [current.unit], units)
    _check_missing(sheet, current, units)
    sheet = _without_doubles(sheet, current)
    note_left_out(sheet, current.unit, units, "units", "units.keep")
    sheet = sheet.kept(refer(sheet, current.unit, units, "unit"))
    nobody = sheet.rows[current.territory] == ""
    if nobody.any():
        message = f"{nobody.sum():,} units have no territory today; they count as nobody's"
        lines = sheet.rows.index[nobody]
        remedy = "write who has them, or leave them blank if nobody has"
        sheet.report(lines, current.territory, "CUR-NOBODY", message, remedy, Severity.WARNING)
    if positions is not None:
        away = sheet.rows[current.territory].isin(positions.left_out)
        if away.any():
            message = (
                f"{away.sum():,} units belong to positions that reps.keep leaves out; they count as nobody's"
            )
            remedy, count = if_meant("reps.keep"), int(away.sum())
            sheet.report([], current.territory, "LEFT-OUT", message, remedy, Severity.NOTE, count=count)
    remedy = "correct it, or leave it; these units count as nobody's"
    known = refer(sheet, current.territory, positions, "territory", Severity.WARNING, remedy)
    rows = sheet.rows[known]
    return dict(zip(rows[current.unit], rows[current.territory], strict=True))


def read_rule(
    intake: Intake, key: KeyPath, file: str, units: Known | None, positions: Known | None
) -> tuple[Sheet | None, pd.DataFrame]:
    """Read locks or forbidden pairs.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    key
        Scenario key of the file.
    file
        Path as written in the scenario.
    units, positions
        Ids that exist; None = not known.

    Returns
    -------
    The table with every rule once (None = not readable), and the columns ``unit, territory, reason`` of rules
    between units and territories in use, by line.
    """
    nothing = pd.DataFrame({name: pd.Series(dtype="str") for name in RULE_COLUMNS})
    content = intake.content(key, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings, need_rows=False)
    if sheet is None:
        return None, nothing
    sheet = intake.columns(sheet, dict.fromkeys(RULE_COLUMNS[:2], ()), RULE_COLUMNS[2:])
    if not all(sheet.has(column) for column in RULE_COLUMNS[:2]):
        return None, nothing
    if not sheet.has("reason"):
        sheet.rows["reason"] = pd.Series("", index=sheet.rows.index, dtype="str")
    whats = {"unit": (units, "units.keep"), "territory": (positions, "reps.keep")}
    for column, (known, _) in whats.items():
        sheet = with_zeros_of(without_blanks(sheet, column, column), [column], known)
    sheet = without_repetitions(sheet, ("unit", "territory"), "a rule")
    good = pd.Series(True, index=sheet.rows.index)
    for column, (known, keep) in whats.items():
        note_left_out(sheet, column, known, plural(column), keep)
        good &= refer(sheet, column, known, column)
    return sheet, sheet.rows.loc[good, list(RULE_COLUMNS)]


def check_conflicts(locks: Sheet | None, forbid: Sheet | None) -> None:
    """Refuse a unit locked to two territories, and a pair both locked and forbidden, be they in use or left out."""
    if locks is None:
        return
    locked = locks.rows.loc[:, list(RULE_COLUMNS)]
    for unit in locks.first_of(locked["unit"][locked["unit"].duplicated()], "unit", "LOCK-TWICE"):
        rows = locked[locked["unit"] == unit]
        one, two = (f"{rows['territory'].iloc[n]} in line {rows.index[n]}" for n in (0, 1))
        message = f"unit {shown(unit)} is locked to {one} and to {two}"
        locks.report(
            [rows.index[1]], "unit", "LOCK-TWICE", message, "delete one of the two locks", value=unit
        )
    if forbid is None:
        return
    forbidden = forbid.rows.loc[:, list(RULE_COLUMNS)]
    locked_in = {(unit, territory): line for line, unit, territory, _ in locked.itertuples()}
    against = {
        line: (unit, territory)
        for line, unit, territory, _ in forbidden.itertuples()
        if (unit, territory) in locked_in
    }
    told = set(forbid.first_of(forbidden["unit"][list(against)], "unit", "LOCK-FORBID"))
    for line, (unit, territory) in against.items():
        if unit in told:
            place = f"{locks.file}:{locked_in[unit, territory]}"
            message = f"unit {shown(unit)} must not go to {shown(territory)}, but {place} locks it there"
            forbid.report([line], "unit", "LOCK-FORBID", message, "delete the lock or this row", value=unit)


def check_rejected(rejected: Sheet, locks: Sheet | None, forbid: Sheet | None) -> None:
    """Refuse a rejected handoff whose unit is locked to another territory, or must not stay where it is."""
    rules = [(sheet, sheet is forbid) for sheet in (locks, forbid) if sheet is not None]
    for sheet, is_forbid in rules:
        for line, unit, territory, _ in rejected.rows.itertuples():
            same = sheet.rows[sheet.rows["unit"] == unit]
            against = same[(same["territory"] == territory) == is_forbid]
            if len(against):
                place = f"{sheet.file}:{against.index[0]}"
                words = "keeps it from there" if is_forbid else "locks it elsewhere"
                message = f"unit {shown(unit)} is to stay with {shown(territory)}, but {place} {words}"
                rejected.report([line], "decision", "HAND-LOCK", message, "change one of the two", value=unit)


def without_blanks(sheet: Sheet, column: str, what: str) -> Sheet:
    """Leave out rows whose id is blank, which are errors."""
    blank = sheet.rows[column] == ""
    if blank.any():
        lines = sheet.rows.index[blank]
        sheet.report(lines, column, "ID-BLANK", f"the {what} is blank", "write its id, or delete the row")
    return sheet.kept(~blank)


def without_repetitions(sheet: Sheet, pair: tuple[str, str], what: str) -> Sheet:
    """Leave out rows that repeat a pair of ids."""
    again = sheet.rows.duplicated(subset=list(pair))
    if again.any():
        message = f"{again.sum():,} rows repeat {what}; one of each was kept"
        lines = sheet.rows.index[again]
        sheet.report(lines, pair[0], "ID-REPEATED", message, "delete the repetitions", Severity.REPAIR)
    return sheet.kept(~again)


def _without_doubles(sheet: Sheet, current: schema.Current) -> Sheet:
    """A unit that two territories claim today is nobody's: moving it then costs nothing."""
    sheet = without_repetitions(sheet, (current.unit, current.territory), "a unit and its territory")
    claimed = sheet.rows[current.unit].duplicated(keep=False)
    if claimed.any():
        lines = sheet.rows.index[claimed]
        units = sheet.rows.loc[lines, current.unit]
        unit = units.iloc[0]
        message = f"{units.nunique()} units have two territories, such as {shown(unit)}"
        remedy = "leave one territory for each unit; they count as nobody's"
        sheet.report(lines, current.unit, "CUR-TWICE", message, remedy, Severity.WARNING, unit)
    return sheet.kept(~claimed)


def _check_missing(sheet: Sheet, current: schema.Current, units: Known) -> None:
    missing = sorted(units.ids - frozenset(sheet.rows[current.unit]))
    missing = [name for name in missing if name not in sheet.unread]  # told already
    if missing:
        some = ", ".join(shown(unit) for unit in missing[:20])
        message = f"{len(missing):,} units are missing here and count as nobody's: {some}"
        count = len(missing)
        sheet.report(
            [], current.unit, "CUR-MISSING", message, "add them", Severity.WARNING, missing[0], count
        )
