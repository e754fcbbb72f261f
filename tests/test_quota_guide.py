"""The guide on quotas: the files it shows are read without a mistake, and the rules it names exist."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from engine.errors import Severity
from engine.tables.read import check

ROOT = Path(__file__).parents[1]


def test_the_files_of_the_guide_are_read(tmp_path: Path) -> None:
    """What the guide tells to write works as it stands beside the flagship."""
    page = (ROOT / "docs" / "guides" / "set-quotas.md").read_text(encoding="utf-8")
    yaml, table = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("yaml", "csv"))
    assert yaml and table
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "scenarios").mkdir()
    shutil.copy(ROOT / "scenarios" / "us_field_sales.yaml", tmp_path / "scenarios")
    (tmp_path / "scenarios" / "my_changes.csv").write_text(table[1], encoding="utf-8")
    scenario = tmp_path / "scenarios" / "my_quotas.yaml"
    scenario.write_text(yaml[1], encoding="utf-8")
    checked = check(scenario)
    assert not [one for one in checked.findings if one.severity is Severity.ERROR]
    assert checked.loaded is not None and checked.tables is not None
    assert checked.loaded.scenario.quotas.pay["field"].cap == 2.5
    assert checked.tables.quota_changes["change"].tolist() == ["leave", "move", "start"]
