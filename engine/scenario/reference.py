"""The JSON Schema for editors and the reference page of every key, both made from the schema."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from engine.scenario.keys import Key, kind_in_words, main_node, scenario_keys
from engine.scenario.layers import EXTENDS
from engine.scenario.schema import Scenario

SCHEMA_FILE = Path("scenarios", "scenario.schema.json")
PAGE_FILE = Path("docs", "reference", "scenario.md")

_EXTENDS_MEANING = "Another scenario, whose keys count wherever this one does not write them."
_PAGE = """# Scenario file

One YAML file asks one question. This page and `scenarios/scenario.schema.json`, which lets an editor complete
keys, are generated from the schema.

- **What counts**: `--set KEY=VALUE` goes before the file, the file before what it `extends`, that before the
  defaults below. Blocks are merged key by key; lists and plain values are replaced. In `KEY`, places in a
  list are numbers from 0, as in `--set territories.balance.0.tolerance=0.05`.
- **Paths** are relative to the file that writes them, and stay inside the folder of the scenario and the
  folder above it. The columns of each table are in [tables.md](tables.md).
- **Strictness**: unknown keys, keys written twice, tags and a second document are errors. Shares are numbers
  such as 0.05, never `5%`. Ids are text: `"08540"`. Dates are written 2027-01-31. YAML 1.2 is read, so `no`
  is text.
- **Limits**: 256 kB, 50 levels, 100 aliases. Data belongs in tables.

In a path, `*` stands for an item of a list or for a name of your own. *Needed* is meant within a block: a
block that is left out needs nothing.

"""
EXAMPLE = """name: eight-towns
fiscal_year_start: 2027-01-01
units: {table: units.csv, id: town, area_km2: km2, adjacency: adjacency.csv}
measures:
  potential: {column: spend_usd, unit: USD}
  workload: {visits: {column: visits}}
reps: {table: reps.csv}
accounts: {table: accounts.csv}
current: {table: current.csv, unit: town}
territories:
  balance:
    - {measure: potential, tolerance: 0.20}
    - {measure: workload, tolerance: 0.25}
rules: {locks: locks.csv, forbid: forbid.csv}
quotas: {plan_target: 2_000_000}
process:
  opportunities_per_year: 40
  stages:
    - {name: qualify, effort_hours: {mean: 3}, days: {mean: 20, cv: 0.8}, advance: 0.6}
    - {name: close, effort_hours: {mean: 8}, days: {mean: 40, cv: 0.8}, advance: 0.5}
  deal_size: {mean: 150_000, cv: 0.7}
  opening_pipeline: pipeline.csv
"""


def schema_text() -> str:
    """Write the JSON Schema that editors complete and check scenarios with.

    Returns
    -------
    JSON text. A file that extends another may leave out any key, so only top-level keys are needed, and only
    where nothing is extended; the loader checks the merged whole.
    """
    schema = copy.deepcopy(Scenario.model_json_schema())
    needed = schema.pop("required")
    for node in schema["$defs"].values():
        node.pop("required", None)
    _drop_titles(schema)
    schema["properties"] = {
        EXTENDS: {"type": "string", "format": "path", "description": _EXTENDS_MEANING}
    } | schema["properties"]
    schema["if"] = {"not": {"required": [EXTENDS]}}
    schema["then"] = {"required": needed}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Allotment scenario"}
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"


def reference_page() -> str:
    """Write the page with every key: meaning, what it must be, default, whether it is needed.

    Returns
    -------
    Markdown text.
    """
    rows = [
        "| key | meaning | must be | default | needed |",
        "|---|---|---|---|---|",
        f"| `{EXTENDS}` | {_EXTENDS_MEANING} | the path of a file | | |",
        *(_row(key) for key in scenario_keys()),
    ]
    return _PAGE + "\n".join(rows) + f"\n\n## A small whole scenario\n\n```yaml\n{EXAMPLE}```\n"


def _row(key: Key) -> str:
    name = ".".join(key.path)
    kind = "a block" if key.is_block else kind_in_words(key.node)
    inner = main_node(key.node)
    if isinstance(inner.get("items"), dict) and "properties" in main_node(inner["items"]):
        kind = "a list of blocks"
    elif isinstance(inner.get("additionalProperties"), dict):
        kind = "a block of names of your own"
    meaning = str(key.node.get("description", inner.get("description", ""))).replace("``", "`")
    needed = "yes" if key.needed else ""
    return f"| `{name}` | {meaning} | {kind} | {_default(key)} | {needed} |"


def _default(key: Key) -> str:
    default = key.node.get("default")
    if key.needed or default in (None, "") or key.is_block:
        return ""
    if isinstance(default, list):
        return ", ".join(f"`{item}`" for item in default)
    return "" if default == {} else f"`{default}`"


def _drop_titles(node: Any) -> None:
    """Take out generated titles: an editor shows them, and they repeat the key."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for child in node.values():
            _drop_titles(child)
    elif isinstance(node, list):
        for child in node:
            _drop_titles(child)
