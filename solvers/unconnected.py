"""Plans where territories need not be connected and centres are known, such as books of accounts: prices first, then a search."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.balance_prices import balance_prices
from solvers.bound import lower_bound
from solvers.construct import first_centres, seeded_each
from solvers.local_search import anneal
from solvers.state import State, evaluate, violation
from solvers.unkept import unkept

Array = NDArray[np.float64]
Index = NDArray[np.int32]

CHOICES = 6  # territories that are proposed for a unit: its cheapest ones at the prices found
PROPOSALS = 1000  # per unit and turn
HOT, COLD = 0.03, 0.001  # first and last temperature, in costs of an average unit
WEIGHT = 20.0  # price of 100 % of violation, in costs of an average territory
TURNS, HEAVIER = 4, 3.0  # turns at most; the price of violation is raised while a limit stays broken


def solve_unconnected(
    problem: TerritoryProblem,
    *,
    seed: int,
    time_limit: float,
    gap: float,
    progress: Callable[[str, float], None],
) -> TerritoryPlan:
    """Find a plan for a large problem without contiguity whose centres are known.

    The Lagrangian dual has one price a territory and measure, whatever the number of units (`solvers.balance_prices`); its value
    is the bound, and at its prices nearly every unit has one cheapest territory. From there a local search moves and swaps units
    among their few cheapest territories, until the gap asked for is proved or `TURNS` are over.

    Parameters and result are those of `solvers.staged.solve_staged`.
    """
    begin = time.monotonic()

    def time_left() -> float:
        return begin + time_limit - time.monotonic()

    progress("territories: prices", 0.1)
    rng = np.random.default_rng(seed)
    centres = first_centres(problem, rng)
    costs = problem.costs(centres)
    prices, reduced = balance_prices(problem, costs, lambda: time_left() - time_limit / 2)
    bound = max(0.0, lower_bound(problem, prices, np.inf))
    priced = time.monotonic()
    nobody = np.full(problem.units, -1, dtype=np.int32)
    if bound > _costliest(problem, costs):
        reason = "even with divisible units the limits, locks and rules exclude each other"
        took = (("prices", priced - begin),)
        return TerritoryPlan(Status.INFEASIBLE, nobody, centres, np.nan, bound, took, seed, True, reason)
    progress("territories: local search", 0.5)
    state = _searched(problem, costs, reduced, centres, bound, gap, rng, time_left)
    stages = (("prices", priced - begin), ("local search", time.monotonic() - priced))
    cut = time_left() <= 0
    if not state.feasible:
        reason = _worst(problem, state)
        return TerritoryPlan(Status.NO_PLAN, nobody, centres, np.nan, bound, stages, seed, not cut, reason)
    proved = state.cost - bound <= 1e-6 * state.cost
    status = Status.OPTIMAL if proved else Status.FEASIBLE
    return TerritoryPlan(
        status, state.assignment, centres, state.cost, min(bound, state.cost), stages, seed, not cut
    )


def _searched(
    problem: TerritoryProblem,
    costs: Array,
    reduced: Array,
    centres: Index,
    bound: float,
    gap: float,
    rng: np.random.Generator,
    time_left: Callable[[], float],
) -> State:
    """Search from where the prices send every unit, and again from what was found."""
    order = np.argsort(reduced, axis=1, kind="stable")[:, :CHOICES].astype(np.int32)
    may = np.isfinite(np.take_along_axis(reduced, order, axis=1))
    places = np.where(may, order, order[:, :1]).astype(np.int32)
    start = seeded_each(problem, order[:, 0], np.where(problem.allowed, costs, 0.0))
    best, weight = evaluate(problem, start, centres), WEIGHT
    unit = max(float(costs[np.arange(problem.units), start].mean()), 1e-9)
    for _ in range(TURNS):
        if time_left() <= 0 or (best.feasible and best.cost - bound <= gap * best.cost):
            break
        found = anneal(
            problem,
            costs,
            best.assignment,
            rng,
            proposals=PROPOSALS * problem.units,
            hot=HOT * unit,
            cold=COLD * unit,
            weight=weight * unit * problem.units / problem.territories,
            places=places,
        )
        state = evaluate(problem, found, centres)
        best = state if state.better_than(best) else best
        weight *= 1.0 if best.feasible else HEAVIER
    return best


def _costliest(problem: TerritoryProblem, costs: Array) -> float:
    """Give a cost that no plan reaches; a bound above it proves that there is none."""
    travel = float(np.where(problem.allowed, costs, 0.0).max(axis=1).sum())
    most = np.maximum(problem.measures.sum(axis=0) / problem.targets, 1.0)[:, problem.balanced]
    return 1.0 + travel + float((most @ problem.imbalance_cost[problem.balanced]).sum())


def _worst(problem: TerritoryProblem, state: State) -> str:
    """Say what the best alignment found breaks."""
    if said := unkept(problem, state.assignment):
        return said
    outside = violation(problem, state.assignment)
    if not outside.any():
        return "in the best plan found more account value changes hands than disruption.max_share allows"
    t, m = np.unravel_index(int(outside.argmax()), outside.shape)
    name, measure = problem.territory_ids[t], problem.measure_names[m]
    return (
        f"the best plan found leaves {name} {100 * outside[t, m]:.2g} % of its target outside the limits of {measure}; "
        "widen the tolerances or ease the rules around it"
    )
