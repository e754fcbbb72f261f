"""All tables of a scenario read together: values, warnings, what a filter leaves out."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.errors import Finding, InputError, Severity
from engine.scenario.load import load_scenario
from engine.scenario.reference import EXAMPLE
from engine.tables.read import check, read_tables
from engine.tables.tables import Tables
from tests.small_company import TABLES, write_company


def scenario(*changes: tuple[str, str]) -> str:
    text = EXAMPLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def changed(file: str, *changes: tuple[str, str]) -> dict[str, str | bytes]:
    text = TABLES[file]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return {file: text}


def read(folder: Path, files: dict[str, str | bytes] | None = None) -> Tables:
    return read_tables(load_scenario(write_company(folder, files)))


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, int, Severity]]:
    return [(finding.code, finding.file, finding.line, finding.severity) for finding in findings]


def test_values(tmp_path: Path) -> None:
    """Every table holds what its file says, by id, with the kinds of value of the contract."""
    tables = read(tmp_path)
    assert tables.findings == ()
    assert tables.units.loc["01003"].to_dict() == {
        "name": "01003", "group": "", "lon": 10.1, "lat": 50.0, "area_km2": 110.0, "visits": 80.0,
        "potential": 800.0, "potential_q1": 200.0, "potential_q2": 200.0, "potential_q3": 200.0,
        "potential_q4": 200.0,
    }  # fmt: skip
    assert tables.adjacency.query("kind == 'bridge'").to_numpy().tolist() == [["01007", "02007", "bridge"]]
    assert len(tables.adjacency) == 8
    assert tables.reps.loc["T2"].drop(["last_year_quota", "last_year_bookings"]).to_dict() == {
        "rep_id": "R2", "rep_name": "Ben", "home_city": "Southtown", "home_lat": 50.1, "home_lon": 10.3,
        "capacity": 0.8, "start_date": date(2021, 5, 1), "ramp_months": 6.0, "segment": "field",
        "manager": "Mo", "region": "North",
    }  # fmt: skip
    assert tables.reps.loc["T1", "last_year_quota"] == 900_000
    assert np.isnan(tables.reps.loc["T2", "last_year_bookings"])
    assert tables.reps.loc["T3", "rep_name"] == "Vacant (open headcount)"
    assert np.isnan(tables.reps.loc["T3", "home_lat"])
    assert tables.accounts.loc["A2"].to_dict() == {
        "name": "Beta, Inc", "unit": "01003", "segment": "large", "value": 2000.0, "owner": "T1",
        "named": True, "locked": True,
    }  # fmt: skip
    assert tables.accounts.loc["A4", "owner"] == ""
    assert tables.current.to_dict()["02001"] == "T1"
    assert tables.locks.to_numpy().tolist() == [
        ["01001", "T1", "home", "locks.csv:2"],
        ["02007", "T2", "home", "locks.csv:3"],
    ]
    assert tables.forbid.to_numpy().tolist() == [["01001", "T2", "too far", "forbid.csv:2"]]
    assert tables.pipeline.loc["O2"].to_dict() == {
        "account_id": "A3", "unit": "02007", "stage": 1, "amount": 80_000.0, "days_in_stage": 31.0,
    }  # fmt: skip


def test_files_are_listed_with_their_hash(tmp_path: Path) -> None:
    """Every file is listed under its key, with its path as written and the hash of its bytes."""
    files = {file.role: file for file in read(tmp_path).files}
    assert sorted(files) == list(files)
    assert len(files) == 8
    units = files["units.table"]
    assert (units.path, units.size) == ("units.csv", len(TABLES["units.csv"]))
    assert units.sha256 == hashlib.sha256(TABLES["units.csv"].encode()).hexdigest()


def test_optional_tables(tmp_path: Path) -> None:
    """Tables that are not given are empty, and without a current alignment nobody has a unit."""
    text = scenario(
        ("accounts: {table: accounts.csv}\n", ""),
        ("current: {table: current.csv, unit: town}\n", ""),
        ("rules: {locks: locks.csv, forbid: forbid.csv}\n", ""),
        ("  opening_pipeline: pipeline.csv\n", ""),
    )
    tables = read(tmp_path, {"scenario.yaml": text})
    for frame in (tables.accounts, tables.locks, tables.forbid, tables.pipeline):
        assert frame.empty
    assert tables.accounts.columns.tolist() == [
        "name",
        "unit",
        "segment",
        "value",
        "owner",
        "named",
        "locked",
    ]
    assert tables.current.tolist() == [""] * 8
    assert [file.role for file in tables.files] == ["reps.table", "units.adjacency", "units.table"]


def test_rules_may_be_empty(tmp_path: Path) -> None:
    """Locks, forbidden pairs and open deals may be a header alone."""
    empty = {
        name: TABLES[name].splitlines()[0] + "\n" for name in ("locks.csv", "forbid.csv", "pipeline.csv")
    }
    tables = read(tmp_path, dict(empty))
    assert tables.findings == ()
    assert [len(frame) for frame in (tables.locks, tables.forbid, tables.pipeline)] == [0, 0, 0]


def test_measures(tmp_path: Path) -> None:
    """Visits are scaled, quarters read, other measures added under their names."""
    text = scenario(
        ("column: visits}", "column: visits, per_year: 1.5}"),
        ("unit: USD}", "unit: USD, quarters: [visits, visits, visits, spend_usd]}"),
        ("reps:", "  other: {size: {column: km2, unit: km2}}\nreps:"),
    )
    head, *lines = TABLES["units.csv"].splitlines()
    spend = [int(line.split(",")[4]) for line in lines]
    rows = [
        f"{head},q1,q4",
        *(f"{line},{year // 5},{2 * year // 5}" for line, year in zip(lines, spend, strict=True)),
    ]
    text = text.replace("[visits, visits, visits, spend_usd]", "[q1, q1, q1, q4]")
    tables = read(tmp_path, {"scenario.yaml": text, "units.csv": "\n".join(rows) + "\n"})
    row = tables.units.loc["01001"]
    assert (row["visits"], row["potential_q1"], row["potential_q4"], row["size"]) == (135, 180, 360, 100)
    assert tables.findings == ()


def test_a_filter_leaves_out_what_belongs_elsewhere(tmp_path: Path) -> None:
    """What belongs to units and positions that are left out is left out too, and counted in notes."""
    text = scenario(
        ("area_km2: km2", "area_km2: km2, keep: {lat: ['50.0']}"),
        ("{table: reps.csv}", "{table: reps.csv, keep: {position_id: [T1, T3]}}"),
    )
    extra = changed("accounts.csv", ("A4,Delta,02005,small,500,,no,no", "A4,Delta,01005,small,500,T2,no,yes"))
    tables = read(tmp_path, {"scenario.yaml": text, **extra})
    assert tables.units.index.tolist() == ["01001", "01003", "01005", "01007"]
    assert tables.reps.index.tolist() == ["T1", "T3"]
    assert tables.adjacency[["unit", "neighbour"]].to_numpy().tolist() == [
        ["01001", "01003"], ["01003", "01005"], ["01005", "01007"],
    ]  # fmt: skip
    assert tables.accounts.index.tolist() == ["A1", "A2"]  # A3 lies elsewhere, A4 is locked to T2
    assert tables.current.tolist() == ["T1", "T1", "T1", ""]
    assert tables.locks["unit"].tolist() == ["01001"]
    assert tables.forbid.empty
    assert tables.pipeline.index.tolist() == ["O1"]
    assert {finding.severity for finding in tables.findings} == {Severity.NOTE}
    assert {finding.file for finding in tables.findings} == {
        "accounts.csv", "adjacency.csv", "current.csv", "forbid.csv", "locks.csv", "pipeline.csv", "reps.csv",
        "units.csv",
    }  # fmt: skip
    counts = sorted((finding.file, finding.key, finding.count) for finding in tables.findings)
    assert counts == [
        ("accounts.csv", "owner", 1),  # A4; A3 is counted with its unit
        ("accounts.csv", "town", 1),
        ("adjacency.csv", "unit", 5),
        ("current.csv", "territory", 1),
        ("current.csv", "town", 4),
        ("forbid.csv", "territory", 1),
        ("locks.csv", "territory", 1),
        ("locks.csv", "unit", 1),
        ("pipeline.csv", "town", 1),
        ("reps.csv", "position_id", 1),
        ("units.csv", "lat", 4),
    ]
    for finding in tables.findings:
        assert finding.message.startswith(f"{finding.count} ")
        assert finding.remedy.endswith(
            "units.keep in the scenario"
            if finding.key in ("unit", "town", "lat")
            else "reps.keep in the scenario"
        )


def test_extra_vacancies(tmp_path: Path) -> None:
    """Territories beyond the roster are vacancies with free centres, that rules may already name."""
    count = ("territories:", "territories:\n  count: 5\n  extra: vacant\n  extra_start_date: 2027-07-01")
    locks = changed("locks.csv", ("02007,T2", "02007,OPEN02"))
    tables = read(tmp_path, {"scenario.yaml": scenario(count), **locks})
    assert tables.reps.index.tolist() == ["OPEN01", "OPEN02", "T1", "T2", "T3"]
    row = tables.reps.loc["OPEN02"]
    assert (row["rep_id"], row["rep_name"], row["capacity"]) == ("", "Vacant (open headcount)", 1.0)
    assert (row["start_date"], row["ramp_months"], row["manager"]) == (date(2027, 7, 1), 6.0, "")
    assert np.isnan(row["home_lon"])
    assert tables.locks["territory"].tolist() == ["T1", "OPEN02"]
    assert told(tables.findings) == [("SCN-VACANT", "scenario.yaml", 11, Severity.NOTE)]


def test_extra_vacancies_start_with_the_year(tmp_path: Path) -> None:
    """Without a date an extra vacancy starts with the fiscal year, and its id is one that is free."""
    reps = changed("reps.csv", ("T3,,", "OPEN01,,"))
    text = scenario(("territories:", "territories:\n  count: 4\n  extra: vacant"))
    tables = read(tmp_path, {"scenario.yaml": text, **reps})
    assert tables.reps.index.tolist() == ["OPEN01", "OPEN02", "T1", "T2"]
    assert tables.reps.loc["OPEN02", "start_date"] == date(2027, 1, 1)


C, U, A, D, R = "current.csv", "units.csv", "accounts.csv", "adjacency.csv", "reps.csv"
LAST_UNIT = "02007,10.3,50.1,170,200,20\n"
WARNINGS = [  # file, text, what it becomes, code, line
    (C, "02007,T2", "02007,T9", "REF-TERRITORY", 9, Severity.WARNING),
    (C, "02007,T2", "02007,", "CUR-NOBODY", 9, Severity.WARNING),
    (C, "02007,T2\n", "", "CUR-MISSING", 0, Severity.WARNING),
    (C, "02007,T2\n", "02007,T2\n02007,T1\n", "CUR-TWICE", 9, Severity.WARNING),
    (C, "02007,T2\n", "02007,T2\n02007,T2\n", "ID-REPEATED", 10, Severity.REPAIR),
    (A, "0,T2", "0,T9", "REF-POSITION", 4, Severity.WARNING),
    ("pipeline.csv", "A3", "A9", "REF-ACCOUNT", 3, Severity.WARNING),
    (
        D,
        "02005,02007,land,\n01001,02001,land,\n01007,02007,bridge,ferry\n",
        "",
        "ADJ-ALONE",
        0,
        Severity.WARNING,
    ),
    (D, "01005,01007", "01005,01003,land,\n01005,01007", "ADJ-TWICE", 4, Severity.REPAIR),
    (D, "01005,01007", "01005,01005,land,\n01005,01007", "ADJ-LOOP", 4, Severity.REPAIR),
    ("locks.csv", "02007,T2,home\n", "02007,T2,home\n02007,T2,x\n", "ID-REPEATED", 4, Severity.REPAIR),
    (U, LAST_UNIT, LAST_UNIT * 2, "ID-REPEATED", 10, Severity.REPAIR),
    (U, "spend_usd", "Spend_USD", "CSV-CASE", 1, Severity.REPAIR),
    ("forbid.csv", "too far", '"too\x01 far"', "CSV-CONTROL", 0, Severity.REPAIR),
    (D, "note", "remark", "CSV-UNUSED", 1, Severity.NOTE),
    (R, "Ben", "Ada", "REP-NAME", 3, Severity.WARNING),
    (R, "50.1,10.3", ",", "HOME-NONE", 3, Severity.WARNING),
    (R, "50.1,10.3", "60.0,30.0", "HOME-FAR", 3, Severity.WARNING),
    (R, "2027-04-01", "2028-04-01", "REP-START", 4, Severity.WARNING),
    (R, "2020-01-01", "1920-01-01", "REP-START", 2, Severity.WARNING),
]


@pytest.mark.parametrize(("file", "old", "new", "code", "line", "severity"), WARNINGS)
def test_warnings(
    tmp_path: Path, file: str, old: str, new: str, code: str, line: int, severity: Severity
) -> None:
    """What does not stop a run is told once, with its line, and the tables are read."""
    tables = read(tmp_path, changed(file, (old, new)))
    assert told(tables.findings) == [(code, file, line, severity)]
    assert all(finding.remedy for finding in tables.findings)


def test_nobodys_units(tmp_path: Path) -> None:
    """A unit is nobody's today when its territory is blank, unknown, one of two, or not listed."""
    rows = "town,territory\n01001,T1\n01003,\n01005,T9\n01007,T1\n01007,T2\n02001,T2\n02003,T1\n02005,T1\n"
    assert read(tmp_path, {"current.csv": rows}).current.tolist() == ["T1", "", "", "", "T2", "T1", "T1", ""]


def test_unknown_owners(tmp_path: Path) -> None:
    """An owner who does not exist counts as nobody, and cannot keep a locked account."""
    assert read(tmp_path, changed("accounts.csv", ("0,T2", "0,T9"))).accounts.loc["A3", "owner"] == ""
    checked = check(write_company(tmp_path, changed("accounts.csv", ("2000,T1", "2000,T9"))))
    assert ("ACC-LOCK", "accounts.csv", 3, Severity.ERROR) in told(checked.findings)


@pytest.mark.parametrize(("column", "word"), [("spend_usd", "potential"), ("visits", "workload")])
def test_nothing_to_share_out(tmp_path: Path, column: str, word: str) -> None:
    """A measure that is 0 everywhere is an error at the key that names its column."""
    frame = pd.read_csv(write_company(tmp_path).parent / "units.csv", dtype=str).assign(**{column: "0"})
    with pytest.raises(InputError) as caught:
        read(tmp_path, {"units.csv": frame.to_csv(index=False)})
    (finding,) = caught.value.findings
    assert (finding.code, finding.file, finding.line) == (
        "UNIT-ZERO",
        "scenario.yaml",
        5 if word == "potential" else 6,
    )
    assert finding.message.startswith(f"{word} is 0")


def geopackage(path: Path, column: str, ids: list[str], layer: str = "towns") -> None:
    layer = layer.replace('"', '""')
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT)")
        database.execute("INSERT INTO gpkg_contents VALUES (?, 'features')", [layer.replace('""', '"')])
        database.execute(f'CREATE TABLE "{layer}" (fid INTEGER, "{column}" TEXT)')
        database.executemany(f'INSERT INTO "{layer}" VALUES (1, ?)', [[one] for one in ids])


TOWNS = ["01001", "01003", "01005", "01007", "02001", "02003", "02005", "02007"]


@pytest.mark.parametrize(
    ("column", "ids", "codes", "says"),
    [
        ("town", TOWNS, [], ""),
        ("town", [*TOWNS, "09001"], ["GEO-UNITS"], "1 polygons belong to no unit"),
        ("town", TOWNS[1:], ["GEO-UNITS"], "1 units have no polygon (01001), 0 polygons no unit"),
        ("twon", TOWNS, ["GEO-COLUMN"], "did you mean twon?"),
    ],
)
def test_polygons(tmp_path: Path, column: str, ids: list[str], codes: list[str], says: str) -> None:
    """The map has a polygon for every unit, found by the same id."""
    text = scenario(("area_km2: km2", "area_km2: km2, geometry: towns.gpkg"))
    path = write_company(tmp_path, {"scenario.yaml": text})
    geopackage(tmp_path / "towns.gpkg", column, ids, 'my "towns"')
    checked = check(path)
    assert [finding.code for finding in checked.findings] == codes
    assert says in "".join(finding.message for finding in checked.findings)
    assert (checked.tables is None) == (says != "" and "belong to no unit" not in says)
