"""Handoffs that managers rejected: locks of the next plan."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from engine.errors import shown
from engine.scenario.places import KeyPath
from engine.tables.ids import Known, note_left_out, refer, unique_ids
from engine.tables.sheet import Intake, Sheet
from engine.tables.text import read_sheet
from engine.tables.zeros import with_zeros_of

NEEDED = ("account_id", "from", "decision")
OPTIONAL = (
    "name", "unit_id", "from_rep", "to", "to_rep", "value", "expected_loss", "currency", "reason",
)  # fmt: skip
ACCEPTED, ACCOUNT, UNIT = ("", "accept"), "reject", "reject unit"
_KEY: KeyPath = ("rules", "locks_from")
_FORMULA_QUOTE = "^'(?='*[=+\\-@])"  # put there by the export, so that no spreadsheet runs the cell


def read_handoffs(
    intake: Intake,
    file: str,
    accounts: pd.DataFrame,
    current: Mapping[str, str],
    customers: Known | None,
    positions: Known | None,
) -> tuple[list[str], Sheet | None]:
    """Read what managers decided about each account that would change hands.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    accounts
        Columns as in ``Tables.accounts``.
    current
        Territory of each unit today.
    customers, positions
        Ids that exist; None = not known.

    Returns
    -------
    Accounts that stay with their owner, and units that stay with their territory of today as rows of ``unit,
    territory, reason`` by line (None = not readable).
    """
    content = intake.content(_KEY, file)
    sheet = None if content is None else read_sheet(content, file, intake.findings, need_rows=False)
    if sheet is None:
        return [], None
    sheet = intake.columns(sheet, dict.fromkeys(NEEDED, ()), OPTIONAL)
    if not all(sheet.has(column) for column in NEEDED):
        return [], None
    for column in NEEDED[:2]:
        sheet.rows[column] = sheet.rows[column].str.replace(_FORMULA_QUOTE, "", regex=True)
    sheet = with_zeros_of(unique_ids(sheet, "account_id"), ["account_id"], customers)
    sheet = with_zeros_of(sheet, ["from"], positions)
    note_left_out(sheet, "account_id", customers, "accounts", "units.keep")
    known = refer(sheet, "account_id", customers, "account")
    sheet = sheet.kept(known & sheet.rows["account_id"].isin(accounts.index))
    decision = sheet.rows["decision"].str.casefold()
    odd = ~decision.isin([*ACCEPTED, ACCOUNT, UNIT])
    if odd.any():
        value = sheet.rows["decision"][odd].iloc[0]
        message = f"found {shown(value)}: nobody can tell what was decided"
        remedy = f"write accept, {ACCOUNT} (the account stays), {UNIT} (its unit stays), or leave it blank"
        sheet.report(sheet.rows.index[odd], "decision", "HAND-DECISION", message, remedy, value=value)
    of_account = accounts.reindex(sheet.rows["account_id"])[["unit", "owner"]].set_axis(sheet.rows.index)
    refused = decision.isin([ACCOUNT, UNIT])
    _check_owners(sheet, refused & (of_account["owner"] != sheet.rows["from"]), of_account["owner"])
    today = of_account["unit"].map(lambda unit: current.get(unit, ""))
    stays = decision == UNIT
    _check_units(sheet, stays & (today != sheet.rows["from"]), today)
    units = pd.DataFrame({"unit": of_account["unit"], "territory": today})[stays]
    units["reason"] = "handoff of account " + sheet.rows["account_id"][stays] + " rejected"
    units = units[~units.duplicated(["unit", "territory"])]
    kept = sheet.rows["account_id"][decision == ACCOUNT].tolist()
    return kept, Sheet(sheet.file, sheet.delimiter, units, sheet.findings)


def _check_owners(sheet: Sheet, wrong: pd.Series[bool], owner: pd.Series[str]) -> None:
    """A list made before the table of accounts changed would lock accounts to somebody else."""
    if wrong.any():
        line = wrong.index[wrong][0]
        account, written = sheet.rows.loc[line, ["account_id", "from"]]
        holder = shown(owner[line]) or "nobody"
        message = f"account {shown(account)} is {holder}'s, not {shown(written) or 'nobody'}'s"
        remedy = "correct from, or export the handoffs of a run of today's accounts"
        sheet.report(wrong.index[wrong], "from", "HAND-OWNER", message, remedy, value=written)


def _check_units(sheet: Sheet, wrong: pd.Series[bool], today: pd.Series[str]) -> None:
    """A unit can only stay with who has it."""
    if wrong.any():
        line = wrong.index[wrong][0]
        holder, written = shown(today[line]) or "nobody", shown(sheet.rows.loc[line, "from"])
        message = f"the account's unit is {holder}'s today, not {written}'s: it cannot stay there"
        remedy = f"write {ACCOUNT} to keep the account alone"
        sheet.report(wrong.index[wrong], "decision", "HAND-UNIT", message, remedy, value=written)
