"""Which rule on places, groups or today's value an alignment breaks, in the user's words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem
from solvers.state import crowded, too_much_left


def unkept(problem: TerritoryProblem, assignment: NDArray[np.int32]) -> str:
    """Name the first such rule that the best alignment found breaks; empty = none."""
    units, names = problem.unit_ids, problem.territory_ids
    wrong = np.flatnonzero(~problem.allowed[np.arange(problem.units), assignment])
    if len(wrong):
        unit = int(wrong[0])
        may = ", ".join(names[t] for t in np.flatnonzero(problem.allowed[unit])[:5].tolist())
        return f"no plan found takes unit {units[unit]} to a territory that may have it ({may}); look at what lies between them"
    beside = crowded(problem, assignment)
    if len(beside):
        unit = int(beside[0])
        return (
            f"the best plan found leaves unit {units[unit]} in {names[assignment[unit]]} with another one of its group in rules.apart; "
            "allow more time or widen the tolerances"
        )
    left = too_much_left(problem, assignment)
    if left.any():
        return (
            f"in the best plan found more account value leaves {names[int(left.argmax())]} than disruption.max_share_per_rep allows; "
            "raise it, allow more time or widen the tolerances"
        )
    return ""
