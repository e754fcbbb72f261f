"""Simulated years of a synthetic run: invented bookings, summed up as a simulation would."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.scenario.schema import Scenario
from engine.units import fiscal_months, from_cents

Whole = NDArray[np.int64]
Z95 = 1.959963984540054


def attainment_tables(
    territories: pd.DataFrame, quotas: pd.DataFrame, scenario: Scenario, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Write ``attainment``, ``months``, ``stress``, the bookings by replication and one simulated year."""
    months = fiscal_months(scenario.fiscal_year_start)
    ids = territories["territory_id"].to_numpy(dtype=object)
    quota = _cents(quotas[quotas["period"] == "FY"]["quota"])
    phased = _cents(quotas[quotas["period"].isin(months)]["quota"]).reshape(len(ids), 12)
    years = scenario.simulation.replications
    common = rng.lognormal(0, 0.1, (years, 1, 1))
    bookings = (phased * 0.96 * common * rng.lognormal(0, 0.5, (years, len(ids), 12))).astype(np.int64)
    lines = _lines(territories, quota, int(scenario.quotas.plan_target * 100))
    return {
        "attainment": _summary(lines, bookings),
        "months": _months(months, bookings, phased),
        "stress": _stress(lines, bookings, scenario),
        "bookings": pd.DataFrame(
            {
                "replication": np.repeat(np.arange(years), len(ids) * 12),
                "territory_id": np.tile(np.repeat(ids, 12), years),
                "month": np.tile(np.array(months, dtype=object), years * len(ids)),
                "bookings_cents": bookings.reshape(-1),
            }
        ),
        "year": _year(ids),
    }


def _lines(
    territories: pd.DataFrame, quota: Whole, target: int
) -> list[tuple[str, str, str, NDArray[np.bool_], int]]:
    """Level, id, name, members and number to reach of every row."""
    ids = territories["territory_id"]
    lines = [
        ("rep", i, n, (ids == i).to_numpy(), int(q))
        for i, n, q in zip(ids, territories["rep_name"], quota, strict=True)
    ]
    for level in ("manager", "region"):
        for name in sorted(set(territories[level])):
            members = (territories[level] == name).to_numpy()
            lines.append((level, name, name, members, int(quota[members].sum())))
    everybody = np.ones(len(ids), dtype=bool)
    lines.append(("company", "company", "Company, plan target", everybody, target))
    lines.append(("company", "quotas", "Company, sum of quotas", everybody, int(quota.sum())))
    return lines


def _summary(lines: list[Any], bookings: Whole) -> pd.DataFrame:
    rows = []
    for level, label, name, members, quota in lines:
        year = bookings[:, members].sum(axis=(1, 2))
        low, high = _wilson(int((year >= quota).sum()), len(year))
        p10, p50, p90 = _quantiles(year, (10, 50, 90))
        rows.append(
            {
                "level": level,
                "id": label,
                "name": name,
                "quota": from_cents(quota),
                "expected": _mean(year),
                "p10": p10,
                "p50": p50,
                "p90": p90,
                "attainment_mean": float(year.mean()) / quota,
                "p_at_quota": float((year >= quota).mean()),
                "p_low": low,
                "p_high": high,
                "expected_shortfall": _mean(np.maximum(quota - year, 0)),
                "utilisation": 0.8,
                "waiting_days": 2.5,
                "won": 9.0 * members.sum(),
                "lost": 24.0 * members.sum(),
                "gave_up": 3.0 * members.sum(),
                "open": 5.0 * members.sum(),
            }
        )
    return pd.DataFrame(rows)


def _months(months: tuple[str, ...], bookings: Whole, phased: Whole) -> pd.DataFrame:
    grown, quota = bookings.sum(axis=1).cumsum(axis=1), phased.sum(axis=0).cumsum()
    rows = [
        (month, _mean(grown[:, m]), *_quantiles(grown[:, m], (10, 25, 50, 75, 90)), from_cents(quota[m]))
        for m, month in enumerate(months)
    ]
    return pd.DataFrame(rows, columns=["month", "expected", "p10", "p25", "p50", "p75", "p90", "quota"])


def _stress(lines: list[Any], bookings: Whole, scenario: Scenario) -> pd.DataFrame:
    rows = []
    for k, case in enumerate(scenario.simulation.stress):
        hit = bookings * 80 // 100 if k == 1 else bookings * (97 - k) // 100
        for level, label, name, members, quota in lines:
            base, year = bookings[:, members].sum(axis=(1, 2)), hit[:, members].sum(axis=(1, 2))
            change, reached = year - base, int((year >= quota).sum())
            half = Z95 * float(change.std(ddof=1)) / math.sqrt(len(year))
            middle = float(change.mean())
            rows.append(
                (
                    case,
                    level,
                    label,
                    name,
                    _mean(year),
                    reached / len(year),
                    *_wilson(reached, len(year)),
                    _mean(change),
                    from_cents(round(middle - half)),
                    from_cents(round(middle + half)),
                    (reached - int((base >= quota).sum())) / len(year),
                )
            )
    columns = ["case", "level", "id", "name", "expected", "p_at_quota", "p_low", "p_high"]
    return pd.DataFrame(
        rows, columns=[*columns, "difference", "difference_low", "difference_high", "p_difference"]
    )


def _year(ids: NDArray[np.object_]) -> pd.DataFrame:
    """One deal a territory, won after two stages."""
    columns = ["stage", "entered_day", "work_start_day", "work_end_day", "left_day", "effort_hours"]
    columns += ["outcome", "amount_cents"]
    visits = [
        ("qualify", 10.0, 11.0, 12.0, 32.0, 4.0, "advance", 0),
        ("close", 32.0, 33.0, 35.0, 75.0, 8.0, "won", 9_000_000),
    ]
    rows = [
        (f"D{i:05d}", f"{i + 1:05d}", territory, *visit)
        for i, territory in enumerate(ids)
        for visit in visits
    ]
    return pd.DataFrame(rows, columns=["opportunity_id", "unit_id", "territory_id", *columns])


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    share = successes / trials
    centre = share + Z95**2 / (2 * trials)
    half = Z95 * math.sqrt(share * (1 - share) / trials + (Z95 / (2 * trials)) ** 2)
    scale = 1 + Z95**2 / trials
    low = 0.0 if successes == 0 else (centre - half) / scale
    return low, 1.0 if successes == trials else (centre + half) / scale


def _quantiles(cents: Whole, percent: tuple[int, ...]) -> list[Decimal]:
    return [from_cents(value) for value in np.percentile(cents, percent, method="inverted_cdf")]


def _mean(cents: Whole) -> Decimal:
    return from_cents(math.floor(float(cents.mean()) + 0.5))


def _cents(money: pd.Series[Any]) -> Whole:
    return np.array([int(amount * 100) for amount in money], dtype=np.int64)
