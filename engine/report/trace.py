"""One simulated year of one position as lines to read: what each deal did, from the first day to the last."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd

from engine.errors import Finding, InputError, Severity
from engine.report.table import Kind
from engine.runs import StoredRun

WORDS = {
    "advance": "goes on",
    "won": "WON",
    "lost": "lost",
    "open": "still open at the year's end",
    "stalled": "falls asleep",
    "gave_up": "lost: waited too long",
}


def trace(run: StoredRun, position: str, visits: pd.DataFrame, year: int = 0) -> Iterator[str]:
    """Tell a simulated year of a position, as the SimPy model recorded it.

    Parameters
    ----------
    run
        A finished run.
    position
        Id of a territory, or of the rep who has it.
    visits
        The year, as in ``simulated_year.parquet``.
    year
        Its number among the replications.

    Yields
    ------
    A line for each visit of a deal to a stage, in the order in which stages are entered, then the sums.

    Raises
    ------
    InputError
        If the run has no such position.
    """
    territories = run.table("territories")
    found = territories[(territories["territory_id"] == position) | (territories["rep_id"] == position)]
    if found.empty:
        known = ", ".join(territories["territory_id"].tolist()[:30])
        message = f"this run has no position {position}"
        raise InputError(
            [Finding("--trace", 0, 0, "", "TRACE", Severity.ERROR, position, message, f"one of {known}")]
        )
    territory, name = str(found.iloc[0]["territory_id"]), str(found.iloc[0]["rep_name"])
    start = date.fromisoformat(str(run.json("scenario.resolved")["fiscal_year_start"]))
    own = visits[visits["territory_id"] == territory].sort_values(
        ["entered_day", "opportunity_id"], kind="stable"
    )
    currency = run.facts.currency
    told = f"simulated year {year}" if year else "the first of the simulated years"
    yield f"{territory} {name}: {told}, {len(own)} visits of {own['opportunity_id'].nunique()} deals to stages"
    won = 0
    for visit in own.to_dict("records"):
        won += int(visit["amount_cents"]) if visit["outcome"] == "won" else 0
        yield _line(visit, start, currency)
    sold = Kind.MONEY.shown(won / 100)
    yield f"{(own['outcome'] == 'won').sum()} won for {currency} {sold}, {own['outcome'].isin(['lost', 'gave_up']).sum()} lost"


def _line(visit: dict[Any, Any], start: date, currency: str) -> str:
    entered, began, done = (float(visit[f"{name}_day"]) for name in ("entered", "work_start", "work_end"))
    left = float(visit["left_day"])
    said = [f"{_day(entered, start)}  {visit['opportunity_id']}  {visit['stage']}"]
    if math.isnan(began):
        said.append("nobody has begun" if entered >= 0 else "with the customer since before the year")
    else:
        waited = began - entered
        said.append(f"waits {waited:.1f} days" if waited >= 0.05 else "at once")
        hours = f"{float(visit['effort_hours']):.1f} h of work"
        said.append(hours + (f" until {_day(done, start)}" if not math.isnan(done) else ""))
    ending = WORDS[str(visit["outcome"])]
    if visit["outcome"] == "won":
        ending += f" {currency} {Kind.MONEY.shown(int(visit['amount_cents']) / 100)}"
    said.append(ending if math.isnan(left) else f"{_day(left, start)} {ending}")
    return ", ".join(said)


def _day(day: float, start: date) -> str:
    return (start + timedelta(days=math.floor(day))).isoformat()
