"""Quotas after changes inside the year: who carries what from which day, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import Finding, InputError, Severity
from engine.quotas.apportion import apportion
from engine.quotas.basis import QuotaBasis
from engine.quotas.capacity import fiscal_day, month_edges
from engine.quotas.quota_set import QuotaSet
from engine.units import DAYS_PER_YEAR, MONTHS, from_cents

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Prorated:
    """Quotas by position and day, and who holds each position from when.

    Parameters
    ----------
    days
        Whole cents, shape (territories, 365).
    holders
        First day, rep (empty = nobody) and reason of each spell, by position, shape (territories,).
    """

    days: Whole
    holders: tuple[tuple[tuple[int, str, str], ...], ...]


def prorate(quotas: QuotaSet, basis: QuotaBasis, changes: pd.DataFrame, accounts: pd.DataFrame) -> Prorated:
    """Apply changes in the order of their days.

    A month's quota counts evenly on its days. A move takes, from its day on, a share of what is left of the giver's
    quota: the one written, else the account's part of the revenue of the accounts the giver has by then. What leaves
    one position arrives at the other, day by day, to the cent.

    Parameters
    ----------
    quotas, basis
        The quotas of the plan.
    changes
        Rows as in ``Tables.quota_changes``.
    accounts
        ``accounts.csv``: territory and revenue of each account.

    Returns
    -------
    The quotas after all changes; their sum is that of the plan.

    Raises
    ------
    InputError
        If an account does not belong to the position it moves from, or nothing says how much moves.
    """
    days = _by_day(quotas, basis)
    holders = [_first_spells(rep, day) for rep, day in zip(basis.rep_ids, _first_days(basis), strict=True)]
    place = {territory: t for t, territory in enumerate(basis.territory_ids)}
    revenue = accounts.groupby("territory_id")["revenue"].sum().astype(float)
    owners = dict(zip(accounts["account_id"], accounts["territory_id"], strict=True))
    values = dict(zip(accounts["account_id"], accounts["revenue"], strict=True))
    faults = []
    for change in changes.to_dict("records"):
        giver, day = str(change["position"]), fiscal_day(change["date"], basis.fiscal_year_start)
        t = place[giver]
        if change["change"] != "move":
            rep = str(change["rep"]) if change["change"] == "start" else ""
            holders[t].append((day, rep, str(change["reason"])))
            continue
        share = float(change["share"])
        if np.isnan(share):
            account = str(change["account"])
            owner, value = str(owners[account]), float(values[account])
            total = float(revenue.get(giver, 0.0))
            if owner != giver or not 0 < value <= total:
                faults.append(_fault(str(change["place"]), str(change["account"]), owner, giver))
                continue
            share = value / total
            # what moves next goes by who has what by then
            revenue[giver] = total - value
            revenue[str(change["to"])] = float(revenue.get(str(change["to"]), 0.0)) + value
            owners[account] = str(change["to"])
        given = _taken(days[t, day:], share)
        days[t, day:] -= given
        days[place[str(change["to"])], day:] += given
    if faults:
        raise InputError(faults)
    return Prorated(days, tuple(tuple(spells) for spells in holders))


def after_table(prorated: Prorated, quotas: QuotaSet, basis: QuotaBasis) -> pd.DataFrame:
    """List every quota before and after the changes (columns of ``quotas_after.csv``)."""
    edges = month_edges(basis.fiscal_year_start).astype(np.int64)
    months = np.add.reduceat(prorated.days, edges[:-1], axis=1)
    periods = ("FY", "Q1", "Q2", "Q3", "Q4", *basis.month_names)
    rows = []
    for t, territory in enumerate(quotas.territory_ids):
        for period, before, after in zip(
            periods, _periods(quotas.month_cents[t]), _periods(months[t]), strict=True
        ):
            rows.append(
                (territory, period, from_cents(before), from_cents(after), from_cents(after - before))
            )
    return pd.DataFrame(rows, columns=["territory_id", "period", "before", "after", "change"])


def holder_table(prorated: Prorated, basis: QuotaBasis) -> pd.DataFrame:
    """List who carries how much of each position's quota from which day to which (columns of ``quota_holders.csv``)."""
    rows = []
    for t, territory in enumerate(basis.territory_ids):
        spells = prorated.holders[t]
        ends = [*(spell[0] for spell in spells[1:]), DAYS_PER_YEAR]
        for (first, rep, reason), end in zip(spells, ends, strict=True):
            cents = int(prorated.days[t, first:end].sum())
            last = max(first, end - 1)
            rows.append(
                (
                    territory,
                    rep,
                    _day(basis, first),
                    _day(basis, last),
                    end - first,
                    from_cents(cents),
                    reason,
                )
            )
    return pd.DataFrame(rows, columns=["territory_id", "rep_id", "from", "to", "days", "quota", "reason"])


def _first_days(basis: QuotaBasis) -> list[int]:
    """Give the day of the fiscal year from which each seat is filled: 0 to 365."""
    return [int(day) for day in np.clip(basis.start_day, 0, DAYS_PER_YEAR)]


def _first_spells(rep: str, day: int) -> list[tuple[int, str, str]]:
    before = [(0, "", "before the first day of the seat")] if day else []
    return before + ([(day, rep, "plan")] if day < DAYS_PER_YEAR else [])


def _by_day(quotas: QuotaSet, basis: QuotaBasis) -> Whole:
    """Spread each month evenly over its days from the seat's first day on; what is left goes to the first of them."""
    edges = month_edges(basis.fiscal_year_start).astype(np.int64)
    first = np.array(_first_days(basis))[:, None]
    parts = []
    for m in range(MONTHS):
        days = np.arange(edges[m], edges[m + 1])
        filled = np.where(
            first < edges[m + 1], days >= first, True
        )  # a quota that is set by hand stays whole
        each, rest = np.divmod(quotas.month_cents[:, [m]], filled.sum(axis=1, keepdims=True))
        parts.append(filled * (each + (np.cumsum(filled, axis=1) <= rest)))
    return np.concatenate(parts, axis=1).astype(np.int64)


def _taken(left: Whole, share: float) -> Whole:
    """Take a share of what is left, rounded as a whole to a cent, and from each day its part."""
    total = int(left.sum())
    if not total:
        return np.zeros_like(left)
    return np.array(apportion(round(total * share), left.tolist()), dtype=np.int64)


def _periods(months: Whole) -> list[int]:
    quarters = months.reshape(4, 3).sum(axis=1)
    return [int(cents) for cents in (months.sum(), *quarters, *months)]


def _day(basis: QuotaBasis, day: int) -> str:
    """Give the date of a day of the fiscal year, which skips 29 February."""
    start = basis.fiscal_year_start
    found = start + timedelta(days=day)
    leap = [date(y, 2, 29) for y in (start.year, start.year + 1) if y % 4 == 0 and (y % 100 or y % 400 == 0)]
    return (found + timedelta(days=any(start <= one <= found for one in leap))).isoformat()


def _fault(place: str, account: str, owner: str, position: str) -> Finding:
    file, line = place.rsplit(":", 1)
    said = "has no revenue to go by" if owner == position else f"belongs to {owner or 'nobody'} in this plan"
    remedy = "correct position_id, or write the share of the remaining quota that moves"
    return Finding(
        file, int(line), 0, "account_id", "QUO-MOVE", Severity.ERROR, account,
        f"the account {account} {said}, so how much moves from {position} is not known", remedy,
    )  # fmt: skip
