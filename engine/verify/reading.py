"""Written files read with suspicion: whatever cannot be trusted is named, nothing is guessed."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import NoReturn

from engine.verify.figures import Point, parse_number

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\0")  # a spreadsheet would run such a cell


class Unreadable(ValueError):  # noqa: N818 - the word says it
    """A written file cannot be trusted; the message says where and why."""


@dataclass(frozen=True)
class Row:
    """One row of a table with its place, for messages."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Give a cell's text, without the quote that protects it in a spreadsheet."""
        cell = self.cells[column]
        return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell

    def filled(self, column: str) -> str:
        """Give a cell's text, which must not be blank."""
        text = self.text(column)
        return text if text.strip() else self._refuse(column, "is empty")

    def number(self, column: str, negative: bool = False) -> Decimal:
        """Give a cell's number, >= 0 unless ``negative``."""
        try:
            number = parse_number(self.cells[column])
        except ValueError as error:
            self._refuse(column, str(error))
        return self._refuse(column, "is negative") if number < 0 and not negative else number

    def count(self, column: str) -> int:
        """Give a cell's whole number >= 0."""
        number = self.number(column)
        return int(number) if number == int(number) else self._refuse(column, "not a whole number")

    def cents(self, column: str) -> int:
        """Give a cell's money in whole cents, >= 0."""
        cents = self.number(column) * 100
        return int(cents) if cents == int(cents) else self._refuse(column, "not whole cents")

    def flag(self, column: str) -> bool:
        """Give a cell's yes or no."""
        answer = self.cells[column]
        return answer == "yes" if answer in ("yes", "no") else self._refuse(column, "neither yes nor no")

    def blank(self, column: str) -> bool:
        """Say whether a cell is empty."""
        return not self.cells[column]

    def point(self, longitude: str, latitude: str) -> Point:
        """Give two cells as longitude and latitude, degrees."""
        point = float(self.number(longitude, negative=True)), float(self.number(latitude, negative=True))
        if abs(point[0]) > 180 or abs(point[1]) > 90:
            self._refuse(longitude, f"{point} is not on the earth")
        return point

    def _refuse(self, column: str, why: str) -> NoReturn:
        raise Unreadable(f"{self.file}:{self.line}: {column}: {self.cells[column][:80]!r} {why}")


@dataclass(frozen=True)
class Settings:
    """A JSON file whose keys are looked up by a dotted path."""

    file: str
    values: object

    def at(self, path: str) -> object:
        """Give the value of a key such as ``territories.share``."""
        value = self.values
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                raise Unreadable(f"{self.file}: key {path} is missing")
            value = value[key]
        return value

    def number(self, path: str) -> Decimal:
        """Give a key's number (written as a number or, for money, as text)."""
        value = self.at(path)
        try:
            return parse_number("" if isinstance(value, bool) else str(value))
        except ValueError as error:
            raise Unreadable(f"{self.file}: {path}: {str(value)[:80]!r} {error}") from None

    def positive(self, path: str) -> Decimal:
        """Give a key's number, which must be above 0."""
        number = self.number(path)
        if number <= 0:
            raise Unreadable(f"{self.file}: {path}: {number} is not above 0")
        return number

    def choice(self, path: str, *choices: str) -> str:
        """Give a key's text, which must be one of the choices."""
        text = self.text(path)
        if text not in choices:
            raise Unreadable(f"{self.file}: {path}: {text[:80]!r} is none of {', '.join(choices)}")
        return text

    def text(self, path: str) -> str:
        """Give a key's text."""
        value = self.at(path)
        if not isinstance(value, str):
            raise Unreadable(f"{self.file}: {path}: {str(value)[:80]!r} is not text")
        return value

    def mapping(self, path: str) -> dict[str, object]:
        """Give a key's block."""
        value = self.at(path)
        if not isinstance(value, dict):
            raise Unreadable(f"{self.file}: {path} is not a block of keys")
        return value

    def items(self, path: str) -> tuple[Settings, ...]:
        """Give a key's list, each item as settings of its own."""
        value = self.at(path)
        if not isinstance(value, list):
            raise Unreadable(f"{self.file}: {path} is not a list")
        return tuple(Settings(f"{self.file}: {path}.{i}", item) for i, item in enumerate(value))


def read_table(
    folder: Path, name: str, columns: Sequence[str], may_be_empty: bool = False
) -> tuple[Row, ...]:
    """Read a CSV file as text.

    Parameters
    ----------
    folder, name
        Run folder and the file in it.
    columns
        Columns that must be there; others are kept too.
    may_be_empty
        Whether a table with a header and no rows is fine.

    Returns
    -------
    The rows.

    Raises
    ------
    Unreadable
        If the file is missing, empty, not UTF-8, has a byte order mark, ragged or unquoted rows, a missing or
        doubled column, or a cell that a spreadsheet would run as a formula.
    """
    reader = csv.reader(StringIO(_text(folder, name), newline=""), strict=True)
    try:
        header = next(reader, [])
        missing = [column for column in columns if column not in header]
        if missing or len(set(header)) != len(header):
            said = f"has no column {', '.join(missing)}" if missing else "names a column twice"
            raise Unreadable(f"{name}:1: the header {said}")
        rows = tuple(_rows(name, header, reader))
    except csv.Error as error:
        raise Unreadable(f"{name}:{reader.line_num}: {error}") from None
    if not rows and not may_be_empty:
        raise Unreadable(f"{name}: has no rows")
    return rows


def _rows(name: str, header: list[str], reader: Iterator[list[str]]) -> Iterator[Row]:
    for number, cells in enumerate(reader, start=2):
        if len(cells) != len(header):
            raise Unreadable(f"{name}: row {number} has {len(cells)} cells, the header {len(header)}")
        for column, cell in zip(header, cells, strict=True):
            if cell.startswith(FORMULA_STARTS) and not _is_number(cell):
                raise Unreadable(f"{name}:{number}: {column}: {cell[:80]!r} would run as a formula")
        yield Row(name, number, dict(zip(header, cells, strict=True)))


def by_id(rows: Sequence[Row], column: str, ordered: bool = True) -> dict[str, Row]:
    """Index rows by their id.

    Raises
    ------
    Unreadable
        If an id is empty, appears twice or, where rows must be ``ordered``, is out of order.
    """
    found: dict[str, Row] = {}
    last = ""
    for row in rows:
        key = row.filled(column)
        if key in found:
            raise Unreadable(
                f"{row.file}:{row.line}: {column}: {key!r} is there twice (line {found[key].line})"
            )
        if ordered and key < last:
            raise Unreadable(f"{row.file}:{row.line}: {column}: {key!r} after {last!r}: rows are not sorted")
        found[key], last = row, key
    return found


def read_json(folder: Path, name: str) -> Settings:
    """Read a JSON file; numbers keep their digits, NaN, infinity and doubled keys are refused.

    Raises
    ------
    Unreadable
        If the file is missing or not such JSON.
    """
    text = _text(folder, name)
    try:
        values = json.loads(
            text,
            parse_float=parse_number,
            parse_int=parse_number,
            parse_constant=parse_number,
            object_pairs_hook=_unique_keys,
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{name}: not JSON that can be trusted: {error}") from None
    return Settings(name, values)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    doubled = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
    if doubled:
        raise ValueError(f"key {', '.join(doubled)} is there twice")
    return dict(pairs)


def _is_number(cell: str) -> bool:
    try:
        parse_number(cell)
    except ValueError:
        return False
    return True


def _text(folder: Path, name: str) -> str:
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise Unreadable(f"{name}: is missing")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name}: is not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise Unreadable(f"{name}: cannot be read ({error.strerror})") from None
    for mark, said in (
        ("\ufeff", "a byte order mark"),
        ("\0", "a NUL character"),
        ("\r", "a carriage return"),
    ):
        if mark in text:
            raise Unreadable(f"{name}: contains {said}")
    if not text.strip():
        raise Unreadable(f"{name}: is empty")
    return text
