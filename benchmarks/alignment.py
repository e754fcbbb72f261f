"""All best compromises between distance and disruption: ``python -m benchmarks.alignment --data FOLDER``.

The published alignment of a sales force (Koksalan and Batun 2009, INFORMS Transactions on Education 9(2),
DOI 10.1287/ited.1090.0020): 22 areas, four reps with offices, loads inside limits; and 100 areas with ten reps.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.exact.exact import solve_exact

Array = NDArray[np.float64]

LIMITS = ((0.8, 1.2), (0.85, 1.15), (0.9, 1.1))
COLUMNS = ("instance", "load_min", "load_max", "distance", "disruption", "best_known", "status", "seconds")
STEP = 5e-5  # loads have four decimals: the next compromise disrupts less than the last by more than this


@dataclass(frozen=True)
class Compromise:
    """A plan that no other beats in one goal without losing in the other."""

    distance: float
    disruption: float
    plan: TerritoryPlan


def alignment_problem(
    distance: Array, load: Array, today: NDArray[np.int32], low: float, high: float
) -> TerritoryProblem:
    """Write an alignment as a territory problem: distances given, no map, one measure.

    Parameters
    ----------
    distance
        Between areas and offices, shape (areas, reps).
    load
        Work of each area in full-time reps, shape (areas,).
    today
        Rep of each area.
    low, high
        Limits of a rep's load.
    """
    areas, reps = distance.shape
    return TerritoryProblem(
        unit_ids=tuple(f"{area:03d}" for area in range(areas)),
        territory_ids=tuple(f"R{rep:02d}" for rep in range(reps)),
        measure_names=("load",),
        unit_points=np.zeros((areas, 2)),
        measures=load[:, None],
        share=np.full((reps, 1), 1 / reps),
        tolerance=np.array([high - 1]),
        lower=np.full((reps, 1), low),
        upper=np.full((reps, 1), high),
        imbalance_cost=np.zeros(1),
        indptr=np.zeros(areas + 1, dtype=np.int32),
        indices=np.zeros(0, dtype=np.int32),
        homes=np.zeros((reps, 2)),
        travel_cost=np.ones(areas),
        previous=today,
        handoff_value=load,
        handoff_cost=np.zeros(areas),
        disruption_limit=np.inf,
        locked=np.full(areas, -1, dtype=np.int32),
        allowed=np.ones((areas, reps), dtype=bool),
        contiguous=False,
        oversize=np.zeros((areas, 1), dtype=bool),
        given_km=distance,
    )


def front(problem: TerritoryProblem, *, seed: int, time_limit: float) -> Iterator[Compromise]:
    """Give every best compromise, shortest distance first.

    Each step asks for the shortest distance with less disruption than before. A plan as short as its
    successor is passed over: the successor disrupts less.
    """
    last: Compromise | None = None
    limit = np.inf
    while True:
        bounded = replace(problem, disruption_limit=limit)
        plan = solve_exact(
            bounded, seed=seed, time_limit=time_limit, gap=0.0, progress=lambda step, done: None
        )
        if plan.status is Status.INFEASIBLE:
            break
        if plan.status is not Status.OPTIMAL:
            raise TimeoutError(
                f"a compromise below a disruption of {limit:g} was not proved in {time_limit:g} s"
            )
        moved = plan.assignment != problem.previous
        found = Compromise(plan.objective, float(problem.handoff_value[moved].sum()), plan)
        if last is not None and found.distance > last.distance + STEP:
            yield last
        last = found
        limit = found.disruption - STEP
        if limit < 0:
            break
    if last is not None:
        yield last


def read_small(folder: Path) -> tuple[Array, Array, NDArray[np.int32]]:
    """Read the 22 areas: distances to the four offices, loads and today's reps."""
    rows = _rows(folder / "bricks_22x4.csv")
    distance = np.array([[_number(row[f"dist_rep{rep}"]) for rep in range(1, 5)] for row in rows])
    load = np.array([_number(row["index_value"]) for row in rows])
    return distance, load, np.array([int(row["current_rep"]) - 1 for row in rows], dtype=np.int32)


def read_large(folder: Path) -> tuple[Array, Array, NDArray[np.int32]]:
    """Read the 100 areas: a zone's office is the office area that lies in it today."""
    rows = _rows(folder / "bricks_100x10.csv")
    points = np.array([[_number(row["x"]), _number(row["y"])] for row in rows])
    today = np.array([int(float(row["current_zone"])) - 1 for row in rows], dtype=np.int32)
    office = {today[i]: i for i, row in enumerate(rows) if row["office"] == "1"}
    offices = points[[office[zone] for zone in range(len(office))]]
    distance = np.sqrt(((points[:, None] - offices[None]) ** 2).sum(axis=2))
    return distance, np.array([_number(row["index_value"]) for row in rows]), today


def published_front(folder: Path, low: float) -> list[tuple[float, float]]:
    """Read the complete front of the 22 areas for a load limit: distance and disruption."""
    rows = _rows(folder / "pareto_front_22x4_computed.csv")
    return [(float(r["distance"]), float(r["disruption"])) for r in rows if float(r["load_min"]) == low]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every compromise of the 22 areas and the shortest distance of the 100, with the published figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alignment", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds pfizer_turkey")
    parser.add_argument("--time-limit", type=float, default=600.0, help="seconds a compromise")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    folder, effort = asked.data / "pfizer_turkey", {"seed": asked.seed, "time_limit": asked.time_limit}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for low, high in LIMITS:
        begin = time.monotonic()
        known = published_front(folder, low)
        found = list(front(alignment_problem(*read_small(folder), low, high), **effort))
        seconds = time.monotonic() - begin
        for number, point in enumerate(found):
            best = "{} {}".format(*known[number]) if number < len(known) else ""
            row = (
                f"{point.distance:.2f}",
                f"{point.disruption:.4f}",
                best,
                point.plan.status.value,
                f"{seconds:.1f}",
            )
            writer.writerow(("22x4", low, high, *row))
    for (low, high), best in zip(LIMITS, ("15.0374", "15.1760", "15.3797"), strict=True):
        begin = time.monotonic()
        problem = alignment_problem(*read_large(folder), low, high)
        plan = solve_exact(problem, gap=0.0, progress=lambda step, done: None, **effort)
        moved = float(problem.handoff_value[plan.assignment != problem.previous].sum())
        row = (
            f"{plan.objective:.4f}",
            f"{moved:.4f}",
            best,
            plan.status.value,
            f"{time.monotonic() - begin:.1f}",
        )
        writer.writerow(("100x10", low, high, *row))
    return 0


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _number(text: str) -> float:
    """Read a number as numpy once printed it: ``np.float64(0.16)``."""
    return float(text.removeprefix("np.float64(").removesuffix(")"))


if __name__ == "__main__":
    sys.exit(main())
