"""The table of units: where they lie, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from engine.errors import Severity, shown
from engine.scenario import schema
from engine.scenario.nearest import did_you_mean
from engine.scenario.places import KeyPath, dotted
from engine.tables.cells import numbers, words
from engine.tables.ids import Known, if_meant, known_ids, unique_ids
from engine.tables.sheet import Intake, Sheet
from engine.tables.text import read_sheet

QUARTERS = ("potential_q1", "potential_q2", "potential_q3", "potential_q4")
_QUARTER_GAP = 0.01  # of the year: more is a mistake and not rounding


@dataclass(frozen=True)
class UnitTable:
    """The units, as far as they could be read.

    Parameters
    ----------
    rows
        Columns as in ``Tables.units``, by unit id; without those whose keys are wrong.
    known
        Ids in use and left out.
    words
        Columns of text that rules name, by unit id.
    """

    rows: pd.DataFrame
    known: Known
    words: pd.DataFrame


def read_units(
    intake: Intake,
    units: schema.Units,
    measures: schema.Measures | None,
    balanced: Sequence[str],
    asked: Mapping[KeyPath, str],
) -> UnitTable | None:
    """Read the units and their measures.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    units, measures
        The scenario's blocks; measures are not read when None.
    balanced
        Names of the measures that are balanced.
    asked
        Columns of text that rules name, by scenario key.

    Returns
    -------
    The units, or None when their ids cannot be read.
    """
    content = intake.content(("units", "table"), units.table)
    sheet = None if content is None else read_sheet(content, units.table, intake.findings)
    if sheet is None:
        return None
    columns = _place_columns(units) | (_measure_columns(measures) if measures else {}) | dict(asked)
    needed = {column: key for key, column in reversed(columns.items())}
    sheet = intake.columns(sheet, needed, tuple(units.keep))
    if not sheet.has(units.id):
        return None
    every = unique_ids(sheet, units.id)
    sheet = keep_rows(intake, every, units.keep, ("units", "keep"))
    ids = sheet.rows[units.id]
    rows = _places(sheet, units)
    if measures is not None:
        rows = pd.concat([rows, _measures(intake, sheet, measures, balanced)], axis=1)
    index = pd.Index(ids, dtype="str", name="unit")
    texts = pd.DataFrame({column: words(sheet, column) for column in asked.values()}).set_axis(index)
    return UnitTable(rows.set_axis(index), known_ids(every, units.id, ids), texts)


def keep_rows(intake: Intake, sheet: Sheet, keep: Mapping[str, Sequence[str]], key: KeyPath) -> Sheet:
    """Leave out rows that a ``keep`` does not name; a value that stands in no row is an error."""
    every = len(sheet.rows)
    for column, values in keep.items():
        if not sheet.has(column):
            guess = did_you_mean(column, sheet.rows.columns)
            message = f"{shown(sheet.file)} has no column {shown(column)}{guess}"
            intake.report((*key, column), "KEEP-COLUMN", message, "name a column of the table")
            continue
        there = set(sheet.rows[column])
        for place, value in enumerate(values):
            if value not in there:
                message = f"no row has {shown(value)} in column {shown(column)}{did_you_mean(value, there)}"
                intake.report(
                    (*key, column, place), "KEEP-VALUE", message, "name a value that stands in the column"
                )
        if there & set(values):  # else nothing would be left, and every other table would seem wrong
            sheet = sheet.kept(sheet.rows[column].isin(list(values)))
    if out := every - len(sheet.rows):
        name = dotted(key)
        message = f"{out:,} of {every:,} rows are left out by {name}; only their ids are checked"
        sheet.report([], ", ".join(keep), "LEFT-OUT", message, if_meant(name), Severity.NOTE, count=out)
    return sheet


def _place_columns(units: schema.Units) -> dict[KeyPath, str]:
    columns = {
        "id": units.id, "longitude": units.longitude, "latitude": units.latitude, "name": units.name,
        "group": units.group, "area_km2": units.area_km2,
    }  # fmt: skip
    return {("units", key): column for key, column in columns.items() if column is not None}


def _measure_columns(measures: schema.Measures) -> dict[KeyPath, str]:
    columns: dict[KeyPath, str] = {
        ("measures", "potential", "column"): measures.potential.column,
        ("measures", "workload", "visits", "column"): measures.workload.visits.column,
    }
    for place, column in enumerate(measures.potential.quarters or ()):
        columns["measures", "potential", "quarters", place] = column
    for name, measure in measures.other.items():
        columns["measures", "other", name, "column"] = measure.column
    return columns


def _places(sheet: Sheet, units: schema.Units) -> pd.DataFrame:
    exchanged = "longitude and latitude may be exchanged"
    lon = numbers(sheet, units.longitude, least=-180, most=180, hint=exchanged)
    lat = numbers(sheet, units.latitude, least=-90, most=90, hint=exchanged)
    nowhere = (lon == 0) & (lat == 0)
    if nowhere.any():
        message = "longitude and latitude are both 0: a point in the Atlantic, and no place"
        sheet.report(lon.index[nowhere], units.longitude, "UNIT-NOWHERE", message, "write the coordinates")
    area = (
        numbers(sheet, units.area_km2, most=1e9)
        if units.area_km2 is not None
        else pd.Series(0.0, index=sheet.rows.index)
    )
    name, group = words(sheet, units.name or units.id), words(sheet, units.group or "")
    return pd.DataFrame(
        {
            "name": name.where(name != "", sheet.rows[units.id]),
            "group": group,
            "lon": lon,
            "lat": lat,
            "area_km2": area,
        }
    )


def _measures(
    intake: Intake, sheet: Sheet, measures: schema.Measures, balanced: Sequence[str]
) -> pd.DataFrame:
    potential = numbers(sheet, measures.potential.column)
    visits = numbers(sheet, measures.workload.visits.column) * measures.workload.visits.per_year
    columns = {"visits": visits, "potential": potential}
    if measures.potential.quarters is None:
        columns |= dict.fromkeys(QUARTERS, potential / 4)
    else:
        pairs = zip(QUARTERS, measures.potential.quarters, strict=True)
        columns |= {name: numbers(sheet, column) for name, column in pairs}
        _check_quarters(sheet, measures.potential.column, pd.DataFrame(columns))
    keys: dict[str, KeyPath] = {
        "potential": ("measures", "potential", "column"),
        "workload": ("measures", "workload", "visits", "column"),
    }
    for name, measure in measures.other.items():
        columns[name] = numbers(sheet, measure.column)
        keys[name] = ("measures", "other", name, "column")
    for name in sorted(keys.keys() & {"potential", *balanced}):
        values = columns["visits" if name == "workload" else name]
        if values.notna().all() and values.sum() == 0:
            message = f"{name} is 0 in every unit: there is nothing to balance or to share out"
            intake.report(keys[name], "UNIT-ZERO", message, "name a column that holds values")
    return pd.DataFrame(columns)


def _check_quarters(sheet: Sheet, column: str, rows: pd.DataFrame) -> None:
    total = rows[list(QUARTERS)].sum(axis=1, skipna=False)
    off = (total - rows["potential"]).abs() > _QUARTER_GAP * rows["potential"]
    if off.any():
        line = rows.index[off][0]
        message = (
            f"the four quarters add up to {total[line]:.6g}, the year is {rows.loc[line, 'potential']:.6g}"
        )
        remedy = "correct the quarters or the year; the quarters give the season, the year the amount"
        sheet.report(rows.index[off], column, "UNIT-QUARTERS", message, remedy)
