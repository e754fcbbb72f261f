"""The manifest: what a finished run says about itself, and the hash that names the run."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.tables.tables import InputFile

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
ENVIRONMENT = "environment.json"


@dataclass(frozen=True)
class StoredFile:
    """One file of a run.

    Parameters
    ----------
    name
        Path inside the run folder, with ``/``.
    sha256
        Hash of its bytes.
    size
        Bytes.
    """

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class RunFacts:
    """What the pipeline knows about a run when it ends.

    Parameters
    ----------
    scenario, title, synthetic, currency, seed
        As in the scenario.
    version
        Version of the program.
    status
        Status of the plan, as in `engine.plan.Status`.
    objective, bound, gap
        Of the plan; money per year, money per year, share. NaN when there is no plan.
    reproducible
        Whether the same inputs give the same plan again; false when a time limit ended the search.
    inputs
        Every file that was read.
    """

    scenario: str
    title: str
    synthetic: str
    currency: str
    seed: int
    version: str
    status: str
    objective: float
    bound: float
    gap: float
    reproducible: bool
    inputs: tuple[InputFile, ...]


@dataclass(frozen=True)
class Manifest:
    """Facts of a run with its files and the hash of its results.

    Parameters
    ----------
    run_id
        Name of the run when it was made.
    facts
        What the pipeline said.
    files
        Every file of the folder except the manifest itself and ``environment.json``, sorted by name.
    result_hash
        Equal for two runs exactly when alignment, quotas, figures and simulated attainment are equal.
    """

    run_id: str
    facts: RunFacts
    files: tuple[StoredFile, ...]
    result_hash: str

    def to_json(self) -> str:
        """Write the text of ``manifest.json``."""
        facts = self.facts
        content = {
            "schema_version": SCHEMA_VERSION,
            "version": facts.version,
            "run_id": self.run_id,
            "scenario": facts.scenario,
            "title": facts.title,
            "synthetic": facts.synthetic,
            "currency": facts.currency,
            "seed": facts.seed,
            "status": facts.status,
            "objective": _number_or_null(facts.objective),
            "bound": _number_or_null(facts.bound),
            "gap": _number_or_null(facts.gap),
            "reproducible": facts.reproducible,
            "inputs": [
                {"role": f.role, "file": f.path, "sha256": f.sha256, "bytes": f.size} for f in facts.inputs
            ],
            "files": [{"name": f.name, "sha256": f.sha256, "bytes": f.size} for f in self.files],
            "result_hash": self.result_hash,
        }
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read the text of ``manifest.json``.

        Raises
        ------
        ValueError
            If it is not a manifest, or one of another format version.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or "schema_version" not in content:
            raise ValueError("it is not the manifest of a run")
        if content["schema_version"] != SCHEMA_VERSION:
            raise ValueError(
                f"it has format version {content['schema_version']!r}; this program reads {SCHEMA_VERSION}"
            )
        try:
            return cls(
                run_id=_text(content["run_id"]),
                facts=_facts(content),
                files=tuple(
                    StoredFile(_text(f["name"]), _text(f["sha256"]), int(f["bytes"]))
                    for f in content["files"]
                ),
                result_hash=_text(content["result_hash"]),
            )
        except KeyError as error:
            raise ValueError(f"it has no {error.args[0]}") from error
        except (TypeError, AttributeError) as error:
            raise ValueError(f"a value has the wrong type ({error})") from error


def _facts(content: dict[str, Any]) -> RunFacts:
    return RunFacts(
        scenario=_text(content["scenario"]),
        title=_text(content["title"]),
        synthetic=_text(content["synthetic"]),
        currency=_text(content["currency"]),
        seed=int(content["seed"]),
        version=_text(content["version"]),
        status=_text(content["status"]),
        objective=_number(content["objective"]),
        bound=_number(content["bound"]),
        gap=_number(content["gap"]),
        reproducible=bool(content["reproducible"]),
        inputs=tuple(
            InputFile(_text(f["role"]), _text(f["file"]), _text(f["sha256"]), int(f["bytes"]))
            for f in content["inputs"]
        ),
    )


def _number_or_null(value: float) -> float | None:
    return value if math.isfinite(value) else None  # JSON has no NaN


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be text")
    return value


def run_id(name: str, resolved_json: str, inputs: Sequence[InputFile], version: str) -> str:
    """Name a run by its content, so that the same question is the same folder.

    Parameters
    ----------
    name
        Name of the scenario.
    resolved_json
        Every key of the scenario with the value that is used.
    inputs
        The files that were read; their bytes count, their places do not.
    version
        Version of the program.

    Returns
    -------
    ``<name>-<first 12 hexadecimal digits of a SHA-256>``.
    """
    read = sorted((file.role, file.sha256) for file in inputs)
    content = json.dumps([resolved_json, read, version], ensure_ascii=True)
    return f"{name}-{hashlib.sha256(content.encode('ascii')).hexdigest()[:12]}"
