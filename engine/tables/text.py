"""Bytes of a CSV file to trimmed text cells with line numbers; nothing is guessed from their values."""

from __future__ import annotations

import csv
import io
import operator
import re
from dataclasses import dataclass

import pandas as pd

from engine.errors import Finding, Severity, shown
from engine.tables.sheet import Sheet

_BOM = b"\xef\xbb\xbf"
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_OTHER_KINDS = {
    b"PK\x03\x04": "an Excel workbook or ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"SQLite format 3": "a database or GeoPackage",
    b"PAR1": "a Parquet file",
}
_PAGE = re.compile(rb"\s*<(?:!doctype html|html|\?xml)", re.IGNORECASE)
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OTHER_DELIMITERS = (";", "\t", "|")
_EXPORT = "export it again as CSV (UTF-8)"


class _StopReadingError(Exception):
    """The file cannot be read further; the reason is the last finding."""


@dataclass
class _Parsed:
    header: list[str]
    lines: list[int]
    records: list[list[str]]
    unread: str = ""


def read_sheet(content: bytes, file: str, findings: list[Finding], need_rows: bool = True) -> Sheet | None:
    """Read a CSV file as text.

    Parameters
    ----------
    content
        The bytes.
    file
        The file's name for messages.
    findings
        Where everything noticed is added.
    need_rows
        Whether a table without rows is an error.

    Returns
    -------
    The table: every cell as text without outer blanks; None when the file is no table.
    """
    sheet = Sheet(file, ",", pd.DataFrame(), findings)
    try:
        text = _decode(sheet, content)
        delimiter = _delimiter(sheet, text)
        parsed = _parse(sheet, text, delimiter)
        _check_width(sheet, parsed)
        _check_header(sheet, parsed)
    except _StopReadingError:
        return None
    if need_rows and not parsed.records:
        sheet.report([1], "", "CSV-NO-ROWS", "the table has a header but 0 rows of data", _EXPORT)
        return None
    return Sheet(file, delimiter, _trimmed(sheet, parsed), findings, parsed.unread)


def _stop(sheet: Sheet, line: int, code: str, message: str, remedy: str) -> _StopReadingError:
    sheet.report([line] if line else [], "", code, message, remedy)
    return _StopReadingError()


def _decode(sheet: Sheet, content: bytes) -> str:
    if not content.strip(b" \t\r\n" + _BOM):
        raise _stop(sheet, 0, "CSV-EMPTY", "the file is empty", _EXPORT)
    for start, kind in _OTHER_KINDS.items():
        if content.startswith(start):
            raise _stop(sheet, 0, "CSV-NOT-CSV", f"this is {kind}, not CSV text", "save it as CSV (UTF-8)")
    if _PAGE.match(content[:1000]):
        message = "this is a web page (perhaps a sign-in page), not CSV text"
        raise _stop(sheet, 0, "CSV-NOT-CSV", message, "sign in and export the table again")
    encoding = _UTF16.get(content[:2], "utf-8")
    if encoding != "utf-8":
        message = "read as UTF-16, which a spreadsheet calls Unicode text"
        sheet.report([], "", "CSV-UTF16", message, "save it as CSV (UTF-8)", Severity.REPAIR)
        content = content[2:]
    elif content.startswith(_BOM):
        content = content[len(_BOM) :]
        message = "a byte order mark before the header was taken away"
        sheet.report([1], "", "CSV-BOM", message, "save as UTF-8 without byte order mark", Severity.REPAIR)
    elif b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise _stop(sheet, line, "CSV-NUL", "a NUL byte: this is not UTF-8 text", "save it as CSV (UTF-8)")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        message = f"byte 0x{content[error.start]:02x} at place {column} of this line is not UTF-8 text"
        raise _stop(sheet, line, "CSV-ENCODING", message, "save the file as CSV (UTF-8)") from None
    if "\r" in text:
        message = f"{text.count(chr(13)):,} line ends of another system were read as line ends"
        remedy, count = "nothing, or save the file with line ends of one kind", text.count("\r")
        sheet.report([], "", "CSV-LINE-ENDS", message, remedy, Severity.REPAIR, count=count)
    return text


def _delimiter(sheet: Sheet, text: str) -> str:
    """Read the delimiter off the header: a comma, or the only other one that stands there."""
    header = next(line for line in text.splitlines() if line.strip())
    others = [mark for mark in _OTHER_DELIMITERS if mark in header]
    if "," in header or not others:
        return ","
    if len(others) > 1:
        message = "the header holds no comma and several other marks that may stand between cells"
        raise _stop(sheet, 1, "CSV-DELIMITER", message, "save it with commas between cells")
    name = {";": "semicolons", "\t": "tabs", "|": "bars"}[others[0]]
    message = f"cells are separated by {name}, not commas"
    sheet.report([1], "", "CSV-DELIMITER", message, "save it with commas between cells", Severity.REPAIR)
    return others[0]


def _parse(sheet: Sheet, text: str, delimiter: str) -> _Parsed:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    start, blank = 1, 0
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                rows.append((start, record))
            else:
                blank += 1
            start = reader.line_num + 1
    except csv.Error as error:
        message = "a quote that opens in this row is not closed where its cell ends"
        if "limit" in str(error):
            message = (
                f"a cell has more than {csv.field_size_limit():,} characters; perhaps a quote is not closed"
            )
        remedy = 'close the quote; write a quote inside a cell twice ("")'
        raise _stop(sheet, start, "CSV-QUOTE", message, remedy) from None
    if blank:
        message = f"{blank} blank rows were left out"
        sheet.report([], "", "CSV-BLANK", message, "delete them", Severity.NOTE, count=blank)
    header = rows[0][1] if rows else []
    return _Parsed(header, [line for line, _ in rows[1:]], [record for _, record in rows[1:]])


def _check_width(sheet: Sheet, parsed: _Parsed) -> None:
    """Every row must have as many cells as the header; trailing delimiters may be surplus everywhere."""
    width = len(parsed.header)
    surplus = [len(record) == width + 1 and not record[-1].strip() for record in parsed.records]
    if parsed.records and all(surplus):
        parsed.records = [record[:-1] for record in parsed.records]
        message = f"a delimiter at the end of all {len(surplus):,} rows was taken away"
        remedy = "take the last delimiter of each row away"
        sheet.report(parsed.lines, "", "CSV-TRAILING", message, remedy, Severity.REPAIR)
        return
    for code, wrong, remedy in (
        ("CSV-TOO-MANY", operator.gt, "put text that holds a comma between quotes"),
        ("CSV-TOO-FEW", operator.lt, "add the missing cells, or delete the row"),
    ):
        rows = [place for place, record in enumerate(parsed.records) if wrong(len(record), width)]
        if rows:
            first = parsed.records[rows[0]]
            message = f"{len(first)} cells where the header has {width}: {shown(','.join(first))}"
            sheet.report([parsed.lines[place] for place in rows], "", code, message, remedy)
    keep = [len(record) == width for record in parsed.records]
    if parsed.records and not any(keep):
        raise _StopReadingError
    parsed.unread = "\n".join(
        ",".join(record) for record, good in zip(parsed.records, keep, strict=True) if not good
    )
    parsed.lines = [line for line, good in zip(parsed.lines, keep, strict=True) if good]
    parsed.records = [record for record, good in zip(parsed.records, keep, strict=True) if good]


def _check_header(sheet: Sheet, parsed: _Parsed) -> None:
    """Trim column names, drop columns with neither name nor value, refuse a name that stands twice."""
    names = [" ".join(name.split()) for name in parsed.header]
    if names != parsed.header:
        message = "blanks around or inside column names were taken away"
        sheet.report([1], "", "CSV-HEADER", message, "take them away in the file", Severity.REPAIR)
    empty = 0
    for place in [place for place, name in enumerate(names) if not name][::-1]:
        filled = [
            line for line, record in zip(parsed.lines, parsed.records, strict=True) if record[place].strip()
        ]
        if filled:
            message = f"column {place + 1} has {len(filled):,} values but no name"
            remedy = "name it in the header, or delete it"
            sheet.report([1], "", "CSV-NAMELESS", message, remedy, count=len(filled))
        else:
            empty += 1
        del names[place]
        parsed.records = [record[:place] + record[place + 1 :] for record in parsed.records]
    if empty:
        message = f"columns with neither name nor value were taken away: {empty}"
        remedy, rows = "delete them in the file", len(parsed.records)
        sheet.report([1], "", "CSV-TRAILING", message, remedy, Severity.REPAIR, count=rows)
    folded = [name.casefold() for name in names]
    for place, name in enumerate(folded):
        if name in folded[:place]:
            first = folded.index(name)
            message = f"column {place + 1} has the name of column {first + 1}: {shown(names[place])}"
            raise _stop(sheet, 1, "CSV-TWICE", message, "rename or delete one of the two")
    parsed.header = names


def _trimmed(sheet: Sheet, parsed: _Parsed) -> pd.DataFrame:
    columns = list(zip(*parsed.records, strict=True)) or [()] * len(parsed.header)
    trimmed = controls = 0
    cells: dict[str, list[str]] = {}
    for name, column in zip(parsed.header, columns, strict=True):
        clean = [cell.strip() for cell in column]
        trimmed += sum(a != b for a, b in zip(column, clean, strict=True))
        with_control = [
            place for place, cell in enumerate(clean) if not cell.isprintable() and _CONTROL.search(cell)
        ]
        for place in with_control:
            clean[place] = _CONTROL.sub("", clean[place]).strip()
        controls += len(with_control)
        cells[name] = clean
    if trimmed:
        message = f"blanks around {trimmed:,} cells were taken away"
        remedy = "take them away in the file"
        sheet.report([], "", "CSV-TRIM", message, remedy, Severity.REPAIR, count=trimmed)
    if controls:
        message = f"control characters in {controls:,} cells were taken away"
        remedy = "take them away in the file"
        sheet.report([], "", "CSV-CONTROL", message, remedy, Severity.REPAIR, count=controls)
    index = pd.Index(parsed.lines, dtype="int64")
    return pd.DataFrame(cells, index=index, columns=pd.Index(parsed.header), dtype="str")
