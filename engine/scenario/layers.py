"""A scenario, what it extends and what the command line sets, laid over one another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import Finding, Severity, shown
from engine.scenario.files import FileProblemError, ScenarioFile, read_input
from engine.scenario.keys import scenario_keys
from engine.scenario.nearest import nearest
from engine.scenario.override import obstacle, unknown_key
from engine.scenario.places import KeyPath, Place, finding_at, undotted
from engine.scenario.yaml_text import EXAMPLE, read_scenario_text, read_value_text

COMMAND_LINE = "--set"
EXTENDS = "extends"
MOST_READ = 20_000_000  # more than a scenario may have: to say what kind of file a larger one is
SHORTEN = "name a scenario file; data belong in tables, whose paths a scenario only names"


@dataclass
class Layers:
    """The keys of a scenario after merging.

    Parameters
    ----------
    data
        Plain values; None when a file cannot be read.
    places
        Where each key that counts is written.
    applied
        What was laid over what, in order, for the log.
    files
        Scenario files that were read, the main one first, then what it extends, in turn.
    findings
        Errors.
    complete
        Whether everything that is extended could be read; if not, a missing key may well be written there.
    """

    data: dict[str, Any] | None = None
    places: dict[KeyPath, Place] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    files: list[ScenarioFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True


def read_layers(path: Path, overrides: Sequence[str]) -> Layers:
    """Read a scenario file and everything it extends, then apply the overrides of the command line.

    Parameters
    ----------
    path
        The scenario file.
    overrides
        ``KEY=VALUE`` texts, such as ``territories.balance.0.tolerance=0.05``.

    Returns
    -------
    The merged keys. Mappings are merged key by key, anything else is replaced; the paths of input files are
    relative to the folder of ``path``, whichever file wrote them.
    """
    found = _read_file(path, path.name, ())
    if found.data is not None:
        for override in overrides:
            _apply(found, override)
    return found


def _read_file(main: Path, name: str, above: tuple[str, ...]) -> Layers:
    """Read one file and, below it, what it extends."""
    layers = Layers()
    try:
        content = read_input(main.parent, name, MOST_READ, SHORTEN)
    except FileProblemError as problem:
        message, remedy = problem.message, problem.remedy
        if problem.code in ("FILE-MISSING", "FILE-KIND") and not above:
            message, remedy = _no_scenario(main)
        layers.findings.append(Finding(name, 0, 0, "", problem.code, Severity.ERROR, "", message, remedy))
        return layers
    layers.files = [ScenarioFile(name, content)]
    text = read_scenario_text(content.data, name)
    layers.data, layers.places = text.value, text.places
    layers.findings = text.findings
    if layers.data is None:
        return layers
    folder = os.path.dirname(name)  # noqa: PTH120 (a relative name, kept as text)
    _move_paths(layers, folder)
    if EXTENDS in layers.data:
        _extend(main, layers, (*above, name), folder)
    return layers


def _no_scenario(path: Path) -> tuple[str, str]:
    """Say that a path is no scenario, and which one in its folder or in ``scenarios`` may be meant."""
    home, is_folder = path.parent, path.is_dir()
    message = f"{shown(path.as_posix())} " + (
        "is a folder, not a scenario" if is_folder else "does not exist"
    )
    folders = [path] if is_folder else [home, home / "scenarios"]
    there = [file.relative_to(home) for folder in folders for file in sorted(folder.glob("*.yaml"))]
    stem = nearest(path.stem, {file.stem for file in there})
    meant = next((file for file in there if file.stem == stem), None)
    if meant:
        message += f" - did you mean {shown(meant.as_posix())}?"
    elif is_folder and there:
        return message, f"name a scenario in it, such as {shown(there[0].as_posix())}"
    if not path.suffix and home == Path():
        return message, f"give a scenario (a .yaml file) or a command (see --help), or {EXAMPLE}"
    return message, f"correct the path, or {EXAMPLE}"


def _extend(main: Path, layers: Layers, chain: tuple[str, ...], folder: str) -> None:
    assert layers.data is not None  # noqa: S101 (the caller checked it)
    key: KeyPath = (EXTENDS,)
    layers.complete = False
    value, place = layers.data.pop(EXTENDS), layers.places[key]
    if not isinstance(value, str) or not value:
        message = "must be the path of one scenario file"
        layers.findings.append(finding_at(place, key, "SCN-VALUE", message, "extends: base.yaml"))
        return
    name = _joined(folder, value)
    if name in chain:
        circle = " -> ".join([*chain[chain.index(name) :], name])
        message = f"scenarios extend each other in a circle: {circle}"
        layers.findings.append(finding_at(place, key, "SCN-CYCLE", message, "delete one of these extends"))
        return
    base = _read_file(main, name, chain)
    if (
        base.data is None and not base.findings[0].line
    ):  # the file itself is the problem: say who asked for it
        fault = base.findings[0]
        layers.findings.append(finding_at(place, key, fault.code, fault.message, fault.remedy))
        return
    layers.findings += base.findings
    layers.files += base.files
    if base.data is None:
        return
    layers.complete = base.complete
    replaced: list[KeyPath] = []
    layers.data = _merged(base.data, layers.data, (), replaced)
    kept = {path: at for path, at in base.places.items() if not _below_any(path, replaced)}
    layers.places = kept | layers.places
    layers.applied = [*base.applied, f"{chain[-1]} extends {name}"]


def _merged(
    base: dict[str, Any], over: dict[str, Any], path: KeyPath, replaced: list[KeyPath]
) -> dict[str, Any]:
    """Lay one mapping over another, noting the keys of the lower one that count no more."""
    merged = dict(base)
    for name, value in over.items():
        key = (*path, name)
        below = merged.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[name] = _merged(below, value, key, replaced)
        else:
            replaced.append(key)
            merged[name] = value
    return merged


def _below_any(path: KeyPath, prefixes: list[KeyPath]) -> bool:
    return any(path[: len(prefix)] == prefix for prefix in prefixes)


def _move_paths(layers: Layers, folder: str) -> None:
    """Make the paths that a file in another folder wrote relative to the main scenario's folder."""
    for key in scenario_keys():
        if not key.is_path:
            continue
        block: Any = layers.data
        for part in key.path[:-1]:
            block = block.get(part) if isinstance(block, dict) else None
        name = key.path[-1]
        if folder and isinstance(block, dict) and isinstance(block.get(name), str):
            block[name] = _joined(folder, block[name])


def _joined(folder: str, value: str) -> str:
    """Join a folder and a path written in it; a URL and an absolute path stay as they are."""
    if ":" in value or value.startswith(("/", "\\")):
        return value
    return Path(os.path.normpath(Path(folder, value))).as_posix()


def _apply(layers: Layers, override: str) -> None:
    """Set one key from the command line."""
    name, sign, written = override.partition("=")
    path = undotted(name.strip())
    place = Place(COMMAND_LINE, 0, 0, written)
    if not sign or "" in path:
        remedy = "--set territories.balance.0.tolerance=0.05"
        layers.findings.append(
            finding_at(place, (), "SET-FORM", f"{shown(override)} is not KEY=VALUE", remedy, value=override)
        )
        return
    if path == (EXTENDS,):
        message = "what a scenario extends can only be written in its file"
        layers.findings.append(
            finding_at(place, path, "SET-KEY", message, f"write `{EXTENDS}: base.yaml` there")
        )
        return
    value = read_value_text(written, COMMAND_LINE)
    if value.findings:
        layers.findings += [finding_at(place, path, f.code, f.message, f.remedy) for f in value.findings]
        return
    unknown, blocked = unknown_key(path, written), obstacle(layers.data or {}, path)
    wrong = unknown or (blocked if layers.complete else None)  # it may stand in a file that cannot be read
    if wrong:
        layers.findings.append(finding_at(place, path, "SET-KEY", *wrong))
    if unknown or blocked:
        return
    holder: Any = layers.data
    for depth, part in enumerate(path[:-1]):
        if isinstance(holder, dict) and holder.get(part) is None:
            holder[part] = {}
            layers.places[path[: depth + 1]] = place
        holder = holder[part]
    holder[path[-1]] = value.value
    layers.places = {at: where for at, where in layers.places.items() if at[: len(path)] != path}
    layers.places |= {(*path, *at): where for at, where in value.places.items()}
    layers.places[path] = place
    layers.applied.append(f"{COMMAND_LINE} {override}")
