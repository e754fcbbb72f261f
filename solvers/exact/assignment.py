"""Assignment of units to territories with known centres: the documented Pyomo model of the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.expr.numeric_expr import LinearExpression

from engine.problem import TerritoryProblem
from solvers.exact.side_rows import side_rows

Array = NDArray[np.float64]
Index = NDArray[np.int32]


@dataclass(frozen=True)
class Part:
    """The part of a problem that is assigned; everything else keeps its place.

    Parameters
    ----------
    units
        Units to assign, ascending, shape (u,).
    territories
        Territories they may go to, ascending, shape (t,).
    pairs
        Whether a unit may go to a territory, shape (u, t); every row has at least one.
    fixed
        What the units kept in place put into each of these territories, shape (t, measures).
    fixed_load
        The same against the upper limits, in which an oversize unit counts as one target, shape (t, measures).
    moved
        ``handoff_value`` of the units kept in place that change hands, money per year.
    """

    units: NDArray[np.intp]
    territories: NDArray[np.intp]
    pairs: NDArray[np.bool_]
    fixed: Array
    fixed_load: Array
    moved: float


def whole(problem: TerritoryProblem, pairs: NDArray[np.bool_] | None = None) -> Part:
    """Make the part that is the whole problem, on the given pairs or on all allowed ones."""
    size = (problem.territories, len(problem.measure_names))
    allowed = problem.allowed if pairs is None else pairs & problem.allowed
    everything = np.arange(problem.units), np.arange(problem.territories)
    return Part(*everything, allowed, np.zeros(size), np.zeros(size), 0.0)


def assignment_model(
    problem: TerritoryProblem, part: Part, costs: Array, *, relax: bool = False, elastic: float | None = None
) -> pyo.ConcreteModel:
    """Build the assignment model with fixed centres.

    Sets: units i, territories t, allowed pairs P, balanced measures m.
    Parameters: c_it money per year (travel from t's centre + expected handoff loss); a_im value of a unit; b_itm
    what it counts against the upper limit (a_im, or one target for an oversize unit); w_tm target; L_tm, U_tm
    limits; p_m money per 1.00 of relative deviation; v_i value at risk; D disruption limit; F what is kept in place.
    Variables: x_it in {0, 1} (0 <= x_it <= 1 when relaxed); d_tm >= 0 relative deviation; s_tm >= 0 relative
    violation of a limit (only when elastic).

    minimise  sum c_it x_it + sum p_m d_tm + elastic sum s_tm
    once       sum_t x_it = 1                                   for every i
    floor      sum_i a_im x_it + F_tm + w_tm s_tm >= L_tm        for every t, m
    ceiling    sum_i b_itm x_it + F_tm - w_tm s_tm <= U_tm       for every t, m
    over       sum_i a_im x_it + F_tm - w_tm d_tm <= w_tm        for every t, m
    under      sum_i a_im x_it + F_tm + w_tm d_tm >= w_tm        for every t, m
    disruption sum_i v_i x_it over t != today's <= D - F         when D is finite
    nonempty   sum_i x_it >= 1                                   for every t without fixed units
    together, apart, leave  the rows of `solvers.exact.side_rows`; apart and leave may be broken at a price when elastic
    separators contiguity cuts, added while solving (solvers.exact.contiguity)

    Parameters
    ----------
    problem
        The territory problem.
    part
        What is assigned.
    costs
        Money per year, shape (units, territories) of the whole problem.
    relax
        Whether to solve the linear relaxation.
    elastic
        Money per 1.00 of relative violation of a limit; None = limits are hard.

    Returns
    -------
    The model; ``model.x`` is indexed by (unit, territory) of the whole problem.
    """
    model = pyo.ConcreteModel()
    rows, columns = np.nonzero(part.pairs)
    keys = list(zip(part.units[rows].tolist(), part.territories[columns].tolist(), strict=True))
    balanced = [(int(t), int(m)) for t in part.territories for m in problem.balanced]
    model.x = pyo.Var(keys, domain=pyo.UnitInterval if relax else pyo.Binary)
    model.deviation = pyo.Var(balanced, domain=pyo.NonNegativeReals)
    model.violation = pyo.Var(balanced if elastic is not None else [], domain=pyo.NonNegativeReals)
    x = [model.x[key] for key in keys]

    cost = [float(costs[key]) for key in keys]
    prices = [float(problem.imbalance_cost[m]) for _, m in balanced]
    penalty = [float(elastic or 0.0)] * len(model.violation)
    variables = [*x, *model.deviation.values(), *model.violation.values()]
    model.cost = pyo.Objective(expr=linear([*cost, *prices, *penalty], variables))

    model.once = pyo.ConstraintList()
    for places in np.split(np.arange(len(keys)), np.flatnonzero(np.diff(rows)) + 1):
        model.once.add(linear([1.0] * len(places), [x[p] for p in places]) == 1)
    by_territory = [np.flatnonzero(columns == c) for c in range(len(part.territories))]
    _balance(model, problem, part, rows, by_territory, x)
    _disruption(model, problem, part, keys, x)
    model.nonempty = pyo.ConstraintList()
    for place, column in enumerate(by_territory):
        if not part.fixed[place].any():
            model.nonempty.add(linear([1.0] * len(column), [x[p] for p in column]) >= 1)
    _sides(model, problem, part, dict(zip(keys, x, strict=True)), elastic)
    model.separators = pyo.ConstraintList()
    return model


def _balance(
    model: pyo.ConcreteModel,
    problem: TerritoryProblem,
    part: Part,
    rows: NDArray[np.intp],
    by_territory: list[NDArray[np.intp]],
    x: list[pyo.Var],
) -> None:
    """Add floor, ceiling, over and under, each row scaled by the target so that HiGHS sees numbers near 1."""
    model.floor, model.ceiling = pyo.ConstraintList(), pyo.ConstraintList()
    model.over, model.under = pyo.ConstraintList(), pyo.ConstraintList()
    for place, territory in enumerate(part.territories.tolist()):
        pairs = by_territory[place]
        units = part.units[rows[pairs]]
        held = [x[p] for p in pairs]
        for m in problem.balanced.tolist():
            target = problem.targets[territory, m]
            value = linear((problem.measures[units, m] / target).tolist(), held)
            load = linear((problem.upper_load(territory, m)[units] / target).tolist(), held)
            kept, kept_load = part.fixed[place, m] / target, part.fixed_load[place, m] / target
            deviation = model.deviation[territory, m]
            slack = model.violation[territory, m] if len(model.violation) else 0.0
            model.floor.add(value + slack >= problem.lower[territory, m] / target - kept)
            model.ceiling.add(load - slack <= problem.upper[territory, m] / target - kept_load)
            model.over.add(value - deviation <= 1.0 - kept)
            model.under.add(value + deviation >= 1.0 - kept)


def _disruption(
    model: pyo.ConcreteModel,
    problem: TerritoryProblem,
    part: Part,
    keys: list[tuple[int, int]],
    x: list[pyo.Var],
) -> None:
    model.disruption = pyo.ConstraintList()
    if not np.isfinite(problem.disruption_limit):
        return
    scale = max(problem.disruption_limit, 1.0)
    handed = problem.handed_values() / scale
    moves = [p for p, key in enumerate(keys) if handed[key] > 0]
    value = [float(handed[keys[p]]) for p in moves]
    if moves:
        model.disruption.add(
            linear(value, [x[p] for p in moves]) <= (problem.disruption_limit - part.moved) / scale
        )


def _sides(
    model: pyo.ConcreteModel,
    problem: TerritoryProblem,
    part: Part,
    x: dict[tuple[int, int], pyo.Var],
    elastic: float | None,
) -> None:
    """Add the rows on groups and on what territories lose; a unit that cannot be in a territory counts 0 there."""
    model.together, model.apart, model.leave = (pyo.ConstraintList() for _ in range(3))
    model.side_violation = pyo.VarList(domain=pyo.NonNegativeReals)
    model.side_rows = []  # each row that was added, with its constraint
    for row in side_rows(problem, part.territories):
        pairs = [(int(i), row.territory) for i in row.units]
        factors = [float(f) for f, pair in zip(row.factors, pairs, strict=True) if pair in x]
        terms = [x[pair] for pair in pairs if pair in x]
        soft = elastic is not None and row.rule != "together"
        if soft or (row.lower > 0 and not terms):
            broken = model.side_violation.add()
            terms, factors = [*terms, broken], [*factors, -1.0 if row.upper < np.inf else 1.0]
            if not soft:
                broken.setub(
                    0.0
                )  # nothing that must stay can: the model has no plan, and must not be refused
        if terms:
            lower, upper = (None if np.isinf(end) else end for end in (row.lower, row.upper))
            added = getattr(model, row.rule).add((lower, linear(factors, terms), upper))
            model.side_rows.append((row, added))
    if len(model.side_violation):
        price = linear([elastic or 0.0] * len(model.side_violation), list(model.side_violation.values()))
        model.cost.set_value(model.cost.expr + price)


def linear(coefficients: list[float], variables: list[pyo.Var]) -> LinearExpression:
    """Write a sum of coefficient x variable in the form Pyomo hands over fastest."""
    return LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)
