"""An alignment as the staged search sees it: where every unit is, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.measures import objective, pieces, territory_sums, upper_limits, values_left
from engine.problem import TerritoryProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]

KEPT = 1e-9  # a violation below this, as a share of the target, is rounding


@dataclass(frozen=True)
class State:
    """An alignment with its quality: violation first, then cost.

    Parameters
    ----------
    assignment
        Territory of each unit, shape (units,).
    centres
        Unit index of each territory's centre, shape (territories,).
    violation
        Sum of all violations of limits, as shares of the targets, plus 1 for every piece too many, every unit where it
        may not be and every unit that is not apart from another.
    cost
        Objective, money per year.
    """

    assignment: Index
    centres: Index
    violation: float
    cost: float

    @property
    def feasible(self) -> bool:
        """Whether every limit is kept."""
        return self.violation <= KEPT

    def better_than(self, other: State) -> bool:
        """Compare with a tolerance far below a cent and far below any tolerance a user can write."""
        if not (self.feasible and other.feasible) and abs(self.violation - other.violation) > KEPT:
            return self.violation < other.violation
        return self.cost < other.cost - 1e-6 * abs(other.cost)


def evaluate(problem: TerritoryProblem, assignment: Index, centres: Index) -> State:
    """Count an alignment's violations and cost from scratch."""
    outside = float(violation(problem, assignment).sum())
    outside += float((~problem.allowed[np.arange(problem.units), assignment]).sum())
    outside += float(too_much_left(problem, assignment).sum()) + len(crowded(problem, assignment))
    moved = problem.handed_over(assignment).sum()
    if moved > problem.disruption_limit:
        outside += float(moved / max(problem.disruption_limit, 1.0) - 1.0)
    if problem.contiguous:
        outside += float(np.maximum(pieces(problem, assignment) - 1, 0).sum())
    return State(assignment, centres, outside, objective(problem, assignment, centres))


def violation(problem: TerritoryProblem, assignment: Index) -> Array:
    """Measure how far each territory's sums lie outside their limits, as shares of the target, shape (territories, measures)."""
    sums = territory_sums(problem, assignment)
    outside = np.maximum(problem.lower - sums, sums - upper_limits(problem, assignment))
    return np.maximum(outside, 0.0) / problem.targets


def too_much_left(problem: TerritoryProblem, assignment: Index) -> Array:
    """Measure how much more value leaves each territory of today than may, as a share of that limit, shape (territories,)."""
    if problem.leave_limit is None:
        return np.zeros(problem.territories)
    excess = values_left(problem, assignment) - problem.leave_limit * (1 + KEPT)
    return np.maximum(excess, 0.0) / np.maximum(problem.leave_limit, 1.0)


def crowded(problem: TerritoryProblem, assignment: Index) -> NDArray[np.intp]:
    """List the units whose territory holds an earlier unit of a group that must be apart, once for each such group."""
    found = []
    for group in problem.apart:
        units = np.array(group, dtype=np.intp)
        _, first = np.unique(assignment[units], return_index=True)
        found.append(np.delete(units, first))
    return np.concatenate(found) if found else np.empty(0, dtype=np.intp)


def territory_links(problem: TerritoryProblem, assignment: Index) -> NDArray[np.bool_]:
    """Tell which territories lie next to each other, shape (territories, territories)."""
    rows = np.repeat(assignment, np.diff(problem.indptr))
    links = np.zeros((problem.territories, problem.territories), dtype=bool)
    links[rows, assignment[problem.indices]] = True
    np.fill_diagonal(links, False)
    return links
