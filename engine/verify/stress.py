"""Stress cases: each paired with the base case, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from engine.verify.attainment import Key, probability, read_summary, replications
from engine.verify.figures import HALF_THOUSANDTH, allowance
from engine.verify.reading import Row, Unreadable, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

STRESS = (
    *("case", "level", "id", "name", "expected", "p_at_quota", "p_low", "p_high"),
    *("difference", "difference_low", "difference_high", "p_difference"),
)
ROUNDED = Fraction(3, 200)  # two means and their difference, each to half a cent


def read_stress(run: Run) -> dict[str, dict[Key, Row]]:
    """Read stress.csv by case, then level and id.

    Raises
    ------
    Unreadable
        If a case is not in the scenario, or has a row twice.
    """
    named = run.scenario.at("simulation.stress")
    if not isinstance(named, list) or not all(isinstance(case, str) for case in named):
        raise Unreadable(f"{run.scenario.file}: simulation.stress is not a list of names")
    own = run.scenario.at("simulation.cases")
    rows = own if isinstance(own, list) else []
    names = [*named, *(str(case.get("name", "")) for case in rows if isinstance(case, dict))]
    cases: dict[str, dict[Key, Row]] = {case: {} for case in names}
    for row in read_table(run.folder, "stress.csv", STRESS, may_be_empty=True):
        case, key = row.text("case"), (row.text("level"), row.text("id"))
        if case not in cases or key in cases[case]:
            raise Unreadable(
                f"stress.csv:{row.line}: {case!r} x {key[0]!r} x {key[1]!r} is unknown or there twice"
            )
        cases[case][key] = row
    return cases


def check_stress(run: Run) -> Iterator[Check]:
    """Check every case against the base case in attainment.csv."""
    base, n, wrong = read_summary(run), replications(run), []
    cases = read_stress(run)
    for case, rows in cases.items():
        for key, row in rows.items():
            place = f"{case}: {key[0]} {key[1]!r}"
            if key not in base or row.text("name") != base[key].text("name"):
                wrong.append(f"{place} is not in attainment.csv")
            else:
                wrong += [f"{place}: {said}" for said in _paired(row, base[key], n)]
        wrong += [f"{case}: {level} {name!r} has no row" for level, name in base if (level, name) not in rows]
        wrong += [f"{case}: {said}" for said in _sums(rows)]
    yield judge(
        "stress: paired", "difference to the base case, intervals around it", f"{len(cases)} cases", wrong
    )


def _paired(row: Row, base: Row, n: int) -> Iterator[str]:
    yield from probability(row, n)
    difference = Fraction(row.number("difference", negative=True))
    if abs(difference - Fraction(row.cents("expected") - base.cents("expected"), 100)) > ROUNDED:
        yield f"difference {float(difference):.2f} is not expected less the base case's"
    low, high = row.number("difference_low", negative=True), row.number("difference_high", negative=True)
    if not low <= difference <= high:
        yield f"difference {float(difference):.2f} lies outside {low} to {high}"
    change = row.number("p_difference", negative=True)
    exact = Fraction(row.number("p_at_quota")) - Fraction(base.number("p_at_quota"))
    rounding = sum(allowance(row_.number("p_at_quota"), Fraction(0)) for row_ in (row, base))
    if abs(Fraction(change) - exact) > allowance(change, exact, HALF_THOUSANDTH) + rounding:
        yield f"p_difference {change} is {float(exact):.6g}"


def _sums(rows: Mapping[Key, Row]) -> Iterator[str]:
    """The company's expected bookings are the sum of the reps'; each mean may be rounded by half a cent."""
    reps = [row.cents("expected") for (level, _), row in rows.items() if level == "rep"]
    for (level, name), row in rows.items():
        if level == "company" and abs(row.cents("expected") - sum(reps)) > len(reps):
            yield f"company {name!r}: expected {row.number('expected')} is {sum(reps) / 100:.2f}"
