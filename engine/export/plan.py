"""What an export reads of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from engine.runs import RunFacts, StoredRun


@dataclass(frozen=True)
class HandedPlan:
    """The tables of a run that are handed over, sorted by id.

    Parameters
    ----------
    run_id, facts
        Of the run.
    loss_on_handoff
        Expected loss as a share of the value handed off.
    units, alignment, territories, accounts, quotas
        As in the run folder; no rows when the run has no accounts.
    """

    run_id: str
    facts: RunFacts
    loss_on_handoff: float
    units: pd.DataFrame
    alignment: pd.DataFrame
    territories: pd.DataFrame
    accounts: pd.DataFrame
    quotas: pd.DataFrame

    @property
    def rep_of(self) -> Mapping[str, str]:
        """Rep id by territory id, empty = vacancy."""
        return dict(zip(self.territories["territory_id"], self.territories["rep_id"], strict=True))


def read_plan(run: StoredRun) -> HandedPlan:
    """Read what is handed over of a finished run.

    Raises
    ------
    StorageError
        If a table is missing or damaged.
    """
    scenario = run.json("scenario.resolved")
    return HandedPlan(
        run_id=run.run_id,
        facts=run.facts,
        loss_on_handoff=float(scenario["disruption"]["loss_on_handoff"]),
        units=run.table("units").sort_values("unit_id", ignore_index=True),
        alignment=run.table("alignment").sort_values("unit_id", ignore_index=True),
        territories=run.table("territories").sort_values("territory_id", ignore_index=True),
        accounts=run.table("accounts").sort_values("account_id", ignore_index=True),
        quotas=run.table("quotas").sort_values(["territory_id", "period"], ignore_index=True),
    )
