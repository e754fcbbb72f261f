"""Calibration on one screen: fit, rates of reps and units, back-test, what a reader must know."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from engine.calibration import Calibration, StageHistory
from simulation.calibrate.back_test import back_test
from simulation.calibrate.fit import fit_process
from simulation.calibrate.notes import notes
from simulation.calibrate.rates import fit_spread, groups_of, shrunk_rates


def calibrate(history: StageHistory, *, seed: int, progress: Callable[[str, float], None]) -> Calibration:
    """Fit a sales process on the history of opportunities, and test it on the past.

    Parameters
    ----------
    history
        Visits to stages; each stage has at least 10 that ended, and at least 10 won deals have an amount.
    seed
        Seed of the back-test.
    progress
        Told the step and the part of it that is done.

    Returns
    -------
    The process with everything that a report says about it.
    """
    progress("fit", 0.0)
    fit = fit_process(history)
    last = len(history.stages) - 1
    tables = []
    for kind in ("owner", "unit"):
        groups = groups_of(history, last, kind)
        if groups is not None:
            tables.append(shrunk_rates(groups, fit_spread(groups).value, kind))
    quarters = back_test(history, seed, progress)
    columns = ["kind", "name", "ended", "won", "rate", "shrunk", "low", "high"]
    return Calibration(
        history=history,
        process=fit.process,
        stages=fit.stages,
        demand=fit.demand,
        amount=fit.amount,
        skill=fit.skill,
        rates=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns),
        quarters=quarters,
        notes=notes(history, fit, quarters),
    )
