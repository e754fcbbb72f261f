"""The stages of a run, in order; solving and simulating are handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.attainment import Attainment, SalesField
from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem
from engine.scenario import schema

Progress = Callable[[str, float], None]  # name of the step, part done (0 to 1)


class SolveFunction(Protocol):
    """Find a territory plan."""

    def __call__(
        self, problem: TerritoryProblem, settings: schema.Solve, *, seed: int, progress: Progress
    ) -> TerritoryPlan: ...


class SimulateFunction(Protocol):
    """Simulate fiscal years of a sales field."""

    def __call__(
        self, field: SalesField, settings: schema.Simulation, *, seed: int, workers: int, progress: Progress
    ) -> Attainment: ...
