"""Writing runs."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import StorageError
from engine.runs import RunWriter, load_run
from engine.verify import verify_run
from tests.engine.run_factory import make_run
from tests.engine.runs.store_worker import RUN, facts, write_small


def test_a_whole_run_is_accepted_by_the_checker(tmp_path: Path) -> None:
    """The independent checker finds every file and hash, and nothing else, in a complete run."""
    report = verify_run(make_run(tmp_path))
    assert [check.rule for check in report.checks if not check.passed] == []


def test_the_manifest_names_every_file(tmp_path: Path) -> None:
    """Each file is in the manifest with size and hash, except the manifest and the record of the machine."""
    path = write_small(tmp_path, "new")
    listed = json.loads((path / "manifest.json").read_text(encoding="utf-8"))["files"]
    present = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
    assert [file["name"] for file in listed] == sorted(set(present) - {"manifest.json", "environment.json"})
    for file in listed:
        data = (path / file["name"]).read_bytes()
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))


def test_same_run_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Another process with another hash seed, time zone and locale writes the same bytes."""
    here = make_run(tmp_path / "here", units=20, territories=3)
    code = (
        "import sys; from pathlib import Path; from tests.engine.run_factory import make_run;"
        "make_run(Path(sys.argv[1]), units=20, territories=3)"
    )
    changed = {"PYTHONHASHSEED": "5", "TZ": "Asia/Kolkata", "LC_ALL": "tr_TR.UTF-8"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "there")], check=True, env={**os.environ, **changed}
    )
    there = tmp_path / "there" / here.name
    names = sorted(p.relative_to(here) for p in here.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(there) for p in there.rglob("*") if p.is_file())
    assert [name for name in names if (here / name).read_bytes() != (there / name).read_bytes()] == []


def test_leaving_without_finish_leaves_nothing(tmp_path: Path) -> None:
    """A run that is interrupted, or never finished, leaves no trace and an older run as it was."""
    write_small(tmp_path, "old")
    with RunWriter(tmp_path, RUN) as run:
        run.write_text("a.txt", "a")

    def interrupted() -> None:
        with RunWriter(tmp_path, RUN) as run:
            run.write_text("a.txt", "a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", RUN]
    assert load_run(tmp_path / RUN).facts.title == "A small run"


def test_two_writers_of_one_run(tmp_path: Path) -> None:
    """Two writers of the same run do not disturb each other; the last one to finish stays."""
    with RunWriter(tmp_path, RUN) as first, RunWriter(tmp_path, RUN) as second:
        assert first.folder != second.folder
        first.write_text("who.txt", "first")
        second.write_text("who.txt", "second")
        second.finish(facts())
        assert load_run(tmp_path / RUN).text("who.txt") == "second"
        first.finish(facts())
    assert load_run(tmp_path / RUN).text("who.txt") == "first"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", RUN]


def test_starting_from_a_stored_run(tmp_path: Path) -> None:
    """A report can be made again: the other files are kept, results keep their hash."""
    before = load_run(make_run(tmp_path))
    with RunWriter(tmp_path, before.run_id, start_from=before) as run:
        run.write_text("report.html", "<p>new</p>")
        path = run.finish(before.facts)
    after = load_run(path)
    assert after.manifest.result_hash == before.manifest.result_hash
    names = {file.name for file in after.manifest.files} - {file.name for file in before.manifest.files}
    assert names == {"report.html"}
    assert after.has("environment.json")
    assert verify_run(path).verdict


def test_reading_what_was_written_so_far(tmp_path: Path) -> None:
    """A report can be made from a run that is not finished, by the name it will have."""
    with RunWriter(tmp_path, RUN) as run:
        run.write_csv("kpis.csv", pd.DataFrame({"kpi": ["x"], "value": [1.0], "unit": [""], "meaning": [""]}))
        stored = run.so_far(facts())
        assert stored.run_id == RUN
        assert list(stored.table("kpis")["value"]) == [1.0]


def test_nothing_after_the_end(tmp_path: Path) -> None:
    """A finished run is closed: no file can be added, and a later writer's folder is left alone."""
    with RunWriter(tmp_path, RUN) as first:
        first.finish(facts())
        with RunWriter(tmp_path, RUN) as second:
            first.__exit__(None, None, None)
            assert second.folder.is_dir()
        with pytest.raises(ValueError, match="not open"):
            first.write_text("late.txt", "late")


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "maps/../../x", "manifest.json", ".lock"])
def test_names_that_lead_elsewhere(name: str, tmp_path: Path) -> None:
    """A file can only be written inside the run, and not over what the writer keeps for itself."""
    with RunWriter(tmp_path, RUN) as run, pytest.raises(ValueError, match="cannot be the name of a file"):
        run.write_text(name, "x")


def test_not_open() -> None:
    """A writer outside its with block says so."""
    with pytest.raises(ValueError, match="with block"):
        RunWriter(Path("runs"), RUN).write_text("a", "a")


def test_json_has_no_nan(tmp_path: Path) -> None:
    """A NaN never reaches a JSON file."""
    with RunWriter(tmp_path, RUN) as run, pytest.raises(ValueError, match="JSON compliant"):
        run.write_json("a.json", {"x": float("nan")})


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    """A file in the way is named with a remedy."""
    (tmp_path / "runs").write_text("not a folder", encoding="utf-8")
    with (
        pytest.raises(StorageError, match=r"runs.*\n  fix: .*--out DIR"),
        RunWriter(tmp_path / "runs" / "deep", RUN),
    ):
        pass


def test_read_only_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that may not be written is told with the place and a remedy."""

    def refuse(path: str, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with (
        pytest.raises(
            StorageError, match=r"runs: Read-only file system\n  fix: choose a folder you may write"
        ),
        RunWriter(tmp_path / "runs", RUN),
    ):
        pass
