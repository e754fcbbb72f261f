"""Every rule held against one run folder, from its written files alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from engine.verify.accounts import check_accounts
from engine.verify.attainment import check_attainment, check_months
from engine.verify.balance import check_balance
from engine.verify.components import check_components
from engine.verify.connected import check_connected
from engine.verify.costs import check_bound, check_costs
from engine.verify.files import check_files
from engine.verify.findings import check_findings
from engine.verify.kpis import check_kpis
from engine.verify.plan import check_groups, check_needs, check_plan, check_reach, check_rules
from engine.verify.quotas import check_quotas, check_rollup
from engine.verify.reading import Unreadable
from engine.verify.report import Check, Report, judge
from engine.verify.run import Run
from engine.verify.stress import check_stress
from engine.verify.units import check_units

Section = Callable[[Run], Iterator[Check]]
PLAN: tuple[Section, ...] = (
    *(
        check_plan,
        check_rules,
        check_groups,
        check_needs,
        check_reach,
        check_units,
        check_balance,
        check_findings,
        check_connected,
        check_costs,
    ),
    *(
        check_accounts,
        check_quotas,
        check_components,
        check_rollup,
        check_attainment,
        check_months,
        check_stress,
        check_kpis,
    ),
)
WITHOUT_PLAN = ("infeasible", "no_plan", "error")
MARKS = ("scenario.resolved.json", "manifest.json")  # a folder with neither is no run


class NotARunError(ValueError):
    """The folder is not a run folder at all."""


def verify_run(folder: Path, complete: bool = True) -> Report:
    """Check a run folder from its written files alone.

    Parameters
    ----------
    folder
        The run folder.
    complete
        False while the manifest is not written yet: then only the tables are checked.

    Returns
    -------
    One check a rule; a file that cannot be read is a failing check, never an exception.

    Raises
    ------
    NotARunError
        If there is no such folder, or it has neither a scenario nor a manifest.
    """
    if not any((folder / mark).is_file() for mark in MARKS):
        raise NotARunError(f"{folder}: not a run folder (neither {' nor '.join(MARKS)} is in it)")
    run = Run(folder)
    checks: list[Check] = []
    for section in _sections(run) if complete else PLAN:
        _collect(section(run), checks)
    return Report(tuple(checks))


def _sections(run: Run) -> tuple[Section, ...]:
    """Choose what can be checked in a finished run: without a plan, only its files."""
    try:
        planless = run.manifest.text("status") in WITHOUT_PLAN
    except Unreadable:
        planless = False  # what is wrong with the manifest is named when it is checked
    return (check_no_plan, check_files) if planless else (*PLAN, check_bound, check_files)


def check_no_plan(run: Run) -> Iterator[Check]:
    """Check that a run which says it has no plan shows none."""
    left = [f"{name} is there" for name in ("alignment.csv", "quotas.csv") if (run.folder / name).exists()]
    yield judge("manifest: status", "no alignment, no quotas", run.manifest.text("status"), left)


def _collect(found: Iterator[Check], checks: list[Check]) -> None:
    """Take a section's checks; what cannot be read is one failing check, however many sections meet it."""
    try:
        checks.extend(found)
    except Unreadable as error:
        stumble = Check("files: readable", "files that can be trusted", str(error), None, False)
        if stumble not in checks:
            checks.append(stumble)
