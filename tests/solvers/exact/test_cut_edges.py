"""The fewest edges between territories: the rows, every plan tried, and names that do not matter."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from engine.geography.adjacency import components, csr_adjacency
from engine.plan import Status
from engine.problem import TerritoryProblem
from solvers.exact.assignment import assignment_model, whole
from solvers.exact.cut_edges import add_cut_edges, cut_edges, solve_cut_edges
from tests.solvers.exact.test_model_rows import three_in_a_row
from tests.solvers.model_rows import assert_rows, linear_terms
from tests.solvers.small_problems import with_limits

EDGES = [(i, i + 1) for i in range(8) if i % 3 != 2] + [(i, i + 3) for i in range(6)]


def nine(seed: int) -> TerritoryProblem:
    """Nine units in a square, of uneven size, two or three equal territories within 15 to 40 %."""
    rng = np.random.default_rng(seed)
    count = 2 + seed % 2
    indptr, indices = csr_adjacency(9, np.array(EDGES))
    bare = three_in_a_row(
        unit_ids=tuple("abcdefghi"),
        territory_ids=tuple("PQR"[:count]),
        unit_points=np.zeros((9, 2)),
        measures=np.column_stack([rng.integers(1, 6, 9), np.ones(9)]).astype(float),
        share=np.full((count, 2), 1 / count),
        tolerance=np.array([rng.choice([0.15, 0.4]), np.inf]),
        indptr=indptr,
        indices=indices,
        homes=np.full((count, 2), np.nan),
        travel_cost=np.zeros(9),
        previous=np.full(9, -1, dtype=np.int32),
        handoff_value=np.zeros(9),
        handoff_cost=np.zeros(9),
        locked=np.full(9, -1, dtype=np.int32),
        allowed=np.ones((9, count), dtype=bool),
        oversize=np.zeros((9, 2), dtype=bool),
    )
    return replace(with_limits(bare), oversize=np.zeros((9, 2), dtype=bool))


def fewest(problem: TerritoryProblem) -> float:
    """Try every plan that keeps the limits in one piece each; infinite when there is none."""
    best, size = np.inf, problem.measures[:, 0]
    for labels in product(range(problem.territories), repeat=8):
        plan = np.array((0, *labels), dtype=np.int32)
        held = np.bincount(plan, size, minlength=problem.territories)
        inside = (held >= problem.lower[:, 0] - 1e-9) & (held <= problem.upper[:, 0] + 1e-9)
        cut = sum(plan[a] != plan[b] for a, b in EDGES)
        if inside.all() and cut < best:
            pieces, _ = components(problem.indptr, problem.indices, plan)
            best = cut if pieces == problem.territories else best
    return best


@pytest.mark.parametrize("seed", range(10))
def test_every_plan_tried(seed: int) -> None:
    """The verdict and the number of edges are those of trying every plan."""
    problem = nine(seed)
    best = fewest(problem)
    plan = solve_cut_edges(problem, seed=seed, time_limit=60)
    if np.isinf(best):
        assert plan.status is Status.INFEASIBLE
        return
    assert (plan.status, plan.objective, plan.bound) == (Status.OPTIMAL, best, best)
    assert cut_edges(problem, plan.assignment) == best


def test_rows() -> None:
    """An edge whose first end belongs to a territory and whose second does not is counted once; nothing else costs."""
    problem = three_in_a_row()
    model = assignment_model(problem, whole(problem), np.ones((3, 2)))
    add_cut_edges(model, problem)
    ends = [(0, 1, 0), (0, 1, 1), (1, 2, 0), (1, 2, 1)]
    assert linear_terms(model.cost.expr) == ({f"apart_ends[{u},{v},{t}]": 1 for u, v, t in ends}, 0)
    expected = [
        ({f"x[{u},{t}]": 1, f"x[{v},{t}]": -1, f"apart_ends[{u},{v},{t}]": -1}, None, 0) for u, v, t in ends
    ]
    assert_rows(model.cut, expected)
    assert not len(model.label)


def test_names_of_equal_territories() -> None:
    """A unit may bear a later name only when a heavier one bears the name before it; the heaviest bears the first."""
    even = {
        "share": np.full((2, 2), 0.5),
        "previous": np.full(3, -1, dtype=np.int32),
        "homes": np.full((2, 2), np.nan),
    }
    problem = three_in_a_row(**even)
    model = assignment_model(problem, whole(problem), np.ones((3, 2)))
    add_cut_edges(model, problem)
    expected = [
        ({"x[0,1]": 1}, None, 0),
        ({"x[1,1]": 1, "x[0,0]": -1}, None, 0),
        ({"x[2,1]": 1, "x[0,0]": -1, "x[1,0]": -1}, None, 0),
    ]
    assert_rows(model.label, expected)
