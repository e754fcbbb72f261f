"""The planning units: finite figures, centres among them, workload as the sum of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from engine.verify.figures import agrees
from engine.verify.report import Check, judge
from engine.verify.run import QUARTERS, Run


def check_units(run: Run) -> Iterator[Check]:
    """Check that every figure of every unit can be used, and what workload consists of."""
    for row in run.units.values():
        for column in ("area_km2", "visits", "travel_hours", "handoff_value", *QUARTERS, *run.measures):
            row.number(column)
    good = f"{len(run.points)} units"
    yield judge("units: figures", "finite, >= 0, on the earth", good, [])
    astray = [
        f"{territory}: centre {row.text('centre_unit_id')!r} is not in units.csv"
        for territory, row in run.territories.items()
        if row.text("centre_unit_id") not in run.units
    ]
    yield judge("units: centres", "a unit as the centre of every territory", "all known", astray)
    yield _check_workload(run)


def _check_workload(run: Run) -> Check:
    duration = Fraction(run.scenario.number("measures.workload.hours_per_visit"))
    travels = run.scenario.choice("measures.workload.travel", "included", "excluded") == "included"
    wrong = []
    for unit, row in run.units.items():
        hours = Fraction(row.number("visits")) * duration + (
            Fraction(row.number("travel_hours")) if travels else 0
        )
        if not agrees(row.number("workload"), hours):
            wrong.append(f"unit {unit}: workload {row.number('workload')} is {float(hours):.12g}")
    return judge("units: workload", "visits x (duration + travel)", f"all {len(run.units)} agree", wrong)
