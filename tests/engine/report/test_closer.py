"""Why a territory is not closer to fair: counted over single moves, against a brute force of them."""

from __future__ import annotations

import re

import networkx as nx
import numpy as np
import pytest

from engine.geography.travel import distance_km
from engine.report.closer import _Edge, why_not_closer
from engine.report.sentences import furthest_from_fair
from engine.report.source import Source, read_source
from engine.runs import load_run
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A run in which handoffs and imbalance are priced."""
    return read_source(load_run(make_run(tmp_path_factory.mktemp("runs"))))


def objective(source: Source, owner: dict[str, str]) -> float:
    """Travel, handoffs and imbalance of an alignment, by the formulas of docs/reference/run-folder.md."""
    units, seats = source.units.set_index("unit_id"), source.territories.set_index("territory_id")
    travel, prices = source.scenario["travel"], source.scenario["objective"]
    points = units[["lon", "lat"]]
    homes = seats[["home_lon", "home_lat"]].to_numpy(dtype=float)
    centres = np.where(np.isnan(homes), points.loc[seats["centre_unit_id"]].to_numpy(), homes)
    km = distance_km(points.to_numpy(), centres)
    place = [seats.index.get_loc(owner[unit]) for unit in units.index]
    way = units["visits"] / travel["stops_per_trip"] * 2 * travel["circuity"]
    cost = float((way * km[np.arange(len(units)), place]).sum()) * prices["travel_cost_per_km"]
    today = source.alignment.set_index("unit_id")["previous_territory_id"]
    for unit, own in owner.items():
        if today[unit] not in ("", own):
            cost += source.scenario["disruption"]["loss_on_handoff"] * units.loc[unit, "handoff_value"]
    for measure in source.tolerances:
        held = units[measure].groupby([owner[unit] for unit in units.index]).sum()
        missed = (held / seats[f"{measure}_target"] - 1).abs().sum()
        cost += 100 * prices["imbalance_cost_per_point"] * missed
    return float(cost)


@pytest.mark.parametrize("number", range(6))
def test_each_move_is_judged_as_a_brute_force_does(source: Source, number: int) -> None:
    """What is blocked breaks a lock, a limit or connection, or misses by more; prices are differences of the objective."""
    seats = source.territories.set_index("territory_id")
    territory = seats.index[number]
    deviation = float(seats.loc[territory, "potential_deviation"])
    edge = _Edge(source, territory, "potential", deviation)
    owner = source.alignment.set_index("unit_id")["territory_id"].to_dict()
    locked = {*source.alignment.loc[source.alignment["locked"], "unit_id"]}
    edges = source.run.table("adjacency")
    graph = nx.Graph(zip(edges["unit"], edges["neighbour"], strict=True))
    units = source.units.set_index("unit_id")
    pairs = list(edge.pairs())
    assert pairs
    assert source.scenario["objective"]["handoff"] == "priced"
    before = objective(source, owner)
    for unit, giver, taker in pairs:
        after = {**owner, unit: taker}
        held = {m: units[m].groupby([after[one] for one in units.index]).sum() for m in source.tolerances}
        inside = all(
            seats.loc[one, f"{m}_lower"] <= held[m][one] <= seats.loc[one, f"{m}_upper"]
            for m in held
            for one in (giver, taker)
        )
        closer = abs(held["potential"][territory] / seats.loc[territory, "potential_target"] - 1) < abs(
            deviation
        )
        whole = nx.is_connected(graph.subgraph(one for one, own in after.items() if own == giver))
        free = unit not in locked and inside and closer and whole
        assert (edge.blocked(unit, giver, taker) == "") == free, unit
        assert edge.price(unit, giver, taker) == pytest.approx(objective(source, after) - before, abs=0.01)


def test_the_sentence_counts_every_unit_once(source: Source) -> None:
    """The counts of what stands against add up to the units at the edge."""
    far = furthest_from_fair(source)
    text = why_not_closer(source, far.territory, far.measure, far.deviation)
    edge = _Edge(source, far.territory, far.measure, far.deviation)
    different = {unit for unit, _, _ in edge.pairs()}
    first = re.search(r"[Oo]f (\d+) unit", text)
    assert first
    assert int(first[1]) == len(different)
    parts = re.findall(r"(\d+) (?:locked|so large|needed|holding|would bring)", text)
    assert sum(map(int, parts)) == len(different)
