"""Years simulated on a Dask cluster: the bytes of one thread, and one sentence where the cluster fails."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import StorageError
from simulation import cluster
from simulation.replicate import in_order, replicate
from simulation.stress import base_case
from tests.simulation.fields import make_field

pytest.importorskip("distributed", reason="no distributed, so no test on a cluster")
pytestmark = pytest.mark.extra
ROOT = Path(__file__).parents[2]


class Cluster:
    """A scheduler and its workers, each a process of its own, as a user starts them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, []
        self.contact = folder / "scheduler.json"
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        deadline = time.monotonic() + 30
        while not self.contact.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def start(self, what: str, *words: str, where: Path = ROOT) -> subprocess.Popen[bytes]:
        """Start a scheduler or a worker in a folder, whose modules it can import."""
        command = [sys.executable, "-m", "distributed.cli.dask_" + what, *words]
        process = subprocess.Popen(
            [*command, "--scheduler-file", str(self.contact)],
            cwd=where,
            env=os.environ | {"PYTHONPATH": str(where)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def worker(self, where: Path = ROOT) -> subprocess.Popen[bytes]:
        """Add a worker without a nanny, which would start it again when it dies."""
        return self.start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", where=where)

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return str(json.loads(self.contact.read_text(encoding="utf-8"))["address"])


@pytest.fixture
def dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster without workers; everything of it ends with the test."""
    monkeypatch.setattr(cluster, "WAIT_S", 30)
    found = Cluster(tmp_path)
    yield found
    from distributed import default_client

    with contextlib.suppress(ValueError):
        default_client().close()
    cluster._connected.cache_clear()
    for process in found.processes:
        process.kill()
        process.wait()


def whoever_gets_it_dies(folder: str, part: int) -> int:
    """Kill the first worker that is given part 1, and say so in a folder; then answer."""
    mark = Path(folder) / "died"
    if part == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return part


def always_dies(part: int) -> int:
    """Kill every worker that is given this."""
    os.kill(os.getpid(), signal.SIGKILL)
    return part


def test_two_workers_give_the_same_bytes(dask: Cluster) -> None:
    """25 years on two worker processes are those of this thread, in the same order."""
    dask.worker()
    dask.worker()
    case, told = base_case(make_field()), []
    here = replicate(case, 5, 25, 1, lambda _: None)
    there = replicate(case, 5, 25, dask.address, told.append)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(here, there, strict=True))
    assert told == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_worker_that_dies_is_made_up_for(dask: Cluster, tmp_path: Path) -> None:
    """Its part is done by another worker."""
    dask.worker()
    dask.worker()
    tasks = [(str(tmp_path), part) for part in range(4)]
    assert in_order(whoever_gets_it_dies, tasks, dask.address, lambda _: None, None) == [0, 1, 2, 3]
    assert (tmp_path / "died").exists()


def test_nobody_is_left(dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last worker has died, nobody waits for it."""
    dask.worker()
    cluster._connected(dask.address)
    monkeypatch.setattr(cluster, "WAIT_S", 1)
    with pytest.raises(StorageError, match="no worker is left at tcp://"):
        in_order(always_dies, [(1,)], dask.address, lambda _: None, None)


def test_workers_with_other_code_are_refused(dask: Cluster, tmp_path: Path) -> None:
    """A worker that cannot import the project is named before anything is simulated."""
    dask.worker(where=tmp_path)
    with pytest.raises(StorageError, match="another version of this project, or none"):
        replicate(base_case(make_field()), 5, 2, dask.address, lambda _: None)


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says that no scheduler answers."""
    monkeypatch.setattr(cluster, "WAIT_S", 1)
    with pytest.raises(StorageError, match="no Dask scheduler with a worker answers"):
        replicate(base_case(make_field()), 5, 2, "tcp://127.0.0.1:9", lambda _: None)
