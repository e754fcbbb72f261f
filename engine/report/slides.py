"""What the slides of a report say: 8 to 12 of them, each a sentence with a chart, the map or a few lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.report.charts import nice_step
from engine.report.method import LIMITS
from engine.report.model import ReportModel
from engine.report.table import Kind, Table, Value

MOST_BARS = 30  # that can be read on a slide; of more, the lowest and the highest
MOST_NAMED = 12  # bars with a name beside their id
LINES = "line"
BARS = "bar"
COLUMNS = "column"
FORMATS = {
    Kind.DEVIATION: "+0.0%;-0.0%;0.0%",
    Kind.CHANCE: "0%",
    Kind.MONEY: "#,##0",
    Kind.CHANGE: "+#,##0;-#,##0;0",
}


@dataclass(frozen=True)
class Series:
    """Values of one colour."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class SlideChart:
    """A chart that stays editable.

    Parameters
    ----------
    shape
        ``bar`` (lying), ``column`` or ``line``.
    labels
        One a bar or month, no two alike.
    series
        Values in the order of the labels.
    number_format
        As spreadsheets write it.
    axis
        What the values are.
    least, most
        Ends of the value axis; None = as the values ask.
    """

    shape: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    number_format: str
    axis: str
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Slide:
    """One slide.

    Parameters
    ----------
    title
        A sentence.
    lines
        Pairs of a heading and a text.
    chart
        None = no chart.
    is_map
        Whether the new plan's map is shown.
    note
        What the chart leaves out.
    """

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    chart: SlideChart | None = None
    is_map: bool = False
    note: str = ""


def slides(model: ReportModel) -> tuple[Slide, ...]:
    """List the slides of a report after its title page."""
    said = {sentence.topic: sentence.text for sentence in model.summary}
    cards = {card.label: card for card in model.cards}
    at_quota, expected = cards["Positions at quota"], cards["Expected bookings"]
    facts = [(card.label, f"{card.value}\n{card.note}") for card in model.cards[:3]]
    pages = [
        Slide(said["Decision"], tuple(facts)),
        Slide(said["Cost"], is_map=True),
        _by_territory(said["Fairness"], model.territories, _deviations(model.territories), Kind.DEVIATION),
        _by_position(
            f"Expected bookings are {expected.value} in an average simulated year; what each position is asked for",
            model.positions,
            [("quota", "Quota"), ("expected", "Expected bookings")],
            Kind.MONEY,
            model.facts.currency,
        ),
        _by_position(
            said["Chances"],
            model.positions,
            [("p_at_quota", "Chance of reaching the quota")],
            Kind.CHANCE,
            "Chance of reaching the quota",
        ),
        _months(
            model, f"{at_quota.value} of positions reach their quota {at_quota.note}; bookings month by month"
        ),
        *_stress(model, said.get("Risk", "")),
        *_handoffs(model, said.get("Change", "")),
        Slide(
            f"How this was made: {'; '.join(chip.text for chip in model.chips)}",
            tuple((one.topic, one.text) for one in model.method[:5]),
        ),
        Slide("What these numbers do not say", tuple(("", limit) for limit in LIMITS)),
    ]
    return tuple(pages)


def _deviations(table: Table) -> list[tuple[str, str]]:
    return [
        (column.name, column.label.removesuffix(", deviation"))
        for column in table.columns
        if column.kind is Kind.DEVIATION and column.main
    ]


def _by_territory(title: str, table: Table, columns: Sequence[tuple[str, str]], kind: Kind) -> Slide:
    names = list(zip(table.column("territory_id"), table.column("rep_name"), strict=True))
    return _bars(
        title,
        names,
        [(label, table.column(name)) for name, label in columns],
        kind,
        "Deviation from the fair share",
    )


def _by_position(
    title: str, table: Table, columns: Sequence[tuple[str, str]], kind: Kind, axis: str
) -> Slide:
    names = list(zip(table.column("id"), table.column("name"), strict=True))
    return _bars(title, names, [(label, table.column(name)) for name, label in columns], kind, axis)


def _bars(
    title: str,
    names: Sequence[tuple[Value, Value]],
    columns: Sequence[tuple[str, Sequence[Value]]],
    kind: Kind,
    axis: str,
) -> Slide:
    """Draw a column a row; of too many rows, the lowest and the highest by the first series."""
    rows = list(range(len(names)))
    note = ""
    if len(rows) > MOST_BARS:
        order = sorted(rows, key=lambda row: (_number(columns[0][1][row]), str(names[row][0])))
        half = MOST_BARS // 2
        note = f"The {half} lowest and the {half} highest of {len(rows):,}; the workbook has all."
        rows = order[:half] + order[-half:]
    labels = tuple(
        str(names[row][0]) if len(rows) > MOST_NAMED else f"{names[row][0]} {names[row][1] or ''}".strip()
        for row in rows
    )
    series = tuple(Series(label, tuple(_number(values[row]) for row in rows)) for label, values in columns)
    ends = {Kind.CHANCE: (0.0, 1.0), Kind.MONEY: (0.0, None)}.get(kind, (None, None))  # bars stand on zero
    return Slide(title, chart=SlideChart(COLUMNS, labels, series, FORMATS[kind], axis, *ends), note=note)


def _months(model: ReportModel, title: str) -> Slide:
    table = model.months
    names = [column.label.removesuffix(f", {model.facts.currency}") for column in table.columns]
    wanted = ("quota", "p10", "p50", "p90")
    series = tuple(
        Series(name, tuple(_number(value) for value in table.column(column.name)))
        for name, column in zip(names, table.columns, strict=True)
        if column.name in wanted
    )
    labels = tuple(str(month) for month in table.column("month"))
    axis = f"{model.facts.currency} since the first day of the year"
    return Slide(title, chart=SlideChart(LINES, labels, series, FORMATS[Kind.MONEY], axis, least=0.0))


def _stress(model: ReportModel, title: str) -> list[Slide]:
    table = model.stress_company
    if not title or not len(table):
        return []
    changes = tuple(_number(value) for value in table.column("difference"))
    axis = f"Change of expected bookings, {model.facts.currency}"
    labels = tuple(str(words) for words in table.column("words"))
    least = min(changes)
    if least < 0:  # room for the label at the end of the longest bar
        step = nice_step(-least, 4)
        least = -step * math.ceil(-1.2 * least / step)
    chart = SlideChart(
        BARS, labels, (Series(axis, changes),), FORMATS[Kind.CHANGE], axis, least if least < 0 else None
    )
    return [Slide(title, chart=chart)]


def _handoffs(model: ReportModel, title: str) -> list[Slide]:
    """Draw the greatest handoffs by value."""
    table = model.handoffs
    if not title or not len(table):
        return []
    columns = (table.column(name) for name in ("previous_territory_id", "territory_id", "value"))
    rows = sorted(zip(*columns, strict=True), key=lambda row: (-_number(row[2]), str(row[0]), str(row[1])))
    shown = rows[:MOST_NAMED]
    axis = f"Value at risk, {model.facts.currency}"
    labels = tuple(f"{before or 'nobody'} → {after}" for before, after, _ in shown)
    values = tuple(_number(row[2]) for row in shown)
    note = (
        f"The {len(shown)} greatest of {len(rows):,}; the workbook has all." if len(rows) > len(shown) else ""
    )
    return [
        Slide(
            title,
            chart=SlideChart(BARS, labels, (Series(axis, values),), FORMATS[Kind.MONEY], axis),
            note=note,
        )
    ]


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
