"""Which company number has which chance, and what that makes of the quotas."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.equal_chance import chance, most_reached
from engine.quotas.quota_set import QuotaSet
from engine.units import from_cents

Whole = NDArray[np.int64]

WISHED = (0.5, 0.7, 0.9)


def target_table(quotas: QuotaSet, over_assignment: float, bookings: Whole) -> pd.DataFrame:
    """Find the plan targets that the company reaches with a wished chance, beside the target that was set.

    Parameters
    ----------
    quotas
        The quotas that were set.
    over_assignment
        Sum of quotas / plan target - 1, as the scenario asks.
    bookings
        Bookings of simulated years, whole cents, shape (years, territories).

    Returns
    -------
    The columns of ``targets.csv``, the target that was set first. ``over_assignment`` is what the quotas as they
    stand are above that target, and ``share_at_quota`` belongs to it; ``share_at_new_quota`` is the share if all
    quotas were scaled to that target with the scenario's own over-assignment.
    """
    annual = quotas.annual_cents
    total, company = int(annual.sum()), bookings.sum(axis=1)
    counted = annual > 0
    stands = _share(bookings, annual, counted)
    rows = []
    wished = [int(most_reached(company[:, None], p)[0]) for p in WISHED]
    for name, target in zip(
        ("set", *(f"p{100 * p:.0f}" for p in WISHED)), (quotas.plan_target_cents, *wished), strict=True
    ):
        scaled = np.rint(annual * (target * (1 + over_assignment) / total))
        rows.append(
            {
                "target": name,
                "plan_target": from_cents(target),
                "p_plan": float((company >= target).mean()),
                "over_assignment": (total - target) / target if target else np.nan,
                "share_at_quota": stands,
                "share_at_new_quota": _share(bookings, scaled, counted),
            }
        )
    return pd.DataFrame(rows)


def _share(
    bookings: Whole, quotas: NDArray[np.int64] | NDArray[np.float64], counted: NDArray[np.bool_]
) -> float:
    return float(chance(bookings, quotas)[counted].mean())
