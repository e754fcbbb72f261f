"""Damaged rows, cells and bytes are noticed, although the manifest was made to fit them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from engine.verify import Report, verify_run
from tests.engine.verify.small_run import SmallRun, small_run

# Columns that other written tables determine: a change in the 4th digit of any cell must be seen.
DETERMINED = {
    "units.csv": ("lon", "lat", "potential", "workload", "calls", "visits", "travel_hours", "handoff_value"),
    "territories.csv": (
        *("capacity", "home_lon", "home_lat", "units", "pieces", "accounts", "revenue"),
        *(
            m + f
            for m in ("potential", "workload")
            for f in ("", "_target", "_lower", "_upper", "_deviation")
        ),
        *("calls", "calls_target", "calls_deviation", "travel_km", "travel_hours", "travel_cost"),
        *("handoff_value", "handoff_cost", "imbalance_cost", "compactness"),
    ),
    "accounts.csv": ("revenue",),
    "quotas.csv": ("quota",),
    "rollup.csv": ("quota", "plan_target"),
    "attainment.csv": (
        "quota",
        "expected",
        "attainment_mean",
        "p_at_quota",
        "p_high",
        "won",
        "lost",
        "gave_up",
        "open",
    ),
    "months.csv": ("quota",),
    "stress.csv": ("expected", "difference", "p_at_quota", "p_high", "p_difference"),
    "kpis.csv": ("value",),
}
# Numbers whose size only the input or the replications determine: they must at least be numbers.
NUMBERS = {
    **DETERMINED,
    "quota_limits.csv": ("floor", "cap"),
    "units.csv": (*DETERMINED["units.csv"], "area_km2", *(f"potential_q{q}" for q in (1, 2, 3, 4))),
    "attainment.csv": (*DETERMINED["attainment.csv"], "p10", "p50", "p90", "p_low", "expected_shortfall"),
    "months.csv": ("quota", "expected", "p10", "p25", "p50", "p75", "p90"),
    "stress.csv": (*DETERMINED["stress.csv"], "p_low", "difference_low", "difference_high"),
}


def verify(run: SmallRun, folder: Path, later: Callable[[Path], None] | None = None) -> Report:
    """Write a run under a manifest that fits it, and check it."""
    return verify_run(run.write(folder, later=later))


def broken(report: Report) -> list[str]:
    """Name the rules a report says are broken."""
    return [check.rule for check in report.checks if not check.passed]


def cells(columns: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, int, str]]:
    """List all filled cells of the named columns."""
    for name, rows in small_run().tables.items():
        for column in columns.get(name, ()):
            yield from ((name, i, column) for i, row in enumerate(rows) if row[column])


def nudge(text: str) -> str:
    """Change a number in its 4th digit, or by its last digit when it has fewer."""
    number = Decimal(text)
    last = int(number.as_tuple().exponent)
    return str(number + Decimal(1).scaleb(max(number.adjusted() - 3, last))) if number else "1.0"


def test_rows_dropped_and_doubled(tmp_path: Path) -> None:
    """Every row of every table is missed when it is dropped and noticed when it is there twice."""
    missed, made = [], 0
    for name, rows in small_run().tables.items():
        for i in range(len(rows)):
            for kind in ("dropped", "doubled"):
                if (name, i, kind) == ("adjacency.csv", 2, "dropped"):
                    continue  # the border between the two territories: both stay in one piece
                run = small_run()
                if kind == "dropped":
                    del run.tables[name][i]
                else:
                    run.tables[name].insert(i, dict(run.tables[name][i]))
                made += 1
                if verify(run, tmp_path / str(made)).verdict:
                    missed.append(f"{name} row {i} {kind}")
    assert (missed, made) == ([], 253)


def test_fourth_digit(tmp_path: Path) -> None:
    """A changed fourth digit of any recomputed figure is seen."""
    missed = []
    for i, (name, row, column) in enumerate(cells(DETERMINED)):
        run = small_run()
        run.tables[name][row][column] = nudge(run.tables[name][row][column])
        if verify(run, tmp_path / str(i)).verdict:
            missed.append(f"{name} row {row} {column}: {run.tables[name][row][column]}")
    assert missed == []


def test_cells_that_are_no_numbers(tmp_path: Path) -> None:
    """NaN, infinity, blanks, text, separators and wild powers are refused wherever a number belongs."""
    rng, missed = random.Random(2), []
    for i, (name, row, column) in enumerate(rng.sample(list(cells(NUMBERS)), 120)):
        run = small_run()
        value = rng.choice(
            ["nan", "NaN", "inf", "-inf", "", "n/a", "1,000", "1e999", "0x10", "=1+1", "١", " 1", "-5e"]
        )
        run.tables[name][row][column] = value
        if verify(run, tmp_path / str(i)).verdict:
            missed.append(f"{name} row {row} {column}: {value!r}")
    assert missed == []


def test_negative_numbers(tmp_path: Path) -> None:
    """A changed sign is seen wherever a number other than zero stands."""
    missed = []
    tables = small_run().tables
    found = [
        (name, row, column)
        for name, row, column in cells(NUMBERS)
        if _signed(tables[name][row][column]) and column != "difference_high"  # either sign can be true
    ]
    for i, (name, row, column) in enumerate(random.Random(3).sample(found, 60)):
        run = small_run()
        run.tables[name][row][column] = str(-Decimal(run.tables[name][row][column]))
        if verify(run, tmp_path / str(i)).verdict:
            missed.append(f"{name} row {row} {column}")
    assert missed == []


def _signed(text: str) -> bool:
    try:
        return Decimal(text) != 0
    except InvalidOperation:
        return False


def _cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "blank": lambda content: b"\n \n",
    "byte order mark": lambda content: b"\xef\xbb\xbf" + content,
    "not UTF-8": lambda content: content.replace(b"a", b"\xff", 1),
    "NUL": lambda content: content.replace(b"a", b"\0", 1),
    "carriage returns": lambda content: content.replace(b"\n", b"\r\n") + b"\r\n",
    "cut short": _cut,
    "binary": lambda content: bytes(range(256)) * 4,
}
TABLES = [name for name in small_run().tables if not name.startswith("inputs/")]


@pytest.mark.parametrize("kind", BYTES)
def test_damaged_bytes(kind: str, tmp_path: Path) -> None:
    """A text file with damaged bytes is a failing check with its name, even when the manifest lists it so."""
    missed = []
    for i, name in enumerate([*TABLES, "scenario.resolved.json", "problems.json"]):

        def damage(folder: Path, name: str = name) -> None:
            path = folder / name
            path.write_bytes(BYTES[kind](path.read_bytes() + b" a"))

        report = verify(small_run(), tmp_path / str(i), damage)
        if not any(not check.passed and name in check.found for check in report.checks):
            missed.append(name)
    assert missed == []


@pytest.mark.parametrize("name", TABLES)
def test_missing_column(name: str, tmp_path: Path) -> None:
    """Every column is needed, and none may be there twice."""
    for column in small_run().tables[name][0]:
        run = small_run()
        for row in run.tables[name]:
            del row[column]
        said = " ".join(c.found for c in verify(run, tmp_path / column).checks if not c.passed)
        assert f"{name}:1: the header has no column {column}" in said

    def double(folder: Path) -> None:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        (folder / name).write_text(
            "\n".join(f"{x},{x.split(',')[0]}" for x in lines), encoding="utf-8", newline="\n"
        )

    said = " ".join(c.found for c in verify(small_run(), tmp_path / "double", double).checks if not c.passed)
    assert f"{name}:1: the header names a column twice" in said


def test_any_changed_byte(tmp_path: Path) -> None:
    """One changed byte of any listed file, a file more, a file less or a link is seen by the manifest."""
    folder = small_run().write(tmp_path / "run")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    assert len(paths) == 20
    rng = random.Random(4)
    for path in paths:
        content = path.read_bytes()
        place = rng.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert "files: hashes" in broken(verify_run(folder))
        path.unlink()
        assert "files: hashes" in broken(verify_run(folder))
        (tmp_path / "aside").write_bytes(content)
        path.symlink_to(tmp_path / "aside")
        assert "files: hashes" in broken(verify_run(folder))
        path.unlink()
        path.write_bytes(content)
    assert verify_run(folder).verdict
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    assert broken(verify_run(folder)) == ["files: all listed"]


@pytest.mark.parametrize(
    "name", ["../units.csv", "/etc/hostname", "manifest.json", "a\0b", "x" * 300, "\ud800"]
)
def test_listed_names_stay_inside(name: str, tmp_path: Path) -> None:
    """A manifest that lists a place outside the folder, or no name at all, is refused."""
    folder = small_run().write(tmp_path / "run")
    path = folder / "manifest.json"
    listed = path.read_text(encoding="utf-8").replace('"name": "units.csv"', f'"name": {_json(name)}')
    path.write_text(listed, encoding="utf-8")
    assert {"files: hashes", "files: all listed"} <= set(broken(verify_run(folder)))


def _json(text: str) -> str:
    return '"' + "".join(f"\\u{ord(letter):04x}" for letter in text) + '"'


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"status": NaN}',
        "[]",
        "null",
        '{"status": 1}',
        '{"a": 1, "a": 2}',
        '{"a": 1e999999999}',
        "{",
    ],
)
@pytest.mark.parametrize("name", ["manifest.json", "scenario.resolved.json", "problems.json"])
def test_damaged_json(name: str, text: str, tmp_path: Path) -> None:
    """JSON that is deep, doubled, not finite, of another kind or cut short is rejected in words."""
    folder = small_run().write(tmp_path / "run")
    (folder / name).write_text(text, encoding="utf-8")
    harmless = (name, text) == ("problems.json", "[]")  # an empty list of findings: only its bytes differ
    assert ("files: hashes" if harmless else "files: readable") in broken(verify_run(folder))
