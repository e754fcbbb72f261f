"""The fewest edges between territories: a labelling model, exact for small maps."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
import pyomo.environ as pyo

from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.exact.assignment import assignment_model, linear, whole
from solvers.exact.free_centres import interchangeable
from solvers.exact.search import solve_connected


def add_cut_edges(model: pyo.ConcreteModel, problem: TerritoryProblem) -> None:
    """Count the edges between territories in place of what the assignment model of the whole problem costs.

    Sets: edges e = (u, v) with u < v, territories t, units i, heaviest first in an order. Variables: y_et in [0, 1]: u belongs to t
    and v does not.

    minimise   sum y_et
    cut        x_ut - x_vt <= y_et                       for every e, t
    label      x_it <= sum of x_j(t-1) over j before i    for every i, t > 0, when territories could swap their names:
               each is named after its first unit

    Source: Validi and Buchanan 2022, DOI 10.1007/s12532-022-00221-5, the labelling model with the extended objective; partitioning
    orbitopes: Kaibel and Pfetsch 2008, DOI 10.1007/s10107-006-0081-5.

    Parameters
    ----------
    model
        Assignment model of the whole problem; its own cost is dropped.
    problem
        What it was built from.
    """
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr)).tolist()
    edges = [(u, v) for u, v in zip(rows, problem.indices.tolist(), strict=True) if u < v]
    labels = range(problem.territories)
    held = {(i, t): 0.0 for i in range(problem.units) for t in labels} | dict(model.x.items())
    model.apart_ends = pyo.Var([(u, v, t) for u, v in edges for t in labels], domain=pyo.UnitInterval)
    model.cost.set_value(linear([1.0] * len(model.apart_ends), list(model.apart_ends.values())))
    model.cut = pyo.ConstraintList()
    for (u, v, t), ends in model.apart_ends.items():
        model.cut.add(held[u, t] - held[v, t] - ends <= 0)
    model.label = pyo.ConstraintList()
    if all(interchangeable(problem, a, b) for a, b in pairwise(labels)):
        order = np.argsort(-problem.measures[:, 0], kind="stable").tolist()
        for place, unit in enumerate(order):
            for t in labels[1:]:
                before = sum(held[other, t - 1] for other in order[:place])
                model.label.add(held[unit, t] - before <= 0)


def solve_cut_edges(
    problem: TerritoryProblem, *, seed: int, time_limit: float, gap: float = 0.0
) -> TerritoryPlan:
    """Find the plan with the fewest edges between territories.

    Parameters
    ----------
    problem
        The territory problem; of its costs and centres nothing counts.
    seed, time_limit, gap
        Seed of HiGHS, seconds, and the relative gap at which the search stops.

    Returns
    -------
    The plan, whose objective is a number of edges; ``optimal`` only when no smaller number is possible.
    """
    begin = time.monotonic()
    part, nobody = whole(problem), np.full(problem.units, -1, dtype=np.int32)
    model = assignment_model(problem, part, np.zeros(problem.allowed.shape))
    add_cut_edges(model, problem)
    found = solve_connected(model, problem, part, nobody, seed=seed, time_limit=time_limit, gap=gap)
    bound = math.ceil(found.bound - 1e-6) if math.isfinite(found.bound) else found.bound
    nowhere = np.zeros(problem.territories, dtype=np.int32)
    settings = ((("cut edges", time.monotonic() - begin),), seed, not found.timed_out)
    if not found.connected:
        return TerritoryPlan(found.status, nobody, nowhere, np.nan, bound, *settings)
    cut = cut_edges(problem, found.assignment)
    status = Status.OPTIMAL if cut <= bound else Status.FEASIBLE
    return TerritoryPlan(status, found.assignment, nowhere, float(cut), min(bound, cut), *settings)


def cut_edges(problem: TerritoryProblem, assignment: np.ndarray) -> int:
    """Count the edges whose ends belong to different territories."""
    rows = np.repeat(np.arange(problem.units), np.diff(problem.indptr))
    return int((assignment[rows] != assignment[problem.indices]).sum()) // 2
