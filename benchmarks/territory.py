"""Measure the exact search on published instances: ``python -m benchmarks.territory --set NAME --data FOLDER``.

Seconds are those of the processor, of one core: what a quiet machine would show on the clock. The time limit is on the clock.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.instances import SETS, recomputed, recomputed_cut_edges
from engine.plan import Status
from engine.problem import TerritoryProblem
from solvers.exact.cut_edges import solve_cut_edges
from solvers.hess.problem import CentreProblem
from solvers.hess.solve import solve_centres

COLUMNS = (
    "set",
    "instance",
    "objective",
    "best_known",
    "gap_to_best",
    "bound",
    "proved",
    "seconds",
    "seed",
)


def solved(
    problem: CentreProblem | TerritoryProblem, seed: int, time_limit: float
) -> tuple[float, float, bool]:
    """Solve a problem; give the objective recomputed from the plan alone (NaN = no plan), the bound, and whether it is proved."""
    if isinstance(problem, TerritoryProblem):
        edges = solve_cut_edges(problem, seed=seed, time_limit=time_limit)
        objective = recomputed_cut_edges(problem, edges.assignment) if edges.found else np.nan
        return objective, edges.bound, edges.status is Status.OPTIMAL
    plan = solve_centres(problem, seed=seed, time_limit=time_limit)
    objective = recomputed(problem, plan.assignment) if np.isfinite(plan.objective) else np.nan
    return objective, plan.bound, plan.status is Status.OPTIMAL


def main(arguments: Sequence[str] | None = None) -> int:
    """Solve instances and print a CSV, one row each as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.territory", description=__doc__)
    parser.add_argument("--set", choices=SETS, required=True, dest="name")
    parser.add_argument("--instances", default="", help="parts of names, with a comma; all when left out")
    parser.add_argument("--time-limit", type=float, default=600.0, help="seconds an instance")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the sets")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    wanted = [part for part in asked.instances.split(",") if part]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for instance in SETS[asked.name](asked.data / asked.name):
        if wanted and not any(part in instance.name for part in wanted):
            continue
        problem = instance.read()
        begin = time.process_time()
        objective, bound, proved = solved(problem, asked.seed, asked.time_limit)
        seconds = time.process_time() - begin
        writer.writerow(
            [
                asked.name,
                instance.name,
                f"{objective:.2f}",
                f"{instance.best_known:.2f}",
                f"{objective / instance.best_known - 1:.5f}",
                f"{bound:.2f}",
                "yes" if proved else "no",
                f"{seconds:.1f}",
                asked.seed,
            ]
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
