"""Plain lists of a plan: for any system that reads CSV, and quotas as Varicent reads them."""

from __future__ import annotations

import calendar

import pandas as pd

from engine.errors import shown
from engine.export.loads import Remark
from engine.export.plan import HandedPlan
from engine.runs.csv_text import to_csv

_QUARTERS = ("Q1", "Q2", "Q3", "Q4")
_FORMULA = ("=", "+", "-", "@", "'")


def csv_lists(plan: HandedPlan) -> tuple[dict[str, bytes], list[Remark]]:
    """Write who has what: ``units.csv``, ``accounts.csv``, ``roster.csv`` and ``quotas.csv``.

    Returns
    -------
    Contents by file name, and ids that a spreadsheet could run.
    """
    seats = plan.territories[["territory_id", "rep_id", "rep_name"]]
    before = seats.add_prefix("previous_")
    units = plan.alignment[["unit_id", "territory_id", "previous_territory_id"]]
    units = (
        plan.units[["unit_id", "name"]].merge(units, on="unit_id").merge(seats, on="territory_id", how="left")
    )
    accounts = plan.accounts[
        ["account_id", "name", "unit_id", "territory_id", "previous_territory_id", "moved", "locked"]
    ]
    accounts = accounts.merge(seats, on="territory_id", how="left")
    accounts = accounts.merge(before, on="previous_territory_id", how="left")
    tables = {
        "units.csv": units,
        "accounts.csv": accounts,
        "roster.csv": plan.territories[["territory_id", "rep_id", "rep_name", "manager", "region"]],
        "quotas.csv": plan.quotas[["territory_id", "rep_id", "period", "quota"]].assign(
            currency=plan.facts.currency
        ),
    }
    ids = {"unit": units["unit_id"], "account": accounts["account_id"], "territory": seats["territory_id"]}
    return {name: to_csv(frame).encode() for name, frame in tables.items()}, _protected(ids)


def varicent_lists(plan: HandedPlan) -> tuple[dict[str, bytes], list[Remark]]:
    """Write quotas by quarter and by month with Varicent's columns; one of the two is loaded.

    Returns
    -------
    Contents by file name, and ids that a spreadsheet could run. Values are plain numbers.
    """
    periods = plan.quotas["period"]
    quarters = plan.quotas[periods.isin(_QUARTERS)]
    months = plan.quotas[periods.str.fullmatch(r"\d{4}-\d{2}")]
    names = [calendar.month_name[int(period[-2:])] for period in months["period"]]
    tables = {
        "quotas_by_quarter.csv": quarters,
        "quotas_by_month.csv": months.assign(period=names),
    }
    files = {name: to_csv(_varicent(frame)).encode() for name, frame in tables.items()}
    return files, _protected({"territory": plan.territories["territory_id"]})


def _varicent(quotas: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Quota component": "Quota",
            "Territory ID": quotas["territory_id"],
            "Value": [f"{value:.2f}" for value in quotas["quota"]],
            "Period": quotas["period"],
        }
    )


def _protected(ids: dict[str, pd.Series[str]]) -> list[Remark]:
    """Name ids that are written with a quote before them."""
    message = "begins like a formula and has a ' before it in these files"
    return [
        Remark("note", kind, shown(name), message, "take the ' away where it is loaded, or rename it")
        for kind, names in ids.items()
        for name in names
        if name.startswith(_FORMULA)
    ]
