"""The generated page and schema are those of the code, and their example runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.scenario.keys import node_at, scenario_keys
from engine.scenario.reference import PAGE_FILE, SCHEMA_FILE, reference_page, schema_text
from engine.scenario.schema import Scenario
from engine.tables.read import check
from tests.small_company import TABLES, write_company

ROOT = Path(__file__).resolve().parents[3]
AGAIN = "write it again: python run_scenario.py schema"


def test_page_is_current() -> None:
    """The committed page of keys is what the schema says."""
    assert (ROOT / PAGE_FILE).read_text(encoding="utf-8") == reference_page(), AGAIN


def test_schema_is_current() -> None:
    """The committed JSON Schema is what the schema says."""
    assert (ROOT / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text(), AGAIN


def test_every_key_is_explained() -> None:
    """Every key has a meaning, and one row of the page."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", reference_page(), flags=re.MULTILINE)
    assert [name for name, _ in rows[1:]] == [".".join(key.path) for key in scenario_keys()]
    assert all(len(meaning.strip()) > 4 for _, meaning in rows)
    assert len(rows) > 80


def test_every_path_key_is_marked() -> None:
    """Every key that takes a file is marked as a path, so that it is read safely and moved with its file."""
    marked = {".".join(key.path) for key in scenario_keys() if key.is_path}
    assert marked == {
        "units.table", "units.geometry", "units.outlines", "units.adjacency", "reps.table", "accounts.table", "travel.table",
        "current.table", "rules.locks", "rules.forbid", "rules.locks_from", "rules.together",
        "rules.apart",
        "quotas.bounds.table", "quotas.bottom_up", "quotas.changes", "process.opening_pipeline",
            "process.vacations.table",
    }  # fmt: skip


def test_example_is_a_whole_scenario(tmp_path: Path) -> None:
    """The page's example runs as it stands, without a remark."""
    page = (ROOT / PAGE_FILE).read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    checked = check(write_company(tmp_path, {"scenario.yaml": example, **TABLES}))
    assert checked.findings == ()
    assert checked.loaded is not None
    assert checked.loaded.scenario.name == "eight-towns"


def test_schema_needs_nothing_of_what_extends() -> None:
    """An editor asks for the top-level keys only where a scenario extends nothing."""
    schema = json.loads(schema_text())
    assert schema["then"]["required"] == Scenario.model_json_schema()["required"]
    assert schema["if"] == {"not": {"required": ["extends"]}}
    assert "required" not in schema
    assert not [name for name, node in schema["$defs"].items() if "required" in node]
    assert next(iter(schema["properties"])) == "extends"


@pytest.mark.parametrize(
    ("path", "known"),
    [
        (("seed",), True),
        (("territories", "balance", 0, "tolerance"), True),
        (("measures", "other", "any name", "column"), True),
        (("units", "keep", "state", 3), True),
        (("units", "seed"), False),
        (("territories", "balance", "tolerance"), False),
    ],
)
def test_node_at(path: tuple[str | int, ...], known: bool) -> None:
    """A key path is found in the schema, through lists and names of one's own."""
    assert (node_at(path) is not None) == known
