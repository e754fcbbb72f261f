"""The workbook: every table of a report with raw numbers, to sort, filter and reckon with."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from engine.report.figures import figure_kind
from engine.report.method import GLOSSARY, LIMITS
from engine.report.model import ReportModel, build_model
from engine.report.plain_text import shortened
from engine.report.table import Column, Kind, Table, Value
from engine.report.what_if import Formula, WhatIfSheet, value_of, what_if
from engine.runs import StoredRun
from engine.runs.storage import storage_errors

MAX_ROWS = 2**20 - 2  # of a sheet, without its note and its headings
MAX_HEADER = 220  # letters of a header on paper
LINE = 15.0  # height of a line, points
MAX_TEXT = 32_767  # UTF-16 units in a cell
CREATED = datetime(2000, 1, 1, tzinfo=UTC)  # always the same, so that the same run gives the same bytes
WIDEST = {Kind.TEXT: 32, Kind.LONG: 60}
FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.MONEY: "#,##0",
    Kind.CHANGE: "+#,##0;-#,##0;0",
    Kind.SHARE: "0.0%",
    Kind.DEVIATION: "+0.0%;-0.0%;0.0%",
    Kind.CHANCE: "0.0%",
    Kind.POINTS: "+0.0;-0.0;0.0",
    Kind.AT_MOST: "0.000%",  # closely, because a spreadsheet rounds to the nearest
    Kind.AT_LEAST: "#,##0.00",
}
BARS = ("revenue", "value", "difference", "p_at_quota")  # and every deviation
ACCENT, WARN, WARN_FILL, BAD, OPEN_FILL, BELOW = (
    "#0B6B72",
    "#8A4B00",
    "#FFF3DF",
    "#A3261E",
    "#FFF9C4",
    "#EBB5AF",
)


def write_workbook(run: StoredRun, path: Path) -> None:
    """Write a run's report as an Excel workbook.

    Parameters
    ----------
    run
        A finished run, or one still being written that has every table but the manifest.
    path
        Where to; a file there is replaced.

    Raises
    ------
    StorageError
        If a file of the run is missing or damaged, or the workbook cannot be written.
    """
    content = workbook(build_model(run))
    with storage_errors(path):
        path.write_bytes(content)


def workbook(model: ReportModel) -> bytes:
    """Write a report as an Excel workbook; the same model gives the same bytes."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": model.run_id, "comments": "Written by Allotment", "created": CREATED})
        note = f"Synthetic data. {model.facts.synthetic}" if model.facts.synthetic else model.title
        sheets = _Sheets(book, note, synthetic=bool(model.facts.synthetic))
        sheets.add_words("Summary", _summary(model, _tables(model)))
        for table in _tables(model):
            sheets.add_table(table)
        for sheet in () if model.is_redacted else what_if(model):  # rounded amounts would not add up
            sheets.add_what_if(sheet)
        sheets.add_words("Method", _method(model))
    return stream.getvalue()


def _tables(model: ReportModel) -> tuple[Table, ...]:
    changed = (model.handoffs,) if model.has_current else ()
    return (
        model.kpis,
        model.territories,
        model.units,
        model.accounts,
        *changed,
        model.quotas,
        model.rollup,
        *(table for table in _about_quotas(model) if len(table)),
        model.attainment,
        model.months,
        model.stress,
        model.problems,
        model.checks,
        model.inputs,
    )


def _about_quotas(model: ReportModel) -> tuple[Table, ...]:
    """Give what a run may lack."""
    judged = (model.drivers, model.quota_rules, model.pay, model.targets, model.adequacy)
    return (
        model.closed_loop,
        model.changes,
        model.rule_prices,
        model.leaders,
        model.components,
        model.quotas_after,
        model.quota_holders,
        *judged,
    )


Words = Sequence[tuple[str, Sequence[tuple[str, str]]]]


def _summary(model: ReportModel, tables: Sequence[Table]) -> Words:
    verified = {None: "not verified yet", True: "accepted", False: "REJECTED"}[model.verified]
    cut = [
        (table.title, f"Only the first {MAX_ROWS:,} of {len(table):,} rows fit on the sheet.")
        for table in tables
        if len(table) > MAX_ROWS
    ]
    return (
        (model.title, [("State", "; ".join(chip.text for chip in model.chips))]),
        ("In plain words", [(one.topic, one.text) for one in model.summary]),
        ("Numbers that matter", [(one.label, f"{one.value}; {one.note}") for one in model.cards]),
        (
            "This run",
            [
                ("Run", model.run_id),
                ("Fiscal year from", model.fiscal_year),
                ("Seed", str(model.facts.seed)),
                ("Independent checker", verified),
                *cut,
            ],
        ),
    )


def _method(model: ReportModel) -> Words:
    return (
        ("Method", [(one.topic, one.text) for one in model.method]),
        ("What these numbers do not say", [("", limit) for limit in LIMITS]),
        ("Words", GLOSSARY),
    )


@dataclass
class _Sheets:
    """Adds sheets to a workbook, each with the same note in its first row."""

    book: Any
    note: str
    synthetic: bool
    formats: dict[tuple[tuple[str, object], ...], Any] = field(default_factory=dict)

    def add_words(self, title: str, words: Words) -> None:
        """Add a sheet of headings, each with rows of two cells."""
        sheet = self._sheet(title, landscape=False)
        _done(sheet.set_column(0, 0, 30), sheet.set_column(1, 1, 100))
        heading = self._format(bold=True, font_size=13, font_color=ACCENT)
        topic = self._format(bold=True, text_wrap=True, valign="top")
        text = self._format(text_wrap=True, valign="top")
        row = 2
        sheet.print_area(1, 0, 2 + sum(len(lines) + 2 for _, lines in words), 1)
        for name, lines in words:
            _done(sheet.write_string(row, 0, _fitting(name), heading))
            for word, meaning in lines:
                row += 1
                sheet.set_row(row, LINE * max(_lines(meaning, 100), _lines(word, 30)))
                _done(sheet.write_string(row, 0, _fitting(word), topic))
                _done(sheet.write_string(row, 1, _fitting(meaning), text))
            row += 2

    def add_table(self, table: Table) -> None:
        """Add a sheet with a table: headings that stay in sight, a filter, widths, data bars."""
        sheet = self._sheet(table.title, landscape=True)
        sheet.freeze_panes(2, 1)
        sheet.repeat_rows(1)
        rows = table.rows[:MAX_ROWS]
        _done(sheet.autofilter(1, 0, max(len(rows) + 1, 2), len(table.columns) - 1))
        sheet.print_area(1, 0, max(len(rows) + 1, 2), len(table.columns) - 1)
        widths = [_width(one, [row[i] for row in rows]) for i, one in enumerate(table.columns)]
        self._set_heights(sheet, table.columns, rows, widths)
        kinds = _kinds(table)[: len(rows)] if _mixed(table) else None
        for place, column in enumerate(table.columns):
            values = [row[place] for row in rows]
            _done(sheet.set_column(place, place, widths[place]))
            self._add_heading(sheet, 1, place, column)
            mixed = kinds if column.name == "value" else None
            self._add_values(sheet, place, values, mixed or [column.kind] * len(values))
            if values and not mixed and (column.name in BARS or column.kind is Kind.DEVIATION):
                _done(sheet.conditional_format(2, place, len(rows) + 1, place, _bars(column)))

    def _set_heights(
        self, sheet: Any, columns: Sequence[Column], rows: Sequence[Sequence[Value]], widths: Sequence[int]
    ) -> None:
        """Make rows as high as their longest text; not every program does that when it opens a workbook."""
        sheet.set_row(1, LINE * _heading_lines(columns, widths))
        long = [i for i, column in enumerate(columns) if column.kind is Kind.LONG]
        for row, values in enumerate(rows, 2):
            lines = max((_lines(str(values[i] or ""), widths[i]) for i in long), default=1)
            if lines > 1:
                sheet.set_row(row, LINE * lines)

    def add_what_if(self, part: WhatIfSheet) -> None:
        """Add a sheet whose formulas follow what is changed in its open cells."""
        sheet = self._sheet(part.title, landscape=True)
        head = len(part.lines) + 1
        for row, line in enumerate(part.lines, 1):
            for place, cell in enumerate(line):
                _write(sheet, row, place, cell, self._format(bold=row > 1, align="left"))
        sheet.freeze_panes(head + 1, part.choice[0] + 1 if part.choice else 1)
        sheet.repeat_rows(1, head)
        last = head + len(part.rows)
        sheet.print_area(1, 0, last, len(part.columns) - 1)
        held = [[value_of(cell) for cell in row] for row in part.rows]
        widths = [_width(one, [row[i] for row in held]) for i, one in enumerate(part.columns)]
        sheet.set_row(head, LINE * _heading_lines(part.columns, widths))
        _done(sheet.autofilter(head, 0, max(last, head + 1), len(part.columns) - 1))
        for place, column in enumerate(part.columns):
            values = [row[place] for row in held]
            _done(sheet.set_column(place, place, widths[place]))
            self._add_heading(sheet, head, place, column)
            look: dict[str, object] = {"num_format": FORMATS.get(column.kind, _amounts(values))}
            look = {"valign": "top", **(look if column.kind.is_number else {"indent": min(place, 1)})}
            opened = {"bg_color": OPEN_FILL} if part.choice and part.choice[0] == place else {}
            shape = self._format(**look, **opened)
            for row, cells in enumerate(part.rows, head + 1):
                _write(sheet, row, place, cells[place], shape)
            if column.kind is Kind.DEVIATION:
                _done(sheet.conditional_format(head + 1, place, last, place, _bars(column)))
            if column.name == "state":
                red = self._format(bold=True, font_color=BAD)
                rule = {"type": "cell", "criteria": "==", "value": '"OUTSIDE"', "format": red}
                _done(sheet.conditional_format(head + 1, place, last, place, rule))
        if part.choice:
            self._add_choice(sheet, head + 1, last, *part.choice)

    def _add_choice(self, sheet: Any, first: int, last: int, place: int, names: str) -> None:
        """Let cells take one of some names, and mark the rows that differ from the plan beside them."""
        wrong = {"error_title": "No such territory", "error_message": "Choose one of the list."}
        listed = {"validate": "list", "source": f"={names}", **wrong}
        _done(sheet.data_validation(first, place, last, place, listed))
        plan, own = (f"${xl_col_to_name(column)}{first + 1}" for column in (place - 1, place))
        moved = self._format(bold=True, font_color=BAD)
        rule = {"type": "formula", "criteria": f"={own}<>{plan}", "format": moved}
        _done(sheet.conditional_format(first, 0, last, place, rule))

    def _add_heading(self, sheet: Any, row: int, place: int, column: Column) -> None:
        side = "right" if column.kind.is_number else "left"
        indent = 0 if column.kind.is_number else min(place, 1)  # apart from numbers on the left
        heading = self._format(
            bold=True, text_wrap=True, valign="bottom", bottom=2, align=side, indent=indent
        )
        _done(sheet.write_string(row, place, _fitting(column.label), heading))

    def _add_values(self, sheet: Any, place: int, values: Sequence[Value], kinds: Sequence[Kind]) -> None:
        amount = _amounts(values)
        for row, (value, kind) in enumerate(zip(values, kinds, strict=True), start=2):
            if value is None or value == "":
                continue
            if kind.is_number and not isinstance(value, str | bool):
                shown = FORMATS.get(kind, amount)
                stored = 100 * value if kind is Kind.POINTS else value  # no format of a cell makes points
                _done(sheet.write_number(row, place, stored, self._format(num_format=shown, valign="top")))
            else:
                words = self._format(text_wrap=kind is Kind.LONG, valign="top", indent=min(place, 1))
                _done(sheet.write_string(row, place, _fitting(kind.shown(value)), words))

    def _sheet(self, title: str, *, landscape: bool) -> Any:
        sheet = self.book.add_worksheet(title)
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_header(f"&L&8{shortened(self.note, MAX_HEADER).replace('&', '&&')}")
        sheet.set_footer("&R&8&A, &P/&N")
        warning = {"bold": True, "font_color": WARN, "bg_color": WARN_FILL}
        note = self._format(**warning) if self.synthetic else self._format(bold=True)
        _done(sheet.write_string(0, 0, _fitting(self.note), note))
        return sheet

    def _format(self, **properties: object) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(properties)
        return self.formats[key]


def _write(sheet: Any, row: int, place: int, cell: Value | Formula, shape: Any) -> None:
    """Write a value, or a formula with the value it has now."""
    value = value_of(cell)
    if value is None or value == "":
        return
    if isinstance(cell, Formula):
        _done(sheet.write_formula(row, place, cell.text, shape, value))
    elif isinstance(value, str):
        _done(sheet.write_string(row, place, _fitting(value), shape))
    else:
        _done(sheet.write_number(row, place, value, shape))


def _amounts(values: Sequence[Value]) -> str:
    """Choose the digits of a column of amounts by the smallest."""
    least = min((abs(value) for value in values if isinstance(value, int | float) and value), default=0.0)
    return "#,##0" if least >= 100 else "#,##0.00"


def _mixed(table: Table) -> bool:
    """Whether each row says the unit of its value."""
    return {"kpi", "value", "unit"} <= {column.name for column in table.columns}


def _kinds(table: Table) -> list[Kind]:
    """Give the kind of each row's value."""
    names, units = table.column("kpi"), table.column("unit")
    return [figure_kind(str(name), str(unit)) for name, unit in zip(names, units, strict=True)]


def _bars(column: Column) -> dict[str, object]:
    bars: dict[str, object] = {"type": "data_bar", "data_bar_2010": True, "bar_solid": True}
    bars |= {"bar_color": "#8CC2C5", "bar_negative_color": BELOW, "bar_axis_color": "#7B8894"}
    if column.kind is Kind.CHANCE:
        bars |= {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}
    return bars


def _width(column: Column, values: Sequence[Value]) -> int:
    shown = max((len(_as_shown(column.kind, value)) for value in values), default=0)
    longest_word = max(len(word) for word in column.label.split())
    return min(max(shown, longest_word, 8), WIDEST.get(column.kind, 20)) + 3


def _heading_lines(columns: Sequence[Column], widths: Sequence[int]) -> int:
    return max(_lines(column.label, width - 3) for column, width in zip(columns, widths, strict=True))


def _lines(text: str, width: int) -> int:
    """Count the lines of a text in a column so many letters wide."""
    return min(max(len(textwrap.wrap(text, width)), 1), 20)


def _as_shown(kind: Kind, value: Value) -> str:
    """Write a value about as long as a cell shows it, which says no millions."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:,.0f}" if number and kind is Kind.AMOUNT else kind.shown(value)


def _fitting(text: str) -> str:
    """Shorten a text to what a cell can hold."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MAX_TEXT:
        return text
    return units[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", errors="ignore") + "…"


def _done(*codes: int) -> None:
    """Refuse a cell that the library left out."""
    if any(codes):
        raise ValueError(f"the workbook cannot hold a cell (XlsxWriter says {max(codes, key=abs)})")
