"""The written files of one run, each read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from engine.verify.figures import Point, great_circle_km
from engine.verify.reading import Row, Settings, Unreadable, by_id, read_json, read_table

UNIT = ("unit_id", "name", "group", "lon", "lat", "area_km2", "visits", "travel_hours", "handoff_value")
QUARTERS = ("potential_q1", "potential_q2", "potential_q3", "potential_q4")
TERRITORY = (
    *("territory_id", "rep_id", "rep_name", "manager", "region", "segment", "capacity", "start_date"),
    *("home_lon", "home_lat", "centre_unit_id", "units", "pieces", "accounts", "revenue"),
    *("travel_km", "travel_hours", "travel_cost", "handoff_value", "handoff_cost", "imbalance_cost"),
    "compactness",
)
FIGURES = ("", "_target", "_lower", "_upper", "_deviation")  # columns of each measure in territories.csv
ALIGNMENT = ("unit_id", "territory_id", "previous_territory_id", "locked", "reason")
ACCOUNT = (
    *("account_id", "name", "unit_id", "segment", "revenue", "territory_id", "previous_territory_id"),
    *("named", "locked", "moved", "reason"),
)
MONTHS = 12


@dataclass(frozen=True)
class Run:
    """A run folder; every table is read and indexed when first asked for.

    Parameters
    ----------
    folder
        The folder.
    """

    folder: Path

    @cached_property
    def scenario(self) -> Settings:
        """Every key of the scenario with the value that was used."""
        return read_json(self.folder, "scenario.resolved.json")

    @cached_property
    def manifest(self) -> Settings:
        """The list of files, with status, objective and bound."""
        return read_json(self.folder, "manifest.json")

    def named(self, key: str) -> bool:
        """Say whether the scenario names a key of a rule; scenarios of older versions lack some."""
        block, _, name = key.partition(".")
        return self.scenario.mapping(block).get(name) is not None

    def listed(self, key: str) -> tuple[Settings, ...]:
        """Give the items of a rule's list; scenarios of older versions lack some."""
        return self.scenario.items(key) if self.named(key) else ()

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Names of all measures."""
        return ("potential", "workload", *self.scenario.mapping("measures.other"))

    @cached_property
    def tolerances(self) -> dict[str, Fraction]:
        """Tolerance of each balanced measure."""
        return {
            balance.choice("measure", *self.measures): Fraction(balance.number("tolerance"))
            for balance in self.scenario.items("territories.balance")
        }

    @cached_property
    def units(self) -> dict[str, Row]:
        """Planning units by id."""
        return by_id(read_table(self.folder, "units.csv", (*UNIT, *QUARTERS, *self.measures)), "unit_id")

    @cached_property
    def territories(self) -> dict[str, Row]:
        """Territories by id."""
        figures = tuple(measure + figure for measure in self.measures for figure in FIGURES)
        return by_id(read_table(self.folder, "territories.csv", (*TERRITORY, *figures)), "territory_id")

    @cached_property
    def alignment(self) -> dict[str, Row]:
        """Rows of the alignment by unit id."""
        return by_id(read_table(self.folder, "alignment.csv", ALIGNMENT), "unit_id")

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Unit ids of every territory that units.csv knows too, in order."""
        members: dict[str, list[str]] = {territory: [] for territory in self.territories}
        for unit, row in self.alignment.items():
            if unit in self.units and row.text("territory_id") in members:
                members[row.text("territory_id")].append(unit)
        return {territory: tuple(units) for territory, units in members.items()}

    @cached_property
    def accounts(self) -> dict[str, Row]:
        """Accounts by id; empty when the scenario names none."""
        if self.scenario.at("accounts") is None:
            if (self.folder / "accounts.csv").exists():
                read_table(self.folder, "accounts.csv", ACCOUNT, may_be_empty=True)
            return {}
        return by_id(read_table(self.folder, "accounts.csv", ACCOUNT), "account_id")

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Names ``YYYY-MM`` of the twelve months of the fiscal year."""
        start = self.scenario.text("fiscal_year_start")
        try:
            day = date.fromisoformat(start)
        except ValueError:
            raise Unreadable(
                f"{self.scenario.file}: fiscal_year_start: {start[:80]!r} is not a date"
            ) from None
        first = day.year * MONTHS + day.month - 1
        return tuple(f"{m // MONTHS:04d}-{m % MONTHS + 1:02d}" for m in range(first, first + MONTHS))

    @cached_property
    def points(self) -> dict[str, Point]:
        """Longitude and latitude of every unit."""
        return {unit: row.point("lon", "lat") for unit, row in self.units.items()}

    @cached_property
    def homes(self) -> dict[str, Point]:
        """Home base of every territory that has one."""
        return {
            territory: row.point("home_lon", "home_lat")
            for territory, row in self.territories.items()
            if not (row.blank("home_lon") and row.blank("home_lat"))
        }

    @cached_property
    def centre_km(self) -> dict[str, float]:
        """Straight km between each unit and its territory's centre (home base, else centre unit)."""
        distances = {}
        for territory, units in self.members.items():
            if territory in self.homes:
                distances.update({unit: self.base_km(unit, territory) for unit in units})
            else:
                centre = self._centre(territory)
                distances.update({unit: great_circle_km(self.points[unit], centre) for unit in units})
        return distances

    @cached_property
    def given_km(self) -> dict[tuple[str, str], float]:
        """Straight km of the ways between unit and home base whose hours the scenario gives."""
        name = "inputs/travel_times.csv"
        if self.scenario.at("travel.table") is None:
            if (self.folder / name).exists():
                raise Unreadable(f"{name}: is there although the scenario names no travel.table")
            return {}
        pace = float(self.scenario.positive("travel.speed_kmh") / self.scenario.number("travel.circuity"))
        rows = read_table(self.folder, name, ("unit", "territory", "hours"))
        ways = {(row.filled("unit"), row.filled("territory")): float(row.number("hours")) for row in rows}
        if len(ways) < len(rows):
            raise Unreadable(f"{name}: a way is there twice")
        return {(unit, base): hours * pace for (unit, base), hours in ways.items() if base in self.homes}

    def base_km(self, unit: str, territory: str) -> float:
        """Straight km between a unit and a home base: given, else a great circle."""
        given = self.given_km.get((unit, territory))
        return great_circle_km(self.points[unit], self.homes[territory]) if given is None else given

    @cached_property
    def handed_off(self) -> frozenset[str]:
        """Units that had a territory before and now have another."""
        return frozenset(
            unit
            for unit, row in self.alignment.items()
            if row.text("previous_territory_id") not in ("", row.text("territory_id"))
        )

    def groups(self, level: str) -> Mapping[str, tuple[str, ...]]:
        """Gather territories by ``manager`` or ``region``; those without one stand under the empty name."""
        gathered: dict[str, list[str]] = {}
        for territory, row in self.territories.items():
            gathered.setdefault(row.text(level), []).append(territory)
        return {name: tuple(territories) for name, territories in gathered.items()}

    def _centre(self, territory: str) -> Point:
        row = self.territories[territory]
        unit = row.text("centre_unit_id")
        if unit not in self.points:
            raise Unreadable(f"territories.csv:{row.line}: centre_unit_id: {unit!r} is not in units.csv")
        return self.points[unit]
