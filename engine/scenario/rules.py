"""The rules of a scenario in the user's words, each with the place where it is written."""

from __future__ import annotations

from engine.scenario.load import LoadedScenario
from engine.scenario.places import KeyPath, dotted, place_of

_TABLES = {
    "locks": "locks", "forbid": "forbid", "locks_from": "rejected handoffs", "together": "units together",
    "apart": "units apart",
}  # fmt: skip


def rules_in_words(loaded: LoadedScenario) -> list[str]:
    """Say which rules a plan has to keep, and where each is written, in the order of the scenario's keys."""
    territories, rules = loaded.scenario.territories, loaded.scenario.rules
    found: list[tuple[KeyPath, str]] = [
        (
            ("territories", "balance", place),
            f"{balance.measure} within {100 * balance.tolerance:.4g} % of its target",
        )
        for place, balance in enumerate(territories.balance)
    ]
    if territories.contiguity == "required":
        found.append((("territories", "contiguity"), "every territory in one piece"))
    if territories.max_travel_hours is not None:
        found.append(
            (("territories", "max_travel_hours"), f"at most {territories.max_travel_hours:g} h of travel")
        )
    found += [
        (("rules", name), f"{_TABLES[name]} in {table}")
        for name in _TABLES
        if (table := getattr(rules, name))
    ]
    found += [
        (
            ("rules", "eligibility", place),
            f"units only with positions that have their {match.unit} (column {match.position})",
        )
        for place, match in enumerate(rules.eligibility)
    ]
    if rules.inside_region is not None:
        found.append(
            (("rules", "inside_region"), f"territories stay inside their {rules.inside_region.unit}")
        )
    if (share := loaded.scenario.disruption.max_share) is not None:
        found.append(
            (("disruption", "max_share"), f"at most {100 * share:.4g} % of account value changes hands")
        )
    if (share := loaded.scenario.disruption.max_share_per_rep) is not None:
        words = f"at most {100 * share:.4g} % of each territory's account value leaves it"
        found.append((("disruption", "max_share_per_rep"), words))
    return [f"{words} ({where_written(loaded, path)})" for path, words in found]


def where_written(loaded: LoadedScenario, path: KeyPath) -> str:
    """Say where a key is written, such as ``quickstart.yaml:30 territories.balance.0``."""
    if path not in loaded.places:
        return f"{dotted(path)}, not written: its default"
    place = place_of(loaded.places, path)
    return f"{place.file}{f':{place.line}' if place.line else ''} {dotted(path)}"
