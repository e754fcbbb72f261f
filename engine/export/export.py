"""One run, handed over in the form that a target wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Finding, InputError, Severity
from engine.export.extract import read_extract
from engine.export.folder import write_folder
from engine.export.handoffs import handoff_list
from engine.export.hubspot import hubspot_loads
from engine.export.lists import csv_lists, varicent_lists
from engine.export.loads import Remark, load_files, remark_file
from engine.export.plan import HandedPlan, read_plan
from engine.export.salesforce import salesforce_loads
from engine.runs import StoredRun

Files = tuple[dict[str, bytes], list[Remark]]


@dataclass(frozen=True)
class Exported:
    """A written export.

    Parameters
    ----------
    folder
        Where it is.
    remarks
        What would not go as planned.
    """

    folder: Path
    remarks: tuple[Remark, ...]


def export_run(run: StoredRun, target: str, out: Path, crm: Path | None, role: str) -> Exported:
    """Write the files of a run for one target.

    Parameters
    ----------
    run
        A finished run.
    target
        One of `TARGETS`.
    out
        Folder of exports; the files go into a folder named after run and target.
    crm
        Folder of the CRM's own tables, for targets that need it.
    role
        Role of a rep in a Salesforce territory.

    Returns
    -------
    The folder and what the CRM would make of it.

    Raises
    ------
    InputError
        If the CRM's tables are missing or cannot be used.
    StorageError
        If a file cannot be read or written, or an earlier export was edited.
    """
    files, remarks = TARGETS[target](read_plan(run), crm, role)
    if run.facts.synthetic:
        remarks = [*remarks, Remark("note", "", "", f"synthetic data: {run.facts.synthetic}", "")]
    files["preflight.csv"] = remark_file(remarks)
    about = {"run_id": run.run_id, "target": target, "synthetic": run.facts.synthetic}
    return Exported(write_folder(out / f"{run.run_id}-{target}", files, about), tuple(remarks))


def _salesforce(plan: HandedPlan, crm: Path | None, role: str) -> Files:
    if crm is None:
        message = "Salesforce takes its own Ids, which the run does not know"
        remedy = "export its tables into a folder and give it with --tables FOLDER"
        raise InputError([Finding(plan.run_id, 0, 0, "", "CRM-NONE", Severity.ERROR, "", message, remedy)])
    loads, remarks = salesforce_loads(plan, read_extract(crm), role)
    return load_files(loads), remarks


def _hubspot(plan: HandedPlan, crm: Path | None, role: str) -> Files:
    loads, remarks = hubspot_loads(plan, crm)
    return load_files(loads), remarks


TARGETS: dict[str, Callable[[HandedPlan, Path | None, str], Files]] = {
    "salesforce": _salesforce,
    "hubspot": _hubspot,
    "varicent": lambda plan, crm, role: varicent_lists(plan),
    "csv": lambda plan, crm, role: csv_lists(plan),
    "handoffs": lambda plan, crm, role: ({"handoffs.csv": handoff_list(plan)}, []),
}
