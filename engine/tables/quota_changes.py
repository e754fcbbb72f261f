"""What changes inside the year: people who leave or start, accounts that move."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from engine.errors import shown
from engine.scenario.places import KeyPath
from engine.tables.cells import dates, numbers, words
from engine.tables.ids import Known, refer
from engine.tables.sheet import Intake, Sheet
from engine.tables.tables import no_quota_changes
from engine.tables.text import read_sheet

_KEY: KeyPath = ("quotas", "changes")
_NEEDED = ("effective_date", "change", "position_id")
_OPTIONAL = ("to_position_id", "account_id", "share", "rep_id", "reason")
_KINDS = ("leave", "start", "move")


def read_changes(
    intake: Intake,
    file: str,
    year_start: date | None,
    positions: Known | None,
    accounts: Known | None,
) -> pd.DataFrame:
    """Read changes with the day they take effect.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    year_start
        First day of the fiscal year; None = not known.
    positions, accounts
        Ids that exist; None = not known, or no table of accounts.

    Returns
    -------
    Columns ``date, change, position, to, account, share`` (NaN = by the account's revenue), ``rep, reason,
    place``, by date, on one day who leaves before what moves and who starts, else in the file's order.
    """
    content = intake.content(_KEY, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings, need_rows=False)
    if sheet is None:
        return no_quota_changes()
    sheet = intake.columns(sheet, dict.fromkeys(_NEEDED, ()), _OPTIONAL)
    if not all(sheet.has(column) for column in _NEEDED):
        return no_quota_changes()
    sheet = sheet.kept(refer(sheet, "position_id", positions, "position"))
    for column, known, what in (
        ("to_position_id", positions, "position"),
        ("account_id", accounts, "account"),
    ):
        if sheet.has(column):
            refer(sheet, column, known, what)
    rows = sheet.rows
    table = pd.DataFrame(
        {
            "change": rows["change"].str.casefold(),
            "position": rows["position_id"],
            "to": words(sheet, "to_position_id"),
            "account": words(sheet, "account_id"),
            "share": numbers(sheet, "share", most=1.0, above=True, default=np.nan),
            "rep": words(sheet, "rep_id"),
            "reason": words(sheet, "reason"),
            "place": pd.Series([f"{file}:{line}" for line in rows.index], index=rows.index, dtype="str"),
        }
    )
    _check(sheet, table)
    table.insert(0, "date", dates(sheet, "effective_date"))
    if year_start is not None:
        _check_year(sheet, table["date"], year_start)
    # who leaves on the day on which another starts is gone before
    order = table["date"].astype("str") + table["change"].map({"leave": " 0", "move": " 1"}).fillna(" 2")
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _check_year(sheet: Sheet, days: pd.Series[date], year_start: date) -> None:
    """The first day changes nothing that the plan does not say, and what comes after the year is the next plan's."""
    end = year_start.replace(year=year_start.year + 1)
    outside = days.map(lambda day: day is not None and not year_start < day < end)
    if outside.any():
        message = f"found {days[outside].iloc[0]}: no day inside the fiscal year that starts on {year_start}"
        remedy = "write a day after the first of the fiscal year, or change the plan itself"
        sheet.report(days.index[outside], "effective_date", "QTC-YEAR", message, remedy)


def _check(sheet: Sheet, table: pd.DataFrame) -> None:
    """What each kind of change needs."""

    def report(wrong: pd.Series[bool], column: str, code: str, message: str, remedy: str) -> None:
        if wrong.any():
            sheet.report(table.index[wrong], column, code, message, remedy)

    unknown = ~table["change"].isin(_KINDS)
    if unknown.any():
        message = f"found {shown(table['change'][unknown].iloc[0])}: must be leave, start or move"
        report(unknown, "change", "QTC-CHANGE", message, "write leave, start or move")
    move = table["change"] == "move"
    remedy = "write the position that takes over in to_position_id"
    report(move & (table["to"] == ""), "to_position_id", "QTC-TO", "a move goes to nobody", remedy)
    same = move & (table["to"] == table["position"])
    report(same, "to_position_id", "QTC-TO", "a move goes to where it comes from", remedy)
    nothing = move & (table["account"] == "") & table["share"].isna()
    remedy = "write the account_id, or the share of the remaining quota (0.25 = a quarter)"
    report(nothing, "account_id", "QTC-WHAT", "a move says nothing about what moves", remedy)
    both = move & (table["account"] != "") & table["share"].notna()
    remedy = "leave out the share, which then goes by the account's revenue, or leave out the account"
    report(both, "share", "QTC-WHAT", "a move names an account and a share of its own", remedy)
    nameless = (table["change"] == "start") & (table["rep"] == "")
    report(nameless, "rep_id", "QTC-REP", "nobody is named who starts", "write the rep_id")
