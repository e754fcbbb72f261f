"""The tables of a report, from the run's own tables."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from engine.report.source import Source, measure_words
from engine.report.table import Column, Kind, Table, table_of

QUANTILES = {
    "p10": "1 year in 10 below",
    "p25": "1 year in 4 below",
    "p50": "Median",
    "p75": "3 years in 4 below",
    "p90": "9 years in 10 below",
}


def territories_table(source: Source) -> Table:
    """One row a territory with its measures, travel and change."""
    money = source.currency
    columns = [
        Column("territory_id", "Territory"),
        Column("rep_name", "Position"),
        Column("rep_id", "Rep id", main=False),
        Column("manager", "Manager", main=False),
        Column("region", "Region", main=False),
        Column("segment", "Segment", main=False),
        Column("capacity", "FTE", Kind.NUMBER),
        Column("start_date", "Start", main=False),
        Column("centre_unit_id", "Centre unit", main=False),
        Column("units", "Units", Kind.COUNT),
        Column("pieces", "Pieces", Kind.COUNT, main=False),
        Column("accounts", "Accounts", Kind.COUNT),
        Column("revenue", f"Revenue, {money}", Kind.MONEY, main=False),
    ]
    for measure in _measures(source):
        columns += _measure_columns(source, measure)
    columns += [
        Column("travel_km", "Road km a year", Kind.COUNT),
        Column("travel_hours", "Travel hours a year", Kind.COUNT, main=False),
        Column("travel_cost", f"Travel, {money} a year", Kind.MONEY, main=False),
        Column("compactness", "Mean km to centre", Kind.NUMBER),
        Column("handoff_value", f"Value taken over, {money}", Kind.MONEY, main=source.has_current),
        Column("handoff_cost", f"Expected loss, {money}", Kind.MONEY, main=False),
        Column("imbalance_cost", f"Cost of imbalance, {money}", Kind.MONEY, main=False),
    ]
    return table_of("Territories", source.territories, columns)


def units_table(source: Source) -> Table:
    """One row a planning unit with its territory of today and tomorrow."""
    frame = source.alignment.merge(source.units, on="unit_id", validate="one_to_one")
    frame["handoff_value"] = frame["unit_id"].map(source.value_at_risk)
    return table_of(
        "Units",
        frame,
        [
            Column("unit_id", "Unit"),
            Column("name", "Name"),
            Column("group", "Area"),
            Column("territory_id", "Territory"),
            Column("previous_territory_id", "Today"),
            Column("locked", "Locked", Kind.YES_NO),
            Column("reason", "Reason", Kind.LONG),
            *(Column(measure, _heading(source, measure), Kind.AMOUNT) for measure in unit_measures(source)),
            Column("visits", "Visits a year", Kind.NUMBER),
            Column("travel_hours", "Travel hours a year", Kind.AMOUNT),
            Column("handoff_value", f"Value at risk, {source.currency}", Kind.MONEY),
        ],
    )


def accounts_table(source: Source) -> Table:
    """One row an account, the most valuable first."""
    frame = source.accounts.sort_values(["revenue", "account_id"], ascending=[False, True])
    return _accounts("Accounts", source, frame)


def moved_accounts_table(source: Source) -> Table:
    """Only the accounts that change hands, the most valuable first."""
    frame = source.accounts[source.accounts["moved"]]
    return _accounts(
        "Accounts that change hands",
        source,
        frame.sort_values(["revenue", "account_id"], ascending=[False, True]),
    )


def handoffs_table(source: Source) -> Table:
    """What goes from which territory to which, the most valuable first; what nobody has is not at risk."""
    rows = source.alignment
    moved = rows[rows["previous_territory_id"] != rows["territory_id"]]
    pair = ["previous_territory_id", "territory_id"]
    frame = moved.assign(value=moved["unit_id"].map(source.value_at_risk)).groupby(pair)
    table = frame.agg(units=("unit_id", "size"), value=("value", "sum"))
    gone = source.accounts[source.accounts["moved"]].groupby(pair).size().rename("accounts")
    table = table.join(gone, how="outer").fillna(0).reset_index()  # an account's owner may not be its unit's
    table = table.astype({"units": "int64", "accounts": "int64"})
    reps = source.territories.set_index("territory_id")["rep_name"]
    table["from_rep"] = table["previous_territory_id"].map(reps).fillna("")
    table["to_rep"] = table["territory_id"].map(reps).fillna("")
    table["previous_territory_id"] = table["previous_territory_id"].replace("", "nobody")
    return table_of(
        "Handoffs",
        table.sort_values(["value", *pair], ascending=[False, True, True]),
        [
            Column("previous_territory_id", "From"),
            Column("from_rep", "Position of today"),
            Column("territory_id", "To"),
            Column("to_rep", "New position"),
            Column("units", "Units", Kind.COUNT),
            Column("accounts", "Accounts", Kind.COUNT),
            Column("value", f"Value at risk, {source.currency}", Kind.MONEY),
        ],
    )


def quotas_table(source: Source) -> Table:
    """One row a position with its quota of the year, of quarters and of months."""
    table = source.quotas.pivot(index="territory_id", columns="period", values="quota")
    periods = ["FY", "Q1", "Q2", "Q3", "Q4", *source.months["month"]]
    year = source.quotas[source.quotas["period"] == "FY"].set_index("territory_id")
    table["rep_id"], table["rule"], table["reason"] = year["rep_id"], year["rule"], year["reason"]
    table["rep_name"] = source.territories.set_index("territory_id")["rep_name"]
    money = source.currency
    return table_of(
        "Quotas",
        table.reset_index(),
        [
            Column("territory_id", "Territory"),
            Column("rep_name", "Position"),
            Column("rep_id", "Rep id", main=False),
            *(
                Column(
                    p, f"{'Year' if p == 'FY' else p}, {money}", Kind.MONEY, main=p in ("FY", *periods[1:5])
                )
                for p in periods
            ),
            Column("rule", "Rule", main=False),
            Column("reason", "Why this number", Kind.LONG),
        ],
    )


def rollup_table(source: Source) -> Table:
    """Sums of quotas by manager, region and company."""
    key = ["level", "name"]
    table = source.rollup.pivot(index=key, columns="period", values="quota").reset_index()
    money = source.currency
    return table_of(
        "Roll-up",
        table,
        [
            Column("level", "Level"),
            Column("name", "Name"),
            *(
                Column(p, f"{'Year' if p == 'FY' else p}, {money}", Kind.MONEY)
                for p in ("FY", "Q1", "Q2", "Q3", "Q4")
            ),
        ],
    )


def rules_table(source: Source) -> Table:
    """What the plain rules would have set, judged on the same simulated years."""
    return _optional(
        "Quota rules",
        source.quota_rules,
        [
            Column("rule", "Rule"),
            Column("used", "Used", Kind.YES_NO),
            Column("share_at_quota", "Positions at quota", Kind.SHARE),
            Column("p_least", "Least P(at quota)", Kind.CHANCE),
            Column("p_most", "Greatest P(at quota)", Kind.CHANCE),
            Column("p_spread", "Spread, points", Kind.POINTS),
            Column("p_spread_net", "without luck of few years", Kind.POINTS),
            Column("p_plan", "P(plan)", Kind.CHANCE),
            Column("largest_change", "Largest change on last year", Kind.DEVIATION),
            Column("from_map", "From the map", Kind.SHARE),
            Column("from_person", "From the person", Kind.SHARE),
            Column("from_luck", "From luck", Kind.SHARE),
        ],
    )


def pay_table(source: Source) -> Table:
    """What each rule's quotas would pay out; no rows where the scenario says nothing about pay."""
    money = source.currency
    paid = source.quota_rules if source.scenario["quotas"].get("pay") else source.quota_rules.iloc[:0]
    return _optional(
        "Pay",
        paid,
        [
            Column("rule", "Rule"),
            Column("used", "Used", Kind.YES_NO),
            Column("pay_expected", f"Mean cost of pay, {money} a year", Kind.MONEY),
            Column("pay_p90", f"9 years in 10 below, {money}", Kind.MONEY),
        ],
    )


def leaders_table(source: Source) -> Table:
    """Numbers of managers, regions and overlay roles, each with an over-assignment of its own."""
    frame = source.leaders
    if len(frame):
        odds = frame[frame["period"] == "FY"].set_index(["role", "name"])[["over_assignment", "p_at_quota"]]
        frame = frame.pivot(index=["role", "name"], columns="period", values="quota").join(odds).reset_index()
    money = source.currency
    return _optional(
        "Leaders",
        frame,
        [
            Column("role", "Role"),
            Column("name", "Of"),
            *(
                Column(p, f"{'Year' if p == 'FY' else p}, {money}", Kind.MONEY)
                for p in ("FY", "Q1", "Q2", "Q3", "Q4")
            ),
            Column("over_assignment", "All of the role above plan", Kind.DEVIATION),
            Column("p_at_quota", "P(at quota)", Kind.CHANCE),
        ],
    )


def components_table(source: Source) -> Table:
    """The parts of each quota."""
    frame = source.components
    names = list(dict.fromkeys(frame["component"])) if len(frame) else []
    if names:
        table = frame.pivot(index=["level", "name"], columns="component", values="quota").reset_index()
        order = table["level"].map(["company", "region", "manager", "territory"].index)
        frame = table.iloc[order.argsort(kind="stable")]
    columns = [Column(name, f"{name.capitalize()}, {source.currency}", Kind.MONEY) for name in names]
    return _optional("Components", frame, [Column("level", "Level"), Column("name", "Name"), *columns])


def targets_table(source: Source) -> Table:
    """Plan targets by their chance, with what they make of the quotas."""
    frame = source.targets
    if len(frame):
        frame = frame.assign(
            target=["as set" if name == "set" else f"{name[1:]} % chance" for name in frame["target"]]
        )
    return _optional(
        "Plan targets",
        frame,
        [
            Column("target", "Plan target"),
            Column("plan_target", f"Amount, {source.currency}", Kind.MONEY),
            Column("p_plan", "P(plan)", Kind.CHANCE),
            Column("over_assignment", "These quotas are above it by", Kind.DEVIATION),
            Column("share_at_quota", "Positions at quota", Kind.SHARE),
            Column("share_at_new_quota", "at quota if quotas went with it", Kind.SHARE),
        ],
    )


def adequacy_table(source: Source) -> Table:
    """Every quota against the hours of its seat and the potential of its territory."""
    money = source.currency
    return _optional(
        "Adequacy",
        source.adequacy,
        [
            Column("territory_id", "Territory"),
            Column("quota", f"Quota, {money}", Kind.MONEY),
            Column("expected", f"Expected, {money}", Kind.MONEY, main=False),
            Column("quota_to_expected", "Quota / expected", Kind.SHARE),
            Column("potential", "Potential", Kind.AMOUNT, main=False),
            Column("potential_index", "Quota per potential, company = 1", Kind.NUMBER),
            Column("utilisation", "Hours used", Kind.SHARE),
            Column("hours_at_quota", "Hours at quota", Kind.SHARE),
            Column("remark", "Remark", Kind.LONG),
        ],
    )


def after_table(source: Source) -> Table:
    """Each quota of the year before and after the changes inside it."""
    frame = source.quotas_after
    money = source.currency
    return _optional(
        "Quotas after changes",
        frame[frame["period"] == "FY"] if len(frame) else frame,
        [
            Column("territory_id", "Territory"),
            Column("before", f"Planned, {money}", Kind.MONEY),
            Column("after", f"After all changes, {money}", Kind.MONEY),
            Column("change", f"Change, {money}", Kind.CHANGE),
        ],
    )


def holders_table(source: Source) -> Table:
    """Who carries how much of each quota, from when to when."""
    return _optional(
        "Quota holders",
        source.quota_holders,
        [
            Column("territory_id", "Territory"),
            Column("rep_id", "Rep id"),
            Column("from", "From"),
            Column("to", "To"),
            Column("days", "Days", Kind.COUNT),
            Column("quota", f"Quota, {source.currency}", Kind.MONEY),
            Column("reason", "Reason", Kind.LONG),
        ],
    )


def loop_table(source: Source) -> Table:
    """What drawing the map for expected bookings did to each territory."""
    money = source.currency
    return _optional(
        "Drawn for bookings",
        source.closed_loop,
        [
            Column("territory_id", "Territory"),
            Column("potential_before", "Potential before", Kind.AMOUNT),
            Column("potential_wanted", "Wanted", Kind.AMOUNT),
            Column("potential_after", "Drawn", Kind.AMOUNT),
            Column("promised", f"Promised, {money}", Kind.CHANGE),
            Column("bookings_before", f"Bookings before, {money}", Kind.MONEY),
            Column("bookings_redrawn", f"Drawn for today's shares, {money}", Kind.MONEY),
            Column("bookings_after", f"Bookings drawn, {money}", Kind.MONEY),
        ],
    )


def changes_table(source: Source) -> Table:
    """Units that another territory had in the earlier run, and why they go."""
    return _optional(
        "Changes",
        source.changes,
        [
            Column("unit_id", "Unit"),
            Column("earlier_territory_id", "Earlier run"),
            Column("territory_id", "Now"),
            Column("value", f"Account value, {source.currency}", Kind.MONEY),
            Column("reason", "Why", Kind.LONG),
        ],
    )


def rule_prices_table(source: Source) -> Table:
    """What a plan without each rule costs, where asked for."""
    money = f"{source.currency} a year"
    return _optional(
        "Rule prices",
        source.rule_prices,
        [
            Column("rule", "Without this rule", Kind.LONG),
            Column("cost", f"Cost, {money}", Kind.MONEY),
            Column("saving", "Saves", Kind.MONEY),
            Column("saving_at_least", "Proved: at least", Kind.MONEY),
            Column("saving_at_most", "At most", Kind.MONEY),
            Column("changed_units", "Units that change", Kind.COUNT),
            Column("place", "Written in"),
        ],
    )


def drivers_table(source: Source) -> Table:
    """What bookings do when a driver moves by a tenth, and its share of what all of them do together, where asked for."""
    shares = [
        Column("first", "Alone", Kind.SHARE),
        Column("first_low", "95 % from", Kind.SHARE, main=False),
        Column("first_high", "to", Kind.SHARE, main=False),
        Column("total", "With others", Kind.SHARE),
        Column("total_low", "95 % from", Kind.SHARE, main=False),
        Column("total_high", "to", Kind.SHARE, main=False),
    ]
    return _optional(
        "Drivers",
        source.drivers,
        [
            Column("driver", "Driver"),
            Column("down", "10 % less", Kind.DEVIATION),
            Column("down_low", "95 % from", Kind.DEVIATION, main=False),
            Column("down_high", "to", Kind.DEVIATION, main=False),
            Column("up", "10 % more", Kind.DEVIATION),
            Column("up_low", "95 % from", Kind.DEVIATION, main=False),
            Column("up_high", "to", Kind.DEVIATION, main=False),
            Column("elasticity", "Elasticity", Kind.NUMBER),
            Column("usual", "Between 0.2 and 0.6"),
            *(shares if "total" in source.drivers else ()),
        ],
    )


def _sentence_case(words: str) -> str:
    return words[:1].upper() + words[1:]


def _optional(title: str, frame: pd.DataFrame, columns: list[Column]) -> Table:
    """Make a table whose columns may be missing in a run of an older version."""
    return table_of(title, frame.reindex(columns=[column.name for column in columns]), columns)


def attainment_table(source: Source) -> Table:
    """What the simulated years say about every position, manager, region and the company."""
    return _attainment("Attainment", source, source.attainment)


def positions_table(source: Source) -> Table:
    """Only the positions' rows of the attainment table."""
    return _attainment("Positions", source, source.attainment[source.attainment["level"] == "rep"])


def groups_table(source: Source) -> Table:
    """Only the rows of managers, regions and the company."""
    rows = source.attainment[source.attainment["level"] != "rep"]
    return _attainment("Managers, regions and the company", source, rows)


def months_table(source: Source) -> Table:
    """Cumulated bookings of the company by month."""
    names = {"expected": "Expected", "quota": "Quota", **QUANTILES}
    columns = [
        Column(name, f"{names[name]}, {source.currency}", Kind.MONEY)
        for name in ("quota", "expected", "p10", "p25", "p50", "p75", "p90")
    ]
    return table_of("Months", source.months, [Column("month", "To the end of"), *columns])


def stress_table(source: Source) -> Table:
    """Stress cases beside the base case."""
    money = source.currency
    frame = source.stress.assign(
        words=[_sentence_case(source.stress_words(case)) for case in source.stress["case"]]
    )
    return table_of(
        "Stress",
        frame,
        [
            Column("words", "Case"),
            Column("case", "Name of the case", main=False),
            Column("level", "Level", main=False),
            Column("id", "Id", main=False),
            Column("name", "Name", main=False),
            Column("expected", f"Expected, {money}", Kind.MONEY),
            Column("difference", f"Difference, {money}", Kind.CHANGE),
            Column("difference_low", "95 % from", Kind.CHANGE),
            Column("difference_high", "to", Kind.CHANGE),
            Column("p_at_quota", "P(reached)", Kind.CHANCE),
            Column("p_low", "P from", Kind.CHANCE, main=False),
            Column("p_high", "P to", Kind.CHANCE, main=False),
            Column("p_difference", "Change of P, points", Kind.POINTS),
        ],
    )


def problems_table(source: Source) -> Table:
    """Findings about the data, the serious ones first."""
    order = {name: i for i, name in enumerate(("error", "warning", "repair", "note"))}
    found = sorted(source.problems, key=lambda one: order.get(one["severity"], len(order)))
    rows = [{**one, "place": _place(one), "count": _rows_concerned(one)} for one in found]
    columns = [
        Column("severity", "Kind"),
        Column("place", "Where"),
        Column("key", "Column or key"),
        Column("value", "Found"),
        Column("message", "What is wrong", Kind.LONG),
        Column("remedy", "What to do", Kind.LONG),
        Column("count", "Rows concerned", Kind.COUNT),
        Column("code", "Code", main=False),
    ]
    return table_of("Data quality", pd.DataFrame(rows, columns=[c.name for c in columns]), columns)


def checks_table(source: Source) -> Table:
    """What the independent checker looked at."""
    columns = [
        Column("passed", "Holds", Kind.YES_NO),
        Column("rule", "Rule"),
        Column("required", "Required", Kind.LONG),
        Column("found", "Found", Kind.LONG),
    ]
    rows = pd.DataFrame(source.checks or [], columns=[c.name for c in columns])
    rows["found"] = [_fewer_digits(str(text)) for text in rows["found"]]
    return table_of("Verification", rows.sort_values("passed", kind="stable"), columns)


def kpis_table(source: Source) -> Table:
    """Every key figure with its meaning."""
    columns = [
        Column("meaning", "Figure", Kind.LONG),
        Column("value", "Value", Kind.NUMBER),
        Column("unit", "Unit"),
        Column("kpi", "Name", main=False),
    ]
    told = source.kpi_table.dropna(subset="value") if source.is_redacted else source.kpi_table
    return table_of("Key figures", told, columns)


def inputs_table(source: Source) -> Table:
    """Files that were read."""
    rows = [(one.role, one.path, one.sha256, one.size) for one in source.run.facts.inputs]
    frame = pd.DataFrame(rows, columns=["role", "file", "sha256", "bytes"])
    columns = [
        Column("role", "Input"),
        Column("file", "File"),
        Column("bytes", "Bytes", Kind.COUNT),
        Column("sha256", "SHA-256"),
    ]
    return table_of("Inputs", frame, columns)


def unit_measures(source: Source) -> list[str]:
    """Name the measures of ``units.csv``: potential, workload and the others of the scenario."""
    return ["potential", "workload", *source.scenario["measures"]["other"]]


def _accounts(title: str, source: Source, frame: pd.DataFrame) -> Table:
    columns = [
        Column("account_id", "Account"),
        Column("name", "Name", Kind.LONG),
        Column("unit_id", "Unit"),
        Column("segment", "Segment", main=False),
        Column("revenue", f"Revenue, {source.currency}", Kind.MONEY),
        Column("previous_territory_id", "From"),
        Column("territory_id", "To"),
        Column("named", "Named", Kind.YES_NO, main=False),
        Column("locked", "Locked", Kind.YES_NO, main=False),
        Column("moved", "Changes hands", Kind.YES_NO, main=False),
        Column("reason", "Reason", Kind.LONG),
    ]
    return table_of(title, frame, columns)


def _attainment(title: str, source: Source, rows: pd.DataFrame) -> Table:
    money = source.currency
    positions = bool((rows["level"] == "rep").all())
    return table_of(
        title,
        rows,
        [
            Column("level", "Level", main=not positions),
            Column("id", "Territory" if positions else "Id", main=positions),
            Column("name", "Name"),
            Column("quota", f"Quota, {money}", Kind.MONEY),
            Column("expected", f"Expected, {money}", Kind.MONEY),
            Column("p10", f"{QUANTILES['p10']}, {money}", Kind.MONEY, main=False),
            Column("p50", f"{QUANTILES['p50']}, {money}", Kind.MONEY, main=False),
            Column("p90", f"{QUANTILES['p90']}, {money}", Kind.MONEY, main=False),
            Column("attainment_mean", "Mean attainment", Kind.SHARE),
            Column("p_at_quota", "P(at quota)", Kind.CHANCE),
            Column("p_low", "95 % from", Kind.CHANCE),
            Column("p_high", "to", Kind.CHANCE),
            Column("expected_shortfall", f"Mean shortfall, {money}", Kind.MONEY),
            Column("utilisation", "Utilisation", Kind.SHARE),
            Column("waiting_days", "Waiting, days", Kind.NUMBER, main=not positions),
            Column("won", "Won a year", Kind.NUMBER, main=False),
            Column("lost", "Lost a year", Kind.NUMBER, main=False),
            Column("gave_up", "of these for lack of time", Kind.NUMBER, main=False),
            Column("open", "Open at the end", Kind.NUMBER, main=False),
        ],
    )


def _measures(source: Source) -> list[str]:
    """Measures of ``territories.csv``: each has a column with its target."""
    columns = [str(column) for column in source.territories.columns]
    return [column.removesuffix("_target") for column in columns if column.endswith("_target")]


def _measure_columns(source: Source, measure: str) -> list[Column]:
    heading, balanced = _heading(source, measure), measure in source.tolerances
    words = measure_words(measure).capitalize()
    return [
        Column(measure, heading, Kind.AMOUNT),
        Column(f"{measure}_target", f"{words}, fair share", Kind.AMOUNT, main=False),
        Column(f"{measure}_lower", f"{words}, lower limit", Kind.AMOUNT, main=False),
        Column(f"{measure}_upper", f"{words}, upper limit", Kind.AMOUNT, main=False),
        Column(f"{measure}_deviation", f"{words}, deviation", Kind.DEVIATION, main=balanced),
    ]


def _heading(source: Source, measure: str) -> str:
    measures: dict[str, Any] = source.scenario["measures"]
    settings = measures.get(measure) or measures["other"][measure]
    return f"{measure_words(measure).capitalize()}, {settings['unit']}"


def _fewer_digits(text: str) -> str:
    """Write a bare number with many decimals with six digits."""
    return f"{float(text):,.6g}" if re.fullmatch(r"-?\d+\.\d{3,}", text) else text


def _rows_concerned(finding: dict[str, Any]) -> int | None:
    """Give the number of rows; a finding about a header, a file or a key of the scenario is about no row."""
    about_a_row = finding["line"] > 1 and not str(finding["file"]).endswith((".yaml", ".yml"))
    return int(finding["count"]) if about_a_row or finding["count"] > 1 else None


def _place(finding: dict[str, Any]) -> str:
    return f"{finding['file']}:{finding['line']}" if finding["line"] else str(finding["file"])
