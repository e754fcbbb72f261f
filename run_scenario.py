"""The command, and the only place that knows all three packages: `python run_scenario.py SCENARIO.yaml`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from engine import bootstrap

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.attainment import Attainment, SalesField
    from engine.calibration import Calibration, StageHistory
    from engine.pipeline import Progress
    from engine.plan import TerritoryPlan
    from engine.problem import TerritoryProblem
    from engine.quotas.closest import QuotaProblem
    from engine.scenario import schema


# All import when called: a mistake in a scenario must be told at once, before any solver is loaded.
def solve(
    problem: TerritoryProblem,
    settings: schema.Solve,
    *,
    seed: int,
    progress: Progress,
    before: NDArray[np.int32] | None = None,
) -> TerritoryPlan:
    """Find a territory plan; see `solvers.solve`."""
    import solvers

    return solvers.solve(problem, settings, seed=seed, progress=progress, before=before)


def refute(problem: TerritoryProblem, *, seed: int, time_limit: float, relax: bool) -> str:
    """Prove quickly that a problem has no plan; see `solvers.refute`."""
    import solvers

    return solvers.refute(problem, seed=seed, time_limit=time_limit, relax=relax)


def find(
    problem: TerritoryProblem, *, seed: int, time_limit: float, before: NDArray[np.int32] | None = None
) -> TerritoryPlan:
    """Find any plan of a problem; see `solvers.find`."""
    import solvers

    return solvers.find(problem, seed=seed, time_limit=time_limit, before=before)


def cheaper(problem: TerritoryProblem, before: NDArray[np.int32], *, seed: int) -> TerritoryPlan:
    """Make a plan cheaper; see `solvers.cheaper`."""
    import solvers

    return solvers.cheaper(problem, before, seed=seed)


def simulate(
    field: SalesField, settings: schema.Simulation, *, seed: int, workers: int | str, progress: Progress
) -> Attainment:
    """Simulate fiscal years of a sales field; see `simulation.simulate`."""
    import simulation

    return simulation.simulate(field, settings, seed=seed, workers=workers, progress=progress)


def bookings(
    field: SalesField, years: range, *, seed: int, workers: int | str, progress: Progress
) -> NDArray[np.int64]:
    """Simulate years to set quotas on; see `simulation.simulate_bookings`."""
    import simulation

    return simulation.simulate_bookings(field, years, seed=seed, workers=workers, progress=progress)


def watch(field: SalesField, *, seed: int, year: int) -> pd.DataFrame:
    """Tell every stage visit of one simulated year; see `simulation.watch_year`."""
    import simulation

    return simulation.watch_year(field, seed, year)


def closest(problem: QuotaProblem) -> NDArray[np.float64]:
    """Find quotas inside limits, closest to a rule's; see `solvers.closest_quotas`."""
    import solvers

    return solvers.closest_quotas(problem)


def best_potential(
    potential: NDArray[np.float64], scales: NDArray[np.float64], bookings: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share out potential for the greatest expected bookings; see `solvers.best_potential`."""
    import solvers

    return solvers.best_potential(potential, scales, bookings)


def calibrate(history: StageHistory, *, seed: int, progress: Progress) -> Calibration:
    """Fit a sales process on its history; see `simulation.calibrate`."""
    from simulation.calibrate import calibrate

    return calibrate(history, seed=seed, progress=progress)


if __name__ == "__main__":
    try:
        bootstrap.ensure()

        from engine.cli import main
    except KeyboardInterrupt:  # before the command could take care of it
        sys.stderr.write("interrupted; no run was written\n")
        sys.exit(130)
    sys.exit(main(sys.modules[__name__]))
