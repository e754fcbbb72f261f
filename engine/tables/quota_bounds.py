"""Limits of single positions' quotas."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.scenario.places import KeyPath
from engine.tables.cells import numbers
from engine.tables.ids import Known, note_left_out, refer, unique_ids
from engine.tables.sheet import Intake
from engine.tables.tables import no_bounds
from engine.tables.text import read_sheet

_KEY: KeyPath = ("quotas", "bounds", "table")


def read_bounds(intake: Intake, file: str, positions: Known | None) -> pd.DataFrame:
    """Read limits of quotas by position.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    positions
        Ids that exist; None = not known.

    Returns
    -------
    Columns ``position, floor, cap`` (NaN = no limit), ``reason, place`` (file and line), in the file's order.
    """
    content = intake.content(_KEY, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings, need_rows=False)
    if sheet is None:
        return no_bounds()
    sheet = intake.columns(sheet, {"position_id": ()}, ("floor_usd", "cap_usd", "reason"))
    if not sheet.has("position_id"):
        return no_bounds()
    sheet = unique_ids(sheet, "position_id")
    note_left_out(sheet, "position_id", positions, "positions", "reps.keep")
    sheet = sheet.kept(refer(sheet, "position_id", positions, "position"))
    rows = sheet.rows
    reason = rows["reason"] if sheet.has("reason") else pd.Series("", index=rows.index, dtype="str")
    table = pd.DataFrame(
        {
            "position": rows["position_id"],
            "floor": numbers(sheet, "floor_usd", default=np.nan),
            "cap": numbers(sheet, "cap_usd", default=np.nan),
            "reason": reason,
            "place": pd.Series([f"{file}:{line}" for line in rows.index], index=rows.index, dtype="str"),
        }
    )
    crossed = table["floor"] > table["cap"]
    if crossed.any():
        message = f"the floor of {table['position'][crossed].iloc[0]} is above its cap"
        sheet.report(rows.index[crossed], "floor_usd", "QTB-CROSSED", message, "correct one of the two")
    return table.reset_index(drop=True)
