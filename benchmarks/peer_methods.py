"""Other tools on one instance, each as its makers show it: run by `benchmarks.peers` in an environment of its own.

``python peer_methods.py METHOD INSTANCE.npz ANSWER.npy SECONDS SEED``. The instance holds places in km, values in targets of a territory,
cost per km, edges and the number of territories; the answer is the territory of each unit. Only numpy and the tool are needed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

import numpy as np

Data = Mapping[str, np.ndarray]


def recom(data: Data, count: int, tolerance: float, seconds: float, seed: int) -> np.ndarray:
    """GerryChain: a recursive tree partition balanced on workload, then short bursts of ReCom on travel and both balances."""
    import random
    from functools import partial

    import networkx as nx
    from gerrychain import Graph, Partition, constraints
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import recom as merge_and_split
    from gerrychain.tree import recursive_tree_part
    from gerrychain.updaters import Tally

    random.seed(seed)
    end = time.monotonic() + seconds
    values, points, cost = data["values"], data["points"], data["cost"]
    network: nx.Graph[int] = nx.Graph()
    # nodes first: the tool numbers them in the order in which they come
    network.add_nodes_from(range(len(points)))
    network.add_edges_from(tuple(edge) for edge in data["edges"].tolist())
    nx.set_node_attributes(network, {unit: float(values[unit, 1]) for unit in network.nodes}, "load")
    graph = Graph.from_networkx(network)
    first = recursive_tree_part(graph, range(count), 1.0, "load", tolerance, 1)
    partition = Partition(graph, first, {"load": Tally("load")})

    def labels(state: Partition) -> np.ndarray:
        found = np.empty(len(points), dtype=np.int64)
        for unit in range(len(points)):
            found[unit] = state.assignment[unit]
        return found

    def price(state: Partition) -> float:
        """Way to the middle of each territory, dearer the more a balance is outside."""
        label = labels(state)
        weight = np.bincount(label, cost, minlength=count)
        middle = np.column_stack(
            [np.bincount(label, cost * points[:, a], minlength=count) / weight for a in (0, 1)]
        )
        way = float(cost @ np.linalg.norm(points - middle[label], axis=1))
        sums = np.column_stack([np.bincount(label, values[:, m], minlength=count) for m in (0, 1)])
        return way * (1.0 + 10.0 * float(np.maximum(np.abs(sums - 1.0) - tolerance, 0.0).max()))

    chain = SingleMetricOptimizer(
        proposal_fn=partial(
            merge_and_split, pop_col="load", pop_target=1.0, epsilon=tolerance, node_repeats=1
        ),
        constraints=[constraints.within_percent_of_ideal_population(partition, tolerance, "load")],
        initial_state=partition,
        optimization_metric_fn=price,
        maximize=False,
    )
    for _ in chain.short_bursts(10, 10**6, with_progress_bar=False):
        if time.monotonic() > end:
            break
    return labels(chain.best_part)


def k_means_constrained(data: Data, count: int, tolerance: float, seconds: float, seed: int) -> np.ndarray:
    """k-means-constrained: as many units a territory, within the tolerance; it balances numbers of units only."""
    from k_means_constrained import KMeansConstrained

    mean = len(data["points"]) / count
    sizes = {"size_min": int(mean * (1 - tolerance)), "size_max": int(np.ceil(mean * (1 + tolerance)))}
    model = KMeansConstrained(n_clusters=count, n_init=1, random_state=seed, **sizes)
    return np.asarray(model.fit_predict(data["points"]))


def ward(data: Data, count: int, tolerance: float, seconds: float, seed: int) -> np.ndarray:
    """spopt: hierarchical clustering along the map (Ward) on places; it has no balance."""
    import geopandas
    import libpysal
    from spopt.region import WardSpatial

    around: dict[int, list[int]] = {unit: [] for unit in range(len(data["points"]))}
    for a, b in data["edges"].tolist():
        around[a].append(b)
        around[b].append(a)
    table = geopandas.GeoDataFrame({"x": data["points"][:, 0], "y": data["points"][:, 1]})
    model = WardSpatial(table, libpysal.weights.W(around, silence_warnings=True), ["x", "y"], count)
    model.solve()
    return np.asarray(model.labels_)


def hess(data: Data, count: int, tolerance: float, seconds: float, seed: int) -> np.ndarray:
    """Plain Hess model in Pyomo: twice as many nearest candidates a unit as a territory has units, no contiguity, HiGHS."""
    import pyomo.environ as pyo

    begin = time.monotonic()
    points, values, cost = data["points"], data["values"], data["cost"]
    units = range(len(points))
    near = 2 * len(points) // count
    way = np.linalg.norm(points[:, None] - points[None], axis=2)
    nearest = np.argsort(way, axis=1)[:, :near]
    pairs = [(i, int(j)) for i in units for j in nearest[i]]
    held: dict[int, list[int]] = {j: [] for j in units}
    for i, j in pairs:
        held[j].append(i)
    model = pyo.ConcreteModel()
    model.x = pyo.Var(pairs, domain=pyo.Binary)
    model.cost = pyo.Objective(expr=sum(float(cost[i] * way[i, j]) * model.x[i, j] for i, j in pairs))
    model.once = pyo.Constraint(units, rule=lambda m, i: sum(m.x[i, int(j)] for j in nearest[i]) == 1)
    model.count = pyo.Constraint(expr=sum(model.x[j, j] for j in units) == count)
    model.opened = pyo.Constraint(
        [(i, j) for i, j in pairs if i != j], rule=lambda m, i, j: m.x[i, j] <= m.x[j, j]
    )
    limits = [(j, a, side) for j in units for a in (0, 1) for side in (-1, 1)]
    model.limits = pyo.Constraint(
        limits,
        rule=lambda m, j, a, side: (
            side * sum(float(values[i, a]) * m.x[i, j] for i in held[j])
            <= side * (1 + side * tolerance) * m.x[j, j]
        ),
    )
    solver = pyo.SolverFactory("appsi_highs")
    solver.options.update({"time_limit": max(1.0, seconds - (time.monotonic() - begin)), "threads": 1})
    found = solver.solve(model, load_solutions=False)
    if not len(found.solution):
        raise TimeoutError("no plan")
    model.solutions.load_from(found)
    return np.array([next(int(j) for j in nearest[i] if pyo.value(model.x[i, int(j)]) > 0.5) for i in units])


METHODS: dict[str, Callable[[Data, int, float, float, int], np.ndarray]] = {
    "gerrychain_recom": recom,
    "k_means_constrained": k_means_constrained,
    "spopt_ward": ward,
    "pyomo_hess": hess,
}

if __name__ == "__main__":
    method, instance, answer, limit, number = sys.argv[1:]
    with np.load(instance) as arrays:
        plan = METHODS[method](
            arrays, int(arrays["count"]), float(arrays["tolerance"]), float(limit), int(number)
        )
    np.save(answer, plan)
