"""Key figures of several sides in one table, and which direction is better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.compare.counting import counted_differently
from engine.compare.side import Side

# Which direction is better for its own sake; a figure that is not here only describes (how many, how large).
BETTER = {
    "objective": "lower",
    "gap": "lower",
    "travel_cost": "lower",
    "handoff_cost": "lower",
    "imbalance_cost": "lower",
    "accounts_moved": "lower",
    "value_moved_share": "lower",
    "territories_in_pieces": "lower",
    "units_unassigned": "lower",
    "p_plan": "higher",
    "share_at_quota": "higher",
    "chance_spread": "lower",
    "expected_bookings": "higher",
}
BETTER_PREFIXES = {"max_deviation_": "lower"}


def better(kpi: str) -> str:
    """Say which direction of a figure is better: ``lower``, ``higher`` or empty."""
    for prefix, direction in BETTER_PREFIXES.items():
        if kpi.startswith(prefix):
            return direction
    return BETTER.get(kpi, "")


def kpi_table(sides: Sequence[Side]) -> pd.DataFrame:
    """Put the figures of all sides beside each other.

    Parameters
    ----------
    sides
        The sides, with different labels.

    Returns
    -------
    Columns ``kpi, unit, meaning, better, best`` and one column a side (NaN = not known there), figures in the
    order of the first side. ``best`` is the label of the one side that is better than all others; empty if
    there is none, no direction is better, the sides count the figure by different prices or inputs, or that
    side leaves units to nobody (which makes it look cheap).
    """
    frames = [pd.concat([side.kpis, _from_tables(side)]).drop_duplicates("kpi") for side in sides]
    words = pd.concat(frames).drop_duplicates("kpi")[["kpi", "unit", "meaning"]]
    table = words.reset_index(drop=True)
    table["better"] = [better(kpi) for kpi in table["kpi"]]
    for side, frame in zip(sides, frames, strict=True):
        table[side.label] = table["kpi"].map(frame.set_index("kpi")["value"]).astype("float64")
    values = table[[side.label for side in sides]].to_numpy()
    other = counted_differently(sides)
    ways = ["" if kpi in other else way for kpi, way in zip(table["kpi"], table["better"], strict=True)]
    best = [_best(sides, row, way) for row, way in zip(values, ways, strict=True)]
    table.insert(4, "best", pd.Series(best, dtype="str"))
    return table


def _from_tables(side: Side) -> pd.DataFrame:
    """Figures every side has, whether or not it says so itself."""
    in_pieces, nobody = int((side.territories["pieces"] > 1).sum()), int((side.territory == "").sum())
    rows = [
        ("territories_in_pieces", in_pieces, "count", "territories that are not one connected piece"),
        ("units_unassigned", nobody, "count", "planning units nobody has"),
    ]
    return pd.DataFrame(rows, columns=["kpi", "value", "unit", "meaning"])


def _best(sides: Sequence[Side], values: NDArray[np.float64], way: str) -> str:
    known = values[~np.isnan(values)]
    if not way or len(known) < 2:
        return ""
    top = known.min() if way == "lower" else known.max()
    winners = [side for side, value in zip(sides, values, strict=True) if value == top]
    return winners[0].label if len(winners) == 1 and (winners[0].territory != "").all() else ""
