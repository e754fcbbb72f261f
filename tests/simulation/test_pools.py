"""Specialists shared by territories: who shares whom, and what that couples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.attainment import SalesField
from engine.scenario.schema import Pool, Specialist, Spread
from simulation.model import Case, compile_case
from simulation.pools import share_pools
from simulation.replicate import replicate
from simulation.run import overlay
from simulation.stress import base_case
from tests.simulation.fields import make_field, make_process, year

HELP = {"qualify": "desk", "propose": "engineers"}


def shared(people: int = 1, hours: float = 400.0, **by: str) -> SalesField:
    """Four territories in two regions with a pool for each of the named stages, shared as told."""
    stages = [
        stage.model_copy(
            update={"specialist": Specialist(pool=HELP[stage.name], effort_hours=Spread(mean=5.0, cv=0.5))}
            if HELP[stage.name] in by
            else {}
        )
        for stage in make_process().stages
    ]
    pools = [Pool(name=name, people=people, hours_per_year=hours, shared_by=how) for name, how in by.items()]
    return make_field(
        unit_ids=("u1", "u2", "u3", "u4"),
        territory=np.arange(4, dtype=np.int32),
        demand=np.full(4, 40.0),
        territory_ids=("A", "B", "C", "D"),
        rep_ids=("R1", "R2", "R3", "R4"),
        regions=("North", "South", "North", "South"),
        managers=("Mo", "Lu", "Ed", "Lu"),
        capacity=np.ones(4),
        start_day=np.full(4, -1000.0),
        ramp_days=np.full(4, 180.0),
        load_hours=np.full(4, 300.0),
        process=make_process(stages=stages, pools=pools),
    )


@pytest.mark.parametrize(
    ("by", "cluster"),
    [
        ({}, [0, 1, 2, 3]),
        ({"desk": "company"}, [0, 0, 0, 0]),
        ({"desk": "region"}, [0, 1, 0, 1]),
        ({"engineers": "manager"}, [0, 1, 2, 1]),
        ({"desk": "region", "engineers": "manager"}, [0, 1, 0, 1]),
    ],
)
def test_territories_that_wait_for_the_same_people_form_a_cluster(
    by: dict[str, str], cluster: list[int]
) -> None:
    """Clusters follow who shares, directly or by way of others, and are numbered by their first territory."""
    assert share_pools(shared(**by)).cluster.tolist() == cluster


def test_every_group_has_its_own_people() -> None:
    """A pool by region is a station a region, with the people and hours asked for, in the stages that name it."""
    sharing = share_pools(shared(people=3, desk="region", engineers="company"))
    assert sharing.helper.tolist() == [[4, 6], [5, 6], [4, 6], [5, 6]]
    assert sharing.servers.tolist() == [3, 3, 3]
    assert sharing.hours[:, -1] == pytest.approx([400.0] * 3)
    assert (np.diff(sharing.hours[0])[:4] > 0).tolist() == [True, False, False, True]  # Friday to Monday


def test_people_of_a_pool_do_one_thing_at_a_time() -> None:
    """No more specialists work at any moment than there are, and scarce ones cost wins."""
    for people in (1, 2):
        _, _, records, _ = year(shared(people=people, hours=300.0, desk="company"))
        begin, end = np.sort(records.help_start), np.sort(records.help_end)
        begin, end = begin[np.isfinite(begin)], end[np.isfinite(end)]
        present = np.searchsorted(begin, begin, side="right") - np.searchsorted(end, begin, side="right")
        assert present.max() == people
    won = [
        sum(int(year(shared(hours=h, desk="company"), r)[3].won.sum()) for r in range(5))
        for h in (150.0, 4e3)
    ]
    assert won[0] < 0.8 * won[1]


def test_who_shares_with_a_touched_territory_is_simulated_again() -> None:
    """A case that touches one territory gives, with the base case around it, what simulating all gives."""
    field = shared(hours=300.0, engineers="region")
    leaving = np.array([60.0, np.inf, np.inf, np.inf])
    some = replace(base_case(field), leaving=leaving, touched=np.array([True, False, False, False]))
    every = Case("all", field, leaving, np.ones(4, dtype=bool))
    base, part, whole = (replicate(c, 5, 6, 1, lambda done: None) for c in (base_case(field), some, every))
    assert part.simulated[0].tolist() == [True, False, True, False]
    assert all(np.array_equal(a, b) for a, b in zip(overlay(base, part), whole, strict=True))
    assert not np.array_equal(base.bookings_cents[:, 2], whole.bookings_cents[:, 2])
    assert compile_case(some).sharing.cluster.tolist() == [0, 1, 0, 1]
