"""Every constraint of the centre models, row by row, against rows written by hand."""

from __future__ import annotations

import numpy as np

from engine.geography.adjacency import csr_adjacency
from solvers.hess.model import add_cuts, add_order, hess_model
from solvers.hess.problem import CentreProblem, Graph
from solvers.hess.recombine import partition_model
from tests.solvers.model_rows import assert_rows, linear_terms, rows

ALL = np.ones((3, 2), dtype=bool)
COST = np.array([[0.0, 4.0], [1.0, 1.0], [4.0, 0.0]])


def three_in_a_row(count: int = 1) -> CentreProblem:
    """Units 0 - 1 - 2 in a row worth 2, 3 and 5; candidates in units 0 and 2, limits 4 to 9 and 0 to 8."""
    graph = Graph(*csr_adjacency(3, np.array([[0, 1], [1, 2]])), np.ones(4))
    limits = np.array([[4.0], [0.0]]), np.array([[9.0], [8.0]])
    places = np.array([0, 2], dtype=np.int32)
    return CentreProblem(COST, places, count, np.array([[2.0], [3.0], [5.0]]), *limits, graph)


def x(values: dict[tuple[int, int], float]) -> dict[str, float]:
    """Name the variables of pairs."""
    return {f"x[{unit},{candidate}]": value for (unit, candidate), value in values.items()}


def test_objective() -> None:
    """The objective is the cost of the pairs."""
    terms, constant = linear_terms(hess_model(three_in_a_row(), ALL, relax=False).cost.expr)
    assert terms == x({(0, 1): 4, (1, 0): 1, (1, 1): 1, (2, 0): 4})
    assert constant == 0


def test_once() -> None:
    """Each unit belongs to one centre, among the pairs that may be used."""
    pairs = np.array([[True, True], [False, True], [True, True]])
    expected = [({"x[0,0]": 1, "x[0,1]": 1}, 1, 1), ({"x[1,1]": 1}, 1, 1), ({"x[2,0]": 1, "x[2,1]": 1}, 1, 1)]
    model = hess_model(three_in_a_row(), pairs, relax=False)
    assert_rows(model.once, expected)


def test_centres() -> None:
    """As many candidates as wanted hold their own unit."""
    assert_rows(
        {0: hess_model(three_in_a_row(), ALL, relax=False).centres}, [(x({(0, 0): 1, (2, 1): 1}), 1, 1)]
    )


def test_floor() -> None:
    """An open centre holds its lower limit; one without a lower limit has no row."""
    expected = [(x({(0, 0): 2 - 4, (1, 0): 3, (2, 0): 5}), 0, None)]
    model = hess_model(three_in_a_row(), ALL, relax=False)
    assert_rows(model.floor, expected)


def test_ceiling() -> None:
    """A centre holds at most its own upper limit when open and nothing when not."""
    expected = [
        (x({(0, 0): 2 - 9, (1, 0): 3, (2, 0): 5}), None, 0),
        (x({(0, 1): 2, (1, 1): 3, (2, 1): 5 - 8}), None, 0),
    ]
    model = hess_model(three_in_a_row(), ALL, relax=False)
    assert_rows(model.ceiling, expected)


def test_opened() -> None:
    """A unit belongs to open centres only; where all are open there is nothing to ask."""
    expected = [
        (x({(0, 1): 1, (2, 1): -1}), None, 0),
        (x({(1, 0): 1, (0, 0): -1}), None, 0),
        (x({(1, 1): 1, (2, 1): -1}), None, 0),
        (x({(2, 0): 1, (0, 0): -1}), None, 0),
    ]
    model = hess_model(three_in_a_row(), ALL, relax=False)
    found = rows(model.opened)
    assert sorted(found, key=str) == sorted(expected, key=str)
    model = hess_model(three_in_a_row(count=2), ALL, relax=False)
    assert not rows(model.opened)


def test_cutoff() -> None:
    """Plans dearer than the cutoff are left out, when there is one."""
    model = hess_model(three_in_a_row(), ALL, relax=False, cutoff=8.0)
    assert_rows({0: model.cutoff}, [(x({(0, 1): 0.5, (1, 0): 0.125, (1, 1): 0.125, (2, 0): 0.5}), None, 1)])
    assert not hasattr(hess_model(three_in_a_row(), ALL, relax=False), "cutoff")


def test_whole_or_relaxed_units() -> None:
    """Units are whole in the model and divisible in its relaxation."""
    assert hess_model(three_in_a_row(), ALL, relax=False).x[0, 0].is_binary()
    relaxed = hess_model(three_in_a_row(), ALL, relax=True).x[0, 0]
    assert (relaxed.is_binary(), relaxed.lb, relaxed.ub) == (False, 0, 1)


def test_cuts() -> None:
    """A centre holds a unit only with one between; pairs that may not be used are left out."""
    pairs = ALL.copy()
    pairs[1, 0] = False
    model = hess_model(three_in_a_row(), pairs, relax=False)
    add_cuts(model, [(2, 0, (1,)), (0, 1, (1,)), (1, 0, (0,))])
    assert_rows(model.cuts, [(x({(2, 0): 1}), None, 0), (x({(0, 1): 1, (1, 1): -1}), None, 0)])


def test_order() -> None:
    """A unit needs a neighbour in its territory on a shorter way to the centre; the centre's own unit needs none."""
    model = hess_model(three_in_a_row(), ALL, relax=False)
    add_order(model, three_in_a_row())
    expected = [
        (x({(0, 1): 1, (1, 1): -1}), None, 0),
        (x({(1, 0): 1, (0, 0): -1}), None, 0),
        (x({(1, 1): 1, (2, 1): -1}), None, 0),
        (x({(2, 0): 1, (1, 0): -1}), None, 0),
    ]
    assert_rows(model.order, expected)


def test_partition() -> None:
    """Territories of a pool: every unit in exactly one that is taken, as many as wanted, at their cost."""
    pool = [(7.0, np.array([0, 1])), (2.0, np.array([2])), (5.0, np.array([1, 2]))]
    model = partition_model(3, 2, pool)
    assert linear_terms(model.cost.expr) == ({"z[0]": 7, "z[1]": 2, "z[2]": 5}, 0)
    assert_rows(
        model.once, [({"z[0]": 1}, 1, 1), ({"z[0]": 1, "z[2]": 1}, 1, 1), ({"z[1]": 1, "z[2]": 1}, 1, 1)]
    )
    assert_rows({0: model.count}, [({"z[0]": 1, "z[1]": 1, "z[2]": 1}, 2, 2)])
    assert all(z.is_binary() for z in model.z.values())
