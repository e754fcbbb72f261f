"""Accounts: with their unit's territory unless locked to their owner, and what is at risk when they move."""

from __future__ import annotations

from collections.abc import Iterator

from engine.verify.reading import Row
from engine.verify.report import Check, judge
from engine.verify.run import Run


def moved(row: Row) -> bool:
    """Say whether an account had an owner and now has another."""
    return row.text("previous_territory_id") not in ("", row.text("territory_id"))


def check_accounts(run: Run) -> Iterator[Check]:
    """Check who serves each account, the moved flag, reasons, and sums by unit and territory."""
    rows = run.accounts.values()
    astray = [f"account {row.text('account_id')} {said}" for row in rows for said in _astray(run, row)]
    yield judge(
        "accounts: territory", "the unit's, or the owner's when locked", f"{len(rows)} accounts", astray
    )

    flags = {True: "yes", False: "no"}
    wrong = [
        f"account {row.text('account_id')} is marked moved={flags[row.flag('moved')]}"
        for row in rows
        if row.flag("moved") != moved(row)
    ]
    yield judge("accounts: moved", "yes when an owner is replaced", "all agree", wrong)
    wrong = [
        f"account {row.text('account_id')} has no reason" for row in rows if not row.text("reason").strip()
    ]
    wrong += [
        f"account {row.text('account_id')} is named and nameless"
        for row in rows
        if row.flag("named") and not row.text("name").strip()
    ]
    yield judge(
        "accounts: words", "a reason for every account, a name for every named one", "all there", wrong
    )
    yield _check_risk(run)
    yield _check_sums(run)


def _astray(run: Run, row: Row) -> Iterator[str]:
    unit, territory = row.text("unit_id"), row.text("territory_id")
    owner, locked = row.text("previous_territory_id"), row.flag("locked")
    if unit not in run.units:
        yield f"lies in {unit!r}, which is not in units.csv"
    elif owner not in run.territories and (owner or locked):
        yield f"had owner {owner!r}, who is not in territories.csv"
    elif locked and territory != owner:
        yield f"is with {territory!r}, locked to {owner}"
    elif not locked and (unit not in run.alignment or territory != run.alignment[unit].text("territory_id")):
        yield f"is with {territory!r}, its unit {unit} is not"


def _check_risk(run: Run) -> Check:
    """Compare each unit's value at risk with the revenue of its accounts that are not locked."""
    risk = dict.fromkeys(run.units, 0)
    for row in run.accounts.values():
        if row.text("unit_id") in risk and not row.flag("locked"):
            risk[row.text("unit_id")] += row.cents("revenue")
    wrong = [
        f"unit {unit}: {row.number('handoff_value')} is {risk[unit] / 100:.2f}"
        for unit, row in run.units.items()
        if row.cents("handoff_value") != risk[unit]
    ]
    return judge("units: handoff_value", "revenue of accounts not locked", "all agree", wrong)


def _check_sums(run: Run) -> Check:
    """Compare number and revenue of the accounts of every territory."""
    count, revenue = dict.fromkeys(run.territories, 0), dict.fromkeys(run.territories, 0)
    for row in run.accounts.values():
        if row.text("territory_id") in count:
            count[row.text("territory_id")] += 1
            revenue[row.text("territory_id")] += row.cents("revenue")
    wrong = []
    for territory, row in run.territories.items():
        if row.count("accounts") != count[territory]:
            wrong.append(f"{territory} says {row.count('accounts')} accounts, has {count[territory]}")
        if row.cents("revenue") != revenue[territory]:
            wrong.append(f"{territory}: revenue {row.number('revenue')} is {revenue[territory] / 100:.2f}")
    return judge("territories: accounts", "number and revenue of its accounts", "all agree", wrong)
