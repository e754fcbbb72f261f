"""Territories drawn for expected bookings: simulate what potential brings whom, share it out, draw again, check on fresh years.

A territory's bookings rise with its potential, ever more slowly as its seller runs out of hours. These response curves are
simulated, made concave, and the potential is shared out so that their sum is greatest; the map is then drawn with these shares
as targets. Zoltners, Sinha 2005, "Sales territory design: thirty years of modeling and implementation", DOI
10.1287/mksc.1050.0133.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attainment import SalesField
from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem
from engine.units import from_cents

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

SCALES = (0.6, 0.8, 1.0, 1.2, 1.4)  # of a territory's potential and work at which years are simulated
CURVE_YEARS = range(2_000_000, 2_000_400)
FRESH_YEARS = range(3_000_000, 3_002_000)  # neither the curves' nor those that quotas are set on
WAYS = (1.0, 0.6, 0.3)  # parts of the way from today's shares to the wanted ones that are tried in turn
STANDARD_ERRORS = 2.0  # by which the gain must exceed 0


class SharesFunction(Protocol):
    """Find how much potential each territory should have, shape (territories,)."""

    def __call__(self, potential: Array, scales: Array, bookings: Array) -> Array: ...


@dataclass(frozen=True)
class Drawn:
    """A plan with the problem it solves and the sales field it makes."""

    problem: TerritoryProblem
    plan: TerritoryPlan
    field: SalesField

    @property
    def potential(self) -> Array:
        """Potential of each territory, shape (territories,)."""
        held = np.zeros(self.problem.territories)
        np.add.at(held, self.plan.assignment, self.problem.measures[:, 0])
        return held


@dataclass(frozen=True)
class Loop:
    """What came of it.

    Parameters
    ----------
    kept
        The new plan if its gain is sure, else the plan before.
    table
        ``closed_loop.csv``: a row a territory.
    promised, gain, error
        By the curves; on fresh years, paired, with its standard error; money a year. 0 where no new plan was found.
    redraw
        What drawing the map again for today's shares does on the same years: what no share is the cause of.
    by_shares, by_shares_error
        The gain over that map, and its standard error.
    accepted
        Whether the new plan is the one kept.
    """

    kept: Drawn
    table: pd.DataFrame
    promised: float
    gain: float
    error: float
    redraw: float
    by_shares: float
    by_shares_error: float
    accepted: bool

    def kpis(self, currency: str) -> list[tuple[str, object, str, str]]:
        """List the key figures: name, value, unit, meaning."""
        year = f"{currency} a year"
        kept = "more bookings of the map drawn for them" + ("" if self.accepted else ", which was not kept")
        return [
            ("bookings_promised", self.promised, year, f"{kept}, by the response curves"),
            ("bookings_gain", self.gain, year, f"{kept}, on fresh simulated years"),
            ("bookings_gain_error", self.error, year, "standard error of that gain, year by year"),
            (
                "bookings_redraw",
                self.redraw,
                year,
                "what drawing again for today's shares does on these years",
            ),
            ("bookings_by_shares", self.by_shares, year, "gain over the map drawn again for today's shares"),
            (
                "bookings_by_shares_error",
                self.by_shares_error,
                year,
                "standard error of that gain, year by year",
            ),
        ]


def close_loop(
    before: Drawn,
    draw: Callable[[Array], Drawn | None],
    book: Callable[[SalesField, range], Whole],
    shares: SharesFunction,
) -> Loop:
    """Draw the map again for expected bookings and keep it if fresh years say that it books more.

    More than the map before, and more than a map drawn again for today's shares: drawing again alone moves bookings,
    up or down, as other counties come near other homes.

    Parameters
    ----------
    before
        The plan with the scenario's own targets.
    draw
        Finds the plan for given shares of every measure, shape (territories,); None = there is none.
    book
        Simulates bookings of years, whole cents, shape (rows, territories); rows of a year stand together.
    shares
        Shares out the potential for the greatest sum of concave curves.

    Returns
    -------
    The plan that is kept and both figures: promised and re-simulated.
    """
    potential, scales = before.potential, np.array(SCALES)
    curves = np.column_stack(
        [book(scaled(before.field, scale), CURVE_YEARS).mean(axis=0) / 100 for scale in SCALES]
    )
    wanted = shares(potential, scales, curves)
    today = potential / potential.sum()
    after = _first(draw, today, wanted / wanted.sum())
    control = None if after is None else draw(today)
    old = by_year(book(before.field, FRESH_YEARS))
    new = old if after is None else by_year(book(after.field, FRESH_YEARS))
    again = old if control is None else by_year(book(control.field, FRESH_YEARS))
    reached = potential if after is None else after.potential
    promise = np.array([np.interp(g, scales, c) for g, c in zip(reached / potential, curves, strict=True)])
    promise -= np.array([np.interp(1.0, scales, c) for c in curves])
    gain, error = paired(new, old)
    by_shares, by_shares_error = paired(new, again)
    sure = gain > STANDARD_ERRORS * error and by_shares > STANDARD_ERRORS * by_shares_error
    kept = after if after is not None and sure else before
    ids = before.problem.territory_ids
    table = pd.DataFrame(
        {
            "territory_id": ids,
            "potential_before": potential,
            "potential_wanted": wanted,
            "potential_after": reached,
            "promised": [from_cents(round(100 * amount)) for amount in promise.tolist()],
            "bookings_before": [from_cents(round(100 * amount)) for amount in old.mean(axis=0).tolist()],
            "bookings_redrawn": [from_cents(round(100 * amount)) for amount in again.mean(axis=0).tolist()],
            "bookings_after": [from_cents(round(100 * amount)) for amount in new.mean(axis=0).tolist()],
            "share": kept.problem.share[:, 0],
        }
    )
    redraw = paired(again, old)[0]
    return Loop(
        kept, table, float(promise.sum()), gain, error, redraw, by_shares, by_shares_error, kept is after
    )


def paired(new: Array, old: Array) -> tuple[float, float]:
    """Give the mean difference of all bookings of a year, and its standard error; shape (years, territories) each."""
    difference = (new - old).sum(axis=1)
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))


def was_kept(kpis: Mapping[Any, float]) -> bool:
    """Say by the key figures of a run whether the map drawn for expected bookings was kept."""
    return all(
        kpis[name] > STANDARD_ERRORS * kpis[f"{name}_error"]
        for name in ("bookings_gain", "bookings_by_shares")
    )


def _first(draw: Callable[[Array], Drawn | None], today: Array, wanted: Array) -> Drawn | None:
    """Draw the map for the wanted shares, or, where the rules allow no such map, for shares part of the way there."""
    for way in WAYS:
        found = draw(today + way * (wanted - today))
        if found is not None:
            return found
    return None


def scaled(field: SalesField, scale: float) -> SalesField:
    """Give every territory more or less of everything: demand, and with it account care and travel."""
    return replace(field, demand=field.demand * scale, load_hours=field.load_hours * scale)


def by_year(rows: Whole) -> Array:
    """Average the rows of each of the fresh years, money, shape (years, territories)."""
    years = len(FRESH_YEARS)
    return np.asarray(rows.reshape(years, -1, rows.shape[1]).mean(axis=1) / 100)
