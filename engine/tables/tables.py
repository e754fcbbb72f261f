"""The input tables of a scenario after reading and checking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from engine.errors import Finding


def no_bounds() -> pd.DataFrame:
    """Make the table of a scenario that limits no single quota."""
    kinds = {"position": "str", "floor": "float64", "cap": "float64", "reason": "str", "place": "str"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def no_bottom_up() -> pd.DataFrame:
    """Make the table of a scenario for which nobody proposes numbers."""
    kinds = {"position": "str", "account": "str", "amount": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def no_quota_changes() -> pd.DataFrame:
    """Make the table of a scenario in which nothing changes inside the year."""
    kinds = dict.fromkeys(("date", "change", "position", "to", "account", "rep", "reason", "place"), "str")
    return pd.DataFrame(
        {name: pd.Series(dtype=kind) for name, kind in (kinds | {"share": "float64"}).items()}
    )


def no_vacations() -> pd.DataFrame:
    """Make the table of a scenario that knows no days off."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in ("position", "first", "last")})


def no_groups() -> pd.DataFrame:
    """Make the table of a scenario that names no groups of units."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in ("group", "unit", "reason")})


def no_travel_times() -> pd.DataFrame:
    """Make the table of a scenario whose travel is estimated."""
    kinds = {"unit": "str", "territory": "str", "hours": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


@dataclass(frozen=True)
class InputFile:
    """One file that was read.

    Parameters
    ----------
    role
        Scenario key, such as ``units.table``.
    path
        Path as written in the scenario (never absolute unless the user wrote it so).
    sha256
        Hash of the bytes that were read.
    size
        Bytes.
    """

    role: str
    path: str
    sha256: str
    size: int


ANYTHING = "*"  # what a position has that may get every unit


@dataclass(frozen=True)
class Needs:
    """What units need of the position that gets them.

    Parameters
    ----------
    rule
        Scenario key without ``rules.``, such as ``eligibility.0`` or ``inside_region``.
    units
        What each unit needs by unit id; empty text = nothing.
    positions
        What each position has by position id; None = anything.
    """

    rule: str
    units: pd.Series[str]
    positions: Mapping[str, frozenset[str] | None]

    def met(self, need: str, position: str) -> bool:
        """Say whether a position has all that a unit needs; several needs are written with ``;`` between them."""
        have = self.positions[position]
        if not need or have is None:
            return True
        if self.rule == "inside_region":
            return need in have
        return frozenset(word.strip() for word in need.split(";")) - {""} <= have


@dataclass(frozen=True)
class Tables:
    """Checked tables; every frame is sorted by its index, ids are text, numbers are finite floats.

    Parameters
    ----------
    units
        Index unit id; columns ``name, group, lon, lat, area_km2`` (0 when not given), ``visits``,
        ``potential``, ``potential_q1`` .. ``potential_q4`` (a quarter each of potential when no quarters are
        given) and one column for each measure of ``measures.other``.
    adjacency
        Columns ``unit, neighbour, kind``; unit < neighbour, no duplicates.
    reps
        Index position id; columns ``rep_id, rep_name, home_city, home_lat, home_lon`` (NaN = free centre),
        ``capacity, start_date`` (datetime.date), ``ramp_months, segment, manager, region, last_year_quota,
        last_year_bookings`` (NaN = unknown). Extra vacancies asked for by ``territories.count`` are included.
    accounts
        Index account id; columns ``name, unit, segment, value, owner, named, locked`` (bool); empty when not
        given.
    current
        Territory id of each unit (index = unit ids, all of them); empty text = nobody.
    locks, forbid
        Columns ``unit, territory, reason, place`` (``file:line``).
    pipeline
        Index opportunity id; columns ``account_id, unit, stage`` (index of the stage), ``amount,
        days_in_stage``; empty when not given.
    findings
        Repairs, warnings and notes (errors are raised).
    files
        Every file read.
    quota_bounds
        Columns ``position, floor, cap`` (NaN = no limit), ``reason, place``; empty when not given.
    bottom_up
        Columns ``position, account`` (one of them empty), ``amount``; empty when not given.
    quota_changes
        Columns ``date`` (datetime.date), ``change`` (leave, start, move), ``position, to, account, share`` (NaN = by
        the account's revenue), ``rep, reason, place``, by date; empty when not given.
    travel_times
        Columns ``unit, territory, hours`` (one way); ways not in it are estimated.
    vacations
        Columns ``position, first, last`` (datetime.date); empty when not given.
    together, apart
        Columns ``group, unit, reason``; every group has two units or more.
    needs
        What units need of positions, one a rule.
    """

    units: pd.DataFrame
    adjacency: pd.DataFrame
    reps: pd.DataFrame
    accounts: pd.DataFrame
    current: pd.Series[str]
    locks: pd.DataFrame
    forbid: pd.DataFrame
    pipeline: pd.DataFrame
    findings: tuple[Finding, ...]
    files: tuple[InputFile, ...]
    quota_bounds: pd.DataFrame = field(default_factory=no_bounds)
    bottom_up: pd.DataFrame = field(default_factory=no_bottom_up)
    quota_changes: pd.DataFrame = field(default_factory=no_quota_changes)
    travel_times: pd.DataFrame = field(default_factory=no_travel_times)
    vacations: pd.DataFrame = field(default_factory=no_vacations)
    together: pd.DataFrame = field(default_factory=no_groups)
    apart: pd.DataFrame = field(default_factory=no_groups)
    needs: tuple[Needs, ...] = ()
