"""What the map script gets: shapes, owners and finished texts, nothing to compute or to format."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.report.places import Array, grid_step, whole_steps
from engine.report.table import Table, Value
from engine.report.territory_map import TerritoryMap
from engine.report.topology import encoded_arcs

UNIT_FIGURES_AFTER = (
    "reason",
    "group",
)  # the columns of the units' table that follow the first of these it has


def map_data(drawn: TerritoryMap, units: Table, territories: Table | None) -> dict[str, Any]:
    """Write the content of the page's data block.

    Parameters
    ----------
    drawn
        The map.
    units
        Table of units: ``unit_id, name, group``, perhaps ``reason`` and ``locked``, and figures after these.
    territories
        Table whose figures are told when a territory is chosen; None = ids and names only.

    Returns
    -------
    JSON content; places are whole steps of the map's grid, owners are indices of territories (-1 = nobody).
    """
    places = drawn.places
    width, height = whole_steps(places, np.array([places.extent[2:]]))[0].tolist()
    home = np.flatnonzero(~np.isnan(places.homes).any(axis=1))
    return {
        "extent": [height, width],
        "nobody": drawn.nobody,
        "units": {
            **_unit_labels(units),
            "at": whole_steps(places, places.points).tolist(),
            "arcs": encoded_arcs(places),
        },
        "territories": {
            "id": list(drawn.territory_ids),
            "name": list(drawn.names),
            "fill": list(drawn.fills),
            "figures": [] if territories is None else _territory_figures(territories, drawn.territory_ids),
        },
        "alignments": [
            {
                "label": alignment.label,
                "owner": alignment.owner.tolist(),
                "anchors": _anchors(drawn, alignment.anchors),
            }
            for alignment in drawn.alignments
        ],
        "homes": [
            {"territory": t, "at": at}
            for t, at in zip(home.tolist(), whole_steps(places, places.homes[home]).tolist(), strict=True)
        ],
    }


def _unit_labels(units: Table) -> dict[str, Any]:
    names = [column.name for column in units.columns]
    labels: dict[str, Any] = {"id": units.column("unit_id")}
    labels |= {name: [str(value or "") for value in units.column(name)] for name in ("name", "group")}
    first = 1 + next(names.index(name) for name in UNIT_FIGURES_AFTER if name in names)
    if "reason" in names:
        texts = [str(value or "") for value in units.column("reason")]
        labels["reasons"] = sorted(set(texts))
        numbers = {text: i for i, text in enumerate(labels["reasons"])}
        labels["reason"] = [numbers[text] for text in texts]
        labels["locked"] = [int(bool(value)) for value in units.column("locked")]
    labels["figures"] = [
        {"label": column.label, "values": [column.kind.shown(value) for value in units.column(column.name)]}
        for column in units.columns[first:]
    ]
    return labels


def _territory_figures(territories: Table, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    """Texts of every column but the id and the name, in the order of the map's territories."""
    shown = territories.main()
    rows: dict[Value, tuple[Value, ...]] = dict(zip(shown.column("territory_id"), shown.rows, strict=True))
    figures = []
    for i, column in enumerate(shown.columns):
        if column.name not in ("territory_id", "rep_name"):
            values = [column.kind.shown(rows[one][i]) if one in rows else "" for one in ids]
            figures.append({"label": column.label, "values": values})
    return figures


def _anchors(drawn: TerritoryMap, anchors: Array) -> list[list[int] | None]:
    known = np.asarray(np.isfinite(anchors).all(axis=1))
    at = whole_steps(drawn.places, np.where(known[:, None], anchors[:, :2], 0.0))
    room = np.where(known, anchors[:, 2] / grid_step(drawn.places), 0.0)
    return [
        [int(x), int(y), int(r)] if there else None
        for (x, y), r, there in zip(at.tolist(), room.tolist(), known.tolist(), strict=True)
    ]
