"""Kills and full disks: afterwards there is the old run or the new one, whole; others are untouched."""

from __future__ import annotations

import errno
import multiprocessing
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from engine.errors import StorageError
from engine.runs import list_runs, load_run, publish, writer
from tests.engine.runs.store_worker import RUN, write_and_die, write_small, write_without_space

OTHER = "other-ba9876543210"


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that start quickly because what they need is loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.engine.runs.store_worker"])
    return context


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs with an old run and another one, which must stay as it is."""
    folder = tmp_path / "runs"
    write_small(folder, "old")
    other = write_small(folder, "other", OTHER)
    before = {path: path.read_bytes() for path in other.rglob("*") if path.is_file()}
    yield folder
    assert {path: path.read_bytes() for path in other.rglob("*") if path.is_file()} == before


def steps() -> list[str]:
    """Every place where the writer can be killed, found by replacing a run once."""
    names: list[str] = []
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        write_small(Path(folder), "old")
        patch.setattr(writer, "failpoint", names.append)
        patch.setattr(publish, "failpoint", names.append)
        write_small(Path(folder), "new")
    return list(dict.fromkeys(names))


def content(folder: Path) -> str:
    """What the small run says, after every file was checked."""
    run = load_run(folder / RUN)
    said = run.table("kpis")["meaning"][0]
    assert run.text("scenario.resolved.yaml") == f"title: {said}\n"
    assert list(run.parquet("simulated_year")["stage"]) == ["a", "b"]
    return str(said)


def check_after_kill(folder: Path) -> str:
    """Hold the store to its promise after a kill, then finish the run that was interrupted."""
    assert [(run.path.name, run.problem) for run in list_runs(folder)] == [(OTHER, ""), (RUN, "")]
    found = content(folder)
    assert found in ("old", "new")
    write_small(folder, "new")
    assert content(folder) == "new"
    assert sorted(path.name for path in folder.iterdir()) == [".lock", OTHER, RUN]
    return found


@pytest.mark.parametrize("step", steps())
def test_killed_at_every_step(step: str, store: Path, processes: ForkServerContext) -> None:
    """A kill at any step of replacing a run leaves the old one before the switch and the new one after it."""
    process = processes.Process(target=write_and_die, args=(str(store), "new", step))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    switched = step in ("run in place", "names on disk", "old run deleted")
    assert check_after_kill(store) == ("new" if switched else "old")


def test_killed_at_every_step_of_a_first_run(tmp_path: Path, processes: ForkServerContext) -> None:
    """A run that is killed before its folder is in place does not exist; nothing of it is listed."""
    for i, step in enumerate(("partial made", "written kpis.csv", "ready to publish")):
        folder = tmp_path / str(i)
        process = processes.Process(target=write_and_die, args=(str(folder), "new", step))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert list_runs(folder) == ()
        assert any(path.name.endswith(".partial") for path in folder.iterdir())
        write_small(folder, "new", OTHER)
        assert sorted(path.name for path in folder.iterdir()) == [".lock", OTHER]


def test_killed_at_random_times(store: Path, processes: ForkServerContext) -> None:
    """Twenty kills at random times leave a whole run each time."""
    dice = random.Random(20)
    started = time.perf_counter()
    process = processes.Process(target=write_and_die, args=(str(store), "old", ""))
    process.start()
    process.join(60)
    longest = time.perf_counter() - started
    killed = 0
    for _ in range(20):
        write_small(store, "old")
        process = processes.Process(target=write_and_die, args=(str(store), "new", ""))
        process.start()
        time.sleep(dice.uniform(0, longest))
        process.kill()
        process.join(60)
        killed += process.exitcode == -signal.SIGKILL
        check_after_kill(store)
    assert killed > 0


def test_disk_full_at_every_sync(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full at the n-th wait for the disk is told with a remedy; the store stays whole."""
    calls = 0

    def fails_at(n: int) -> None:
        def sync(path: Path) -> None:
            nonlocal calls
            calls += 1
            if calls == n:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))

        monkeypatch.setattr(writer, "sync", sync)
        monkeypatch.setattr(publish, "sync", sync)

    fails_at(0)
    write_small(store, "old")
    total = calls
    assert total >= 9  # five files, the manifest, the folder of maps, the run, the store
    for n in range(1, total + 1):
        calls = 0
        fails_at(n)
        with pytest.raises(StorageError, match=r"No space left on device\n  fix: free some space"):
            write_small(store, "new")
        assert not list(store.glob(".*.partial"))
        fails_at(0)
        check_after_kill(store)
        write_small(store, "old")


@pytest.mark.parametrize("parquet", [False, True])
def test_file_too_large(parquet: bool, store: Path, processes: ForkServerContext) -> None:
    """A file that the system refuses to let grow is named with a remedy, and nothing of the run stays."""
    process = processes.Process(target=write_without_space, args=(str(store), 4_000, parquet))
    process.start()
    process.join(60)
    assert process.exitcode == 5
    assert content(store) == "old"
    assert not list(store.glob(".*.partial"))


def test_old_run_returns_when_the_switch_fails(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the new folder cannot be renamed, the old run is back at once."""
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise OSError(errno.EIO, "Input/output error", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StorageError, match="Input/output error"):
        write_small(store, "new")
    assert sorted(path.name for path in store.iterdir()) == [".lock", OTHER, RUN]
    assert content(store) == "old"


def test_reader_puts_the_old_run_back(store: Path) -> None:
    """Opening a run that a killed process had moved away finds it."""
    (store / RUN).rename(store / f".{RUN}.old")
    assert content(store) == "old"
