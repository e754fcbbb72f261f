"""Every figure of a plan against a naive recount on random problems with loops and networkx."""

from __future__ import annotations

import math
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import measures
from engine.geography.travel import EARTH_RADIUS_KM
from engine.problem import TerritoryProblem
from engine.scenario.schema import Travel

TRAVEL = Travel(circuity=1.3, speed_kmh=60.0, local_speed_kmh=30.0, stops_per_trip=4.0)


def random_problem(seed: int) -> tuple[TerritoryProblem, nx.Graph]:
    """Make a problem with random shape, edges, homes (some free), previous alignment and an oversize unit."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(2, 12)), int(rng.integers(1, 5))
    graph = nx.gnp_random_graph(n, 0.3, seed=seed)
    neighbours = [sorted(graph[i]) for i in range(n)]
    values = rng.uniform(0.0, 10.0, (n, 3))
    values[0, 1] += 100.0
    share = np.tile(rng.dirichlet(np.ones(k))[:, None], (1, 3))
    tolerance = np.array([0.1, 0.2, np.inf])
    targets = share * values.sum(axis=0)
    slack = np.where(np.isfinite(tolerance), tolerance, 0.0) * targets
    lower = np.where(np.isfinite(tolerance), targets - slack, -np.inf)
    upper = np.where(np.isfinite(tolerance), targets + slack, np.inf)
    homes = np.column_stack([rng.uniform(-10, 10, k), rng.uniform(40, 50, k)])
    homes[rng.random(k) < 0.5] = np.nan
    value = rng.uniform(0.0, 100.0, n) * (rng.random(n) < 0.7)
    problem = TerritoryProblem(
        unit_ids=tuple(f"u{i:02d}" for i in range(n)),
        territory_ids=tuple(f"t{t}" for t in range(k)),
        measure_names=("potential", "workload", "accounts"),
        unit_points=np.column_stack([rng.uniform(-10, 10, n), rng.uniform(40, 50, n)]),
        measures=values,
        share=share,
        tolerance=tolerance,
        lower=lower,
        upper=upper,
        imbalance_cost=np.array([5000.0, 300.0, 0.0]),
        indptr=np.cumsum([0] + [len(row) for row in neighbours]).astype(np.int32),
        indices=np.array([j for row in neighbours for j in row], dtype=np.int32),
        homes=homes,
        travel_cost=rng.uniform(0.0, 3.0, n),
        previous=rng.integers(-1, k, n).astype(np.int32),
        handoff_value=value,
        handoff_cost=0.15 * value,
        disruption_limit=np.inf,
        locked=np.full(n, -1, dtype=np.int32),
        allowed=np.ones((n, k), dtype=bool),
        contiguous=True,
        oversize=(values > upper.max(axis=0)) & np.isfinite(tolerance),
    )
    return problem, graph


def random_plan(problem: TerritoryProblem, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Assign units at random, some to nobody, with random centres."""
    rng = np.random.default_rng(seed + 1)
    assignment = rng.integers(-1, problem.territories, problem.units).astype(np.int32)
    return assignment, rng.integers(0, problem.units, problem.territories).astype(np.int32)


def naive_km(a: np.ndarray, b: np.ndarray) -> float:
    """Great circle by the angle between two unit vectors, a formula the engine does not use."""
    vectors = []
    for lon, lat in (a, b):
        lam, phi = math.radians(lon), math.radians(lat)
        vectors.append((math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)))
    cross = np.cross(*vectors)
    return EARTH_RADIUS_KM * math.atan2(float(np.linalg.norm(cross)), float(np.dot(*vectors)))


def naive_centre_km(problem: TerritoryProblem, unit: int, territory: int, centres: np.ndarray) -> float:
    home = problem.homes[territory]
    point = problem.unit_points[centres[territory]] if np.isnan(home[0]) else home
    return naive_km(problem.unit_points[unit], point)


seeds = settings(max_examples=150, deadline=None)(given(seed=st.integers(0, 2**32 - 1)))


@seeds
def test_sums_counts_and_deviations(seed: int) -> None:
    """Sums, unit counts and deviations equal a loop over the units; nobody's units count nowhere."""
    problem, _ = random_problem(seed)
    assignment, _ = random_plan(problem, seed)
    sums = np.zeros((problem.territories, 3))
    counts = [0] * problem.territories
    for unit, territory in enumerate(assignment.tolist()):
        if territory >= 0:
            counts[territory] += 1
            for m in range(3):
                sums[territory, m] += problem.measures[unit, m]
    np.testing.assert_allclose(measures.territory_sums(problem, assignment), sums, rtol=1e-12)
    assert measures.territory_units(problem, assignment).tolist() == counts
    for t in range(problem.territories):
        for m in range(3):
            expected = sums[t, m] / (problem.share[t, m] * problem.measures[:, m].sum()) - 1
            assert measures.deviations(problem, assignment)[t, m] == pytest.approx(
                expected, rel=1e-9, abs=1e-9
            )


def test_a_measure_that_is_zero_everywhere_deviates_by_nothing() -> None:
    """A measure without any value has target 0 and deviation 0, not a division by zero."""
    problem, _ = random_problem(3)
    problem.measures[:, 2] = 0.0
    assignment, _ = random_plan(problem, 3)
    assert measures.deviations(problem, assignment)[:, 2].tolist() == [0.0] * problem.territories


@seeds
def test_objective_is_the_sum_of_its_parts_recounted(seed: int) -> None:
    """Travel, handoff and imbalance costs equal a loop, row by row, and add up to the objective."""
    problem, _ = random_problem(seed)
    assignment, centres = random_plan(problem, seed)
    travel, handoff, imbalance = (np.zeros(problem.territories) for _ in range(3))
    sums = np.zeros((problem.territories, 3))
    for unit, territory in enumerate(assignment.tolist()):
        if territory < 0:
            continue
        sums[territory] += problem.measures[unit]
        travel[territory] += problem.travel_cost[unit] * naive_centre_km(problem, unit, territory, centres)
        if problem.previous[unit] not in (-1, territory):
            handoff[territory] += problem.handoff_cost[unit]
    for t in range(problem.territories):
        for m, price in enumerate((5000.0, 300.0)):
            imbalance[t] += price * abs(sums[t, m] / problem.targets[t, m] - 1)
    parts = measures.objective_parts(problem, assignment, centres)
    np.testing.assert_allclose(parts.travel, travel, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(parts.handoff, handoff, rtol=1e-12)
    np.testing.assert_allclose(parts.imbalance, imbalance, rtol=1e-9, atol=1e-6)
    total = travel.sum() + handoff.sum() + imbalance.sum()
    assert measures.objective(problem, assignment, centres) == pytest.approx(total, rel=1e-9)


@seeds
def test_objective_equals_the_solver_s_price_table(seed: int) -> None:
    """Summing the pair costs a solver minimises gives the same travel and handoff cost."""
    problem, _ = random_problem(seed)
    assignment, centres = random_plan(problem, seed)
    assignment = np.maximum(assignment, 0)
    parts = measures.objective_parts(problem, assignment, centres)
    paid = problem.costs(centres)[np.arange(problem.units), assignment].sum()
    assert parts.travel.sum() + parts.handoff.sum() == pytest.approx(paid, rel=1e-12)


@seeds
def test_upper_limits_open_for_oversize_units_only(seed: int) -> None:
    """A territory's limit grows by value - target for each oversize unit it holds, and by nothing else."""
    problem, _ = random_problem(seed)
    assignment, _ = random_plan(problem, seed)
    expected = problem.upper.copy()
    for unit, territory in enumerate(assignment.tolist()):
        for m in range(2):
            if territory >= 0 and problem.measures[unit, m] > problem.upper[:, m].max():
                expected[territory, m] += problem.measures[unit, m] - problem.targets[territory, m]
    np.testing.assert_allclose(measures.upper_limits(problem, assignment), expected, rtol=1e-9)


@seeds
def test_travel_in_km_and_hours(seed: int) -> None:
    """Road km and hours a year equal trips times distance, plus the way between the stops of a unit."""
    problem, _ = random_problem(seed)
    assignment, centres = random_plan(problem, seed)
    rng = np.random.default_rng(seed + 2)
    visits, area = rng.uniform(0.0, 50.0, problem.units), rng.uniform(0.0, 900.0, problem.units)
    km, hours = np.zeros(problem.territories), np.zeros(problem.territories)
    for unit, territory in enumerate(assignment.tolist()):
        if territory < 0:
            continue
        road = (
            2 * 1.3 * naive_centre_km(problem, unit, territory, centres) / 4.0
        )  # a visit's part of its trip
        stops = min(max(visits[unit], 1.0), 4.0)
        local = 0.7124 * math.sqrt(area[unit] / stops) * 1.3
        km[territory] += visits[unit] * road
        hours[territory] += visits[unit] * (road / 60.0 + local / 30.0)
    got_km = measures.travel_km(problem, assignment, centres, visits, TRAVEL)
    got_hours = measures.travel_hours(problem, assignment, centres, visits, area, TRAVEL)
    np.testing.assert_allclose(got_km, km, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(got_hours, hours, rtol=1e-9, atol=1e-9)


@seeds
def test_best_centres_are_the_cheapest(seed: int) -> None:
    """A based territory's centre is nearest to its home; no other own unit would be a cheaper free centre."""
    problem, _ = random_problem(seed)
    assignment, _ = random_plan(problem, seed)
    centres = measures.best_centres(problem, assignment)
    for t in range(problem.territories):
        own = [u for u in range(problem.units) if assignment[u] == t]
        if not problem.free[t]:
            km = [naive_km(problem.homes[t], point) for point in problem.unit_points]
            assert km[centres[t]] == pytest.approx(min(km), rel=1e-9)
        elif own:
            at = problem.unit_points
            cost = {j: sum(problem.travel_cost[u] * naive_km(at[u], at[j]) for u in own) for j in own}
            assert centres[t] in own
            assert cost[int(centres[t])] == pytest.approx(min(cost.values()), rel=1e-9, abs=1e-9)
        else:
            assert centres[t] == 0


@seeds
def test_compactness_is_the_workload_weighted_mean_distance(seed: int) -> None:
    """Compactness weighs each unit's km by its workload (second measure); an empty territory has 0."""
    problem, _ = random_problem(seed)
    assignment, centres = random_plan(problem, seed)
    for t, got in enumerate(measures.compactness(problem, assignment, centres)):
        own = [u for u in range(problem.units) if assignment[u] == t]
        weight = sum(problem.measures[u, 1] for u in own)
        km = sum(problem.measures[u, 1] * naive_centre_km(problem, u, t, centres) for u in own)
        assert got == pytest.approx(km / weight if own else 0.0, rel=1e-9, abs=1e-9)


@seeds
def test_pieces_are_the_components_networkx_counts(seed: int) -> None:
    """A territory's pieces are the connected components of its subgraph."""
    problem, graph = random_problem(seed)
    assignment, _ = random_plan(problem, seed)
    expected = [
        nx.number_connected_components(graph.subgraph(np.flatnonzero(assignment == t).tolist()))
        for t in range(problem.territories)
    ]
    assert measures.pieces(problem, assignment).tolist() == expected


@seeds
def test_value_that_changes_hands(seed: int) -> None:
    """Handoff value counts units that had another territory; the share is of the value assigned today."""
    problem, _ = random_problem(seed)
    assignment, _ = random_plan(problem, seed)
    received, total = [0.0] * problem.territories, 0.0
    for unit, (before, now) in enumerate(zip(problem.previous.tolist(), assignment.tolist(), strict=True)):
        total += problem.handoff_value[unit] if before >= 0 else 0.0
        if before >= 0 and now >= 0 and now != before:
            received[now] += problem.handoff_value[unit]
    np.testing.assert_allclose(measures.handoff_values(problem, assignment), received, rtol=1e-12)
    expected = sum(received) / total if total > 0 else 0.0
    assert measures.share_moved(problem, assignment) == pytest.approx(expected, rel=1e-12)


@seeds
def test_units_that_move(seed: int) -> None:
    """A unit moves when it goes from one territory to another, not from or to nobody."""
    problem, _ = random_problem(seed)
    assignment, _ = random_plan(problem, seed)
    pairs = zip(problem.previous.tolist(), assignment.tolist(), strict=True)
    expected = [before != now and -1 not in (before, now) for before, now in pairs]
    assert measures.moved(problem, assignment).tolist() == expected


def test_todays_alignment_moves_nothing() -> None:
    """Measured against itself, the current alignment hands off no value."""
    problem, _ = random_problem(11)
    assert measures.share_moved(problem, problem.previous) == 0.0
    assert not measures.moved(problem, problem.previous).any()


@given(st.lists(st.floats(0.0, 1e9), min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_gini_is_half_the_relative_mean_difference(values: list[float]) -> None:
    """The Gini coefficient equals the mean absolute difference over all pairs / (2 x mean)."""
    n, total = len(values), math.fsum(values)
    difference = math.fsum(abs(a - b) for a in values for b in values)
    expected = difference / (2 * n * total) if total > 0 else 0.0
    assert measures.gini(values) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("values", [[], [-1.0, 2.0], [float("nan")], [float("inf")]])
def test_gini_refuses_values_that_mean_nothing(values: list[float]) -> None:
    """No values, a negative one or one that is not finite is an error, not a number."""
    with pytest.raises(ValueError, match="Gini"):
        measures.gini(values)


def test_gini_of_known_spreads() -> None:
    """Equal values give 0; one of four holding everything gives 3/4."""
    assert measures.gini([5, 5, 5]) == 0.0
    assert measures.gini([0, 0, 0, 8]) == pytest.approx(0.75)


@seeds
def test_members_partition_the_units(seed: int) -> None:
    """Each territory lists its own units in ascending order, and no other."""
    problem, _ = random_problem(seed)
    assignment, _ = random_plan(problem, seed)
    for t, units in enumerate(measures.members(problem, assignment)):
        assert units.tolist() == np.flatnonzero(assignment == t).tolist()
        assert all(a < b for a, b in pairwise(units.tolist()))
