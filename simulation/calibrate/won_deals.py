"""Deals that were won, and the forecasts that simply draw them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.calibration import StageHistory

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Chosen = NDArray[np.bool_]

NOBODY = "(no owner)"


@dataclass(frozen=True)
class WonDeals:
    """Won deals; arrays have shape (deals,).

    Parameters
    ----------
    names
        Owners; the last stands for nobody.
    day, owner, amount
        Day of winning, place among the names, amount.
    """

    names: tuple[str, ...]
    day: Index
    owner: Index
    amount: Array

    def between(self, start: int, end: int) -> Chosen:
        """Choose the deals won from a day on until before another."""
        return (self.day >= start) & (self.day < end)

    def sums(self, chosen: Chosen) -> Array:
        """Sum the amounts by owner, shape (owners,)."""
        return np.bincount(self.owner[chosen], self.amount[chosen], len(self.names)).astype(np.float64)

    def drawn_again(self, chosen: Chosen, mean: float, draws: int, rng: np.random.Generator) -> Array:
        """Draw each deal a Poisson number of times and sum by owner, shape (draws, owners)."""
        times = rng.poisson(mean, (draws, int(chosen.sum())))
        owner, amount = self.owner[chosen], self.amount[chosen]
        rows = [np.bincount(owner, amount * row, len(self.names)) for row in times]
        return np.array(rows, dtype=np.float64)


def won_deals(history: StageHistory, mean: float) -> WonDeals:
    """Take the won deals out of a history; an amount that is not known counts as this mean."""
    won = history.won
    return WonDeals(
        names=(*history.owners, NOBODY),
        day=history.left[won],
        owner=np.where(history.owner[won] < 0, len(history.owners), history.owner[won]),
        amount=np.where(history.amount[won] > 0, history.amount[won], mean),
    )
