"""Many years: workers, chunks and order change nothing; a worker that dies is replaced once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.errors import StorageError
from engine.scenario.schema import Attrition, Macro
from simulation import replicate as module
from simulation.model import compile_case
from simulation.replicate import by_processes, by_threads, in_order, replicate, simulate_chunk
from simulation.stress import base_case
from simulation.year import Results
from tests.simulation.fields import make_field, make_process
from tests.simulation.tasks import die, interrupt, square

CASE = base_case(
    make_field(
        demand=np.full(3, 8.0),
        process=make_process(macro=Macro(), skill_cv=0.2, attrition=Attrition(annual_rate=0.3)),
    )
)


def silent(_: float) -> None:
    """No progress is shown."""


def same(one: Results, two: Results) -> bool:
    return all(a.tobytes() == b.tobytes() and a.shape == b.shape for a, b in zip(one, two, strict=True))


def test_workers_change_nothing() -> None:
    """One and two threads of the kernel and two processes of SimPy give the same bytes."""
    alone = replicate(CASE, 7, 25, 1, silent)
    assert same(alone, replicate(CASE, 7, 25, 2, silent))
    assert same(alone, replicate(CASE, 7, 25, 2, silent, engine="simpy"))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three or of ten years give the same bytes."""
    whole = replicate(CASE, 7, 13, 1, silent)
    monkeypatch.setattr(module, "CHUNK", 3)
    assert same(whole, replicate(CASE, 7, 13, 1, silent))


def test_order_changes_nothing() -> None:
    """A year is the same whichever years are simulated before it."""
    forward, backward = (
        simulate_chunk(compile_case(CASE), 7, years, "kernel") for years in (range(6), range(5, -1, -1))
    )
    assert same(forward, Results(*(column[::-1] for column in backward)))


def test_years_differ_from_each_other_and_between_seeds() -> None:
    """No two years of a seed are alike, and another seed gives other years."""
    years = np.concatenate([replicate(CASE, seed, 5, 1, silent).bookings_cents for seed in (7, 8)])
    assert len({year.tobytes() for year in years}) == 10


def test_progress_ends_at_one() -> None:
    """Progress is told after each chunk and ends at exactly 1."""
    told: list[float] = []
    replicate(CASE, 7, 25, 1, told.append)
    assert told == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0]


@pytest.mark.parametrize("answers", [by_threads, by_processes])
def test_answers_come_in_the_order_of_the_tasks(answers: Callable[..., Iterator[int]]) -> None:
    """However the workers share the tasks, answers are in their order."""
    assert in_order(square, [(n,) for n in range(20)], 2, silent, answers) == [n * n for n in range(20)]


def test_a_worker_that_dies_once_is_replaced(tmp_path: Path) -> None:
    """After one death the tasks not yet answered are given out again, each answer once."""
    tasks = [(str(tmp_path), number, 1) for number in range(6)]
    assert in_order(die, tasks, 2, silent, by_processes) == [0, 1, 2, 3, 4, 5]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_worker_that_dies_twice_is_named(tmp_path: Path) -> None:
    """After the second death the run ends with a sentence that says what to try."""
    with pytest.raises(StorageError, match=r"died twice .* of 6 parts .*SIGKILL.* --workers 1"):
        in_order(die, [(str(tmp_path), number, 9) for number in range(6)], 2, silent, by_processes)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("answers", [by_threads, by_processes])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_passes(workers: int, answers: Callable[..., Iterator[int]]) -> None:
    """Ctrl-C inside the simulation reaches the caller."""
    with pytest.raises(KeyboardInterrupt):
        in_order(interrupt, [(0,)], workers, silent, answers)


def test_an_interrupt_ends_the_threads_soon() -> None:
    """After Ctrl-C in the caller's thread no task is begun any more."""
    begun: list[int] = []

    def begin(number: int) -> None:
        begun.append(number)
        time.sleep(0.02)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_order(begin, [(n,) for n in range(100)], 2, stop, by_threads)
    assert len(begun) < 10
