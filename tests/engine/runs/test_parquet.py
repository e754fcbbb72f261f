"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engine.runs.parquet import read_parquet, write_parquet

FRAME = pd.DataFrame(
    {
        "replication": [1, 0],
        "territory_id": ["01", "é'"],
        "share": [0.1, None],
        "bookings_cents": [2**53 + 1, -1],
    },
    index=[3, 1],
)


def test_a_table_comes_back(tmp_path: Path) -> None:
    """Rows keep their order, text its zeros, whole numbers every digit, gaps stay gaps."""
    write_parquet(tmp_path / "a.parquet", FRAME)
    read = read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read, FRAME.reset_index(drop=True))
    assert [str(kind) for kind in read.dtypes] == ["int64", "str", "float64", "int64"]


def test_same_table_same_bytes(tmp_path: Path) -> None:
    """The same table gives the same file."""
    for name in ("a.parquet", "b.parquet"):
        write_parquet(tmp_path / name, FRAME)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_rows_turned_round(tmp_path: Path) -> None:
    """A view of another table, rows and columns backwards, is written like any table."""
    write_parquet(tmp_path / "a.parquet", FRAME.iloc[::-1, ::-1])
    read = read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read, FRAME.iloc[::-1, ::-1].reset_index(drop=True))


def test_odd_folder_names(tmp_path: Path) -> None:
    """Quotes and patterns in a path mean nothing: that file is read and no other."""
    for name in ("it's [a]*?", "it's aXY"):
        (tmp_path / name).mkdir()
        write_parquet(tmp_path / name / "x.parquet", FRAME.assign(share=len(name)))
    read = read_parquet(tmp_path / "it's [a]*?" / "x.parquet")
    assert list(read["share"]) == [len("it's [a]*?")] * 2


def test_a_folder_with_an_equals_sign(tmp_path: Path) -> None:
    """A folder named like a setting does not become a column."""
    (tmp_path / "year=2027").mkdir()
    write_parquet(tmp_path / "year=2027" / "x.parquet", FRAME)
    assert list(read_parquet(tmp_path / "year=2027" / "x.parquet")) == list(FRAME)
