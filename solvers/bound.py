"""Lower bound by Lagrangian relaxation, valid whatever prices it is evaluated at.

Contiguity and whole units per territory are relaxed; "each unit once" and the balance of every territory are priced:

L = sum_i l_i + sum_t [ sum_i min(0, c_it - l_i - sum_m p_tm a_im) + sum_m min_s (p_tm s + q_m |s / w_tm - 1|) ]

with s between the limits of t and m. A territory without a home base may take any unit as its centre, so its bracket is the
value V_j of the best candidate centres j: the f smallest V_j for f such territories. Every candidate is priced, over all pairs
(Validi, Buchanan, Lykhovyd 2022, DOI 10.1287/opre.2021.2141, section 4; Geoffrion 1974, DOI 10.1007/BFb0120690).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.free_bound import STEPS, free_centre_bound

Array = NDArray[np.float64]

START = 0.5  # prices for known centres are too high where any unit may be one
AT_ONCE = 2_000  # units of which all pairs are priced at the prices given, too
BLOCK = 512  # candidate centres priced at once; keeps memory at units x block


@dataclass(frozen=True)
class Prices:
    """Prices of the relaxed rules.

    Parameters
    ----------
    unit
        Price of "each unit once", money per year, shape (units,).
    balance
        Price of a territory's measure, money per target, shape (territories, balanced measures).
    disruption
        Price of a unit of value that changes hands, >= 0.
    pairs, constant
        What the prices of the other rules add to each pair of unit and territory, shape (units, territories) or (1, 1),
        and to the sum; these rules are not priced in territories with a free centre.
    """

    unit: Array
    balance: Array
    disruption: float
    pairs: Array = field(default_factory=lambda: np.zeros((1, 1)))
    constant: float = 0.0


@dataclass(frozen=True)
class _Territory:
    """Limits and costs that make one territory's bracket; measures are in targets."""

    values: Array
    low: Array
    high: Array
    price: Array


def lower_bound(problem: TerritoryProblem, prices: Prices, upper: float, *, steps: int = STEPS) -> float:
    """Find a lower bound of the objective over all plans that keep the rules.

    Without free centres the given prices (of the linear relaxation) are already the best. With free centres they are raised
    by a volume algorithm (`solvers.free_bound`).

    Parameters
    ----------
    problem
        The territory problem.
    prices
        Prices to start from.
    upper
        Objective of a known plan, money per year, which scales the steps.
    steps
        Price changes between two pricings of all candidates.

    Returns
    -------
    Money per year.
    """
    if not np.isfinite(problem.disruption_limit):
        prices = replace(prices, disruption=0.0)  # no plan pays for a rule that is not there
    searched = problem.free.any() and steps > 0
    best = -np.inf if searched and problem.units > AT_ONCE else _Relaxation(problem).evaluate(prices)
    if not searched:
        return best
    start = START * prices.unit
    return max(best, free_centre_bound(problem, start, prices.disruption, upper, steps=steps))


class _Relaxation:
    """The relaxed problem with its constant parts computed once."""

    def __init__(self, problem: TerritoryProblem) -> None:
        self.problem = problem
        self.balanced = problem.balanced
        self.based = np.flatnonzero(~problem.free)
        self.open = np.flatnonzero(problem.free)
        centres = np.zeros(problem.territories, dtype=np.int32)
        self.costs = problem.costs(centres)[:, self.based]
        self.forced = problem.locked[:, None] == self.based
        self.barred = ~problem.allowed[:, self.based]
        self.territories = [self._territory(int(t)) for t in range(problem.territories)]
        may_be_free = (
            problem.allowed[:, self.open].any(axis=1)
            if len(self.open)
            else np.zeros(problem.units, dtype=bool)
        )
        handoff = problem.handoff_costs()[:, self.open]
        self.free_handoff = handoff.min(axis=1) if len(self.open) else np.zeros(problem.units)
        limited = np.isfinite(problem.disruption_limit)
        self.handed = problem.handed_values() if limited else np.zeros(problem.allowed.shape)
        self.free_handed = (
            self.handed[:, self.open].min(axis=1) if len(self.open) else np.zeros(problem.units)
        )
        self.free_units = np.flatnonzero(may_be_free)

    def _territory(self, t: int) -> _Territory:
        problem, balanced = self.problem, self.balanced
        target = problem.targets[t, balanced]
        # an oversize unit opens the limit of the territory that holds it; here every allowed one counts, which is weaker but valid
        extra = np.where(
            problem.oversize & problem.allowed[:, [t]], problem.measures - problem.targets[t], 0.0
        ).sum(axis=0)
        high = (problem.upper[t] + extra)[balanced] / target
        return _Territory(
            problem.measures[:, balanced] / target,
            problem.lower[t, balanced] / target,
            high,
            problem.imbalance_cost[balanced],
        )

    def evaluate(self, prices: Prices) -> float:
        """Compute the bound at some prices."""
        total = float(prices.unit.sum()) - self._budget(prices) + prices.constant
        for place, t in enumerate(self.based.tolist()):
            reduced = self._reduced(prices, place, t)
            total += float(reduced[self._taken(reduced, place)].sum()) + self._sum_term(t, prices.balance[t])
        if not len(self.open):
            return total
        everyone = self.free_units
        values = np.concatenate(
            [self._candidate(prices, everyone[a : a + BLOCK]) for a in range(0, len(everyone), BLOCK)]
        )
        return total + float(np.sort(values)[: len(self.open)].sum())

    def _budget(self, prices: Prices) -> float:
        limit = self.problem.disruption_limit
        return prices.disruption * limit if np.isfinite(limit) else 0.0

    def _reduced(self, prices: Prices, place: int, t: int) -> Array:
        others = np.broadcast_to(prices.pairs, self.problem.allowed.shape)[:, t]
        if prices.disruption > 0:
            others = others + prices.disruption * self.handed[:, t]
        return self.costs[:, place] + others - prices.unit - self.territories[t].values @ prices.balance[t]

    def _taken(self, reduced: Array, place: int) -> NDArray[np.bool_]:
        return (self.forced[:, place] | (reduced < 0)) & ~self.barred[:, place]

    def _sum_term(self, t: int, balance: Array) -> float:
        """Minimise price x sum + imbalance over a territory's limits: the minimum lies at a limit or at the target."""
        of = self.territories[t]
        points = np.stack([of.low, np.clip(1.0, of.low, of.high), of.high])
        values = balance * points + of.price * np.abs(points - 1.0)
        return float(values.min(axis=0).sum())

    def _candidate(self, prices: Prices, centres: NDArray[np.intp]) -> Array:
        """Price candidate centres, shape (centres,)."""
        problem, units = self.problem, self.free_units
        slot = int(self.open[0])
        balance = prices.balance[slot]
        moving = prices.disruption * self.free_handed[units]
        # a unit counts with the least any free territory could make of it: valid for unequal targets, exact for equal ones
        load = np.max([self.territories[int(t)].values[units] * balance for t in self.open], axis=0).sum(
            axis=1
        )
        fixed = self.free_handoff[units] + moving - prices.unit[units] - load
        km = distance_km(problem.unit_points[units], problem.unit_points[centres])
        reduced = problem.travel_cost[units, None] * km + fixed[:, None]
        least = min(self._sum_term(int(t), balance) for t in self.open)
        return np.minimum(reduced, 0.0).sum(axis=0) + least
