"""The list of handoffs on which managers decide; what they reject becomes locks of the next plan."""

from __future__ import annotations

import pandas as pd

from engine.export.plan import HandedPlan
from engine.runs.csv_text import to_csv


def handoff_list(plan: HandedPlan) -> bytes:
    """Write every account that changes hands, the most valuable first, with an empty decision.

    Returns
    -------
    CSV; value and expected loss are money a year, the loss is the scenario's share of the value.
    """
    moved = plan.accounts[plan.accounts["moved"]]
    moved = moved.sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True)
    name = dict(zip(plan.territories["territory_id"], plan.territories["rep_name"], strict=True))
    listed = moved[["account_id", "name", "unit_id"]].copy()
    listed["from"] = moved["previous_territory_id"]
    listed["from_rep"] = moved["previous_territory_id"].map(name)
    listed["to"] = moved["territory_id"]
    listed["to_rep"] = moved["territory_id"].map(name)
    listed["value"] = moved["revenue"]
    listed["expected_loss"] = (moved["revenue"] * plan.loss_on_handoff).round(2)
    listed["currency"] = plan.facts.currency
    listed["reason"] = _reasons(plan, moved)
    listed["decision"] = ""
    return to_csv(listed).encode("utf-8")


def _reasons(plan: HandedPlan, moved: pd.DataFrame) -> list[str]:
    """Say why the unit goes where the account goes, with its kilometres; where it does not, why the account goes."""
    pair = ["unit_id", "previous_territory_id", "territory_id"]
    units = plan.alignment[[*pair, "reason"]].rename(columns={"reason": "why"})
    both = moved[[*pair, "reason"]].merge(units, on=pair, how="left")
    known = both["why"].notna()
    return (both["unit_id"] + ": " + both["why"].fillna("")).where(known, both["reason"]).tolist()
