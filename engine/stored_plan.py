"""The plan of a stored run, for simulating its years again without another search."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import SCENARIO, Finding, InputError, Severity
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.results.changes import earlier_assignment
from engine.runs import StoredRun
from engine.scenario.layers import COMMAND_LINE
from engine.scenario.schema import Scenario
from engine.tables.tables import InputFile, Tables

SEARCH_ENDED = "RUN-SEARCH-ENDED"  # code of the finding that Ctrl-C ended the search
AFRESH = "RUN-AFRESH"  # code of the finding that an earlier plan could not be kept


def stored_plan(run: StoredRun, problem: TerritoryProblem, seed: int) -> TerritoryPlan:
    """Read the plan of a run back.

    Parameters
    ----------
    run
        A run of this very problem; see `require_same_question`.
    problem
        The problem it solves.
    seed
        Seed of its search.

    Returns
    -------
    The plan as the solver gave it, without the times of its stages.
    """
    facts, places = run.facts, {unit: place for place, unit in enumerate(problem.unit_ids)}
    told = {found["code"]: found["message"] for found in run.json("problems")}
    centres = run.table("territories").set_index("territory_id")["centre_unit_id"]
    return TerritoryPlan(
        status=Status(facts.status),
        assignment=earlier_assignment(problem, run.table("alignment")),
        centres=np.array([places[centres[name]] for name in problem.territory_ids], dtype=np.int32),
        objective=facts.objective,
        bound=facts.bound,
        stages=(),
        seed=seed,
        reproducible=facts.reproducible,
        reason=told.get(AFRESH, ""),
        interrupted=SEARCH_ENDED in told,
    )


def assignment_before(
    run: StoredRun, problem: TerritoryProblem, plan: TerritoryPlan
) -> NDArray[np.int32] | None:
    """Find the alignment that a run with ``--from`` started from, shape (units,); nothing for other runs."""
    if not run.has("changes.csv"):
        return None
    changes = run.table("changes")
    territories = {name: place for place, name in enumerate(problem.territory_ids)}
    units = {unit: place for place, unit in enumerate(problem.unit_ids)}
    before = plan.assignment.copy()
    for unit, earlier in zip(changes["unit_id"], changes["earlier_territory_id"], strict=True):
        before[units[unit]] = territories.get(earlier, -1)
    return before


def files_kept(run: StoredRun) -> tuple[InputFile, ...]:
    """List the inputs of a run that are neither scenario nor table: the alignment it started from."""
    return tuple(file for file in run.facts.inputs if file.role == "from")


def overrides_again(run: StoredRun, replications: int | None, stress: list[str]) -> list[str]:
    """Repeat the ``--set`` of a run with another number of years or other stress cases.

    Parameters
    ----------
    run
        A run.
    replications
        Years; as many as the scenario asks for when left out.
    stress
        Ready-made cases that take the place of the scenario's; those when empty. The scenario's own cases stay.

    Returns
    -------
    ``KEY=VALUE`` texts.
    """
    asked = run.json("scenario.resolved")["simulation"]
    new: dict[str, str] = {}
    if replications is not None:
        new["simulation.replications"] = str(replications)
        if asked["half_width"] is not None:
            new["simulation.half_width"] = "null"
    if stress:
        own = {case["name"] for case in asked["cases"]}
        new["simulation.stress"] = json.dumps([name for name in dict.fromkeys(stress) if name not in own])
    kept = run.json("environment").get("overrides", [])
    return [text for text in kept if text.partition("=")[0] not in new] + [
        f"{key}={value}" for key, value in new.items()
    ]


def applied_overrides(applied: tuple[str, ...]) -> list[str]:
    """Find the ``KEY=VALUE`` texts among what was laid over a scenario."""
    start = f"{COMMAND_LINE} "
    return [text.removeprefix(start) for text in applied if text.startswith(start)]


def require_same_question(run: StoredRun, scenario: Scenario, tables: Tables) -> None:
    """Refuse to simulate a plan under another question than it answers; only the block ``simulation`` may differ.

    Raises
    ------
    InputError
        With every key and table that differs; of a key the scenario file knows the place.
    """
    before, now = run.json("scenario.resolved"), json.loads(scenario.model_dump_json())
    keys = [key for key in _differing(before, now) if key.partition(".")[0] != "simulation"]
    found = [_other(key, f"{key} is not what the run was made with") for key in keys]
    files = {file.role: file.sha256 for file in run.facts.inputs}
    found += [
        _other(file.role, f"{file.path} is not the table that the run was made from")
        for file in tables.files
        if files.get(file.role) != file.sha256
    ]
    if found:
        raise InputError(found)


def _differing(before: Any, now: Any, path: str = "") -> list[str]:
    """Name the keys for which two resolved scenarios hold different values."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [path] if before != now else []
    start = f"{path}." if path else ""
    keys = sorted({*before, *now})
    return [name for key in keys for name in _differing(before.get(key), now.get(key), f"{start}{key}")]


def _other(key: str, message: str) -> Finding:
    remedy = (
        "undo the change, or run the scenario again: a plan is simulated only under the question it answers"
    )
    return Finding(SCENARIO, 0, 0, key, "RUN-OTHER", Severity.ERROR, "", message, remedy)
