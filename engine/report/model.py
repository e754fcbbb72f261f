"""The report model: every number, sentence and shape of a report, made once; all writers read it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.report import sections
from engine.report.charts import (
    BarChart,
    Fan,
    Split,
    balance_chart,
    chance_chart,
    difference_chart,
    driver_chart,
    fan_chart,
    split_chart,
)
from engine.report.method import method
from engine.report.sentences import Card, Chip, Sentence, cards, chips, handoff_words, summary
from engine.report.source import read_source
from engine.report.table import Table
from engine.report.territory_map import Alignment, TerritoryMap, territory_map
from engine.runs import RunFacts, StoredRun


@dataclass(frozen=True)
class ReportModel:
    """What a report says.

    Parameters
    ----------
    run_id, facts
        Of the run.
    title
        Heading.
    fiscal_year
        First day of the fiscal year, ISO 8601.
    chips, summary, cards, handoff_words, method
        In plain words.
    verified
        Whether the checker accepted the run; None = not verified yet.
    territories ... inputs
        Tables; see `engine.report.sections`.
    is_redacted
        Whether names and amounts are not those of the run.
    has_current
        Whether there is an alignment of today to compare with.
    map
        Units, territories and alignments on a plane.
    balance
        One chart a balanced measure, bars in the order of ``territories``.
    chances
        Bars in the order of ``positions``.
    driver_chart
        Bars from 10 % less to 10 % more, in the order of ``drivers``.
    rule_chances
        Positions at quota and the least and greatest chance, in the order of ``quota_rules``.
    rule_sources
        What differences in attainment come from, in the order of ``quota_rules``.
    fan
        Cumulated bookings of the company.
    stress_company, stress_chart
        The company's rows of ``stress`` and their differences in the same order.
    """

    run_id: str
    facts: RunFacts
    title: str
    fiscal_year: str
    chips: tuple[Chip, ...]
    summary: tuple[Sentence, ...]
    cards: tuple[Card, ...]
    handoff_words: str
    method: tuple[Sentence, ...]
    verified: bool | None
    is_redacted: bool
    has_current: bool
    territories: Table
    units: Table
    accounts: Table
    moved_accounts: Table
    handoffs: Table
    quotas: Table
    rollup: Table
    quota_rules: Table
    targets: Table
    adequacy: Table
    pay: Table
    leaders: Table
    drivers: Table
    closed_loop: Table
    changes: Table
    rule_prices: Table
    quotas_after: Table
    quota_holders: Table
    components: Table
    attainment: Table
    positions: Table
    groups: Table
    months: Table
    stress: Table
    stress_company: Table
    problems: Table
    checks: Table
    kpis: Table
    inputs: Table
    map: TerritoryMap
    balance: tuple[BarChart, ...]
    chances: BarChart
    driver_chart: BarChart
    rule_chances: BarChart
    rule_sources: Split
    fan: Fan
    stress_chart: BarChart

    def map_title(self, alignment: Alignment) -> str:
        """Heading of a map as a picture."""
        return f"{alignment.label}: {self.title}"

    @property
    def map_note(self) -> str:
        """Small print of a map as a picture: what is synthetic."""
        return f"Synthetic data. {self.facts.synthetic}" if self.facts.synthetic else ""


def build_model(run: StoredRun) -> ReportModel:
    """Make the report model of a run that has a plan.

    Parameters
    ----------
    run
        A finished run, or one still being written that has every table but the manifest.

    Returns
    -------
    The model.

    Raises
    ------
    StorageError
        If a file of the run is missing or damaged.
    """
    source = read_source(run)
    facts = run.facts
    reps = source.reps[["p_at_quota", "p_low", "p_high"]].astype(float)
    stress = _company_rows(sections.stress_table(source))
    changes = zip(*(stress.column(f"difference{end}") for end in ("", "_low", "_high")), strict=True)
    rules, drivers = sections.rules_table(source), sections.drivers_table(source)
    odds = zip(*(rules.column(name) for name in ("share_at_quota", "p_least", "p_most")), strict=True)
    sources = zip(*(rules.column(name) for name in ("from_map", "from_person", "from_luck")), strict=True)
    return ReportModel(
        run_id=run.run_id,
        facts=facts,
        title=facts.title or facts.scenario,
        fiscal_year=str(source.scenario["fiscal_year_start"]),
        chips=chips(source),
        summary=summary(source),
        cards=cards(source),
        handoff_words=handoff_words(source),
        method=method(source),
        verified=None if source.checks is None else all(check["passed"] for check in source.checks),
        is_redacted=source.is_redacted,
        has_current=source.has_current,
        territories=sections.territories_table(source),
        units=sections.units_table(source),
        accounts=sections.accounts_table(source),
        moved_accounts=sections.moved_accounts_table(source),
        handoffs=sections.handoffs_table(source),
        quotas=sections.quotas_table(source),
        rollup=sections.rollup_table(source),
        quota_rules=rules,
        targets=sections.targets_table(source),
        adequacy=sections.adequacy_table(source),
        pay=sections.pay_table(source),
        leaders=sections.leaders_table(source),
        drivers=drivers,
        closed_loop=sections.loop_table(source),
        changes=sections.changes_table(source),
        rule_prices=sections.rule_prices_table(source),
        quotas_after=sections.after_table(source),
        quota_holders=sections.holders_table(source),
        components=sections.components_table(source),
        attainment=sections.attainment_table(source),
        positions=sections.positions_table(source),
        groups=sections.groups_table(source),
        months=sections.months_table(source),
        stress=sections.stress_table(source),
        stress_company=stress,
        problems=sections.problems_table(source),
        checks=sections.checks_table(source),
        kpis=sections.kpis_table(source),
        inputs=sections.inputs_table(source),
        map=territory_map(source),
        balance=tuple(balance_chart(source, measure) for measure in source.tolerances),
        chances=chance_chart(reps.itertuples(index=False, name=None)),
        driver_chart=driver_chart(drivers.column("down"), drivers.column("up")),
        rule_chances=chance_chart(_numbers(row) for row in odds),
        rule_sources=split_chart(
            "What differences in attainment come from",
            ("map and quotas", "person", "luck"),
            sources,
        ),
        fan=fan_chart(source),
        stress_chart=difference_chart([_numbers(row) for row in changes], facts.currency),
    )


def _company_rows(stress: Table) -> Table:
    """Keep the rows that hold the company against its plan target."""
    wanted = zip(stress.rows, stress.column("level"), stress.column("id"), strict=True)
    rows = tuple(row for row, level, name in wanted if (level, name) == ("company", "company"))
    return Table(stress.title, stress.columns, rows)


def _numbers(row: tuple[object, ...]) -> tuple[float, float, float]:
    mean, low, high = (float(str(value)) for value in row)
    return mean, low, high
