"""Territory problems on a square grid: large enough for the staged search, small enough for a second."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.geography.adjacency import csr_adjacency
from engine.problem import TerritoryProblem
from tests.solvers.small_problems import with_limits


def grid_problem(seed: int, *, side: int = 7, territories: int = 4, **changes: Any) -> TerritoryProblem:
    """Draw a problem on a side x side grid with home bases on it, nobody's units today and 30 % tolerance."""
    rng = np.random.default_rng(seed)
    units = side * side
    index = np.arange(units).reshape(side, side)
    across = np.column_stack([index[:, :-1].ravel(), index[:, 1:].ravel()])
    down = np.column_stack([index[:-1].ravel(), index[1:].ravel()])
    indptr, indices = csr_adjacency(units, np.concatenate([across, down]))
    points = np.column_stack([-100 + 0.5 * (index % side).ravel(), 40 - 0.4 * (index // side).ravel()])
    seats = rng.choice(units, territories, replace=False)
    problem = TerritoryProblem(
        unit_ids=tuple(f"u{i:03d}" for i in range(units)),
        territory_ids=tuple(f"T{t}" for t in range(territories)),
        measure_names=("potential", "workload"),
        unit_points=points,
        measures=np.column_stack([rng.lognormal(0, 0.4, units), rng.lognormal(0, 0.3, units)]),
        share=np.full((territories, 2), 1 / territories),
        tolerance=np.array([0.3, 0.3]),
        lower=np.empty(0),
        upper=np.empty(0),
        imbalance_cost=np.array([50.0, 50.0]),
        indptr=indptr,
        indices=indices,
        homes=points[seats] + 0.01,
        travel_cost=rng.uniform(0.5, 2.0, units),
        previous=np.full(units, -1, dtype=np.int32),
        handoff_value=np.zeros(units),
        handoff_cost=np.zeros(units),
        disruption_limit=np.inf,
        locked=np.full(units, -1, dtype=np.int32),
        allowed=np.ones((units, territories), dtype=bool),
        contiguous=True,
        oversize=np.zeros((units, 2), dtype=bool),
    )
    return with_limits(replace(problem, **changes))


def in_two(problem: TerritoryProblem, side: int = 7) -> TerritoryProblem:
    """Take away the edges between the left and the right part of the map."""
    left = np.arange(problem.units) % side < side // 2
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr))
    edges = np.column_stack([rows, problem.indices])
    kept = edges[(edges[:, 0] < edges[:, 1]) & (left[edges[:, 0]] == left[edges[:, 1]])]
    indptr, indices = csr_adjacency(problem.units, kept)
    return replace(problem, indptr=indptr, indices=indices)
