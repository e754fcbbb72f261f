"""The polygons of maps: a GeoPackage is checked for its layer and ids, and drawn elsewhere."""

from __future__ import annotations

import contextlib
import sqlite3

from engine.errors import Severity, shown
from engine.scenario.nearest import did_you_mean
from engine.scenario.places import KeyPath
from engine.tables.ids import Known
from engine.tables.sheet import Intake
from engine.tables.zeros import restored, stripped, tell_lost_ids

_MAGIC = b"SQLite format 3\0"


def check_geometry(intake: Intake, key: KeyPath, file: str, column: str, units: Known | None) -> None:
    """Check that a GeoPackage can be opened and has a polygon for each unit.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    key
        Scenario key of the file.
    file
        Path as written in the scenario.
    column
        Column of unit ids; empty = any outlines will do.
    units
        Ids of the units; None = not known.
    """
    content = intake.content(key, file)
    if content is None:
        return
    try:
        if not content.startswith(_MAGIC):
            raise sqlite3.DatabaseError
        layer, columns, ids = _ids(content, column)
    except sqlite3.Error:
        message = f"{shown(file)} is not a readable GeoPackage"
        intake.report(key, "GEO-FILE", message, "export it again as GeoPackage (.gpkg)")
        return
    if column and ids is None:
        message = f"layer {shown(layer)} has no column {shown(column)}{did_you_mean(column, columns)}"
        intake.report(
            key, "GEO-COLUMN", message, f"name the column of unit ids {shown(column)}, as in units.id"
        )
    if ids is None or units is None:
        return
    missing, foreign = sorted(units.ids - ids), sorted(ids - units.every)
    if missing and (whole := stripped(foreign, units.every)):
        tell_lost_ids(units, whole, intake.findings)
    elif missing and (lost := restored(foreign, units.every)):
        message = (
            f"{len(lost):,} ids have lost their leading zeros, such as {min(lost)} for {lost[min(lost)]}"
        )
        intake.report(key, "GEO-UNITS", message, "store the ids as text on the map", count=len(lost))
    elif missing:
        some = ", ".join(shown(name) for name in missing[:10])
        message = f"{len(missing):,} units have no polygon ({some}), {len(foreign):,} polygons no unit"
        remedy = "use one set of ids in the table of units and on the map"
        intake.report(key, "GEO-UNITS", message, remedy, count=len(missing))
    elif foreign:
        message = f"{len(foreign):,} polygons belong to no unit, and are not drawn"
        remedy = "nothing, if these units are meant to be left out; else add them to the table of units"
        intake.report(key, "GEO-UNITS", message, remedy, Severity.NOTE, len(foreign))


def _ids(content: bytes, column: str) -> tuple[str, list[str], frozenset[str] | None]:
    """Read the ids of the first layer of features; the database is opened from memory and only read."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content)
        database.execute("PRAGMA query_only = ON")
        database.execute("PRAGMA trusted_schema = OFF")
        layers = database.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type = 'features' ORDER BY table_name"
        ).fetchall()
        if not layers:
            raise sqlite3.DatabaseError
        layer = str(layers[0][0])
        quoted = layer.replace('"', '""')
        columns = [str(row[1]) for row in database.execute(f'PRAGMA table_info("{quoted}")')]
        if column not in columns:
            return layer, columns, None
        name = column.replace('"', '""')
        rows = database.execute(f'SELECT "{name}" FROM "{quoted}"')  # noqa: S608 (quoted, and checked to exist)
        return layer, columns, frozenset(str(row[0]) for row in rows)
