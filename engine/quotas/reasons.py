"""One written reason per quota, with its numbers, fit to be sent to the rep."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.quotas.basis import QuotaBasis
from engine.quotas.equal_chance import chance
from engine.quotas.limits import Frame, money
from engine.quotas.rules import bottom_up, has_history, history, shares_of_rules
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


_SAME = 0.006  # chances closer than this are told as one: rounding of quotas makes such differences


def written_reasons(
    rules: schema.Quotas, basis: QuotaBasis, frame: Frame, shared: Shared, components: Cents
) -> tuple[str, ...]:
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
    components
        Components of each quota, whole cents, shape (territories, components).

    Returns
    -------
    One text per position.
    """
    texts = [""] * len(basis.fte)
    reached = chance(basis.bookings, shared.annual) if rules.rule == "equal_chance" else shared.chance
    for group, (total, own) in enumerate(frame.members()):
        whose, source = _source(rules, basis, frame, group)
        grounds = shares_of_rules(rules, basis, own)
        for index, place in enumerate(own.tolist()):
            owner = "Your quota" if basis.rep_ids[place] else "The quota of this open position"
            if basis.presence[place] <= 0:
                texts[place] = f"{owner} is {basis.currency} 0: {_seat(basis, place, weighed=True)}"
                continue
            cents, common = int(shared.annual[place]), float(shared.chance[place])
            parts = [
                f"{100 * weight:.4g} % by {_ground(rule, basis, place, own, float(shares[index]), total, whose)}"
                for rule, (weight, shares) in grounds.items()
            ] or ["by the productive time of its seat, as the rule has nothing to go by here"]
            by_years = np.isfinite(common)
            why = _odds(basis, frame, place, common, float(reached[place])) if by_years else _join(parts)
            sentences = [
                f"{owner} of {money(cents, basis.currency)} is {100 * cents / total:.2f} % of {source}: {why}.",
                _parts(rules, basis, components[place]),
                _held(basis, frame, shared, place),
                _seat(basis, place, weighed=not by_years),
                _rest(cents, frame.step, basis),
            ]
            texts[place] = " ".join(sentence for sentence in sentences if sentence)
    return tuple(texts)


def _source(rules: schema.Quotas, basis: QuotaBasis, frame: Frame, group: int) -> tuple[str, str]:
    """Say whose total is shared out, and what it is made of."""
    currency, total = basis.currency, frame.totals[group]
    if rules.regions:
        name = frame.names[group]
        whose, target = (
            f"the {name} region's",
            f"{name} target of {money(to_cents(rules.regions[name]), currency)}",
        )
    else:
        whose, target = "the company's", f"company target of {money(to_cents(rules.plan_target), currency)}"
    over = 100 * (sum(frame.totals) / to_cents(rules.plan_target) - 1)
    more = f" plus {over:.6g} % over-assignment" if over > 5e-7 else ""
    return whose, f"{money(total, currency)} ({target}{more})"


def _parts(rules: schema.Quotas, basis: QuotaBasis, cents: Cents) -> str:
    """Name the components of a quota; empty where there are none."""
    named = [
        f"{money(part, basis.currency)} {one.name}"
        for one, part in zip(rules.components, cents.tolist(), strict=False)
    ]
    return (
        f"It is made of {' and '.join([', '.join(named[:-1]), named[-1]] if named[1:] else named)}."
        if named
        else ""
    )


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


def _ground(rule: str, basis: QuotaBasis, place: int, own: Cents, part: float, total: int, whose: str) -> str:
    """Say what one rule goes by; shares count productive time when any seat is not there all year."""
    timed = ", weighted by productive time" if (basis.presence[own] < 1).any() else ""
    if rule == "potential":
        figure = f"the territory's potential of {money(to_cents(basis.potential[place]), basis.currency)}"
    elif rule == "capacity":
        figure = f"a capacity of {basis.fte[place] * basis.presence[place]:.2f} full-year equivalents"
        timed = ""
    elif rule == "bottom_up":
        figure = _proposal(basis, place, own, total)
        timed = ""
    elif has_history(basis)[place]:
        growth = total / 100 / math.fsum(history(basis)[own])
        revenue = money(to_cents(basis.history[place]), basis.currency)
        figure = f"last year's revenue of {revenue} times a common growth factor of {growth:.3f}"
    else:
        figure = "the revenue that the territory's potential stands for, as there was none last year"
    return f"{figure} ({100 * part:.2f} % of {whose}{timed})"


def _proposal(basis: QuotaBasis, place: int, own: Cents, total: int) -> str:
    """Say what was proposed, and by how much all proposals are stretched or cut to the total."""
    factor = total / 100 / math.fsum(bottom_up(basis)[own])
    amount = float(basis.bottom_up[place])
    if not np.nan_to_num(amount) > 0:
        return "the potential at the average of what others proposed, as no number was proposed for this position"
    return f"the {money(to_cents(amount), basis.currency)} proposed from below times a common factor of {factor:.3f}"


def _odds(basis: QuotaBasis, frame: Frame, place: int, common: float, own: float) -> str:
    """Say which chance the quota stands for, and what an ordinary year brings."""
    median = money(to_cents(round(float(np.median(basis.bookings[:, place])) / 100)), basis.currency)
    held = " that no limit holds" if frame.limits else ""
    region = f" of {frame.names[int(frame.group[place])]}" if len(frame.totals) > 1 else ""
    every = f"every position{region}{held}"
    alike = abs(own - common) < _SAME
    said = f"{100 * (common if alike else own):.1f} %"
    chances = f"the same chance as {every} has" if alike else f"while {every} has {100 * common:.1f} %"
    return (
        f"the amount this territory books in {said} of the simulated years, {chances} (half of those years bring "
        f"{median} or more)"
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
