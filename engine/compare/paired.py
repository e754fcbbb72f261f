"""Bookings of two runs compared year by simulated year, so that the luck they share cancels out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from engine.compare.side import Side

COLUMNS = [
    "run", "base", "level", "id", "name", "base_expected", "expected", "difference", "low", "high",
]  # fmt: skip
CENTS = 100.0
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Years:
    """Simulated bookings of one side.

    Parameters
    ----------
    replications
        Numbers of the simulated years, sorted.
    cents
        Bookings by year (rows, in that order) and territory id (columns), whole cents.
    """

    replications: NDArray[np.int64]
    cents: pd.DataFrame


def paired_attainment(sides: Sequence[Side]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Compare bookings with the first simulated side, for every rep, manager, region and the company.

    Random numbers are keyed by seed and simulated year, so a difference within one year is the plan's, not
    luck's. Reps, managers and regions that only one of two runs has are left out.

    Parameters
    ----------
    sides
        The sides; the ones that are not simulated are passed over.

    Returns
    -------
    Columns ``run, base, level, id, name, base_expected, expected, difference, low, high`` (money per year;
    mean difference with its 95 % interval by Student's t), and a sentence for each run that cannot be paired.
    """
    pairs, notes = paired_sides(sides)
    rows: list[tuple[object, ...]] = []
    for base, years, side, other in pairs:
        rows += [(side.label, base.label, *row) for row in _differences(base, years, side, other)]
    return pd.DataFrame(rows, columns=COLUMNS), notes


def paired_sides(sides: Sequence[Side]) -> tuple[list[tuple[Side, Years, Side, Years]], tuple[str, ...]]:
    """Pair the first simulated side with each other one that has the same simulated years.

    Returns
    -------
    First side, its years, the other side, its years; and a sentence for each run that cannot be paired.
    """
    simulated = [side for side in sides if side.simulated and side.source.has("attainment.parquet")]
    pairs: list[tuple[Side, Years, Side, Years]] = []
    notes: list[str] = []
    if len(simulated) > 1:
        base, years = simulated[0], _years(simulated[0])
        for side in simulated[1:]:
            other = _years(side)
            reason = _why_not(base, years, side, other)
            if reason:
                notes.append(f"Bookings of {side.label} and {base.label} are not paired: {reason}.")
            else:
                pairs.append((base, years, side, other))
    return pairs, tuple(notes)


def company_years(sides: Sequence[Side]) -> pd.DataFrame:
    """List the company's bookings of every simulated year, for the sides that can be paired.

    Parameters
    ----------
    sides
        The sides; the first that is simulated is what the others are paired with.

    Returns
    -------
    Money per year; index number of the simulated year, one column a side. No columns if no two can be paired.
    """
    sums: dict[str, pd.Series[float]] = {}
    for base, years, side, other in paired_sides(sides)[0]:
        sums |= {one.label: own.cents.sum(axis=1) / CENTS for one, own in ((base, years), (side, other))}
    return pd.DataFrame(sums)


def _years(side: Side) -> Years:
    bookings = side.source.parquet("attainment")
    sums = bookings.groupby(["replication", "territory_id"])["bookings_cents"].sum().unstack()
    return Years(sums.index.to_numpy(dtype=np.int64), sums)


def _why_not(base: Side, base_years: Years, side: Side, years: Years) -> str:
    seeds = base.source.facts.seed, side.source.facts.seed
    if seeds[0] != seeds[1]:
        return f"their seeds differ ({seeds[0]} and {seeds[1]})"
    if not np.array_equal(base_years.replications, years.replications):
        counts = len(base_years.replications), len(years.replications)
        return f"they do not have the same simulated years ({counts[0]} and {counts[1]})"
    return "" if len(years.replications) > 1 else "one simulated year has no spread"


def _differences(base: Side, base_years: Years, side: Side, years: Years) -> Iterator[tuple[object, ...]]:
    before, after = groups_of(base), groups_of(side)
    for key in before:
        if key in after:
            (name, old), (_, new) = before[key], after[key]
            a = base_years.cents[old].sum(axis=1).to_numpy() / CENTS
            b = years.cents[new].sum(axis=1).to_numpy() / CENTS
            yield (*key, name, *paired_means(a, b))


def paired_means(before: Array, after: Array) -> tuple[float, float, float, float, float]:
    """Give both means, the mean difference of pairs and its 95 % interval by Student's t."""
    change = after - before
    half = float(stdtrit(len(change) - 1, 0.975) * change.std(ddof=1) / np.sqrt(len(change)))
    mean = float(change.mean())
    return float(before.mean()), float(after.mean()), mean, mean - half, mean + half


def groups_of(side: Side) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """Name and territories of every level and id, in the order of the summary table."""
    table = side.territories
    ids = table["territory_id"].tolist()
    groups = {
        ("rep", territory): (str(name), [territory])
        for territory, name in zip(ids, table["rep_name"], strict=True)
    }
    for level in ("manager", "region"):
        for name in sorted(set(table[level])):
            groups[level, name] = (name, table.loc[table[level] == name, "territory_id"].tolist())
    groups["company", "company"] = ("Company", ids)
    return groups
