"""The Hess model in Pyomo, over the pairs that may still matter."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from solvers.exact.assignment import linear
from solvers.hess.cuts import Cut
from solvers.hess.problem import CentreProblem


def hess_model(
    problem: CentreProblem, pairs: NDArray[np.bool_], *, relax: bool, cutoff: float = np.inf
) -> pyo.ConcreteModel:
    """Build the Hess model.

    Sets: units i, candidate centres j, pairs P, activities m. Parameters: c_ij cost, w_im activity, L_jm and U_jm limits, k
    number of centres, o(j) own unit of j, T cutoff. Variables: x_ij in {0, 1} (between them when relaxed): unit i belongs to
    centre j; j is open when it holds its own unit: y_j = x_o(j)j.

    minimise  sum c_ij x_ij
    once       sum_j x_ij = 1                       for every i
    centres    sum_j y_j = k
    floor      sum_i w_im x_ij >= L_jm y_j          for every j, m with L_jm > 0
    ceiling    sum_i w_im x_ij <= U_jm y_j          for every j, m
    opened     x_ij <= y_j                          for every pair
    cutoff     sum c_ij x_ij <= T                   when T is finite
    cuts       x_ij <= sum over s in S of x_sj      added while solving (solvers.hess.cuts)

    Source: Hess, Weaver, Siegfeldt, Whelan, Zitlau 1965, DOI 10.1287/opre.13.6.998.

    Parameters
    ----------
    problem
        The centre problem.
    pairs
        Pairs that may be used, shape (units, candidates).
    relax
        Whether to solve the linear relaxation.
    cutoff
        Largest cost of interest.

    Returns
    -------
    The model; ``model.x`` is indexed by (unit, candidate), in the order of ``np.nonzero(pairs)``.
    """
    model = pyo.ConcreteModel()
    units, candidates = np.nonzero(pairs)
    keys = list(zip(units.tolist(), candidates.tolist(), strict=True))
    model.x = pyo.Var(keys, domain=pyo.UnitInterval if relax else pyo.Binary)
    x = list(model.x.values())
    cost = problem.cost[units, candidates].tolist()
    model.cost = pyo.Objective(expr=linear(cost, x))
    model.once = pyo.ConstraintList()
    for places in np.split(np.arange(len(keys)), np.flatnonzero(np.diff(units)) + 1):
        model.once.add(linear([1.0] * len(places), [x[p] for p in places]) == 1)
    open_candidates = np.unique(candidates).tolist()
    own = {j: model.x[int(problem.candidates[j]), j] for j in open_candidates}
    model.centres = pyo.Constraint(expr=linear([1.0] * len(own), list(own.values())) == problem.count)
    model.floor, model.ceiling, model.opened = (
        pyo.ConstraintList(),
        pyo.ConstraintList(),
        pyo.ConstraintList(),
    )
    for j in open_candidates:
        held = np.flatnonzero(candidates == j)
        variables = [x[p] for p in held.tolist()]
        for m in range(problem.activities.shape[1]):
            load = problem.activities[units[held], m].tolist()
            if problem.lower[j, m] > 0:
                model.floor.add(linear([*load, -float(problem.lower[j, m])], [*variables, own[j]]) >= 0)
            model.ceiling.add(linear([*load, -float(problem.upper[j, m])], [*variables, own[j]]) <= 0)
        if not problem.all_open:
            for variable in variables:
                if variable is not own[j]:
                    model.opened.add(linear([1.0, -1.0], [variable, own[j]]) <= 0)
    if np.isfinite(cutoff):
        model.cutoff = pyo.Constraint(expr=linear([c / cutoff for c in cost], x) <= 1)
    model.cuts = pyo.ConstraintList()
    return model


def add_cuts(model: pyo.ConcreteModel, cuts: list[Cut]) -> None:
    """Add those cuts whose unit the model still has at their centre."""
    pairs = set(model.x)
    for unit, centre, between in cuts:
        if (unit, centre) in pairs:
            others = [model.x[s, centre] for s in between if (s, centre) in pairs]
            model.cuts.add(linear([1.0] + [-1.0] * len(others), [model.x[unit, centre], *others]) <= 0)


def add_order(model: pyo.ConcreteModel, problem: CentreProblem) -> None:
    """Ask every unit for a neighbour in its territory that is on a shorter way to the centre.

    Plans that keep it are connected, but not all connected plans keep it: for finding plans, never for a bound
    (Zoltners, Sinha 1983, DOI 10.1287/mnsc.29.11.1237).
    """
    model.order = pyo.ConstraintList()
    graph = problem.graph
    if graph is None:
        return
    network = csr_array((graph.lengths, graph.indices, graph.indptr), shape=(problem.units,) * 2)
    centres = sorted({j for _, j in model.x})
    ways = dict(zip(centres, dijkstra(network, indices=problem.candidates[centres]), strict=True))
    for (unit, centre), held in model.x.items():
        if unit == problem.candidates[centre]:
            continue
        around = graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]].tolist()
        away = ways[centre]
        nearer = [model.x[o, centre] for o in around if away[o] < away[unit] and (o, centre) in model.x]
        model.order.add(linear([1.0] + [-1.0] * len(nearer), [held, *nearer]) <= 0)
