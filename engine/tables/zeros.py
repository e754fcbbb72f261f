"""References without the leading zeros of the ids they mean, or with zeros that the table of ids has lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from engine.errors import Finding, shown
from engine.tables.ids import AS_TEXT, Known
from engine.tables.sheet import Sheet


def with_zeros_of(sheet: Sheet, columns: Sequence[str], known: Known | None) -> Sheet:
    """Tell a loss of leading zeros once, where it happened, and read on.

    Parameters
    ----------
    sheet
        The table that refers to ids.
    columns
        Its columns of references.
    known
        The ids there are; None = not known.

    Returns
    -------
    The table with references as the other table writes them, so that what they mean can be checked.
    """
    if known is None:
        return sheet
    cells = pd.concat([sheet.rows[column] for column in columns])
    names = cells[(cells != "") & ~cells.isin(known.every)].unique().tolist()
    mended = restored(names, known.every)
    if mended:
        _tell_references(sheet, columns, mended, known)
    else:
        mended = stripped(names, known.every)
        tell_lost_ids(known, mended, sheet.findings)
    references = {column: sheet.rows[column].replace(mended) for column in columns}
    return replace(sheet, rows=sheet.rows.assign(**references)) if mended else sheet


def restored(names: Iterable[str], every: frozenset[str]) -> dict[str, str]:
    """Give the ids that unknown names were before they lost zeros; empty when that explains half of them or less."""
    width = max((len(name) for name in every), default=0)
    return _most({name: name.zfill(width) for name in names}, every)


def stripped(names: Iterable[str], every: frozenset[str]) -> dict[str, str]:
    """Give the ids that unknown names became by losing zeros; empty when that explains half of them or less."""
    return _most({name: name.lstrip("0") for name in names}, every)


def tell_lost_ids(known: Known, mended: dict[str, str], findings: list[Finding]) -> None:
    """Note that the table of ids has lost the zeros of those that others still write in full.

    Parameters
    ----------
    known
        The ids.
    mended
        As `stripped` gives it; nothing is noted when it is empty.
    findings
        Where the finding is added; every table that meets the loss adds the same one.
    """
    width = max(map(len, mended), default=0)
    short = {line: name for name, line in known.lines.items() if name.isdecimal() and len(name) < width}
    if short:
        first = short[min(short)]
        message = f"found {first} where other tables have {first.zfill(width)}: leading zeros are lost"
        table = Sheet(known.file, ",", pd.DataFrame(), findings)
        table.report(
            short, known.column, "ID-ZEROS", message, f"write {first.zfill(width)}; {AS_TEXT}", value=first
        )


def _tell_references(sheet: Sheet, columns: Sequence[str], mended: dict[str, str], known: Known) -> None:
    wrong = sheet.rows[list(columns)].isin(list(mended))
    column = next(name for name in columns if wrong[name].any())
    lines = sheet.rows.index[wrong.any(axis=1)]
    first = sheet.rows.loc[wrong.index[wrong[column]][0], column]
    message = f"found {first} where {shown(known.file)} has {mended[first]}: leading zeros are lost"
    sheet.report(lines, column, "ID-ZEROS", message, f"write {mended[first]}; {AS_TEXT}", value=first)


def _most(pairs: dict[str, str], every: frozenset[str]) -> dict[str, str]:
    right = {wrong: name for wrong, name in pairs.items() if name in every}
    return right if len(right) * 2 > len(pairs) else {}
