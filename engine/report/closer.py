"""Why a territory is not closer to its fair share: what each unit beside it would break, and what it would cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd

from engine.geography.travel import distance_km
from engine.report.source import Source
from engine.report.table import money

NEAR = 1e-9
BLOCKED = {
    "locked": "locked",
    "far": "so large that it would miss by more on the other side",
    "limits": "needed by its own territory or too much for the other inside the limits",
    "cut": "holding its territory together",
}


def why_not_closer(source: Source, territory: str, measure: str, deviation: float) -> str:
    """Say what stands against moving one unit at the edge of a territory so that it comes closer to its share.

    Parameters
    ----------
    source
        The run.
    territory, measure, deviation
        The territory and how far it is from its share of the measure.

    Returns
    -------
    A sentence that is counted, not guessed; empty when no unit beside it could change that. One unit at a time is
    tried; exchanges of several are not.
    """
    edge = _Edge(source, territory, measure, deviation)
    pairs = list(edge.pairs())
    if not pairs:
        return ""
    found: dict[str, list[str]] = {}
    prices = []
    for unit, giver, taker in pairs:
        blocked = edge.blocked(unit, giver, taker)
        found.setdefault(unit, []).append(blocked)
        if not blocked:
            prices.append(edge.price(unit, giver, taker))
    reasons = Counter("" if "" in several else several[0] for several in found.values())
    free = reasons.pop("", 0)
    way = "taken in from beside it" if deviation < 0 else "given to a neighbour"
    told = "; ".join(f"{reasons[name]:,} {words}" for name, words in BLOCKED.items() if reasons[name])
    units = f"{len(found):,} {'unit' if len(found) == 1 else 'units'}"
    if not free:
        return f"No single unit could bring it closer: of {units} that could be {way}, {told}."
    rest = f" ({told})" if told else ""
    text = f"Of {units} that could be {way}, {free:,} would bring it closer with every limit kept{rest}"
    cheapest = min(prices)
    if math.isnan(cheapest):
        return f"{text}."
    if cheapest <= 0:
        return f"{text}; the best of them would save {money(-cheapest, source.currency)} a year."
    return f"{text}, but each costs more than it gains in balance: the best of them {money(cheapest, source.currency)} a year."


class _Edge:
    """The units at the edge of one territory."""

    def __init__(self, source: Source, territory: str, measure: str, deviation: float) -> None:
        self.source, self.territory, self.measure = source, territory, measure
        self.takes = deviation < 0
        self.measures = [*source.tolerances]
        self.units = _records(source.units, "unit_id")
        self.rows = _records(source.territories, "territory_id")
        alignment = _records(source.alignment, "unit_id")
        self.owner: dict[str, str] = {unit: row["territory_id"] for unit, row in alignment.items()}
        self.before: dict[str, str] = {unit: row["previous_territory_id"] for unit, row in alignment.items()}
        self.locked = {unit for unit, row in alignment.items() if row["locked"]}
        self.beside: dict[str, set[str]] = {}
        edges = source.run.table("adjacency")
        for one, other in zip(edges["unit"], edges["neighbour"], strict=True):
            self.beside.setdefault(one, set()).add(other)
            self.beside.setdefault(other, set()).add(one)

    def pairs(self) -> Iterator[tuple[str, str, str]]:
        """Each unit that one move could bring in or give away, with its giver and taker."""
        for unit in sorted(self.owner):
            around = sorted({self.owner[one] for one in self.beside.get(unit, ()) if one in self.owner})
            own = self.owner[unit]
            if self.takes and own != self.territory and self.territory in around:
                yield unit, own, self.territory
            elif not self.takes and own == self.territory:
                yield from ((unit, own, other) for other in around if other != own)

    def blocked(self, unit: str, giver: str, taker: str) -> str:
        """Name what stands against the move; empty = nothing."""
        if unit in self.locked:
            return "locked"
        after = self.after(unit, giver, taker)
        target = self.rows[self.territory][f"{self.measure}_target"]
        now = abs(self.rows[self.territory][self.measure] / target - 1)
        if abs(after[self.territory, self.measure] / target - 1) >= now - NEAR:
            return "far"
        for (territory, measure), value in after.items():
            low, high = (self.rows[territory][f"{measure}_{end}"] for end in ("lower", "upper"))
            if not low * (1 - NEAR) <= value <= high * (1 + NEAR):
                return "limits"
        return "" if self.is_whole(giver, unit) else "cut"

    def after(self, unit: str, giver: str, taker: str) -> dict[tuple[str, str], float]:
        """Sums of both territories after the move, by territory and measure."""
        return {
            (territory, measure): self.rows[territory][measure] + sign * self.units[unit][measure]
            for territory, sign in ((giver, -1), (taker, 1))
            for measure in self.measures
        }

    def is_whole(self, territory: str, without: str) -> bool:
        """Whether a territory that is in one piece stays so without a unit."""
        if self.source.scenario["territories"]["contiguity"] != "required":
            return True
        members = {unit for unit, own in self.owner.items() if own == territory and unit != without}
        return len(members) > 0 and len(self._reached(members)) == len(members)

    def _reached(self, members: Collection[str]) -> set[str]:
        start = min(members)
        seen, waiting = {start}, [start]
        while waiting:
            for other in self.beside.get(waiting.pop(), ()):
                if other in members and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen

    def price(self, unit: str, giver: str, taker: str) -> float:
        """Change of the objective, money a year; NaN where it is not known."""
        objective, travel = self.source.scenario["objective"], self.source.scenario["travel"]
        if travel["table"]:
            return math.nan
        row = self.units[unit]
        way = row["visits"] / travel["stops_per_trip"] * 2 * travel["circuity"]
        road = way * (self.km(unit, taker) - self.km(unit, giver)) * objective["travel_cost_per_km"]
        missed = sum(
            abs(value / target - 1) - abs(self.rows[territory][measure] / target - 1)
            for (territory, measure), value in self.after(unit, giver, taker).items()
            for target in (self.rows[territory][f"{measure}_target"],)
        )
        handed = 0.0
        if objective["handoff"] == "priced":
            loss = self.source.scenario["disruption"]["loss_on_handoff"] * row["handoff_value"]
            handed = loss * sum(
                sign * (self.before[unit] not in ("", own)) for own, sign in ((taker, 1), (giver, -1))
            )
        return road + 100 * objective["imbalance_cost_per_point"] * missed + handed

    def km(self, unit: str, territory: str) -> float:
        """Great-circle km from a unit to a territory's home base, or to its centre where there is none."""
        row = self.rows[territory]
        home = (row["home_lon"], row["home_lat"])
        if math.isnan(home[0]):
            centre = self.units[row["centre_unit_id"]]
            home = (centre["lon"], centre["lat"])
        point = (self.units[unit]["lon"], self.units[unit]["lat"])
        return float(distance_km(np.array([point]), np.array([home]))[0, 0])


def _records(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """Rows by their id."""
    return {
        str(row[key]): {str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")
    }
