"""One simulated year of a position, told line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputError
from engine.report.trace import trace
from engine.runs import load_run
from tests.engine.run_factory import make_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path)


def test_a_line_a_visit_and_the_sums(run: Path) -> None:
    """Every visit of the position has its line, with day, stage and outcome; the sums stand at the end."""
    stored = load_run(run)
    visits = stored.parquet("simulated_year")
    territory = visits["territory_id"].iloc[0]
    own = visits[visits["territory_id"] == territory]
    first, *lines, last = trace(stored, territory, visits)
    assert first.startswith(f"{territory} ")
    assert len(lines) == len(own)
    assert all(any(stage in line for stage in own["stage"]) for line in lines)
    won = own[own["outcome"] == "won"]
    assert last.startswith(f"{len(won)} won for USD {won['amount_cents'].sum() / 100:,.0f}")
    assert [line[:10] for line in lines] == sorted(line[:10] for line in lines)


def test_the_rep_will_do_and_nobody_else(run: Path) -> None:
    """A rep's id names the territory; an unknown id is told with those there are."""
    stored = load_run(run)
    visits = stored.parquet("simulated_year")
    row = stored.table("territories").query("rep_id != ''").iloc[0]
    assert list(trace(stored, row["rep_id"], visits)) == list(trace(stored, row["territory_id"], visits))
    with pytest.raises(InputError) as caught:
        list(trace(stored, "nobody", visits))
    assert row["territory_id"] in caught.value.findings[0].remedy
