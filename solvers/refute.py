"""Quick proofs that a problem has no plan."""

from __future__ import annotations

import numpy as np

from engine.plan import Status
from engine.problem import TerritoryProblem
from solvers.construct import first_centres
from solvers.preflight import conflicts
from solvers.relaxation import relaxed_prices

DIVISIBLE = "even if units could be divided and territories were in pieces, the limits and who may have what exclude each other"


def refute(problem: TerritoryProblem, *, seed: int, time_limit: float, relax: bool = True) -> str:
    """Prove by arithmetic, or by the linear relaxation solved twice, that a problem has no plan.

    Parameters
    ----------
    problem
        The problem.
    seed, time_limit
        Seed of HiGHS; seconds.
    relax
        Whether to solve the relaxation where arithmetic proves nothing.

    Returns
    -------
    Why there is none, in the user's words; empty when that is not proved.
    """
    if found := conflicts(problem):
        return found[0]
    if not relax:
        return ""
    costs = problem.costs(first_centres(problem, np.random.default_rng(seed)))
    status, _ = relaxed_prices(problem, costs, seed=seed, time_limit=time_limit)
    return DIVISIBLE if status is Status.INFEASIBLE else ""
