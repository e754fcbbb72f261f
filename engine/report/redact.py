"""A run as outsiders may see it: people and accounts under other names, amounts as an index, costs left out.

Only what is listed here is kept; a column that a later version adds is left out until somebody lists it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import Finding, InputError, Severity
from engine.runs import RunFacts, StoredRun

INDEX = "IDX"
PLAN = 1_000_000  # what the plan target becomes
DIGITS = 3  # of an amount: finer ones would betray to what quotas were rounded, and so the scale
LEFT_OUT = "left out"
NAMES = frozenset({"rep_id", "rep_name", "manager", "account_id", "name", "id"})
PLAIN_TEXT = frozenset(
    {
        *("unit_id", "group", "territory_id", "previous_territory_id", "earlier_territory_id", "kind"),
        *("unit", "neighbour", "region", "segment", "centre_unit_id", "period", "rule", "level", "month"),
        *("driver", "usual", "case", "kpi", "meaning", "role", "component", "target", "from", "to"),
    }
)
AMOUNTS = frozenset(
    {
        *("revenue", "handoff_value", "quota", "expected", "p10", "p25", "p50", "p75", "p90"),
        *("expected_shortfall", "difference", "difference_low", "difference_high", "plan_target", "value"),
        *("promised", "bookings_before", "bookings_after", "before", "after", "change", "floor", "cap"),
        "bookings_cents",
    }
)
PLAIN_NUMBERS = frozenset(
    {
        *("lon", "lat", "area_km2", "visits", "travel_hours", "capacity", "units", "pieces", "accounts"),
        *("travel_km", "compactness", "p_at_quota", "p_low", "p_high", "p_difference", "attainment_mean"),
        *("utilisation", "waiting_days", "won", "lost", "gave_up", "open", "p_least", "p_most", "p_spread"),
        *("share_at_quota", "largest_change", "from_map", "from_person", "from_luck", "p_plan", "share"),
        *("over_assignment", "share_at_new_quota", "quota_to_expected", "potential_index", "days"),
        *("hours_at_quota", "down", "down_low", "down_high", "up", "up_low", "up_high", "elasticity"),
        "replication",
    }
)
OF_A_MEASURE = ("", "_q1", "_q2", "_q3", "_q4", "_target", "_lower", "_upper")
COSTS = frozenset(
    {"objective", "bound", "travel_cost", "handoff_cost", "imbalance_cost"}
)  # prices would show


def redacted(run: StoredRun) -> RedactedRun:
    """Give a run as outsiders may see it; the run itself stays as it is."""
    return RedactedRun(run.path, run.manifest)


class RedactedRun(StoredRun):
    """A run that every report can be made from, with nothing in it that is not for outsiders.

    Ids and names of units and ids of territories stay. Amounts are parts of the plan target, which becomes a
    million; a measure in money is parts of its own total.
    """

    @property
    def run_id(self) -> str:
        """A name that says nothing but which run it was."""
        return f"redacted-{self.manifest.run_id.rsplit('-', 1)[-1]}"

    @property
    def facts(self) -> RunFacts:
        """Facts without title, costs and files."""
        return replace(
            self.manifest.facts,
            scenario="redacted",
            title="Redacted plan",
            currency=INDEX,
            objective=math.nan,
            bound=math.nan,
            inputs=(),
        )

    def table(self, name: str) -> pd.DataFrame:
        """Read a table: what is not listed is empty."""
        frame = super().table(name)
        for column in frame.columns:
            frame[column] = self._column(str(column), frame[column])
        if name == "kpis":
            frame["value"] = self._kpis(super().table(name))
            frame["unit"] = frame["unit"].str.replace(self.manifest.facts.currency, INDEX, regex=False)
        if name == "units" and not self._ids.isdisjoint({*frame["unit_id"]}):
            raise _refused("unit")
        return frame

    def parquet(self, name: str) -> pd.DataFrame:
        """Read simulated bookings."""
        frame = super().parquet(name)
        return frame.assign(**{str(column): self._column(str(column), frame[column]) for column in frame})

    def json(self, name: str) -> Any:
        """Read findings, verdict or scenario without what people wrote into them."""
        content = super().json(name)
        if name == "problems":
            hidden = dict.fromkeys(("file", "key", "value", "message", "remedy"), "")
            return [{**one, **hidden, "line": 0, "message": LEFT_OUT} for one in content]
        if name == "verification":
            hidden = dict.fromkeys(("required", "found"), "")
            return {**content, "checks": [{**one, **hidden, "margin": None} for one in content["checks"]]}
        return self._scenario(content)

    def alias(self, name: str) -> str:
        """Give the name that stands for a person or account; any other stays."""
        return self._aliases.get(name, name)

    def _column(self, name: str, values: pd.Series[Any]) -> pd.Series[Any]:
        if pd.api.types.is_bool_dtype(values):
            return values
        if not pd.api.types.is_numeric_dtype(values):
            if name in NAMES:
                return values.map(self.alias)
            if name == "case":
                return values.replace(self._cases)
            return values if name in PLAIN_TEXT else pd.Series("", index=values.index, dtype=values.dtype)
        if name in PLAIN_NUMBERS or name.endswith("_deviation"):
            return values
        scale = self._scale if name in AMOUNTS else self._scales.get(name, math.nan)
        return values if scale == 1 else _rounded(values.astype(float) * scale)

    def _kpis(self, kpis: pd.DataFrame) -> pd.Series[float]:
        value = kpis["value"].astype(float)
        money = kpis["unit"].str.startswith(self.manifest.facts.currency)
        return value.where(~money, _rounded(value * self._scale)).mask(kpis["kpi"].isin(COSTS))

    def _scenario(self, content: dict[str, Any]) -> dict[str, Any]:
        kept = {key: content[key] for key in ("fiscal_year_start", "travel", "territories", "disruption")}
        own = content["measures"]
        measures = {name: self._measure(own[name]) for name in ("potential", "workload")}
        other = {name: self._measure(settings) for name, settings in own["other"].items()}
        prices = dict.fromkeys(("travel_cost_per_km", "imbalance_cost_per_point"), math.nan)
        cases = [{"name": one, "words": one.lower()} for one in self._cases.values()]
        quotas, process = content["quotas"], content["process"]
        return kept | {
            "currency": INDEX,
            "measures": {**measures, "other": other},
            "objective": {"handoff": content["objective"]["handoff"], **prices},
            "quotas": {"over_assignment": quotas["over_assignment"], "rule": quotas["rule"]},
            "process": {
                "stages": [{} for _ in process["stages"]],
                "opportunities_per_year": process["opportunities_per_year"],
                "source": LEFT_OUT,
            },
            "simulation": {"cases": cases},
        }

    def _measure(self, settings: dict[str, Any]) -> dict[str, Any]:
        money = settings["unit"] == self.manifest.facts.currency
        return {**settings, "unit": INDEX if money else settings["unit"], "vintage": ""}

    @cached_property
    def _scale(self) -> float:
        kpis = super().table("kpis").set_index("kpi")["value"].astype(float)
        return PLAN / float(kpis["plan_target"])

    @cached_property
    def _scales(self) -> dict[str, float]:
        """Factor of each column of a measure; 1 where it is no money."""
        own, units = super().json("scenario.resolved")["measures"], super().table("units")
        scales: dict[str, float] = {}
        for name, settings in {**own["other"], **{k: own[k] for k in ("potential", "workload")}}.items():
            money = settings["unit"] == self.manifest.facts.currency
            factor = PLAN / float(units[name].sum() or 1) if money else 1.0
            endings = OF_A_MEASURE if name != "potential" else (*OF_A_MEASURE, "_before", "_wanted", "_after")
            scales |= {f"{name}{ending}": factor for ending in endings}
        return scales

    @cached_property
    def _cases(self) -> dict[str, str]:
        """Another name for each stress case that the scenario made up."""
        cases = super().json("scenario.resolved")["simulation"].get("cases", [])
        return {one["name"]: f"Own case {i}" for i, one in enumerate(cases, 1)}

    @cached_property
    def _ids(self) -> frozenset[str]:
        """Ids of people and accounts."""
        accounts = super().table("accounts")["account_id"] if self.has("accounts.csv") else ()
        return frozenset({*super().table("territories")["rep_id"], *accounts} - {""})

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """Another name for each id and name of a person or account."""
        seats = super().table("territories").sort_values("territory_id")
        if not self._ids.isdisjoint({*seats["territory_id"]}):
            raise _refused("territory")
        holders = super().table("quota_holders")["rep_id"] if self.has("quota_holders.csv") else ()
        filled = seats["rep_id"] != ""
        aliases: dict[str, str] = {}
        if self.has("accounts.csv"):
            accounts = super().table("accounts").sort_values("account_id")
            aliases |= _numbered("Account", accounts["name"])
            aliases |= _numbered("account", accounts["account_id"], "-")
        aliases |= _numbered("Manager", sorted({*seats["manager"]}))
        aliases |= dict.fromkeys(seats.loc[~filled, "rep_name"], "Vacancy")
        aliases |= _numbered("Rep", seats.loc[filled, "rep_name"])
        aliases |= _numbered("rep", dict.fromkeys([*seats.loc[filled, "rep_id"], *sorted(holders)]), "-")
        return {name: alias for name, alias in aliases.items() if name}


def _numbered(word: str, names: Iterable[str], mark: str = " ") -> dict[str, str]:
    """Number names in their order, all with as many digits."""
    different = [name for name in dict.fromkeys(names) if name]
    return {name: f"{word}{mark}{i:0{len(str(len(different)))}}" for i, name in enumerate(different, 1)}


def _rounded(values: pd.Series[float]) -> pd.Series[float]:
    """Keep three digits of each amount."""
    size = values.abs().where(values != 0, 1.0)
    step = 10.0 ** (np.floor(np.log10(size)) - (DIGITS - 1))
    return (values / step).round() * step


def _refused(what: str) -> InputError:
    message = (
        f"ids of some {what} are ids of people or accounts, and a redacted report keeps ids of its {what}"
    )
    remedy = f"give every {what} an id of its own in the tables, and run the scenario again"
    return InputError([Finding("--redact", 0, 0, "", "REDACT-ID", Severity.ERROR, "", message, remedy)])
