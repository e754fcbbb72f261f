"""Where the search starts: centres, and connected territories grown around them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine import measures
from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.construct import best_centres, first_centres, make_contiguous
from tests.solvers.grid_problems import grid_problem


def random_costs(problem: TerritoryProblem, seed: int) -> np.ndarray:
    """Draw a cost for every pair."""
    return np.random.default_rng(seed).random((problem.units, problem.territories))


def half_free(seed: int) -> TerritoryProblem:
    """Two home bases and two free centres."""
    problem = grid_problem(seed)
    homes = problem.homes.copy()
    homes[2:] = np.nan
    return replace(problem, homes=homes)


def test_first_centres() -> None:
    """Home bases take the nearest unit; free centres are drawn apart, from units they may hold, by the seed."""
    for seed in range(20):
        problem = half_free(seed)
        allowed = problem.allowed.copy()
        allowed[10:, 3] = False
        problem = replace(problem, allowed=allowed)
        centres = first_centres(problem, np.random.default_rng(seed))
        nearest = distance_km(problem.homes[:2], problem.unit_points).argmin(axis=1)
        assert centres[:2].tolist() == nearest.tolist()
        assert centres[3] < 10
        assert len(set(centres.tolist())) == 4
        assert (centres == first_centres(problem, np.random.default_rng(seed))).all()


def test_best_centres() -> None:
    """Free centres go to the unit with the least travel to all others; centres with a home base stay."""
    for seed in range(10):
        problem = half_free(seed)
        plan = make_contiguous(problem, np.full(49, -1, dtype=np.int32), random_costs(problem, seed))
        centres = first_centres(problem, np.random.default_rng(seed))
        best = best_centres(problem, plan, centres)
        assert best[:2].tolist() == centres[:2].tolist()
        assert best[2:].tolist() == measures.best_centres(problem, plan)[2:].tolist()


def test_any_assignment_grows_into_connected_territories() -> None:
    """From scattered units, units of nobody and territories without a unit, every territory becomes one piece."""
    for seed in range(30):
        problem = grid_problem(seed)
        scattered = np.random.default_rng(seed).integers(-1, 1 + seed % 4, problem.units).astype(np.int32)
        plan = make_contiguous(problem, scattered, random_costs(problem, seed))
        assert measures.pieces(problem, plan).tolist() == [1, 1, 1, 1]


def test_the_largest_piece_stays() -> None:
    """What is one piece already is left as it is, but for units that belong to nobody."""
    problem = grid_problem(1)
    plan = make_contiguous(problem, np.full(49, -1, dtype=np.int32), random_costs(problem, 1))
    holes = np.where(np.arange(49) % 11 == 0, -1, plan).astype(np.int32)
    assert (make_contiguous(problem, plan, random_costs(problem, 2)) == plan).all()
    refilled = make_contiguous(problem, holes, random_costs(problem, 2))
    kept = holes >= 0
    assert (refilled[kept] == plan[kept]).mean() > 0.9


def test_growth_goes_only_where_a_unit_is_allowed() -> None:
    """A unit of nobody joins a territory it may belong to, even when that one does not reach it."""
    problem = grid_problem(2)
    allowed = problem.allowed.copy()
    allowed[20:25] = [False, False, True, False]
    problem = replace(problem, allowed=allowed)
    plan = make_contiguous(problem, np.full(49, -1, dtype=np.int32), random_costs(problem, 2))
    assert (plan[20:25] == 2).all()


def test_a_seat_is_found_where_others_must_make_room() -> None:
    """As many territories as units: each gets one it may hold, even if others have to give up theirs."""
    problem = grid_problem(5, side=2)
    allowed = np.array([[True, True, False, False], [False, True, True, False], [False, False, True, True]])
    problem = replace(problem, allowed=np.vstack([allowed, [True, False, False, False]]))
    plan = make_contiguous(problem, np.array([1, 2, 2, -1], dtype=np.int32), random_costs(problem, 5))
    assert plan.tolist() == [1, 2, 3, 0]
