"""Annealing in which free centres follow their territories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
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
    costs = problem.costs(centres)
    priced = problem.handoff_cost.any() or problem.stake_costs is not None
    handoff = problem.handoff_costs() if priced else np.zeros((1, problem.territories))
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
        _follow(problem, costs, handoff, before, centres)
    return evaluate(problem, assignment, best_centres(problem, assignment, centres))


def _follow(problem: TerritoryProblem, costs: Array, handoff: Array, before: Index, centres: Index) -> None:
    """Price the pairs of the territories whose centre has moved anew, in place."""
    for territory in np.flatnonzero(before != centres).tolist():
        away = distance_km(problem.unit_points, problem.unit_points[centres[territory : territory + 1]])[:, 0]
        costs[:, territory] = problem.travel_cost * away + handoff[:, territory]
