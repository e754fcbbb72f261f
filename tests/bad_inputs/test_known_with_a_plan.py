"""Mistakes that show only once there is a plan are told like any other: file, line, exit code, no folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import run_scenario
from engine.cli import main
from engine.runs import list_runs, load_run
from tests.small_company import FILES, write_company

EXAMPLE = str(FILES["scenario.yaml"])


def spoilt(folder: Path, old: str, new: str) -> Path:
    assert EXAMPLE.count(old) == 1
    return write_company(folder, {"scenario.yaml": EXAMPLE.replace(old, new)})


def run(path: Path, *words: str) -> int:
    return main(run_scenario, [str(path), "--out", str(path.parent / "runs"), "--workers", "1", *words])


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "code"),
    [
        ("2_000_000", "500, rounding: 2000", 15, "quotas.rounding", "QUO-ROUNDING"),
        ("2_000_000", "500", 15, "quotas.rounding", "QUO-ROUNDING"),  # not written: the block it belongs to
        ("year: 40", "year: 300_000", 17, "process.opportunities_per_year", "SIM-DEALS"),
        ("mean: 150_000", "mean: 1e12", 21, "process.deal_size.mean", "SIM-MONEY"),
    ],
)
def test_the_place_of_the_key_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: int, key: str, code: str
) -> None:
    """What quotas or the simulation cannot use is told with the file and line of its key."""
    path = spoilt(tmp_path, old, new)
    assert run(path) == 2
    told = capsys.readouterr().err
    assert re.search(
        rf"^{re.escape(str(path))}:{line}:\d+: {re.escape(key)}: .*\[{code}\]$", told, re.MULTILINE
    )
    assert "1 error" in told
    assert "Traceback" not in told
    assert [place.name for place in tmp_path.iterdir() if place.is_dir()] == []


def test_the_place_is_in_the_file_that_writes_the_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key of an extended scenario is told with that file; one of the command line with --set."""
    spoilt(tmp_path, "2_000_000", "500")
    above = tmp_path / "above.yaml"
    above.write_text("extends: scenario.yaml\nname: above\n", encoding="utf-8")
    assert run(above) == 2
    assert f"{tmp_path / 'scenario.yaml'}:15:" in capsys.readouterr().err
    assert run(above, "--set", "quotas.rounding=2000") == 2
    assert re.search(r"^--set: quotas.rounding: ", capsys.readouterr().err, re.MULTILINE)


def test_oversize_units_are_noted_at_their_tolerance(tmp_path: Path) -> None:
    """A unit larger than a territory is noted in problems.json with the line of the measure it is about."""
    units = str(FILES["units.csv"]).replace(",900,", ",20000,")
    scenario = EXAMPLE.replace("tolerance: 0.20", "tolerance: 1")
    path = write_company(tmp_path, {"units.csv": units, "scenario.yaml": scenario})
    assert run(path, "--set", "simulation.replications=10") == 0
    (found,) = list_runs(tmp_path / "runs")
    (note,) = [one for one in load_run(found.path).json("problems") if one["code"] == "SCN-OVERSIZE"]
    place = (note["file"], note["line"], note["key"], note["value"])
    assert place == ("scenario.yaml", 12, "territories.balance.0.tolerance", "01001")
