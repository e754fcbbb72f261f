"""The quotas of a plan, exact to the cent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class QuotaSet:
    """Annual and monthly quotas of every position.

    Parameters
    ----------
    territory_ids
        Positions, shape (territories,).
    annual_cents
        Annual quota, whole cents, shape (territories,); sums exactly to plan target x (1 + over-assignment).
    month_cents
        Monthly quotas, shape (territories, 12); each row sums exactly to the annual quota.
    plan_target_cents
        The company number.
    rule
        The rule that shared out the total.
    reasons
        One written reason per position.
    chance
        Chance to reach the quota that the rule gives to all positions no limit holds; NaN for rules that give
        none, shape (territories,).
    floor_cents, cap_cents
        Least and most that the limits allow, whole cents, shape (territories,).
    component_cents
        Components of each annual quota, whole cents, shape (territories, components); none without components.
    """

    territory_ids: tuple[str, ...]
    annual_cents: NDArray[np.int64]
    month_cents: NDArray[np.int64]
    plan_target_cents: int
    rule: str
    reasons: tuple[str, ...]
    chance: NDArray[np.float64]
    floor_cents: NDArray[np.int64]
    cap_cents: NDArray[np.int64]
    component_cents: NDArray[np.int64]

    @property
    def quarter_cents(self) -> NDArray[np.int64]:
        """Quotas by fiscal quarter, shape (territories, 4)."""
        quarters: NDArray[np.int64] = self.month_cents.reshape(len(self.territory_ids), 4, 3).sum(axis=2)
        return quarters
