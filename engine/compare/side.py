"""What a comparison needs to know of a run, or of the current alignment."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from engine.runs import StoredRun

CURRENT = "current"
# Columns a comparison's tables have of their own: a run of that name is called by its id instead.
OWN_COLUMNS = frozenset(
    [
        "kpi",
        "unit",
        "meaning",
        "better",
        "best",
        "kind",
        "key",
        "value",
        "unit_id",
        "account_id",
        "name",
        "group",
    ]
)


@dataclass(frozen=True)
class Side:
    """One column of a comparison.

    Parameters
    ----------
    label
        Heading of the column.
    source
        The run it was read from.
    simulated
        Whether the source's quotas and simulation belong to this side; not so for the current alignment.
    kpis
        Columns ``kpi, value, unit, meaning``.
    territory
        Territory of each unit (index unit id, sorted); empty text = nobody.
    territories
        One row a territory: columns of ``territories.csv`` as far as they are known.
    accounts
        Index account id, sorted; columns ``name, unit_id, revenue, territory_id``; empty without accounts.
    notes
        What a reader must know about this side, one sentence each.
    """

    label: str
    source: StoredRun
    simulated: bool
    kpis: pd.DataFrame
    territory: pd.Series[str]
    territories: pd.DataFrame
    accounts: pd.DataFrame
    notes: tuple[str, ...] = ()


def side_of(run: StoredRun, label: str) -> Side:
    """Read the side of a comparison from a run."""
    territories = run.table("territories")
    attainment = run.table("attainment")
    chances = attainment.loc[attainment["level"] == "rep", ["id", "quota", "expected", "p_at_quota"]]
    return Side(
        label=label,
        source=run,
        simulated=True,
        kpis=run.table("kpis"),
        territory=run.table("alignment").set_index("unit_id")["territory_id"].sort_index(),
        territories=territories.merge(chances.rename(columns={"id": "territory_id"}), how="left"),
        accounts=account_owners(run, "territory_id"),
    )


def account_owners(run: StoredRun, column: str) -> pd.DataFrame:
    """List accounts with the territory that a column of ``accounts.csv`` names.

    Returns
    -------
    Index account id, sorted; columns ``name, unit_id, revenue, territory_id``; empty without accounts.
    """
    columns = ["account_id", "name", "unit_id", "revenue", column]
    if run.has("accounts.csv"):
        frame = run.table("accounts")[columns]
    else:
        frame = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
    return frame.rename(columns={column: "territory_id"}).set_index("account_id").sort_index()
