"""The opening pipeline: deals open on the first day of the fiscal year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from engine.errors import Severity, shown
from engine.scenario.nearest import did_you_mean
from engine.tables.cells import dates, numbers
from engine.tables.ids import Known, note_left_out, refer, unique_ids
from engine.tables.sheet import Intake, Sheet
from engine.tables.text import read_sheet
from engine.tables.zeros import with_zeros_of

COLUMNS = ("account_id", "unit", "stage", "amount", "days_in_stage")
_KEY = ("process", "opening_pipeline")


def no_deals() -> pd.DataFrame:
    """Make the table of a company without open deals."""
    kinds = {"stage": "int64", "amount": "float64", "days_in_stage": "float64"}
    index = pd.Index([], dtype="str", name="opportunity")
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in COLUMNS}).set_axis(index)


def read_deals(
    intake: Intake,
    file: str,
    unit_column: str,
    stages: Sequence[str],
    year_start: date | None,
    units: Known | None,
    accounts: Known | None,
) -> pd.DataFrame:
    """Read the opening pipeline.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    unit_column
        Name of the column with the unit's id.
    stages
        Names of the stages in order.
    year_start
        First day of the fiscal year; None = not known.
    units, accounts
        Ids that exist; None = not known, or no table of accounts.

    Returns
    -------
    Columns as in ``Tables.pipeline``, by opportunity id.
    """
    content = intake.content(_KEY, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings, need_rows=False)
    if sheet is None:
        return no_deals()
    needed = (
        "opportunity_id",
        "account_id",
        unit_column,
        "stage",
        "amount_usd",
        "opened_on",
        "stage_entered_on",
    )
    sheet = intake.columns(sheet, dict.fromkeys(needed, ()))
    if not all(sheet.has(column) for column in needed):
        return no_deals()
    sheet = with_zeros_of(unique_ids(sheet, "opportunity_id"), [unit_column], units)
    note_left_out(sheet, unit_column, units, "units", "units.keep")
    blank = sheet.rows[unit_column] == ""
    if blank.any():
        lines = sheet.rows.index[blank]
        sheet.report(lines, unit_column, "ID-BLANK", "the deal lies in no unit", "write the unit's id")
    sheet = sheet.kept(refer(sheet, unit_column, units, "unit"))
    if accounts is not None:
        refer(
            sheet, "account_id", accounts, "account", Severity.WARNING, "correct it; the deal counts anyway"
        )
    order = {name: place for place, name in enumerate(stages)}
    entered = _check_days(sheet, year_start)
    start = year_start or date.min
    rows = pd.DataFrame(
        {
            "account_id": sheet.rows["account_id"],
            "unit": sheet.rows[unit_column],
            "stage": _check_stage(sheet, order),
            "amount": numbers(sheet, "amount_usd", above=True),
            "days_in_stage": [float("nan") if day is None else float((start - day).days) for day in entered],
        }
    )
    return rows.set_axis(pd.Index(sheet.rows["opportunity_id"], dtype="str", name="opportunity"))


def _check_stage(sheet: Sheet, order: dict[str, int]) -> pd.Series[int]:
    stage = sheet.rows["stage"]
    unknown = ~stage.isin(list(order))
    if unknown.any():
        first = stage[unknown].iloc[0]
        message = f"found {shown(first)}: must be one of {', '.join(order)}{did_you_mean(first, order)}"
        remedy = "write a stage of process.stages"
        sheet.report(stage.index[unknown], "stage", "DEAL-STAGE", message, remedy, value=first)
    return stage.map(order).fillna(-1).astype("int64")


def _check_days(sheet: Sheet, year_start: date | None) -> pd.Series[date]:
    """Opened, then entered the stage, then the fiscal year started."""
    opened, entered = dates(sheet, "opened_on"), dates(sheet, "stage_entered_on")
    start = [year_start] * len(opened)
    told = np.zeros(len(opened), dtype=bool)
    for day, later, column, words in (
        (opened, start, "opened_on", "the deal is not open yet on the first day of the fiscal year"),
        (entered, start, "stage_entered_on", "the stage is entered after the fiscal year starts"),
        (opened, entered, "stage_entered_on", "the stage is entered before the deal is opened"),
    ):
        pairs = zip(day, later, strict=True)
        wrong = np.array([a is not None and b is not None and a > b for a, b in pairs], dtype=bool) & ~told
        told |= wrong
        if wrong.any():
            lines = sheet.rows.index[wrong]
            value = sheet.rows.loc[lines[0], column]
            message = f"found {value}: {words}"
            sheet.report(
                lines, column, "DEAL-DAY", message, "correct the date, or leave the deal out", value=value
            )
    return entered
