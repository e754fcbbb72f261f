"""What many simulated years say about the quotas; money stays whole cents until it enters a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attainment import SalesField
from engine.scenario.schema import Z95
from engine.units import MONTHS, from_cents
from simulation.year import Results

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

FAN = (10, 25, 50, 75, 90)


@dataclass(frozen=True)
class Line:
    """One row of a summary: a rep, a manager, a region or the company, and what it is measured against.

    Parameters
    ----------
    level, id, name
        Labels.
    members
        Whether a position belongs to it, shape (territories,).
    quota_cents
        Number to reach.
    """

    level: str
    id: str
    name: str
    members: NDArray[np.bool_]
    quota_cents: int

    def bookings(self, results: Results) -> Whole:
        """Sum the year's bookings, whole cents, shape (replications,)."""
        return np.asarray(results.bookings_cents.sum(axis=2)[:, self.members].sum(axis=1))


def lines(field: SalesField) -> list[Line]:
    """List the rows of a summary: reps, managers, regions, the company against its plan and its quotas."""
    quotas = field.quota_cents
    reps = [
        Line("rep", territory, name, np.arange(len(quotas)) == t, int(quotas[t]))
        for t, (territory, name) in enumerate(zip(field.territory_ids, field.names, strict=True))
    ]
    groups = [
        Line(level, label, label, members, int(quotas[members].sum()))
        for level, labels in (("manager", field.managers), ("region", field.regions))
        for label in sorted(set(labels))
        for members in [np.array(labels, dtype=object) == label]
    ]
    everybody = np.ones(len(quotas), dtype=bool)
    company = [
        Line("company", "company", "Company, plan target", everybody, field.plan_target_cents),
        Line("company", "quotas", "Company, sum of quotas", everybody, int(quotas.sum())),
    ]
    return reps + groups + company


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Give the 95 % interval of a probability by Wilson's score method.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", 1927,
    DOI 10.1080/01621459.1927.10502953.
    """
    share = successes / trials
    centre = share + Z95**2 / (2 * trials)
    half = Z95 * math.sqrt(share * (1 - share) / trials + (Z95 / (2 * trials)) ** 2)
    scale = 1 + Z95**2 / trials
    # the exact bound is 0 or 1 where every trial ends alike; rounding must not put it beside that
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return low, high


def share_at_quota(field: SalesField, results: Results) -> float:
    """Give the mean share of positions at or above quota; positions without a quota do not count."""
    counted = field.quota_cents > 0
    reached = results.bookings_cents.sum(axis=2)[:, counted] >= field.quota_cents[counted]
    return float(reached.mean()) if counted.any() else 0.0


def person_share(results: Results, skill: Array) -> Array:
    """Give the part of the variance of yearly bookings that the person's skill explains in a straight line.

    Parameters
    ----------
    results
        Simulated years.
    skill
        How well whoever is first in each seat closes, shape (replications, territories).

    Returns
    -------
    Squared correlation, shape (territories,); 0 where nothing varies.
    """
    bookings = results.bookings_cents.sum(axis=2) / 100
    bookings, skill = bookings - bookings.mean(axis=0), skill - skill.mean(axis=0)
    both = (bookings**2).mean(axis=0) * (skill**2).mean(axis=0)
    shared = (bookings * skill).mean(axis=0) ** 2
    return np.divide(shared, both, out=np.zeros_like(both), where=both > 0)


def bookings_table(field: SalesField, results: Results) -> pd.DataFrame:
    """Write bookings by replication, territory and month (columns of attainment.parquet)."""
    years, territories = results.bookings_cents.shape[:2]
    return pd.DataFrame(
        {
            "replication": np.repeat(np.arange(years), territories * MONTHS),
            "territory_id": np.tile(np.repeat(np.array(field.territory_ids, dtype=object), MONTHS), years),
            "month": np.tile(np.array(field.month_names, dtype=object), years * territories),
            "bookings_cents": results.bookings_cents.reshape(-1),
        }
    )


def attainment_table(field: SalesField, results: Results) -> pd.DataFrame:
    """Write attainment, chance of reaching quota and work of every line (columns of attainment.csv).

    A position without a quota has reached it: attainment and probability are 1.
    """
    rows = []
    for line in lines(field):
        bookings = line.bookings(results)
        years = len(bookings)
        reached = int((bookings >= line.quota_cents).sum())
        low, high = wilson(reached, years)
        p10, p50, p90 = _money_quantiles(bookings, (10, 50, 90))
        attained = float(bookings.mean()) / line.quota_cents if line.quota_cents else 1.0
        rows.append(
            {
                "level": line.level,
                "id": line.id,
                "name": line.name,
                "quota": from_cents(line.quota_cents),
                "expected": _money_mean(bookings),
                "p10": p10,
                "p50": p50,
                "p90": p90,
                "attainment_mean": attained,
                "p_at_quota": reached / years,
                "p_low": low,
                "p_high": high,
                "expected_shortfall": _money_mean(np.maximum(line.quota_cents - bookings, 0)),
                "utilisation": _ratio(results.used_hours, results.hours, line.members),
                "waiting_days": _ratio(results.waiting_days, results.waits, line.members),
                "won": results.won[:, line.members].sum() / years,
                "lost": results.lost[:, line.members].sum() / years,
                "gave_up": results.gave_up[:, line.members].sum() / years,
                "open": results.open[:, line.members].sum() / years,
            }
        )
    return pd.DataFrame(rows)


def months_table(field: SalesField, results: Results) -> pd.DataFrame:
    """Write the company's bookings from the first month to each (columns of months.csv)."""
    cumulated = results.bookings_cents.sum(axis=1).cumsum(axis=1)
    quota = field.quota_month_cents.sum(axis=0).cumsum()
    rows = []
    for m, month in enumerate(field.month_names):
        fan = dict(zip((f"p{q}" for q in FAN), _money_quantiles(cumulated[:, m], FAN), strict=True))
        rows.append(
            {"month": month, "expected": _money_mean(cumulated[:, m]), **fan, "quota": from_cents(quota[m])}
        )
    return pd.DataFrame(rows)


def stress_table(field: SalesField, base: Results, cases: Mapping[str, Results]) -> pd.DataFrame:
    """Write every line of every stress case beside the base case (columns of stress.csv).

    Differences are paired year by year; their 95 % interval is the mean -+ 1.96 standard errors.
    """
    columns = ["case", "level", "id", "name", "expected", "p_at_quota", "p_low", "p_high"]
    columns += ["difference", "difference_low", "difference_high", "p_difference"]
    rows = []
    for case, results in cases.items():
        for line in lines(field):
            bookings, before = line.bookings(results), line.bookings(base)
            years = len(bookings)
            reached = int((bookings >= line.quota_cents).sum())
            change = bookings - before
            middle, half = float(change.mean()), Z95 * float(change.std(ddof=1)) / math.sqrt(years)
            numbers = [_money_mean(bookings), reached / years, *wilson(reached, years), _money_mean(change)]
            numbers += [from_cents(round(middle - half)), from_cents(round(middle + half))]
            numbers += [(reached - int((before >= line.quota_cents).sum())) / years]
            rows.append([case, line.level, line.id, line.name, *numbers])
    return pd.DataFrame(rows, columns=columns)


def _ratio(
    part: NDArray[np.float64 | np.int64], whole: NDArray[np.float64 | np.int64], members: NDArray[np.bool_]
) -> float:
    """Divide sums over years and positions; 0 where there is nothing."""
    total = float(whole[:, members].sum())
    return float(part[:, members].sum()) / total if total > 0 else 0.0


def _money_mean(cents: Whole) -> Decimal:
    """Average to whole cents, half up."""
    return from_cents((2 * int(cents.sum()) + len(cents)) // (2 * len(cents)))


def _money_quantiles(cents: Whole, percent: tuple[int, ...]) -> list[Decimal]:
    """Give amounts that occurred: the smallest that at least this percentage of years do not exceed."""
    return [from_cents(value) for value in np.percentile(cents, percent, method="inverted_cdf")]
