"""Components of quotas, in whole cents by position, at every level and over all positions."""

from __future__ import annotations

from collections.abc import Iterator

from engine.verify.quotas import YEAR, component_totals, quota_cents
from engine.verify.reading import Unreadable, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

COMPONENTS = ("level", "name", "component", "quota", "rule")


def check_components(run: Run) -> Iterator[Check]:
    """Check that components add up to every quota of the year, at every level, and to their own totals."""
    totals = component_totals(run)
    if not totals:
        return
    annual = {territory: cents[YEAR] for territory, cents in quota_cents(run).items()}
    due = {("territory", territory): cents for territory, cents in annual.items()}
    for level in ("manager", "region"):
        due |= {(level, name): sum(annual[t] for t in own) for name, own in run.groups(level).items()}
    due["company", "company"] = sum(annual.values())
    found = dict.fromkeys(due, 0)
    parts = {(level, name): 0 for level in ("territory", "manager", "region", "company") for name in totals}
    for row in read_table(run.folder, "components.csv", COMPONENTS):
        key, part = (row.text("level"), row.text("name")), (row.text("level"), row.text("component"))
        if key not in found or part not in parts:
            raise Unreadable(f"components.csv:{row.line}: {key[0]!r} {key[1]!r} x {part[1]!r} is unknown")
        found[key] += row.cents("quota")
        parts[part] += row.cents("quota")
    wrong = [
        f"{key[0]} {key[1]!r}: {found[key]} of {cents} cents"
        for key, cents in due.items()
        if found[key] != cents
    ]
    wrong += [
        f"{name!r} over every {level}: {cents} of {totals[name]} cents"
        for (level, name), cents in parts.items()
        if cents != totals[name]
    ]
    yield judge(
        "quotas: components", "add up to every quota and to their targets", f"{len(totals)} agree", wrong
    )
