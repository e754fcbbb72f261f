"""The page of a calibration: what was fitted, how well it fits, and what it would have forecast."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd

from engine.calibration import Calibration, Estimate, StageFit
from engine.report.calibration_charts import demand_chart, share_chart
from engine.report.page import render_page
from engine.report.table import Column, Kind, Table, Value, table_of

BANDS = ((50, "p25", "p75"), (80, "p10", "p90"), (90, "p5", "p95"))
RATES = {"owner": "Win rates of owners", "unit": "Win rates of units"}


def calibration_html(calibration: Calibration, synthetic: str) -> str:
    """Write the fit report of a calibration as one page that makes no request.

    Parameters
    ----------
    calibration
        What was fitted.
    synthetic
        What in the history is invented; empty = nothing.

    Returns
    -------
    The page; the same calibration gives the same text.
    """
    history = calibration.history
    first, last = (date.fromordinal(day) for day in (history.since, history.until))
    charts = [
        (
            stage.name,
            [
                share_chart(f"{words} {stage.name}", law.curve, "days since it was entered")
                for words, law in laws
            ],
        )
        for stage in calibration.stages
        for laws in [(("Advanced from", stage.advanced), ("Lost in", stage.lost))]
    ]
    return render_page(
        "calibration.html",
        ("tables.js", "print.js"),
        {},
        source=history.source,
        covered=f"{first} to {last}",
        visits=f"{len(history.stage):,}",
        opportunities=f"{len(np.unique(history.opportunity)):,}",
        synthetic=synthetic,
        notes=calibration.notes,
        stages=stage_table(calibration),
        general=general_table(calibration),
        charts=charts,
        amounts=share_chart("Amounts of won deals", calibration.amount.curve, "the amount", by_size=True),
        demand=demand_chart(calibration.demand),
        rates=[_rates(calibration, kind, title) for kind, title in RATES.items()],
        company=quarter_table(calibration.quarters),
        coverage=coverage_table(calibration.quarters),
        scores=score_table(calibration.quarters),
    )


def stage_table(calibration: Calibration) -> Table:
    """List what was learned about each stage, with 95 % intervals."""
    columns = (
        Column("stage", "Stage"),
        Column("advance", "Chance of advancing", Kind.SHARE),
        Column("advance_range", "95 % interval"),
        Column("observations", "Worth observations", Kind.COUNT),
        Column("days", "Mean days if it advances", Kind.NUMBER),
        Column("days_range", "95 % interval"),
        Column("cv", "Spread (cv)", Kind.NUMBER),
        Column("lost_days", "Mean days if lost", Kind.NUMBER),
        Column("hours", "Hours of work"),
        Column("visits", "Visits", Kind.COUNT),
        Column("open", "Still open", Kind.COUNT),
        Column("late", "Under way at the start", Kind.COUNT),
        Column("stuck", "Never end", Kind.SHARE),
        Column("law", "Law of days"),
    )
    return Table("Stages", columns, tuple(_stage_row(stage) for stage in calibration.stages))


def _stage_row(stage: StageFit) -> tuple[str | float | int, ...]:
    return (
        stage.name,
        stage.advance.value,
        _range(stage.advance, percent=True),
        round(stage.observations),
        stage.advanced.mean.value,
        _range(stage.advanced.mean),
        stage.advanced.cv.value,
        stage.lost.mean.value,
        "assumed" if stage.hours is None else f"{stage.hours.mean.value:.3g}",
        stage.visits,
        stage.open,
        stage.late,
        stage.stuck,
        "lognormal" if stage.advanced.lognormal else "as observed",
    )


def general_table(calibration: Calibration) -> Table:
    """List what holds for all stages, with 95 % intervals."""
    amount, demand = calibration.amount, calibration.demand
    rows: tuple[tuple[str, Estimate, str], ...] = (
        (
            "New opportunities a year",
            demand.per_year,
            f"{demand.months['observed'].sum():,.0f} opportunities",
        ),
        ("Amount of a won deal, mean", amount.mean, f"{amount.count:,} won deals"),
        ("Amount of a won deal, spread (cv)", amount.cv, f"{amount.count:,} won deals"),
        (
            "Spread of win rates between reps (cv)",
            calibration.skill,
            f"{(calibration.rates['kind'] == 'owner').sum():,} owners",
        ),
    )
    columns = (
        Column("what", "What", Kind.LONG),
        Column("value", "Value", Kind.NUMBER),
        Column("range", "95 % interval"),
        Column("rests_on", "Rests on"),
    )
    return Table("Demand, amounts and reps", columns, tuple((w, e.value, _range(e), n) for w, e, n in rows))


def quarter_table(quarters: pd.DataFrame) -> Table:
    """List the company's forecast quarters beside what came."""
    columns = (
        Column("quarter", "Quarter"),
        Column("observed", "What came", Kind.MONEY),
        Column("p10", "80 % of simulated: from", Kind.MONEY),
        Column("p50", "Median", Kind.MONEY),
        Column("p90", "to", Kind.MONEY),
        Column("crps", "Score: simulated", Kind.MONEY),
        Column("crps_flat", "Score: flat rate", Kind.MONEY),
        Column("crps_last_year", "Score: last year", Kind.MONEY),
    )
    return table_of("Forecast of past quarters, company", quarters[quarters["level"] == "company"], columns)


def coverage_table(quarters: pd.DataFrame) -> Table:
    """Count how often what came lay inside the simulated intervals."""
    rows: list[tuple[Value, ...]] = []
    for level, found in quarters.groupby("level", sort=True):
        seen = found["observed"].astype(float)
        shares = [float(((seen >= found[low]) & (seen <= found[high])).mean()) for _, low, high in BANDS]
        rows.append((str(level), len(found), *shares))
    columns = (
        Column("level", "Level"),
        Column("forecasts", "Forecasts", Kind.COUNT),
        *(
            Column(f"inside_{wanted}", f"Inside the {wanted} % interval", Kind.SHARE)
            for wanted, _, _ in BANDS
        ),
    )
    return Table("Coverage", columns, tuple(rows))


def score_table(quarters: pd.DataFrame) -> Table:
    """Average the scores as shares of what came; last year is compared on the quarters that have one."""
    rows: list[tuple[Value, ...]] = []
    for level, found in quarters.groupby("level", sort=True):
        came = float(found["observed"].sum())
        old = found[found["crps_last_year"].notna()]
        if came > 0:
            simulated, flat = (float(found[name].sum()) / came for name in ("crps", "crps_flat"))
            base = float(old["observed"].sum())
            both = [
                float(old[name].sum()) / base if base > 0 else None for name in ("crps_last_year", "crps")
            ]
            rows.append((str(level), simulated, flat, *both))
    columns = (
        Column("level", "Level"),
        Column("crps", "Simulated", Kind.SHARE),
        Column("crps_flat", "Flat rate", Kind.SHARE),
        Column("crps_last_year", "Last year (where there is one)", Kind.SHARE),
        Column("crps_there", "Simulated, same quarters", Kind.SHARE),
    )
    return Table("Scores", columns, tuple(rows))


def _rates(calibration: Calibration, kind: str, title: str) -> Table:
    columns = (
        Column("name", "Name"),
        Column("ended", "Decided", Kind.COUNT),
        Column("won", "Won", Kind.COUNT),
        Column("rate", "Rate", Kind.SHARE),
        Column("shrunk", "Drawn to the mean", Kind.SHARE),
        Column("low", "90 % from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
    )
    return table_of(title, calibration.rates[calibration.rates["kind"] == kind], columns)


def _range(estimate: Estimate, *, percent: bool = False) -> str:
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return "not given"
    if percent:
        return f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f} %"
    return f"{Kind.NUMBER.shown(estimate.low)} to {Kind.NUMBER.shown(estimate.high)}"
