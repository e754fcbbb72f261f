"""Solve a centre problem to the proven best, with ever higher targets.

A target T says: is there a plan that costs at most T? Only pairs that may be used by such a plan are left in the model (prices
first, then reduced costs of the linear relaxation with contiguity cuts), so low targets make small models. When no
plan keeps the target, T is a lower bound and the next target is tried; the first plan found for a target is the best of all. The
fixing is that of Validi, Buchanan, Lykhovyd 2022, DOI 10.1287/opre.2021.2141; trying targets instead of starting from
a heuristic plan is ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status
from solvers.exact.highs import HighsModel
from solvers.hess.assign import assign_to_centres
from solvers.hess.cuts import Cut, broken_by_plan, broken_by_shares
from solvers.hess.improve import improve
from solvers.hess.model import add_cuts, hess_model
from solvers.hess.prices import STEPS, Prices, cost_if_used, find_prices
from solvers.hess.problem import Array, CentreProblem, Index, reachable
from solvers.hess.seek import seek

Pairs = NDArray[np.bool_]

TARGETS = (2e-4, 5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, np.inf)
CUT_ROUNDS = 15
FEW = 30  # units: so few are left to the exact search alone
PRICED = 1e9  # pairs priced in all, so that large problems get fewer steps
ROUNDING = 1e-7  # of HiGHS, relative; a pair is dropped only when it is worse than the target by more


@dataclass(frozen=True)
class CentrePlan:
    """A solution of a centre problem and what is proved about it.

    Parameters
    ----------
    status
        ``optimal``, ``feasible``, ``infeasible`` (proved) or ``no_plan``.
    assignment
        Candidate of each unit, shape (units,); -1 everywhere when there is none.
    objective
        Its cost; NaN when there is none.
    bound
        No solution costs less.
    timed_out
        Whether the time limit ended the search.
    """

    status: Status
    assignment: Index
    objective: float
    bound: float
    timed_out: bool


class _Search:
    """What is known so far: the best plan, the best bound and the cuts, which hold for every target."""

    def __init__(self, problem: CentreProblem, seed: int, deadline: float) -> None:
        self.problem, self.seed, self.deadline = problem, seed, deadline
        self.assignment: Index | None = None
        self.objective = np.inf
        self.bound = -np.inf
        self.cuts: list[Cut] = []
        self.seen: set[tuple[int, ...]] = set()
        self.improved = np.inf  # the cost that parts solved anew have led to

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def verdict(self, target: float) -> Status:
        """Judge a target that no plan keeps but perhaps the best one known."""
        known = self.assignment is not None and self.objective <= target
        return Status.OPTIMAL if known else Status.INFEASIBLE

    def seek(self, prices: Prices, gap: float) -> None:
        """Look for good plans before anything is proved."""
        near = 1 - max(gap, 1e-6)
        plans = seek(
            self.problem,
            prices,
            seed=self.seed,
            time_left=lambda: self.left,
            enough=lambda cost: cost * near <= prices.bound,
        )
        for plan in plans:
            self.offer(plan)
        if self.problem.all_open:
            self.improve()

    def improve(self) -> None:
        """Solve parts of the best plan anew, once for every plan that something else has found."""
        if self.assignment is None or self.objective >= self.improved:
            return
        for plan in improve(self.problem, self.assignment, seed=self.seed, time_limit=self.left / 3):
            self.offer(plan)
        self.improved = self.objective

    def offer(self, assignment: Index) -> bool:
        """Keep a plan if it is the best so far; say whether it keeps every rule."""
        good = not self.problem.violations(assignment)
        cost = self.problem.objective(assignment)
        if good and cost < self.objective:
            self.assignment, self.objective = assignment, cost
        return good


def solve_centres(
    problem: CentreProblem,
    *,
    seed: int,
    time_limit: float,
    gap: float = 0.0,
    progress: Callable[[str, float], None] = lambda step, done: None,
) -> CentrePlan:
    """Find the cheapest centres and assignment.

    Parameters
    ----------
    problem
        The centre problem.
    seed, time_limit, gap
        Seed of HiGHS, seconds, and the relative gap at which the search stops.
    progress
        Told the step and the part done.

    Returns
    -------
    The plan; ``optimal`` only when the gap is at most 1e-6 or ``gap`` was reached with 0.
    """
    scale = problem.activities.sum(axis=0) / problem.count
    problem = replace(
        problem,
        activities=problem.activities / scale,
        lower=problem.lower / scale,
        upper=problem.upper / scale,
        cost=problem.cost.copy(),
    )
    problem.cost[~reachable(problem)] = np.inf
    search = _Search(problem, seed, time.monotonic() + time_limit)
    progress("prices", 0.1)
    steps = min(STEPS, int(PRICED / problem.cost.size) + 1)
    prices = find_prices(replace(problem, cost=np.asfortranarray(problem.cost)), steps=steps)
    if np.isinf(
        prices.bound
    ):  # a unit that no candidate can hold, or too few candidates that can hold their own
        return CentrePlan(Status.INFEASIBLE, _nobody(problem), np.nan, np.inf, False)
    least = cost_if_used(problem, prices)
    search.bound = prices.bound
    progress("plans", 0.2)
    if problem.units > FEW:
        search.seek(prices, gap)
    margin = max(abs(prices.bound), 1e-9)
    proved = False
    for number, step in enumerate(TARGETS):
        target = min(prices.bound + step * margin, search.objective)
        if target <= search.bound:
            continue
        progress(f"target {number + 1}", 0.4 + 0.6 * number / len(TARGETS))
        pairs = _pairs(problem, least, target)
        verdict = _try(search, pairs, target, gap)
        if verdict in (Status.NO_PLAN, Status.FEASIBLE):  # out of time, or near enough
            break
        if verdict is Status.OPTIMAL:
            search.bound, proved = search.objective, True
            break
        search.bound = max(search.bound, target)
        if not np.isfinite(target):
            return CentrePlan(Status.INFEASIBLE, _nobody(problem), np.nan, np.inf, False)
        if _gap(search) <= gap:
            break
    if search.assignment is None:
        return CentrePlan(Status.NO_PLAN, _nobody(problem), np.nan, search.bound, True)
    bound = min(search.bound, search.objective)
    done = proved or _gap(search) <= 1e-6
    return CentrePlan(
        Status.OPTIMAL if done else Status.FEASIBLE,
        search.assignment,
        search.objective,
        bound,
        search.left <= 0,
    )


def _gap(search: _Search) -> float:
    return 1.0 - search.bound / search.objective if np.isfinite(search.objective) else np.inf


def _nobody(problem: CentreProblem) -> Index:
    return np.full(problem.units, -1, dtype=np.int32)


def _pairs(problem: CentreProblem, least: Array, target: float) -> Pairs:
    """Keep what a plan within the target may use."""
    pairs = np.isfinite(problem.cost) & (least <= target + ROUNDING * abs(target))
    return np.asarray(pairs & pairs[problem.candidates, np.arange(len(problem.candidates))])


def _try(search: _Search, pairs: Pairs, target: float, gap: float) -> Status:
    """Look for a plan within a target.

    ``optimal``: the best plan is known; ``feasible``: one within the gap is; ``infeasible``: no plan keeps the target; ``no_plan``:
    the time is over.
    """
    problem = search.problem
    if not pairs.any(axis=1).all() or len(np.unique(np.nonzero(pairs)[1])) < problem.count:
        return Status.INFEASIBLE
    verdict, value, shares, reduced = _relax(search, pairs, target)
    if verdict is not Status.OPTIMAL:
        return verdict
    search.bound = max(search.bound, min(value, target))
    for plan in assign_to_centres(
        problem, shares, search.seen, seed=search.seed, time_limit=search.left / 10
    ):
        search.offer(plan)
    search.improve()
    if _gap(search) <= gap:
        return Status.FEASIBLE
    target = min(target, search.objective)
    pairs = pairs & (value + np.maximum(0.0, reduced) <= target + ROUNDING * abs(target))
    pairs &= pairs[problem.candidates, np.arange(len(problem.candidates))]
    return _decide(search, pairs, target, gap)


def _relax(search: _Search, pairs: Pairs, target: float) -> tuple[Status, float, Array, Array]:
    """Solve the linear relaxation with cuts; give verdict, value, shares and reduced costs by pair."""
    problem = search.problem
    units, candidates = np.nonzero(pairs)
    model = hess_model(problem, pairs, relax=True)
    add_cuts(model, search.cuts)
    loaded, variables = HighsModel(model, seed=search.seed), list(model.x.values())
    shares, reduced = np.zeros(pairs.shape), np.full(pairs.shape, np.inf)
    value = -np.inf
    for _ in range(CUT_ROUNDS):
        outcome = loaded.solve(time_limit=max(1.0, search.left), twice=False)
        if outcome.status is Status.INFEASIBLE or outcome.objective > target * (1 + ROUNDING):
            return Status.INFEASIBLE, np.inf, shares, reduced
        if outcome.status is not Status.OPTIMAL:
            return Status.NO_PLAN, value, shares, reduced
        value = outcome.objective
        shares[units, candidates] = loaded.values(variables)
        reduced[units, candidates] = loaded.reduced_costs(variables)
        cuts = broken_by_shares(problem, shares)
        if not cuts or search.left <= 0:
            break
        search.cuts += cuts
        add_cuts(model, cuts)
    return Status.OPTIMAL, value, shares, reduced


def _decide(search: _Search, pairs: Pairs, target: float, gap: float) -> Status:
    """Find the best plan within a target over some pairs, cutting off plans that are not connected."""
    problem = search.problem
    if not pairs.any(axis=1).all() or len(np.unique(np.nonzero(pairs)[1])) < problem.count:
        return search.verdict(target)
    keys = np.column_stack(np.nonzero(pairs))
    in_play = np.unique(keys[:, 1])
    model = hess_model(problem, pairs, relax=False, cutoff=target)
    add_cuts(model, search.cuts)
    loaded, variables = HighsModel(model, seed=search.seed), list(model.x.values())
    while search.left > 0:
        outcome = loaded.solve(time_limit=search.left, gap=gap, twice=False)
        if outcome.status is Status.INFEASIBLE:
            return search.verdict(target)
        search.bound = max(search.bound, min(outcome.bound, target))
        if outcome.status not in (Status.OPTIMAL, Status.FEASIBLE):
            return Status.NO_PLAN
        chosen = keys[loaded.values(variables) > 0.5]
        assignment = np.empty(problem.units, dtype=np.int32)
        assignment[chosen[:, 0]] = chosen[:, 1]
        cuts = broken_by_plan(problem, assignment, in_play)
        if not cuts:
            if not search.offer(assignment) or outcome.status is not Status.OPTIMAL:
                return Status.NO_PLAN
            return Status.FEASIBLE if gap > 0 else Status.OPTIMAL
        search.cuts += cuts
        add_cuts(model, cuts)
    return Status.NO_PLAN
