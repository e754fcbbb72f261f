"""What belongs to different territories in different sides."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from engine.compare.side import Side


def moved_units(sides: Sequence[Side]) -> pd.DataFrame:
    """List the units that do not have the same territory everywhere.

    Parameters
    ----------
    sides
        The sides; all have the same units.

    Returns
    -------
    Columns ``unit_id, name, group, value`` (revenue not locked, money per year, as in the first side) and
    one column a side with the territory (empty = nobody); the most valuable first.
    """
    units = sides[0].source.table("units").set_index("unit_id").sort_index()
    frame = units[["name", "group"]].assign(value=units["handoff_value"])
    for side in sides:
        frame[side.label] = side.territory
    return _differing(frame, sides, "unit_id")


def moved_accounts(sides: Sequence[Side]) -> pd.DataFrame:
    """List the accounts that all sides have and that do not have the same territory everywhere.

    Parameters
    ----------
    sides
        The sides.

    Returns
    -------
    Columns ``account_id, name, unit_id, value`` (revenue, money per year, as in the first side) and one
    column a side with the territory (empty = nobody); the most valuable first.
    """
    first = sides[0].accounts
    common = first.index
    for side in sides[1:]:
        common = common.intersection(side.accounts.index)
    frame = first.loc[common, ["name", "unit_id"]].assign(value=first.loc[common, "revenue"])
    for side in sides:
        frame[side.label] = side.accounts.loc[common, "territory_id"]
    return _differing(frame, sides, "account_id")


def _differing(frame: pd.DataFrame, sides: Sequence[Side], key: str) -> pd.DataFrame:
    labels = [side.label for side in sides]
    moved = frame[frame[labels].ne(frame[labels[0]], axis=0).any(axis=1)]
    ordered = moved.rename_axis(key).reset_index().sort_values(["value", key], ascending=[False, True])
    return ordered.reset_index(drop=True)
