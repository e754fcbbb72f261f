"""Contiguity by a,b-separator cuts, added only where a plan breaks it.

A territory that holds units a and b must hold a unit of every set of units that separates them:
x_at + x_bt <= 1 + sum over s in S of x_st (Carvajal et al. 2013, DOI 10.1287/opre.2013.1178; Validi, Buchanan,
Lykhovyd 2022, DOI 10.1287/opre.2021.2141). The cuts are valid for every plan, so a bound found with them holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from engine.geography.adjacency import components
from engine.problem import TerritoryProblem
from solvers.exact.assignment import Part

Index = NDArray[np.int32]

# Cuts for several units of one cut-off piece save rounds; beyond a handful they only fill the model.
UNITS_PER_PIECE = 6


@dataclass(frozen=True)
class Separator:
    """One cut: ``territory`` may hold both ``near`` and ``far`` only with a unit of ``between``."""

    territory: int
    near: int
    far: int
    between: tuple[int, ...]


def separators(
    problem: TerritoryProblem, assignment: Index, territories: NDArray[np.intp]
) -> list[Separator]:
    """Find cuts that the given assignment breaks: none exactly when every territory is one piece.

    Parameters
    ----------
    problem
        The territory problem.
    assignment
        Territory of each unit, shape (units,).
    territories
        Territories to look at.

    Returns
    -------
    Cuts in a fixed order.
    """
    _, piece = components(problem.indptr, problem.indices, assignment)
    cuts: list[Separator] = []
    for territory in territories.tolist():
        members = np.flatnonzero(assignment == territory)
        pieces, sizes = np.unique(piece[members], return_counts=True)
        if len(pieces) < 2:
            continue
        core = pieces[np.argmax(sizes)]
        far = members[piece[members] == core]
        for other in pieces[pieces != core].tolist():
            cut_off = members[piece[members] == other]
            between, anchor = _minimal_separator(problem, cut_off, far)
            nearest = cut_off[np.argsort(-problem.measures[cut_off, 0], kind="stable")][:UNITS_PER_PIECE]
            cuts += [Separator(territory, int(unit), anchor, between) for unit in nearest]
    return cuts


def add_separators(model: pyo.ConcreteModel, part: Part, cuts: list[Separator], assignment: Index) -> None:
    """Add cuts to the assignment model of a part; units outside the part count as in ``assignment``."""
    inside, pairs = set(part.units.tolist()), set(model.x)

    def held(unit: int, territory: int) -> pyo.Var | float:
        if unit in inside:
            return model.x[unit, territory] if (unit, territory) in pairs else 0.0
        return float(assignment[unit] == territory)

    for cut in cuts:
        ends = held(cut.near, cut.territory) + held(cut.far, cut.territory)
        model.separators.add(ends - sum(held(unit, cut.territory) for unit in cut.between) <= 1)


def _minimal_separator(
    problem: TerritoryProblem, cut_off: NDArray[np.intp], core: NDArray[np.intp]
) -> tuple[tuple[int, ...], int]:
    """Give the units around a cut-off piece that face the core, and the core unit they are separated from."""
    around = np.setdiff1d(_neighbours(problem, cut_off), cut_off)
    side = np.zeros(problem.units, dtype=np.int32)
    side[around] = 1
    side[cut_off] = 2
    _, piece = components(problem.indptr, problem.indices, side)
    anchor = int(core[np.argmax(problem.measures[core, 0])])
    beyond = np.flatnonzero(piece == piece[anchor])
    facing = np.intersect1d(around, _neighbours(problem, beyond))
    return tuple(facing.tolist()), anchor


def _neighbours(problem: TerritoryProblem, units: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.unique(
        np.concatenate([problem.indices[problem.indptr[u] : problem.indptr[u + 1]] for u in units])
    ).astype(np.intp)
