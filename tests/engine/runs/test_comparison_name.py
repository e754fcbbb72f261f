"""The name of a comparison's page."""

from __future__ import annotations

from pathlib import Path

from engine.cli import comparison_name


def test_named_after_its_runs() -> None:
    """Two comparisons never share a page, whatever the number of runs."""
    runs = [Path("runs") / name for name in ("a-1", "b-2", "c-3", "d-4", "e-5")]
    assert comparison_name(runs[:2]) == "comparison_a-1_b-2.html"
    assert comparison_name([Path("elsewhere") / "a-1", runs[1]]) == "comparison_a-1_b-2.html"
    four = comparison_name(runs[:4])
    assert four.startswith("comparison_a-1_b-2_c-3_and-1-more-")
    assert four != comparison_name([*runs[:3], runs[4]])
