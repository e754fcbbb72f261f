"""Compiled centres: the unit of each territory from which travel costs least, or very nearly so."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.problem import TerritoryProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]

WEISZFELD_STEPS = 12
TRIED = 24  # members nearest to the point of least travel that are tried as centres


def near_medians(problem: TerritoryProblem, assignment: Index, centres: Index) -> Index:
    """Move every free centre to a member of its territory with about the least travel cost.

    Members around the weighted geometric median (Weiszfeld 1937, DOI 10.1007/s10479-008-0352-z) are compared, and the present centre.
    Distances are chords of the globe, which order centres within a territory as great circles do but for a fraction of a per mille.

    Returns
    -------
    New centres, shape (territories,); centres of territories with a home base are kept.
    """
    lon, lat = np.radians(problem.unit_points).T
    place = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    order = np.argsort(assignment, kind="stable")
    first = np.searchsorted(assignment[order], np.arange(problem.territories + 1))
    found = np.asarray(_medians(place, problem.travel_cost, order, first, assignment, centres))
    return np.where(problem.free, found, centres).astype(np.int32)


@njit(cache=True, nogil=True)
def _medians(place, weight, order, first, assignment, centres):  # type: ignore[no-untyped-def]
    best = centres.copy()
    for t in range(len(centres)):
        members = order[first[t] : first[t + 1]]
        if len(members) == 0:
            continue
        middle = _geometric_median(place, weight, members)
        away = np.empty(len(members))
        for m in range(len(members)):
            away[m] = _squared(place[members[m]], middle)
        tried = np.argsort(away)[:TRIED]
        least = np.inf
        if assignment[centres[t]] == t:
            least = _travel(place, weight, members, centres[t])
        for m in tried:
            cost = _travel(place, weight, members, members[m])
            if cost < least * (1.0 - 1e-12):
                least, best[t] = cost, members[m]
    return best


@njit(cache=True, nogil=True)
def _geometric_median(place, weight, members):  # type: ignore[no-untyped-def]
    middle, total = np.zeros(3), 1e-300
    for i in members:
        total += weight[i]
        middle += weight[i] * place[i]
    middle /= total
    for _ in range(WEISZFELD_STEPS):
        top, bottom = np.zeros(3), 1e-300
        for i in members:
            share = weight[i] / (np.sqrt(_squared(place[i], middle)) + 1e-9)
            bottom += share
            top += share * place[i]
        middle = top / bottom
    return middle


@njit(cache=True, nogil=True)
def _travel(place, weight, members, centre):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in members:
        total += weight[i] * np.sqrt(_squared(place[i], place[centre]))
    return total


@njit(cache=True, nogil=True, inline="always")
def _squared(a, b):  # type: ignore[no-untyped-def]
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
