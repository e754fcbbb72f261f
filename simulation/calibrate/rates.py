"""Win rates of reps or units with few deals each, drawn towards the mean as far as luck alone explains them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv, betaln, chdtri

from engine.calibration import Ending, Estimate, StageHistory

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SPREADS = np.linspace(0.0, 1.0, 201)  # coefficients of variation that are tried
DROP = float(chdtri(1, 0.05)) / 2  # of the logarithm of the likelihood, at the ends of a 95 % interval


@dataclass(frozen=True)
class Groups:
    """Ended visits by group; arrays have shape (groups,).

    Parameters
    ----------
    names
        Groups with at least one ended visit.
    ended, won
        Visits that ended, and those of them that advanced.
    """

    names: tuple[str, ...]
    ended: Array
    won: Array

    @property
    def mean(self) -> float:
        """Share of all visits that advanced, never quite 0 or 1."""
        return float((self.won.sum() + 0.5) / (self.ended.sum() + 1))

    def correlation(self, spread: float) -> float:
        """Give the correlation of two visits of one group, when rates differ by this coefficient of variation."""
        return min(spread**2 * self.mean / (1 - self.mean), 0.999)

    def design_effect(self) -> float:
        """Give by how much groups that differ make the variance of the mean larger: Pearson's dispersion, at least 1."""
        expected = self.ended * self.mean
        pearson = (self.won - expected) ** 2 / (expected * (1 - self.mean))
        return max(1.0, float(pearson.sum()) / (len(self.names) - 1))


def groups_of(history: StageHistory, stage: int, kind: str) -> Groups | None:
    """Count the ended visits to a stage by ``owner`` or ``unit``; None when fewer than two are known."""
    group: Index = getattr(history, kind)
    names: tuple[str, ...] = getattr(history, f"{kind}s")
    counted = (history.stage == stage) & (history.ending != Ending.OPEN) & (group >= 0)
    ended = np.bincount(group[counted], minlength=len(names)).astype(np.float64)
    won = np.bincount(
        group[counted], weights=history.ending[counted] == Ending.ADVANCED, minlength=len(names)
    )
    there = ended > 0
    if there.sum() < 2:
        return None
    known = tuple(name for name, kept in zip(names, there, strict=True) if kept)
    return Groups(known, ended[there], won[there].astype(np.float64))


def fit_spread(groups: Groups) -> Estimate:
    """Fit how much groups' rates differ beyond luck.

    Parameters
    ----------
    groups
        Ended visits by group.

    Returns
    -------
    Coefficient of variation of the groups' rates with its 95 % interval by the likelihood of the beta-binomial law;
    0 when luck alone explains the differences.
    """
    likelihood = np.array([_log_likelihood(groups, float(spread)) for spread in SPREADS])
    inside = SPREADS[likelihood >= likelihood.max() - DROP]
    return Estimate(float(SPREADS[likelihood.argmax()]), float(inside[0]), float(inside[-1]))


def _log_likelihood(groups: Groups, spread: float) -> float:
    mean, rho = groups.mean, groups.correlation(spread)
    if rho == 0:
        return float(
            groups.won @ np.log(mean + 0 * groups.won) + (groups.ended - groups.won).sum() * np.log(1 - mean)
        )
    a, b = _prior(mean, rho)
    return float((betaln(a + groups.won, b + groups.ended - groups.won) - betaln(a, b)).sum())


def _prior(mean: float, rho: float) -> tuple[float, float]:
    size = 1 / rho - 1
    return mean * size, (1 - mean) * size


def shrunk_rates(groups: Groups, spread: float, kind: str) -> pd.DataFrame:
    """Draw each group's rate towards the mean: the posterior of the beta-binomial model.

    Parameters
    ----------
    groups
        Ended visits by group.
    spread
        How much their rates differ, coefficient of variation.
    kind
        What the groups are.

    Returns
    -------
    Columns ``kind, name, ended, won, rate, shrunk, low, high``: counts, observed rate, mean and 90 % interval of the
    posterior; no interval (NaN) where luck alone explains the differences.
    """
    rho = groups.correlation(spread)
    if rho > 0:
        a, b = _prior(groups.mean, rho)
        a_after, b_after = a + groups.won, b + groups.ended - groups.won
        shrunk = a_after / (a_after + b_after)
        low, high = (betaincinv(a_after, b_after, level) for level in (0.05, 0.95))
    else:
        shrunk = np.full(len(groups.ended), groups.mean)
        low = high = np.full(len(groups.ended), np.nan)  # one rate for all is no certainty about each
    return pd.DataFrame(
        {
            "kind": kind,
            "name": groups.names,
            "ended": groups.ended.astype(np.int64),
            "won": groups.won.astype(np.int64),
            "rate": groups.won / groups.ended,
            "shrunk": shrunk,
            "low": low,
            "high": high,
        }
    )
