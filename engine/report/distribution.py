"""Charts of a comparison: how simulated years are spread, and what one plan gives up for another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.report.charts import Scale, Tick, nice_step
from engine.report.places import Array
from engine.report.table import chance, money

NEAR = (40.0, 12.0)  # per cent of a trade-off's width and height that a label takes
BINS = 24  # about so many steps of a histogram


@dataclass(frozen=True)
class Histogram:
    """How many simulated years lie where.

    Parameters
    ----------
    title, caption
        What is shown, in words.
    first
        Outline of the first spread: polygon points in a square of 100.
    second
        Line of the second spread in that square; empty = there is one only.
    mark
        Place of zero, or of 100 % of a quota, per cent; None = none, or outside.
    ticks
        The horizontal axis.
    """

    title: str
    caption: str
    first: str
    second: str
    mark: float | None
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class Point:
    """A plan in a trade-off: place in per cent, both figures as text, and on which side its label stands."""

    label: str
    x: float
    y: float
    x_text: str
    y_text: str
    leftwards: bool
    below: bool


@dataclass(frozen=True)
class TradeOff:
    """Plans by two figures of which less is better; y counts from the top."""

    x_title: str
    y_title: str
    points: tuple[Point, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    caption: str


def spread_charts(years: pd.DataFrame, currency: str) -> tuple[Histogram, ...]:
    """Draw each plan's simulated years over those of the first, and the differences within each year.

    Parameters
    ----------
    years
        Money per year, one column a plan; see `engine.compare.paired.company_years`.
    currency
        ISO 4217 code.

    Returns
    -------
    Two charts for every plan but the first; none if there are fewer than two.
    """
    charts: list[Histogram] = []

    def amount(value: float) -> str:
        return money(value, currency)

    for label in years.columns[1:]:
        first = str(years.columns[0])
        before, after = (years[one].to_numpy(dtype=float) for one in (first, label))
        change = after - before
        more = int((change > 0).sum())
        both = f"{len(years):,} simulated years: shaded with {first}, line with {label}."
        said = f"More with {label} in {more:,} of {len(years):,} years, each compared with the same luck."
        charts.append(_histogram(f"Bookings of a year, {label}", both, [before, after], amount, 0.0))
        charts.append(_histogram(f"{label} less {first}, year by year", said, [change], amount, 0.0))
    return tuple(charts)


def attained_charts(attained: Mapping[str, pd.DataFrame], positions: int) -> tuple[Histogram, ...]:
    """Draw what the company attains of its plan, and how many positions are at quota, each plan over the first.

    Parameters
    ----------
    attained
        Shares by simulated year, one column a plan; see `engine.compare.attained.attained_years`.
    positions
        How many there are: their share has no values between.

    Returns
    -------
    Two charts for every plan but the first; none if there are fewer than two.
    """
    charts = []
    plan, seats = attained["company"], attained["positions"]
    for label in plan.columns[1:]:
        first = str(plan.columns[0])
        pair = [plan[one].to_numpy(dtype=float) for one in (first, label)]
        reached = [chance(float((one >= 1).mean())) for one in pair]
        said = f"Shaded with {first}, line with {label}. The plan is made in {reached[0]} and {reached[1]} of the years."
        charts.append(_histogram(f"Bookings over plan target, {label}", said, pair, chance, 1.0))
        if label in seats:
            pair = [seats[one].to_numpy(dtype=float) for one in (first, label)]
            fewer, more = int((pair[1] < pair[0]).sum()), int((pair[1] > pair[0]).sum())
            said = f"More with {label} in {more:,}, fewer in {fewer:,} of {len(seats):,} years, each compared with the same luck."
            step = 1 / positions if positions <= 2 * BINS else 0.0
            charts.append(_histogram(f"Positions at quota, {label}", said, pair, chance, None, step))
    return tuple(charts)


def trade_off(
    labels: Sequence[str], across: tuple[str, Sequence[float]], up: tuple[str, Sequence[float]],
    texts: tuple[Sequence[str], Sequence[str]],
) -> TradeOff | None:  # fmt: skip
    """Draw plans by two figures, each ``(title, value of each plan)``, of which less is better.

    Parameters
    ----------
    labels
        Names of the plans.
    across, up
        Title and figures of each axis; NaN = not known, and the plan is left out.
    texts
        Both figures as every table writes them.

    Returns
    -------
    The chart; None if fewer than two plans have both figures.
    """
    known = [i for i in range(len(labels)) if math.isfinite(across[1][i]) and math.isfinite(up[1][i])]
    if len(known) < 2:
        return None
    x, y = (np.array([float(axis[1][i]) for i in known]) for axis in (across, up))
    scales = [Scale(*_ends(one)) for one in (x, y)]
    beaten = [
        labels[known[k]]
        for k in range(len(known))
        if any((x[o] <= x[k]) & (y[o] <= y[k]) & ((x[o] < x[k]) | (y[o] < y[k])) for o in range(len(known)))
    ]
    said = (
        "In these two alone, none of the plans is beaten."
        if not beaten
        else f"In these two alone, another plan beats {' and '.join(beaten)}."
    )
    places = [(scales[0].at(a), 100 - scales[1].at(b)) for a, b in zip(x, y, strict=True)]
    points = tuple(
        Point(labels[i], *place, texts[0][i], texts[1][i], place[0] > 55, _crowded(k, places))
        for k, (i, place) in enumerate(zip(known, places, strict=True))
    )
    x_ticks, y_ticks = (
        [Tick(scale.at(float(axis[one])), text[known[int(one)]]) for one in (axis.argmin(), axis.argmax())]
        for scale, axis, text in zip(scales, (x, y), texts, strict=True)
    )
    turned = tuple(Tick(100 - tick.at, tick.label) for tick in y_ticks)
    return TradeOff(across[0], up[0], points, tuple(x_ticks), turned, said)


def _crowded(k: int, places: Sequence[tuple[float, float]]) -> bool:
    """Whether another plan stands so near above, or at the same place before, that its label would cover this one's."""
    x, y = places[k]
    return any(
        abs(a - x) < NEAR[0] and -NEAR[1] < b - y <= 0 and (b < y or j < k)
        for j, (a, b) in enumerate(places)
        if j != k
    )


def _ends(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.15 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def _histogram(
    title: str, caption: str, spreads: Sequence[Array], shown: Callable[[float], str], mark: float | None, step: float = 0.0
) -> Histogram:  # fmt: skip
    """Count values by steps; a step that is given stands around its own value, others between round ones."""
    every = np.concatenate(spreads)
    low, high = float(every.min()), float(every.max())
    reach = high - low or abs(high) or 1.0
    aside = step / 2
    step = step or nice_step(reach, BINS)
    steps = np.arange(math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9) + 2, dtype=np.float64)
    edges: Array = step * steps - aside
    scale = Scale(float(edges[0]), float(edges[-1]))
    counts = [np.histogram(one, edges)[0] for one in spreads]
    top = 1.05 * max(int(one.max()) for one in counts)
    outlines = [_steps(one, edges, scale, top) for one in counts]
    apart = nice_step(reach, 4)
    ticks = apart * np.arange(math.ceil(edges[0] / apart), math.floor(edges[-1] / apart) + 1)
    return Histogram(
        title,
        caption,
        outlines[0],
        outlines[1] if len(outlines) > 1 else "",
        scale.at(mark) if mark is not None and edges[0] < mark < edges[-1] else None,
        tuple(Tick(scale.at(float(value)), shown(float(value))) for value in ticks),
    )


def _steps(counts: np.ndarray[tuple[int], np.dtype[np.int64]], edges: Array, scale: Scale, top: float) -> str:
    places = [f"{scale.at(float(edges[0])):g},100"]
    for k, count in enumerate(counts.tolist()):
        height = f"{100 - 100 * count / top:.2f}"
        places += [f"{scale.at(float(end)):g},{height}" for end in edges[k : k + 2]]
    return " ".join([*places, f"{scale.at(float(edges[-1])):g},100"])
