"""Free centres: cuts make balanced starts, centres follow, a part is the whole seen closer, and no step makes a plan worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import measures
from engine.problem import TerritoryProblem
from solvers.free_search import free_starts
from solvers.halving import halved
from solvers.medians import near_medians
from solvers.part import territories_alone
from solvers.redraw import redraw
from solvers.settle import Cooling, settle
from solvers.state import State, crowded, evaluate, too_much_left, violation
from tests.solvers.grid_problems import grid_problem

FREE = np.full((6, 2), np.nan)
SHORT = Cooling(proposals=100, rounds=5, hot=10.0, cold=0.1)


def problem_of(seed: int, **changes: object) -> TerritoryProblem:
    """Twelve by twelve units for six territories, two of which have home bases; some units belong to one today."""
    problem = grid_problem(seed, side=12, territories=6)
    rng = np.random.default_rng(seed)
    homes = np.where(np.arange(6)[:, None] < 2, problem.homes, np.nan)
    value = rng.uniform(1, 5, 144)
    previous = rng.integers(-1, 6, 144).astype(np.int32)
    priced = {
        "homes": homes,
        "previous": previous,
        "handoff_value": value,
        "handoff_cost": 20 * value,
        "disruption_limit": 0.9 * float(value.sum()),
        "leave_limit": np.full(6, 60.0),
        "apart": tuple(tuple(range(first, 144, 48)) for first in range(0, 48, 12)),
    }
    return replace(problem, **(priced | changes))  # type: ignore[arg-type]


def drawn(problem: TerritoryProblem, state: State, turns: int = 4) -> State:
    """Draw groups anew for a few turns."""
    return redraw(
        problem,
        state,
        seed=3,
        proposals=turns * 4 * 1500 * 100,
        stale=turns,
        enough=lambda state: False,
        time_left=lambda: 60.0,
        progress=lambda done: None,
    )


@pytest.mark.parametrize("seed", range(5))
def test_halves_are_connected_and_hold_about_the_same(seed: int) -> None:
    """Without home bases no territory holds less than half or more than twice its share."""
    problem = grid_problem(seed, side=12, territories=6, homes=FREE)
    state = halved(problem, np.random.default_rng(seed))
    assert (measures.pieces(problem, state.assignment) == 1).all()
    assert (np.abs(measures.deviations(problem, state.assignment)) < [1.0, 1.0]).all()
    assert (measures.deviations(problem, state.assignment) > -0.5).all()
    again = halved(problem, np.random.default_rng(seed))
    assert (again.assignment == state.assignment).all()


def test_halves_go_to_the_home_bases_that_are_near() -> None:
    """Four quarters of a square go each to the home base in its middle, whatever the order of the bases."""
    problem = grid_problem(1, side=8, territories=4)
    column, row = np.arange(64) % 8, np.arange(64) // 8
    quarter = 2 * (row // 4) + column // 4
    middles = np.array([problem.unit_points[quarter == q].mean(axis=0) for q in range(4)])
    problem = replace(problem, homes=middles[[2, 0, 3, 1]], measures=np.ones((64, 2)))
    hits = []
    for seed in range(10):
        state = halved(problem, np.random.default_rng(seed))
        hits.append(np.array([2, 0, 3, 1])[state.assignment] == quarter)
    assert np.mean(hits) > 0.75


def test_locks_are_kept_by_every_start() -> None:
    """A unit goes only where it is allowed."""
    problem = problem_of(2)
    locked, allowed = problem.locked.copy(), problem.allowed.copy()
    locked[[0, 77]] = [5, 0]
    allowed[[0, 77]] = [[False] * 5 + [True], [True] + [False] * 5]
    problem = replace(problem, locked=locked, allowed=allowed)
    state = free_starts(problem, seed=1, starts=4, time_left=lambda: 60.0, progress=lambda done: None)
    for now in (halved(problem, np.random.default_rng(4)), state, drawn(problem, state)):
        assert now.assignment[[0, 77]].tolist() == [5, 0]


def test_compiled_centres_cost_as_little_as_the_best() -> None:
    """Travel from the compiled centres is within 1 % of travel from the best units; home bases stay."""
    for seed in range(8):
        problem = problem_of(seed)
        state = halved(problem, np.random.default_rng(seed))
        near = near_medians(problem, state.assignment, np.zeros(6, dtype=np.int32))
        best = measures.best_centres(problem, state.assignment)
        cost = [measures.objective(problem, state.assignment, centres) for centres in (near, best)]
        assert cost[1] <= cost[0] * (1 + 1e-12)
        assert cost[0] <= cost[1] * 1.01
        assert near[:2].tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(6))
def test_a_part_changes_cost_and_violation_as_the_whole_does(seed: int) -> None:
    """What a change inside some territories saves is the same in the part and in the whole, and so is what stays outside limits."""
    problem = problem_of(seed, tolerance=np.array([0.05, 0.05]))
    rng = np.random.default_rng(seed)
    state = halved(problem, rng)
    chosen = np.array([1, 3, 4])
    alone, units = territories_alone(problem, state.assignment, chosen)
    before = np.searchsorted(chosen, state.assignment[units]).astype(np.int32)
    after = rng.permutation(before)
    changed = state.assignment.copy()
    changed[units] = chosen[after]
    part = [evaluate(alone, label, measures.best_centres(alone, label)) for label in (before, after)]
    whole = [
        evaluate(problem, label, measures.best_centres(problem, label))
        for label in (state.assignment, changed)
    ]
    assert part[1].cost - part[0].cost == pytest.approx(whole[1].cost - whole[0].cost)
    assert violation(alone, after) == pytest.approx(violation(problem, changed)[chosen])
    left = problem.disruption_limit - problem.handed_over(changed).sum()
    assert alone.disruption_limit - alone.handed_over(after).sum() == pytest.approx(left)
    assert alone.leave_limit is not None
    excess = 60.0 * too_much_left(problem, changed)[chosen]
    assert alone.leave_limit * too_much_left(alone, after) == pytest.approx(excess)
    apart = set(changed[crowded(problem, changed)].tolist()) & set(chosen.tolist())
    assert set(chosen[after[crowded(alone, after)]].tolist()) == apart


def test_drawing_anew_never_makes_a_plan_worse() -> None:
    """Cost falls, limits are kept, territories stay connected; the same again is the same."""
    gains = []
    for seed in range(2):
        problem = problem_of(seed)
        start = settle(problem, halved(problem, np.random.default_rng(seed)), np.random.default_rng(1), SHORT)
        end = drawn(problem, start)
        assert not start.better_than(end)
        assert (measures.pieces(problem, end.assignment) == 1).all()
        assert end.cost == pytest.approx(measures.objective(problem, end.assignment, end.centres))
        gains.append(end.better_than(start))
        assert (drawn(problem, start).assignment == end.assignment).all()
    assert any(gains)


def test_a_plan_outside_its_limits_is_brought_inside() -> None:
    """From territories of unequal size drawing anew comes within 12 % of the targets."""
    problem = grid_problem(4, side=12, territories=6, homes=FREE, tolerance=np.array([0.12, 0.12]))
    column = np.arange(144) % 12
    slanted = np.minimum(column // 2, 5).astype(np.int32)
    slanted[(column == 2) | (column == 3)] = 0
    slanted[column == 4] = 1
    start = evaluate(problem, slanted, measures.best_centres(problem, slanted))
    assert not start.feasible
    assert drawn(problem, start, 12).feasible
