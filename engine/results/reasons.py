"""Why a unit or an account is where it is, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem
from engine.tables.tables import Needs

_NAMED = 3  # units named in one sentence


def unit_reasons(problem: TerritoryProblem, plan: TerritoryPlan) -> list[str]:
    """Write why every unit is where it is: locked, kept, moved or newly given, and what that does to the distance.

    Parameters
    ----------
    problem, plan
        The problem and its plan.

    Returns
    -------
    One or two sentences a unit, shape (units,); kilometres are straight lines to a territory's centre or home base.
    """
    km = problem.centre_km(plan.centres)
    nearest = np.where(problem.allowed, km, np.inf).argmin(axis=1)
    facts = zip(
        problem.locked.tolist(),
        problem.previous.tolist(),
        plan.assignment.tolist(),
        nearest.tolist(),
        km.tolist(),
        strict=True,
    )
    sentences = [
        unit_reason(problem.territory_ids, km=away, locked=locked >= 0, before=before, now=now, nearest=best)
        for locked, before, now, best, away in facts
    ]
    for unit, more in _of_groups(problem, plan):
        sentences[unit] = f"{sentences[unit]} {more}"
    return sentences


def _of_groups(problem: TerritoryProblem, plan: TerritoryPlan) -> Iterator[tuple[int, str]]:
    """Say with whom a unit stays together, and from whom it is apart."""
    for group in problem.together:
        for unit in group:
            yield unit, f"Stays together with {_others(problem, group, unit)}."
    for group in problem.apart:
        for unit in group:
            where = [
                f"{problem.unit_ids[i]} ({problem.territory_ids[plan.assignment[i]]})"
                for i in group
                if i != unit
            ]
            yield unit, f"Apart from {_listed(where)}."


def _others(problem: TerritoryProblem, group: Sequence[int], unit: int) -> str:
    return _listed([problem.unit_ids[i] for i in group if i != unit])


def _listed(names: list[str]) -> str:
    """Name a few, and say how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def unit_reason(
    ids: Sequence[str], *, km: Sequence[float], locked: bool, before: int, now: int, nearest: int
) -> str:
    """Write why a unit is where it is.

    Parameters
    ----------
    ids
        Ids of the territories.
    km
        The unit's distance to each territory's centre.
    locked
        Whether a lock decided it.
    before, now
        Its territory today, -1 = none, and in the plan.
    nearest
        The territory it may belong to whose centre is nearest.
    """
    here = f"{ids[now]} ({km[now]:,.0f} km)"
    if locked:
        return f"Locked to {here}."
    among = "" if km[nearest] <= min(km) else " of those that may have it"
    best = f"{ids[nearest]}, the nearest{among}, is {km[nearest]:,.0f} km away"
    whole = [
        round(distance) for distance in km
    ]  # as written: equal numbers are never called nearer or farther
    if now == nearest:
        centre = f"the nearest centre{among}."
    elif whole[now] == whole[nearest]:
        centre = f"as near as {ids[nearest]}."
    else:
        centre = ""
    if before == now:
        if centre:
            return f"Stays with {here}, {centre}"
        return f"Stays with {here}. {best}; balance, connection or the cost of a handoff keep it here."
    if before < 0:
        if centre:
            return f"Nobody has it today; goes to {here}, {centre}"
        return f"Nobody has it today; goes to {here}. {best}; balance or connection decided."
    move = f"Moves from {ids[before]} ({km[before]:,.0f} km) to {here}"
    if centre and before != nearest:
        return f"{move}, {centre}"
    nearer = "which is nearer" if whole[now] < whole[before] else "though that is no nearer"
    if before == nearest:
        return f"{move}, {nearer}: balance or connection decided."
    return f"{move}, {nearer}. {best}; balance or connection decided."


def need_in_words(needs: Needs, value: str) -> str:
    """Say what a unit needs of its position, and how many have it; empty = nothing."""
    if not value:
        return ""
    having = sum(needs.met(value, name) for name in needs.positions)
    whose = f"{having} of {len(needs.positions)} positions"
    if needs.rule == "inside_region":
        return f"Stays inside its region {value}, which has {whose}."
    return f"Needs {value}, which {whose} {'has' if having == 1 else 'have'}."


def account_reasons(accounts: pd.DataFrame) -> list[str]:
    """Write why every account is where it is: locked, moved or newly given with its place, or kept.

    Parameters
    ----------
    accounts
        Columns ``unit_id, territory_id, previous_territory_id, locked, moved``.

    Returns
    -------
    One sentence an account.
    """
    sentences = []
    for row in accounts.itertuples():
        if row.locked == "yes":
            sentences.append(f"Locked to {row.territory_id}.")
        elif row.moved == "yes":
            sentences.append(
                f"Moves from {row.previous_territory_id} to {row.territory_id}, which has its place {row.unit_id}."
            )
        elif row.previous_territory_id == "":
            sentences.append(
                f"Nobody has it today; goes to {row.territory_id}, which has its place {row.unit_id}."
            )
        else:
            sentences.append(f"Stays with {row.territory_id}.")
    return sentences
