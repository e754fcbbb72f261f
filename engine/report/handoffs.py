"""Accounts that change hands in each of several plans: from whom, to whom, their value, the expected loss and why."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from engine.report.table import Column, Kind, Table, table_of
from engine.runs import StoredRun


def plan_handoffs(runs: Sequence[StoredRun], labels: Sequence[str]) -> Table:
    """List what each plan takes from somebody who has it today, the most valuable first.

    Parameters
    ----------
    runs
        The plans; one without accounts has no rows.
    labels
        Their names.

    Returns
    -------
    One row an account and plan; the expected loss is the value times the plan's own ``disruption.loss_on_handoff``.
    """
    names = ["plan", "account_id", "name", "from", "to", "value", "loss", "reason"]
    frames = [pd.DataFrame({name: pd.Series(dtype="str") for name in names})]
    for order, (run, label) in enumerate(zip(runs, labels, strict=True)):
        if run.has("accounts.csv"):
            accounts = run.table("accounts")
            moved = accounts[accounts["moved"]].assign(plan=label, order=order)
            share = run.json("scenario.resolved")["disruption"]["loss_on_handoff"]
            moved = moved.rename(
                columns={"previous_territory_id": "from", "territory_id": "to", "revenue": "value"}
            )
            frames.append(moved.assign(loss=moved["value"] * share))
    currency = runs[0].facts.currency
    columns = [
        Column("plan", "Plan"),
        Column("account_id", "Account"),
        Column("name", "Name", Kind.LONG),
        Column("from", "From"),
        Column("to", "To"),
        Column("value", f"Value, {currency}", Kind.MONEY),
        Column("loss", f"Expected loss, {currency}", Kind.MONEY),
        Column("reason", "Reason", Kind.LONG),
    ]
    rows = pd.concat(frames[1:] or frames, ignore_index=True)
    if frames[1:]:
        rows = rows.sort_values(["value", "account_id", "order"], ascending=[False, True, True])
    return table_of("Handoffs", rows[names], columns)
