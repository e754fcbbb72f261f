"""The linear relaxation with fixed centres: prices for the bound, and a guide for the search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status
from engine.problem import TerritoryProblem
from solvers.bound import Prices, lower_bound
from solvers.exact.assignment import assignment_model, whole
from solvers.exact.highs import HighsModel
from solvers.exact.ordering import add_ordering

Array = NDArray[np.float64]
Index = NDArray[np.int32]

NEAREST = 10  # cheapest territories of a unit that enter the model first; what prices out negative is added
PRICING_ROUNDS = 6


def near_pairs(problem: TerritoryProblem, costs: Array, count: int = NEAREST) -> NDArray[np.bool_]:
    """Choose each unit's cheapest allowed territories, shape (units, territories)."""
    ranks = np.argsort(
        np.argsort(np.where(problem.allowed, costs, np.inf), axis=1, kind="stable"), axis=1, kind="stable"
    )
    return (ranks < count) & problem.allowed


def relaxed_prices(
    problem: TerritoryProblem, costs: Array, *, seed: int, time_limit: float
) -> tuple[Status, Prices | None]:
    """Solve the linear relaxation with fixed centres over all pairs and read its dual prices.

    Parameters
    ----------
    problem
        The territory problem.
    costs
        Money per year, shape (units, territories).
    seed, time_limit
        Solver seed and seconds.

    Returns
    -------
    How it ended (``infeasible`` is proved for all pairs), and the prices when it was solved.
    """
    pairs = near_pairs(problem, costs)
    for _ in range(PRICING_ROUNDS):
        model = assignment_model(problem, whole(problem, pairs), costs, relax=True)
        loaded = HighsModel(model, seed=seed)
        outcome = loaded.solve(time_limit=time_limit)
        if outcome.status is Status.INFEASIBLE and not (pairs >= problem.allowed).all():
            pairs = problem.allowed
            continue
        if outcome.status is not Status.OPTIMAL:
            return outcome.status, None
        prices = _read(problem, model, loaded)
        balanced = problem.balanced
        values = problem.measures[:, None, balanced] / problem.targets[None, :, balanced]
        reduced = (
            costs - prices.unit[:, None] - np.einsum("itm,tm->it", values, prices.balance) + prices.pairs
        )
        if prices.disruption > 0:
            reduced += prices.disruption * problem.handed_values()
        missing = (reduced < -1e-7 * max(1.0, float(np.abs(costs).max()))) & problem.allowed & ~pairs
        if not missing.any():
            return Status.OPTIMAL, prices
        pairs = pairs | missing
    return Status.OPTIMAL, prices


def relaxed_bound(
    problem: TerritoryProblem, centres: Index, upper: float, *, seed: int, time_limit: float
) -> tuple[Status, float]:
    """Relax with the centres given, and bound by the prices found; a plan's cost above tells how far to go.

    Returns
    -------
    How the relaxation ended, and a lower bound of every plan's cost, >= 0.
    """
    status, prices = relaxed_prices(problem, problem.costs(centres), seed=seed, time_limit=time_limit)
    return status, 0.0 if prices is None else max(0.0, lower_bound(problem, prices, upper))


def ordered_assignment(
    problem: TerritoryProblem, costs: Array, roots: Index, ways: Array, *, seed: int, time_limit: float
) -> Index | None:
    """Solve the relaxation with the ordering rule and round it: nearly contiguous, nearly balanced.

    Parameters
    ----------
    problem, costs
        The problem and its costs, money per year, shape (units, territories).
    roots
        Root unit of each territory, shape (territories,).
    ways
        Way from every unit to each root, shape (units, territories).
    seed, time_limit
        Solver seed and seconds.

    Returns
    -------
    Territory of each unit, shape (units,); None when the relaxation has no solution.
    """
    part = whole(problem, near_pairs(problem, costs))
    model = assignment_model(problem, part, costs, relax=True, elastic=float(costs.min(axis=1).sum()))
    add_ordering(model, problem, part, roots, ways)
    loaded = HighsModel(model, seed=seed)
    if loaded.solve(time_limit=time_limit).status is not Status.OPTIMAL:
        return None
    keys = np.array(list(model.x), dtype=np.intp)
    held = np.zeros((problem.units, problem.territories))
    held[keys[:, 0], keys[:, 1]] = loaded.values(list(model.x.values()))
    return held.argmax(axis=1).astype(np.int32)


def _read(problem: TerritoryProblem, model: object, loaded: HighsModel) -> Prices:
    """Translate the model's row duals into prices: rows of a territory and measure share one sum."""
    shape = (problem.territories, len(problem.balanced))
    rows = [
        loaded.duals(list(getattr(model, name).values())) for name in ("floor", "ceiling", "over", "under")
    ]
    balance = np.sum(rows, axis=0).reshape(shape)
    disruption = loaded.duals(list(model.disruption.values()))  # type: ignore[attr-defined]
    scale = max(problem.disruption_limit, 1.0) if len(disruption) else 1.0
    return Prices(
        loaded.duals(list(model.once.values())),  # type: ignore[attr-defined]
        balance,
        max(0.0, -float(disruption.sum()) / scale),
        *_side_prices(problem, model, loaded),
    )


def _side_prices(problem: TerritoryProblem, model: object, loaded: HighsModel) -> tuple[Array, float]:
    """Turn the duals of rules on groups and on today's value into prices of pairs and a constant.

    Where a centre is free any territory may stand for any other, so that their rows are not priced.
    """
    if not (problem.together or problem.apart or problem.leave_limit is not None):
        return np.zeros((1, 1)), 0.0
    pairs, constant = np.zeros(problem.allowed.shape), 0.0
    rows = model.side_rows  # type: ignore[attr-defined]
    duals = loaded.duals([constraint for _, constraint in rows])
    for (row, _), dual in zip(rows, duals.tolist(), strict=True):
        if problem.free[row.territory]:
            continue
        price = max(dual, 0.0) if row.upper == np.inf else min(dual, 0.0) if row.lower == -np.inf else dual
        np.subtract.at(pairs[:, row.territory], row.units, price * row.factors)
        constant += price * (row.lower if row.upper == np.inf else row.upper)
    return pairs, constant
