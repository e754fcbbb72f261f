"""Quotas inside limits, as close as possible to those of a rule: a quadratic model, solved by HiGHS."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from engine.plan import Status
from engine.quotas.closest import QuotaProblem
from solvers.exact.highs import HighsModel

Array = NDArray[np.float64]

_LEAST = 1e-3  # of the mean quota: the least a rule's quota weighs, so that one of 0 may be raised
_SAME = 1e-9  # of the mean quota: limits closer than this leave no choice
_HALVINGS = 200
_TIME_LIMIT_S = 60.0
_STEPS = 100  # of the quadratic search for each position: far more than one that ends ever takes


def closest_quotas(problem: QuotaProblem) -> Array:
    """Find the quotas that keep all limits and change the rule's by the least.

    Positions r in groups g (regions with a target of their own, or the company alone); in units of the mean
    quota: f_r the rule's quota, w_r = max(f_r, 0.001) its weight, l_r and u_r the limits, T_g the sum of
    quotas of a group. Variables z_r, the change of a quota in units of s_r = √w_r: x_r = f_r + s_r z_r.

        minimise    Σ_r z_r²                                        ( = Σ_r (x_r - f_r)² / w_r )
        total       Σ_{r in g} s_r z_r = T_g - Σ_{r in g} f_r       for every group g
        limits      (l_r - f_r) / s_r <= z_r <= (u_r - f_r) / s_r   for every position r

    Differences are weighed by the rule's quota, so that positions no limit touches keep their proportions: in
    the optimum x_r = clip(f_r + μ_g w_r, l_r, u_r) with one number μ_g for a group.

    The quadratic solver of HiGHS 1.15 gives up on about one bounded model in a thousand, or never ends. Then μ_g is found by
    bisection instead, which gives the same quotas (a test holds them together).

    Parameters
    ----------
    problem
        The rule's quotas and limits that fit.

    Returns
    -------
    Quotas x_r in cents, shape (territories,), not rounded.
    """
    unit = float(problem.totals.sum()) / len(problem.rule)
    rule, floor, cap = problem.rule / unit, problem.floor / unit, problem.cap / unit
    root = np.sqrt(np.maximum(rule, _LEAST))
    model = _model(problem, rule, floor, cap, root)
    free = list(model.positions)
    if not free:
        return problem.floor
    highs = HighsModel(model, seed=0)
    if highs.solve(time_limit=_TIME_LIMIT_S, quadratic_steps=_STEPS * len(free)).status is not Status.OPTIMAL:
        return by_multiplier(problem)
    found = floor.copy()
    found[free] = rule[free] + root[free] * highs.values([model.z[r] for r in free])
    return np.asarray(np.clip(found, floor, cap) * unit)


def by_multiplier(problem: QuotaProblem) -> Array:
    """Find the same quotas by bisection of μ_g, group by group.

    References
    ----------
    Patriksson 2008, "A survey on the continuous nonlinear resource allocation problem", section 2,
    DOI 10.1016/j.ejor.2006.12.006.
    """
    found = problem.rule.copy()
    least = _LEAST * float(problem.totals.sum()) / len(problem.rule)
    for g, total in enumerate(problem.totals):
        own = problem.group == g
        rule, floor, cap = problem.rule[own], problem.floor[own], problem.cap[own]
        weight = np.maximum(rule, least)
        low, high = float(((floor - rule) / weight).min()), float(((cap - rule) / weight).max())
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if np.clip(rule + middle * weight, floor, cap).sum() < total:
                low = middle
            else:
                high = middle
        found[own] = np.clip(rule + high * weight, floor, cap)
    return found


def _model(problem: QuotaProblem, rule: Array, floor: Array, cap: Array, root: Array) -> pyo.ConcreteModel:
    """Write the model of the positions whose limits leave a choice; names as in `closest_quotas`."""
    choice = cap - floor > _SAME
    start = np.where(choice, rule, floor)
    left = problem.totals / problem.totals.sum() * len(rule)
    left = left - np.bincount(problem.group, weights=start, minlength=len(left))
    model = pyo.ConcreteModel()
    model.positions = pyo.Set(initialize=np.flatnonzero(choice).tolist())
    model.groups = pyo.Set(initialize=sorted({int(g) for g in problem.group[choice]}))
    model.z = pyo.Var(
        model.positions,
        bounds=lambda _, r: ((floor[r] - rule[r]) / root[r], (cap[r] - rule[r]) / root[r]),  # limits
    )
    model.total = pyo.Constraint(
        model.groups,
        rule=lambda m, g: (
            pyo.quicksum(root[r] * m.z[r] for r in m.positions if problem.group[r] == g) == left[g]
        ),
    )
    model.change = pyo.Objective(expr=pyo.quicksum(model.z[r] ** 2 for r in model.positions))
    return model
