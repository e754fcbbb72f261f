"""A territory plan: which unit belongs to which territory, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Status(StrEnum):
    """What a solver may claim about a plan."""

    OPTIMAL = "optimal"  # proved: the gap is within the solver's tolerance
    FEASIBLE = "feasible"  # every hard rule holds; the gap is stated
    INFEASIBLE = "infeasible"  # proved that no plan exists
    NO_PLAN = "no_plan"  # nothing found within the limits, nothing proved
    ERROR = "error"  # the solver failed or contradicted itself


@dataclass(frozen=True)
class TerritoryPlan:
    """An alignment with its objective, its lower bound and how it was found.

    Parameters
    ----------
    status
        What is claimed about the plan.
    assignment
        Territory index of each unit, shape (units,); -1 everywhere when there is no plan.
    centres
        Unit index of each territory's centre, shape (territories,); for a territory with a home base
        the unit nearest to it.
    objective
        Money per year; NaN when there is no plan.
    bound
        No plan that keeps the rules can cost less than this, money per year.
    stages
        Name and wall seconds of each stage, in order.
    seed
        Seed of the search.
    reproducible
        False when a time limit, not the search itself, ended a stage.
    reason
        Why there is no plan, or why an earlier one was not kept, in the user's words; empty otherwise.
    interrupted
        Whether Ctrl-C ended the search early.
    """

    status: Status
    assignment: NDArray[np.int32]
    centres: NDArray[np.int32]
    objective: float
    bound: float
    stages: tuple[tuple[str, float], ...]
    seed: int
    reproducible: bool = True
    reason: str = ""
    interrupted: bool = False

    @property
    def found(self) -> bool:
        """Whether there is a plan."""
        return self.status in (Status.OPTIMAL, Status.FEASIBLE)

    @property
    def gap(self) -> float:
        """Largest possible improvement as a share of the objective (0.02 = 2 %)."""
        return max(0.0, 1.0 - self.bound / self.objective) if self.objective > 0 else 0.0
