"""The figures leadership reads first, each with its unit and meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine import measures
from engine.attainment import Attainment
from engine.quotas.quota_set import QuotaSet
from engine.results.tables import Outcome
from engine.units import from_cents


def kpi_table(
    outcome: Outcome,
    accounts: pd.DataFrame,
    quotas: QuotaSet,
    rules: pd.DataFrame,
    attainment: Attainment,
    more: Sequence[tuple[str, object, str, str]] = (),
) -> pd.DataFrame:
    """Make ``kpis.csv``.

    Parameters
    ----------
    outcome
        The solved scenario.
    accounts
        Its ``accounts.csv``.
    quotas, rules, attainment
        Its quotas, ``quota_rules.csv`` and simulated years.
    more
        Key figures of steps that only some scenarios ask for.

    Returns
    -------
    Columns ``kpi, value, unit, meaning``.
    """
    problem, plan = outcome.problem, outcome.plan
    currency = outcome.scenario.currency
    costs = measures.objective_parts(problem, plan.assignment, plan.centres)
    deviation = np.abs(measures.deviations(problem, plan.assignment))
    company = attainment.summary[
        (attainment.summary["level"] == "company") & (attainment.summary["id"] == "company")
    ].iloc[0]
    year = f"{currency} a year"
    rows: list[tuple[str, object, str, str]] = [
        ("objective", plan.objective, year, "travel, expected loss on handoffs and cost of imbalance"),
        ("bound", plan.bound, year, "no plan that keeps the rules can cost less"),
        ("gap", plan.gap, "share", "largest possible improvement"),
        ("travel_cost", float(costs.travel.sum()), year, "cost of the road"),
        ("handoff_cost", float(costs.handoff.sum()), year, "expected loss on accounts that change hands"),
        ("imbalance_cost", float(costs.imbalance.sum()), year, "price of unequal territories"),
    ]
    for m in problem.balanced.tolist():
        name = problem.measure_names[m]
        rows.append(
            (
                f"max_deviation_{name}",
                float(deviation[:, m].max()),
                "share",
                f"furthest territory from its target of {name}",
            )
        )
    rows += [
        ("territories", problem.territories, "count", "territories"),
        ("units", problem.units, "count", "planning units"),
        ("accounts_moved", int((accounts["moved"] == "yes").sum()), "count", "accounts that change hands"),
        (
            "value_moved_share",
            measures.share_moved(problem, plan.assignment),
            "share",
            "value at risk in units that change hands",
        ),
        ("plan_target", from_cents(quotas.plan_target_cents), currency, "the company number"),
        ("quota_total", from_cents(int(quotas.annual_cents.sum())), currency, "sum of all quotas"),
        (
            "p_plan",
            float(company["p_at_quota"]),
            "share",
            "simulated years in which the company makes its plan",
        ),
        (
            "share_at_quota",
            attainment.share_at_quota,
            "share",
            "positions at quota in an average simulated year",
        ),
        ("expected_bookings", company["expected"], currency, "mean bookings of the simulated years"),
        (
            "chance_spread",
            float(rules["p_spread"].iloc[0]),
            "share",
            "between the greatest and the least chance at quota of seats productive all year",
        ),
    ]
    if np.isfinite(quotas.chance).any():
        meaning = "chance of every position no limit holds, in the years that quotas were set on (least of all regions)"
        rows.append(("common_chance", float(np.nanmin(quotas.chance)), "share", meaning))
    rows += more
    return pd.DataFrame(rows, columns=["kpi", "value", "unit", "meaning"]).astype({"value": object})
