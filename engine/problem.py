"""The territory problem as frozen arrays: what a solver sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.geography.adjacency import csr_adjacency, join_small_components
from engine.geography.travel import distance_km, travel_hours_per_visit
from engine.scenario.schema import Scenario
from engine.tables.tables import Tables

Array = NDArray[np.float64]
Index = NDArray[np.int32]


@dataclass(frozen=True)
class TerritoryProblem:
    """Units, territories, measures and rules of one territory design question.

    Units and territories are sorted by id, so that a row's position never depends on the input's order.

    Parameters
    ----------
    unit_ids, territory_ids, measure_names
        Labels of the three axes.
    unit_points
        Longitude and latitude of each unit, degrees, shape (units, 2).
    measures
        Additive values, shape (units, measures), finite and >= 0.
    share
        Part of each measure a territory should hold, shape (territories, measures); columns sum to 1.
    tolerance
        Largest relative deviation from the target, shape (measures,).
    lower, upper
        Hard limits of each territory's sum, shape (territories, measures); infinite where not balanced.
    imbalance_cost
        Money per year for each 1.00 (= 100 %) of a territory's relative deviation, shape (measures,).
    indptr, indices
        Adjacency with bridges as CSR arrays; every edge is listed in both directions.
    homes
        Longitude and latitude of each territory's home base, shape (territories, 2); NaN = the centre is free.
    travel_cost
        Money per year for each km between a unit and its territory's centre, shape (units,).
    previous
        Territory of each unit in the current alignment, -1 = none, shape (units,).
    handoff_value
        Value at risk (money per year) when a unit leaves its current territory, shape (units,).
    handoff_cost
        Expected loss (money per year) of that handoff, shape (units,).
    disruption_limit
        Largest total ``handoff_value`` that may change hands; infinite = no limit.
    locked
        Territory a unit is locked to, -1 = free, shape (units,).
    allowed
        Whether a unit may belong to a territory, shape (units, territories); locks are already applied.
    contiguous
        Whether every territory must be one connected piece.
    oversize
        Whether a unit alone exceeds every territory's upper limit of a measure, shape (units, measures); such
        a unit counts as exactly one target against the upper limit of the territory that holds it.
    joined
        Edges (unit, unit, km) that were added because a component is too small to be a territory.
    given_km
        Ways from home bases as straight km, where they are given and not estimated (else NaN), shape (units,
        territories); None = none is given.
    together, apart
        Groups of units that one territory must hold (disjoint), and groups of which no territory may hold two.
    leave_limit
        Largest ``handoff_value`` that may leave each territory of today, shape (territories,); None = no limit.
    stakes, stake_costs
        Value at risk, and expected loss on it, that every territory has today in a unit, shape (units, territories);
        None = ``handoff_value`` and ``handoff_cost``, all of it with ``previous``.
    """

    unit_ids: tuple[str, ...]
    territory_ids: tuple[str, ...]
    measure_names: tuple[str, ...]
    unit_points: Array
    measures: Array
    share: Array
    tolerance: Array
    lower: Array
    upper: Array
    imbalance_cost: Array
    indptr: Index
    indices: Index
    homes: Array
    travel_cost: Array
    previous: Index
    handoff_value: Array
    handoff_cost: Array
    disruption_limit: float
    locked: Index
    allowed: NDArray[np.bool_]
    contiguous: bool
    oversize: NDArray[np.bool_]
    joined: tuple[tuple[int, int, float], ...] = ()
    given_km: Array | None = None
    together: tuple[tuple[int, ...], ...] = ()
    apart: tuple[tuple[int, ...], ...] = ()
    leave_limit: Array | None = None
    stakes: Array | None = None
    stake_costs: Array | None = None

    @property
    def units(self) -> int:
        """Number of planning units."""
        return len(self.unit_ids)

    @property
    def territories(self) -> int:
        """Number of territories."""
        return len(self.territory_ids)

    @property
    def targets(self) -> Array:
        """Target sum of each measure per territory, shape (territories, measures)."""
        return self.share * self.measures.sum(axis=0)

    @property
    def balanced(self) -> NDArray[np.intp]:
        """Indices of the measures that are balanced."""
        return np.flatnonzero(np.isfinite(self.tolerance))

    def upper_load(self, territory: int, measure: int) -> Array:
        """Give what each unit counts against a territory's upper limit, shape (units,)."""
        value = self.measures[:, measure]
        return np.where(self.oversize[:, measure], self.targets[territory, measure], value)

    @property
    def free(self) -> NDArray[np.bool_]:
        """Whether a territory has no home base, so that its centre is chosen, shape (territories,)."""
        return np.isnan(self.homes[:, 0])

    def centre_points(self, centres: Index) -> Array:
        """Give the point each territory's travel starts from: its home base, else its centre unit.

        Parameters
        ----------
        centres
            Unit index of each territory's centre, shape (territories,).

        Returns
        -------
        Longitude and latitude, degrees, shape (territories, 2).
        """
        return np.where(self.free[:, None], self.unit_points[centres], self.homes)

    def costs(self, centres: Index) -> Array:
        """Price every pair of unit and territory: travel plus expected handoff loss, money per year.

        Parameters
        ----------
        centres
            Unit index of each territory's centre, shape (territories,).

        Returns
        -------
        Money per year, shape (units, territories).
        """
        return self.travel_cost[:, None] * self.centre_km(centres) + self.handoff_costs()

    def centre_km(self, centres: Index) -> Array:
        """Measure the straight km between every unit and every territory's centre, shape (units, territories).

        A way that is given counts with the straight km that would take as long.
        """
        return with_given(distance_km(self.unit_points, self.centre_points(centres)), self.given_km)

    def handoff_costs(self) -> Array:
        """Price the handoff of every unit to every territory, money per year, shape (units, territories)."""
        if self.stake_costs is not None:
            return self.stake_costs.sum(axis=1, keepdims=True) - self.stake_costs
        return self._of_movers(self.handoff_cost)

    def handed_values(self) -> Array:
        """Give the value at risk that changes hands when a unit goes to a territory, shape (units, territories)."""
        if self.stakes is not None:
            return self.stakes.sum(axis=1, keepdims=True) - self.stakes
        return self._of_movers(self.handoff_value)

    def today_values(self) -> Array:
        """Give the value at risk every territory has in a unit today, shape (units, territories)."""
        if self.stakes is not None:
            return self.stakes
        kept = self.previous[:, None] == np.arange(self.territories)
        return np.where(kept, self.handoff_value[:, None], 0.0)

    def handed_over(self, assignment: Index) -> Array:
        """Give the value at risk of each unit that changes hands; 0 for nobody's units, shape (units,)."""
        if self.stakes is None:
            moves = (assignment >= 0) & (self.previous >= 0) & (self.previous != assignment)
            return np.where(moves, self.handoff_value, 0.0)
        kept = np.take_along_axis(self.stakes, np.maximum(assignment, 0)[:, None], axis=1)[:, 0]
        return np.where(assignment >= 0, self.stakes.sum(axis=1) - kept, 0.0)

    def _of_movers(self, amount: Array) -> Array:
        kept = self.previous[:, None] == np.arange(self.territories)
        moves = (self.previous[:, None] >= 0) & ~kept
        return np.where(moves, amount[:, None], 0.0)


def build_problem(scenario: Scenario, tables: Tables, shares: Array | None = None) -> TerritoryProblem:
    """Turn a scenario and its checked tables into arrays.

    Parameters
    ----------
    scenario
        The loaded scenario.
    tables
        Its tables, sorted by id.
    shares
        Part of every measure each territory should hold, shape (territories,); as the scenario says when left out.

    Returns
    -------
    The problem; every number in it is finite (limits of measures that are not balanced are infinite).

    Raises
    ------
    ValueError
        If a number that must be finite is not: a fault of ours, since the tables were checked.
    """
    units, reps = tables.units, tables.reps
    points = units[["lon", "lat"]].to_numpy(dtype=float)
    homes = reps[["home_lon", "home_lat"]].to_numpy(dtype=float)
    measures, names = unit_measures(scenario, tables)
    capacity = reps["capacity"].to_numpy(dtype=float)
    weight = capacity if scenario.territories.share == "capacity" else np.ones_like(capacity)
    wanted = weight / weight.sum() if shares is None else shares
    share = np.tile(wanted[:, None], (1, len(names)))
    tolerance = np.full(len(names), np.inf)
    for balance in scenario.territories.balance:
        tolerance[names.index(balance.measure)] = balance.tolerance
    targets = share * measures.sum(axis=0)
    slack = np.where(np.isfinite(tolerance), tolerance, 0.0) * targets
    lower = np.where(np.isfinite(tolerance), targets - slack, -np.inf)
    upper = np.where(np.isfinite(tolerance), targets + slack, np.inf)
    pairs = np.column_stack(
        [units.index.get_indexer(pd.Index(tables.adjacency[end])) for end in ("unit", "neighbour")]
    )
    first = int(np.flatnonzero(np.isfinite(tolerance))[0])
    joined: list[tuple[int, int, float]] = []
    if scenario.territories.contiguity == "required":
        joined = join_small_components(points, pairs, measures[:, first], float(lower[:, first].min()))
    links = np.array([link[:2] for link in joined], dtype=np.int64).reshape(-1, 2)
    indptr, indices = csr_adjacency(len(units), np.concatenate([pairs, links]))
    previous = reps.index.get_indexer(pd.Index(tables.current.reindex(units.index))).astype(np.int32)
    value = _value_at_risk(tables)
    loss = scenario.disruption.loss_on_handoff if scenario.objective.handoff == "priced" else 0.0
    limit = scenario.disruption.max_share
    per_visit_km = 2 * scenario.travel.circuity / scenario.travel.stops_per_trip
    points_cost = np.where(np.isfinite(tolerance), 100 * scenario.objective.imbalance_cost_per_point, 0.0)
    problem = TerritoryProblem(
        unit_ids=tuple(units.index),
        territory_ids=tuple(reps.index),
        measure_names=names,
        unit_points=points,
        measures=measures,
        share=share,
        tolerance=tolerance,
        lower=lower,
        upper=upper,
        imbalance_cost=points_cost,
        indptr=indptr,
        indices=indices,
        homes=homes,
        travel_cost=units["visits"].to_numpy(dtype=float)
        * per_visit_km
        * scenario.objective.travel_cost_per_km,
        previous=previous,
        handoff_value=value,
        handoff_cost=value * loss,
        disruption_limit=np.inf if limit is None else limit * float(value[previous >= 0].sum()),
        locked=_locked(tables),
        allowed=_allowed(scenario, tables),
        contiguous=scenario.territories.contiguity == "required",
        oversize=(measures > upper.max(axis=0)) & np.isfinite(tolerance),
        joined=tuple(joined),
        given_km=_given_km(scenario, tables),
        together=_joined(_groups(tables, tables.together)),
        apart=_groups(tables, tables.apart),
    )
    if (part := scenario.disruption.max_share_per_rep) is not None:
        problem = replace(problem, leave_limit=part * problem.today_values().sum(axis=0))
    _finite_gate(problem)
    return problem


def unit_measures(scenario: Scenario, tables: Tables) -> tuple[Array, tuple[str, ...]]:
    """Compute every measure of every unit.

    Workload = visits x (duration + travel), where travel is counted from the *nearest* home base, so that it
    belongs to the unit and not to a plan.

    Returns
    -------
    Values, shape (units, measures), and the measures' names: potential, workload, then the others by name.
    """
    units = tables.units
    visits = units["visits"].to_numpy(dtype=float)
    hours = np.full(len(units), scenario.measures.workload.hours_per_visit)
    if scenario.measures.workload.travel == "included":
        hours = hours + unit_travel_hours(scenario, tables)
    others = tuple(sorted(scenario.measures.other))
    columns = [units["potential"].to_numpy(dtype=float), visits * hours]
    columns += [units[name].to_numpy(dtype=float) for name in others]
    return np.column_stack(columns), ("potential", "workload", *others)


def unit_travel_hours(scenario: Scenario, tables: Tables) -> Array:
    """Estimate the road hours of one visit in each unit, from the nearest home base, shape (units,)."""
    units = tables.units
    from_bases = _base_km(scenario, tables)
    based = ~np.isnan(from_bases).all(axis=0)
    base_km = from_bases[:, based].min(axis=1) if based.any() else np.zeros(len(units))
    visits, area = units["visits"].to_numpy(dtype=float), units["area_km2"].to_numpy(dtype=float)
    return travel_hours_per_visit(visits, area, base_km, scenario.travel)


def _value_at_risk(tables: Tables) -> Array:
    """Sum the value of each unit's accounts that may change hands (a locked account never does)."""
    open_accounts = tables.accounts[~tables.accounts["locked"].astype(bool)]
    sums = open_accounts.groupby("unit")["value"].sum()
    return sums.reindex(tables.units.index, fill_value=0.0).round(2).to_numpy(dtype=float)


def _locked(tables: Tables) -> Index:
    locked = np.full(len(tables.units), -1, dtype=np.int32)
    units, territories = _places(tables, tables.locks)
    locked[units] = territories
    return locked


def _groups(tables: Tables, rows: pd.DataFrame) -> tuple[tuple[int, ...], ...]:
    """Give the unit indices of each group, ascending."""
    units = pd.Series(tables.units.index.get_indexer(pd.Index(rows["unit"])), dtype="int64")
    return tuple(
        tuple(sorted(group.tolist())) for _, group in units.groupby(rows["group"].to_numpy(), sort=True)
    )


def _joined(groups: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Join groups that share a unit: what stays together with one of them stays together with all."""
    joined: list[set[int]] = []
    for group in map(set, groups):
        sharing = [other for other in joined if other & group]
        joined = [other for other in joined if not other & group] + [group.union(*sharing)]
    return tuple(sorted(tuple(sorted(group)) for group in joined))


def _base_km(scenario: Scenario, tables: Tables) -> Array:
    """Measure the straight km from every home base, given or estimated, shape (units, territories); NaN without one."""
    points = tables.units[["lon", "lat"]].to_numpy(dtype=float)
    homes = tables.reps[["home_lon", "home_lat"]].to_numpy(dtype=float)
    return with_given(distance_km(points, homes), _given_km(scenario, tables))


def _given_km(scenario: Scenario, tables: Tables) -> Array | None:
    """Turn given hours into the straight km that take as long; ways without a home base are always estimated."""
    times = tables.travel_times
    if times.empty:
        return None
    km = np.full((len(tables.units), len(tables.reps)), np.nan)
    km[_places(tables, times)] = (
        times["hours"].to_numpy() * scenario.travel.speed_kmh / scenario.travel.circuity
    )
    km[:, tables.reps["home_lat"].isna().to_numpy()] = np.nan
    return km


def with_given(km: Array, given: Array | None) -> Array:
    """Replace estimated km by given ones, where there are any (not NaN)."""
    return km if given is None else np.where(np.isnan(given), km, given)


def _allowed(scenario: Scenario, tables: Tables) -> NDArray[np.bool_]:
    allowed = np.ones((len(tables.units), len(tables.reps)), dtype=bool)
    if scenario.territories.max_travel_hours is not None:
        reach = scenario.territories.max_travel_hours * scenario.travel.speed_kmh / scenario.travel.circuity
        allowed = ~(_base_km(scenario, tables) > reach)  # a free centre reaches everything
    allowed[_places(tables, tables.forbid)] = False
    for needs in tables.needs:
        values, of_unit = np.unique(needs.units.to_numpy(dtype=object), return_inverse=True)
        met = np.array([[needs.met(value, name) for name in tables.reps.index] for value in values.tolist()])
        allowed &= met[of_unit]
    units, territories = _places(tables, tables.locks)
    kept = allowed[units, territories]
    allowed[units] = False
    allowed[units, territories] = kept
    return allowed


def _places(tables: Tables, rule: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the unit and territory indices of each row of a rule."""
    units = tables.units.index.get_indexer(pd.Index(rule["unit"]))
    return units, tables.reps.index.get_indexer(pd.Index(rule["territory"]))


def _finite_gate(problem: TerritoryProblem) -> None:
    """Stop before any model is built if a number is not finite: HiGHS would call the model optimal."""
    for name in (
        "unit_points",
        "measures",
        "share",
        "travel_cost",
        "handoff_value",
        "handoff_cost",
        "imbalance_cost",
    ):
        if not np.isfinite(getattr(problem, name)).all():
            raise ValueError(f"{name} holds a number that is not finite")
