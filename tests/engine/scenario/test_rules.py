"""The rules of a scenario in words."""

from __future__ import annotations

from pathlib import Path

from engine.scenario.load import load_scenario
from engine.scenario.rules import rules_in_words
from tests.small_company import write_company


def test_every_rule_with_its_place(tmp_path: Path) -> None:
    """Each rule is said with the file and line that wrote it, be it the command line or a default."""
    path = write_company(tmp_path)
    said = rules_in_words(
        load_scenario(path, ["disruption.max_share=0.25", "territories.max_travel_hours=3"])
    )
    lines = path.read_text(encoding="utf-8").splitlines()

    def line(part: str) -> int:
        return next(number for number, written in enumerate(lines, 1) if part in written)

    balance = f"(scenario.yaml:{line('measure: potential')} territories.balance.0)"
    assert said[0].startswith("potential within ")
    assert said[0].endswith(balance)
    assert "every territory in one piece (territories.contiguity, not written: its default)" in said
    assert "at most 3 h of travel (--set territories.max_travel_hours)" in said
    assert f"locks in locks.csv (scenario.yaml:{line('locks:')} rules.locks)" in said
    assert said[-1] == "at most 25 % of account value changes hands (--set disruption.max_share)"
