"""Sums of every measure by territory, against targets and limits, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from engine.verify.figures import HALF_CENT, RELATIVE, agrees, agrees_less_one
from engine.verify.reading import Unreadable, by_id, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

LOOP = ("territory_id", "share")


@dataclass(frozen=True)
class Balance:
    """One measure of one territory, recomputed; limits are None where the measure is not balanced."""

    value: Fraction
    target: Fraction
    lower: Fraction | None
    upper: Fraction | None

    @property
    def deviation(self) -> Fraction:
        """Relative deviation from the target (0 where the target is 0)."""
        return self.value / self.target - 1 if self.target else Fraction(0)


def recount(run: Run, measure: str) -> dict[str, Balance]:
    """Sum a measure in every territory and work out its target and limits.

    A unit above every territory's upper limit opens the limit of the territory that holds it by
    (value - target).
    """
    values = {unit: Fraction(row.number(measure)) for unit, row in run.units.items()}
    total = sum(values.values(), Fraction(0))
    targets = {territory: share * total for territory, share in shares(run).items()}
    tolerance = run.tolerances.get(measure)
    large = oversize(run, measure)
    counts = {}
    for territory, units in run.members.items():
        value, target = sum((values[unit] for unit in units), Fraction(0)), targets[territory]
        if tolerance is None:
            counts[territory] = Balance(value, target, None, None)
            continue
        opened = sum((values[unit] - target for unit in units if unit in large), Fraction(0))
        upper = (1 + tolerance) * target + opened
        counts[territory] = Balance(value, target, (1 - tolerance) * target, upper)
    return counts


def shares(run: Run) -> dict[str, Fraction]:
    """Give the part of every measure each territory should hold."""
    if run.scenario.at("territories.objective") == "expected_bookings":
        return _found_shares(run)
    rule = run.scenario.choice("territories.share", "equal", "capacity")
    weights = {
        territory: Fraction(row.number("capacity")) if rule == "capacity" else Fraction(1)
        for territory, row in run.territories.items()
    }
    total = sum(weights.values())
    if not total:
        raise Unreadable("territories.csv: capacity: sums to 0")
    return {territory: weight / total for territory, weight in weights.items()}


def _found_shares(run: Run) -> dict[str, Fraction]:
    """Read the shares that the closed loop ended with; they must be of these territories and make up the whole."""
    rows = by_id(read_table(run.folder, "closed_loop.csv", LOOP), "territory_id")
    if set(rows) != set(run.territories):
        raise Unreadable("closed_loop.csv: its territories are not those of territories.csv")
    found = {territory: Fraction(row.number("share")) for territory, row in rows.items()}
    if abs(sum(found.values(), Fraction(-1))) > Fraction(1, 10**9):
        raise Unreadable("closed_loop.csv: share: the shares do not sum to 1")
    return found


def oversize(run: Run, measure: str) -> frozenset[str]:
    """Name the units that alone exceed every territory's upper limit of a balanced measure."""
    if measure not in run.tolerances:
        return frozenset()
    values = {unit: Fraction(row.number(measure)) for unit, row in run.units.items()}
    highest = (1 + run.tolerances[measure]) * max(shares(run).values()) * sum(values.values())
    return frozenset(unit for unit, value in values.items() if value > highest)


def check_balance(run: Run) -> Iterator[Check]:
    """Check sums, targets, limits and deviations of every measure, and the number of units."""
    wrong = [
        f"{territory} says {row.count('units')} units, has {len(run.members[territory])}"
        for territory, row in run.territories.items()
        if row.count("units") != len(run.members[territory])
    ]
    yield judge("territories: units", "number of its units", "all agree", wrong)
    for measure in run.measures:
        yield from _check_measure(run, measure)


def _check_measure(run: Run, measure: str) -> Iterator[Check]:
    counts = recount(run, measure)
    wrong, outside, slack = [], [], []
    for territory, row in run.territories.items():
        count = counts[territory]
        figures = {"": count.value, "_target": count.target, "_lower": count.lower, "_upper": count.upper}
        for suffix, exact in figures.items():
            column = measure + suffix
            if exact is None:
                if not row.blank(column):
                    wrong.append(f"{territory}: {column} must be empty")
            elif not agrees(row.number(column), exact, HALF_CENT):
                wrong.append(f"{territory}: {column} {row.number(column)} is {float(exact):.12g}")
        written = row.number(f"{measure}_deviation", negative=True)
        if not agrees_less_one(written, count.deviation):
            wrong.append(f"{territory}: {measure}_deviation {written} is {float(count.deviation):.9g}")
        if count.lower is not None and count.upper is not None:
            room = min(count.value - count.lower, count.upper - count.value)
            slack.append(float(room / count.target) if count.target else float(room))
            if room < -RELATIVE * count.target:
                limits = f"{float(count.lower):.12g} to {float(count.upper):.12g}"
                outside.append(f"{territory} has {float(count.value):.12g}, limits {limits}")
    yield judge(
        f"territories: {measure}", "sums, targets, limits and deviations recomputed", "all agree", wrong
    )
    if measure in run.tolerances:
        required = f"within {float(run.tolerances[measure]):g} of the target"
        yield judge(f"balance: {measure}", required, f"all {len(counts)} inside", outside, min(slack))
