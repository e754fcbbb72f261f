"""How a table is written down never changes what is read."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from engine.tables.read import check
from engine.tables.tables import Tables
from tests.small_company import TABLES, write_company


def read(folder: Path, files: dict[str, str | bytes]) -> Tables:
    folder.mkdir()
    tables = check(write_company(folder, files)).tables
    assert tables is not None
    return tables


def same(one: Tables, two: Tables) -> None:
    """Hold every frame of two readings to be equal to the last bit."""
    for field in fields(Tables):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if isinstance(a, pd.DataFrame):
            where = ["place"] if "place" in a else []  # lines may move, values not
            pd.testing.assert_frame_equal(a.drop(columns=where), b.drop(columns=where), check_exact=True)
        elif isinstance(a, pd.Series):
            pd.testing.assert_series_equal(a, b, check_exact=True)


def line_ends(text: str) -> str:
    return text.replace("\n", "\r\n")


def byte_order_mark(text: str) -> str:
    return "\ufeff" + text


def blank_rows(text: str) -> str:
    return text.replace("\n", "\n\n")


def no_last_line_end(text: str) -> str:
    return text.removesuffix("\n")


def quotes(text: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(csv.reader(io.StringIO(text)))
    return out.getvalue()


def blanks(text: str) -> str:
    out = io.StringIO()
    records = csv.reader(io.StringIO(text))
    csv.writer(out, lineterminator="\n").writerows([f" {cell} " for cell in record] for record in records)
    return out.getvalue()


def semicolons(text: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", delimiter=";").writerows(csv.reader(io.StringIO(text)))
    return out.getvalue()


SPELLINGS = (line_ends, byte_order_mark, blank_rows, no_last_line_end, quotes, blanks, semicolons)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.__name__)
def test_spelling_of_every_file(tmp_path: Path, spelling: object) -> None:
    """Line ends, marks, blank rows, quotes, outer blanks and semicolons change no value."""
    assert callable(spelling)
    changed: dict[str, str | bytes] = {name: spelling(text) for name, text in TABLES.items()}
    assert changed != TABLES
    same(read(tmp_path / "one", {}), read(tmp_path / "two", changed))


def test_direction_of_an_edge(tmp_path: Path) -> None:
    """An edge is the same edge whichever of its two units is written first."""
    header, *lines = TABLES["adjacency.csv"].splitlines()
    turned = [",".join([*reversed(line.split(",")[:2]), *line.split(",")[2:]]) for line in lines]
    one = read(tmp_path / "one", {})
    same(one, read(tmp_path / "all", {"adjacency.csv": "\n".join([header, *turned]) + "\n"}))
    mixed = [turned[0], *lines[1:]]
    same(one, read(tmp_path / "mixed", {"adjacency.csv": "\n".join([header, *mixed]) + "\n"}))
    both = [*lines, turned[0]]
    same(one, read(tmp_path / "both", {"adjacency.csv": "\n".join([header, *both]) + "\n"}))


def test_same_sees_a_difference(tmp_path: Path) -> None:
    """The comparison of these tests notices a changed cell."""
    changed = TABLES["units.csv"].replace("900", "901")
    with pytest.raises(AssertionError):
        same(read(tmp_path / "one", {}), read(tmp_path / "two", {"units.csv": changed}))
