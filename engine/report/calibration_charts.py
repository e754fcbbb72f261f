"""Charts of observed against fitted, as lines in a square of 100."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.calibration import Curve, Demand
from engine.report.charts import Tick, month_words, nice_step
from engine.report.table import compact

Array = NDArray[np.float64]

MOST_POINTS = 200  # of a line; more are not seen


@dataclass(frozen=True)
class Lines:
    """Two lines over one axis.

    Parameters
    ----------
    title, caption
        What is shown, in a few words and in a sentence.
    observed, fitted
        Polyline points; y counts from the top.
    x_ticks, y_ticks
        Axes.
    """

    title: str
    caption: str
    observed: str
    fitted: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def share_chart(title: str, curve: Curve, unit: str, *, by_size: bool = False) -> Lines:
    """Draw the share that is over by a day, or below an amount.

    Parameters
    ----------
    title
        What ends, or what is measured.
    curve
        Observed and fitted shares.
    unit
        What the places of the curve are counted in.
    by_size
        Whether the axis is logarithmic, as amounts need it.
    """
    if by_size:
        at = np.log10(curve.at)
        whole = range(math.floor(at.min()), math.ceil(at.max()) + 1)
        low, high = float(whole[0]), float(max(whole[-1], whole[0] + 1))
        ticks = [(float(k), compact(10.0**k)) for k in whole]
    else:
        at = curve.at
        low, step = 0.0, nice_step(max(float(at.max()), 1.0), 6)
        high = step * math.ceil(max(float(at.max()), 1.0) / step)
        ticks = [(k * step, f"{k * step:g}") for k in range(round(high / step) + 1)]
    place = 100 * (at - low) / (high - low)
    top = _percent_top(max(curve.observed.max(), curve.fitted.max()))
    caption = (
        f"{title}: observed and fitted shares over {unit}; they differ by at most "
        f"{100 * curve.gap:.1f} percentage points."
    )
    return Lines(
        title,
        caption,
        _steps(place, curve.observed / top),
        _line(place, curve.fitted / top),
        tuple(Tick(round(100 * (value - low) / (high - low), 2), text) for value, text in ticks),
        tuple(Tick(round(100 - 25.0 * k, 2), f"{25 * k * top:.0f} %") for k in range(5)),
    )


def demand_chart(demand: Demand) -> Lines:
    """Draw new opportunities a day by month, observed and fitted."""
    months: pd.DataFrame = demand.months
    days = months["days"].to_numpy(dtype=float)
    observed, fitted = months["observed"].to_numpy(float) / days, months["fitted"].to_numpy(float) / days
    step = nice_step(max(float(max(observed.max(), fitted.max())), 1e-9), 4)
    top = step * math.ceil(max(observed.max(), fitted.max()) / step)
    place = 100 * (np.arange(len(days)) + 0.5) / len(days)
    every = max(1, math.ceil(len(days) / 6))
    names = list(months["month"])
    return Lines(
        "New opportunities a day",
        "New opportunities a day in each month of the history, observed and fitted.",
        _line(place, observed / top),
        _line(place, fitted / top),
        tuple(Tick(round(place[k], 2), month_words(names[k])) for k in range(0, len(days), every)),
        tuple(
            Tick(round(100 - 100 * k * step / top, 2), f"{k * step:g}") for k in range(round(top / step) + 1)
        ),
    )


def _percent_top(share: float) -> float:
    return next(top for top in (0.2, 0.4, 0.6, 0.8, 1.0) if share <= top + 1e-9)


def _line(x: Array, y: Array) -> str:
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).astype(int))
    return _points(x[chosen].tolist(), y[chosen].tolist())


def _steps(x: Array, y: Array) -> str:
    """Draw a share that jumps at each place."""
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).astype(int))
    across = np.repeat(x[chosen], 2)
    up = np.concatenate([[0.0], np.repeat(y[chosen], 2)[:-1]])
    return _points(across.tolist(), up.tolist())


def _points(x: Sequence[float], y: Sequence[float]) -> str:
    return " ".join(f"{a:.2f},{100 - 100 * b:.2f}" for a, b in zip(x, y, strict=True))
