"""Who shares specialists: stations beside the reps', and clusters of territories that wait for the same people."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.attainment import SalesField
from engine.units import DAYS_PER_YEAR
from simulation.calendar import weekdays

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Sharing(NamedTuple):
    """Specialists and the territories that share them.

    ``helper`` is the station that helps a territory in a stage, shape (territories, stages), -1 = none; stations of
    specialists are numbered after the territories. ``hours`` are each station's cumulative hours a person, shape
    (pools, 366), ``servers`` its people, shape (pools,). Territories with the same ``cluster``, shape (territories,),
    wait for the same people, directly or by way of others.
    """

    helper: Index
    hours: Array
    servers: Index
    cluster: Index


def share_pools(field: SalesField) -> Sharing:
    """Give every region, every manager or the company its people of each pool.

    Parameters
    ----------
    field
        Territories, their regions and managers, and the process.

    Returns
    -------
    Stations and clusters; clusters are numbered by their first territory.
    """
    stages, size = field.process.stages, len(field.territory_ids)
    helper = np.full((size, len(stages)), -1, dtype=np.int64)
    servers: list[int] = []
    hours = [np.empty((0, DAYS_PER_YEAR + 1))]
    for pool in field.process.pools:
        groups = {"company": ("",) * size, "region": field.regions, "manager": field.managers}[pool.shared_by]
        names = sorted(set(groups))
        stations = size + len(servers) + np.array([names.index(group) for group in groups])
        for s, stage in enumerate(stages):
            if stage.specialist and stage.specialist.pool == pool.name:
                helper[:, s] = stations
        day = pool.hours_per_year * weekdays(field) / weekdays(field).sum()
        hours.append(np.tile(np.concatenate([[0.0], np.cumsum(day)]), (len(names), 1)))
        servers += [pool.people] * len(names)
    seat, where = np.nonzero(helper >= 0)
    links = coo_array((np.ones(len(seat)), (seat, helper[seat, where])), shape=(size + len(servers),) * 2)
    cluster = connected_components(links, directed=False)[1][:size]
    return Sharing(helper, np.concatenate(hours), np.array(servers, dtype=np.int64), _by_first(cluster))


def _by_first(labels: NDArray[np.int32]) -> Index:
    """Number labels in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
