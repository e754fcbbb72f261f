"""Which costs of two runs are counted by different prices or inputs, so that neither is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from engine.compare.differences import settings_of
from engine.compare.side import Side

# What each cost depends on besides the plan itself (docs/reference/run-folder.md, "Objective and bound").
PARTS = {
    "travel_cost": (
        "objective.travel_cost_per_km", "travel.circuity", "travel.stops_per_trip",
        "measures.workload.visits.*", "input units.table",
    ),
    "handoff_cost": (
        "objective.handoff", "disruption.loss_on_handoff", "accounts.value", "input accounts.table", "input current.table",
    ),
    "imbalance_cost": (
        "objective.imbalance_cost_per_point", "territories.share", "territories.balance.*.measure",
        "measures.*.column", "measures.*.per_year", "measures.workload.hours_per_visit", "measures.workload.travel",
        "travel.*", "input units.table",
    ),
}  # fmt: skip
WHOLE = tuple(dict.fromkeys(pattern for part in PARTS.values() for pattern in part))
COUNTED_BY: Mapping[str, Sequence[str]] = {**PARTS, "objective": WHOLE, "bound": WHOLE, "gap": WHOLE}
WORDS = {
    "travel_cost": "travel",
    "handoff_cost": "handoffs",
    "imbalance_cost": "imbalance",
}


def counted_differently(sides: Sequence[Side]) -> tuple[str, ...]:
    """Name the key figures that the sides count by different prices, measures or tables."""
    changed = _changed(sides)
    return tuple(kpi for kpi, patterns in COUNTED_BY.items() if _matching(changed, patterns))


def counting_notes(sides: Sequence[Side]) -> list[str]:
    """Say in a sentence which costs cannot be compared and which settings are why; nothing if all can."""
    changed = _changed(sides)
    keys = _matching(changed, WHOLE)
    if not keys:
        return []
    parts = [WORDS[part] for part, patterns in PARTS.items() if _matching(changed, patterns)]
    why = "; ".join(f"{key} is {_values(changed[key])}" for key in keys)
    return [
        f"The plans do not count the cost of {' and '.join(parts)} alike, so neither this nor the total cost "
        f"makes one plan better than another: {why}."
    ]


def _changed(sides: Sequence[Side]) -> dict[str, dict[str, str]]:
    """List the settings that are not the same everywhere, with their value in each side."""
    settings = {side.label: settings_of(side) for side in sides}
    every = sorted(set().union(*settings.values()))
    values = {key: {label: one.get(key, "") for label, one in settings.items()} for key in every}
    return {key: by_label for key, by_label in values.items() if len(set(by_label.values())) > 1}


def _matching(keys: Mapping[str, object], patterns: Sequence[str]) -> list[str]:
    return [key for key in keys if any(fnmatchcase(key, pattern) for pattern in patterns)]


def _values(by_label: Mapping[str, str]) -> str:
    return ", ".join(f"{value or 'not given'} in {label}" for label, value in by_label.items())
