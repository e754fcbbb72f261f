"""What bookings depend on: each driver moved by a tenth up and down, with the same luck."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from engine.attainment import SalesField
from engine.scenario.schema import Z95, Spread, StressCase
from simulation.model import Case
from simulation.replicate import replicate
from simulation.stress import base_case, own_case
from simulation.year import Results

STEP = 0.1
USUAL = (0.2, 0.6)  # elasticities of leads and hours where a field is neither idle nor overrun
COLUMNS = ("driver", "down", "down_low", "down_high", "up", "up_low", "up_high", "elasticity", "usual")

_OWN = {
    "leads": "demand",
    "hours": "hours",
    "win rate": "win_rate",
    "deal size": "deal_size",
    "cycle time": "days",
}

DRIVERS = (*_OWN, "effort", "placebo")
_NOTHING = StressCase(name="driver")


def driver_table(
    field: SalesField,
    base: Results,
    seed: int,
    years: int,
    workers: int | str,
    progress: Callable[[str, float], None],
) -> pd.DataFrame:
    """Move every driver by a tenth and pair the years with those of the base case.

    Parameters
    ----------
    field
        The field as it is.
    base
        Years of the base case.
    seed
        Seed of the scenario.
    years
        Years to simulate for each driver and direction; at most those of the base case. 0 = none.
    workers
        Threads, or the address of a Dask scheduler; they change no result.
    progress
        Told the step and the part of it that is done.

    Returns
    -------
    The columns of ``drivers.csv``, the strongest driver first: change of expected bookings when the driver falls and rises
    by a tenth, with 95 % intervals, as shares; ``elasticity`` = how many per cent bookings change per per cent, by the
    fall; ``usual`` says whether that of leads and hours lies between 0.2 and 0.6, and is empty for others.
    ``placebo`` changes a name that nothing depends on, and must change nothing.
    """
    years = min(years, len(base.bookings_cents))
    if not years:
        return pd.DataFrame(columns=list(COLUMNS))
    before = base.bookings_cents[:years].sum(axis=(1, 2)).astype(np.float64)
    rows = []
    for place, name in enumerate(DRIVERS):
        effects = []
        for factor in (1 - STEP, 1 + STEP):
            found = replicate(moved(field, {name: factor}), seed, years, workers, lambda _: None)
            after = np.where(found.simulated[:, :, None], found.bookings_cents, base.bookings_cents[:years])
            effects += _interval(after.sum(axis=(1, 2)) - before, before)
        elasticity = -effects[0] / STEP
        usual = USUAL[0] <= elasticity <= USUAL[1] if name in ("leads", "hours") else None
        rows.append((name, *effects, elasticity, {None: "", True: "yes", False: "no"}[usual]))
        progress("drivers", (place + 1) / len(DRIVERS))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.iloc[np.argsort(-table["elasticity"].abs(), kind="stable")].reset_index(drop=True)


def moved(field: SalesField, factors: Mapping[str, float]) -> Case:
    """Move drivers of a field, each by its factor; nothing depends on the placebo."""
    own = {_OWN[driver]: factor for driver, factor in factors.items() if driver in _OWN}
    case = own_case(_NOTHING.model_copy(update=own), field) if own else base_case(field)
    if (effort := factors.get("effort")) is None:
        return case

    def harder(hours: Spread) -> Spread:
        return hours.model_copy(update={"mean": hours.mean * effort})

    process = case.field.process
    stages = [
        stage.model_copy(update={"effort_hours": harder(stage.effort_hours)}) for stage in process.stages
    ]
    return replace(case, field=replace(case.field, process=process.model_copy(update={"stages": stages})))


def _interval(change: np.ndarray, before: np.ndarray) -> list[float]:
    """Give the mean change and its 95 % interval, as shares of what was before."""
    half = Z95 * float(change.std(ddof=1)) / math.sqrt(len(change)) if len(change) > 1 else math.nan
    mean, whole = float(change.mean()), float(before.mean()) or math.nan
    return [mean / whole, (mean - half) / whole, (mean + half) / whole]
