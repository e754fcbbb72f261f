"""What must hold between the keys of a sales process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from engine.errors import Severity, shown
from engine.scenario import schema
from engine.scenario.nearest import did_you_mean
from engine.scenario.places import Fault, KeyPath


def process_faults(process: schema.Process) -> Iterator[Fault]:
    """List what contradicts itself in a process whose keys are right one by one."""
    for place, stage in enumerate(process.stages):
        path: KeyPath = ("process", "stages", place)
        if stage.stall is not None:
            yield from _stall(process, place, stage, stage.stall, path)
        if stage.specialist is not None:
            pools = [pool.name for pool in process.pools]
            name = stage.specialist.pool
            if name not in pools:
                message = f"there is no pool {shown(name)}{did_you_mean(name, pools)}"
                remedy = f"name one of {', '.join(pools)}" if pools else "define it under process.pools"
                yield (*path, "specialist", "pool"), "SCN-POOL", message, remedy, Severity.ERROR
    needed = {stage.specialist.pool for stage in process.stages if stage.specialist}
    for place, pool in enumerate(process.pools):
        if pool.name not in needed:
            message = f"no stage needs the pool {shown(pool.name)}"
            remedy = "name it under `specialist` of a stage, or delete it"
            yield ("process", "pools", place, "name"), "SCN-NO-EFFECT", message, remedy, Severity.WARNING
    if process.returns != 1 and not any(stage.stall for stage in process.stages):
        message = "returns has no effect: no stage has stalls"
        remedy = "give a stage `stall`, or delete it"
        yield ("process", "returns"), "SCN-NO-EFFECT", message, remedy, Severity.WARNING


def year_faults(
    process: schema.Process, year_start: date | None, has_accounts: bool, has_current: bool
) -> Iterator[Fault]:
    """List what in a process does not fit the fiscal year and the tables there are."""
    error, warning = Severity.ERROR, Severity.WARNING
    for place, campaign in enumerate(process.campaigns):
        path: KeyPath = ("process", "campaigns", place)
        if campaign.last < campaign.first:
            message = f"the campaign ends on {campaign.last}, before it begins on {campaign.first}"
            yield (
                (*path, "last"),
                "SCN-CAMPAIGN",
                message,
                "write a last day that is not before the first",
                error,
            )
        elif year_start is not None and not _in_year(campaign.first, campaign.last, year_start):
            message = f"no day of the campaign lies in the fiscal year that starts on {year_start}"
            yield (*path, "first"), "SCN-NO-EFFECT", message, "correct its dates, or delete it", warning
    if year_start is not None:
        for place, day in enumerate(process.holidays):
            if not _in_year(day, day, year_start):
                message = f"{day} is no day of the fiscal year that starts on {year_start}"
                yield (
                    ("process", "holidays", place),
                    "SCN-NO-EFFECT",
                    message,
                    "correct or delete it",
                    warning,
                )
    if process.renewals is not None and not has_accounts:
        message = "renewals need the accounts' revenue, and there is no table of accounts"
        yield ("process", "renewals"), "SCN-RENEWALS", message, "add `accounts:`, or delete renewals", error
    if process.handoff is not None and not has_current:
        message = "handoff has no effect: without `current` nobody knows what changes hands"
        yield ("process", "handoff"), "SCN-NO-EFFECT", message, "add `current:`, or delete handoff", warning


def _in_year(first: date, last: date, year_start: date) -> bool:
    return last >= year_start and first < year_start.replace(year=year_start.year + 1)


def _stall(
    process: schema.Process, place: int, stage: schema.Stage, stall: schema.Stall, path: KeyPath
) -> Iterator[Fault]:
    if stage.advance + stall.chance > 1 + 1e-9:
        message = f"advance {stage.advance:g} and stall.chance {stall.chance:g} add up to more than 1"
        remedy = f"lower it to at most {1 - stage.advance:g}"
        yield (*path, "stall", "chance"), "SCN-CHANCES", message, remedy, Severity.ERROR
    before = [other.name for other in process.stages[: place + 1]]
    if stall.back_to is not None and stall.back_to not in before:
        message = (
            f"{shown(stall.back_to)} is not this stage or an earlier one{did_you_mean(stall.back_to, before)}"
        )
        yield (
            (*path, "stall", "back_to"),
            "SCN-STAGE",
            message,
            f"name one of {', '.join(before)}",
            Severity.ERROR,
        )
