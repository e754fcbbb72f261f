"""Everything a report needs from a run folder, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.report.plain_text import apart
from engine.report.redact import RedactedRun
from engine.runs import StoredRun

STRESS_WORDS = {
    "top_rep_leaves": "the best rep leaves",
    "demand_-20%": "demand falls by 20\u00a0%",
    "hiring_slips_90d": "hiring slips by 90 days",
    "slower_cycles": "customers decide 25\u00a0% more slowly",
    "competitor_enters": "a competitor takes 15\u00a0% of wins in the largest region",
    "price_cut": "prices fall by 10\u00a0%",
    "campaigns_cancelled": "all campaigns are cancelled",
}


@dataclass(frozen=True)
class Source:
    """The tables of one run.

    Parameters
    ----------
    run
        The run they were read from.
    scenario
        Every key with the value that was used.
    units, alignment, territories, quotas, rollup, quota_rules, targets, adequacy, leaders, quotas_after,
    quota_holders, closed_loop, changes, rule_prices, components, attainment, months, stress, drivers
        As in the run folder.
    accounts
        As in the run folder; without rows when the run has no accounts.
    kpis
        Value of each key figure by its name.
    kpi_table
        Key figures with unit and meaning.
    problems
        Findings about the data.
    checks
        Rules the checker looked at; None = not verified yet.
    years
        Number of simulated years.
    """

    run: StoredRun
    scenario: dict[str, Any]
    units: pd.DataFrame
    alignment: pd.DataFrame
    territories: pd.DataFrame
    accounts: pd.DataFrame
    quotas: pd.DataFrame
    rollup: pd.DataFrame
    quota_rules: pd.DataFrame
    targets: pd.DataFrame
    drivers: pd.DataFrame
    adequacy: pd.DataFrame
    leaders: pd.DataFrame
    closed_loop: pd.DataFrame
    changes: pd.DataFrame
    rule_prices: pd.DataFrame
    quotas_after: pd.DataFrame
    quota_holders: pd.DataFrame
    components: pd.DataFrame
    attainment: pd.DataFrame
    months: pd.DataFrame
    stress: pd.DataFrame
    kpis: dict[str, float]
    kpi_table: pd.DataFrame
    problems: list[dict[str, Any]]
    checks: list[dict[str, Any]] | None
    years: int

    @property
    def is_redacted(self) -> bool:
        """Whether names and amounts are not those of the run."""
        return isinstance(self.run, RedactedRun)

    @property
    def currency(self) -> str:
        """ISO 4217 code of all money."""
        return self.run.facts.currency

    @property
    def tolerances(self) -> dict[str, float]:
        """Tolerance of each balanced measure, in the scenario's order."""
        return {rule["measure"]: rule["tolerance"] for rule in self.scenario["territories"]["balance"]}

    def stress_words(self, case: str) -> str:
        """Say a stress case in words: those of the scenario for its own cases."""
        own = {one["name"]: one["words"] for one in self.scenario["simulation"].get("cases", [])}
        return STRESS_WORDS.get(case) or own.get(case) or case.replace("_", " ")

    @property
    def has_current(self) -> bool:
        """Whether any unit had a territory before."""
        return bool((self.alignment["previous_territory_id"] != "").any())

    @property
    def value_at_risk(self) -> pd.Series[float]:
        """What would be at risk if a unit changed hands, by unit id; 0 for units nobody has today."""
        values = self.units.set_index("unit_id")["handoff_value"]
        today = self.alignment.set_index("unit_id")["previous_territory_id"].reindex(values.index)
        return values.where(today != "", 0.0)

    @property
    def reps(self) -> pd.DataFrame:
        """Rows of ``attainment.csv`` for the positions, index = territory id."""
        rows = self.attainment[self.attainment["level"] == "rep"]
        return rows.set_index("id")

    def company(self, target: str) -> pd.Series[Any]:
        """Its row of ``attainment.csv`` against the plan (``company``) or all quotas (``quotas``)."""
        rows = self.attainment[(self.attainment["level"] == "company") & (self.attainment["id"] == target)]
        return rows.iloc[0]

    def name(self, territory: str) -> str:
        """Name a territory with its rep, such as ``T07 Leilani Brandt``."""
        names = self.territories.loc[self.territories["territory_id"] == territory, "rep_name"]
        return f"{territory} {apart(names.iloc[0])}" if len(names) and names.iloc[0] else territory


def _optional(run: StoredRun, name: str) -> pd.DataFrame:
    """Read a table that runs of older versions may lack; then it has no rows."""
    return run.table(name) if run.has(f"{name}.csv") else pd.DataFrame()


def read_source(run: StoredRun) -> Source:
    """Read the tables of a run that has a plan, finished or still being written.

    Raises
    ------
    StorageError
        If a table is missing or damaged.
    """
    kpis = run.table("kpis")
    checks = run.json("verification")["checks"] if run.has("verification.json") else None
    return Source(
        run=run,
        scenario=run.json("scenario.resolved"),
        units=run.table("units").sort_values("unit_id", ignore_index=True),
        alignment=run.table("alignment").sort_values("unit_id", ignore_index=True),
        territories=run.table("territories").sort_values("territory_id", ignore_index=True),
        accounts=run.table("accounts") if run.has("accounts.csv") else _no_accounts(),
        quotas=run.table("quotas"),
        rollup=run.table("rollup"),
        quota_rules=_optional(run, "quota_rules"),
        targets=_optional(run, "targets"),
        drivers=_optional(run, "drivers"),
        adequacy=_optional(run, "adequacy"),
        leaders=_optional(run, "leaders"),
        closed_loop=_optional(run, "closed_loop"),
        changes=_optional(run, "changes"),
        rule_prices=_optional(run, "rule_prices"),
        quotas_after=_optional(run, "quotas_after"),
        quota_holders=_optional(run, "quota_holders"),
        components=_optional(run, "components"),
        attainment=run.table("attainment"),
        months=run.table("months"),
        stress=run.table("stress"),
        kpis=dict(zip(kpis["kpi"], kpis["value"].astype(float), strict=True)),
        kpi_table=kpis,
        problems=run.json("problems"),
        checks=checks,
        years=int(run.parquet("attainment")["replication"].nunique()),
    )


def measure_words(measure: str) -> str:
    """Say a measure's name in words."""
    return measure.replace("_", " ")


def _no_accounts() -> pd.DataFrame:
    text = ["account_id", "name", "unit_id", "segment", "territory_id", "previous_territory_id", "reason"]
    columns: dict[str, pd.Series[Any]] = {name: pd.Series(dtype="str") for name in text}
    columns["revenue"] = pd.Series(dtype="float64")
    columns |= {name: pd.Series(dtype="bool") for name in ("named", "locked", "moved")}
    return pd.DataFrame(columns)
