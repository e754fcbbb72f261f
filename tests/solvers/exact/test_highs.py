"""HiGHS behind our own words: statuses, values, duals, and an infeasible verdict that is proved twice."""

from __future__ import annotations

import math
from typing import Any

import pyomo.environ as pyo
import pytest

from engine.plan import Status
from solvers.exact.highs import HighsModel, Outcome

INFEASIBLE = Outcome(Status.INFEASIBLE, math.nan, -math.inf, False)
OPTIMAL = Outcome(Status.OPTIMAL, 3.0, 3.0, False)


def two_variables(domain: Any = pyo.NonNegativeReals) -> pyo.ConcreteModel:
    """Minimise 2 a + 3 b where a + b >= 4.5 and a <= 3."""
    model = pyo.ConcreteModel()
    model.a, model.b = pyo.Var(domain=domain, bounds=(0, 50)), pyo.Var(domain=domain, bounds=(0, 50))
    model.cost = pyo.Objective(expr=2 * model.a + 3 * model.b)
    model.rows = pyo.ConstraintList()
    model.rows.add(model.a + model.b >= 4.5)
    model.rows.add(model.a <= 3)
    return model


def scripted(monkeypatch: pytest.MonkeyPatch, *answers: Outcome) -> list[dict[str, Any]]:
    """Let HiGHS give these answers in turn, and note the options of each run."""
    runs: list[dict[str, Any]] = []

    def run(self: HighsModel, time_limit: float, gap: float, options: dict[str, Any]) -> Outcome:
        runs.append(options)
        return answers[len(runs) - 1]

    monkeypatch.setattr(HighsModel, "_run", run)
    return runs


def test_values_and_duals_of_a_linear_model() -> None:
    """Values, objective, bound and dual prices are those of the hand calculation."""
    model = two_variables()
    loaded = HighsModel(model, seed=1)
    outcome = loaded.solve(time_limit=5.0)
    assert outcome.status is Status.OPTIMAL
    assert (outcome.objective, outcome.timed_out) == (pytest.approx(10.5), False)
    assert loaded.values([model.b, model.a]).tolist() == pytest.approx([1.5, 3.0])
    assert loaded.duals(list(model.rows.values())).tolist() == pytest.approx([3.0, -1.0])


def test_whole_numbers_and_rows_added_later() -> None:
    """A model is solved again with the constraints added since."""
    model = two_variables(pyo.NonNegativeIntegers)
    loaded = HighsModel(model, seed=1)
    first = loaded.solve(time_limit=5.0)
    assert (first.objective, first.bound) == (pytest.approx(12.0), pytest.approx(12.0))
    model.rows.add(model.b >= 4)
    assert loaded.solve(time_limit=5.0).objective == pytest.approx(14.0)


def test_an_infeasible_model_is_called_so() -> None:
    """Rules that exclude each other give the verdict, and no number."""
    model = two_variables()
    model.rows.add(model.b <= 1)
    outcome = HighsModel(model, seed=1).solve(time_limit=5.0)
    assert outcome.status is Status.INFEASIBLE
    assert math.isnan(outcome.objective)


def test_infeasible_is_said_after_two_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second proof runs without presolve, with another seed and without a limit of nodes."""
    runs = scripted(monkeypatch, INFEASIBLE, INFEASIBLE)
    assert HighsModel(two_variables(), seed=7).solve(time_limit=5.0, nodes=3) == INFEASIBLE
    assert runs == [{"random_seed": 7, "mip_max_nodes": 3}, {"random_seed": 8, "presolve": "off"}]


@pytest.mark.parametrize("second", [OPTIMAL, Outcome(Status.NO_PLAN, math.nan, 1.0, True)])
def test_a_verdict_that_is_not_repeated_is_an_error(monkeypatch: pytest.MonkeyPatch, second: Outcome) -> None:
    """An infeasible verdict that the second run does not share proves nothing, not even a bound."""
    scripted(monkeypatch, INFEASIBLE, second)
    outcome = HighsModel(two_variables(), seed=1).solve(time_limit=5.0)
    assert (outcome.status, outcome.bound, outcome.timed_out) == (Status.ERROR, -math.inf, False)


def test_a_solved_model_is_not_solved_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an infeasible verdict asks for a second run."""
    runs = scripted(monkeypatch, OPTIMAL)
    assert HighsModel(two_variables(), seed=2**31 + 5).solve(time_limit=5.0) == OPTIMAL
    assert runs == [{"random_seed": 5}]
