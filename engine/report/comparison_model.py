"""What a comparison says: sentences, tables and one map of several alignments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.compare import Comparison
from engine.compare.side import CURRENT
from engine.report.charts import BarChart, difference_chart, share_difference_chart
from engine.report.distribution import Histogram, TradeOff, attained_charts, spread_charts, trade_off
from engine.report.figures import figure_kind
from engine.report.handoffs import plan_handoffs
from engine.report.sentences import Sentence, counted
from engine.report.source import measure_words
from engine.report.table import Column, Kind, Table, money, table_of
from engine.report.territory_map import TerritoryMap, draw_alignments
from engine.runs import StoredRun

UNKNOWN = "–"


@dataclass(frozen=True)
class FigureRow:
    """A key figure of every side: what it is, which direction is better, and its values as text.

    Parameters
    ----------
    meaning, unit
        In words.
    better
        ``lower``, ``higher`` or empty.
    alike
        Whether every side counts it by the same prices and inputs.
    values
        Text of each side and whether that side is better than all others.
    changes
        Difference of each side to the first, with its sign; empty where there is none or nothing to compare.
    """

    meaning: str
    unit: str
    better: str
    alike: bool
    values: tuple[tuple[str, bool], ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class ComparisonModel:
    """What the page of a comparison shows.

    Parameters
    ----------
    labels
        Name of each side, in the order of the comparison.
    runs
        The runs.
    synthetic
        What is invented, of any run; empty = nothing.
    summary
        How each side differs from the first, in words.
    notes
        What a reader must know.
    figures
        Key figures.
    flows
        What goes from which territory to which, against the first side.
    units, accounts, territories, differences
        Tables; see `engine.compare.Comparison`.
    handoffs
        What each plan takes from somebody who has it today; see `engine.report.handoffs.plan_handoffs`.
    company, groups
        Paired bookings of the company, and of positions, managers and regions.
    company_chart, groups_chart
        Their differences, in the same order.
    spreads
        Simulated years of the company; see `engine.report.distribution.spread_charts`.
    company_shares, group_shares
        Paired attainment of the company, and of positions, managers and regions, each by its own quotas.
    company_shares_chart, group_shares_chart
        Their differences, in the same order.
    attained
        What is attained in simulated years; see `engine.report.distribution.attained_charts`.
    trade_offs
        Plans by travel and by what changes hands, and by travel and the largest deviation.
    map
        One alignment a side, in the order of ``labels``.
    all_units
        ``unit_id, name, group, value`` of every unit.
    """

    labels: tuple[str, ...]
    runs: tuple[StoredRun, ...]
    synthetic: str
    summary: tuple[Sentence, ...]
    notes: tuple[str, ...]
    figures: tuple[FigureRow, ...]
    flows: Table
    units: Table
    accounts: Table
    handoffs: Table
    territories: Table
    differences: Table
    company: Table
    groups: Table
    company_chart: BarChart
    groups_chart: BarChart
    spreads: tuple[Histogram, ...]
    company_shares: Table
    group_shares: Table
    company_shares_chart: BarChart
    group_shares_chart: BarChart
    attained: tuple[Histogram, ...]
    trade_offs: tuple[TradeOff, ...]
    map: TerritoryMap
    all_units: Table


def build_comparison(comparison: Comparison, runs: Sequence[StoredRun]) -> ComparisonModel:
    """Make what the page of a comparison shows.

    Parameters
    ----------
    comparison
        The runs compared.
    runs
        The runs in the order of their labels. If there is one label more, the side called ``current`` is the
        current alignment of the first run.

    Returns
    -------
    The model.

    Raises
    ------
    StorageError
        If a file of a run is missing or damaged.
    ValueError
        If the runs are not those of the comparison.
    """
    owners = _owners(comparison, runs)
    currency = runs[0].facts.currency
    labels = [Column(label, label) for label in comparison.labels]
    company = comparison.attainment["level"] == "company"
    pairs = [comparison.attainment[rows] for rows in (company, ~company)]
    company = comparison.shares["level"] == "company"
    shares = [comparison.shares[rows] for rows in (company, ~company)]
    units = runs[0].table("units").sort_values("unit_id")
    value = Column("value", f"Revenue not locked, {currency}", Kind.MONEY)
    unit = [Column("unit_id", "Unit"), Column("name", "Name"), Column("group", "Area")]
    account = [Column("account_id", "Account"), Column("name", "Name", Kind.LONG), Column("unit_id", "Unit")]
    revenue = Column("value", f"Revenue, {currency}", Kind.MONEY)
    asked = [Column("kind", "What"), Column("key", "Key")]
    asked += [
        Column(str(label), str(label), Kind.LONG)
        for label in comparison.differences.columns
        if label in comparison.labels
    ]
    return ComparisonModel(
        labels=comparison.labels,
        runs=tuple(runs),
        synthetic=" ".join(dict.fromkeys(run.facts.synthetic for run in runs if run.facts.synthetic)),
        summary=tuple(
            _against_first(comparison, label, len(units), currency) for label in comparison.labels[1:]
        ),
        notes=comparison.notes,
        figures=tuple(_figures(comparison)),
        flows=_flows(comparison, currency),
        units=table_of("Units that differ", comparison.moved_units, [*unit, *labels, value]),
        accounts=table_of("Accounts that differ", comparison.moved_accounts, [*account, *labels, revenue]),
        handoffs=plan_handoffs(runs, _planned(comparison, runs)),
        territories=_territories(comparison, currency),
        differences=table_of("What was asked differently", comparison.differences, asked),
        company=_paired("Bookings of the company", pairs[0], currency),
        groups=_paired("Bookings of positions, managers and regions", pairs[1], currency),
        company_chart=_chart(pairs[0], currency),
        groups_chart=_chart(pairs[1], currency),
        spreads=spread_charts(comparison.years, currency),
        company_shares=_paired_shares("Attainment of the company", shares[0]),
        group_shares=_paired_shares("Attainment of positions, managers and regions", shares[1]),
        company_shares_chart=_shares_chart(shares[0]),
        group_shares_chart=_shares_chart(shares[1]),
        attained=attained_charts(comparison.attained, len(runs[0].table("territories"))),
        trade_offs=tuple(_trade_offs(comparison)),
        map=draw_alignments(runs[0], _seats(comparison), owners),
        all_units=table_of("Units", units.assign(value=units["handoff_value"]), [*unit, value]),
    )


def _flows(comparison: Comparison, currency: str) -> Table:
    """Sum up what the other sides give to another territory than the first, the most valuable first."""
    first = comparison.labels[0]
    frames = []
    for label in comparison.labels[1:]:
        pair = [first, label]
        moved = comparison.moved_units[comparison.moved_units[first] != comparison.moved_units[label]]
        sold = comparison.moved_accounts[comparison.moved_accounts[first] != comparison.moved_accounts[label]]
        flow = moved.groupby(pair).agg(units=("unit_id", "size"), value=("value", "sum"))
        flow = flow.join(sold.groupby(pair).size().rename("accounts"), how="outer").fillna(0).reset_index()
        flow.columns = pd.Index(["from", "to", *flow.columns[2:]])
        flow = flow.replace({"from": {"": "nobody"}, "to": {"": "nobody"}}).assign(run=label)
        frames.append(flow.sort_values(["value", "from", "to"], ascending=[False, True, True]))
    columns = [
        Column("run", "Plan"),
        Column("from", f"From, in {first}"),
        Column("to", "To, in the plan"),
        Column("units", "Units", Kind.COUNT),
        Column("accounts", "Accounts", Kind.COUNT),
        Column("value", f"Revenue not locked, {currency}", Kind.MONEY),
    ]
    return table_of("From territory to territory", pd.concat(frames).reset_index(drop=True), columns)


def _trade_offs(comparison: Comparison) -> Iterator[TradeOff]:
    """Set travel against what changes hands and against the largest deviation from a fair share."""
    kpis = comparison.kpis.set_index("kpi")
    deviations = [str(name) for name in kpis.index if str(name).startswith("max_deviation_")]
    for other in ("value_moved_share", *deviations[:1]):
        names = ["travel_cost", other]
        if not {*names} <= set(kpis.index) or "travel_cost" in comparison.not_alike:
            continue
        rows = [dict(kpis.loc[name]) for name in names]
        numbers = [[float(row[label]) for label in comparison.labels] for row in rows]
        kinds = [figure_kind(name, str(row["unit"])) for name, row in zip(names, rows, strict=True)]
        texts = [
            [UNKNOWN if math.isnan(one) else kind.shown(one) for one in values]
            for kind, values in zip(kinds, numbers, strict=True)
        ]
        titles = [f"{row['meaning']}, {row['unit']}".removesuffix(", share") for row in rows]
        chart = trade_off(
            comparison.labels, (titles[0], numbers[0]), (titles[1], numbers[1]), (texts[0], texts[1])
        )
        if chart is not None:
            yield chart


def _owners(comparison: Comparison, runs: Sequence[StoredRun]) -> dict[str, pd.Series[str]]:
    """List the territory of every unit, by label."""
    planned = _planned(comparison, runs)
    alignments = [run.table("alignment").set_index("unit_id") for run in runs]
    owners = {label: frame["territory_id"] for label, frame in zip(planned, alignments, strict=True)}
    if len(planned) < len(comparison.labels):
        owners[CURRENT] = alignments[0]["previous_territory_id"]
    return {label: owners[label] for label in comparison.labels}


def _planned(comparison: Comparison, runs: Sequence[StoredRun]) -> list[str]:
    """List the sides that are runs and not today's alignment."""
    with_current = len(comparison.labels) == len(runs) + 1 and CURRENT in comparison.labels
    return [label for label in comparison.labels if not (with_current and label == CURRENT)]


def _seats(comparison: Comparison) -> pd.DataFrame:
    """One row a territory: every name it has, and its home where no two runs disagree."""
    rows = comparison.territories.groupby("territory_id")
    table = rows[["home_lon", "home_lat"]].first()
    several = (rows[["home_lon", "home_lat"]].nunique() > 1).any(axis=1)
    table[several] = math.nan
    table["rep_name"] = rows["rep_name"].agg(
        lambda names: " / ".join(name for name in names.unique() if name)
    )
    return table.reset_index()


def _figures(comparison: Comparison) -> list[FigureRow]:
    rows = []
    for row in comparison.kpis.to_dict("records"):
        kind, numbers = (
            figure_kind(str(row["kpi"]), str(row["unit"])),
            [float(row[label]) for label in comparison.labels],
        )
        texts = [UNKNOWN if math.isnan(one) else kind.shown(one) for one in numbers]
        # who is better by less than what can be read is not better
        values = tuple(
            (text, label == row["best"] and texts.count(text) == 1)
            for label, text in zip(comparison.labels, texts, strict=True)
        )
        alike = row["kpi"] not in comparison.not_alike
        changes = tuple(_change(kind, one, numbers[0]) if alike else "" for one in numbers)
        meaning, unit, better = (str(row[name]) for name in ("meaning", "unit", "better"))
        rows.append(FigureRow(meaning, unit, better, alike, values, changes))
    return rows


def _change(kind: Kind, value: float, first: float) -> str:
    """Write a difference of two figures of a kind: shares in percentage points."""
    if not math.isfinite(value - first) or kind.shown(value) == kind.shown(first):
        return ""
    shares = kind in (Kind.SHARE, Kind.CHANCE, Kind.AT_MOST)
    return Kind.POINTS.shown(value - first) if shares else Kind.CHANGE.shown(value - first)


def _against_first(comparison: Comparison, label: str, units: int, currency: str) -> Sentence:
    first = comparison.labels[0]
    other = comparison.moved_units[comparison.moved_units[first] != comparison.moved_units[label]]
    sold = comparison.moved_accounts[comparison.moved_accounts[first] != comparison.moved_accounts[label]]
    said = [
        f"Against {first}, {len(other):,} of {counted(units, 'unit', 'units')} and "
        f"{counted(len(sold), 'account', 'accounts')} are in another territory; these accounts are worth "
        f"{money(float(sold['value'].sum()), currency)} a year.",
        _cost(comparison, first, label, currency),
    ]
    paired = comparison.attainment[comparison.attainment["run"] == label]
    for row in paired[paired["level"] == "company"].to_dict("records"):
        mean, low, high = (money(float(row[one]), currency) for one in ("difference", "low", "high"))
        clear = float(row["low"]) > 0 or float(row["high"]) < 0
        said.append(
            f"Expected bookings change by {mean} a year (95 % interval {low} to {high})"
            + ("." if clear else ": no clear difference.")
        )
    return Sentence(label, " ".join(filter(None, said)))


def _cost(comparison: Comparison, first: str, label: str, currency: str) -> str:
    """Say which of two plans costs less; empty if the cost of one is not known."""
    costs = comparison.kpis.loc[comparison.kpis["kpi"] == "objective", [first, label]].to_numpy(dtype=float)
    if costs.size == 0 or not np.isfinite(costs).all():
        return ""
    if "objective" in comparison.not_alike:
        return "What it costs is counted differently and not compared."
    change = float(costs[0, 1] - costs[0, 0])
    if change == 0:
        return "It costs the same."
    return f"It costs {money(abs(change), currency)} a year {'more' if change > 0 else 'less'}."


def _territories(comparison: Comparison, currency: str) -> Table:
    frame = comparison.territories
    measures = [str(name).removesuffix("_deviation") for name in frame if str(name).endswith("_deviation")]
    columns = [
        Column("territory_id", "Territory"),
        Column("run", "Run"),
        Column("rep_name", "Position"),
        Column("units", "Units", Kind.COUNT),
        *(
            Column(f"{one}_deviation", f"{measure_words(one).capitalize()}, deviation", Kind.DEVIATION)
            for one in measures
        ),
        Column("travel_km", "Road km a year", Kind.COUNT),
        Column("quota", f"Quota, {currency}", Kind.MONEY),
        Column("expected", f"Expected, {currency}", Kind.MONEY),
        Column("p_at_quota", "P(at quota)", Kind.CHANCE),
    ]
    return table_of("Territories", frame, columns)


def _paired(title: str, rows: pd.DataFrame, currency: str) -> Table:
    columns = [
        Column("run", "Run"),
        Column("base", "Against", main=False),
        Column("level", "Level", main=False),
        Column("id", "Id"),
        Column("name", "Name"),
        Column("base_expected", f"Expected with the first, {currency}", Kind.MONEY),
        Column("expected", f"Expected here, {currency}", Kind.MONEY),
        Column("difference", f"Difference, {currency}", Kind.CHANGE),
        Column("low", "95 % from", Kind.CHANGE),
        Column("high", "to", Kind.CHANGE),
    ]
    return table_of(title, rows, columns)


def _paired_shares(title: str, rows: pd.DataFrame) -> Table:
    columns = [
        Column("run", "Run"),
        Column("base", "Against", main=False),
        Column("level", "Level", main=False),
        Column("id", "Id", main=False),
        Column("name", "What"),
        Column("base_attainment", "With the first", Kind.SHARE),
        Column("attainment", "Here", Kind.SHARE),
        Column("difference", "Difference", Kind.POINTS),
        Column("low", "95 % from", Kind.POINTS),
        Column("high", "to", Kind.POINTS),
    ]
    return table_of(title, rows, columns)


def _shares_chart(rows: pd.DataFrame) -> BarChart:
    changes = rows[["difference", "low", "high"]].astype(float)
    return share_difference_chart([(float(a), float(b), float(c)) for a, b, c in changes.to_numpy()])


def _chart(rows: pd.DataFrame, currency: str) -> BarChart:
    changes = rows[["difference", "low", "high"]].astype(float)
    return difference_chart([(float(a), float(b), float(c)) for a, b, c in changes.to_numpy()], currency)
