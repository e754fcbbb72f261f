"""The resolved scenario as YAML a person can read and run again."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from ruamel.yaml import YAML

from engine.scenario.schema import Scenario


def to_yaml(scenario: Scenario, applied: Sequence[str]) -> str:
    """Write every key with the value that was used; a comment on top says what was laid over what."""
    out = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 110
    yaml.dump(json.loads(scenario.model_dump_json(exclude_none=True)), out)
    return "".join(f"# {line}\n" for line in applied) + out.getvalue()
