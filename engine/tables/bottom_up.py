"""Numbers that reps, or the owners of accounts, propose for the year."""

from __future__ import annotations

import pandas as pd

from engine.scenario.places import KeyPath
from engine.tables.cells import numbers
from engine.tables.ids import Known, note_left_out, refer, unique_ids
from engine.tables.sheet import Intake
from engine.tables.tables import no_bottom_up
from engine.tables.text import read_sheet

_KEY: KeyPath = ("quotas", "bottom_up")


def read_bottom_up(
    intake: Intake, file: str, positions: Known | None, accounts: Known | None
) -> pd.DataFrame:
    """Read proposed numbers by position or by account.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    positions, accounts
        Ids that exist; None = not known.

    Returns
    -------
    Columns ``position, account`` (one of them empty) and ``amount``, money a year.
    """
    content = intake.content(_KEY, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings)
    if sheet is None:
        return no_bottom_up()
    by_account = "account_id" in sheet.rows.columns and "position_id" not in sheet.rows.columns
    column, known = ("account_id", accounts) if by_account else ("position_id", positions)
    what, keep = ("account", "accounts") if by_account else ("position", "reps.keep")
    sheet = intake.columns(sheet, {column: (), "amount_usd": ()}, ())
    if not sheet.has(column):
        return no_bottom_up()
    sheet = unique_ids(sheet, column)
    note_left_out(sheet, column, known, f"{what}s", keep)
    sheet = sheet.kept(refer(sheet, column, known, what))
    ids, nobody = sheet.rows[column], pd.Series("", index=sheet.rows.index, dtype="str")
    table = pd.DataFrame(
        {
            "position": nobody if by_account else ids,
            "account": ids if by_account else nobody,
            "amount": numbers(sheet, "amount_usd"),
        }
    )
    return table.reset_index(drop=True)
