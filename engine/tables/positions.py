"""The table of positions: the seats, who fills them, where they start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from engine.errors import Severity, shown
from engine.scenario import schema
from engine.scenario.places import KeyPath
from engine.tables.cells import dates, numbers, words
from engine.tables.ids import Known, known_ids, unique_ids
from engine.tables.sheet import Intake, Sheet
from engine.tables.text import read_sheet
from engine.tables.units import keep_rows

NEEDED = ("position_id", "rep_id", "home_lat", "home_lon", "capacity", "start_date")
OPTIONAL = (
    "rep_name", "home_city", "ramp_months", "segment", "manager", "region", "last_year_quota_usd",
    "last_year_bookings_usd",
)  # fmt: skip
VACANT = "Vacant (open headcount)"
_MOST_FTE = 3.0  # more than three full-time seats in one position is a slip of the pen
_MOST_RAMP_MONTHS = 60.0
_YEAR = timedelta(days=365)
_LONGEST_CAREER = 60 * _YEAR
_EDGE_DEGREES = 2.0  # a home this far outside the units' box is noticed


@dataclass(frozen=True)
class PositionTable:
    """The positions, as far as they could be read.

    Parameters
    ----------
    rows
        Columns as in ``Tables.reps``, by position id.
    known
        Ids in use and left out.
    words
        Columns of text that rules name, by position id.
    """

    rows: pd.DataFrame
    known: Known
    words: pd.DataFrame


def read_positions(
    intake: Intake,
    reps: schema.Reps,
    year_start: date | None,
    units: pd.DataFrame | None,
    asked: Mapping[KeyPath, str],
) -> PositionTable | None:
    """Read the positions.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    reps
        The scenario's block.
    year_start
        First day of the fiscal year; None = not known.
    units
        Longitude and latitude of the units, to see whether homes lie among them; None = not known.
    asked
        Columns of text that rules name, by scenario key.

    Returns
    -------
    The positions, or None when their ids cannot be read.
    """
    content = intake.content(("reps", "table"), reps.table)
    sheet = None if content is None else read_sheet(content, reps.table, intake.findings)
    if sheet is None:
        return None
    needed: dict[str, KeyPath] = {column: key for key, column in asked.items()} | dict.fromkeys(NEEDED, ())
    sheet = intake.columns(sheet, needed, (*OPTIONAL, *reps.keep))
    if not sheet.has("position_id"):
        return None
    every = unique_ids(sheet, "position_id")
    sheet = keep_rows(intake, every, reps.keep, ("reps", "keep"))
    ids = sheet.rows["position_id"]
    _check_people(sheet)
    rows = _cells(sheet)
    _check_homes(sheet, rows, units)
    if year_start is not None:
        _check_starts(sheet, rows["start_date"], year_start)
    index = pd.Index(ids, dtype="str", name="position")
    texts = pd.DataFrame({column: words(sheet, column) for column in asked.values()}).set_axis(index)
    return PositionTable(rows.set_axis(index), known_ids(every, "position_id", ids), texts)


def with_vacancies(
    intake: Intake, positions: PositionTable, territories: schema.Territories, year_start: date
) -> PositionTable:
    """Add the vacancies that ``territories.count`` asks for beyond the roster, named OPEN01, OPEN02, ...

    A vacancy has the roster's middle ramp, no home, manager or region. More positions than territories, or
    fewer without ``extra: vacant``, is an error.
    """
    count, there = territories.count, len(positions.rows)
    key = ("territories", "count")
    if count == "per_position" or count == there:
        return positions
    if count < there or territories.extra == "refuse":
        message = f"{count} territories for {there} positions"
        remedy = f"write `count: per_position`, or have {count} positions in the table"
        if count > there:
            remedy = "write `extra: vacant` to leave the surplus territories open, or `count: per_position`"
        intake.report(key, "SCN-COUNT", message, remedy)
        return positions
    free = (f"OPEN{number:02d}" for number in range(1, count + there + 1))
    ids = [name for name in free if name not in positions.known.ids | positions.known.left_out]
    extra = pd.Index(sorted(ids[: count - there]), dtype="str", name="position")
    start = territories.extra_start_date or year_start
    row = {
        **dict.fromkeys(("rep_id", "home_city", "segment", "manager", "region"), ""), "rep_name": VACANT,
        "home_lat": np.nan, "home_lon": np.nan, "capacity": 1.0, "start_date": start,
        "ramp_months": float(positions.rows["ramp_months"].median()), "last_year_quota": np.nan,
        "last_year_bookings": np.nan,
    }  # fmt: skip
    added = pd.DataFrame([row] * len(extra), index=extra)[list(positions.rows.columns)]
    added = added.astype(positions.rows.dtypes.to_dict())
    message = (
        f"{len(extra)} territories beyond the {there} positions are vacancies without a home: {extra[0]} ..."
    )
    remedy = "add them to the table of positions"
    intake.report(key, "SCN-VACANT", message, remedy, Severity.NOTE, len(extra))
    known = replace(positions.known, ids=positions.known.ids | set(extra))
    return replace(positions, rows=pd.concat([positions.rows, added]), known=known)


def _cells(sheet: Sheet) -> pd.DataFrame:
    rep, name = words(sheet, "rep_id"), words(sheet, "rep_name")
    columns: dict[str, pd.Series[str] | pd.Series[float] | pd.Series[date]] = {
        "rep_id": rep,
        "rep_name": name.where(name != "", rep.where(rep != "", VACANT)),
        "home_city": words(sheet, "home_city"),
        "home_lat": numbers(sheet, "home_lat", least=-90, most=90, default=np.nan),
        "home_lon": numbers(sheet, "home_lon", least=-180, most=180, default=np.nan),
        "capacity": numbers(sheet, "capacity", most=_MOST_FTE, above=True),
        "start_date": dates(sheet, "start_date"),
        "ramp_months": numbers(sheet, "ramp_months", most=_MOST_RAMP_MONTHS, default=0.0),
        "segment": words(sheet, "segment"),
        "manager": words(sheet, "manager"),
        "region": words(sheet, "region"),
        "last_year_quota": numbers(sheet, "last_year_quota_usd", default=np.nan),
        "last_year_bookings": numbers(sheet, "last_year_bookings_usd", default=np.nan),
    }
    return pd.DataFrame(columns)


def _check_people(sheet: Sheet) -> None:
    """One rep cannot fill two positions; two reps of one name may exist."""
    for column, code, severity in (
        ("rep_id", "REP-TWICE", Severity.ERROR),
        ("rep_name", "REP-NAME", Severity.WARNING),
    ):
        names = words(sheet, column)
        filled = names[(names != "") & (words(sheet, "rep_id") != "")]
        for name in sheet.first_of(filled[filled.duplicated()], column, code, severity):
            lines = filled.index[filled == name]
            message = f"{column} {shown(name)} stands in lines {lines[0]} and {lines[1]}"
            sheet.report([lines[1]], column, code, message, "correct one of the two", severity, name)


def _check_homes(sheet: Sheet, rows: pd.DataFrame, units: pd.DataFrame | None) -> None:
    """A home has both coordinates, and lies among the units; a filled position has one."""
    lat, lon = words(sheet, "home_lat") != "", words(sheet, "home_lon") != ""
    half, homeless = lat != lon, ~lat & ~lon & (rows["rep_id"] != "")
    lines = sheet.rows.index
    if half.any():
        message = "a home needs both home_lat and home_lon"
        sheet.report(lines[half], "home_lat", "HOME-HALF", message, "write both, or none for a free centre")
    if homeless.any():
        message = "a filled position has no home; its centre is chosen freely"
        sheet.report(lines[homeless], "home_lat", "HOME-NONE", message, "write the home", Severity.WARNING)
    if units is None or units[["lon", "lat"]].isna().any(axis=None) or units.empty:
        return
    given = rows["home_lat"].notna() & rows["home_lon"].notna()
    outside = given & ~_inside(rows["home_lon"], rows["home_lat"], units)
    swapped = outside & _inside(rows["home_lat"], rows["home_lon"], units)
    if swapped.any():
        message = "the home lies among the units only when latitude and longitude are exchanged"
        remedy = "exchange home_lat and home_lon, or the units' longitude and latitude"
        sheet.report(lines[swapped], "home_lat", "HOME-SWAPPED", message, remedy)
    far = outside & ~swapped
    if far.any():
        message = f"the home lies more than {_EDGE_DEGREES:g} degrees outside the box around all units"
        sheet.report(lines[far], "home_lat", "HOME-FAR", message, "check the coordinates", Severity.WARNING)


def _inside(lon: pd.Series[float], lat: pd.Series[float], units: pd.DataFrame) -> pd.Series[bool]:
    """Whether points lie in the box around the units, widened a little."""
    low, high = units[["lon", "lat"]].min() - _EDGE_DEGREES, units[["lon", "lat"]].max() + _EDGE_DEGREES
    return lon.between(low["lon"], high["lon"]) & lat.between(low["lat"], high["lat"])


def _check_starts(sheet: Sheet, starts: pd.Series[date], year_start: date) -> None:
    late, early = year_start + _YEAR, year_start - _LONGEST_CAREER
    for wrong, words_ in (
        (
            starts.map(lambda day: day is not None and day >= late),
            "after the fiscal year: nobody sells there",
        ),
        (
            starts.map(lambda day: day is not None and day < early),
            "more than 60 years before the fiscal year",
        ),
    ):
        wrong = wrong.astype(bool)
        if wrong.any():
            line = starts.index[wrong][0]
            message = f"found {starts[line]}, {words_}"
            sheet.report(
                starts.index[wrong],
                "start_date",
                "REP-START",
                message,
                "check the year",
                Severity.WARNING,
                starts[line],
            )
