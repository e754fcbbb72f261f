"""A scenario file to a checked, frozen scenario: every mistake at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.errors import SCENARIO, Finding, InputError, Severity
from engine.scenario.checks import Blocks, logic_findings
from engine.scenario.files import ScenarioFile
from engine.scenario.keys import main_node, node_at
from engine.scenario.layers import read_layers
from engine.scenario.places import KeyPath, Place, Places, place_of, undotted
from engine.scenario.schema import Scenario
from engine.scenario.words import key_path, schema_findings

_ATTEMPTS = 4  # a block with mistakes inside mistakes is given up after this many corrections


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario without errors.

    Parameters
    ----------
    scenario
        Every key with the value that counts.
    path
        The scenario file; paths of input files are relative to its folder.
    places
        Where each key is written, by key path, such as ``("territories", "balance", 0, "tolerance")``.
    applied
        What was laid over what: ``a.yaml extends b.yaml``, ``--set KEY=VALUE``.
    files
        Scenario files that were read, the main one first, then what it extends, in turn.
    findings
        Warnings.
    """

    scenario: Scenario
    path: Path
    places: Places
    applied: tuple[str, ...]
    files: tuple[ScenarioFile, ...]
    findings: tuple[Finding, ...]

    def locate(self, finding: Finding) -> Finding:
        """Add the place to a finding that only knows its key; any other is given back as it is."""
        if finding.file != SCENARIO:
            return finding
        place = place_of(self.places, undotted(finding.key))
        return replace(finding, file=place.file, line=place.line, column=place.column)

    def as_draft(self) -> Draft:
        """Give what tables are read by."""
        blocks = Blocks(**{field.name: getattr(self.scenario, field.name) for field in fields(Blocks)})
        return Draft(self.path, self.places, blocks, self, self.findings)


@dataclass(frozen=True)
class Draft:
    """A scenario as far as it can be understood.

    Parameters
    ----------
    path
        The scenario file.
    places
        Where each key is written.
    blocks
        What tables can be read by, also when other keys are wrong.
    loaded
        The scenario; None when there are errors.
    findings
        Errors and warnings, sorted.
    """

    path: Path
    places: Places
    blocks: Blocks
    loaded: LoadedScenario | None
    findings: tuple[Finding, ...]


def load_scenario(path: Path, overrides: Sequence[str] = ()) -> LoadedScenario:
    """Read a scenario; ``--set`` goes before the file, the file before what it extends, that before defaults.

    Parameters
    ----------
    path
        The YAML file.
    overrides
        ``KEY=VALUE`` texts; the value is read as YAML.

    Returns
    -------
    The scenario.

    Raises
    ------
    InputError
        With every mistake in the scenario and its place.
    """
    draft = draft_scenario(path, overrides)
    if draft.loaded is None:
        raise InputError(draft.findings)
    return draft.loaded


def draft_scenario(path: Path, overrides: Sequence[str] = ()) -> Draft:
    """Read a scenario that may have mistakes; see `load_scenario` for the order of priority.

    Parameters
    ----------
    path
        The YAML file.
    overrides
        ``KEY=VALUE`` texts; the value is read as YAML.

    Returns
    -------
    What could be understood, and everything that is wrong.
    """
    layers = read_layers(path, overrides)
    places = layers.places or {(): Place(path.name, 0, 0)}
    if layers.data is None:
        return Draft(path, places, _usable({}), None, tuple(sorted(layers.findings)))
    findings = list(layers.findings)
    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(layers.data)
    except ValidationError as error:
        unread = {finding.key for finding in findings if finding.key}  # told already, in simpler words
        said = [f for f in schema_findings(error, places) if f.key not in unread]
        findings += [f for f in said if layers.complete or f.code != "SCN-MISSING"]
    blocks = _usable(layers.data)
    spoilt = {
        finding.key.partition(".")[0] for finding in findings
    }  # defaults stand in for what is wrong there
    findings += [
        finding
        for finding in logic_findings(blocks, places)
        if finding.severity is Severity.ERROR or finding.key.partition(".")[0] not in spoilt
    ]
    loaded = None
    if scenario is not None and not any(finding.severity is Severity.ERROR for finding in findings):
        warnings = tuple(sorted(findings))
        loaded = LoadedScenario(scenario, path, places, tuple(layers.applied), tuple(layers.files), warnings)
    return Draft(path, places, blocks, loaded, tuple(sorted(findings)))


def _usable(data: dict[str, Any]) -> Blocks:
    return Blocks(**{field.name: _usable_block(field.name, data) for field in fields(Blocks)})


def _usable_block(name: str, data: dict[str, Any]) -> Any:
    """Validate one block alone, without those of its keys that are wrong and can be done without."""
    about = Scenario.model_fields[name]
    if name not in data:
        return None if about.is_required() else about.default
    adapter: TypeAdapter[Any] = TypeAdapter(about.annotation or Any)
    value = {name: data[name]}
    for _ in range(_ATTEMPTS):
        try:
            return adapter.validate_python(value[name])
        except ValidationError as error:
            value = _without_mistakes(name, value, error)
            if not value:
                return None
    return None


def _without_mistakes(name: str, value: dict[str, Any], error: ValidationError) -> dict[str, Any]:
    """Take wrong keys out of a copy; a number no table depends on becomes 1; empty when nothing helps."""
    mended = dict(value)
    for path in dict.fromkeys(_named(key_path(detail, name)) for detail in error.errors()):
        node = node_at(path) or {}
        holder: Any = mended
        for part in path[:-1]:
            holder[part] = holder[part].copy()
            holder = holder[part]
        if any(main_node(one).get("type") == "number" for one in node.get("anyOf", [node])):
            holder[path[-1]] = 1
        elif len(path) == 1 or holder.pop(path[-1], None) is None:
            return {}
    return mended


def _named(path: KeyPath) -> KeyPath:
    """Find the key that holds an item of a list."""
    while isinstance(path[-1], int):
        path = path[:-1]
    return path
