"""Annealing in which free centres follow their territories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem, with_given
from solvers.construct import best_centres
from solvers.local_search import anneal
from solvers.medians import near_medians
from solvers.state import State, evaluate

Array = NDArray[np.float64]
Index = NDArray[np.int32]


@dataclass(frozen=True)
class Cooling:
    """How long and how hot a search is.

    Parameters
    ----------
    proposals
        Moves proposed per unit.
    rounds
        How often the free centres move meanwhile.
    hot, cold
        First and last temperature, in costs of an average unit.
    weight
        Price of 100 % of violation, in costs of an average territory.
    """

    proposals: int
    rounds: int
    hot: float
    cold: float
    weight: float = 8.0


def settle(problem: TerritoryProblem, state: State, rng: np.random.Generator, cooling: Cooling) -> State:
    """Anneal an alignment while its free centres move, often, to where its territories have gone.

    Parameters
    ----------
    problem
        The territory problem, or a part of one.
    state
        Where to start.
    rng
        Source of every random choice.
    cooling
        How long and how hot.
    """
    assignment, centres = state.assignment, state.centres
    priced = problem.handoff_cost.any() or problem.stake_costs is not None
    handoff = problem.handoff_costs() if priced else np.zeros((1, problem.territories))
    costs = np.empty((problem.units, problem.territories))
    for territory in range(
        problem.territories
    ):  # one after the other: a large table is made without others beside it
        costs[:, territory] = _priced(problem, handoff, centres, territory)
    unit = max(float(costs[np.arange(problem.units), assignment].mean()), 1e-9)
    cooler = (cooling.cold / cooling.hot) ** (1 / cooling.rounds)
    for turn in range(cooling.rounds):
        hot = cooling.hot * cooler**turn * unit
        assignment = anneal(
            problem,
            costs,
            assignment,
            rng,
            proposals=max(1, cooling.proposals * problem.units // cooling.rounds),
            hot=hot,
            cold=hot * cooler,
            weight=cooling.weight * unit * problem.units / problem.territories,
        )
        before, centres = centres, near_medians(problem, assignment, centres)
        for territory in np.flatnonzero(before != centres).tolist():
            costs[:, territory] = _priced(problem, handoff, centres, territory)
    return evaluate(problem, assignment, best_centres(problem, assignment, centres))


def _priced(problem: TerritoryProblem, handoff: Array, centres: Index, territory: int) -> Array:
    """Price every unit in a territory: travel from its centre and handoffs, shape (units,)."""
    points = problem.centre_points(centres)[territory : territory + 1]
    given = None if problem.given_km is None else problem.given_km[:, territory]
    km = with_given(distance_km(problem.unit_points, points)[:, 0], given)
    return np.asarray(problem.travel_cost * km + handoff[:, territory])
