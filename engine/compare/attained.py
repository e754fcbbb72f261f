"""Attainment of two plans compared year by simulated year: bookings over each plan's own quotas, with the same luck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.compare.paired import CENTS, Years, groups_of, paired_means, paired_sides
from engine.compare.side import Side

Array = NDArray[np.float64]
COLUMNS = [
    "run", "base", "level", "id", "name", "base_attainment", "attainment", "difference", "low", "high",
]  # fmt: skip
PLAN, QUOTAS, POSITIONS = "company", "quotas", "positions"
NAMES = {
    PLAN: "Bookings over plan target",
    QUOTAS: "Bookings over all quotas",
    POSITIONS: "Positions at quota",
}


def attained_years(sides: Sequence[Side]) -> dict[str, pd.DataFrame]:
    """List what the company attains in every simulated year, for the sides that can be paired.

    Parameters
    ----------
    sides
        The sides; the first that is simulated is what the others are paired with.

    Returns
    -------
    For ``company`` (bookings / plan target), ``quotas`` (bookings / sum of quotas) and ``positions`` (positions
    with bookings >= quota, share of those that have one) the share of every year; index number of the year, one
    column a side. No columns if no two can be paired.
    """
    columns: dict[str, dict[str, pd.Series[float]]] = {name: {} for name in NAMES}
    for base, years, side, other in paired_sides(sides)[0]:
        for one, own in ((base, years), (side, other)):
            for name, values in _company(one, own).items():
                columns[name][one.label] = pd.Series(values, own.cents.index)
    return {name: pd.DataFrame(found) for name, found in columns.items()}


def paired_shares(sides: Sequence[Side]) -> pd.DataFrame:
    """Compare attainment with the first simulated side, for the company and every rep, manager and region.

    Each side is measured by its own quotas; who has none there is left out.

    Parameters
    ----------
    sides
        The sides; the ones that are not simulated are passed over.

    Returns
    -------
    Columns ``run, base, level, id, name, base_attainment, attainment, difference, low, high`` (shares; mean
    difference with its 95 % interval by Student's t). The ids of the company are those of `attained_years`.
    """
    rows: list[tuple[object, ...]] = []
    for base, years, side, other in paired_sides(sides)[0]:
        before, after = (
            {**_members(one, own), **{("company", name): share for name, share in _company(one, own).items()}}
            for one, own in ((base, years), (side, other))
        )
        names = {key: name for key, (name, _) in groups_of(base).items()}
        names |= {("company", name): words for name, words in NAMES.items()}
        for key in before:
            if key in after:
                means = paired_means(before[key], after[key])
                rows.append((side.label, base.label, *key, names[key], *means))
    return pd.DataFrame(rows, columns=COLUMNS)


def _members(side: Side, years: Years) -> dict[tuple[str, str], Array]:
    """Attainment of every position, manager and region with a quota, by year."""
    quotas = _quotas(side)
    return {
        key: years.cents[own].sum(axis=1).to_numpy() / quotas[own].sum()
        for key, (_, own) in groups_of(side).items()
        if key[0] != "company" and quotas[own].sum() > 0
    }


def _company(side: Side, years: Years) -> dict[str, Array]:
    """What the company attains by year; a number that is zero has no attainment."""
    return dict(_company_shares(side, years))


def _company_shares(side: Side, years: Years) -> Iterator[tuple[str, Array]]:
    quotas, bookings = _quotas(side), years.cents.sum(axis=1).to_numpy()
    target = CENTS * float(side.kpis.set_index("kpi")["value"].get("plan_target", 0.0))
    if target > 0:
        yield PLAN, bookings / target
    counted = quotas.index[quotas > 0]
    if len(counted):
        yield QUOTAS, bookings / quotas.sum()
        yield POSITIONS, (years.cents[counted] >= quotas[counted]).mean(axis=1).to_numpy()


def _quotas(side: Side) -> pd.Series[float]:
    """Quota of each territory, whole cents."""
    quotas = side.territories.set_index("territory_id")["quota"].fillna(0.0)
    return (CENTS * quotas).round()
