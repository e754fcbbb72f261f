"""A territory question that can be asked again with other rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem, build_problem
from engine.scenario.schema import Scenario
from engine.tables.tables import Tables


@dataclass(frozen=True)
class Question:
    """What a problem is made from.

    Parameters
    ----------
    scenario, tables
        The scenario and its checked tables.
    shares
        Part of every measure each territory should hold; as the scenario says when None.
    unlimited
        Measures whose limits do not hold; a deviation from their targets still costs what it did.
    """

    scenario: Scenario
    tables: Tables
    shares: NDArray[np.float64] | None = None
    unlimited: frozenset[str] = frozenset()

    def problem(self) -> TerritoryProblem:
        """Make the problem."""
        problem = build_problem(self.scenario, self.tables, self.shares)
        if not self.unlimited:
            return problem
        opened = np.isin(problem.measure_names, sorted(self.unlimited))
        return replace(
            problem,
            lower=np.where(opened, 0.0, problem.lower),
            upper=np.where(opened, problem.measures.sum(axis=0), problem.upper),
            oversize=problem.oversize & ~opened,
        )


Change = Callable[[Question], Question]
