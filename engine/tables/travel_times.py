"""Travel times between units and home bases, given instead of estimated."""

from __future__ import annotations

import pandas as pd

from engine.errors import Severity
from engine.scenario.places import KeyPath
from engine.tables.cells import numbers
from engine.tables.ids import Known, note_left_out, plural, refer
from engine.tables.positions import PositionTable
from engine.tables.sheet import Intake, Sheet
from engine.tables.tables import no_travel_times
from engine.tables.text import read_sheet
from engine.tables.zeros import with_zeros_of

_KEY: KeyPath = ("travel", "table")
_IDS = ("unit", "territory")


def read_travel_times(
    intake: Intake, file: str, units: Known | None, positions: PositionTable | None
) -> pd.DataFrame:
    """Read hours of one-way trips.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    units
        Ids of units that exist; None = not known.
    positions
        The positions with their home bases; None = not known.

    Returns
    -------
    Columns ``unit, territory, hours``, each pair once.
    """
    content = intake.content(_KEY, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings)
    if sheet is None:
        return no_travel_times()
    sheet = intake.columns(sheet, dict.fromkeys((*_IDS, "hours"), ()), ())
    if not all(sheet.has(column) for column in (*_IDS, "hours")):
        return no_travel_times()
    good = pd.Series(True, index=sheet.rows.index)
    seats = positions.known if positions is not None else None
    for column, known, keep in (("unit", units, "units.keep"), ("territory", seats, "reps.keep")):
        sheet = with_zeros_of(sheet, [column], known)
        note_left_out(sheet, column, known, plural(column), keep)
        good &= refer(sheet, column, known, column) & (sheet.rows[column] != "")
    hours = numbers(sheet, "hours")
    _check_pairs(sheet, good)
    if units is not None and positions is not None:
        _check_bases(sheet, good, units, positions.rows)
    table = sheet.rows.loc[good, list(_IDS)].assign(hours=hours[good])
    return table.reset_index(drop=True)


def _check_pairs(sheet: Sheet, good: pd.Series[bool]) -> None:
    blank = (sheet.rows[list(_IDS)] == "").any(axis=1)
    if blank.any():
        message = "unit or territory is blank"
        sheet.report(sheet.rows.index[blank], "unit", "TRV-BLANK", message, "write both, or delete the row")
    again = good & sheet.rows[list(_IDS)].duplicated()
    if again.any():
        row = sheet.rows[again].iloc[0]
        message = f"the way between unit {row['unit']} and {row['territory']} is there twice"
        sheet.report(sheet.rows.index[again], "unit", "TRV-TWICE", message, "keep one of the two rows")


def _check_bases(sheet: Sheet, good: pd.Series[bool], units: Known, positions: pd.DataFrame) -> None:
    """Warn of ways from positions without a home base, and of ways that are missing."""
    based = positions.index[positions["home_lat"].notna()]
    free = good & ~sheet.rows["territory"].isin(based)
    if free.any():
        first = sheet.rows["territory"][free].iloc[0]
        message = f"{first} has no home base, so that its ways are estimated from the centre it is given"
        sheet.report(
            sheet.rows.index[free], "territory", "TRV-FREE", message, "delete the rows", Severity.WARNING
        )
    missing = len(units.ids) * len(based) - int((good & ~free).sum())
    if missing > 0:
        message = f"{missing:,} of {len(units.ids) * len(based):,} ways from home bases are not in the table"
        remedy = "nothing, if they may be estimated; else add the rows"
        sheet.report([], "hours", "TRV-MISSING", message, remedy, Severity.WARNING, count=missing)
