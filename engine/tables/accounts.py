"""The table of accounts: where they are, what they are worth, who owns them today."""

from __future__ import annotations

import pandas as pd

from engine.errors import Severity
from engine.scenario import schema
from engine.tables.cells import numbers, words, yes_no
from engine.tables.ids import Known, if_meant, known_ids, note_left_out, refer, unique_ids
from engine.tables.sheet import Intake
from engine.tables.text import read_sheet
from engine.tables.zeros import with_zeros_of

COLUMNS = ("name", "unit", "segment", "value", "owner", "named", "locked")


def no_accounts() -> pd.DataFrame:
    """Make the table of a company without accounts."""
    kinds = {"value": "float64", "named": "bool", "locked": "bool"}
    index = pd.Index([], dtype="str", name="account")
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in COLUMNS}).set_axis(index)


def read_accounts(
    intake: Intake, accounts: schema.Accounts, unit_column: str, units: Known | None, positions: Known | None
) -> tuple[pd.DataFrame, Known | None]:
    """Read the accounts.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    accounts
        The scenario's block.
    unit_column
        Name of the column with the unit's id.
    units, positions
        Ids that exist; None = not known.

    Returns
    -------
    Columns as in ``Tables.accounts`` by account id, and the ids in use and left out (None = not readable). An
    owner who does not exist or was left out is nobody, and an account locked to one left out is left out too.
    """
    content = intake.content(("accounts", "table"), accounts.table)
    sheet = None if content is None else read_sheet(content, accounts.table, intake.findings)
    if sheet is None:
        return no_accounts(), None
    needed = {
        "account_id": (),
        unit_column: (),
        accounts.value: ("accounts", "value"),
        "owner": (),
        "locked": (),
    }
    sheet = intake.columns(sheet, needed, ("name", "segment", "named"))
    if not all(sheet.has(column) for column in ("account_id", unit_column, "owner")):
        return no_accounts(), None
    every = sheet = with_zeros_of(unique_ids(sheet, "account_id"), [unit_column], units)
    blank = sheet.rows[unit_column] == ""
    if blank.any():
        lines = sheet.rows.index[blank]
        sheet.report(lines, unit_column, "ID-BLANK", "the account lies in no unit", "write the unit's id")
    note_left_out(sheet, unit_column, units, "units", "units.keep")
    sheet = sheet.kept(refer(sheet, unit_column, units, "unit"))
    remedy = "write a position's id, or leave the owner blank"
    owned = refer(sheet, "owner", positions, "position", Severity.WARNING, f"{remedy}; it counts as nobody's")
    locked, owner = yes_no(sheet, "locked"), sheet.rows["owner"]
    loose = locked & (owner == "")
    if loose.any():
        lines = sheet.rows.index[loose]
        sheet.report(lines, "locked", "ACC-LOCK", "a locked account has no owner to stay with", remedy)
    away = owner.isin(positions.left_out if positions else [])
    if away.any():
        message = (
            f"{away.sum():,} accounts belong to positions that reps.keep leaves out: they count as nobody's; "
            f"{(away & locked).sum():,} of them are locked, and are left out"
        )
        count = int(away.sum())
        sheet.report([], "owner", "LEFT-OUT", message, if_meant("reps.keep"), Severity.NOTE, count=count)
    lost = locked & ~owned & ~loose & ~away
    if lost.any():
        lines = sheet.rows.index[lost]
        sheet.report(
            lines, "owner", "ACC-LOCK", "the account is locked to a position that does not exist", remedy
        )
    name, ids = words(sheet, "name"), sheet.rows["account_id"]
    rows = pd.DataFrame(
        {
            "name": name.where(name != "", ids),
            "unit": sheet.rows[unit_column],
            "segment": words(sheet, "segment"),
            "value": numbers(sheet, accounts.value, default=None if sheet.has(accounts.value) else 0.0),
            "owner": owner.where(owned, ""),
            "named": yes_no(sheet, "named"),
            "locked": locked,
        }
    ).set_axis(pd.Index(ids, dtype="str", name="account"))
    rows = rows[~(away & locked).to_numpy()]
    return rows, known_ids(every, "account_id", rows.index)
