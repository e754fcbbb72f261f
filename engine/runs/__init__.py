"""The run folder: written whole or not at all, named by its content, read back with checks."""

from engine.runs.listing import RunSummary, list_runs
from engine.runs.manifest import Manifest, RunFacts, StoredFile, run_id
from engine.runs.stored import StoredRun, load_run
from engine.runs.writer import RunWriter

__all__ = [
    "Manifest",
    "RunFacts",
    "RunSummary",
    "RunWriter",
    "StoredFile",
    "StoredRun",
    "list_runs",
    "load_run",
    "run_id",
]
