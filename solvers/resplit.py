"""Large-neighbourhood step: take a few neighbouring territories apart and let HiGHS put them together again."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.exact.assignment import Part, assignment_model
from solvers.exact.ordering import add_ordering, way_to_roots
from solvers.exact.search import Found, solve_connected

Array = NDArray[np.float64]
Index = NDArray[np.int32]

# Money per 1.00 of violation of a limit, as a multiple of the whole plan's cost: any violation is worse than any plan.
ELASTIC = 100.0
STEP_GAP = 0.002
STEP_NODES = 20
STEP_ROUNDS = 2  # the ordering connects nearly always; a second round repairs the rest


class Alignment(Protocol):
    """Where every unit is and from where each territory travels."""

    @property
    def assignment(self) -> Index:
        """Territory of each unit."""

    @property
    def centres(self) -> Index:
        """Centre unit of each territory."""


def resplit(
    problem: TerritoryProblem,
    costs: Array,
    lengths: Array,
    present: Alignment,
    territories: NDArray[np.intp],
    *,
    seed: int,
    time_limit: float,
) -> Found:
    """Solve the assignment of some territories' units again, everything else fixed.

    Parameters
    ----------
    problem, costs
        The problem and its costs, money per year, shape (units, territories).
    lengths
        Length of each CSR edge, km.
    present
        The present alignment.
    territories
        Territories to take apart, ascending.
    seed, time_limit
        Seed of HiGHS and seconds.

    Returns
    -------
    What was found; limits are elastic, so a plan outside them can come back and must be compared, not trusted.
    """
    part = part_of(problem, present.assignment, territories)
    roots = _roots(problem, present, territories)
    ways = way_to_roots(problem, lengths, roots, territories, present.assignment)
    worst = ELASTIC * float(costs[np.arange(problem.units), present.assignment].sum())
    model = assignment_model(problem, part, costs, elastic=worst)
    add_ordering(model, problem, part, roots, ways)
    return solve_connected(
        model,
        problem,
        part,
        present.assignment,
        seed=seed,
        time_limit=time_limit,
        gap=STEP_GAP,
        rounds=STEP_ROUNDS,
        nodes=STEP_NODES,
    )


def part_of(problem: TerritoryProblem, assignment: Index, territories: NDArray[np.intp]) -> Part:
    """Make the part that takes some territories apart."""
    units = np.flatnonzero(np.isin(assignment, territories))
    pairs = problem.allowed[np.ix_(units, territories)]
    # a unit that must move elsewhere entirely (a lock the start broke) stays where it is until a part holds its territory
    pairs[~pairs.any(axis=1)] = assignment[units[~pairs.any(axis=1)], None] == territories
    kept = np.ones(problem.units, dtype=bool)
    kept[units] = False
    moved = float(problem.handed_over(assignment)[kept].sum())
    size = (len(territories), len(problem.measure_names))
    return Part(units, territories, pairs, np.zeros(size), np.zeros(size), moved)


def _roots(problem: TerritoryProblem, present: Alignment, territories: NDArray[np.intp]) -> Index:
    """Root each territory at its centre, or, when another territory holds that unit, at its member nearest to it."""
    roots = present.centres.copy()
    points = problem.centre_points(present.centres)
    for territory in territories.tolist():
        if present.assignment[roots[territory]] != territory:
            members = np.flatnonzero(present.assignment == territory)
            roots[territory] = members[
                int(distance_km(problem.unit_points[members], points[[territory]]).argmin())
            ]
    return roots
