"""What makes a quota rule impossible to apply, said with its key and a remedy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.errors import SCENARIO, Finding, Severity
from engine.quotas.basis import QuotaBasis
from engine.quotas.rules import bottom_up, has_history, mix
from engine.scenario import schema
from engine.units import from_cents


def quota_findings(rules: schema.Quotas, basis: QuotaBasis, total: int) -> tuple[Finding, ...]:
    """List every reason why the rules cannot be applied to these figures.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Potential, history and capacity of every position.
    total
        Sum of all quotas, whole cents.

    Returns
    -------
    Errors, sorted; empty when quotas can be set.
    """
    return tuple(
        sorted(
            [
                *_rounding(rules, total),
                *_figures(basis),
                *_seats(basis),
                *_rules(rules, basis),
                *_reach(rules, basis, total),
                *_regions(rules, basis),
                *_pay(rules, basis),
            ]
        )
    )


def _rounding(rules: schema.Quotas, total: int) -> Iterator[Finding]:
    if total < rules.rounding * 100:
        yield _error(
            "QUO-ROUNDING",
            "quotas.rounding",
            str(rules.rounding),
            f"one rounding step is more than the {from_cents(total)} that all quotas add up to",
            "lower quotas.rounding, or check that quotas.plan_target is in whole currency units",
        )


def _figures(basis: QuotaBasis) -> Iterator[Finding]:
    """Potential and history must be amounts; history alone may be unknown (NaN)."""
    for name, values in (
        ("potential", basis.potential),
        ("history", np.nan_to_num(basis.history, posinf=np.inf)),
    ):
        wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if len(wrong):
            some = ", ".join(basis.territory_ids[place] for place in wrong[:5])
            yield _error(
                "QUO-FIGURE",
                f"quotas.weights.{name}",
                str(values[wrong[0]]),
                f"the {name} of {len(wrong)} territories is not an amount of 0 or more, such as {some}",
                f"correct the column that {name} is read from",
            )


def _seats(basis: QuotaBasis) -> Iterator[Finding]:
    if not (basis.presence > 0).any():
        yield _error(
            "QUO-NO-CAPACITY",
            "quotas.plan_target",
            "",
            "no position is filled on any day of the fiscal year, so nobody can carry a quota",
            "correct start_date in the table of positions, or fiscal_year_start",
        )


def _rules(rules: schema.Quotas, basis: QuotaBasis) -> Iterator[Finding]:
    """A rule that counts needs something positive to go by in a seat that is filled during the year."""
    weights, filled = mix(rules), basis.presence > 0
    if rules.rule == "blend" and not weights:
        yield _error(
            "QUO-NO-WEIGHT",
            "quotas.weights",
            "0",
            "every weight of the blend is 0",
            "give at least one of potential, history and capacity a weight above 0",
        )
    if not filled.any():
        return
    figures = {
        "potential": (basis.potential > 0) & filled,
        "history": has_history(basis) & filled,
        "capacity": (basis.fte > 0) & filled,
        "bottom_up": bottom_up(basis) > 0,
    }
    remedies = {
        "potential": "check the column of measures.potential, or choose another rule",
        "history": "add last year's revenue to the table of accounts, or choose another rule",
        "capacity": "give the positions a capacity above 0, or choose another rule",
        "bottom_up": "write amounts above 0 in the table of quotas.bottom_up, or choose another rule",
    }
    for rule in weights:
        if not figures[rule].any():
            yield _error(
                f"QUO-NO-{rule.upper()}",
                f"quotas.weights.{rule}" if rules.rule == "blend" else "quotas.rule",
                rule,
                f"no position that is filled during the year has any {rule} to share out the target by",
                remedies[rule],
            )


def _reach(rules: schema.Quotas, basis: QuotaBasis, total: int) -> Iterator[Finding]:
    """An equal chance needs a total that simulated years reach at all."""
    if rules.rule != "equal_chance":
        return
    best = int(basis.bookings.max(axis=0).sum())
    if best < total:
        yield _error(
            "QUO-OUT-OF-REACH",
            "quotas.plan_target",
            str(rules.plan_target),
            f"quotas add up to {from_cents(total)}, but the best simulated years of all positions only to {from_cents(best)}",
            "lower quotas.plan_target or quotas.over_assignment, or check the process that is simulated",
        )


def _regions(rules: schema.Quotas, basis: QuotaBasis) -> Iterator[Finding]:
    """Where regions have targets, each has positions filled in the year and each position has a region of them."""
    if not rules.regions:
        return
    there = {region for region, share in zip(basis.regions, basis.presence, strict=True) if share > 0}
    for name in sorted(set(rules.regions) - there):
        yield _error(
            "QUO-REGION",
            "quotas.regions",
            name,
            f"no position of the region {name!r} is filled on any day of the fiscal year",
            f"write one of the regions in the table of positions: {', '.join(sorted(there))}",
        )
    without = [
        t for t, region in zip(basis.territory_ids, basis.regions, strict=True) if region not in rules.regions
    ]
    if without:
        yield _error(
            "QUO-REGION",
            "quotas.regions",
            without[0],
            f"{len(without)} positions are in no region that has a target, such as {without[0]}",
            "add their region with its target, or delete quotas.regions",
        )


def _pay(rules: schema.Quotas, basis: QuotaBasis) -> Iterator[Finding]:
    """Where pay is given, every position's segment has one."""
    if not rules.pay:
        return
    without = [
        (t, segment)
        for t, segment in zip(basis.territory_ids, basis.segments, strict=True)
        if segment not in rules.pay
    ]
    if without:
        names = ", ".join(sorted({segment or "(blank)" for _, segment in without}))
        yield _error(
            "QUO-PAY",
            "quotas.pay",
            without[0][1],
            f"{len(without)} positions are of segments without pay ({names}), such as {without[0][0]}",
            "add the pay of that segment, or correct the column segment in the table of positions",
        )


def _error(code: str, key: str, value: str, message: str, remedy: str) -> Finding:
    return Finding(SCENARIO, 0, 0, key, code, Severity.ERROR, value, message, remedy)
