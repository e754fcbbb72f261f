"""How much of what the drivers' uncertainty does to bookings is each driver's own: Sobol indices by Saltelli's sampling."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from engine.attainment import SalesField
from simulation.drivers import DRIVERS, STEP, moved
from simulation.replicate import replicate

Array = NDArray[np.float64]

YEARS = 10  # at each point; the same ones, so that their luck does not count
RESAMPLES = 400
COLUMNS = ("driver", "first", "first_low", "first_high", "total", "total_low", "total_high")


def sobol_table(
    field: SalesField,
    seed: int,
    points: int,
    workers: int | str,
    progress: Callable[[str, float], None],
) -> pd.DataFrame:
    """Move all drivers at once, each anywhere within a tenth, and share out the variance of mean bookings.

    Parameters
    ----------
    field
        The field as it is.
    seed
        Seed of the scenario.
    points
        Points to begin with, rounded up to a power of two; each costs as many times ten years as there are drivers, and two.
    workers
        Threads, or the address of a Dask scheduler; they change no result.
    progress
        Told the step and the part of it that is done.

    Returns
    -------
    By driver the share of the variance that it makes alone (first) and with others (total), with 95 % intervals by bootstrap;
    those of the placebo are exactly 0.
    """
    size = len(DRIVERS)
    unit = qmc.Sobol(2 * size, rng=np.random.default_rng(seed)).random_base2(
        math.ceil(math.log2(max(points, 2)))
    )
    one, two = (1 + STEP * (2 * half - 1) for half in (unit[:, :size], unit[:, size:]))
    sets = [one, two]
    for driver in range(size):
        sets.append(one.copy())
        sets[-1][:, driver] = two[:, driver]
    every, found = np.concatenate(sets), []
    for place, factors in enumerate(every):
        case = moved(field, dict(zip(DRIVERS, factors.tolist(), strict=True)))
        years = replicate(case, seed, YEARS, workers, lambda _: None)
        found.append(years.bookings_cents.sum(axis=(1, 2)).mean())
        progress("shares of the drivers", (place + 1) / len(every))
    values = np.array(found).reshape(size + 2, -1)
    rng = np.random.default_rng([seed, size])
    again = [rng.integers(0, values.shape[1], values.shape[1]) for _ in range(RESAMPLES)]
    middle = indices(values)
    low, high = np.percentile([indices(values[:, rows]) for rows in again], [2.5, 97.5], axis=0)
    columns = [part[which] for which in (0, 1) for part in (middle, low, high)]
    return pd.DataFrame(dict(zip(COLUMNS, [list(DRIVERS), *columns], strict=True)))


def indices(values: Array) -> Array:
    """Estimate the first and the total index of every input.

    Parameters
    ----------
    values
        Of a function at points of two independent sets, then at those of the first set with one input after the other from the
        second, shape (inputs + 2, points).

    Returns
    -------
    Shape (2, inputs); 0 where the function does not vary.

    References
    ----------
    Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola 2010, Variance based sensitivity analysis of model output, table 2 (b) and
    (f), DOI 10.1016/j.cpc.2009.09.018.
    """
    one, two, mixed = values[0], values[1], values[2:]
    variance = np.concatenate([one, two]).var()
    if variance == 0:
        return np.zeros((2, len(mixed)))
    # less the mean, which no index depends on: bookings are millions, and what varies is a small part of them
    first = ((two - np.concatenate([one, two]).mean()) * (mixed - one)).mean(axis=1)
    total = ((one - mixed) ** 2).mean(axis=1) / 2
    return np.stack([first, total]) / variance
