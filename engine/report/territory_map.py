"""Territories of one or more alignments on a plane, with a fill each and a place for their label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.report.palette import colour_territories
from engine.report.places import Array, Index, Places, anchors, dissolve, read_places
from engine.report.source import Source
from engine.runs import StoredRun


@dataclass(frozen=True)
class Alignment:
    """One way to share out the units.

    Parameters
    ----------
    label
        What a reader calls it.
    owner
        Index of each unit's territory, -1 = nobody.
    shapes
        Dissolved outline of each territory; None where there is none.
    anchors
        Where each territory's label stands and the radius of the room there, km, shape (territories, 3);
        NaN = it has no unit.
    """

    label: str
    owner: Index
    shapes: NDArray[np.object_]
    anchors: Array


@dataclass(frozen=True)
class TerritoryMap:
    """What a map draws.

    Parameters
    ----------
    places
        Units, and homes in the order of the territories.
    territory_ids, names, fills
        Id, rep and colour of each territory.
    areas
        Outlines of the larger areas the units lie in (states), for orientation.
    alignments
        The new one first.
    nobody
        What units without one of these territories are called.
    """

    places: Places
    territory_ids: tuple[str, ...]
    names: tuple[str, ...]
    fills: tuple[str, ...]
    areas: NDArray[np.object_]
    alignments: tuple[Alignment, ...]
    nobody: str = "nobody"


def territory_map(source: Source) -> TerritoryMap:
    """Draw the new alignment of a run and, if there is one, the current alignment."""
    rows = source.alignment.set_index("unit_id")
    owners = {"New plan": rows["territory_id"]}
    if source.has_current:
        owners["Today"] = rows["previous_territory_id"]
    return draw_alignments(source.run, source.territories, owners)


def draw_alignments(
    run: StoredRun,
    territories: pd.DataFrame,
    owners: Mapping[str, pd.Series[str]],
    only: pd.Series[str] | None = None,
) -> TerritoryMap:
    """Draw alignments of the same units.

    Parameters
    ----------
    run
        Where the units are read from.
    territories
        ``territory_id, rep_name, home_lon, home_lat``, one row an id; others may be named by alignments.
    owners
        For each label the territory of every unit, index unit id; empty text = nobody.
    only
        Ids of the units to draw; None = all.

    Returns
    -------
    The map; neighbours in any of the alignments have different fills.
    """
    units = run.table("units").sort_values("unit_id", ignore_index=True)
    if only is not None:
        units = units[units["unit_id"].isin(only)].reset_index(drop=True)
    ids = sorted(set(territories["territory_id"]).union(*owners.values()) - {""})
    seats = territories.set_index("territory_id").reindex(ids)
    places = read_places(run, units, seats)
    held = {
        label: pd.Index(ids).get_indexer(pd.Index(owner.reindex(units["unit_id"]))).astype(np.int32)
        for label, owner in owners.items()
    }
    fills = colour_territories(_neighbours(ids, run.table("adjacency"), units["unit_id"], held.values()))
    groups = np.unique(units["group"], return_inverse=True)
    return TerritoryMap(
        places=places,
        territory_ids=tuple(ids),
        names=tuple(seats["rep_name"].fillna("")),
        fills=tuple(fills[territory] for territory in ids),
        areas=dissolve(places, groups[1].astype(np.int32), len(groups[0])),
        alignments=tuple(_alignment(label, places, owner, len(ids)) for label, owner in held.items()),
    )


def _alignment(label: str, places: Places, owner: Index, territories: int) -> Alignment:
    shapes = dissolve(places, owner, territories)
    return Alignment(label, owner, shapes, anchors(places, owner, shapes))


def _neighbours(
    ids: list[str], edges: pd.DataFrame, unit_ids: pd.Series[str], owners: Iterable[Index]
) -> dict[str, set[str]]:
    """Territories that touch in any alignment."""
    units = pd.Index(unit_ids)
    known = edges[edges["unit"].isin(units) & edges["neighbour"].isin(units)]
    ends = [units.get_indexer(pd.Index(known[end])) for end in ("unit", "neighbour")]
    beside: dict[str, set[str]] = {territory: set() for territory in ids}
    for owner in owners:
        pairs = np.unique(np.column_stack([owner[end] for end in ends]), axis=0)
        for a, b in pairs[(pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]:
            beside[ids[a]].add(ids[b])
            beside[ids[b]].add(ids[a])
    return beside
