"""Whether each quota fits the hours of its seat and the potential of its territory."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.basis import QuotaBasis
from engine.quotas.quota_set import QuotaSet
from engine.units import from_cents

Array = NDArray[np.float64]

FULL = 100  # per cent of the hours of the seat, rounded as it is told
RICH = 1.25  # quota per potential against the company's


def adequacy_table(
    quotas: QuotaSet, basis: QuotaBasis, expected: Array, utilisation: Array, care: Array
) -> pd.DataFrame:
    """Hold every quota against hours, potential and an average simulated year.

    Parameters
    ----------
    quotas, basis
        The quotas and what they come from.
    expected
        Mean simulated bookings, money a year, shape (territories,).
    utilisation
        Hours worked / hours of the seat in the simulated years, shape (territories,).
    care
        The part of a seat's hours that account care and travel take whatever is sold, shape (territories,).

    Returns
    -------
    The columns of ``adequacy.csv``. ``hours_at_quota`` are the hours of care and those that deals worth the quota
    would take at the simulated yield of an hour, in parts of the seat's hours; ``potential_index`` is quota per
    potential of the productive year, 1 = as in the company. Where nothing is booked or there is no potential they are unknown.
    """
    annual = quotas.annual_cents / 100
    present = basis.potential * basis.presence
    with np.errstate(divide="ignore", invalid="ignore"):
        stretch = annual / expected
        hours = care + np.maximum(utilisation - care, 0.0) * stretch
        index = (annual / present) / (annual.sum() / present.sum())
    known = (expected > 0) & (utilisation > 0)
    hours, stretch = np.where(known, hours, np.nan), np.where(expected > 0, stretch, np.nan)
    index = np.where(present > 0, index, np.nan)
    return pd.DataFrame(
        {
            "territory_id": quotas.territory_ids,
            "quota": [from_cents(cents) for cents in quotas.annual_cents.tolist()],
            "expected": np.round(expected, 2),
            "quota_to_expected": stretch,
            "potential": basis.potential,
            "potential_index": index,
            "utilisation": utilisation,
            "hours_at_quota": hours,
            "remark": [_remark(h, i) for h, i in zip(hours.tolist(), index.tolist(), strict=True)],
        }
    )


def _remark(hours: float, index: float) -> str:
    """Say what speaks against a quota; empty where nothing does."""
    found = []
    if np.isfinite(hours) and round(100 * hours) > FULL:
        found.append(f"asks for {100 * hours:.0f} % of the hours of the seat")
    if index > RICH:
        found.append(f"asks for {index:.2f} times the company's quota per potential")
    return "; ".join(found)
