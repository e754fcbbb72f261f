"""Many simulated years, in parallel; the number of workers and the chunks change nothing but the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import joblib
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError

from engine.errors import StorageError
from simulation.model import Case, compile_case
from simulation.streams import Stream
from simulation.year import Results, simulate_year, tally

CHUNK = 10  # replications a task; about half a second for 20 territories
ATTEMPTS = 2

Part = TypeVar("Part")


def replicate(
    case: Case, seed: int, replications: int, workers: int, progress: Callable[[float], None]
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
        Processes; 1 stays in this one.
    progress
        Told the part done.

    Returns
    -------
    Results of all years, replication by replication.

    Raises
    ------
    StorageError
        If worker processes died twice.
    """
    chunks = [range(first, min(first + CHUNK, replications)) for first in range(0, replications, CHUNK)]
    tasks = [(case, seed, chunk) for chunk in chunks]
    parts = in_order(simulate_chunk, tasks, workers, progress)
    return Results(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def simulate_chunk(case: Case, seed: int, replications: Sequence[int]) -> Results:
    """Simulate some years of a case, one after the other."""
    model = compile_case(case)
    years = [tally(model, *simulate_year(model, Stream(seed, r))) for r in replications]
    return Results(*(np.stack(columns) for columns in zip(*years, strict=True)))


def in_order(
    function: Callable[..., Part],
    tasks: Sequence[tuple[object, ...]],
    workers: int,
    progress: Callable[[float], None],
) -> list[Part]:
    """Call a function for every task and give the answers in the order of the tasks.

    Parameters
    ----------
    function
        Called in another process when there are several workers.
    tasks
        Arguments of each call.
    workers
        Processes; 1 stays in this one.
    progress
        Told the part done after each answer.

    Raises
    ------
    StorageError
        If worker processes died twice; the tasks not yet answered were given out once more.
    """
    done: list[Part] = []
    for _ in range(ATTEMPTS):
        try:
            for part in _answers(function, tasks[len(done) :], workers):
                done.append(part)
                progress(len(done) / len(tasks))
            return done
        except TerminatedWorkerError:
            continue
    raise StorageError(
        f"Worker processes died twice while simulating ({len(done)} of {len(tasks)} parts were done). "
        "Most often the machine ran out of memory: try again with --workers 1."
    )


def _answers(
    function: Callable[..., Part], tasks: Sequence[tuple[object, ...]], workers: int
) -> Iterator[Part]:
    if workers == 1:
        return (function(*task) for task in tasks)
    # one thread each: the years are simulated by Python, and idle threads of numeric libraries cost time
    with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        answers: Iterator[Part] = joblib.Parallel(return_as="generator")(
            joblib.delayed(function)(*task) for task in tasks
        )
    return answers
