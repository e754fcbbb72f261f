"""Groups of units: those that stay together, and those that are apart."""

from __future__ import annotations

import pandas as pd

from engine.errors import Severity, shown
from engine.scenario.places import KeyPath
from engine.tables.alignment import without_blanks, without_repetitions
from engine.tables.ids import Known, note_left_out, refer
from engine.tables.sheet import Intake
from engine.tables.tables import no_groups
from engine.tables.text import read_sheet
from engine.tables.zeros import with_zeros_of

COLUMNS = ("group", "unit", "reason")


def read_groups(intake: Intake, key: KeyPath, file: str, units: Known | None) -> pd.DataFrame:
    """Read groups of units.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    key
        Scenario key of the file.
    file
        Path as written in the scenario.
    units
        Ids of units that exist; None = not known.

    Returns
    -------
    Columns ``group, unit, reason`` of units in use, each once in a group; groups of one unit are left out.
    """
    content = intake.content(key, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings, need_rows=False)
    if sheet is None:
        return no_groups()
    sheet = intake.columns(sheet, dict.fromkeys(COLUMNS[:2], ()), COLUMNS[2:])
    if not all(sheet.has(column) for column in COLUMNS[:2]):
        return no_groups()
    if not sheet.has("reason"):
        sheet.rows["reason"] = pd.Series("", index=sheet.rows.index, dtype="str")
    for column in COLUMNS[:2]:
        sheet = without_blanks(sheet, column, column)
    sheet = with_zeros_of(sheet, ["unit"], units)
    sheet = without_repetitions(sheet, ("group", "unit"), "a unit of a group")
    note_left_out(sheet, "unit", units, "units", "units.keep")
    rows = sheet.rows.loc[refer(sheet, "unit", units, "unit"), list(COLUMNS)]
    alone = ~rows["group"].duplicated(keep=False)
    if alone.any():
        group = rows["group"][alone].iloc[0]
        message = f"group {shown(group)} has one unit that is in use, and no effect"
        remedy = "name another unit of the group, or delete the row"
        sheet.report(rows.index[alone], "group", "GRP-ALONE", message, remedy, Severity.WARNING, group)
    return rows[~alone].reset_index(drop=True)
