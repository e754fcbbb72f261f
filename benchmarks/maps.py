"""Territory problems of the size of a country, with nothing but vacancies: the bundled counties, and synthetic maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import Delaunay

from engine.geography.adjacency import csr_adjacency
from engine.problem import TerritoryProblem, build_problem
from engine.scenario.load import load_scenario
from engine.tables.read import read_tables

ROOT = Path(__file__).resolve().parents[1]
SYNTHETIC_SEED = 7  # each synthetic map is the same on every run
BOX = np.array([[-120.0, 30.0], [-80.0, 48.0]])  # longitude and latitude
SPREAD = 0.7  # of the logarithm of a synthetic unit's potential


def counties(territories: int, tolerance: float) -> TerritoryProblem:
    """Give the counties of the contiguous United States, wages and workload, to some vacancies without a home.

    The scenario is ``us_field_sales``, without its roster, its alignment, its locks and its price of imbalance.

    Parameters
    ----------
    territories
        How many vacancies, with equal shares.
    tolerance
        Of both measures, 0.10 = 10 %.
    """
    loaded = load_scenario(
        ROOT / "scenarios" / "us_field_sales.yaml",
        [
            "objective.imbalance_cost_per_point=0",
            *(f"territories.balance.{number}.tolerance={tolerance}" for number in (0, 1)),
        ],
    )
    tables = read_tables(loaded)
    names = pd.Index([f"OPEN{number:03d}" for number in range(territories)], dtype="str", name="position")
    reps = tables.reps.iloc[[0] * territories].set_index(names)
    reps = reps.assign(home_lat=np.nan, home_lon=np.nan, capacity=1.0)
    tables = replace(
        tables,
        reps=reps,
        current=tables.current.where(tables.current == "", ""),
        locks=tables.locks.iloc[:0],
        accounts=tables.accounts.iloc[:0],
    )
    return build_problem(loaded.scenario, tables)


def counties_at_most_one(territories: int, tolerance: float) -> TerritoryProblem:
    """Give the same counties, where one that is larger than a territory counts as exactly one territory.

    With 100 equal territories eleven counties hold 21.5 targets, and what is left gives the 89 others 0.88 targets each: no plan within
    10 % exists. Here the others share what is left.
    """
    problem = counties(territories, tolerance)
    while problem.oversize.any():
        values = np.where(problem.oversize, problem.targets[:1], problem.measures)
        problem = _with_limits(replace(problem, measures=values))
    return problem


def synthetic(units: int, territories: int, tolerance: float, *, contiguous: bool) -> TerritoryProblem:
    """Draw a synthetic map: a square grid or, without contiguity, random points (their neighbours guide the search only).

    Parameters
    ----------
    units, territories, tolerance
        Size, and tolerance of both measures.
    contiguous
        Whether territories must be connected.
    """
    rng = np.random.default_rng(SYNTHETIC_SEED)
    if contiguous:
        columns = int(np.ceil(np.sqrt(units)))
        row, column = np.divmod(np.arange(units), columns)
        beside, below = np.flatnonzero(column[1:] > 0), np.arange(units - columns)
        pairs = np.concatenate(
            [np.column_stack([beside, beside + 1]), np.column_stack([below, below + columns])]
        )
        place = np.column_stack([column + 0.5, row + 0.5]) / columns
    else:
        place = rng.random((units, 2))
        corners = np.sort(Delaunay(place).simplices, axis=1)
        pairs = np.unique(
            np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=0
        )
    indptr, indices = csr_adjacency(units, pairs)
    potential = rng.lognormal(0.0, SPREAD, units)
    problem = TerritoryProblem(
        unit_ids=tuple(f"U{number:06d}" for number in range(units)),
        territory_ids=tuple(f"OPEN{number:03d}" for number in range(territories)),
        measure_names=("potential", "workload"),
        unit_points=BOX[0] + place * (BOX[1] - BOX[0]),
        measures=np.column_stack([potential, potential * rng.lognormal(0.0, SPREAD / 2, units)]),
        share=np.full((territories, 2), 1 / territories),
        tolerance=np.full(2, tolerance),
        lower=np.empty(0),
        upper=np.empty(0),
        imbalance_cost=np.zeros(2),
        indptr=indptr,
        indices=indices,
        homes=np.full((territories, 2), np.nan),
        travel_cost=potential,
        previous=np.full(units, -1, dtype=np.int32),
        handoff_value=np.zeros(units),
        handoff_cost=np.zeros(units),
        disruption_limit=np.inf,
        locked=np.full(units, -1, dtype=np.int32),
        allowed=np.ones((units, territories), dtype=bool),
        contiguous=contiguous,
        oversize=np.zeros((units, 2), dtype=bool),
    )
    return _with_limits(problem)


def _with_limits(problem: TerritoryProblem) -> TerritoryProblem:
    """Set the limits to the tolerance around the targets, and find the units beyond them."""
    lower, upper = problem.targets * (1 - problem.tolerance), problem.targets * (1 + problem.tolerance)
    return replace(problem, lower=lower, upper=upper, oversize=problem.measures > upper.max(axis=0))


def accounts(units: int, territories: int, measures: int, tolerance: float) -> TerritoryProblem:
    """Draw synthetic accounts without a map: points around towns, reps of unequal capacity, every measure within a tolerance.

    A fifth of the accounts needs a segment that half of the reps have. Deviations from the targets cost 500 a point.
    """
    rng = np.random.default_rng(SYNTHETIC_SEED)
    towns = BOX[0] + rng.random((60, 2)) * (BOX[1] - BOX[0])
    weight = rng.lognormal(0.0, 1.0, len(towns))
    of_town = rng.choice(len(towns), units, p=weight / weight.sum())
    size = rng.lognormal(0.0, SPREAD, units)
    values = size[:, None] * rng.lognormal(0.0, SPREAD / 2, (units, measures))
    capacity = rng.uniform(0.6, 1.2, territories)
    homes = towns[rng.choice(len(towns), territories, p=weight / weight.sum())] + rng.normal(
        0, 0.3, (territories, 2)
    )
    special = rng.random(units) < 0.2
    names = tuple(f"measure{number}" for number in range(measures))
    problem = TerritoryProblem(
        unit_ids=tuple(f"A{number:06d}" for number in range(units)),
        territory_ids=tuple(f"T{number:03d}" for number in range(territories)),
        measure_names=names,
        unit_points=towns[of_town] + rng.normal(0, 0.5, (units, 2)),
        measures=values,
        share=np.tile((capacity / capacity.sum())[:, None], (1, measures)),
        tolerance=np.full(measures, tolerance),
        lower=np.empty(0),
        upper=np.empty(0),
        imbalance_cost=np.full(measures, 50_000.0),
        indptr=np.zeros(units + 1, dtype=np.int32),
        indices=np.empty(0, dtype=np.int32),
        homes=homes,
        travel_cost=4.2 * rng.integers(1, 24, units) / 12,
        previous=np.full(units, -1, dtype=np.int32),
        handoff_value=np.zeros(units),
        handoff_cost=np.zeros(units),
        disruption_limit=np.inf,
        locked=np.full(units, -1, dtype=np.int32),
        allowed=~special[:, None] | (np.arange(territories) % 2 == 0),
        contiguous=False,
        oversize=np.zeros((units, measures), dtype=bool),
    )
    return _with_limits(problem)
