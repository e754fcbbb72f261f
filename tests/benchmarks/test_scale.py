"""The benchmark of whole countries: its maps, its rows, and its own judgement of plans."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import scale
from benchmarks.maps import counties, counties_at_most_one, synthetic
from engine.geography.adjacency import components
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem


def halves(problem: TerritoryProblem) -> TerritoryPlan:
    """Cut a square grid in two along its longer side."""
    assignment = (np.arange(problem.units) >= problem.units // 2).astype(np.int32)
    centres = np.array([0, problem.units - 1], dtype=np.int32)
    return TerritoryPlan(Status.FEASIBLE, assignment, centres, 0.0, 0.0, (), 1)


def test_a_row_is_printed_for_every_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each seed of a set gives one row; a feasible one has the gap of its objective and bound."""
    tiny = scale.Case(lambda: synthetic(30, 2, 0.3, contiguous=True), 10, 0.05)
    monkeypatch.setitem(scale.SETS, "tiny", tiny)
    monkeypatch.setattr(scale, "apart", lambda *asked: scale.measure(*asked))
    assert scale.main(["--sets", "tiny", "--seeds", "3-4"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["set"], row["units"], row["k"], row["seed"]) for row in rows] == [
        ("tiny", "30", "2", "3"),
        ("tiny", "30", "2", "4"),
    ]
    for row in rows:
        assert row["feasible"] == "yes"
        assert float(row["gap"]) == pytest.approx(1 - float(row["bound"]) / float(row["objective"]), abs=1e-3)


def test_a_plan_is_judged_from_the_arrays() -> None:
    """A plan outside a limit, in two pieces, or with a unit of nobody costs nothing that counts."""
    problem = synthetic(36, 2, 0.5, contiguous=True)
    plan = halves(problem)
    assert np.isfinite(scale.recomputed(problem, plan))
    torn = replace(plan, assignment=~np.isin(np.arange(36), [*range(17), 35]).astype(np.int32))
    nobody = replace(plan, assignment=np.where(np.arange(36) == 5, -1, plan.assignment).astype(np.int32))
    tight = replace(problem, lower=problem.upper)
    assert np.isnan(scale.recomputed(problem, nobody))
    assert np.isnan(scale.recomputed(tight, plan))
    assert np.isnan(scale.recomputed(problem, torn))


def test_counties_have_vacancies_only() -> None:
    """Fifty vacancies share the counties equally, and the two larger than a territory are oversize."""
    problem = counties(50, 0.10)
    assert problem.free.all()
    assert problem.units == 3109
    assert problem.share == pytest.approx(1 / 50)
    assert [problem.unit_ids[u] for u in np.flatnonzero(problem.oversize[:, 0])] == ["06037", "36061"]


def test_no_county_counts_for_more_than_a_territory() -> None:
    """With 100 territories the largest county counts as one, and the targets are those of what is left."""
    problem = counties_at_most_one(100, 0.10)
    assert not problem.oversize.any()
    assert (problem.measures <= problem.upper[0]).all()
    assert problem.measures.sum(axis=0) == pytest.approx(100 * problem.targets[0])


@pytest.mark.parametrize("contiguous", [True, False])
def test_synthetic_maps_are_connected(contiguous: bool) -> None:
    """Every unit of a synthetic map is linked to every other one."""
    problem = synthetic(40, 3, 0.2, contiguous=contiguous)
    assert components(problem.indptr, problem.indices)[0] == 1
    assert problem.contiguous is contiguous
