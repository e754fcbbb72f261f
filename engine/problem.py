"""The territory problem as frozen arrays: what a solver sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km

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
        Hard limits of each territory's sum, shape (territories, measures); ``upper`` is already opened for
        a territory that must hold a unit larger than its limit.
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
        Pairs (unit, measure) whose value exceeds every territory's upper limit.
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
    oversize: tuple[tuple[int, int], ...] = ()

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
        km = distance_km(self.unit_points, self.centre_points(centres))
        return self.travel_cost[:, None] * km + self.handoff_costs()

    def handoff_costs(self) -> Array:
        """Price the handoff of every unit to every territory, money per year, shape (units, territories)."""
        kept = self.previous[:, None] == np.arange(self.territories)
        moves = (self.previous[:, None] >= 0) & ~kept
        return np.where(moves, self.handoff_cost[:, None], 0.0)
