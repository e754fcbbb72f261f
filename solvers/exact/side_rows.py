"""Rules on groups of units and on what each territory of today loses, as rows over pairs of unit and territory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SideRow:
    """One row: lower <= sum of factor x over the pairs of some units and one territory <= upper.

    Parameters
    ----------
    rule
        ``together``, ``apart`` or ``leave``.
    territory
        The territory.
    units, factors
        Units and their factors, shape (n,).
    lower, upper
        Limits; infinite = none.
    """

    rule: str
    territory: int
    units: NDArray[np.intp]
    factors: Array
    lower: float
    upper: float


def side_rows(problem: TerritoryProblem, territories: NDArray[np.intp]) -> Iterator[SideRow]:
    """Write the rows of some territories.

    With V_it the value at risk that t has in i today, V_t its sum and C_t what may leave t:

    together   x_it - x_jt = 0                  for every t and two neighbours i, j in the list of a group
    apart      sum_i x_it <= 1                  for every t and group, i in the group
    leave      sum_i V_it x_it >= V_t - C_t     for every t, where it is limited; scaled by max(C_t, 1)
    """
    both = np.array([1.0, -1.0])
    for group in problem.together:
        for pair in pairwise(group):
            for t in territories.tolist():
                yield SideRow("together", t, np.array(pair, dtype=np.intp), both, 0.0, 0.0)
    for group in problem.apart:
        units = np.array(group, dtype=np.intp)
        for t in territories.tolist():
            yield SideRow("apart", t, units, np.ones(len(units)), -np.inf, 1.0)
    if problem.leave_limit is not None:
        today = problem.today_values()
        for t in territories.tolist():
            units = np.flatnonzero(today[:, t] > 0)
            scale = max(float(problem.leave_limit[t]), 1.0)
            value = today[units, t] / scale
            if len(units):
                stays = value.sum() - float(problem.leave_limit[t]) / scale
                yield SideRow("leave", t, units, value, stays, np.inf)
