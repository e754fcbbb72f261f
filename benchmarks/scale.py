"""Measure the search on whole countries: ``python -m benchmarks.scale --sets counties_20,counties_50 --seeds 0-9``.

The bundled counties and synthetic maps of up to 100,000 units, all of them with nothing but vacancies whose centres are free. Every row is
solved in a process of its own, whose largest memory is told, and its plan is judged anew from the arrays alone.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.maps import accounts, counties, counties_at_most_one, synthetic
from engine.geography.travel import distance_km
from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario.schema import Solve
from solvers.solve import solve

COLUMNS = (
    "set",
    "units",
    "k",
    "seed",
    "feasible",
    "objective",
    "bound",
    "gap",
    "seconds",
    "megabytes",
    "stage_seconds",
)
ROUNDING = 1e-9  # relative


@dataclass(frozen=True)
class Case:
    """A problem and what is asked of it.

    Parameters
    ----------
    read
        Gives the problem.
    seconds
        Time limit.
    gap
        Gap at which the search may stop.
    """

    read: Callable[[], TerritoryProblem]
    seconds: float
    gap: float


SETS = {
    "counties_20": Case(lambda: counties(20, 0.10), 60, 0.02),
    "counties_50": Case(lambda: counties(50, 0.10), 60, 0.04),
    "counties_100": Case(lambda: counties(100, 0.15), 120, 0.06),
    "counties_100_capped": Case(lambda: counties_at_most_one(100, 0.10), 120, 0.06),
    "grid_1000": Case(lambda: synthetic(1_000, 20, 0.10, contiguous=True), 60, 0.04),
    "grid_10000": Case(lambda: synthetic(10_000, 100, 0.10, contiguous=True), 120, 0.06),
    "grid_29000": Case(lambda: synthetic(29_000, 300, 0.05, contiguous=True), 180, 0.08),
    "grid_100000": Case(lambda: synthetic(100_000, 500, 0.10, contiguous=True), 300, 0.08),
    "points_1000": Case(lambda: synthetic(1_000, 20, 0.10, contiguous=False), 60, 0.04),
    "points_10000": Case(lambda: synthetic(10_000, 100, 0.10, contiguous=False), 120, 0.06),
    "points_29000": Case(lambda: synthetic(29_000, 300, 0.05, contiguous=False), 180, 0.08),
    "accounts_8000": Case(lambda: accounts(8_000, 48, 6, 0.05), 60, 0.01),
    "points_100000": Case(lambda: synthetic(100_000, 500, 0.10, contiguous=False), 300, 0.08),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Solve the problems and print a CSV, one row each as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS), help=f"with a comma, of {', '.join(SETS)}")
    parser.add_argument("--seeds", default="0", help="one, or first-last")
    parser.add_argument("--time-limit", type=float, help="seconds a problem; each set has its own")
    parser.add_argument("--gap", type=float, help="gap at which to stop; each set has its own")
    asked = parser.parse_args(arguments)
    names = asked.sets.split(",")
    if unknown := [name for name in names if name not in SETS]:
        parser.error(f"unknown sets: {', '.join(unknown)}; known: {', '.join(SETS)}")
    first, _, last = asked.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name in names:
        seconds, gap = asked.time_limit or SETS[name].seconds, asked.gap or SETS[name].gap
        for seed in seeds:
            writer.writerow(apart(name, seed, seconds, gap))
            sys.stdout.flush()
    return 0


def apart(name: str, seed: int, seconds: float, gap: float) -> list[str]:
    """Measure in a new process, so that its largest memory is that of one problem."""
    new = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=new) as process:
        return process.submit(measure, name, seed, seconds, gap).result()


def measure(name: str, seed: int, seconds: float, gap: float) -> list[str]:
    """Solve one problem and give its row; see `main`."""
    problem = SETS[name].read()
    settings = Solve(time_limit_s=seconds, gap=gap)
    begin = time.monotonic()
    plan = solve(problem, settings, seed=seed, progress=lambda stage, done: None)
    took = time.monotonic() - begin
    cost = recomputed(problem, plan)
    stages = " ".join(f"{stage}:{second:.1f}" for stage, second in plan.stages)
    return [
        name,
        str(problem.units),
        str(problem.territories),
        str(seed),
        "yes" if np.isfinite(cost) else f"no: {plan.reason or plan.status.value}",
        f"{cost:.2f}",
        f"{plan.bound:.2f}",
        f"{1 - plan.bound / cost:.4f}",
        f"{took:.1f}",
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}",
        stages,
    ]


def recomputed(problem: TerritoryProblem, plan: TerritoryPlan) -> float:
    """Cost of a plan from the arrays alone; NaN when it breaks a rule.

    The rules are: every unit once and where it may be, no territory empty, sums within the limits (which an oversize unit opens),
    and one piece each where that is asked for.
    """
    cost = 0.0
    if (plan.assignment < 0).any() or not problem.allowed[np.arange(problem.units), plan.assignment].all():
        return np.nan
    for territory, centre in enumerate(plan.centres.tolist()):
        units = np.flatnonzero(plan.assignment == territory)
        sums = problem.measures[units].sum(axis=0)
        target = problem.targets[territory]
        extra = (problem.oversize[units] * (problem.measures[units] - target)).sum(axis=0)
        low, high = problem.lower[territory], problem.upper[territory] + extra
        kept = (sums >= low * (1 - ROUNDING)) & (sums <= high * (1 + ROUNDING))
        if not len(units) or not kept[problem.balanced].all():
            return np.nan
        if problem.contiguous and not _in_one_piece(problem, units):
            return np.nan
        base = problem.unit_points[[centre]] if problem.free[territory] else problem.homes[[territory]]
        km = distance_km(problem.unit_points[units], base)[:, 0]
        cost += float(problem.travel_cost[units] @ km)
        cost += float(problem.imbalance_cost[problem.balanced] @ np.abs(sums / target - 1)[problem.balanced])
    return cost


def _in_one_piece(problem: TerritoryProblem, units: np.ndarray) -> bool:
    """Walk from the first unit over the edges to all others."""
    missing = set(units[1:].tolist())
    waiting = [int(units[0])]
    while waiting:
        unit = waiting.pop()
        around = problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]].tolist()
        near = missing.intersection(around)
        missing -= near
        waiting.extend(near)
    return not missing


if __name__ == "__main__":
    sys.exit(main())
