"""The history of opportunities: values, order of stages, window, and every mistake at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from engine.calibration import Ending, StageHistory
from engine.errors import Finding, InputError, Severity
from engine.tables.stage_events import Window, read_history

HEADER = "opportunity,stage,entered,left,outcome,amount,owner,unit\n"


def rows(deals: int = 12) -> list[str]:
    """Deals that go through two stages in January and February; odd ones are lost in the second, the last is open."""
    found = []
    for n in range(deals):
        found.append(f"O{n:02d},qualify,2025-01-{n + 1:02d},2025-01-{n + 6:02d},advanced,,ann,N")
        end = f"2025-02-{n + 1:02d},won,{100 * (n + 1)}"
        end = f"2025-02-{n + 1:02d},lost," if n % 2 else end
        found.append(f"O{n:02d},close,2025-01-{n + 6:02d},{end},ann,N")
    return found


def write(folder: Path, lines: list[str], header: str = HEADER) -> Path:
    path = folder / "events.csv"
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(folder: Path, lines: list[str], window: Window | None = None) -> tuple[StageHistory, list[Finding]]:
    history, findings = read_history(write(folder, lines), window or Window())
    return history, list(findings)


def mistakes(folder: Path, lines: list[str], window: Window | None = None) -> list[tuple[str, int, str]]:
    with pytest.raises(InputError) as error:
        read_history(write(folder, lines), window or Window())
    wrong = [one for one in error.value.findings if one.severity is Severity.ERROR]
    assert all(one.file == "events.csv" and one.remedy for one in wrong)
    return [(one.code, one.line, one.key) for one in wrong]


def test_values(tmp_path: Path) -> None:
    """Every column means what the guide says; stages are in the order in which deals go through them."""
    lines = [*reversed(rows(22)), "O99,qualify,2025-02-20,,,,,"]
    history, findings = read(tmp_path, lines)
    assert history.stages == ("qualify", "close")
    assert (history.owners, history.units) == (("ann",), ("N",))
    assert date.fromordinal(history.since) == date(2025, 1, 6)
    assert date.fromordinal(history.until) == date(2025, 2, 22)
    assert len(history.stage) == 45
    assert np.bincount(history.ending).tolist() == [1, 33, 11]
    assert history.won.sum() == 11
    last = history.opportunity == history.opportunities.index("O99")
    assert (history.owner[last], history.unit[last]) == ([-1], [-1])
    assert history.left[last] == [history.until + 1]
    assert np.nansum(history.amount) == sum(100 * (n + 1) for n in range(0, 22, 2))
    assert {one.code for one in findings} == {"EVENT-ORDER"}


def test_window(tmp_path: Path) -> None:
    """What ended before the window is left out; what ended after it was open then, and is not won."""
    window = Window(date(2025, 1, 10), date(2025, 2, 20), ("qualify", "close"))
    history, findings = read(tmp_path, rows(22), window)
    assert findings == []
    assert (history.left[history.ending != Ending.OPEN] >= history.since).all()
    assert np.bincount(history.ending).tolist() == [2, 28, 10]
    assert history.won.sum() == 10
    assert history.days == 42


def test_as_of_knows_nothing_later(tmp_path: Path) -> None:
    """The history of a morning does not change with what happens on that day or later."""
    lines = rows(22)
    day = date(2025, 2, 12).toordinal()
    early = read(tmp_path, lines)[0].as_of(day)
    changed = [line.replace("2025-02-12,lost", "2025-02-12,won") for line in lines]
    changed = [line.replace("2025-02-20,lost", "2025-02-21,won") for line in changed]
    later = read(tmp_path, changed)[0].as_of(day)
    assert changed != lines
    for name in ("stage", "entered", "left", "ending", "won"):
        assert getattr(early, name).tolist() == getattr(later, name).tolist()


def test_every_mistake_at_once(tmp_path: Path) -> None:
    """Six mistakes of different kinds are told together, each with its row and column."""
    lines = rows(22)
    lines[0] = lines[0].replace("2025-01-06", "2024-12-31")
    lines[1] = lines[1].replace(",won,", ",wonn,")
    lines[2] = lines[2].replace("2025-01-07", "")
    lines[3] = lines[3].replace(",lost,", ",open,")
    lines[4] = lines[4].replace("O02,", ",")
    lines[5] = lines[5].replace("300", "3,00", 1).replace("3,00", '"3,000"')
    lines[7] = lines[7].replace("2025-02-04", "2025-02-30")
    assert mistakes(tmp_path, lines) == [
        ("EVENT-DAY", 2, "left"),
        ("EVENT-OUTCOME", 3, "outcome"),
        ("EVENT-OPEN", 4, "left"),
        ("EVENT-OPEN", 5, "outcome"),
        ("EVENT-BLANK", 6, "opportunity"),
        ("NUM-THOUSANDS", 7, "amount"),
        ("DATE-IMPOSSIBLE", 9, "left"),
    ]


def test_missing_column(tmp_path: Path) -> None:
    """A table without outcomes is told which column is missing."""
    path = write(tmp_path, ["O1,qualify,2025-01-01,,"], "opportunity,stage,entered,left,amount\n")
    with pytest.raises(InputError, match="CSV-COLUMN") as error:
        read_history(path, Window())
    assert [one.key for one in error.value.findings] == ["outcome"]


def test_missing_file(tmp_path: Path) -> None:
    """A table that does not exist is told as such."""
    with pytest.raises(InputError, match="FILE-MISSING"):
        read_history(tmp_path / "none.csv", Window())


def test_too_little(tmp_path: Path) -> None:
    """Stages and sales that were seen less than ten times are refused, each by name."""
    found = mistakes(tmp_path, rows(8))
    assert found == [("EVENT-FEW", 0, "amount"), ("EVENT-FEW", 0, "stage"), ("EVENT-FEW", 0, "stage")]


def test_stages_that_are_asked_for(tmp_path: Path) -> None:
    """A stage that is not listed, a listed one that nobody entered, and advancing from the last one are errors."""
    assert mistakes(tmp_path, rows(), Window(stages=("qualify",))) == [("EVENT-STAGE", 3, "stage")]
    asked = Window(stages=("qualify", "close", "sign"))
    assert mistakes(tmp_path, rows(), asked) == [("EVENT-STAGE", 0, "stage")]
    assert ("EVENT-LAST", 2, "outcome") in mistakes(tmp_path, rows(22), Window(stages=("close", "qualify")))


def test_warnings(tmp_path: Path) -> None:
    """Undated visits, returns to a stage, wins that skip stages and repeated rows are told and counted."""
    lines = rows(22)
    extra = [
        "U1,qualify,,2025-02-01,lost,,,",
        "O00,close,2025-02-02,2025-02-03,lost,,ann,N",
        "S1,qualify,2025-01-08,2025-01-20,won,50,bea,S",
        lines[0],
    ]
    history, findings = read(tmp_path, [*lines, *extra])
    told = {one.code: (one.severity, one.line) for one in findings}
    assert told == {
        "EVENT-UNDATED": (Severity.WARNING, 46),
        "EVENT-AGAIN": (Severity.WARNING, 47),
        "EVENT-SKIP": (Severity.WARNING, 48),
        "EVENT-REPEATED": (Severity.REPAIR, 49),
        "EVENT-ORDER": (Severity.NOTE, 0),
    }
    assert len(history.stage) == 46
