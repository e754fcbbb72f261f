"""All tables of a scenario, read and checked together: every mistake in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from engine.errors import Finding, InputError, Severity
from engine.scenario import schema
from engine.scenario.checks import Blocks
from engine.scenario.load import Draft, LoadedScenario, draft_scenario
from engine.scenario.places import KeyPath
from engine.tables.accounts import no_accounts, read_accounts
from engine.tables.adjacency import COLUMNS, read_adjacency
from engine.tables.alignment import check_conflicts, check_rejected, read_current, read_rule
from engine.tables.bottom_up import read_bottom_up
from engine.tables.contract import check_contract
from engine.tables.geometry import check_geometry
from engine.tables.groups import read_groups
from engine.tables.handoffs import read_handoffs
from engine.tables.ids import Known
from engine.tables.needs import asked_columns, read_needs, with_regions
from engine.tables.open_deals import no_deals, read_deals
from engine.tables.positions import PositionTable, read_positions, with_vacancies
from engine.tables.quota_bounds import read_bounds
from engine.tables.quota_changes import read_changes
from engine.tables.sheet import Intake, Sheet
from engine.tables.tables import (
    Needs,
    Tables,
    no_bottom_up,
    no_bounds,
    no_quota_changes,
    no_travel_times,
    no_vacations,
)
from engine.tables.travel_times import read_travel_times
from engine.tables.units import UnitTable, read_units
from engine.tables.vacations import read_vacations


@dataclass(frozen=True)
class Checked:
    """What checking a scenario and its tables gave.

    Parameters
    ----------
    loaded, tables
        The scenario and its tables; both None when there is any error.
    findings
        Everything noticed, sorted.
    """

    loaded: LoadedScenario | None
    tables: Tables | None
    findings: tuple[Finding, ...]


def check(path: Path, overrides: Sequence[str] = ()) -> Checked:
    """Check a scenario and its tables in one pass, also those tables that a mistake elsewhere does not touch.

    Parameters
    ----------
    path
        The scenario file.
    overrides
        ``KEY=VALUE`` texts of the command line.

    Returns
    -------
    The scenario and its tables, or what is wrong.
    """
    return check_tables(draft_scenario(path, overrides))


def check_tables(draft: Draft) -> Checked:
    """Read the tables of a scenario that may have mistakes; see `check`."""
    intake = Intake(draft.path.parent, draft.places)
    parts = _read(intake, draft.blocks)
    findings = tuple(sorted(dict.fromkeys([*draft.findings, *intake.findings])))
    wrong = any(finding.severity is Severity.ERROR for finding in findings)
    if draft.loaded is None or parts is None or wrong:
        return Checked(None, None, findings)
    return Checked(draft.loaded, _tables(parts, intake), findings)


def read_tables(loaded: LoadedScenario) -> Tables:
    """Read the tables of a scenario.

    Parameters
    ----------
    loaded
        The scenario.

    Returns
    -------
    Checked tables; warnings, repairs and notes are in their findings.

    Raises
    ------
    InputError
        With every mistake in every table.
    """
    checked = check_tables(loaded.as_draft())
    if checked.tables is None:
        raise InputError(finding for finding in checked.findings if finding.severity is Severity.ERROR)
    return checked.tables


@dataclass(frozen=True)
class _Parts:
    """The tables before they are put in order."""

    units: UnitTable
    positions: PositionTable
    adjacency: pd.DataFrame
    accounts: pd.DataFrame
    current: dict[str, str]
    locks: pd.DataFrame
    forbid: pd.DataFrame
    pipeline: pd.DataFrame
    bounds: pd.DataFrame
    bottom_up: pd.DataFrame
    changes: pd.DataFrame
    travel_times: pd.DataFrame
    vacations: pd.DataFrame
    groups: dict[str, pd.DataFrame]
    needs: tuple[Needs, ...]


def _read(intake: Intake, blocks: Blocks) -> _Parts | None:
    """Read every table whose keys can be used; None when units or positions are missing."""
    units, positions = _read_units(intake, blocks), None
    place = units.rows if units else None
    if blocks.reps is not None:
        columns = asked_columns(blocks.rules, "position")
        positions = read_positions(intake, blocks.reps, blocks.fiscal_year_start, place, columns)
    if positions is not None and blocks.territories is not None and blocks.fiscal_year_start is not None:
        positions = with_vacancies(intake, positions, blocks.territories, blocks.fiscal_year_start)
    unit_ids, seats = units.known if units else None, positions.known if positions else None
    _check_sizes(intake, unit_ids, seats)
    adjacency = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    if blocks.units is not None and blocks.units.adjacency is not None:
        adjacency = read_adjacency(intake, blocks.units.adjacency, unit_ids)
    current: dict[str, str] = {}
    if blocks.current is not None:
        current = read_current(intake, blocks.current, unit_ids, seats)
    accounts, customers, pipeline = _read_business(intake, blocks, unit_ids, seats)
    kept, rejected = _read_rejected(intake, blocks, accounts, current, customers, seats)
    accounts["locked"] |= accounts.index.isin(kept)
    locks, forbid = _read_rules(intake, blocks, unit_ids, seats, rejected)
    bounds, proposed, changes = no_bounds(), no_bottom_up(), no_quota_changes()
    if blocks.quotas is not None and blocks.quotas.bounds.table is not None:
        bounds = read_bounds(intake, blocks.quotas.bounds.table, seats)
    if blocks.quotas is not None and blocks.quotas.bottom_up is not None:
        proposed = read_bottom_up(intake, blocks.quotas.bottom_up, seats, customers)
    if blocks.quotas is not None and blocks.quotas.changes is not None:
        changes = read_changes(intake, blocks.quotas.changes, blocks.fiscal_year_start, seats, customers)
    vacations, planned = no_vacations(), blocks.process and blocks.process.vacations
    if planned and planned.table is not None:
        vacations = read_vacations(intake, planned.table, blocks.fiscal_year_start, seats)
    times = no_travel_times()
    if blocks.travel is not None and blocks.travel.table is not None:
        times = read_travel_times(intake, blocks.travel.table, unit_ids, positions)
    if units is None or positions is None:
        return None
    needs = _read_needs(intake, blocks, units, positions)
    positions = replace(positions, rows=with_regions(positions.rows, blocks.rules, needs))
    return _Parts(
        units,
        positions,
        adjacency,
        accounts,
        current,
        locks,
        forbid,
        pipeline,
        bounds,
        proposed,
        changes,
        times,
        vacations,
        _read_groups(intake, blocks.rules, unit_ids),
        needs,
    )


def _read_units(intake: Intake, blocks: Blocks) -> UnitTable | None:
    if blocks.units is None:
        return None
    balanced = [balance.measure for balance in blocks.territories.balance] if blocks.territories else []
    columns = asked_columns(blocks.rules, "unit")
    units = read_units(intake, blocks.units, blocks.measures, balanced, columns)
    known = units.known if units else None
    for name, file, column in (
        ("geometry", blocks.units.geometry, blocks.units.id),
        ("outlines", blocks.units.outlines, ""),
    ):
        if file is not None:
            check_geometry(intake, ("units", name), file, column, known)
    return units


def _read_rules(
    intake: Intake,
    blocks: Blocks,
    units: Known | None,
    positions: Known | None,
    rejected: Sheet | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    files = (blocks.rules.locks, blocks.rules.forbid) if blocks.rules is not None else (None, None)
    sheets, frames = [], []
    for name, file in zip(("locks", "forbid"), files, strict=True):
        key: KeyPath = ("rules", name)
        sheet, rows = (
            None,
            pd.DataFrame({column: pd.Series(dtype="str") for column in ("unit", "territory", "reason")}),
        )
        if file is not None:
            sheet, rows = read_rule(intake, key, file, units, positions)
        sheets.append(sheet)
        frames.append(_placed(rows, file))
    check_conflicts(sheets[0], sheets[1])
    if rejected is not None:
        check_rejected(rejected, sheets[0], sheets[1])
        both = pd.concat([frames[0], _placed(rejected.rows, rejected.file)], ignore_index=True)
        frames[0] = both[~both.duplicated(["unit", "territory"])]
    return frames[0], frames[1]


def _read_needs(
    intake: Intake, blocks: Blocks, units: UnitTable, positions: PositionTable
) -> tuple[Needs, ...]:
    """Read what units need of positions; which region lacks seats goes by the first balanced measure."""
    if blocks.rules is None:
        return ()
    first = blocks.territories.balance[0].measure if blocks.territories is not None else "potential"
    column = "visits" if first == "workload" else first
    size = units.rows[column] if column in units.rows else pd.Series(1.0, index=units.rows.index)
    return read_needs(intake, blocks.rules, units, positions, size)


def _read_groups(intake: Intake, rules: schema.Rules | None, units: Known | None) -> dict[str, pd.DataFrame]:
    """Read the groups of units that stay together, and of those that are apart."""
    files = {} if rules is None else {"together": rules.together, "apart": rules.apart}
    return {
        name: read_groups(intake, ("rules", name), file, units).sort_values(
            ["group", "unit"], ignore_index=True
        )
        for name, file in files.items()
        if file is not None
    }


def _placed(rows: pd.DataFrame, file: str | None) -> pd.DataFrame:
    """Add the place of each row of a file."""
    return rows.assign(
        place=pd.Series([f"{file}:{line}" for line in rows.index], index=rows.index, dtype="str")
    )


def _read_rejected(
    intake: Intake,
    blocks: Blocks,
    accounts: pd.DataFrame,
    current: dict[str, str],
    customers: Known | None,
    positions: Known | None,
) -> tuple[list[str], Sheet | None]:
    """Read accounts that stay with their owner, and units that stay with their territory."""
    if blocks.rules is None or blocks.rules.locks_from is None:
        return [], None
    if blocks.accounts is None:
        message, remedy = "handoffs are of accounts, and the scenario names none", "add the block accounts"
        intake.report(("rules", "locks_from"), "HAND-NONE", message, remedy)
        return [], None
    return read_handoffs(intake, blocks.rules.locks_from, accounts, current, customers, positions)


def _read_business(
    intake: Intake, blocks: Blocks, units: Known | None, positions: Known | None
) -> tuple[pd.DataFrame, Known | None, pd.DataFrame]:
    """Read accounts, their ids and open deals; both name the unit as the table of units does."""
    accounts, known, pipeline = no_accounts(), None, no_deals()
    if blocks.units is None:
        return accounts, known, pipeline
    if blocks.accounts is not None:
        accounts, known = read_accounts(intake, blocks.accounts, blocks.units.id, units, positions)
    process, start = blocks.process, blocks.fiscal_year_start
    if process is not None and process.opening_pipeline is not None:
        stages = [stage.name for stage in process.stages]
        pipeline = read_deals(intake, process.opening_pipeline, blocks.units.id, stages, start, units, known)
    return accounts, known, pipeline


def _check_sizes(intake: Intake, units: Known | None, positions: Known | None) -> None:
    if units is not None and positions is not None and len(positions.ids) > len(units.ids):
        message = f"{len(positions.ids)} territories, but only {len(units.ids)} units to share out"
        intake.report(("territories",), "SCN-UNITS", message, "have fewer positions, or smaller units")


def _tables(parts: _Parts, intake: Intake) -> Tables:
    """Sort everything by id, so that a row's place in a file never matters."""
    units = parts.units.rows.sort_index()
    current = pd.Series(parts.current, dtype="str").reindex(units.index).fillna("").astype("str")
    order = ["unit", "territory"]
    tables = Tables(
        units=units,
        adjacency=parts.adjacency,
        reps=parts.positions.rows.sort_index(),
        accounts=parts.accounts.sort_index(),
        current=current.rename("territory"),
        locks=parts.locks.sort_values(order, ignore_index=True),
        forbid=parts.forbid.sort_values(order, ignore_index=True),
        pipeline=parts.pipeline.sort_index(),
        findings=tuple(sorted(dict.fromkeys(intake.findings))),
        quota_bounds=parts.bounds,
        bottom_up=parts.bottom_up,
        quota_changes=parts.changes,
        vacations=parts.vacations,
        travel_times=parts.travel_times.sort_values(order, ignore_index=True),
        **parts.groups,
        needs=tuple(replace(need, units=need.units.sort_index()) for need in parts.needs),
        files=tuple(sorted(intake.files, key=lambda file: file.role)),
    )
    check_contract(tables)
    return tables
