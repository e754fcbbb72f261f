"""Charts as places on an axis."""

from __future__ import annotations

from engine.report.charts import split_chart


def test_parts_of_a_whole_lie_side_by_side() -> None:
    """A quarter, a quarter and a half fill the bar from the left; where the parts are not known nothing is drawn."""
    chart = split_chart("why", ("map", "person", "luck"), [(0.25, 0.25, 0.5), (None, None, None)])
    assert chart.bars == (((0.0, 25.0), (25.0, 25.0), (50.0, 50.0)), ())
