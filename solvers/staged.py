"""The staged search for large problems: relax, round, take apart and put together, bound."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km
from engine.measures import pieces
from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from solvers.construct import best_centres, first_centres
from solvers.effort import EFFORTS, Effort
from solvers.explore import explore
from solvers.free_bound import free_centre_bound, is_divisible, prices_of
from solvers.free_search import free_starts
from solvers.interrupt import first_interrupt_ends
from solvers.redraw import redraw
from solvers.relaxation import relaxed_bound
from solvers.resplit import resplit
from solvers.state import State, evaluate, territory_links, violation
from solvers.unkept import unkept

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Progress = Callable[[str, float], None]

STALE_LIMIT = 8  # steps without a gain worth the name after which the search ends
WORTH = 0.0005  # part of the cost that a step must save to be a gain
LOCKS_NAMED = 5
BOUND_SECONDS = 60.0  # for the bound, even when the time for the search is over
DIVISIBLE = "even with divisible units and without contiguity the limits, locks and reach exclude each other"
STARTING, BOUNDING = 0.4, 0.7  # parts of the time limit by which the starts and the bound of free centres end
STEP_SECONDS = 60.0  # a safety stop; steps end by gap or nodes, which are the same on every run
STEP_UNITS = 650  # units a step takes apart at most


def solve_staged(
    problem: TerritoryProblem,
    *,
    seed: int,
    time_limit: float,
    gap: float,
    progress: Progress,
    effort: Effort = EFFORTS["standard"],
) -> TerritoryPlan:
    """Find a plan for a large problem, with a lower bound.

    1. with home bases: the linear relaxation with an ordering rule, rounded and grown into connected territories, and
       local search from several starts; then re-splits of two to four neighbouring territories by HiGHS
    2. with free centres: the map halved again and again, at random, and local search in which each centre follows its
       territory; then groups of neighbouring territories drawn anew as long as that helps, and re-splits where a limit is
       still broken

    The lower bound comes from prices of the relaxed problem; the search ends where it proves the gap asked for. A first Ctrl-C ends
    it with the best plan so far.

    Parameters
    ----------
    problem
        The territory problem.
    seed
        Seed of every random choice.
    time_limit
        Seconds for the whole search; reaching it makes the plan not reproducible.
    gap
        Gap at which the search may stop.
    progress
        Told the stage and the part done.
    effort
        How hard to try.

    Returns
    -------
    A plan that keeps every limit, or ``no_plan`` / ``infeasible`` with the reason.
    """
    with first_interrupt_ends() as interrupted:
        clock = _Clock(time_limit, interrupted)
        search = _from_nothing if problem.free.any() else _from_homes
        status, state, bound = search(problem, seed, gap, progress, effort, clock)
    if state is None:
        return _without_plan(problem, status, seed, clock, DIVISIBLE)
    if not state.feasible:
        return _without_plan(problem, Status.NO_PLAN, seed, clock, _worst(problem, state), bound)
    reached = Status.OPTIMAL if state.cost - bound <= 1e-6 * state.cost else Status.FEASIBLE
    return TerritoryPlan(
        reached,
        state.assignment,
        state.centres,
        state.cost,
        bound,
        tuple(clock.stages),
        seed,
        reproducible=not (clock.expired or interrupted()),
        interrupted=interrupted(),
    )


def _from_homes(
    problem: TerritoryProblem, seed: int, gap: float, progress: Progress, effort: Effort, clock: _Clock
) -> tuple[Status, State | None, float]:
    """Search where every territory has a home base: status, the best alignment (None when none can exist) and bound."""
    rng = np.random.default_rng(seed)
    lengths = _edge_lengths(problem)
    progress("territories: relaxation", 0.05)
    status, bound = _bound(problem, first_centres(problem, rng), np.inf, seed, clock)
    if status is Status.INFEASIBLE:
        return status, None, bound
    enough = _enough(bound, gap)
    state = explore(
        problem,
        lengths,
        rng,
        seed=seed,
        starts=max(1, effort.starts // 2),
        enough=enough,
        time_left=lambda: clock.left,
        progress=lambda done: progress("territories: local search", 0.1 + 0.4 * done),
    )
    clock.stage("local search")
    state = _search(problem, state, lengths, rng, seed, enough, clock, progress, effort.steps)
    clock.stage("re-split")
    return status, state, bound


def _from_nothing(
    problem: TerritoryProblem, seed: int, gap: float, progress: Progress, effort: Effort, clock: _Clock
) -> tuple[Status, State | None, float]:
    """Search where some centres are free: status, the best alignment (None when none can exist) and bound."""
    progress("territories: local search", 0.1)
    state = free_starts(
        problem,
        seed=seed,
        starts=effort.starts,
        time_left=lambda: clock.until(STARTING),
        progress=lambda done: progress("territories: local search", 0.1 + 0.2 * done),
    )
    clock.stage("starts")
    progress("territories: bound", 0.3)
    if is_divisible(problem):
        bound = free_centre_bound(
            problem,
            prices_of(problem, state),
            0.0,
            state.cost,
            steps=effort.price_steps,
            time_left=lambda: clock.until(BOUNDING),
        )
        bound = max(0.0, bound)  # every cost is at least 0
        clock.stage("bound")
    else:
        status, bound = _bound(problem, state.centres, state.cost, seed, clock)
        if status is Status.INFEASIBLE:
            return status, None, bound
    enough = _enough(bound, gap)
    state = redraw(
        problem,
        state,
        seed=seed,
        proposals=effort.proposals * 1_000_000,
        stale=effort.stale,
        enough=enough,
        time_left=lambda: clock.left,
        progress=lambda done: progress("territories: drawing anew", 0.4 + 0.5 * done),
    )
    clock.stage("drawing anew")
    if not state.feasible and clock.left > 0:
        rng = np.random.default_rng(seed)
        lengths = _edge_lengths(problem)
        state = _search(problem, state, lengths, rng, seed, enough, clock, progress, 0)
        clock.stage("re-split")
    return Status.FEASIBLE, state, bound


def _enough(bound: float, gap: float) -> Callable[[State], bool]:
    return lambda state: state.feasible and state.cost - bound <= gap * state.cost


def _bound(
    problem: TerritoryProblem, centres: Index, upper: float, seed: int, clock: _Clock
) -> tuple[Status, float]:
    """Bound with the centres given, and say how long that took."""
    seconds = max(clock.left, BOUND_SECONDS)
    status, bound = relaxed_bound(problem, centres, upper, seed=seed, time_limit=seconds)
    clock.stage("bound")
    return status, bound


def _search(
    problem: TerritoryProblem,
    state: State,
    lengths: Array,
    rng: np.random.Generator,
    seed: int,
    enough: Callable[[State], bool],
    clock: _Clock,
    progress: Progress,
    most: int,
) -> State:
    """Take neighbouring territories apart, worst first, until nothing has improved for a while; at most so many times once every limit is kept."""
    tried = np.zeros(problem.territories)
    stale, steps = 0, 0
    while (
        stale < STALE_LIMIT * (1 if state.feasible else 3)
        and (steps < most or not state.feasible)
        and clock.left > 0
    ):
        if enough(state):
            break
        feasible = state.feasible
        steps += feasible
        group = _neighbourhood(problem, state, tried, rng)
        costs = problem.costs(state.centres)
        found = resplit(
            problem,
            costs,
            lengths,
            state,
            group,
            seed=seed,
            time_limit=min(STEP_SECONDS, max(1.0, clock.left)),
        )
        clock.expired |= found.timed_out
        candidate = evaluate(
            problem, found.assignment, best_centres(problem, found.assignment, state.centres)
        )
        gained = found.connected and candidate.better_than(state)
        worth = gained and (not feasible or candidate.cost < (1 - WORTH) * state.cost)
        tried[group] = tried[group] * 0.5 if worth else tried[group] + 1
        stale = 0 if worth else stale + 1
        state = candidate if gained else state
        progress(
            f"territories: {'improving' if feasible else 'balancing'}", min(0.95, 0.5 + 0.45 * clock.used)
        )
    return state


def _neighbourhood(
    problem: TerritoryProblem, state: State, tried: Array, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Pick a territory (the furthest outside its limits, else at random) and one to three connected around it."""
    links = territory_links(problem, state.assignment)
    sizes = np.bincount(state.assignment, minlength=problem.territories)
    outside = violation(problem, state.assignment).sum(axis=1)
    weight = outside * 0.6**tried if outside.sum() > 1e-9 else 1.0 / (1.0 + tried)
    chosen = [int(rng.choice(len(weight), p=weight / weight.sum()))]
    size = 2 + int(rng.integers(0, 3))
    while len(chosen) < size:
        around = np.setdiff1d(np.flatnonzero(links[chosen].any(axis=0)), chosen)
        around = around[sizes[around] + sizes[chosen].sum() <= STEP_UNITS]
        if not len(around):
            break
        chosen.append(int(rng.choice(around)))
    return np.sort(np.array(chosen, dtype=np.intp))


def _edge_lengths(problem: TerritoryProblem) -> Array:
    """Measure every CSR edge in km; never 0, so that a way always grows."""
    lengths = np.empty(len(problem.indices))
    for unit in range(problem.units):
        edge = slice(problem.indptr[unit], problem.indptr[unit + 1])
        if edge.stop > edge.start:
            lengths[edge] = distance_km(
                problem.unit_points[[unit]], problem.unit_points[problem.indices[edge]]
            )[0]
    return np.maximum(lengths, 1e-6)


def _worst(problem: TerritoryProblem, state: State) -> str:
    if said := unkept(problem, state.assignment):
        return said
    parts = pieces(problem, state.assignment) if problem.contiguous else np.ones(problem.territories)
    if (parts > 1).any():
        torn = int(parts.argmax())
        return (
            f"{problem.territory_ids[torn]} stays in {parts[torn]} pieces in the best plan found; look at what is locked or forbidden "
            f"between them{_locks(problem, torn)}, or declare a bridge"
        )
    outside = violation(problem, state.assignment)
    t, m = np.unravel_index(int(outside.argmax()), outside.shape)
    return (
        f"the best plan found leaves {problem.territory_ids[t]} {_percent(float(outside[t, m]))} of its target outside the limits of "
        f"{problem.measure_names[m]}; widen the tolerances, allow more time or ease the rules around it{_locks(problem, int(t))}"
    )


def _percent(share: float) -> str:
    """Write a share with a decimal, or as many as it takes not to be 0."""
    return f"{100 * share:.1f} %" if share >= 5e-4 else f"{100 * share:.2g} %"


def _locks(problem: TerritoryProblem, territory: int) -> str:
    """Name the first units that are locked to a territory."""
    units = [problem.unit_ids[i] for i in np.flatnonzero(problem.locked == territory)[:LOCKS_NAMED].tolist()]
    return f" (locked to it: {', '.join(units)})" if units else ""


def _without_plan(
    problem: TerritoryProblem, status: Status, seed: int, clock: _Clock, reason: str, bound: float = 0.0
) -> TerritoryPlan:
    nobody = np.full(problem.units, -1, dtype=np.int32)
    centres = np.zeros(problem.territories, dtype=np.int32)
    return TerritoryPlan(
        status, nobody, centres, np.nan, bound, tuple(clock.stages), seed, not clock.expired, reason
    )


class _Clock:
    """Time used, by stage, and whether a limit has cut the search."""

    def __init__(self, limit: float, interrupted: Callable[[], bool]) -> None:
        self._limit, self._begin = limit, time.monotonic()
        self._interrupted = interrupted
        self._last = self._begin
        self.stages: list[tuple[str, float]] = []
        self.expired = False

    @property
    def left(self) -> float:
        """Seconds left, none after Ctrl-C; finding none marks the search as cut."""
        return self.until(1.0)

    def until(self, part: float) -> float:
        """Seconds left of a part of the limit, none after Ctrl-C; finding none marks the search as cut."""
        rest = self._begin + part * self._limit - time.monotonic()
        if self._interrupted():
            rest = 0.0
        self.expired |= rest <= 0
        return max(rest, 0.0)

    @property
    def used(self) -> float:
        """Part of the limit that is used, 0 to 1."""
        return min(1.0, (time.monotonic() - self._begin) / self._limit)

    def stage(self, name: str) -> None:
        """Close a stage."""
        now = time.monotonic()
        self.stages.append((name, now - self._last))
        self._last = now
