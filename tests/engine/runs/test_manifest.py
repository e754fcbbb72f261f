"""The manifest and the name of a run."""

from __future__ import annotations

import json
import math

import pytest

from engine.runs import Manifest, StoredFile, run_id
from engine.tables.tables import InputFile
from tests.engine.runs.store_worker import facts

UNITS = InputFile("units.table", "../data/units.csv", "ab" * 32, 10)
REPS = InputFile("reps.table", "../data/reps.csv", "cd" * 32, 20)
FILES = (StoredFile("kpis.csv", "ef" * 32, 30),)


def manifest(**changes: object) -> Manifest:
    """A manifest of a small run."""
    return Manifest("small-0123456789ab", facts(inputs=(UNITS, REPS), **changes), FILES, "12" * 32)


def test_a_manifest_comes_back() -> None:
    """What is written is read back; the keys are those of the documented format."""
    text = manifest().to_json()
    assert Manifest.from_json(text) == manifest()
    assert list(json.loads(text)) == [
        "schema_version", "version", "run_id", "scenario", "title", "synthetic", "currency", "seed", "status",
        "objective", "bound", "gap", "reproducible", "inputs", "files", "result_hash",
    ]  # fmt: skip
    assert json.loads(text)["inputs"][0] == {
        "role": "units.table", "file": "../data/units.csv", "sha256": "ab" * 32, "bytes": 10,
    }  # fmt: skip


def test_no_plan_no_number() -> None:
    """A run without a plan has null for its figures, which are read as NaN."""
    text = manifest(objective=math.nan, bound=-math.inf, gap=math.nan).to_json()
    assert json.loads(text)["objective"] is None
    assert json.loads(text)["bound"] is None
    assert math.isnan(Manifest.from_json(text).facts.gap)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("schema_version", 2, "format version 2; this program reads 1"),
        ("files", None, "wrong type"),
        ("files", [{"name": "a"}], "has no sha256"),
        ("inputs", ["x"], "wrong type"),
        ("seed", "abc", "invalid literal"),
        ("status", 3, "should be text"),
    ],
)
def test_a_damaged_manifest(key: str, value: object, said: str) -> None:
    """A manifest of another version or shape is refused with the reason."""
    content = json.loads(manifest().to_json())
    content[key] = value
    with pytest.raises(ValueError, match=said):
        Manifest.from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', "null"])
def test_not_a_manifest(text: str) -> None:
    """Other JSON, or none, is refused."""
    with pytest.raises(ValueError, match=r"Expecting|manifest"):
        Manifest.from_json(text)


def test_the_name_follows_the_content() -> None:
    """Scenario, bytes of inputs, roles and version change the name; order and places of files do not."""
    base = run_id("us", "{}", [UNITS, REPS], "1")
    assert base == "us-" + base[3:]
    assert len(base) == len("us-") + 12
    assert run_id("us", "{}", [REPS, UNITS], "1") == base
    moved = InputFile(UNITS.role, "elsewhere.csv", UNITS.sha256, UNITS.size)
    assert run_id("us", "{}", [moved, REPS], "1") == base
    changed = InputFile(UNITS.role, UNITS.path, "00" * 32, UNITS.size)
    swapped = [InputFile(REPS.role, "", UNITS.sha256, 1), InputFile(UNITS.role, "", REPS.sha256, 1)]
    others = [
        run_id("us", '{"seed": 2}', [UNITS, REPS], "1"),
        run_id("us", "{}", [changed, REPS], "1"),
        run_id("us", "{}", [UNITS], "1"),
        run_id("us", "{}", swapped, "1"),
        run_id("us", "{}", [UNITS, REPS], "2"),
    ]
    assert len({base, *others}) == 6
