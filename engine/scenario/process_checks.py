"""What must hold between the keys of a sales process."""

from __future__ import annotations

from collections.abc import Iterator

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
