"""Solve an assignment model with contiguity: cut off what is not connected, and solve again."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from engine.plan import Status
from engine.problem import TerritoryProblem
from solvers.exact.assignment import Part
from solvers.exact.contiguity import add_separators, separators
from solvers.exact.highs import HighsModel

Index = NDArray[np.int32]


@dataclass(frozen=True)
class Found:
    """An assignment of a part and what is proved about it.

    Parameters
    ----------
    status
        ``optimal`` (within the gap, contiguous), ``feasible`` (contiguous), ``infeasible``, ``no_plan`` or ``error``.
    assignment
        Territory of each unit of the whole problem, shape (units,); the best seen, contiguous or not.
    connected
        Whether every territory of the part is one piece in ``assignment``.
    bound
        Lower limit of the part's optimum: every cut is valid, so each round's bound holds.
    timed_out
        Whether the time limit ended the search.
    """

    status: Status
    assignment: Index
    connected: bool
    bound: float
    timed_out: bool


def solve_connected(
    model: pyo.ConcreteModel,
    problem: TerritoryProblem,
    part: Part,
    start: Index,
    *,
    seed: int,
    time_limit: float,
    gap: float,
    rounds: int = 1000,
    nodes: int | None = None,
) -> Found:
    """Solve the model of a part and add separators until every territory is one piece.

    Parameters
    ----------
    model
        Assignment model of the part.
    problem, part
        What the model was built from.
    start
        Territory of each unit before, shape (units,); units outside the part keep it.
    seed, time_limit, gap
        Seed, seconds and relative gap of the solver.
    rounds
        Largest number of solves.
    nodes
        Largest number of nodes of each solve.

    Returns
    -------
    What was found; without an incumbent ``assignment`` is ``start``.
    """
    deadline = time.monotonic() + time_limit
    loaded = HighsModel(model, seed=seed)
    keys = np.array(list(model.x), dtype=np.intp)
    variables = list(model.x.values())
    assignment, connected, bound = start, False, -np.inf
    for _ in range(rounds):
        outcome = loaded.solve(time_limit=deadline - time.monotonic(), gap=gap, nodes=nodes)
        bound = max(bound, outcome.bound)
        if outcome.status not in (Status.OPTIMAL, Status.FEASIBLE):
            return Found(outcome.status, assignment, False, bound, outcome.timed_out)
        chosen = keys[loaded.values(variables) > 0.5]
        assignment = start.copy()
        assignment[chosen[:, 0]] = chosen[:, 1]
        cuts = separators(problem, assignment, part.territories) if problem.contiguous else []
        connected = not cuts
        if connected or outcome.timed_out:
            status = outcome.status if connected else Status.NO_PLAN
            return Found(status, assignment, connected, bound, outcome.timed_out)
        add_separators(model, part, cuts, assignment)
    return Found(Status.NO_PLAN, assignment, connected, bound, False)
