"""Quotas after changes inside the year: who carries what from which day, to the cent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import Finding, InputError, Severity
from engine.quotas.apportion import apportion
from engine.quotas.basis import QuotaBasis
from engine.quotas.capacity import fiscal_day, month_edges, productive_days
from engine.quotas.quota_set import QuotaSet
from engine.units import DAYS_PER_YEAR, MONTHS, from_cents

Whole = NDArray[np.int64]

PERIODS = ("FY", "Q1", "Q2", "Q3", "Q4")


class Spell(NamedTuple):
    """Who holds a position from a day on: the rep (empty = nobody), why, and the days until fully productive."""

    first: int
    rep: str
    reason: str
    ramp_days: float = 0.0


@dataclass(frozen=True)
class Prorated:
    """Quotas by position and day, and who holds each position from when.

    Parameters
    ----------
    days
        Whole cents, shape (territories, 365).
    holders
        Spells of each position in turn, shape (territories,).
    """

    days: Whole
    holders: tuple[tuple[Spell, ...], ...]


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
        If an account does not belong to the position it moves from, nothing says how much moves, or somebody leaves
        or starts where that cannot be.
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
            starts = change["change"] == "start"
            if said := _senseless(holders[t], day, starts, basis, t):
                faults.append(_holder_fault(str(change["place"]), giver, said))
                continue
            rep, ramp = (str(change["rep"]), float(basis.ramp_days[t])) if starts else ("", 0.0)
            holders[t].append(Spell(day, rep, str(change["reason"]), ramp))
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


def rollup_after(after: pd.DataFrame, basis: QuotaBasis) -> pd.DataFrame:
    """Add up quotas before and after the changes (columns of ``rollup_after.csv``).

    Parameters
    ----------
    after
        The table of `after_table`.
    basis
        Managers and regions of the positions.

    Returns
    -------
    Sums of every manager, region and the company by year and quarter.
    """
    year = after[after["period"].isin(PERIODS)]
    of = {"company": ["company"] * len(basis.fte), "manager": basis.managers, "region": basis.regions}
    parts = []
    for level, names in of.items():
        label = year["territory_id"].map(dict(zip(basis.territory_ids, names, strict=True)))
        sums = year.assign(level=level, name=label).groupby(["level", "name", "period"])
        parts.append(sums[["before", "after", "change"]].sum().reset_index())
    return pd.concat(parts, ignore_index=True)


def holder_table(prorated: Prorated, basis: QuotaBasis) -> pd.DataFrame:
    """List who carries how much of each position's quota from which day to which (columns of ``quota_holders.csv``).

    Who starts inside the year ramps up as the seat does: the part of the quota that falls on days not yet productive is
    nobody's, on a row of its own. Spells of no day are left out.
    """
    rows = []
    for t, territory in enumerate(basis.territory_ids):
        spells = prorated.holders[t]
        ends = [*(spell.first for spell in spells[1:]), DAYS_PER_YEAR]
        for spell, end in zip(spells, ends, strict=True):
            if end == spell.first:
                continue
            days = prorated.days[t, spell.first : end]
            ramp, last = _ramping(days, spell.ramp_days)
            span = (_day(basis, spell.first), _day(basis, end - 1), end - spell.first)
            rows.append((territory, spell.rep, *span, from_cents(int(days.sum()) - ramp), spell.reason))
            if ramp:
                span = (span[0], _day(basis, spell.first + last - 1), last)
                rows.append(
                    (territory, "", *span, from_cents(ramp), f"ramp of {spell.rep}, carried by nobody")
                )
    return pd.DataFrame(rows, columns=["territory_id", "rep_id", "from", "to", "days", "quota", "reason"])


def _ramping(days: Whole, ramp_days: float) -> tuple[int, int]:
    """Give the cents that a ramp takes off a spell, and on how many of its days."""
    if ramp_days <= 0:
        return 0, 0
    edges = np.arange(len(days) + 1, dtype=np.float64)
    lost = 1.0 - productive_days([0.0], [ramp_days], edges)[0]
    return round(float((lost * days).sum())), min(len(days), math.ceil(ramp_days))


def _first_days(basis: QuotaBasis) -> list[int]:
    """Give the day of the fiscal year from which each seat is filled: 0 to 365."""
    return [int(day) for day in np.clip(basis.start_day, 0, DAYS_PER_YEAR)]


def _first_spells(rep: str, day: int) -> list[Spell]:
    before = [Spell(0, "", "before the first day of the seat")] if day else []
    return before + ([Spell(day, rep, "plan")] if day < DAYS_PER_YEAR else [])


def _senseless(spells: list[Spell], day: int, starts: bool, basis: QuotaBasis, t: int) -> str:
    """Say why nobody can leave or start on a day; empty where somebody can."""
    first = int(basis.start_day[t])
    if day < min(first, DAYS_PER_YEAR):
        return f"the seat is first filled on {basis.start_dates[t]}"
    there = spells[-1].rep
    if starts and there:
        return f"{there} is there and has not left"
    return "" if starts or there else "nobody is there who could leave"


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


def _holder_fault(place: str, position: str, said: str) -> Finding:
    file, line = place.rsplit(":", 1)
    remedy = "correct the day or the position, or add the row that is missing before it"
    return Finding(
        file, int(line), 0, "change", "QUO-HOLDER", Severity.ERROR, position,
        f"at {position}, {said}", remedy,
    )  # fmt: skip


def _fault(place: str, account: str, owner: str, position: str) -> Finding:
    file, line = place.rsplit(":", 1)
    said = "has no revenue to go by" if owner == position else f"belongs to {owner or 'nobody'} in this plan"
    remedy = "correct position_id, or write the share of the remaining quota that moves"
    return Finding(
        file, int(line), 0, "account_id", "QUO-MOVE", Severity.ERROR, account,
        f"the account {account} {said}, so how much moves from {position} is not known", remedy,
    )  # fmt: skip
