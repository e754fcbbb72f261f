"""Published instances as centre problems; the definitions are those of each set's README."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.problem import TerritoryProblem
from solvers.hess.problem import CentreProblem, Graph

Array = NDArray[np.float64]
Index = NDArray[np.int32]


@dataclass(frozen=True)
class Instance:
    """A published instance.

    Parameters
    ----------
    name
        As in the set's table of results.
    best_known
        The best published objective; infinite when it is proved that there is no plan.
    read
        Reads the files and gives the problem.
    """

    name: str
    best_known: float
    read: Callable[[], CentreProblem | TerritoryProblem]


def hess_districting(folder: Path) -> Iterator[Instance]:
    """Give the county and tract instances with contiguity, population times squared kilometres / 1e6."""
    for row in _rows(folder / "published_results.csv"):
        level, state = row["instance"].split("_")
        infeasible = row["proven_optimal"] == "proven infeasible"
        known = row["published_model"] == "lcut" and (row["best_known"] or infeasible)
        if known and int(row["k"]) >= 2 and (folder / level / f"{state}_nodes.csv").exists():
            best = math.inf if infeasible else float(row["best_known"])
            yield Instance(row["instance"], best, lambda f=folder, r=row: _hess(f, r))  # type: ignore[misc]


def _hess(folder: Path, row: dict[str, str]) -> CentreProblem:
    level, state = row["instance"].split("_")
    nodes = _rows(folder / level / f"{state}_nodes.csv")
    population = np.array([float(node["population"]) for node in nodes])
    points = np.array([[float(node["x_m"]), float(node["y_m"])] for node in nodes])
    km = np.round(_distances(points) / 1000)
    pairs = [(int(e["i"]), int(e["j"])) for e in _rows(folder / level / f"{state}_edges.csv")]
    limits = np.full((len(nodes), 1), 1.0)
    everywhere = np.arange(len(nodes), dtype=np.int32)
    return CentreProblem(
        population[:, None] * (km / 1000) ** 2,
        everywhere,
        int(row["k"]),
        population[:, None],
        limits * float(row["L"]),
        limits * float(row["U"]),
        _graph(points, pairs),
    )


def commercial_territory(folder: Path) -> Iterator[Instance]:
    """Give the p-median territory instances with three activities within 5 % of their mean."""
    for row in _rows(folder / "published_results.csv"):
        file = folder / "instances" / f"{row['instance']}.dat"
        if file.exists():
            yield Instance(row["instance"], float(row["best_known"]), lambda f=file: _commercial(f))  # type: ignore[misc]


def _commercial(file: Path) -> CentreProblem:
    lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    units = int(lines[0][0])
    nodes = np.array(lines[1 : units + 1], dtype=float)
    edges = int(lines[units + 1][0])
    pairs = [(int(a), int(b)) for a, b in lines[units + 2 : units + 2 + edges]]
    count = int(lines[units + 2 + edges][0])
    tolerances = np.array(lines[units + 2 + edges][2:5], dtype=float)
    activities = nodes[:, 3:6]
    mean = activities.sum(axis=0) / count
    ones = np.ones((units, 1))
    return CentreProblem(
        _distances(nodes[:, 1:3]),
        np.arange(units, dtype=np.int32),
        count,
        activities,
        ones * mean * (1 - tolerances),
        ones * mean * (1 + tolerances),
        _graph(nodes[:, 1:3], pairs),
    )


def kong_service_area(folder: Path) -> Iterator[Instance]:
    """Give the service areas around fixed facilities, demand times kilometres."""
    for row in _rows(folder / "published_results.csv"):
        yield Instance(
            row["instance"],
            float(row["best_known"]),
            lambda f=folder, n=row["instance"]: _kong(f, n),  # type: ignore[misc]
        )


def _kong(folder: Path, name: str) -> CentreProblem:
    nodes = _rows(folder / "instances" / f"{name}.csv")
    place = {node["id"]: number for number, node in enumerate(nodes)}
    points = np.array([[float(node["x"]), float(node["y"])] for node in nodes])
    demand = np.array([float(node["demand"]) for node in nodes])
    facilities = [number for number, node in enumerate(nodes) if node["is_facility"] == "1"]
    capacity = np.array([[float(nodes[number]["capacity"])] for number in facilities])
    edges = _rows(folder / f"{name.split('_')[0]}_adjacency.csv")
    pairs = [(place[edge["id1"]], place[edge["id2"]]) for edge in edges]
    km = _distances(points)[:, facilities] / 1000
    return CentreProblem(
        demand[:, None] * km,
        np.array(facilities, dtype=np.int32),
        len(facilities),
        demand[:, None],
        np.zeros_like(capacity),
        capacity,
        _graph(points, pairs),
    )


def capacitated_p_median(folder: Path) -> Iterator[Instance]:
    """Give the capacitated p-median instances: distances of OR-Library files are cut to whole numbers."""
    for row in _rows(folder / "published_results.csv"):
        file = folder / "instances" / f"{row['instance']}.txt"
        yield Instance(row["instance"], float(row["best_known"]), lambda f=file: _p_median(f))  # type: ignore[misc]


def _p_median(file: Path) -> CentreProblem:
    lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    units, count = int(lines[0][0]), int(lines[0][1])
    nodes = np.array(lines[1 : units + 1], dtype=float)
    km = _distances(nodes[:, :2])
    return CentreProblem(
        np.floor(km) if file.name.startswith("cpmp") else km,
        np.arange(units, dtype=np.int32),
        count,
        nodes[:, 3:4],
        np.zeros((units, 1)),
        nodes[:, 2:3].copy(),
    )


def min_cut_edges(folder: Path) -> Iterator[Instance]:
    """Give the county and tract instances whose number of edges between districts is to be smallest."""
    results = _rows(folder / "published_results.csv")
    for name in dict.fromkeys(row["instance"] for row in results):
        published = [row for row in results if row["instance"] == name]
        best = min(float(row["best_known"]) for row in published)
        yield Instance(name, best, lambda f=folder, r=published[0]: _cut_edges(f, r))  # type: ignore[misc]


def _cut_edges(folder: Path, row: dict[str, str]) -> TerritoryProblem:
    level, state = row["instance"].split("_")
    maps = folder.parent / "hess_districting" / level
    nodes = _rows(maps / f"{state}_nodes.csv")
    links = [e for e in _rows(maps / f"{state}_edges.csv") if e["kind"] == "adjacent"]
    graph = _graph(np.zeros((len(nodes), 2)), [(int(e["i"]), int(e["j"])) for e in links])
    units, count = len(nodes), int(row["k"])
    nobody = np.full(units, -1, dtype=np.int32)
    return TerritoryProblem(
        unit_ids=tuple(f"{unit:04d}" for unit in range(units)),
        territory_ids=tuple(f"T{number:02d}" for number in range(count)),
        measure_names=("population",),
        unit_points=np.zeros((units, 2)),
        measures=np.array([[float(node["population"])] for node in nodes]),
        share=np.full((count, 1), 1 / count),
        tolerance=np.array([0.005]),
        lower=np.full((count, 1), float(row["L"])),
        upper=np.full((count, 1), float(row["U"])),
        imbalance_cost=np.zeros(1),
        indptr=graph.indptr,
        indices=graph.indices,
        homes=np.full((count, 2), np.nan),
        travel_cost=np.zeros(units),
        previous=nobody,
        handoff_value=np.zeros(units),
        handoff_cost=np.zeros(units),
        disruption_limit=np.inf,
        locked=nobody,
        allowed=np.ones((units, count), dtype=bool),
        contiguous=True,
        oversize=np.zeros((units, 1), dtype=bool),
    )


SETS: dict[str, Callable[[Path], Iterator[Instance]]] = {
    "hess_districting": hess_districting,
    "commercial_territory": commercial_territory,
    "kong_service_area": kong_service_area,
    "capacitated_p_median": capacitated_p_median,
    "min_cut_edges": min_cut_edges,
}


def recomputed(problem: CentreProblem, assignment: Index) -> float:
    """Add up a plan's cost and check every rule with plain Python, sharing nothing with the solver.

    Raises
    ------
    ValueError
        If the plan breaks a rule.
    """
    cost, territories = 0.0, {}  # type: tuple[float, dict[int, set[int]]]
    for unit, centre in enumerate(assignment.tolist()):
        cost += float(problem.cost[unit, centre])
        territories.setdefault(centre, set()).add(unit)
    if len(territories) != problem.count:
        raise ValueError(f"{len(territories)} territories")
    for centre, members in territories.items():
        home = int(problem.candidates[centre])
        if home not in members:
            raise ValueError(f"centre {centre} is not in its own territory")
        for m in range(problem.activities.shape[1]):
            total = math.fsum(float(problem.activities[unit, m]) for unit in members)
            low, high = float(problem.lower[centre, m]), float(problem.upper[centre, m])
            if not low - 1e-6 * abs(low) <= total <= high + 1e-6 * abs(high):
                raise ValueError(f"centre {centre}: {total} is not between {low} and {high}")
        if (graph := problem.graph) is not None and not _in_one_piece(graph.indptr, graph.indices, members):
            raise ValueError(f"the territory of centre {centre} is not connected")
    return cost


def recomputed_cut_edges(problem: TerritoryProblem, assignment: Index) -> float:
    """Count the edges between territories and check limits and contiguity with plain Python, as `recomputed` does.

    Raises
    ------
    ValueError
        If the plan breaks a rule.
    """
    territory = assignment.tolist()
    for number in range(problem.territories):
        members = {unit for unit, label in enumerate(territory) if label == number}
        total = math.fsum(float(problem.measures[unit, 0]) for unit in members)
        if not problem.lower[number, 0] <= total <= problem.upper[number, 0]:
            raise ValueError(f"territory {number} holds {total}")
        if not _in_one_piece(problem.indptr, problem.indices, members):
            raise ValueError(f"territory {number} is not connected")
    ends = [
        (a, b)
        for a in range(problem.units)
        for b in problem.indices[slice(*problem.indptr[a : a + 2])].tolist()
    ]
    return sum(a < b and territory[a] != territory[b] for a, b in ends)


def _in_one_piece(indptr: Index, indices: Index, members: set[int]) -> bool:
    start = min(members)
    reached, agenda = {start}, [start]
    while agenda:
        unit = agenda.pop()
        around = indices[indptr[unit] : indptr[unit + 1]].tolist()
        new = [other for other in around if other in members and other not in reached]
        reached.update(new)
        agenda += new
    return reached == members


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _distances(points: Array) -> Array:
    return np.asarray(np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2)))


def _graph(points: Array, pairs: list[tuple[int, int]]) -> Graph:
    around: list[set[int]] = [set() for _ in points]
    for a, b in pairs:
        if a != b:
            around[a].add(b)
            around[b].add(a)
    indptr = np.cumsum([0, *(len(a) for a in around)]).astype(np.int32)
    indices = np.array([other for a in around for other in sorted(a)], dtype=np.int32)
    here = np.repeat(np.arange(len(points)), np.diff(indptr))
    lengths = np.sqrt(((points[here] - points[indices]) ** 2).sum(axis=1))
    return Graph(indptr, indices, lengths)
