"""Simulated years on the machines of a Dask cluster: the same answers in the same order, from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from joblib.externals.loky.process_executor import TerminatedWorkerError

from engine.errors import StorageError

Part = TypeVar("Part")

WAIT_S = 10  # for the scheduler, and for its first worker


def by_cluster(
    function: Callable[..., Part], tasks: Sequence[tuple[object, ...]], address: str
) -> Iterator[Part]:
    """Call a function on the workers of a Dask cluster.

    Parameters
    ----------
    function
        Called for every task; workers import it from their own copy of the project.
    tasks
        Arguments of each call.
    address
        Of the scheduler, such as ``tcp://planning-server:8786``.

    Raises
    ------
    StorageError
        If there is no such scheduler, no worker, none any more, or a worker has another version of the project.
    TerminatedWorkerError
        If workers died; names the last one.
    """
    from distributed import KilledWorker

    client = _connected(address)
    futures = [client.submit(function, *task, pure=False) for task in tasks]
    try:
        for future in futures:
            while not _done(future):
                if not client.nthreads():
                    raise StorageError(f"no worker is left at {address}: start one, or leave out --scheduler")
            yield future.result()
    except KilledWorker as error:
        raise TerminatedWorkerError(f"worker {error.last_worker.address} died") from None
    finally:
        client.cancel(futures)


def _done(future: Any) -> bool:
    """Wait a while for an answer."""
    from distributed import wait

    try:
        wait(future, timeout=WAIT_S)
    except TimeoutError:
        return False
    return True


@cache
def _connected(address: str) -> Any:
    """Connect once, and see that every worker computes by the same code."""
    try:
        from distributed import Client
    except ImportError:
        message = 'a cluster needs one more package: pip install "distributed>=2026.8"'
        raise StorageError(message) from None
    try:
        client = Client(address, timeout=WAIT_S)
        client.wait_for_workers(1, timeout=WAIT_S)
    except (OSError, ValueError, TimeoutError) as error:
        message = f"no Dask scheduler with a worker answers at {address} within {WAIT_S} s ({error})"
        raise StorageError(f"{message}; check the address, or leave out --scheduler") from None
    ours = code_digest()
    for worker, theirs in client.run(code_digest, on_error="return").items():
        if theirs != ours:
            raise StorageError(
                f"worker {worker} has another version of this project, or none: start it in a copy of this folder, "
                "with the same packages (PYTHONPATH=. dask worker ADDRESS)"
            )
    return client


def code_digest() -> str:
    """Give the digest of the code that simulates: equal digests compute equal years."""
    digest, home = hashlib.sha256(), Path(__file__).parents[1]
    for path in sorted(file for part in ("engine", "simulation") for file in (home / part).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
