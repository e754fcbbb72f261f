"""Other tools beside ours on the same instances: ``python -m benchmarks.peers --territories 20,50,100``.

The counties of the United States (no county counts for more than a territory), wages and workload both within 10 %, contiguous. The
tools are installed by this command, into an environment of their own, and get the same seconds on one core. Every plan is judged by the same
code: travel to the best unit of each territory, largest deviation of a territory from its target in either measure, and pieces.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.maps import counties_at_most_one
from benchmarks.peer_methods import METHODS
from engine.geography.adjacency import components
from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from engine.scenario.schema import Solve
from solvers.solve import solve

PACKAGES = ("gerrychain==1.0.0", "k-means-constrained==0.9.1", "spopt==0.7.0", "pyomo>=6.10", "highspy>=1.15")
COLUMNS = ("territories", "tool", "cost", "worst_deviation", "pieces", "within_limits", "seconds", "note")
TOLERANCE, GRACE = 0.10, 30.0  # seconds that a tool may take beyond its limit


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one row for every tool and number of territories, ours first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--territories", default="20,50,100", help="numbers, with a comma")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds a tool")
    parser.add_argument("--tools", default=",".join(METHODS), help=f"of {', '.join(METHODS)}")
    parser.add_argument("--environment", type=Path, default=Path(tempfile.gettempdir()) / "allotment-peers")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    python = environment(asked.environment)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for count in (int(number) for number in asked.territories.split(",")):
        problem = counties_at_most_one(count, TOLERANCE)
        writer.writerow([count, *ours(problem, asked.time_limit, asked.seed)])
        for tool in asked.tools.split(","):
            sys.stdout.flush()
            writer.writerow([count, *peer(tool, problem, python, asked.time_limit, asked.seed)])
    return 0


def environment(folder: Path) -> Path:
    """Make the environment of the other tools, when it is not there yet; give its Python."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def ours(problem: TerritoryProblem, seconds: float, seed: int) -> list[str]:
    """Solve with this project's search and give its row."""
    begin = time.monotonic()
    plan = solve(problem, Solve(time_limit_s=seconds, gap=0.02), seed=seed, progress=lambda step, done: None)
    took = time.monotonic() - begin
    if not plan.found:
        return ["allotment", "", "", "", "no", f"{took:.1f}", plan.reason or plan.status.value]
    note = f"proved gap {1 - plan.bound / plan.objective:.1%}"
    return ["allotment", *judged(problem, plan.assignment), f"{took:.1f}", note]


def peer(tool: str, problem: TerritoryProblem, python: Path, seconds: float, seed: int) -> list[str]:
    """Run another tool and give its row."""
    with tempfile.TemporaryDirectory() as name:
        instance, answer = Path(name) / "instance.npz", Path(name) / "answer.npy"
        np.savez(instance, **arrays(problem))  # type: ignore[arg-type]
        script = Path(__file__).with_name("peer_methods.py")
        command = [str(part) for part in (python, script, tool, instance, answer, seconds, seed)]
        begin = time.monotonic()
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, timeout=seconds + GRACE, env={**os.environ, **single}
            )
        except subprocess.TimeoutExpired:
            return [tool, "", "", "", "no", f"{time.monotonic() - begin:.1f}", "no plan in time"]
        took = time.monotonic() - begin
        if not answer.exists():
            said = ended.stderr.strip().splitlines()
            return [tool, "", "", "", "no", f"{took:.1f}", said[-1] if said else f"exit {ended.returncode}"]
        return [tool, *judged(problem, np.load(answer)), f"{took:.1f}", ""]


def arrays(problem: TerritoryProblem) -> dict[str, NDArray[np.float64] | float]:
    """Write an instance: places in km on a plane, values in targets, cost per km, each edge once."""
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr))
    once = rows < problem.indices
    longitude, latitude = problem.unit_points.T
    return {
        "points": 111.2 * np.column_stack([longitude * np.cos(np.radians(latitude.mean())), latitude]),
        "values": problem.measures[:, problem.balanced] / problem.targets[0, problem.balanced],
        "cost": problem.travel_cost,
        "edges": np.column_stack([rows[once], problem.indices[once]]),
        "count": problem.territories,
        "tolerance": TOLERANCE,
    }


def judged(problem: TerritoryProblem, labels: NDArray[np.integer]) -> list[str]:
    """Judge a plan: cost from the best unit of each territory, largest deviation, pieces, and whether all limits are kept."""
    _, plan = np.unique(labels, return_inverse=True)
    cost, worst = 0.0, 0.0
    for territory in range(plan.max() + 1):
        members = np.flatnonzero(plan == territory)
        km = distance_km(problem.unit_points[members], problem.unit_points[members])
        cost += float((problem.travel_cost[members] @ km).min())
        sums = problem.measures[members].sum(axis=0) / problem.targets[0] - 1
        worst = max(worst, float(np.abs(sums[problem.balanced]).max()))
    pieces, _ = components(problem.indptr, problem.indices, plan.astype(np.int32))
    kept = plan.max() + 1 == pieces == problem.territories and worst <= TOLERANCE + 1e-9
    return [f"{cost:.0f}", f"{worst:.1%}", str(pieces), "yes" if kept else "no"]


if __name__ == "__main__":
    sys.exit(main())
