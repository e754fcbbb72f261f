"""One written reason per quota, with its numbers, fit to be sent to the rep."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.quotas.basis import QuotaBasis
from engine.quotas.rules import has_history, history, mix, share
from engine.scenario import schema
from engine.units import DAYS_PER_YEAR, MONTHS, from_cents, to_cents

Cents = NDArray[np.int64]

# strftime and calendar follow the machine's locale; a reason must not
# fmt: off
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


def written_reasons(
    rules: schema.Quotas, basis: QuotaBasis, annual: Cents, chance: float | None
) -> tuple[str, ...]:
    """Explain every annual quota in two or three sentences.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Potential, history and capacity of every position.
    annual
        Annual quotas, whole cents, shape (territories,).
    chance
        The common chance to reach the quota; None where the rule knows none.

    Returns
    -------
    One text per position.
    """
    total = int(annual.sum())
    target = _money(to_cents(rules.plan_target), basis)
    over = f" plus {100 * rules.over_assignment:.6g} % over-assignment" if rules.over_assignment else ""
    source = f"{_money(total, basis)} (company target of {target}{over})"
    shares = {rule: share(rule, basis) for rule in mix(rules)}
    texts = []
    for place in range(len(annual)):
        owner = "Your quota" if basis.rep_ids[place] else "The quota of this open position"
        if basis.presence[place] <= 0:
            texts.append(f"{owner} is {basis.currency} 0: {_seat(basis, place, weighed=True)}")
            continue
        parts = [
            f"{100 * weight:.4g} % by {_ground(rule, basis, place, float(shares[rule][place]), total)}"
            for rule, weight in mix(rules).items()
        ]
        if chance is not None:
            parts = [_odds(basis, place, chance)]
        percent = 100 * int(annual[place]) / total
        sentences = [
            f"{owner} of {_money(int(annual[place]), basis)} is {percent:.2f} % of {source}: {_join(parts)}.",
            _seat(basis, place, weighed=chance is None),
            _rest(int(annual[place]), rules.rounding, basis),
        ]
        texts.append(" ".join(sentence for sentence in sentences if sentence))
    return tuple(texts)


def _ground(rule: str, basis: QuotaBasis, place: int, part: float, total: int) -> str:
    """Say what one rule goes by; shares count productive time when any seat is not there all year."""
    timed = ", weighted by productive time" if (basis.presence < 1).any() else ""
    if rule == "potential":
        figure = f"the territory's potential of {_money(to_cents(basis.potential[place]), basis)}"
    elif rule == "capacity":
        figure = f"a capacity of {basis.fte[place] * basis.presence[place]:.2f} full-year equivalents"
        timed = ""
    elif has_history(basis)[place]:
        growth = total / 100 / math.fsum(history(basis))
        revenue = _money(to_cents(basis.history[place]), basis)
        figure = f"last year's revenue of {revenue} times a common growth factor of {growth:.3f}"
    else:
        figure = "the revenue that the territory's potential stands for, as there was none last year"
    return f"{figure} ({100 * part:.2f} % of the company's{timed})"


def _odds(basis: QuotaBasis, place: int, chance: float) -> str:
    """Say which chance the quota stands for, and what an ordinary year brings."""
    median = to_cents(round(float(np.median(basis.bookings[:, place])) / 100))
    return (
        f"the amount this territory books in {100 * chance:.1f} % of the simulated years, the same chance as every "
        f"position has (half of those years bring {_money(median, basis)} or more)"
    )


def _seat(basis: QuotaBasis, place: int, weighed: bool) -> str:
    """Say how start date and ramp reduce the quota; empty for a seat that is productive all year."""
    share, start, ramp = basis.presence[place], basis.start_day[place], basis.ramp_days[place]
    day = _day(basis.start_dates[place])
    if start >= DAYS_PER_YEAR:
        return f"the seat is filled from {day}, after the fiscal year."
    if share >= 1:
        return ""
    filled = f"is filled from {day}" if start > 0 else f"was filled on {day}"
    months = f" and takes {ramp * MONTHS / DAYS_PER_YEAR:.3g} months to full productivity" if ramp > 0 else ""
    if not weighed:
        return f"In the simulated years, too, the seat {filled}{months}."
    return f"The seat counts for {100 * share:.0f} % of a year, because it {filled}{months}."


def _rest(cents: int, rounding: int, basis: QuotaBasis) -> str:
    """Say what the largest quota took over so that the sum is exact."""
    rest = cents % (rounding * 100)
    if not rest:
        return ""
    return f"It includes {_money(rest, basis)} left over from rounding to multiples of {rounding:,}."


def _money(cents: int, basis: QuotaBasis) -> str:
    amount = from_cents(cents)
    return f"{basis.currency} {amount:,.0f}" if cents % 100 == 0 else f"{basis.currency} {amount:,.2f}"


def _day(day: date) -> str:
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def _join(parts: list[str]) -> str:
    return parts[0].removeprefix("100 % ") if len(parts) == 1 else ", ".join(parts)
