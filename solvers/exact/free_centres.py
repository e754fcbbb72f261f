"""Free centres in the exact model: a territory without a home base chooses its centre (Hess et al. 1965)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyomo.environ as pyo

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem


def add_free_centres(model: pyo.ConcreteModel, problem: TerritoryProblem) -> None:
    """Let the territories without a home base choose a centre among their own units.

    Extends the assignment model of the whole problem, whose costs must hold no travel for these territories.
    Sets: free territories t, units i, candidate centres j. Variables: y_tj in {0, 1}: j is t's centre;
    z_tij in [0, 1]: i belongs to t and travels from j. k_i money per km, d_ij km.

    add to the objective   sum k_i d_ij z_tij
    one_centre    sum_j y_tj = 1                 for every t
    inside        y_tj <= x_jt                   for every t, j
    split         sum_j z_tij = x_it             for every t, i
    open          z_tij <= y_tj                  for every t, i, j
    order         sum_j j y_tj increases in t     among interchangeable territories (removes mirror images)

    Source: Hess, Weaver, Siegfeldt, Whelan, Zitlau 1965, DOI 10.1287/opre.13.6.998.
    """
    free = np.flatnonzero(problem.free).tolist()
    km = distance_km(problem.unit_points, problem.unit_points)
    held = {t: [i for i in range(problem.units) if (i, t) in model.x] for t in free}
    model.centre = pyo.Var([(t, j) for t in free for j in held[t]], domain=pyo.Binary)
    model.travels = pyo.Var(
        [(t, i, j) for t in free for i in held[t] for j in held[t]], domain=pyo.UnitInterval
    )
    travel = sum(float(problem.travel_cost[i] * km[i, j]) * z for (_, i, j), z in model.travels.items())
    model.cost.set_value(model.cost.expr + travel)
    model.one_centre = pyo.Constraint(free, rule=lambda m, t: sum(m.centre[t, j] for j in held[t]) == 1)
    model.inside = pyo.Constraint(list(model.centre), rule=lambda m, t, j: m.centre[t, j] <= m.x[j, t])
    model.split = pyo.Constraint(
        list(model.centre), rule=lambda m, t, i: sum(m.travels[t, i, j] for j in held[t]) == m.x[i, t]
    )
    model.open = pyo.Constraint(
        list(model.travels), rule=lambda m, t, i, j: m.travels[t, i, j] <= m.centre[t, j]
    )
    twins = [(a, b) for a, b in pairwise(free) if interchangeable(problem, a, b)]
    model.order = pyo.Constraint(
        twins, rule=lambda m, a, b: sum(j * (m.centre[b, j] - m.centre[a, j]) for j in held[a]) >= 1
    )


def interchangeable(problem: TerritoryProblem, a: int, b: int) -> bool:
    """Say whether swapping the names of two territories changes nothing."""
    return (
        np.array_equal(problem.allowed[:, a], problem.allowed[:, b])
        and np.array_equal(problem.share[a], problem.share[b])
        and not problem.today_values()[:, [a, b]].any()
    )
