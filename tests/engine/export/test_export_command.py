"""The command `export`: files that are whole, repeatable, and never written over somebody's edits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import run_scenario
from engine.cli import main
from engine.export import TARGETS
from engine.export import folder as export_folder
from engine.export.plan import read_plan
from engine.runs import load_run, publish
from engine.runs.failpoint import VARIABLE
from tests.engine.export.crm import crm_of, read_rows, write_crm
from tests.engine.run_factory import SYNTHETIC, make_run

ROOT = Path(__file__).resolve().parents[3]


def command(*words: str) -> int:
    """Run the command line as a user would."""
    return main(run_scenario, words)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run with the tables of a CRM beside it."""
    path = make_run(tmp_path_factory.mktemp("runs"), units=36)
    (path.parent / "crm").mkdir()
    write_crm(path.parent / "crm", crm_of(read_plan(load_run(path)), Random(2)))
    return path


def words(run: Path, out: Path, target: str = "salesforce") -> tuple[str, ...]:
    """The command for a target."""
    crm = ("--tables", str(run.parent / "crm")) if target == "salesforce" else ()
    return ("export", str(run), "--crm", target, *crm, "--out", str(out))


def test_salesforce_files_are_written(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The path is printed, every step has its file and its rollback, and what is synthetic is said."""
    assert command(*words(run, tmp_path)) == 0
    told = capsys.readouterr()
    folder = tmp_path / f"{run.name}-salesforce"
    assert told.out == f"{folder}\n"
    files = contents(folder)
    steps = read_rows(files["steps.csv"])
    assert {step["file"] for step in steps} | {"steps.csv", "preflight.csv", "export.json"} == set(files)
    assert sum(step["way"] == "apply" for step in steps) * 2 == len(steps) > 8
    assert any(SYNTHETIC in row["message"] for row in read_rows(files["preflight.csv"]))
    assert json.loads(files["export.json"])["synthetic"] == SYNTHETIC
    assert "comes back: ObjectTerritory2Association A0" in told.err


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_run_gives_the_same_bytes(run: Path, tmp_path: Path, target: str) -> None:
    """Two exports are equal byte for byte, and one that nobody edited is replaced."""
    for name in ("one", "two", "two"):
        assert command(*words(run, tmp_path / name, target)) == 0
    one, two = (contents(tmp_path / name / f"{run.name}-{target}") for name in ("one", "two"))
    assert one == two
    assert len(one) > 2


def test_edited_exports_are_not_replaced(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that somebody edited or added, or a folder that is no export, stays as it is."""
    assert command(*words(run, tmp_path)) == 0
    folder = tmp_path / f"{run.name}-salesforce"
    for name in ("steps.csv", "notes.txt", "export.json"):
        before = contents(folder)
        (folder / name).write_text("mine\n", encoding="utf-8")
        assert command(*words(run, tmp_path)) == 5
        assert (folder / name).read_text(encoding="utf-8") == "mine\n"
        (folder / name).unlink()
        for old in before:
            (folder / old).write_bytes(before[old])
    assert "move it away" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".partial")] == []


@pytest.mark.parametrize("step", ["written steps.csv", "partial made", "ready to publish"])
def test_nothing_half_written(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Whatever goes wrong on the way, there is no export, and the next one is whole."""

    def full(name: str) -> None:
        if name == step:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(export_folder, "failpoint", full)
        patch.setattr(publish, "failpoint", full)
        assert command(*words(run, tmp_path)) == 5
    assert not (tmp_path / f"{run.name}-salesforce").exists()
    assert command(*words(run, tmp_path)) == 0
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == [f"{run.name}-salesforce"]


@pytest.mark.parametrize("step", ["written steps.csv", "ready to publish", "old run moved away"])
def test_a_kill_leaves_the_old_export_or_none(run: Path, tmp_path: Path, step: str) -> None:
    """After a kill anywhere the next export is whole, and the one of before was whole or is put back."""
    assert command(*words(run, tmp_path)) == 0
    before = contents(tmp_path / f"{run.name}-salesforce")
    line = [sys.executable, "run_scenario.py", *words(run, tmp_path)]
    killed = subprocess.run(line, cwd=ROOT, env={**os.environ, VARIABLE: step}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    if step != "old run moved away":
        assert contents(tmp_path / f"{run.name}-salesforce") == before
    assert command(*words(run, tmp_path)) == 0
    assert contents(tmp_path / f"{run.name}-salesforce") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", f"{run.name}-salesforce"]


def test_wrong_words_are_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown target, Salesforce without its tables, and a folder without them are bad input."""
    assert command("export", str(run), "--crm", "sales", "--out", str(tmp_path)) == 2
    assert command("export", str(run), "--crm", "salesforce", "--out", str(tmp_path)) == 2
    assert command(*words(run, tmp_path)[:4], "--tables", str(tmp_path / "no"), "--out", str(tmp_path)) == 2
    told = capsys.readouterr().err
    assert "choose salesforce" in told
    assert "--tables FOLDER" in told
    assert "Account.csv, a table of the CRM, is not there" in told
    assert list(tmp_path.iterdir()) == []
