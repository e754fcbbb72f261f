"""Days off that are known: who is away from when until when."""

from __future__ import annotations

from datetime import date

import pandas as pd

from engine.scenario.places import KeyPath
from engine.tables.cells import dates
from engine.tables.ids import Known, refer
from engine.tables.sheet import Intake
from engine.tables.tables import no_vacations
from engine.tables.text import read_sheet

_KEY: KeyPath = ("process", "vacations", "table")
_NEEDED = ("position_id", "first", "last")


def read_vacations(
    intake: Intake, file: str, year_start: date | None, positions: Known | None
) -> pd.DataFrame:
    """Read from when until when positions are off.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    year_start
        First day of the fiscal year; None = not known.
    positions
        Ids that exist; None = not known.

    Returns
    -------
    Columns ``position, first, last`` (datetime.date), in the file's order.
    """
    content = intake.content(_KEY, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings, need_rows=False)
    if sheet is None:
        return no_vacations()
    sheet = intake.columns(sheet, dict.fromkeys(_NEEDED, ()), ())
    if not all(sheet.has(column) for column in _NEEDED):
        return no_vacations()
    sheet = sheet.kept(refer(sheet, "position_id", positions, "position"))
    first, last = dates(sheet, "first"), dates(sheet, "last")
    rows = sheet.rows.index
    turned = [a is not None and b is not None and b < a for a, b in zip(first, last, strict=True)]
    if any(turned):
        message = "the last day lies before the first"
        sheet.report(
            rows[turned], "last", "VAC-ORDER", message, "write a last day that is not before the first"
        )
    if year_start is not None:
        end = year_start.replace(year=year_start.year + 1)
        outside = [
            a is not None and b is not None and (b < year_start or a >= end)
            for a, b in zip(first, last, strict=True)
        ]
        if any(outside):
            message = f"no day of it lies in the fiscal year that starts on {year_start}"
            sheet.report(rows[outside], "first", "VAC-YEAR", message, "correct the dates, or delete the row")
    return pd.DataFrame({"position": sheet.rows["position_id"], "first": first, "last": last}).reset_index(
        drop=True
    )
