"""Annual quotas spread over quarters and months."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.quotas.apportion import apportion
from engine.quotas.basis import QuotaBasis
from engine.units import MONTHS

Cents = NDArray[np.int64]


def phase(annual: Cents, basis: QuotaBasis) -> Cents:
    """Spread annual quotas over quarters, then months, by seasonality and the seat's presence.

    A month weighs the third of its quarter's demand times the part of it in which the seat is productive: no
    quota before the seat is filled, less while it ramps up. Where no demand falls in the productive months,
    presence alone decides.

    Parameters
    ----------
    annual
        Annual quotas, whole cents, shape (territories,).
    basis
        Seasonality, start dates and ramps.

    Returns
    -------
    Monthly quotas, whole cents, shape (territories, 12); each row sums exactly to the annual quota.
    """
    presence = basis.month_presence.reshape(-1, 4, 3)
    months = np.zeros((len(annual), 4, 3), dtype=np.int64)
    for row in np.flatnonzero(annual):
        by_quarter = presence[row].sum(axis=1)
        demand = by_quarter * basis.quarter_share[row]
        quarters = apportion(int(annual[row]), (demand if demand.any() else by_quarter).tolist())
        for quarter in np.flatnonzero(quarters):
            months[row, quarter] = apportion(quarters[quarter], presence[row, quarter].tolist())
    return months.reshape(-1, MONTHS)
