"""Fills of territories: neighbours differ for every reader, and labels are legible on all."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import Delaunay

from engine.report.maps import INK
from engine.report.palette import FAR, FILLS, NOBODY, SIGHT, colour_territories, contrast, seen_distance
from engine.report.source import read_source
from engine.report.territory_map import territory_map
from engine.runs import load_run
from tests.engine.run_factory import make_run

Around = dict[str, set[str]]


def ring() -> Around:
    """A hundred territories, each with six neighbours."""
    ids = [f"T{i:03d}" for i in range(100)]
    return {one: {ids[(i + step) % 100] for step in (-11, -10, -1, 1, 10, 11)} for i, one in enumerate(ids)}


def plane(seed: int, count: int = 30) -> Around:
    """Territories of which as many touch as can on a plane."""
    corners = Delaunay(np.random.default_rng(seed).random((count, 2))).simplices
    around: Around = {f"T{i:03d}": set() for i in range(count)}
    for corner in corners.tolist():
        for i in corner:
            around[f"T{i:03d}"] |= {f"T{j:03d}" for j in corner if j != i}
    return around


def nearest(around: Around, sight: str) -> float:
    """The least distance between neighbours as one reader sees it."""
    fills = colour_territories(around)
    apart = seen_distance(FILLS, (sight,))
    number = {fill: i for i, fill in enumerate(FILLS)}
    return min(apart[number[fills[a]], number[fills[b]]] for a, others in around.items() for b in others)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("around", [ring(), *map(plane, range(3)), plane(3, 100)])
def test_neighbours_can_be_told_apart_at_a_glance(around: Around, sight: str) -> None:
    """With normal sight, red-weak, green-weak and blue-weak, no two that touch are nearer than 13 in OKLab x 100."""
    assert nearest(around, sight) >= FAR == 13


def test_five_fills_are_enough_for_any_map() -> None:
    """The first five are far from each other, all others at least 9, and none looks like what nobody has."""
    apart = seen_distance([*FILLS, NOBODY]) + np.diag(np.full(len(FILLS) + 1, np.inf))
    assert apart[:5, :5].min() >= FAR
    assert apart.min() >= 7
    assert apart[:-1, :-1].min() >= 9


def test_few_territories_have_a_fill_each() -> None:
    """No fill is used twice while another is free."""
    assert len(set(colour_territories({f"T{i}": set() for i in range(len(FILLS))}).values())) == len(FILLS)


def test_labels_are_legible_on_every_fill() -> None:
    """Text in ink has a contrast of 4.5 or more, as WCAG 2.2 asks."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert min(contrast(INK, fill) for fill in (*FILLS, NOBODY)) >= 4.5


def test_thirty_territories_of_a_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neighbours of the new plan and of today differ on the map of a whole run."""
    run = load_run(make_run(tmp_path_factory.mktemp("runs"), territories=30, units=300))
    drawn = territory_map(read_source(run))
    row = {unit: i for i, unit in enumerate(drawn.places.unit_ids)}
    number = {fill: i for i, fill in enumerate(FILLS)}
    fills = np.array([number[fill] for fill in drawn.fills])
    edges = run.table("adjacency")
    ends = np.array([[row[unit] for unit in edges[end]] for end in ("unit", "neighbour")])
    apart = seen_distance(FILLS)
    for alignment in drawn.alignments:
        one, other = alignment.owner[ends]
        touch = (one >= 0) & (other >= 0) & (one != other)
        assert touch.any()
        assert apart[fills[one[touch]], fills[other[touch]]].min() >= FAR
