"""The whole simulation on one screen: base case, stress cases, tables."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attainment import Attainment, SalesField
from engine.errors import InputError
from engine.scenario.schema import Simulation
from simulation import statistics
from simulation.check import field_findings
from simulation.drivers import driver_table
from simulation.model import Case, compile_case
from simulation.records import visit_table
from simulation.replicate import replicate
from simulation.sobol import sobol_table
from simulation.streams import Stream
from simulation.stress import base_case, own_case, stress_case
from simulation.year import Results, simulate_year, skills


def simulate(
    field: SalesField,
    settings: Simulation,
    *,
    seed: int,
    workers: int | str,
    progress: Callable[[str, float], None],
) -> Attainment:
    """Simulate fiscal years of a sales field, as it is and under stress.

    Parameters
    ----------
    field
        Territories, sellers, demand, process and quotas.
    settings
        Number of replications and stress cases.
    seed
        Seed of every random number.
    workers
        Threads, or the address of a Dask scheduler; the result does not depend on it.
    progress
        Told the step and the part of it that is done.

    Returns
    -------
    Bookings and what they say about the quotas. Ctrl-C ends a part early and keeps what is finished: of the base case its
    first years, of the stress cases those that are done, without drivers. The result is, byte for byte, that of the smaller
    ``settings`` it names.

    Raises
    ------
    InputError
        If the field is too large to be simulated.
    StorageError
        If worker processes died twice.
    """
    if findings := field_findings(field):
        raise InputError(findings)

    def years_of(case: Case, keep: bool = False) -> Results:
        step = f"simulate {case.name}"
        return replicate(case, seed, settings.years, workers, lambda done: progress(step, done), keep=keep)

    base = years_of(base_case(field), keep=True)
    if len(base.won) < settings.years:
        settings = settings.model_copy(update={"replications": len(base.won), "half_width": None})
    expected = base.bookings_cents.sum(axis=2).mean(axis=0)
    cases = [stress_case(name, field, expected) for name in dict.fromkeys(settings.stress)]
    cases += [own_case(case, field) for case in settings.cases]
    stressed: dict[str, Results] = {}
    try:
        for case in cases:
            stressed[case.name] = overlay(base, years_of(case))
        drivers = driver_table(field, base, seed, settings.drivers, workers, progress)
        if settings.sobol and settings.drivers:
            shares = sobol_table(field, seed, settings.sobol, workers, progress)
            drivers = drivers.merge(shares, on="driver", how="left")
    except KeyboardInterrupt:
        settings = only(settings, stressed)
        drivers = driver_table(field, base, seed, 0, workers, progress)
    return Attainment(
        replications=settings.years,
        settings=settings,
        bookings=statistics.bookings_table(field, base),
        summary=statistics.attainment_table(field, base),
        months=statistics.months_table(field, base),
        stress=statistics.stress_table(field, base, stressed),
        year=watch_year(field, seed, 0),
        share_at_quota=statistics.share_at_quota(field, base),
        drivers=drivers,
        person_share=statistics.person_share(base, _first_skills(field, seed, settings.years)),
    )


def only(settings: Simulation, finished: Collection[str]) -> Simulation:
    """Leave the stress cases that are finished, and no drivers."""
    kept = {
        "stress": [name for name in settings.stress if name in finished],
        "cases": [case for case in settings.cases if case.name in finished],
        "drivers": 0,
        "sobol": 0,
    }
    return settings.model_copy(update=kept)


def overlay(base: Results, results: Results) -> Results:
    """Take the territories that were not simulated again from the base case."""
    again = results.simulated
    return Results(
        *(
            np.where(again.reshape(*again.shape, *[1] * (new.ndim - 2)), new, old)
            for new, old in zip(results, base, strict=True)
        )
    )


def _first_skills(field: SalesField, seed: int, replications: int) -> NDArray[np.float64]:
    """Repeat the draw of how well whoever is first in each seat closes, shape (replications, territories)."""
    model = compile_case(base_case(field))
    return np.stack([skills(model, Stream(seed, r))[:, 0] for r in range(replications)])


def watch_year(field: SalesField, seed: int, year: int) -> pd.DataFrame:
    """Write every stage visit of one replication of the field as it is, as the SimPy model tells it."""
    model = compile_case(base_case(field))
    deals, _, records = simulate_year(model, Stream(seed, year), engine="simpy")
    return visit_table(field, deals, records)
