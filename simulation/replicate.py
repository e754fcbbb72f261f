"""Many simulated years, in parallel; the number of workers and the chunks change nothing but the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import joblib
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError

from engine.errors import StorageError
from simulation.cluster import by_cluster
from simulation.interpreters import Engine
from simulation.model import Case, Model, compile_case
from simulation.room import Room
from simulation.streams import Stream
from simulation.year import Results, simulate_year, tally

CHUNK = 10  # replications a task; for 20 territories 50 ms in the kernel, a second in SimPy
ATTEMPTS = 2
FEWEST = 10  # years that are worth keeping after Ctrl-C; as few as a scenario may ask for

Part = TypeVar("Part")


class Stopped(KeyboardInterrupt):
    """Ctrl-C, with the answers there were by then, from the first task on without a gap."""

    def __init__(self, answers: Sequence[Any]) -> None:
        super().__init__()
        self.answers = answers


def replicate(
    case: Case,
    seed: int,
    replications: int,
    workers: int | str,
    progress: Callable[[float], None],
    engine: Engine = "kernel",
    *,
    keep: bool = False,
) -> Results:
    """Simulate a case many times.

    Parameters
    ----------
    case
        What is simulated.
    seed
        Seed of the scenario.
    replications
        Number of years; year r is the same however many there are.
    workers
        Threads for the kernel, processes for SimPy, or the address of a Dask scheduler; they change no result.
    progress
        Told the part done.
    engine
        The interpreter; it changes no result.
    keep
        Give the years that are finished, if Ctrl-C comes when there are 10 at least.

    Returns
    -------
    Results of all years, replication by replication; of fewer, from the first one on, where Ctrl-C ended them.

    Raises
    ------
    StorageError
        If worker processes died twice.
    Stopped
        After Ctrl-C, where nothing is kept.
    """
    chunks = [range(first, min(first + CHUNK, replications)) for first in range(0, replications, CHUNK)]
    model = compile_case(case)
    tasks = [(model, seed, chunk, engine) for chunk in chunks]
    answers = by_threads if engine == "kernel" else by_processes
    try:
        parts = in_order(simulate_chunk, tasks, workers, progress, answers)
    except Stopped as stopped:
        parts = list(stopped.answers)
        if not keep or sum(len(part.won) for part in parts) < FEWEST:
            raise
    return Results(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def simulate_chunk(model: Model, seed: int, replications: Sequence[int], engine: Engine) -> Results:
    """Simulate some years of a case, one after the other."""
    room = Room()
    years = [tally(model, *simulate_year(model, Stream(seed, r), engine, room)) for r in replications]
    return Results(*(np.stack(columns) for columns in zip(*years, strict=True)))


def in_order(
    function: Callable[..., Part],
    tasks: Sequence[tuple[object, ...]],
    workers: int | str,
    progress: Callable[[float], None],
    answers: Callable[[Callable[..., Part], Sequence[tuple[object, ...]], int], Iterator[Part]],
) -> list[Part]:
    """Call a function for every task and give the answers in the order of the tasks.

    Parameters
    ----------
    function
        Called for every task.
    tasks
        Arguments of each call.
    workers
        How many work side by side, 1 stays in this thread; or the address of a Dask scheduler.
    progress
        Told the part done after each answer.
    answers
        `by_threads` or `by_processes`, called when there are several workers.

    Raises
    ------
    StorageError
        If worker processes died twice; the tasks not yet answered were given out once more.
    Stopped
        After Ctrl-C.
    """
    done: list[Part] = []
    died = ""
    for _ in range(ATTEMPTS):
        left = tasks[len(done) :]
        try:
            for part in _parts(function, left, workers, answers):
                done.append(part)
                progress(len(done) / len(tasks))
            return done
        except TerminatedWorkerError as error:
            died = _who_died(error)
        except KeyboardInterrupt:
            raise Stopped(done) from None
    raise StorageError(
        f"Worker processes died twice while simulating ({len(done)} of {len(tasks)} parts were done; the last: {died}). "
        "Most often the machine ran out of memory: try again with --workers 1."
    )


def _who_died(error: TerminatedWorkerError) -> str:
    """Name the worker, or how worker processes of this machine ended."""
    lines = [line for line in str(error).splitlines() if line]
    return next((line for line in lines if "exit codes" in line), lines[0])


def _parts(
    function: Callable[..., Part],
    tasks: Sequence[tuple[object, ...]],
    workers: int | str,
    answers: Callable[[Callable[..., Part], Sequence[tuple[object, ...]], int], Iterator[Part]],
) -> Iterator[Part]:
    if isinstance(workers, str):
        return by_cluster(function, tasks, workers)
    return (function(*task) for task in tasks) if workers == 1 else answers(function, tasks, workers)


def by_threads(
    function: Callable[..., Part], tasks: Sequence[tuple[object, ...]], workers: int
) -> Iterator[Part]:
    """Call a function in threads: for compiled code, which runs beside other threads."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(lambda task: function(*task), tasks)
    finally:  # after Ctrl-C only the calls under way are waited for
        pool.shutdown(cancel_futures=True)


def by_processes(
    function: Callable[..., Part], tasks: Sequence[tuple[object, ...]], workers: int
) -> Iterator[Part]:
    """Call a function in processes: for Python code, of which only one thread runs at a time."""
    # one thread each: idle threads of numeric libraries cost time
    with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        answers: Iterator[Part] = joblib.Parallel(return_as="generator")(
            joblib.delayed(function)(*task) for task in tasks
        )
    return answers
