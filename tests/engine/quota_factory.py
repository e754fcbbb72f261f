"""Quotas of a synthetic run: shared out by potential, phased evenly, exact to the cent."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from engine.scenario.schema import Scenario
from engine.units import fiscal_months, from_cents


def quota_tables(scenario: Scenario, territories: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write the tables ``quotas`` and ``rollup``."""
    settings = scenario.quotas
    total = int(settings.plan_target * 100 * (1 + Decimal(str(settings.over_assignment))))
    step = settings.rounding * 100
    share = (territories["potential"] / territories["potential"].sum()).to_numpy()
    year = (share * total // step * step).astype(np.int64)
    year[np.argmax(year)] += total - year.sum()
    months = np.repeat(year[:, None] // 12, 12, axis=1)
    months[:, -1] += year - months.sum(axis=1)
    quarters = months.reshape(-1, 4, 3).sum(axis=2)
    periods = ("FY", "Q1", "Q2", "Q3", "Q4", *fiscal_months(scenario.fiscal_year_start))
    cents = np.column_stack([year, quarters, months])
    rows = [
        (
            seat.territory_id,
            seat.rep_id,
            p,
            from_cents(c),
            settings.rule,
            "its share of potential" if p == "FY" else "",
        )
        for seat, line in zip(territories.itertuples(), cents, strict=True)
        for p, c in zip(periods, line, strict=True)
    ]
    quotas = pd.DataFrame(rows, columns=["territory_id", "rep_id", "period", "quota", "rule", "reason"])
    quotas = quotas.sort_values(["territory_id", "period"], ignore_index=True)
    return quotas, _roll_up(scenario, territories, cents[:, :5])


def limits_frame(scenario: Scenario, territories: pd.DataFrame) -> pd.DataFrame:
    """Limits that limit nothing."""
    total = scenario.quotas.plan_target * (1 + Decimal(str(scenario.quotas.over_assignment)))
    cap = total.quantize(Decimal("0.01"))
    return pd.DataFrame({"territory_id": territories["territory_id"], "floor": Decimal("0.00"), "cap": cap})


def rule_frame(scenario: Scenario) -> pd.DataFrame:
    """Invent what two rules would give."""
    rows = [
        (scenario.quotas.rule, True, 0.31, 0.42, 0.11, 0.08, 0.36, 0.4, 0.12, 0.1, 0.2, 0.7, 5e5, 6e5),
        ("even", False, 0.05, 0.85, 0.8, 0.79, 0.4, 0.4, -0.5, 0.3, 0.1, 0.6, 4e5, 7e5),
    ]
    columns = ["rule", "used", "p_least", "p_most", "p_spread", "p_spread_net", "share_at_quota", "p_plan"]
    columns += ["largest_change", "from_map", "from_person", "from_luck", "pay_expected", "pay_p90"]
    return pd.DataFrame(rows, columns=columns)


def judged_frames(territories: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Invent the tables that hold quotas against chances, hours, leaders, components and changes."""
    ids = territories["territory_id"]
    every = {"territory_id": ids, "quota": 1e6}
    figures = (
        "expected",
        "quota_to_expected",
        "potential",
        "potential_index",
        "utilisation",
        "hours_at_quota",
    )
    targets = [("set", 9e6, 0.4, 0.05, 0.36, 0.36), ("p90", 7e6, 0.9, 0.35, 0.36, 0.7)]
    names = ["target", "plan_target", "p_plan", "over_assignment", "share_at_quota", "share_at_new_quota"]
    leaders = [
        ("manager", "Ito", p, 2e6, 0.05, 0.4 if p == "FY" else None) for p in ("FY", "Q1", "Q2", "Q3", "Q4")
    ]
    spells = {"rep_id": "r1", "from": "2027-01-01", "to": "2027-12-31", "days": 365, "quota": 1e6}
    return {
        "targets": pd.DataFrame(targets, columns=names),
        "adequacy": pd.DataFrame({**every, **dict.fromkeys(figures, 1.1), "remark": "asks for 110 %"}),
        "leaders": pd.DataFrame(
            leaders, columns=["role", "name", "period", "quota", "over_assignment", "p_at_quota"]
        ),
        "drivers": pd.DataFrame(
            [("leads", *[-0.05] * 3, *[0.04] * 3, 0.5, "yes"), ("placebo", *[0.0] * 7, "")],
            columns=[
                "driver",
                "down",
                "down_low",
                "down_high",
                "up",
                "up_low",
                "up_high",
                "elasticity",
                "usual",
            ],
        ),
        "closed_loop": pd.DataFrame(
            {
                "territory_id": ids,
                **dict.fromkeys(("potential_before", "potential_wanted", "potential_after"), 1e6),
                **dict.fromkeys(("promised", "bookings_before", "bookings_redrawn", "bookings_after"), 1e5),
                "share": 1 / len(ids),
            }
        ),
        "changes": pd.DataFrame(
            [("u1", ids.iloc[-1], ids.iloc[0], 5e4, f"Locked to {ids.iloc[0]}.")],
            columns=["unit_id", "earlier_territory_id", "territory_id", "value", "reason"],
        ),
        "components": pd.DataFrame(
            {"level": "territory", "name": ids, "quota": 1e6, "component": "new", "rule": "potential"}
        ),
        "quotas_after": pd.DataFrame(
            {"territory_id": ids, "period": "FY", "before": 1e6, "after": 1.1e6, "change": 1e5}
        ),
        "rollup_after": pd.DataFrame(
            {
                "level": "company",
                "name": "company",
                "period": ["FY"],
                "before": 1e6,
                "after": 1.1e6,
                "change": 1e5,
            }
        ),
        "rule_prices": pd.DataFrame(
            [
                ("every rule is kept", "", 9e4, 0.0, 0.0, 1e3, 0),
                ("4 % for potential", "x.yaml:9", 8e4, 1e4, 0.0, 2e4, 3),
            ],
            columns=["rule", "place", "cost", "saving", "saving_at_least", "saving_at_most", "changed_units"],
        ),
        "quota_holders": pd.DataFrame({"territory_id": ids, **spells, "reason": "plan"}),
    }


def _roll_up(scenario: Scenario, territories: pd.DataFrame, cents: np.ndarray) -> pd.DataFrame:
    over = float(cents[:, 0].sum()) / float(scenario.quotas.plan_target * 100) - 1
    rows = []
    for level in ("company", "manager", "region"):
        labels = (
            np.full(len(territories), "company")
            if level == "company"
            else territories[level].to_numpy(dtype=object)
        )
        extra = (scenario.quotas.plan_target, over) if level == "company" else (None, None)
        for name in sorted(set(labels)):
            sums = cents[labels == name].sum(axis=0)
            rows += [
                (level, name, p, from_cents(c), *extra)
                for p, c in zip(("FY", "Q1", "Q2", "Q3", "Q4"), sums, strict=True)
            ]
    return pd.DataFrame(rows, columns=["level", "name", "period", "quota", "plan_target", "over_assignment"])
