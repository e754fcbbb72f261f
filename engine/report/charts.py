"""Charts of the web report: places in per cent of width and height, so that they fit any screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from engine.report.source import Source, measure_words
from engine.report.table import MINUS, NBSP, Kind, Value, money

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Scale:
    """A straight axis: value ``low`` stands at 0 %, ``high`` at 100 %."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Give the place of a value, per cent, inside the axis."""
        place = 100 * (value - self.low) / (self.high - self.low)
        return round(min(100.0, max(0.0, place)), 3)


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Bar:
    """A bar from ``start`` to ``end`` with its mark and interval; all per cent of the width."""

    start: float
    end: float
    low: float
    high: float
    text: str
    outside: bool = False

    @property
    def width(self) -> float:
        """Length of the bar."""
        return round(self.end - self.start, 3)


@dataclass(frozen=True)
class BarChart:
    """One bar a row.

    Parameters
    ----------
    title
        What is shown.
    bars
        In the order of the rows they belong to.
    ticks
        The axis.
    zero
        Place of zero.
    band
        Start and end of what is allowed; None = no limit.
    """

    title: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    zero: float
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Split:
    """Parts of a whole, one bar a row.

    Parameters
    ----------
    title
        What is shown.
    labels
        The parts, from the left.
    bars
        Start and width of each part, per cent; no parts where they are unknown.
    """

    title: str
    labels: tuple[str, ...]
    bars: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True)
class Fan:
    """Cumulated bookings by month.

    Parameters
    ----------
    outer, inner
        Areas between the 10 % and 90 %, and the 25 % and 75 % quantiles: polygon points in a square of 100.
    median, quota
        Lines in that square.
    x_ticks, y_ticks
        Axes; y counts from the top.
    caption
        What the chart shows, in words.
    """

    outer: str
    inner: str
    median: str
    quota: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    caption: str


def balance_chart(source: Source, measure: str) -> BarChart:
    """Draw how far each territory is from its target share of a balanced measure."""
    tolerance = source.tolerances[measure]
    deviations = [float(value) for value in source.territories[f"{measure}_deviation"]]
    reach = 1.15 * max([tolerance, *map(abs, deviations)])
    scale = Scale(-reach, reach)
    bars = [
        _bar(
            scale,
            value,
            value,
            value,
            Kind.DEVIATION.shown(value),
            outside=abs(value) > tolerance * (1 + 1e-9),
        )
        for value in deviations
    ]
    ticks = [Tick(scale.at(value), _whole_percent(value)) for value in (-tolerance, 0.0, tolerance)]
    title = f"{measure_words(measure).capitalize()}: deviation from the fair share"
    band = (scale.at(-tolerance), scale.at(tolerance))
    return BarChart(title, tuple(bars), tuple(ticks), scale.at(0), band)


def chance_chart(chances: Iterable[tuple[float, float, float]]) -> BarChart:
    """Draw probabilities with their intervals, each ``(p, low, high)``."""
    scale = Scale(0, 1)
    bars = tuple(_bar(scale, p, low, high, Kind.CHANCE.shown(p)) for p, low, high in chances)
    ticks = tuple(Tick(100 * part, f"{100 * part:.0f} %") for part in (0, 0.5, 1))
    return BarChart("Chance of reaching the quota", bars, ticks, 0)


def split_chart(title: str, labels: tuple[str, ...], rows: Iterable[Sequence[Value]]) -> Split:
    """Draw rows of parts that add up to 1 side by side; a row that is not known stays empty."""
    scale = Scale(0, 1)
    bars = []
    for row in rows:
        known = [float(str(part)) for part in row if part is not None]
        ends = [scale.at(end) for end in accumulate(known, initial=0.0)] if len(known) == len(row) else []
        bars.append(tuple((low, round(high - low, 3)) for low, high in pairwise(ends)))
    return Split(title, labels, tuple(bars))


def driver_chart(less: Sequence[Value], more: Sequence[Value]) -> BarChart:
    """Draw changes of bookings as shares, each a bar from that of 10 % less to that of 10 % more."""
    effects = [(float(str(down)), float(str(up))) for down, up in zip(less, more, strict=True)]
    reach = nice_step(max([*(abs(value) for one in effects for value in one), 0.01]), 1)
    scale = Scale(-reach, reach)
    bars = tuple(
        Bar(scale.at(min(one)), scale.at(max(one)), 0, 0, Kind.DEVIATION.shown(one[0])) for one in effects
    )
    ticks = tuple(Tick(scale.at(value), _whole_percent(value)) for value in (-reach, 0.0, reach))
    return BarChart("Change of expected bookings", bars, ticks, scale.at(0))


def difference_chart(differences: Sequence[tuple[float, float, float]], currency: str) -> BarChart:
    """Draw differences of money with their intervals, each ``(mean, low, high)``."""
    return _differences(
        "Difference of expected bookings", differences, 1.0, lambda value: money(value, currency), Kind.CHANGE
    )


def share_difference_chart(differences: Sequence[tuple[float, float, float]]) -> BarChart:
    """Draw differences of shares with their intervals, each ``(mean, low, high)``, in percentage points."""
    return _differences("Difference of attainment", differences, 0.01, Kind.POINTS.shown, Kind.POINTS)


def _differences(
    title: str, differences: Sequence[tuple[float, float, float]], least: float, shown: Callable[[float], str], kind: Kind
) -> BarChart:  # fmt: skip
    """Draw bars from zero that reach at least so far."""
    furthest = max([*(abs(value) for one in differences for value in one), least])
    step = nice_step(furthest, 2)
    reach = step * math.ceil(1.05 * furthest / step)
    low = -reach if any(value < 0 for one in differences for value in one) else 0.0
    high = reach if any(value > 0 for one in differences for value in one) else 0.0
    scale = Scale(low, high if high > low else least)
    bars = tuple(_bar(scale, m, lo, hi, kind.shown(m)) for m, lo, hi in differences)
    ticks = tuple(Tick(scale.at(value), shown(value)) for value in sorted({low, 0.0, high}))
    return BarChart(title, bars, ticks, scale.at(0))


def fan_chart(source: Source) -> Fan:
    """Draw cumulated bookings of the company against cumulated quota."""
    months, currency = source.months, source.currency
    top = float(months[["p90", "quota"]].to_numpy().max())
    step = nice_step(top, 6)
    ceiling = step * math.ceil(top / step) or 1.0
    last = len(months)

    def points(values: Iterable[float], start: int = 0) -> list[str]:
        return [
            f"{100 * x / last:.2f},{100 - 100 * value / ceiling:.2f}" for x, value in enumerate(values, start)
        ]

    def line(column: str) -> list[str]:
        return points([0.0, *months[column].astype(float)])

    def area(low: str, high: str) -> str:
        return " ".join([*line(high), *reversed(line(low))])

    end = {column: money(float(months[column].iloc[-1]), currency) for column in ("p10", "p25", "p75", "p90")}
    counts = range(round(ceiling / step) + 1)
    return Fan(
        outer=area("p10", "p90"),
        inner=area("p25", "p75"),
        median=" ".join(line("p50")),
        quota=" ".join(line("quota")),
        x_ticks=tuple(
            Tick(round(100 * (m + 1) / last, 2), month_words(name)) for m, name in enumerate(months["month"])
        ),
        y_ticks=tuple(
            Tick(round(100 - 100 * k * step / ceiling, 2), money(k * step, currency)) for k in counts
        ),
        caption=(
            "Bookings of the company from the first month on, against the sum of quotas. Each month the "
            "simulated years are put in order: the middle half and the middle 80 % of them are shaded. At the "
            f"year’s end half of the years lie between {end['p25']} and {end['p75']}, "
            f"80 % between {end['p10']} and {end['p90']}."
        ),
    )


def nice_step(reach: float, steps: int) -> float:
    """Choose a step of 1, 2, 2.5 or 5 times a power of ten, so that about so many cover a reach."""
    rough = reach / steps
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))


def month_words(month: str) -> str:
    """Write ``2027-01`` as ``Jan 27``."""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} {year[-2:]}"


def _whole_percent(share: float) -> str:
    return f"{100 * share:+g}{NBSP}%".replace("-", MINUS) if share else "0"


def _bar(scale: Scale, value: float, low: float, high: float, text: str, *, outside: bool = False) -> Bar:
    start, end = sorted((scale.at(0), scale.at(value)))
    return Bar(start, end, scale.at(low), scale.at(high), text, outside)
