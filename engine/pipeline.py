"""The stages of a run, in order; solving and simulating are handed in."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attainment import Attainment, SalesField
from engine.closed_loop import Drawn, Loop, SharesFunction, close_loop
from engine.errors import (
    SCENARIO,
    Finding,
    InfeasibleError,
    InputError,
    NoPlanError,
    RejectedError,
    Severity,
)
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem, build_problem
from engine.quotas.adequacy import adequacy_table
from engine.quotas.allocate import set_quotas
from engine.quotas.basis import QuotaBasis, quota_basis
from engine.quotas.closest import ClosestFunction
from engine.quotas.components import component_table
from engine.quotas.conflict import QuotaConflictError
from engine.quotas.leaders import leader_table
from engine.quotas.notices import quota_notices
from engine.quotas.prorate import Prorated, after_table, holder_table, prorate, rollup_after
from engine.quotas.quota_set import QuotaSet
from engine.quotas.roll_up import limits_table, quota_table, roll_up
from engine.quotas.rule_table import rule_table
from engine.quotas.targets import target_table
from engine.results.changes import change_kpis, changes_table, earlier_assignment
from engine.results.kpis import kpi_table
from engine.results.sales_field import sales_field, with_quotas
from engine.results.tables import (
    Outcome,
    accounts_table,
    adjacency_table,
    alignment_table,
    needs_table,
    proposed_quotas,
    territories_table,
    units_table,
)
from engine.runs import RunFacts, RunWriter, StoredRun, run_id
from engine.scenario import schema
from engine.scenario.load import LoadedScenario
from engine.scenario.places import undotted
from engine.scenario.rules import rules_in_words, where_written
from engine.stored_plan import (
    AFRESH,
    SEARCH_ENDED,
    applied_overrides,
    assignment_before,
    files_kept,
    stored_plan,
)
from engine.tables.tables import InputFile, Tables
from engine.units import MONTHS
from engine.verify.checker import verify_run
from engine.what_if.conflict import FindFunction, RefuteFunction, changes_that_help, explain
from engine.what_if.prices import CheaperFunction, price_table
from engine.what_if.question import Question
from engine.what_if.rules import rules_of

Progress = Callable[[str, float], None]  # name of the step, part done (0 to 1)

VERSION = "0.1.0"
STOPPED = "RUN-STOPPED"  # code of the finding that a simulation was ended early
FIRST_QUOTA_YEAR = 1_000_000  # beyond the largest simulation.replications: quotas are judged on other years
PACKAGES = ("highspy", "numpy", "pandas", "pyomo", "scipy", "simpy")


class SolveFunction(Protocol):
    """Find a territory plan, near an earlier one if it is given (territory of each unit, -1 = none)."""

    def __call__(
        self,
        problem: TerritoryProblem,
        settings: schema.Solve,
        *,
        seed: int,
        progress: Progress,
        before: NDArray[np.int32] | None = None,
    ) -> TerritoryPlan: ...


class SimulateFunction(Protocol):
    """Simulate fiscal years of a sales field."""

    def __call__(
        self,
        field: SalesField,
        settings: schema.Simulation,
        *,
        seed: int,
        workers: int | str,
        progress: Progress,
    ) -> Attainment: ...


class BookingsFunction(Protocol):
    """Simulate what positions book in some years, whole cents, shape (rows, positions)."""

    def __call__(
        self, field: SalesField, years: range, *, seed: int, workers: int | str, progress: Progress
    ) -> NDArray[np.int64]: ...


class WatchFunction(Protocol):
    """Tell every stage visit of one simulated year, the columns of ``simulated_year.parquet``."""

    def __call__(self, field: SalesField, *, seed: int, year: int) -> pd.DataFrame: ...


class ReportFunction(Protocol):
    """Write the derived files of a run into a folder."""

    def __call__(self, run: StoredRun, formats: Sequence[str], folder: Path) -> object: ...


def run(
    loaded: LoadedScenario,
    tables: Tables,
    runs: Path,
    *,
    solve: SolveFunction,
    refute: RefuteFunction,
    find: FindFunction,
    cheaper: CheaperFunction,
    simulate: SimulateFunction,
    bookings: BookingsFunction,
    closest: ClosestFunction,
    best_potential: SharesFunction,
    report: ReportFunction,
    workers: int | str,
    progress: Progress,
    earlier: StoredRun | None = None,
    again: StoredRun | None = None,
) -> Path:
    """Run one scenario: territories, quotas, simulated years, report, checked and written as one run folder.

    Parameters
    ----------
    loaded, tables
        The scenario and its checked tables.
    runs
        Folder of runs.
    solve, refute, find, cheaper, simulate, bookings, closest, best_potential, report
        The solver, the quick proof that there is no plan, the search for any plan, and from one,
        the simulation, its bookings of years to set quotas on, the models for quotas inside limits and
        for potential shared out by bookings, and the report writer.
    workers
        Threads for the simulation, or the address of a Dask scheduler; changes no result.
    progress
        Told each step and the part done.
    earlier
        A run whose plan is kept as far as the rules allow.
    again
        A run of the same question, whose plan is taken as it is; only ``simulation`` may differ, and the search is left
        out. The run has no ``closed_loop.csv``.

    Returns
    -------
    The finished run folder.

    Raises
    ------
    InputError
        When quotas cannot be set or the field cannot be simulated; each finding has its place.
    InfeasibleError, NoPlanError
        When there is no plan.
    RejectedError
        When the independent checker finds that a result breaks a rule; nothing is published.
    """
    begin, scenario = datetime.now(UTC), loaded.scenario
    clock = _Stages()
    problem = build_problem(scenario, tables)
    clock.done("problem")
    before = None if earlier is None else earlier_assignment(problem, earlier.table("alignment"))
    kept: tuple[InputFile, ...] = () if earlier is None else (_earlier_file(earlier),)
    if again is None:
        plan = solve(problem, scenario.solve, seed=scenario.seed, progress=progress, before=before)
    else:
        plan = stored_plan(again, problem, scenario.seed)
        before, kept = assignment_before(again, problem, plan), files_kept(again)
    if not plan.found:
        progress("territories: which rules clash", 0.5)
        raise _without_plan(plan, loaded, tables, refute, find)
    clock.done("territories")
    loop = None
    if scenario.territories.objective == "expected_bookings":
        book = partial(bookings, seed=scenario.seed, workers=workers, progress=progress)

        def draw(shares: NDArray[np.float64]) -> Drawn | None:
            again = build_problem(scenario, tables, shares)
            found = solve(again, scenario.solve, seed=scenario.seed, progress=progress)
            return _drawn(scenario, tables, again, found) if found.found else None

        with _located(loaded):
            loop = close_loop(_drawn(scenario, tables, problem, plan), draw, book, best_potential)
        problem, plan = loop.kept.problem, loop.kept.plan
        clock.done("closed loop")
    prices = None
    if scenario.solve.rule_prices and again is None:
        question = Question(scenario, tables, problem.share[:, 0] if loop else None)
        rules = rules_of(loaded, tables)
        prices = price_table(question, rules, plan, cheaper=cheaper, seed=scenario.seed, progress=progress)
        clock.done("rule prices")
    outcome, accounts, territories, basis, field = _field(scenario, tables, problem, plan)
    with _located(loaded):
        # where no rule needs such years, an equal chance is still compared with the rule, on as many as it is judged on
        count = scenario.quotas.years if scenario.quotas.needs_years else scenario.simulation.years
        years = range(FIRST_QUOTA_YEAR, FIRST_QUOTA_YEAR + count)
        rows = bookings(field, years, seed=scenario.seed, workers=workers, progress=progress)
        basis = replace(basis, bookings=rows)
        quotas = set_quotas(scenario.quotas, basis, closest)
        prorated: Prorated | None = None
        if scenario.quotas.changes is not None:
            prorated = prorate(quotas, basis, tables.quota_changes, accounts)
    clock.done("quotas")
    field = with_quotas(field, quotas)
    with _located(loaded):
        attainment = simulate(
            field, scenario.simulation, seed=scenario.seed, workers=workers, progress=progress
        )
    clock.done("simulation")
    stopped = _stopped(scenario.simulation, attainment.settings)
    if stopped:  # from here on this is the run that asked for as much as there is
        scenario = scenario.model_copy(update={"simulation": attainment.settings})
        outcome = replace(outcome, scenario=scenario)
        if not scenario.quotas.needs_years:
            rows = rows[: len(rows) // count * attainment.replications]
            basis = replace(basis, bookings=rows)
            quotas = set_quotas(scenario.quotas, basis, closest)
    resolved = scenario.model_dump_json(indent=2)
    noticed = (
        *stopped,
        *_afresh(plan),
        *_search_ended(plan),
        *_oversize(scenario, problem),
        *quota_notices(scenario.quotas, basis, accounts),
    )
    findings = (*loaded.findings, *tables.findings, *map(loaded.locate, noticed))
    asked = _scenario_files(loaded)
    facts = _facts(scenario, plan, (*(file for file, _ in asked), *tables.files, *kept))
    with RunWriter(runs, run_id(scenario.name, resolved, (*tables.files, *kept), VERSION)) as writer:
        _write_inputs(writer, outcome, loaded, resolved, findings)
        for file, data in asked:
            writer.write_bytes(f"inputs/{file.role}.yaml", data)
        _write_results(
            writer, outcome, accounts, territories, basis, field, quotas, prorated, attainment, loop, before
        )
        if prices is not None:
            writer.write_csv("rule_prices.csv", prices)
        elif again is not None and again.has("rule_prices.csv"):
            writer.write_text("rule_prices.csv", again.text("rule_prices.csv"))
        _write_map(writer, outcome, loaded.path.parent)
        progress("checker", 0.3)
        _check(writer)
        clock.done("checker")
        progress("report", 0.6)
        report(writer.so_far(facts), scenario.report.formats, writer.folder)
        clock.done("report")
        writer.write_json("environment.json", _environment(begin, clock, plan, loaded))
        return writer.finish(facts)


def field_again(loaded: LoadedScenario, tables: Tables, stored: StoredRun) -> SalesField:
    """Make the field that the years of a stored run start from; quotas, which change no path, are left out."""
    problem = build_problem(loaded.scenario, tables)
    plan = stored_plan(stored, problem, loaded.scenario.seed)
    return _field(loaded.scenario, tables, problem, plan)[-1]


def _field(
    scenario: schema.Scenario, tables: Tables, problem: TerritoryProblem, plan: TerritoryPlan
) -> tuple[Outcome, pd.DataFrame, pd.DataFrame, QuotaBasis, SalesField]:
    """Make what quotas and simulation start from: outcome, accounts, territories, basis and sales field."""
    outcome = Outcome(scenario, tables, problem, plan)
    accounts = accounts_table(outcome)
    territories = territories_table(outcome, accounts)
    history = territories["revenue"].to_numpy(dtype=float)
    basis = quota_basis(scenario, tables, plan.assignment, history, proposed_quotas(outcome, accounts))
    return outcome, accounts, territories, basis, sales_field(outcome, accounts, territories, basis)


def _drawn(
    scenario: schema.Scenario, tables: Tables, problem: TerritoryProblem, plan: TerritoryPlan
) -> Drawn:
    return Drawn(problem, plan, _field(scenario, tables, problem, plan)[-1])


@contextmanager
def _located(loaded: LoadedScenario) -> Iterator[None]:
    """Give findings that only know their key the file and line where the key stands."""
    try:
        yield
    except InputError as error:
        raise InputError(map(loaded.locate, error.findings)) from None
    except QuotaConflictError as error:
        raise InfeasibleError(error.told(lambda key: where_written(loaded, undotted(key)))) from None


def _without_plan(
    plan: TerritoryPlan,
    loaded: LoadedScenario,
    tables: Tables,
    refute: RefuteFunction,
    find: FindFunction,
) -> InfeasibleError | NoPlanError:
    """Say which rules clash, or that none was found, and which changes would help."""
    question, rules, seed = Question(loaded.scenario, tables), rules_of(loaded, tables), loaded.scenario.seed
    every = [f"rule: {rule}" for rule in rules_in_words(loaded)]
    if plan.status is Status.INFEASIBLE:
        conflict = explain(question, rules, refute=refute, find=find, seed=seed)
        words = "\n  ".join([f"no plan can keep these rules: {plan.reason}", *every])
        return InfeasibleError(str(conflict) if conflict else words)
    reason = plan.reason or "the solver stopped without an answer"
    helped = changes_that_help(question, rules, refute=refute, find=find, seed=seed)
    fixes = [f"fix: {fix.words} (tried: a plan was found)" for fix in helped]
    return NoPlanError("\n  ".join([f"no plan found: {reason}", *every, *fixes]))


def _earlier_file(earlier: StoredRun) -> InputFile:
    """Name the alignment of an earlier run as an input."""
    (file,) = (file for file in earlier.manifest.files if file.name == "alignment.csv")
    return InputFile("from", f"{earlier.run_id}/alignment.csv", file.sha256, file.size)


def _afresh(plan: TerritoryPlan) -> list[Finding]:
    """Say when the earlier plan could not be kept."""
    if not plan.reason:
        return []
    remedy = "read changes.csv, or undo one edit after the other to see which one asks for so much"
    return [Finding(SCENARIO, 0, 0, "rules", AFRESH, Severity.WARNING, "", plan.reason, remedy)]


def _search_ended(plan: TerritoryPlan) -> list[Finding]:
    """Say that Ctrl-C ended the search."""
    if not plan.interrupted:
        return []
    message = f"Ctrl-C ended the search early; the best plan found by then is kept, with a gap of {100 * plan.gap:.1f} %"
    remedy = "run again for the whole search"
    return [Finding(SCENARIO, 0, 0, "solve", SEARCH_ENDED, Severity.WARNING, "", message, remedy)]


def _stopped(asked: schema.Simulation, kept: schema.Simulation) -> list[Finding]:
    """Say what is missing of the simulation that was asked for."""
    if kept == asked:
        return []
    said = [f"{kept.years:,} of {asked.years:,} years were simulated"] if kept.years < asked.years else []
    cases = [*dict.fromkeys(asked.stress), *(case.name for case in asked.cases)]
    missing = [name for name in cases if name not in {*kept.stress, *(case.name for case in kept.cases)}]
    said += [f"stress cases left out: {', '.join(missing)}"] if missing else []
    said += ["drivers left out"] if kept.drivers < asked.drivers else []
    message = f"Ctrl-C ended the simulation early: {'; '.join(said)}; all figures are of these years only"
    remedy = "`simulate RUN` makes the whole, on this plan"
    return [Finding(SCENARIO, 0, 0, "simulation", STOPPED, Severity.WARNING, "", message, remedy)]


def _oversize(scenario: schema.Scenario, problem: TerritoryProblem) -> list[Finding]:
    """Name every unit larger than a territory may be."""
    found = []
    balanced = [balance.measure for balance in scenario.territories.balance]
    for unit, m in zip(*problem.oversize.nonzero(), strict=True):
        measure, value = problem.measure_names[m], problem.measures[unit, m]
        share = value / problem.targets[:, m].max()
        found.append(
            Finding(
                SCENARIO,
                0,
                0,
                f"territories.balance.{balanced.index(measure)}.tolerance",
                "SCN-OVERSIZE",
                Severity.WARNING,
                problem.unit_ids[unit],
                f"unit {problem.unit_ids[unit]} alone holds {share:.2f} of a full territory's target of {measure}; "
                f"the upper limit of the territory that holds it is opened to {share + problem.tolerance[m]:.2f}",
                "accept it, use fewer territories, or split the unit into smaller ones",
            )
        )
    return found


def _facts(scenario: schema.Scenario, plan: TerritoryPlan, files: tuple[InputFile, ...]) -> RunFacts:
    return RunFacts(
        scenario=scenario.name,
        title=scenario.title or scenario.name,
        synthetic=scenario.synthetic,
        currency=scenario.currency,
        seed=scenario.seed,
        version=VERSION,
        status=plan.status.value,
        objective=plan.objective,
        bound=plan.bound,
        gap=plan.gap,
        reproducible=plan.reproducible,
        inputs=files,
    )


def _scenario_files(loaded: LoadedScenario) -> list[tuple[InputFile, bytes]]:
    """List the scenario and what it extends, in turn, as inputs with their bytes.

    The bytes do not count in the name of the run, the keys do: a comment asks no other question.
    """
    roles = [SCENARIO, *(f"extends.{place}" for place in range(1, len(loaded.files)))]
    contents = [file.content for file in loaded.files]
    return [
        (InputFile(role, file.name, content.sha256, len(content.data)), content.data)
        for role, file, content in zip(roles, loaded.files, contents, strict=True)
    ]


def _write_inputs(
    writer: RunWriter, outcome: Outcome, loaded: LoadedScenario, resolved: str, findings: Sequence[Finding]
) -> None:
    from engine.runs.resolved import to_yaml

    writer.write_text("scenario.resolved.json", resolved + "\n")
    writer.write_text("scenario.resolved.yaml", to_yaml(outcome.scenario, loaded.applied))
    keys = ("code", "severity", "file", "line", "column", "key", "value", "message", "remedy", "count")
    writer.write_json("problems.json", [{key: asdict(f)[key] for key in keys} for f in sorted(findings)])
    rules = outcome.scenario.rules
    for name, given, table in (
        ("locks", rules.locks or rules.locks_from, outcome.tables.locks),
        ("forbid", rules.forbid, outcome.tables.forbid),
    ):
        if given is not None:
            ordered = table[["unit", "territory", "reason"]].sort_values(["unit", "territory"])
            writer.write_csv(f"inputs/{name}.csv", ordered)
    for name in ("together", "apart"):
        if getattr(rules, name) is not None:
            writer.write_csv(f"inputs/{name}.csv", getattr(outcome.tables, name))
    if outcome.tables.needs:
        writer.write_csv("inputs/needs.csv", needs_table(outcome.tables.needs))
    if outcome.scenario.travel.table is not None:
        writer.write_csv("inputs/travel_times.csv", outcome.tables.travel_times)


def _write_results(
    writer: RunWriter,
    outcome: Outcome,
    accounts: pd.DataFrame,
    territories: pd.DataFrame,
    basis: QuotaBasis,
    field: SalesField,
    quotas: QuotaSet,
    prorated: Prorated | None,
    attainment: Attainment,
    loop: Loop | None,
    before: NDArray[np.int32] | None,
) -> None:
    writer.write_csv("units.csv", units_table(outcome))
    writer.write_csv("adjacency.csv", adjacency_table(outcome))
    writer.write_csv("alignment.csv", alignment_table(outcome))
    writer.write_csv("accounts.csv", accounts)
    writer.write_csv("territories.csv", territories)
    writer.write_csv("quotas.csv", quota_table(quotas, basis))
    writer.write_csv("quota_limits.csv", limits_table(quotas))
    writer.write_csv("rollup.csv", roll_up(quotas, basis))
    writer.write_csv("attainment.csv", attainment.summary)
    writer.write_csv("months.csv", attainment.months)
    writer.write_csv("stress.csv", attainment.stress)
    writer.write_csv("drivers.csv", attainment.drivers)
    years = attainment.bookings["bookings_cents"].to_numpy().reshape(attainment.replications, -1, MONTHS)
    asked, booked = outcome.scenario.quotas, years.sum(axis=2)
    rules = rule_table(asked, quotas, basis, booked, attainment.person_share)
    writer.write_csv("quota_rules.csv", rules)
    writer.write_csv("targets.csv", target_table(quotas, asked.over_assignment, booked))
    seats = attainment.summary[attainment.summary["level"] == "rep"]
    expected, used = (seats[name].to_numpy(dtype=float) for name in ("expected", "utilisation"))
    writer.write_csv("adequacy.csv", adequacy_table(quotas, basis, expected, used, field.care_share))
    writer.write_csv("leaders.csv", leader_table(asked, quotas, basis, booked))
    if prorated is not None:
        after = after_table(prorated, quotas, basis)
        writer.write_csv("quotas_after.csv", after)
        writer.write_csv("rollup_after.csv", rollup_after(after, basis))
        writer.write_csv("quota_holders.csv", holder_table(prorated, basis))
    if asked.components:
        writer.write_csv("components.csv", component_table(asked, quotas, basis))
    more = loop.kpis(outcome.scenario.currency) if loop else []
    if before is not None:
        writer.write_csv("changes.csv", changes_table(outcome.problem, outcome.plan, before))
        more = more + change_kpis(outcome.problem, outcome.plan, before, outcome.scenario.currency)
    writer.write_csv("kpis.csv", kpi_table(outcome, accounts, quotas, rules, attainment, more))
    if loop is not None:
        writer.write_csv("closed_loop.csv", loop.table)
    writer.write_parquet("attainment.parquet", attainment.bookings)
    writer.write_parquet("simulated_year.parquet", attainment.year)


def _write_map(writer: RunWriter, outcome: Outcome, folder: Path) -> None:
    from engine.results.map_layers import map_layers
    from engine.runs.geopackage import write_layers

    layers = map_layers(outcome, folder)
    if layers:
        write_layers(writer.path("territories.gpkg"), layers)


def _check(writer: RunWriter) -> None:
    """Let the independent checker read what was written; a run that breaks a rule is never published."""
    verdict = verify_run(writer.folder, complete=False)
    writer.write_text("verification.json", verdict.to_json())
    if not verdict.verdict:
        broken = [
            f"{check.rule}: required {check.required}, found {check.found}"
            for check in verdict.checks
            if not check.passed
        ]
        raise RejectedError("the checker rejected the result:\n  " + "\n  ".join(broken[:20]))


def _environment(
    begin: datetime, clock: _Stages, plan: TerritoryPlan, loaded: LoadedScenario
) -> dict[str, Any]:
    return {
        "scenario": str(loaded.path.resolve()),
        "overrides": applied_overrides(loaded.applied),
        "start": begin.isoformat(timespec="seconds"),
        "end": datetime.now(UTC).isoformat(timespec="seconds"),
        "stages": {name: round(seconds, 2) for name, seconds in clock.stages},
        "solver_stages": {name: round(seconds, 2) for name, seconds in plan.stages},
        "packages": {name: version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


class _Stages:
    """Wall seconds of each stage."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, float]] = []
        self._last = time.monotonic()

    def done(self, name: str) -> None:
        """Close a stage."""
        now = time.monotonic()
        self.stages.append((name, now - self._last))
        self._last = now
