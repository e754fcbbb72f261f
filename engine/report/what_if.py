"""Sheets to try changes on: another territory for a unit or account, and the balance follows by formula."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from engine.report.model import ReportModel
from engine.report.table import Column, Kind, Table, Value

SUMMARY, UNITS, ACCOUNTS = "What if", "What-if units", "What-if accounts"
HINT = (
    f"Choose another territory in the yellow cells of “{UNITS}” and “{ACCOUNTS}”: sums, deviations and limits here follow. "
    "Connection, travel, quotas and chances do not: lock what you like in the scenario and run it again."
)
TOP = 4  # row of the first territory, from 0; its headings stand above
FIRST = 2  # row of the first unit or account
NEAR = 1e-9  # of a target, as in the plan's own limits


@dataclass(frozen=True)
class Formula:
    """A formula with the value it has now."""

    text: str
    value: Value


Cells = Sequence[Sequence[Value | Formula]]


@dataclass(frozen=True)
class WhatIfSheet:
    """A sheet of values and formulas.

    Parameters
    ----------
    title
        Its name.
    columns
        Headings and kinds.
    rows
        Cells, one a column.
    lines
        What stands above the headings.
    choice
        Column whose cells are to be changed, beside that of the plan, and the range of what can be chosen; None = none.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Cells
    lines: tuple[tuple[Value | Formula, ...], ...] = ()
    choice: tuple[int, str] | None = None


def value_of(cell: Value | Formula) -> Value:
    """Give the value that a cell shows."""
    return cell.value if isinstance(cell, Formula) else cell


def what_if(model: ReportModel) -> tuple[WhatIfSheet, ...]:
    """Make the sheets of a report: territories with their balance, units, and accounts if there are any.

    Parameters
    ----------
    model
        The report.

    Returns
    -------
    Sheets whose formulas refer to each other by these titles.
    """
    measures = [
        column.name.removesuffix("_deviation")
        for column in model.territories.columns
        if column.kind is Kind.DEVIATION and column.main
    ]
    territories = _territories(model, measures)
    sheets = (territories, _units(model, measures, territories))
    return (*sheets, _accounts(model)) if len(model.accounts) else sheets


def _territories(model: ReportModel, measures: Sequence[str]) -> WhatIfSheet:
    """Sums, deviations and whether they are inside the limits, recomputed from the other sheets."""
    columns = [
        Column("territory_id", "Territory"),
        Column("rep_name", "Position"),
        Column("units", "Units", Kind.COUNT),
    ]
    for measure in measures:
        words = measure.replace("_", " ").capitalize()
        columns += [
            Column(measure, words, Kind.AMOUNT),
            Column("target", f"{words}, fair share", Kind.AMOUNT),
            Column("deviation", f"{words}, deviation", Kind.DEVIATION),
            Column("lower", f"{words}, least", Kind.AMOUNT),
            Column("upper", f"{words}, most", Kind.AMOUNT),
        ]
    columns.append(Column("state", "Within its limits"))
    if len(model.accounts):
        columns += [
            Column("accounts", "Accounts", Kind.COUNT),
            Column("revenue", f"Revenue, {model.facts.currency}", Kind.MONEY),
        ]
    held = {measure: _sums(model.units, measure) for measure in measures}
    units, accounts = _sums(model.units, ""), _sums(model.accounts, "")
    revenue = _sums(model.accounts, "revenue")
    rows = []
    for row, seat in enumerate(model.territories.rows, TOP + 1):
        values = dict(zip((column.name for column in model.territories.columns), seat, strict=True))
        own = values["territory_id"]
        cells: list[Value | Formula] = [own, values["rep_name"]]
        cells.append(_counted(UNITS, 3, len(model.units), row, units.get(own, 0.0)))
        cells += _balance(model, measures, row, values, held)
        if len(model.accounts):
            cells.append(_counted(ACCOUNTS, 4, len(model.accounts), row, accounts.get(own, 0.0)))
            cells.append(_summed(ACCOUNTS, 4, 5, len(model.accounts), row, revenue.get(own, 0.0)))
        rows.append(cells)
    place = 3 + 5 * len(measures)
    states = f"${xl_col_to_name(place)}${TOP + 1}:${xl_col_to_name(place)}${TOP + len(rows)}"
    outside = sum(value_of(row[place]) == "OUTSIDE" for row in rows)
    count = Formula(f'=SUMPRODUCT(--({states}="OUTSIDE"))', outside)
    return WhatIfSheet(
        SUMMARY, tuple(columns), rows, ((HINT,), ("Territories outside their limits", "", count))
    )


def _balance(
    model: ReportModel,
    measures: Sequence[str],
    row: int,
    seat: Mapping[str, Value],
    held: Mapping[str, Mapping[Value, float]],
) -> list[Value | Formula]:
    """Cells of one territory about each measure, and whether all are inside; ``row`` counts from 1."""
    cells: list[Value | Formula] = []
    tests, inside = [], True
    for i, measure in enumerate(measures):
        total, target, lower, upper = (f"{xl_col_to_name(3 + 5 * i + step)}{row}" for step in (0, 1, 3, 4))
        found = held[measure].get(seat["territory_id"], 0.0)
        wanted, least, most = (_number(seat[f"{measure}_{end}"]) for end in ("target", "lower", "upper"))
        deviation = found / wanted - 1 if wanted else 0.0
        cells += [
            _summed(UNITS, 3, 5 + i, len(model.units), row, found),
            wanted,
            Formula(f"=IF({target}=0,0,{total}/{target}-1)", deviation),
            least,
            most,
        ]
        slack = f"{NEAR}*{target}"
        tests += [f"{total}>={lower}-{slack}", f"{total}<={upper}+{slack}"]
        inside &= least - NEAR * wanted <= found <= most + NEAR * wanted
    state = "inside" if inside else "OUTSIDE"
    return [*cells, Formula(f'=IF(AND({",".join(tests)}),"inside","OUTSIDE")', state)]


def _units(model: ReportModel, measures: Sequence[str], territories: WhatIfSheet) -> WhatIfSheet:
    """Units with a cell to change; what state that leaves the territory in stands beside it."""
    table = model.units
    columns = [
        Column("unit_id", "Unit"),
        Column("name", "Name"),
        Column("territory_id", "Plan"),
        Column("what_if", "What if"),
        Column("state", "That territory then"),
        *(one for name in measures for one in table.columns if one.name == name),
    ]
    place, last = 3 + 5 * len(measures), TOP + len(territories.rows)
    states = f"'{SUMMARY}'!${xl_col_to_name(place)}${TOP + 1}:${xl_col_to_name(place)}${last}"
    names = f"'{SUMMARY}'!$A${TOP + 1}:$A${last}"
    inside = {value_of(row[0]): value_of(row[place]) for row in territories.rows}
    picked = zip(
        *(table.column(name) for name in ("unit_id", "name", "territory_id", *measures)), strict=True
    )
    rows = [
        [unit, name, own, own, Formula(f"=INDEX({states},MATCH($D{row},{names},0))", inside[own]), *values]
        for row, (unit, name, own, *values) in enumerate(picked, FIRST + 1)
    ]
    return WhatIfSheet(UNITS, tuple(columns), rows, choice=(3, names))


def _accounts(model: ReportModel) -> WhatIfSheet:
    """Accounts go where their unit goes until a territory is chosen for them; those of another position stay."""
    table = model.accounts
    columns = [
        Column("account_id", "Account"),
        Column("name", "Name"),
        Column("unit_id", "Unit"),
        Column("territory_id", "Plan"),
        Column("what_if", "What if"),
        Column("revenue", f"Revenue, {model.facts.currency}", Kind.MONEY),
    ]
    home = dict(zip(model.units.column("unit_id"), model.units.column("territory_id"), strict=True))
    ids, chosen = _range(UNITS, 0, len(model.units)), _range(UNITS, 3, len(model.units))
    picked = zip(*(table.column(one.name) for one in columns if one.name != "what_if"), strict=True)
    rows: list[list[Value | Formula]] = []
    for row, (account, name, unit, own, revenue) in enumerate(picked, FIRST + 1):
        follows = home.get(unit) == own
        what = Formula(f"=INDEX({chosen},MATCH($C{row},{ids},0))", own) if follows else own
        rows.append([account, name, unit, own, what, revenue])
    names = f"'{SUMMARY}'!$A${TOP + 1}:$A${TOP + len(model.territories)}"
    return WhatIfSheet(ACCOUNTS, tuple(columns), rows, choice=(4, names))


def _sums(table: Table, measure: str) -> dict[Value, float]:
    """Add a column up by territory; without a name, count the rows."""
    values: dict[Value, list[float]] = {}
    amounts = table.column(measure) if measure else [1.0] * len(table)
    for territory, amount in zip(table.column("territory_id"), amounts, strict=True):
        values.setdefault(territory, []).append(_number(amount))
    return {territory: math.fsum(found) for territory, found in values.items()}


def _counted(sheet: str, chosen: int, rows: int, row: int, value: float) -> Formula:
    return Formula(f"=SUMPRODUCT(--({_range(sheet, chosen, rows)}=$A{row}))", value)


def _summed(sheet: str, chosen: int, amounts: int, rows: int, row: int, value: float) -> Formula:
    """Add up by exact text: SUMIF would take 01 for 1 and an asterisk for any text."""
    mine = f"({_range(sheet, chosen, rows)}=$A{row})"
    return Formula(f"=SUMPRODUCT({mine}*{_range(sheet, amounts, rows)})", value)


def _range(sheet: str, column: int, rows: int) -> str:
    letter = xl_col_to_name(column)
    return f"'{sheet}'!${letter}${FIRST + 1}:${letter}${FIRST + rows}"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
