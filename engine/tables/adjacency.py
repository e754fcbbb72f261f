"""Which units touch."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.errors import Severity, shown
from engine.tables.ids import Known, if_meant, refer
from engine.tables.sheet import Intake, Sheet
from engine.tables.text import read_sheet
from engine.tables.zeros import with_zeros_of

COLUMNS = ("unit", "neighbour", "kind")
KINDS = ("land", "bridge")


def read_adjacency(intake: Intake, file: str, units: Known | None) -> pd.DataFrame:
    """Read the edges between units.

    Parameters
    ----------
    intake
        Where the files lie and what was noticed.
    file
        Path as written in the scenario.
    units
        Ids of the units; None = not known.

    Returns
    -------
    Columns ``unit, neighbour, kind``, each edge once with unit < neighbour, sorted.
    """
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    content = intake.content(("units", "adjacency"), file)
    sheet = None if content is None else read_sheet(content, file, intake.findings)
    if sheet is None:
        return empty
    sheet = intake.columns(sheet, dict.fromkeys(COLUMNS, ()), ("note",))
    if not all(sheet.has(column) for column in COLUMNS):
        return empty
    sheet = with_zeros_of(sheet, ["unit", "neighbour"], units)
    rows = _in_order(sheet)
    again = rows.duplicated(subset=["unit", "neighbour"]) & (rows["unit"] != rows["neighbour"])
    if again.any():
        message = f"{again.sum():,} edges stand more than once or in both directions; each counts once"
        sheet.report(rows.index[again], "unit", "ADJ-TWICE", message, "list each edge once", Severity.REPAIR)
    edges = rows[_checked(sheet, units) & ~again].sort_values(["unit", "neighbour"], ignore_index=True)
    if units is not None and not any(
        f.severity is Severity.ERROR and f.file == file for f in intake.findings
    ):
        _check_alone(sheet, edges, units)
    return edges


def _in_order(sheet: Sheet) -> pd.DataFrame:
    """Write each edge with unit < neighbour."""
    rows = sheet.rows.loc[:, list(COLUMNS)]
    swapped = (rows["unit"] > rows["neighbour"]).to_numpy()
    first = rows["unit"].where(~swapped, rows["neighbour"])
    return rows.assign(neighbour=rows["neighbour"].where(~swapped, rows["unit"]), unit=first)


def _checked(sheet: Sheet, units: Known | None) -> pd.Series[bool]:
    """Say which edges join two units in use, and what is wrong with any."""
    kind = sheet.rows["kind"]
    wrong = ~kind.isin(KINDS)
    if wrong.any():
        message = f"found {shown(kind[wrong].iloc[0])}: must be land or bridge"
        sheet.report(
            kind.index[wrong], "kind", "ADJ-KIND", message, "write land or bridge", value=kind[wrong].iloc[0]
        )
    loops = sheet.rows["unit"] == sheet.rows["neighbour"]
    if loops.any():
        message = f"{loops.sum():,} edges join a unit to itself; they were left out"
        sheet.report(kind.index[loops], "unit", "ADJ-LOOP", message, "delete them", Severity.REPAIR)
    good = ~loops & ~wrong
    for column in ("unit", "neighbour"):
        blank = sheet.rows[column] == ""
        if blank.any():
            sheet.report(
                kind.index[blank], column, "ID-BLANK", "the id is blank", "write the id, or delete the row"
            )
        good &= refer(sheet, column, units, "unit")
    if units is not None and units.left_out:
        dropped = sheet.rows["unit"].isin(units.left_out) | sheet.rows["neighbour"].isin(units.left_out)
        if dropped.any():
            message = (
                f"{dropped.sum():,} edges lead to units that units.keep leaves out, and are left out too"
            )
            count = int(dropped.sum())
            sheet.report([], "unit", "LEFT-OUT", message, if_meant("units.keep"), Severity.NOTE, count=count)
    return good


def _check_alone(sheet: Sheet, edges: pd.DataFrame, units: Known) -> None:
    touched = set(np.unique(edges[["unit", "neighbour"]].to_numpy(dtype=object)))
    alone = sorted(units.ids - touched)
    if alone and len(units.ids) > 1:
        some = ", ".join(shown(name) for name in alone[:20])
        message = f"{len(alone):,} units touch no other: {some}; each will be joined by its shortest link"
        remedy = "add an edge of kind bridge where one can travel"
        sheet.report([], "unit", "ADJ-ALONE", message, remedy, Severity.WARNING, alone[0], len(alone))
