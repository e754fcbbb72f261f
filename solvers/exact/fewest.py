"""The fewest units that must change hands so that an alignment keeps every rule: an exact model of some territories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from scipy.sparse import csr_array

from engine.measures import objective_parts
from engine.problem import TerritoryProblem
from solvers.exact.assignment import Part, assignment_model, linear
from solvers.exact.search import Found, solve_connected
from solvers.resplit import part_of
from solvers.state import State

Array = NDArray[np.float64]
Index = NDArray[np.int32]

WITHIN = 0.005  # part of the earlier cost that a plan with fewer changes may cost more
BEYOND = (
    2000.0  # changed units that more by the whole earlier cost is worth: each 0.05 % beyond is worth a unit
)
PART = 0.4  # of a changed unit: all value together, and all cost together, weigh less than one unit
GAP = 0.01
NODES = 100
ROUNDS = 20


def fewest_changes(
    problem: TerritoryProblem,
    state: State,
    group: NDArray[np.intp],
    depth: int,
    *,
    seed: int,
    time_limit: float,
) -> Found:
    """Change as few units of some territories as the rules ask for, then the least value, then for the least cost.

    minimise   sum over i, t != h_i of (1 + PART v_i / V + PART (c_it - c_ih) / C) x_it + BEYOND e / C
    budget     sum c_it x_it + sum p_m d_tm - e <= (1 + WITHIN) C - what is spent outside the part

    with h_i the unit's territory now, v_i its value at risk, C the cost now and e >= 0 what is beyond the budget; all rules of
    `solvers.exact.assignment` are hard. A unit that must go to a territory it does not touch is joined to it by a flow of one
    through units of that territory, which cuts alone would find slowly.

    Parameters
    ----------
    problem
        The territory problem.
    state
        The alignment to change.
    group
        Territories that may change, ascending.
    depth
        How many units deep a territory may reach into another one.
    seed, time_limit
        Seed of HiGHS and seconds.

    Returns
    -------
    What was found.
    """
    part, costs = part_of(problem, state.assignment, group), problem.costs(state.centres)
    part, apart = _within_reach(problem, state, part, depth)
    kept = ~np.isin(state.assignment, group)
    imbalance = objective_parts(problem, state.assignment, state.centres).imbalance
    outside = float(costs[kept, state.assignment[kept]].sum() + np.delete(imbalance, group).sum())
    model = assignment_model(problem, part, costs)
    _ask_for_fewest(model, problem, state, outside, costs)
    if problem.contiguous:
        _join(model, problem, state, apart)
    return solve_connected(
        model,
        problem,
        part,
        state.assignment,
        seed=seed,
        time_limit=time_limit,
        gap=GAP,
        nodes=NODES,
        rounds=ROUNDS,
    )


def _within_reach(problem: TerritoryProblem, state: State, part: Part, depth: int) -> tuple[Part, list[int]]:
    """Leave out pairs of units and territories that lie deeper than asked; list units locked to a territory they do not touch."""
    steps = steps_to(problem, state.assignment, part.territories)[part.units]
    stay = problem.allowed[part.units, state.assignment[part.units]]
    to_own = np.where(part.pairs, steps, problem.units).min(axis=1)
    reach = depth + int(to_own[~stay].max(initial=0))
    pairs = part.pairs & ((steps <= reach) | ~stay[:, None])
    locked = ~stay & (to_own > 1) & (problem.locked[part.units] >= 0)
    return replace(part, pairs=pairs), part.units[locked].tolist()


def steps_to(
    problem: TerritoryProblem, assignment: Index, territories: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Count the steps over neighbours from every unit to each territory, shape (units, territories); units = out of reach."""
    size = problem.units
    links = csr_array(
        (np.ones(len(problem.indices), dtype=np.int8), problem.indices, problem.indptr), shape=(size, size)
    )
    reached = assignment[:, None] == territories
    steps = np.where(reached, 0, size)
    for step in range(1, size):
        wider = reached | (links @ reached.astype(np.int32) > 0)
        if (wider == reached).all():
            break
        steps[wider & ~reached] = step
        reached = wider
    return steps


def _ask_for_fewest(
    model: pyo.ConcreteModel, problem: TerritoryProblem, state: State, outside: float, costs: Array
) -> None:
    """Turn the cost into a soft limit, and minimise changed units."""
    here, scale = state.assignment.tolist(), max(state.cost, 1.0)
    value = PART * problem.handoff_value / max(float(problem.handoff_value.sum()), 1.0)
    changes = [(i, t) for i, t in model.x if t != here[i]]
    weights = [
        1.0 + float(value[i]) + PART * float(costs[i, t] - costs[i, here[i]]) / scale for i, t in changes
    ]
    model.excess = pyo.Var(domain=pyo.NonNegativeReals)
    cost = model.cost.expr
    model.budget = pyo.Constraint(expr=cost / scale - model.excess <= 1 + WITHIN - outside / scale)
    model.cost.set_value(linear([*weights, BEYOND], [*(model.x[pair] for pair in changes), model.excess]))


def _join(model: pyo.ConcreteModel, problem: TerritoryProblem, state: State, apart: list[int]) -> None:
    """Send a flow of one from each such unit through units of its territory to the territory's largest unit today."""
    model.flow = pyo.VarList(domain=pyo.UnitInterval)
    model.joined = pyo.ConstraintList()
    pairs = set(model.x)
    for unit in apart:
        territory = int(problem.locked[unit])
        members = np.flatnonzero(state.assignment == territory)
        root = int(members[np.argmax(problem.measures[members, 0])])
        nodes = [i for i, t in model.x if t == territory]
        out: dict[int, list[pyo.Var]] = {i: [] for i in nodes}
        into: dict[int, list[pyo.Var]] = {i: [] for i in nodes}
        for i in nodes:
            for j in problem.indices[problem.indptr[i] : problem.indptr[i + 1]].tolist():
                if (j, territory) in pairs:
                    arc = model.flow.add()
                    out[i].append(arc)
                    into[j].append(arc)
        for i in nodes:
            gain = 1.0 * (i == unit) - 1.0 * (i == root)
            model.joined.add(sum(out[i]) - sum(into[i]) == gain)
            if i not in (unit, root):
                model.joined.add(sum(into[i]) <= model.x[i, territory])
        model.joined.add(model.x[root, territory] >= 1)
