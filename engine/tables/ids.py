"""Ids: text as written, each once, and every reference to one that exists."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from engine.errors import AFTER, Severity, shown
from engine.scenario.nearest import did_you_mean
from engine.tables.sheet import MOST_EXAMPLES, Sheet

_SCIENTIFIC = r"\d(?:\.\d+)?[eE][+]?\d+"
_FOOTER = r"(?:grand |sub ?)?totals?:?|sum|copyright.*|©.*|confidential.*"

AS_TEXT = "format the column as text in the spreadsheet before the table is exported"

_FEW = 3  # references of which none exists are an accident; more point to the wrong column
_LOSING_IDS = frozenset(["CSV-FOOTER", "ID-BLANK", "ID-SCIENTIFIC", "ID-AMBIGUOUS"])


@dataclass(frozen=True)
class Known:
    """Ids that exist in a file.

    Parameters
    ----------
    file
        Path as written in the scenario.
    ids, left_out
        Those in use, and those a ``keep`` left out.
    column
        Where they stand.
    lines
        Line of each.
    unread
        Text of rows that could not be read, so that ids may stand in it.
    """

    file: str
    ids: frozenset[str]
    left_out: frozenset[str] = frozenset()
    column: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    unread: str = ""

    @property
    def every(self) -> frozenset[str]:
        """Ids in use and left out."""
        return self.ids | self.left_out


def known_ids(sheet: Sheet, column: str, ids: Iterable[str]) -> Known:
    """Say which ids of a table's column are in use; the others are left out."""
    lines = dict(zip(sheet.rows[column], sheet.rows.index.tolist(), strict=True))
    used = frozenset(ids)
    return Known(sheet.file, used, frozenset(lines) - used, column, lines, sheet.unread)


def unique_ids(sheet: Sheet, column: str) -> Sheet:
    """Check that a column holds each id once, undamaged.

    Parameters
    ----------
    sheet
        The table.
    column
        Its column of ids.

    Returns
    -------
    The table without rows whose id is blank, a footer or a repetition; errors have been noted.
    """
    ids = sheet.rows[column]
    blank = ids == ""
    if blank.any():
        sheet.report(
            ids.index[blank], column, "ID-BLANK", "the id is blank", "write the id, or delete the row"
        )
    footer = ids.str.fullmatch(_FOOTER, case=False)
    if footer.any():
        message = f"found {shown(ids[footer].iloc[0])}: this looks like a footer, not an id"
        sheet.report(
            ids.index[footer], column, "CSV-FOOTER", message, "delete the footer", value=ids[footer].iloc[0]
        )
    sheet = _with_zeros(_without_decimals(sheet.kept(~blank & ~footer), column), column)
    _check_damage(sheet, column)
    return _without_repetitions(sheet, column)


def refer(
    sheet: Sheet,
    column: str,
    known: Known | None,
    what: str,
    severity: Severity = Severity.ERROR,
    remedy: str = "",
) -> pd.Series[bool]:
    """Check that each id of a column exists; blank cells are passed over.

    Parameters
    ----------
    sheet
        The table.
    column
        Its column of references.
    known
        The ids there are; None = not known, so nothing is checked.
    what
        What the ids stand for, such as ``unit``.
    severity
        Of an id that does not exist.
    remedy
        What to do about it; a sentence that fits any table when empty.

    Returns
    -------
    Which rows refer to an id in use, by line.
    """
    text = sheet.rows[column]
    if known is None:
        return text != ""
    good, blank = text.isin(known.ids), text == ""
    unknown = ~good & ~blank & ~text.isin(known.left_out)
    if known.unread:  # the row that names the id is told already
        unknown &= ~text.map(lambda name: name in known.unread)
    if unknown.any():
        every = known.every
        lines, first = text.index[unknown], text[unknown].iloc[0]
        names = list(dict.fromkeys(text[unknown]))
        message = f"there is no {what} {shown(first)}"
        whats = plural(what)
        if len(names) > 1:
            listed = ", ".join(shown(name) for name in names[:MOST_EXAMPLES])
            more = f" and {len(names) - MOST_EXAMPLES} more" if len(names) > MOST_EXAMPLES else ""
            message = f"{len(names):,} ids of {whats} do not exist: {listed}{more}"
        cause, cure = _systematic(names, every)
        message += cause or did_you_mean(first, every)
        fix = remedy or cure or f"correct the id, or add the {what} to {known.file}"
        if any(f.file == known.file and f.code in _LOSING_IDS for f in sheet.findings):
            fix = f"{AFTER}{known.file}, where some ids could not be read; then see again"
        if known.column and len(names) > _FEW and not (good | text.isin(known.left_out)).any():
            fix = f"see whether column {known.column} of {known.file} holds the ids that are meant here"
        sheet.report(lines, column, f"REF-{what.upper()}", message, fix, severity, first)
    return good


def plural(what: str) -> str:
    """Write the plural of a word such as unit or territory."""
    return what.removesuffix("y") + "ies" if what.endswith("y") else what + "s"


def note_left_out(sheet: Sheet, column: str, known: Known | None, what: str, key: str) -> None:
    """Say how many rows belong to something that a ``keep`` left out."""
    if known is None:
        return
    count = int(sheet.rows[column].isin(known.left_out).sum())
    if count:
        message = f"{count:,} rows belong to {what} that {key} leaves out, and are left out too"
        sheet.report([], column, "LEFT-OUT", message, if_meant(key), Severity.NOTE, count=count)


def if_meant(key: str) -> str:
    """Say what to do about rows that a ``keep`` of the scenario leaves out."""
    return f"nothing, if that is meant; else add the value to {key} in the scenario"


def _systematic(names: list[str], every: frozenset[str]) -> tuple[str, str]:
    """Find a cause that explains most unknown ids at once, and what to do about it."""
    width = max((len(name) for name in every), default=0)
    causes = (
        ("they lost their leading zeros here", lambda name: name.zfill(width), AS_TEXT),
        ("the other table lost its leading zeros", lambda name: name.lstrip("0"), AS_TEXT),
        ("they are written with `.0` here", lambda name: name.removesuffix(".0"), AS_TEXT),
        ("they have another case here", _Folded(every), "write them as the other table does"),
    )
    for words, mend, cure in causes:
        if sum(mend(name) in every for name in names) * 2 > len(names):
            return f" - {words}", cure
    return "", ""


class _Folded:
    """Finds an id whatever the case of its letters."""

    def __init__(self, every: frozenset[str]) -> None:
        self.known = {name.casefold(): name for name in sorted(every)}

    def __call__(self, name: str) -> str:
        return self.known.get(name.casefold(), "")


def _without_decimals(sheet: Sheet, column: str) -> Sheet:
    """Note ids of digits that became decimal numbers, and go on with the ids they were."""
    ids = sheet.rows[column]
    decimal = ids.str.fullmatch(r"\d+\.0+")
    if not decimal.any() or not ids[~decimal].str.fullmatch(r"\d+").all():
        return sheet
    first = ids[decimal].iloc[0]
    message = f"found {first}: a spreadsheet has made a number of an id"
    remedy = f"write {first.partition('.')[0]}; {AS_TEXT}"
    sheet.report(ids.index[decimal], column, "ID-DECIMAL", message, remedy, value=first)
    mended = ids.where(~decimal, ids.str.partition(".")[0])
    return replace(sheet, rows=sheet.rows.assign(**{column: mended}))


def _with_zeros(sheet: Sheet, column: str) -> Sheet:
    """Note ids that lost leading zeros, and go on with the ids they were, so that the rest can be checked."""
    ids = sheet.rows[column]
    digits = ids.str.fullmatch(r"\d+")
    width = int(ids[digits].str.len().mode().iloc[0]) if digits.any() else 0
    short = ids[digits & (ids.str.len() < width)]
    if short.empty or not (ids.str.startswith("0") & (ids.str.len() == width)).any():
        return sheet
    message = f"found {short.iloc[0]} where ids have {width} digits: leading zeros are lost"
    remedy = f"write {short.iloc[0].zfill(width)}; {AS_TEXT}"
    sheet.report(short.index, column, "ID-ZEROS", message, remedy, value=short.iloc[0])
    mended = ids.where(~ids.index.isin(short.index), ids.str.zfill(width))
    return replace(sheet, rows=sheet.rows.assign(**{column: mended}))


def _check_damage(sheet: Sheet, column: str) -> None:
    """Find ids in scientific notation among digits, and one id in two spellings."""
    ids = sheet.rows[column]
    digits = ids.str.fullmatch(r"\d+")
    scientific = ids.str.fullmatch(_SCIENTIFIC)
    if scientific.any() and (digits | scientific).all() and digits.any():
        found = ids[scientific]
        message = f"found {shown(found.iloc[0])} among ids of digits: a spreadsheet has changed it"
        sheet.report(
            found.index,
            column,
            "ID-SCIENTIFIC",
            message,
            "write the id; import ids as text",
            value=found.iloc[0],
        )
    folded = ids.map(lambda name: unicodedata.normalize("NFC", name).casefold())
    pairs = ids[folded.duplicated(keep=False) & ~ids.duplicated(keep=False)]
    if len(pairs):
        first = pairs.iloc[0]
        others = [name for name in pairs.iloc[1:] if name.casefold() == first.casefold()] or [pairs.iloc[-1]]
        message = f"{shown(first)} and {shown(others[0])} differ only in case or accents"
        sheet.report(pairs.index, column, "ID-AMBIGUOUS", message, "write one id in one way", value=first)


def _without_repetitions(sheet: Sheet, column: str) -> Sheet:
    """Keep the first of equal rows; rows with one id and different cells are an error."""
    rows = sheet.rows
    again = rows[column].duplicated(keep="first")
    if not again.any():
        return sheet
    same = rows.duplicated(keep="first") & again
    if same.any():
        lines = rows.index[same]
        message = (
            f"{len(lines)} rows repeat another row, such as {shown(rows.loc[lines[0], column])}; one was kept"
        )
        sheet.report(lines, column, "ID-REPEATED", message, "delete the repetitions", Severity.REPAIR)
    for name in sheet.first_of(rows[column][again & ~same], column, "ID-TWICE"):
        lines = rows.index[rows[column] == name]
        other = _differing(rows, lines)
        message = f"the id {shown(name)} stands in lines {lines[0]} and {lines[1]} with different {other}"
        sheet.report([lines[1]], column, "ID-TWICE", message, "delete or correct one of the two", value=name)
    return sheet.kept(~again)


def _differing(rows: pd.DataFrame, lines: pd.Index[Any]) -> str:
    one, two = rows.loc[lines[0]], rows.loc[lines[1]]
    return ", ".join(str(name) for name in rows.columns if one[name] != two[name]) or "cells"
