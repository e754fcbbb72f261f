"""One written reason per quota, with its numbers, fit to be sent to the rep."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.quotas.basis import QuotaBasis
from engine.quotas.limits import Frame, money
from engine.quotas.rules import bottom_up, has_history, history, mix, share
from engine.quotas.share_out import Shared
from engine.scenario import schema
from engine.units import DAYS_PER_YEAR, MONTHS, to_cents

Cents = NDArray[np.int64]

# strftime and calendar follow the machine's locale; a reason must not
# fmt: off
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


def written_reasons(rules: schema.Quotas, basis: QuotaBasis, frame: Frame, shared: Shared) -> tuple[str, ...]:
    """Explain every annual quota in two or three sentences.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Figures of the positions.
    frame
        Sums, limits and rounding.
    shared
        The annual quotas and what the rule alone would give.

    Returns
    -------
    One text per position.
    """
    target = money(to_cents(rules.plan_target), basis.currency)
    over = f" plus {100 * rules.over_assignment:.6g} % over-assignment" if rules.over_assignment else ""
    shares = {rule: share(rule, basis) for rule in mix(rules)}
    texts = []
    for place, cents in enumerate(shared.annual.tolist()):
        owner = "Your quota" if basis.rep_ids[place] else "The quota of this open position"
        odds = float(shared.chance[place])
        if basis.presence[place] <= 0:
            texts.append(f"{owner} is {basis.currency} 0: {_seat(basis, place, weighed=True)}")
            continue
        group = int(frame.group[place])
        total, company = frame.totals[group], sum(frame.totals)
        whose = f"the {frame.names[group]} target" if rules.regions else f"company target of {target}"
        parts = [
            f"{100 * weight:.4g} % by {_ground(rule, basis, place, float(shares[rule][place]), company)}"
            for rule, weight in mix(rules).items()
        ]
        source = f"{money(total, basis.currency)} ({whose}{over})"
        sentences = [
            f"{owner} of {money(cents, basis.currency)} is {100 * cents / total:.2f} % of {source}: "
            f"{_odds(basis, place, odds) if np.isfinite(odds) else _join(parts)}.",
            _held(basis, frame, shared, place),
            _seat(basis, place, weighed=not np.isfinite(odds)),
            _rest(cents, frame.step, basis),
        ]
        texts.append(" ".join(sentence for sentence in sentences if sentence))
    return tuple(texts)


def _held(basis: QuotaBasis, frame: Frame, shared: Shared, place: int) -> str:
    """Say which limit holds the quota, or that limits of others moved it; empty where neither is so."""
    alone, cents = round(float(shared.rule[place]) / 100) * 100, int(shared.annual[place])
    said = money(alone, basis.currency)
    for limit in frame.limits:
        low, high = int(limit.floor[place]), int(limit.cap[place])
        if alone < low == frame.floor[place] and cents < low + frame.step:
            return f"The rule alone would give {said}; it is raised because of a limit: {limit.words}."
        if alone > high == frame.cap[place] and cents > high - frame.step:
            return f"The rule alone would give {said}; it is lowered because of a limit: {limit.words}."
    if abs(cents - shared.rule[place]) <= 2 * frame.step:
        return ""
    verb = "raise" if cents > alone else "lower"
    return f"The rule alone would give {said}; limits of other positions {verb} it."


def _ground(rule: str, basis: QuotaBasis, place: int, part: float, total: int) -> str:
    """Say what one rule goes by; shares count productive time when any seat is not there all year."""
    timed = ", weighted by productive time" if (basis.presence < 1).any() else ""
    if rule == "potential":
        figure = f"the territory's potential of {money(to_cents(basis.potential[place]), basis.currency)}"
    elif rule == "capacity":
        figure = f"a capacity of {basis.fte[place] * basis.presence[place]:.2f} full-year equivalents"
        timed = ""
    elif rule == "bottom_up":
        figure = _proposal(basis, place, total)
        timed = ""
    elif has_history(basis)[place]:
        growth = total / 100 / math.fsum(history(basis))
        revenue = money(to_cents(basis.history[place]), basis.currency)
        figure = f"last year's revenue of {revenue} times a common growth factor of {growth:.3f}"
    else:
        figure = "the revenue that the territory's potential stands for, as there was none last year"
    return f"{figure} ({100 * part:.2f} % of the company's{timed})"


def _proposal(basis: QuotaBasis, place: int, total: int) -> str:
    """Say what was proposed, and by how much all proposals are stretched or cut to the company's total."""
    factor = total / 100 / math.fsum(bottom_up(basis))
    amount = float(basis.bottom_up[place])
    if not np.nan_to_num(amount) > 0:
        return "the potential at the average of what others proposed, as no number was proposed for this position"
    return f"the {money(to_cents(amount), basis.currency)} proposed from below times a common factor of {factor:.3f}"


def _odds(basis: QuotaBasis, place: int, chance: float) -> str:
    """Say which chance the quota stands for, and what an ordinary year brings."""
    median = to_cents(round(float(np.median(basis.bookings[:, place])) / 100))
    return (
        f"the amount this territory books in {100 * chance:.1f} % of the simulated years, the same chance as every "
        f"position has (half of those years bring {money(median, basis.currency)} or more)"
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


def _rest(cents: int, step: int, basis: QuotaBasis) -> str:
    """Say what one quota took over so that the sum is exact."""
    rest = cents % step
    if not rest:
        return ""
    return (
        f"It includes {money(rest, basis.currency)} left over from rounding to multiples of {step // 100:,}."
    )


def _day(day: date) -> str:
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def _join(parts: list[str]) -> str:
    return parts[0].removeprefix("100 % ") if len(parts) == 1 else ", ".join(parts)
