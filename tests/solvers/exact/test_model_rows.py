"""Every constraint of the models, row by row, against rows written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from engine.geography.adjacency import csr_adjacency
from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.exact.assignment import Part, assignment_model, whole
from solvers.exact.contiguity import Separator, add_separators
from solvers.exact.free_centres import add_free_centres
from solvers.exact.ordering import add_ordering, way_to_roots
from tests.solvers.model_rows import assert_rows, linear_terms, rows
from tests.solvers.small_problems import with_limits

COSTS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
NOBODY = np.full(3, -1, dtype=np.int32)


def three_in_a_row(**changes: Any) -> TerritoryProblem:
    """Units 0 - 1 - 2 in a row worth 4, 3 and 3; territory 0 should hold 6, territory 1 the other 4, +-25 %."""
    indptr, indices = csr_adjacency(3, np.array([[0, 1], [1, 2]]))
    problem = TerritoryProblem(
        unit_ids=("a", "b", "c"),
        territory_ids=("P", "Q"),
        measure_names=("potential", "workload"),
        unit_points=np.array([[10.0, 50.0], [11.0, 50.0], [12.0, 50.0]]),
        measures=np.array([[4.0, 1.0], [3.0, 1.0], [3.0, 1.0]]),
        share=np.array([[0.6, 0.6], [0.4, 0.4]]),
        tolerance=np.array([0.25, np.inf]),
        lower=np.empty(0),
        upper=np.empty(0),
        imbalance_cost=np.array([50.0, 0.0]),
        indptr=indptr,
        indices=indices,
        homes=np.array([[10.0, 50.0], [12.0, 50.0]]),
        travel_cost=np.array([1.0, 2.0, 3.0]),
        previous=np.array([0, 1, -1], dtype=np.int32),
        handoff_value=np.array([10.0, 20.0, 40.0]),
        handoff_cost=np.array([1.0, 2.0, 4.0]),
        disruption_limit=np.inf,
        locked=NOBODY.copy(),
        allowed=np.ones((3, 2), dtype=bool),
        contiguous=True,
        oversize=np.zeros((3, 2), dtype=bool),
    )
    return with_limits(replace(problem, **changes))


def model_of(problem: TerritoryProblem, part: Part | None = None, **settings: Any) -> pyo.ConcreteModel:
    """Build the assignment model of the whole problem, or of a part."""
    return assignment_model(problem, part or whole(problem), COSTS, **settings)


def held(territory: int, values: Mapping[int, float]) -> dict[str, float]:
    """Name the variables of units in a territory."""
    return {f"x[{unit},{territory}]": value for unit, value in values.items()}


def test_objective() -> None:
    """The objective is the cost of the pairs and the price of each balanced deviation."""
    terms, constant = linear_terms(model_of(three_in_a_row()).cost.expr)
    pairs = held(0, {0: 1, 1: 3, 2: 5}) | held(1, {0: 2, 1: 4, 2: 6})
    assert terms == pytest.approx(pairs | {"deviation[0,0]": 50, "deviation[1,0]": 50})
    assert constant == 0


def test_once() -> None:
    """Each unit belongs to one territory, among those it may belong to."""
    allowed = np.array([[True, True], [True, False], [True, True]])
    expected = [({"x[0,0]": 1, "x[0,1]": 1}, 1, 1), ({"x[1,0]": 1}, 1, 1), ({"x[2,0]": 1, "x[2,1]": 1}, 1, 1)]
    model = model_of(three_in_a_row(allowed=allowed))
    assert_rows(model.once, expected)


def test_floor() -> None:
    """A territory holds at least 75 % of its target of the balanced measure."""
    expected = [
        (held(0, {0: 4 / 6, 1: 0.5, 2: 0.5}), 0.75, None),
        (held(1, {0: 1, 1: 0.75, 2: 0.75}), 0.75, None),
    ]
    model = model_of(three_in_a_row())
    assert_rows(model.floor, expected)


def test_ceiling() -> None:
    """A territory holds at most 125 % of its target of the balanced measure."""
    expected = [
        (held(0, {0: 4 / 6, 1: 0.5, 2: 0.5}), None, 1.25),
        (held(1, {0: 1, 1: 0.75, 2: 0.75}), None, 1.25),
    ]
    model = model_of(three_in_a_row())
    assert_rows(model.ceiling, expected)


def test_an_oversize_unit_counts_as_one_target_against_the_ceiling_only() -> None:
    """A unit above every upper limit counts as a whole target there, and with its value in the other rows."""
    measures = np.array(
        [[14.0, 1.0], [3.0, 1.0], [3.0, 1.0]]
    )  # targets 12 and 8, no territory may hold more than 15
    problem = three_in_a_row(
        measures=np.where(measures == 14.0, 20.0, measures)
    )  # targets 15.6, 10.4; limit 19.5
    model = model_of(problem)
    assert problem.oversize.tolist() == [[True, False], [False, False], [False, False]]
    assert rows(model.ceiling)[0][0] == pytest.approx(held(0, {0: 1, 1: 3 / 15.6, 2: 3 / 15.6}))
    assert rows(model.ceiling)[1][0] == pytest.approx(held(1, {0: 1, 1: 3 / 10.4, 2: 3 / 10.4}))
    assert rows(model.floor)[0][0] == pytest.approx(held(0, {0: 20 / 15.6, 1: 3 / 15.6, 2: 3 / 15.6}))


def test_over_and_under() -> None:
    """The deviation is at least the sum above the target, and at least the sum below it, in targets."""
    model = model_of(three_in_a_row())
    values = [held(0, {0: 4 / 6, 1: 0.5, 2: 0.5}), held(1, {0: 1, 1: 0.75, 2: 0.75})]
    assert_rows(model.over, [(v | {f"deviation[{t},0]": -1}, None, 1) for t, v in enumerate(values)])
    assert_rows(model.under, [(v | {f"deviation[{t},0]": 1}, 1, None) for t, v in enumerate(values)])


def test_elastic_limits_have_a_price() -> None:
    """Elastic limits widen floor and ceiling by a violation that costs; the deviation is not relieved."""
    model = model_of(three_in_a_row(), elastic=900.0)
    assert rows(model.floor)[1][0]["violation[1,0]"] == 1
    assert rows(model.ceiling)[1][0]["violation[1,0]"] == -1
    assert "violation[1,0]" not in rows(model.over)[1][0] | rows(model.under)[1][0]
    assert linear_terms(model.cost.expr)[0]["violation[0,0]"] == 900


def test_disruption() -> None:
    """What leaves its territory of today, in value, is limited; a unit that is nobody's today never counts."""
    model = model_of(three_in_a_row(disruption_limit=15.0))
    assert_rows(model.disruption, [({"x[0,1]": 10 / 15, "x[1,0]": 20 / 15}, None, 1)])
    model = model_of(three_in_a_row())
    assert not rows(model.disruption)


def test_nonempty() -> None:
    """Every territory holds a unit."""
    model = model_of(three_in_a_row())
    assert_rows(model.nonempty, [(held(t, {0: 1, 1: 1, 2: 1}), 1, None) for t in (0, 1)])


def test_a_part_counts_what_is_kept() -> None:
    """Units kept in place fill their territory's limits and use up disruption; such a territory may end so."""
    problem = three_in_a_row(disruption_limit=50.0)
    kept = np.array([[4.0, 1.0], [0.0, 0.0]])
    part = Part(np.array([1, 2]), np.array([0, 1]), np.ones((2, 2), dtype=bool), kept, kept / 2, 10.0)
    model = model_of(problem, part)
    values = held(0, {1: 0.5, 2: 0.5})
    assert list(model.x) == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert_rows(model.once, [({"x[1,0]": 1, "x[1,1]": 1}, 1, 1), ({"x[2,0]": 1, "x[2,1]": 1}, 1, 1)])
    assert rows(model.floor)[0] == (pytest.approx(values), pytest.approx(0.75 - 4 / 6), None)
    assert rows(model.ceiling)[0] == (pytest.approx(values), None, pytest.approx(1.25 - 2 / 6))
    assert rows(model.over)[0][2] == pytest.approx(1 - 4 / 6)
    assert rows(model.under)[0][1] == pytest.approx(1 - 4 / 6)
    assert_rows(model.disruption, [({"x[1,0]": 20 / 50}, None, 40 / 50)])
    assert_rows(model.nonempty, [(held(1, {1: 1, 2: 1}), 1, None)])


def test_whole_or_relaxed_units() -> None:
    """Units are whole in the model and divisible in its relaxation."""
    assert model_of(three_in_a_row()).x[0, 0].is_binary()
    relaxed = model_of(three_in_a_row(), relax=True).x[0, 0]
    assert (relaxed.is_binary(), relaxed.lb, relaxed.ub) == (False, 0, 1)


def test_separator_rows() -> None:
    """Both ends only with a unit between; a unit outside the part counts as it stands."""
    problem = three_in_a_row()
    cut = Separator(territory=0, near=0, far=2, between=(1,))
    model = model_of(problem)
    add_separators(model, whole(problem), [cut], NOBODY)
    assert_rows(model.separators, [({"x[0,0]": 1, "x[2,0]": 1, "x[1,0]": -1}, None, 1)])
    kept = np.array([[4.0, 1.0], [0.0, 0.0]])
    part = Part(np.array([1, 2]), np.array([0, 1]), np.ones((2, 2), dtype=bool), kept, kept, 0.0)
    model = model_of(problem, part)
    add_separators(model, part, [cut], np.array([0, 1, 1], dtype=np.int32))
    assert_rows(model.separators, [({"x[2,0]": 1, "x[1,0]": -1}, None, 0)])


def free_model(**changes: Any) -> tuple[pyo.ConcreteModel, TerritoryProblem]:
    """Build the model in which both centres are free."""
    problem = three_in_a_row(homes=np.full((2, 2), np.nan), **changes)
    model = assignment_model(problem, whole(problem), np.zeros((3, 2)))
    add_free_centres(model, problem)
    return model, problem


def test_free_centres_rows() -> None:
    """One centre among the own units; travel from it, and only from it, for every unit held."""
    model, _ = free_model()
    assert rows(model.one_centre)[0] == ({f"centre[0,{j}]": 1 for j in range(3)}, 1, 1)
    assert len(model.one_centre) == 2
    inside, split, opened = (
        {str(k): row for k, row in part.items()} for part in (model.inside, model.split, model.open)
    )
    assert_rows({0: inside["(1, 2)"]}, [({"centre[1,2]": 1, "x[2,1]": -1}, None, 0)])
    terms = {f"travels[1,2,{j}]": 1 for j in range(3)} | {"x[2,1]": -1}
    assert_rows({0: split["(1, 2)"]}, [(terms, 0, 0)])
    assert_rows({0: opened["(1, 2, 0)"]}, [({"travels[1,2,0]": 1, "centre[1,0]": -1}, None, 0)])
    assert (len(inside), len(split), len(opened)) == (6, 6, 18)


def test_free_centres_pay_the_way_from_the_chosen_centre() -> None:
    """Travel costs the unit's price of a km times the way from the centre it travels from."""
    model, problem = free_model()
    terms, _ = linear_terms(model.cost.expr)
    km = distance_km(problem.unit_points, problem.unit_points)
    assert terms["travels[0,2,0]"] == pytest.approx(3.0 * km[2, 0])
    assert terms["travels[1,0,1]"] == pytest.approx(1.0 * km[0, 1])
    assert "travels[0,1,1]" not in terms


def test_order_of_twins() -> None:
    """Only territories that could swap their names have ordered centres."""
    even = {"share": np.full((2, 2), 0.5), "previous": NOBODY.copy()}
    twins = {f"centre[{t},{j}]": float(j if t else -j) for t in (0, 1) for j in (1, 2)}
    model = free_model(**even)[0]
    assert rows(model.order) == [(twins, 1, None)]
    model = free_model(previous=NOBODY.copy())[0]
    assert not rows(model.order)
    model = free_model(share=np.full((2, 2), 0.5))[0]
    assert not rows(model.order)
    forbidden = np.array([[True, False], [True, True], [True, True]])
    model = free_model(**even, allowed=forbidden)[0]
    assert not rows(model.order)


def test_ordering_rows() -> None:
    """A unit needs a neighbour in its territory that lies nearer to the root; the root needs none."""
    problem = three_in_a_row()
    part, roots = whole(problem), np.array([0, 2], dtype=np.int32)
    ways = way_to_roots(problem, np.array([5.0, 5.0, 7.0, 7.0]), roots, part.territories, None)
    assert ways.tolist() == [[0, 12], [5, 7], [12, 0]]
    model = model_of(problem)
    add_ordering(model, problem, part, roots, ways)
    expected = [({"x[0,1]": 1, "x[1,1]": -1}, None, 0), ({"x[1,0]": 1, "x[0,0]": -1}, None, 0)]
    expected += [({"x[1,1]": 1, "x[2,1]": -1}, None, 0), ({"x[2,0]": 1, "x[1,0]": -1}, None, 0)]
    assert_rows(model.order, expected)


def test_together_rows() -> None:
    """Each unit of a group is where the one before it is; one that may not be there keeps the other away."""
    expected = [({f"x[0,{t}]": 1, f"x[2,{t}]": -1}, 0, 0) for t in (0, 1)]
    model = model_of(three_in_a_row(together=((0, 2),)))
    assert_rows(model.together, expected)
    allowed = np.array([[True, True], [True, True], [True, False]])
    kept_away = model_of(three_in_a_row(together=((0, 2),), allowed=allowed)).together
    assert_rows(kept_away, [expected[0], ({"x[0,1]": 1}, 0, 0)])


def test_apart_rows() -> None:
    """A territory holds at most one unit of a group; more have a price when limits are elastic."""
    problem = three_in_a_row(apart=((0, 1, 2),))
    model = model_of(problem)
    assert_rows(model.apart, [(held(t, {0: 1, 1: 1, 2: 1}), None, 1) for t in (0, 1)])
    elastic = model_of(problem, elastic=900.0)
    assert rows(elastic.apart)[1][0] == held(1, {0: 1, 1: 1, 2: 1}) | {"side_violation[2]": -1}
    assert linear_terms(elastic.cost.expr)[0]["side_violation[1]"] == 900


def test_leave_rows() -> None:
    """Of what a territory has today it keeps all but what may leave it; units of others never count."""
    problem = three_in_a_row(leave_limit=np.array([4.0, 5.0]))
    expected = [({"x[0,0]": 10 / 4}, 10 / 4 - 1, None), ({"x[1,1]": 20 / 5}, 20 / 5 - 1, None)]
    model = model_of(problem)
    assert_rows(model.leave, expected)
    model = model_of(problem, elastic=900.0)
    assert rows(model.leave)[0][0] == {"x[0,0]": 10 / 4, "side_violation[1]": 1}


def test_a_value_that_cannot_stay_leaves_no_plan() -> None:
    """Where no unit that must stay can, the model has a row that nothing keeps."""
    allowed = np.array([[False, True], [True, True], [True, True]])
    problem = three_in_a_row(leave_limit=np.array([4.0, 50.0]), allowed=allowed)
    assert_rows(
        model_of(problem).leave,
        [({"side_violation[1]": 1}, 1.5, None), ({"x[1,1]": 20 / 50}, 20 / 50 - 1, None)],
    )
    assert model_of(problem).side_violation[1].ub == 0
