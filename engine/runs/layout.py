"""Which columns of the run folder's tables are text; docs/reference/run-folder.md says what they mean."""

from __future__ import annotations

YES_NO = frozenset({"locked", "named", "moved", "used"})

# A column not named here is a number. Tables not named here (copies of rules) are all text.
TEXT_COLUMNS = {
    "units": frozenset({"unit_id", "name", "group"}),
    "inputs/travel_times": frozenset({"unit", "territory"}),
    "adjacency": frozenset({"unit", "neighbour", "kind"}),
    "alignment": frozenset({"unit_id", "territory_id", "previous_territory_id", "reason"}),
    "territories": frozenset(
        {
            "territory_id",
            "rep_id",
            "rep_name",
            "manager",
            "region",
            "segment",
            "start_date",
            "centre_unit_id",
        }
    ),
    "accounts": frozenset(
        {"account_id", "name", "unit_id", "segment", "territory_id", "previous_territory_id", "reason"}
    ),
    "quotas": frozenset({"territory_id", "rep_id", "period", "rule", "reason"}),
    "rollup": frozenset({"level", "name", "period"}),
    "rollup_after": frozenset({"level", "name", "period"}),
    "attainment": frozenset({"level", "id", "name"}),
    "months": frozenset({"month"}),
    "drivers": frozenset({"driver", "usual"}),
    "stress": frozenset({"case", "level", "id", "name"}),
    "kpis": frozenset({"kpi", "unit", "meaning"}),
    "quota_limits": frozenset({"territory_id"}),
    "quota_rules": frozenset({"rule"}),
    "leaders": frozenset({"role", "name", "period"}),
    "components": frozenset({"level", "name", "component", "rule"}),
    "quotas_after": frozenset({"territory_id", "period"}),
    "quota_holders": frozenset({"territory_id", "rep_id", "from", "to", "reason"}),
    "closed_loop": frozenset({"territory_id"}),
    "rule_prices": frozenset({"rule", "place"}),
    "changes": frozenset({"unit_id", "earlier_territory_id", "territory_id", "reason"}),
    "targets": frozenset({"target"}),
    "adequacy": frozenset({"territory_id", "remark"}),
}

# What a run found out; the rest is input, derived from these, or about the machine.
RESULT_TABLES = ("alignment", "attainment", "kpis", "months", "quotas", "stress")
RESULT_PARQUET = "attainment.parquet"


def is_derived(name: str) -> bool:
    """Whether a file is made from other files of the run, so that it can be made again."""
    return name.startswith(("report.", "maps/"))
