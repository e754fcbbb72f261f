"""The best plan that can be made of territories seen in many plans: set partitioning."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyomo.environ as pyo

from engine.plan import Status
from solvers.exact.assignment import linear
from solvers.exact.highs import HighsModel
from solvers.hess.prices import Prices
from solvers.hess.problem import FEASIBLE, CentreProblem, Index

GAP = 1e-6


class Pool:
    """Territories within their limits, each once, with its cheapest centre seen."""

    def __init__(self, problem: CentreProblem) -> None:
        self.problem = problem
        self.seen: dict[bytes, tuple[float, int, Index]] = {}

    def add(self, plan: Index) -> None:
        """Take in those territories of a plan that keep their limits."""
        problem = self.problem
        for centre in np.unique(plan).tolist():
            members = np.flatnonzero(plan == centre).astype(np.int32)
            sums = problem.activities[members].sum(axis=0)
            room = FEASIBLE * np.maximum(1.0, np.abs(problem.upper[centre]))
            if (sums < problem.lower[centre] - room).any() or (sums > problem.upper[centre] + room).any():
                continue
            cost, key = float(problem.cost[members, centre].sum()), members.tobytes()
            if key not in self.seen or cost < self.seen[key][0]:
                self.seen[key] = cost, centre, members

    def drop(self, prices: Prices, objective: float) -> None:
        """Forget the territories that no plan cheaper than ``objective`` can hold."""
        last = np.partition(prices.value, self.problem.count - 1)[self.problem.count - 1]
        self.seen = {
            key: (cost, centre, members)
            for key, (cost, centre, members) in self.seen.items()
            if prices.bound + cost - prices.unit[members].sum() - min(last, prices.value[centre]) < objective
        }


def partition_model(units: int, count: int, territories: Iterable[tuple[float, Index]]) -> pyo.ConcreteModel:
    """Build the set partitioning model.

    Sets: units i, territories p in the pool. Parameters: c_p cost, k number of territories, i in p. Variables: z_p in {0, 1}:
    territory p is taken.

    minimise  sum c_p z_p
    once       sum over p with i in p of z_p = 1      for every i
    count      sum_p z_p = k

    Source: Garfinkel and Nemhauser 1970, DOI 10.1287/mnsc.16.8.B495.

    Parameters
    ----------
    units
        Number of units.
    count
        Number of territories.
    territories
        Cost and members of each territory.
    """
    model = pyo.ConcreteModel()
    columns = list(territories)
    model.z = pyo.Var(range(len(columns)), domain=pyo.Binary)
    z = list(model.z.values())
    model.cost = pyo.Objective(expr=linear([cost for cost, _ in columns], z))
    holding: list[list[int]] = [[] for _ in range(units)]
    for place, (_, members) in enumerate(columns):
        for unit in members.tolist():
            holding[unit].append(place)
    model.once = pyo.ConstraintList()
    for places in holding:
        model.once.add(linear([1.0] * len(places), [z[p] for p in places]) == 1)
    model.count = pyo.Constraint(expr=linear([1.0] * len(z), z) == count)
    return model


def recombine(pool: Pool, *, seed: int, time_limit: float) -> Index | None:
    """Give the best plan made of a pool's territories; None when none was found.

    Parameters
    ----------
    pool
        Territories; at least one for every unit.
    seed, time_limit
        Seed of HiGHS and seconds.
    """
    problem, columns = pool.problem, list(pool.seen.values())
    covered = np.zeros(problem.units, dtype=bool)
    for _, _, members in columns:
        covered[members] = True
    if not covered.all():
        return None
    model = partition_model(problem.units, problem.count, [(cost, members) for cost, _, members in columns])
    loaded = HighsModel(model, seed=seed)
    outcome = loaded.solve(time_limit=time_limit, gap=GAP, twice=False)
    if outcome.status not in (Status.OPTIMAL, Status.FEASIBLE):
        return None
    plan = np.empty(problem.units, dtype=np.int32)
    for place in np.flatnonzero(loaded.values(list(model.z.values())) > 0.5).tolist():
        _, centre, members = columns[place]
        plan[members] = centre
    return plan
