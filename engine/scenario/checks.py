"""What must hold between the keys of a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any, get_args

from engine.errors import Finding, Severity, shown
from engine.scenario import schema
from engine.scenario.nearest import did_you_mean
from engine.scenario.places import Fault, KeyPath, Places, finding_at, place_of
from engine.scenario.process_checks import process_faults, year_faults
from engine.scenario.quota_checks import quota_faults

OWN_COLUMNS = frozenset(
    ["name", "group", "lon", "lat", "area_km2", "visits", "potential", "workload"]
    + [f"potential_q{quarter}" for quarter in range(1, 5)]
)
PACKAGES = {
    "pptx": ("pptx", "python-pptx>=1.0.2"),
    "pdf": ("typst", "typst>=0.15"),
}  # a format's: module, package
# a measure's unit that is one of these is money
# fmt: off
CURRENCIES = frozenset([
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "INR", "JPY", "KRW", "MXN", "NOK", "NZD",
    "PLN", "SEK", "SGD", "TRY", "USD", "ZAR",
])
# fmt: on


@dataclass(frozen=True)
class Blocks:
    """The parts of a scenario that tables are read by; None = left out, or not usable because of errors."""

    fiscal_year_start: date | None
    currency: str | None
    units: schema.Units | None
    measures: schema.Measures | None
    reps: schema.Reps | None
    accounts: schema.Accounts | None
    travel: schema.Travel | None
    territories: schema.Territories | None
    current: schema.Current | None
    rules: schema.Rules | None
    quotas: schema.Quotas | None
    process: schema.Process | None
    simulation: schema.Simulation | None
    report: schema.Report | None


def logic_findings(blocks: Blocks, places: Places) -> Iterator[Finding]:
    """List what contradicts itself in a scenario whose keys are right one by one."""
    process: list[Fault] = []
    if blocks.process is not None:
        known = blocks.fiscal_year_start, blocks.accounts is not None, blocks.current is not None
        process = [*process_faults(blocks.process), *year_faults(blocks.process, *known)]
    found = [*_contradictions(blocks), *_repetitions(blocks), *process, *_packages(blocks.report)]
    for path, code, message, remedy, severity in found:
        yield finding_at(place_of(places, path), path, code, message, remedy, severity)


def _contradictions(blocks: Blocks) -> Iterator[Fault]:
    error, warning = Severity.ERROR, Severity.WARNING
    start, units, measures, quotas = blocks.fiscal_year_start, blocks.units, blocks.measures, blocks.quotas
    if start is not None and start.day != 1:
        message = f"found {start}: a fiscal year starts on the first of a month"
        remedy = f"write {start.replace(day=1)}"
        yield ("fiscal_year_start",), "SCN-YEAR", message, remedy, error
    connected = blocks.territories is not None and blocks.territories.contiguity == "required"
    if units is not None and units.adjacency is None and connected:
        message = "territories must be in one piece, and units names no table of which units touch"
        remedy = "add `adjacency: FILE.csv` under units, or write `contiguity: off` under territories"
        yield ("units",), "SCN-ADJACENCY", message, remedy, error
    if measures is not None:
        for name in measures.other:
            if name in OWN_COLUMNS:
                path: KeyPath = ("measures", "other", name)
                yield path, "SCN-NAME", f"the name {name} is taken", "choose another name", error
        if units is not None and measures.workload.travel == "included" and units.area_km2 is None:
            message = "travel inside a unit needs its area, and units names no column for it"
            remedy = "add `area_km2: name_of_a_column` under units, or write `travel: excluded`"
            yield ("measures", "workload"), "SCN-AREA", message, remedy, error
    if measures is not None and blocks.currency is not None:
        unit = measures.potential.unit
        wanted = blocks.currency.upper()
        if unit in CURRENCIES and wanted in CURRENCIES and unit != wanted:
            message = f"potential is in {unit}, targets and all other money in {blocks.currency}"
            remedy = "convert the column, or write the currency of the targets"
            yield ("measures", "potential", "unit"), "SCN-CURRENCY", message, remedy, error
    if quotas is not None and quotas.rule == "blend":
        weights = quotas.weights
        total = weights.potential + weights.history + weights.capacity + weights.bottom_up
        if total == 0:
            message, remedy = "all weights of the blend are 0", "give at least one of them a weight above 0"
            yield ("quotas", "weights"), "SCN-WEIGHTS", message, remedy, error
        elif abs(total - 1) > 1e-9:
            message = f"the weights sum to {total:g}: each counts as its part of that sum"
            remedy = "nothing, if only their ratio was meant; else make them sum to 1"
            yield ("quotas", "weights"), "SCN-WEIGHTS-SUM", message, remedy, Severity.NOTE
    if quotas is not None and quotas.regions:
        parts = sum(quotas.regions.values())
        if parts != quotas.plan_target:
            message = (
                f"the regions' targets add up to {parts:,}, but plan_target is {quotas.plan_target:,}: "
                f"{abs(parts - quotas.plan_target):,} too {'much' if parts > quotas.plan_target else 'little'}"
            )
            remedy = "correct the plan target or a region's; each cent must belong to a region"
            yield ("quotas", "regions"), "SCN-REGIONS-SUM", message, remedy, error
    if quotas is not None:
        yield from quota_faults(quotas)
    if quotas is not None and quotas.rule != "blend" and quotas.weights != schema.Weights():
        message = f"the weights have no effect: the rule is {quotas.rule}"
        yield ("quotas", "weights"), "SCN-NO-EFFECT", message, "write `rule: blend`, or delete them", warning
    if blocks.territories is not None and blocks.territories.count == 1:
        message = "one territory: there is nothing to design"
        yield ("territories", "count"), "SCN-ONE", message, "ask for two or more", warning


def _packages(report: schema.Report | None) -> Iterator[Fault]:
    """Ask for what a report needs before anything is solved for it."""
    for i, name in enumerate(report.formats if report else ()):
        module, package = PACKAGES.get(name, ("", ""))
        if module and find_spec(module) is None:
            message = f"a report as {name} needs a package that is not installed"
            remedy = f'pip install "{package}", or leave {name} out'
            yield ("report", "formats", i), "SCN-PACKAGE", message, remedy, Severity.ERROR


def _repetitions(blocks: Blocks) -> Iterator[Fault]:
    """Names that stand twice, and balanced measures that do not exist."""
    lists: list[tuple[KeyPath, str, Sequence[Any]]] = []
    if blocks.territories is not None:
        balanced = [balance.measure for balance in blocks.territories.balance]
        lists.append((("territories", "balance"), "measure", balanced))
        known = {"potential", "workload", *(blocks.measures.other if blocks.measures else balanced)}
        for place, name in enumerate(balanced):
            if name not in known:
                message = f"there is no measure {shown(name)}{did_you_mean(name, known)}"
                remedy = f"name one of {', '.join(sorted(known))}, or define it under measures.other"
                path: KeyPath = ("territories", "balance", place, "measure")
                yield path, "SCN-MEASURE", message, remedy, Severity.ERROR
    if blocks.process is not None:
        names = [stage.name for stage in blocks.process.stages]
        lists.append((("process", "stages"), "name", names))
        lists.append((("process", "pools"), "name", [pool.name for pool in blocks.process.pools]))
    if blocks.simulation is not None:
        lists.append((("simulation", "stress"), "", blocks.simulation.stress))
        cases = [case.name for case in blocks.simulation.cases]
        lists.append((("simulation", "cases"), "name", cases))
        ready = get_args(schema.StressName)
        for place, name in enumerate(cases):
            if name in ready:
                message = f"the name {shown(name)} is that of a ready-made case"
                where: KeyPath = ("simulation", "cases", place, "name")
                yield where, "SCN-NAME", message, "choose another name", Severity.ERROR
    for path, key, members in lists:
        for place, name in enumerate(members):
            if name in members[:place]:
                message = f"{shown(name)} stands twice in this list"
                where = (*path, place, key) if key else (*path, place)
                yield where, "SCN-TWICE", message, "delete or rename one of the two", Severity.ERROR
