"""Why a unit or an account is where it is, in a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.geography.travel import distance_km
from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem


def unit_reasons(problem: TerritoryProblem, plan: TerritoryPlan) -> list[str]:
    """Write one sentence for every unit: locked, kept, moved or newly given, and what that does to the distance.

    Parameters
    ----------
    problem, plan
        The problem and its plan.

    Returns
    -------
    One sentence a unit, shape (units,).
    """
    km = distance_km(problem.unit_points, problem.centre_points(plan.centres))
    nearest = np.where(problem.allowed, km, np.inf).argmin(axis=1)
    ids = problem.territory_ids
    sentences = []
    for unit, (now, before) in enumerate(
        zip(plan.assignment.tolist(), problem.previous.tolist(), strict=True)
    ):
        away = f"{km[unit, now]:,.0f} km from its centre"
        if problem.locked[unit] >= 0:
            sentences.append(f"Locked to {ids[now]}.")
        elif before < 0:
            sentences.append(
                f"Nobody's before; given to {ids[now]}, {away}{_unlike_nearest(ids, now, nearest[unit])}."
            )
        elif before == now:
            sentences.append(f"Stays with {ids[now]}, {away}{_unlike_nearest(ids, now, nearest[unit])}.")
        else:
            sentences.append(
                f"Moves from {ids[before]} ({km[unit, before]:,.0f} km) to {ids[now]} ({km[unit, now]:,.0f} km)"
                f"{_unlike_nearest(ids, now, nearest[unit])}{'; nearer' if km[unit, now] < km[unit, before] else ' for balance'}."
            )
    return sentences


def account_reasons(accounts: pd.DataFrame) -> list[str]:
    """Write one sentence for every account: locked, moving or staying with the place it lies in."""
    sentences = []
    for row in accounts.itertuples():
        if row.locked == "yes":
            sentences.append(f"Locked to {row.territory_id}.")
        elif row.moved == "yes":
            sentences.append(
                f"Its place {row.unit_id} belongs to {row.territory_id}; was with {row.previous_territory_id}."
            )
        elif row.previous_territory_id == "":
            sentences.append(f"Had no owner; its place {row.unit_id} belongs to {row.territory_id}.")
        else:
            sentences.append(f"Stays with {row.territory_id}.")
    return sentences


def _unlike_nearest(ids: tuple[str, ...], now: int, nearest: int) -> str:
    return "" if now == nearest else f", not {ids[nearest]} (nearest) because of balance or connection"
