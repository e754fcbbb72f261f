"""Writes small runs, here or in a process that is killed on purpose."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pandas as pd

from engine.errors import StorageError
from engine.runs import RunFacts, RunWriter
from engine.runs.failpoint import VARIABLE

RUN = "small-0123456789ab"


def facts(**changes: object) -> RunFacts:
    """What the manifest of a small run says."""
    usual = {
        "scenario": "small",
        "title": "A small run",
        "synthetic": "all of it",
        "currency": "USD",
        "seed": 7,
        "version": "0.1.0",
        "status": "feasible",
        "objective": 110.0,
        "bound": 100.0,
        "gap": 1 / 11,
        "reproducible": True,
        "inputs": (),
    }
    return RunFacts(**{**usual, **changes})


def write_small(folder: Path, content: str, run_id: str = RUN) -> Path:
    """Write a run of five files."""
    with RunWriter(folder, run_id) as run:
        run.write_text("scenario.resolved.yaml", f"title: {content}\n")
        run.write_csv(
            "kpis.csv", pd.DataFrame({"kpi": ["content"], "value": [1.5], "unit": [""], "meaning": [content]})
        )
        run.write_parquet(
            "simulated_year.parquet", pd.DataFrame({"stage": ["a", "b"], "amount_cents": [1, 2]})
        )
        run.write_json("environment.json", {"host": content})
        run.write_bytes("maps/current.png", content.encode())
        return run.finish(facts())


def write_and_die(folder: str, content: str, step: str) -> None:
    """Write a run in a process that dies at a step."""
    os.environ[VARIABLE] = step
    write_small(Path(folder), content)


def write_without_space(folder: str, largest: int, parquet: bool) -> None:
    """Write a run where no file may grow beyond some bytes; exits with 5 when that is told properly."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    frame = pd.DataFrame({"bookings_cents": range(20_000)})
    try:
        with RunWriter(Path(folder), RUN) as run:
            (run.write_parquet if parquet else run.write_csv)("large", frame.sample(frac=1, random_state=1))
            run.finish(facts())
    except StorageError as error:
        told = "large" in str(error) and "fix: free some space" in str(error)
        os._exit(5 if told else 1)
