"""What a plan changes against an earlier run, and which rule asked for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import measures
from engine.plan import TerritoryPlan
from engine.problem import TerritoryProblem

Index = NDArray[np.int32]
_ROUNDING = 1e-9  # a deviation beyond a limit by less is rounding


def earlier_assignment(problem: TerritoryProblem, alignment: pd.DataFrame) -> Index:
    """Find the territory index of each unit in an earlier run's ``alignment.csv``, -1 = none, shape (units,)."""
    territories = {name: place for place, name in enumerate(problem.territory_ids)}
    of_unit = dict(zip(alignment["unit_id"], alignment["territory_id"], strict=True))
    return np.array([territories.get(of_unit.get(unit, ""), -1) for unit in problem.unit_ids], dtype=np.int32)


def changes_table(problem: TerritoryProblem, plan: TerritoryPlan, before: Index) -> pd.DataFrame:
    """Make ``changes.csv``: every unit that another territory had in the earlier run, and why it has gone.

    Each reason was tried: the unit alone was given back, and the rules were checked.

    Returns
    -------
    Columns ``unit_id, earlier_territory_id, territory_id, value, reason``.
    """
    names = problem.territory_ids
    rows = [
        (
            problem.unit_ids[i],
            names[before[i]] if before[i] >= 0 else "",
            names[plan.assignment[i]],
            problem.handoff_value[i],
            _why(problem, plan, i, int(before[i])),
        )
        for i in np.flatnonzero(plan.assignment != before).tolist()
    ]
    columns = ["unit_id", "earlier_territory_id", "territory_id", "value", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"value": float})


def change_kpis(
    problem: TerritoryProblem, plan: TerritoryPlan, before: Index, currency: str
) -> list[tuple[str, object, str, str]]:
    """Give the key figures of a plan made from an earlier one."""
    changed = plan.assignment != before
    value = float(problem.handoff_value[changed & (before >= 0)].sum())
    rows: list[tuple[str, object, str, str]] = [
        (
            "changed_units",
            int(changed.sum()),
            "count",
            "units with another territory than in the earlier run",
        ),
        ("changed_value", value, f"{currency} a year", "account value in them"),
    ]
    if (before >= 0).all():
        more = plan.objective - measures.objective(problem, before, plan.centres)
        meaning = "cost of the plan less that of the earlier one, both as this scenario counts"
        rows.append(("changed_cost", more, f"{currency} a year", meaning))
    return rows


def _why(problem: TerritoryProblem, plan: TerritoryPlan, unit: int, before: int) -> str:
    """Give a unit back, and say which rule that breaks or what it costs."""
    now, names = int(plan.assignment[unit]), problem.territory_ids
    if before < 0:
        return "The earlier run gave it to nobody who is there now."
    if problem.locked[unit] == now:
        return f"Locked to {names[now]}."
    if not problem.allowed[unit, before]:
        return f"It may not belong to {names[before]} any more."
    back = plan.assignment.copy()
    back[unit] = before
    beside = [i for group in problem.together if unit in group for i in group if i != unit]
    if beside:
        return f"It stays together with {', '.join(problem.unit_ids[i] for i in beside)}."
    if broken := _broken(problem, back, (before, now)):
        return f"Back with {names[before]}, {broken}."
    more = measures.objective(problem, back, plan.centres) - plan.objective
    if more > 0:
        return f"Back with {names[before]}, the plan would cost {more:,.0f} a year more."
    return "It moves with the units beside it; giving it back alone breaks no rule."


def _broken(problem: TerritoryProblem, assignment: Index, territories: tuple[int, int]) -> str:
    """Name the first rule that an alignment breaks with either territory; empty = none."""
    names = problem.territory_ids
    sums, upper = measures.territory_sums(problem, assignment), measures.upper_limits(problem, assignment)
    for t in territories:
        for m in problem.balanced.tolist():
            target, name = problem.targets[t, m], problem.measure_names[m]
            for beyond, word in (
                (sums[t, m] - upper[t, m], "above"),
                (problem.lower[t, m] - sums[t, m], "below"),
            ):
                if beyond > _ROUNDING * target:
                    return (
                        f"{names[t]} would be {beyond / target:.2%} of its target of {name} {word} its limit"
                    )
    if problem.contiguous:
        torn = [t for t in territories if measures.pieces(problem, assignment)[t] != 1]
        if torn:
            return f"{names[torn[0]]} would not be one piece"
    if problem.handed_over(assignment).sum() > problem.disruption_limit:
        return "more account value would change hands than disruption.max_share allows"
    if problem.leave_limit is not None:
        over = measures.values_left(problem, assignment) > problem.leave_limit * (1 + _ROUNDING)
        if over.any():
            return f"more would leave {names[int(over.argmax())]} than disruption.max_share_per_rep allows"
    for group in problem.apart:
        if len(np.unique(assignment[list(group)])) < len(group):
            ids = " and ".join(problem.unit_ids[i] for i in group)
            return f"{ids} would not be apart"
    return ""
