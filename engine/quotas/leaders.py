"""Numbers of managers and regions with an over-assignment of their own, and of overlay roles that share accounts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.apportion import apportion
from engine.quotas.basis import QuotaBasis
from engine.quotas.quota_set import QuotaSet
from engine.scenario import schema
from engine.units import from_cents

Whole = NDArray[np.int64]

COLUMNS = ("role", "name", "period", "quota", "over_assignment", "p_at_quota")


def leader_table(rules: schema.Quotas, quotas: QuotaSet, basis: QuotaBasis, bookings: Whole) -> pd.DataFrame:
    """Give managers, regions and overlay roles their own numbers, exact at every level.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    quotas, basis
        The positions' quotas and labels.
    bookings
        Bookings of simulated years, whole cents, shape (years, territories).

    Returns
    -------
    The columns of ``leaders.csv``. The numbers of a role add up to its share of the plan target x (1 + its
    over-assignment) to the cent; each person has the part that the quotas of the positions under her make of all
    quotas, phased as theirs are. ``p_at_quota`` stands on rows of the year.
    """
    rows: list[tuple[str, str, str, object, float, float | None]] = []
    periods = ("FY", "Q1", "Q2", "Q3", "Q4")
    booked = bookings.astype(np.float64)
    for role, shared_by, part, over in _roles(rules, quotas):
        groups = _groups(shared_by, basis)
        total = round(quotas.plan_target_cents * part * (1 + over))
        own = [int(quotas.annual_cents[members].sum()) for _, members in groups]
        for (name, members), cents in zip(groups, apportion(total, own), strict=True):
            season = quotas.quarter_cents[members].sum(axis=0)
            year = (cents, *(apportion(cents, season.tolist()) if season.any() else [0] * 4))
            reached = float((float(part) * booked[:, members].sum(axis=1) >= cents).mean())
            rows += [
                (role, name, period, from_cents(amount), float(over), reached if period == "FY" else None)
                for period, amount in zip(periods, year, strict=True)
            ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _roles(rules: schema.Quotas, quotas: QuotaSet) -> Iterator[tuple[str, str, Fraction, Fraction]]:
    """Name each role, how its people divide the field, its part of the plan target and its over-assignment."""
    held = Fraction(int(quotas.annual_cents.sum()), quotas.plan_target_cents) - 1
    levels = rules.level_over_assignment
    for level, over in (("manager", levels.manager), ("region", levels.region)):
        yield level, level, Fraction(1), held if over is None else Fraction(str(over))
    for overlay in rules.overlays:
        yield (
            overlay.name,
            overlay.shared_by,
            Fraction(str(overlay.share)),
            Fraction(str(overlay.over_assignment)),
        )


def _groups(shared_by: str, basis: QuotaBasis) -> list[tuple[str, NDArray[np.bool_]]]:
    if shared_by == "company":
        return [("company", np.ones(len(basis.fte), dtype=bool))]
    labels = np.array(basis.managers if shared_by == "manager" else basis.regions, dtype=object)
    return [(str(name), np.asarray(labels == name)) for name in sorted(set(labels))]
