"""The user's limits on quotas, each a rule with its key, its words and what it asks of every position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.quotas.apportion import apportion
from engine.quotas.basis import QuotaBasis
from engine.quotas.equal_chance import most_reached
from engine.quotas.rounding import fits
from engine.scenario import schema
from engine.units import from_cents, to_cents

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

KEY = "quotas.bounds"


@dataclass(frozen=True)
class Limit:
    """One rule.

    Parameters
    ----------
    key
        Scenario key that holds it.
    words
        The rule as a user would say it.
    floor, cap
        Least and most of each position, whole cents, shape (territories,).
    place
        File and line of a row of the table of bounds; empty for a key of the scenario.
    """

    key: str
    words: str
    floor: Whole
    cap: Whole
    place: str = ""


@dataclass(frozen=True)
class Frame:
    """What quotas must keep: sums, limits and rounding.

    Parameters
    ----------
    limits
        The rules.
    names, group, totals
        Regions that have a target of their own (else one group called ``company``): their names, the group of
        each position, shape (territories,), and the sum of quotas of each, whole cents.
    filled
        Whether the seat is filled on any day of the year, shape (territories,); no quota if not.
    step
        Whole cents of one rounding step.
    """

    limits: tuple[Limit, ...]
    names: tuple[str, ...]
    group: NDArray[np.int64]
    totals: tuple[int, ...]
    filled: NDArray[np.bool_]
    step: int

    @cached_property
    def floor(self) -> Whole:
        """Least quota of each position, whole cents, shape (territories,)."""
        return np.max([np.zeros_like(self.group), *(limit.floor for limit in self.limits)], axis=0)

    @cached_property
    def cap(self) -> Whole:
        """Largest quota of each position, whole cents, shape (territories,)."""
        most = np.where(self.filled, np.array(self.totals, dtype=np.int64)[self.group], 0)
        return np.min([most, *(limit.cap for limit in self.limits)], axis=0)

    def members(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Give the total of each group and the places of its positions."""
        for index, total in enumerate(self.totals):
            yield total, np.flatnonzero(self.group == index)

    def fits(self) -> bool:
        """Whether any quotas keep all this."""
        return all(fits(self.floor[own], self.cap[own], total, self.step) for total, own in self.members())

    def only(self, limits: tuple[Limit, ...]) -> Frame:
        """Give the same sums and rounding under other limits."""
        return replace(self, limits=limits)


def frame_of(rules: schema.Quotas, basis: QuotaBasis, total: int) -> Frame:
    """Collect what quotas must keep.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Figures of the positions.
    total
        Sum of all quotas, whole cents.

    Returns
    -------
    The frame; regions' sums add up to the total exactly.
    """
    names: tuple[str, ...] = ("company",)
    group, totals = np.zeros(len(basis.fte), dtype=np.int64), [total]
    if rules.regions:
        names = tuple(sorted(rules.regions))
        group = np.array([names.index(region) for region in basis.regions], dtype=np.int64)
        totals = apportion(total, [float(rules.regions[name]) for name in names])
    filled = np.asarray(basis.presence > 0)
    limits = (*_limits(rules.bounds, basis, total), *_rows(basis, total))
    return Frame(limits, names, group, tuple(totals), filled, rules.rounding * 100)


def _limits(bounds: schema.Bounds, basis: QuotaBasis, total: int) -> Iterator[Limit]:
    """Amounts are for a full-time year: a seat that counts for part of one has that part of the limit."""
    currency, presence = basis.currency, basis.presence
    time = basis.fte * presence
    none, all_ = np.zeros(len(presence), dtype=np.int64), np.full(len(presence), total, dtype=np.int64)

    def least(name: str, cents: Array, words: str) -> Limit:
        return Limit(f"{KEY}.{name}", words, np.ceil(np.nan_to_num(cents) - _HAIR).astype(np.int64), all_)

    def most(name: str, cents: Array, words: str) -> Limit:
        cap = np.floor(np.nan_to_num(cents, nan=total).clip(max=total) + _HAIR).astype(np.int64)
        return Limit(f"{KEY}.{name}", words, none, cap)

    year = "for a full-time year"
    if (value := bounds.floor) is not None:
        yield least("floor", 100 * value * time, f"no quota below {currency} {value:,.0f} {year}")
    if (value := bounds.cap) is not None:
        yield most("cap", 100 * value * time, f"no quota above {currency} {value:,.0f} {year}")
    if (value := bounds.floor_share) is not None:
        yield least("floor_share", total * value * time, f"no quota below {_percent(value)} of all {year}")
    if (value := bounds.cap_share) is not None:
        yield most("cap_share", total * value * time, f"no quota above {_percent(value)} of all {year}")
    if (value := bounds.growth_least) is not None:
        yield least(
            "growth_least",
            _last_cents(basis) * (1 + value),
            f"at least {100 * value:+.4g} % against last year's quota",
        )
    if (value := bounds.growth_most) is not None:
        yield most(
            "growth_most",
            _last_cents(basis) * (1 + value),
            f"at most {100 * value:+.4g} % against last year's quota",
        )
    if (value := bounds.max_potential_share) is not None:
        cents = 100 * value * basis.potential * presence
        yield most(
            "max_potential_share", cents, f"no quota above {_percent(value)} of the territory's potential"
        )
    if (value := bounds.min_chance) is not None and len(basis.bookings):
        words = f"every quota is reached in at least {_percent(value)} of the simulated years"
        yield most("min_chance", most_reached(basis.bookings, value).astype(np.float64), words)


def _last_cents(basis: QuotaBasis) -> Array:
    """Give last year's quota for the part of the year each seat counts, cents; NaN where unknown."""
    return np.where(np.nan_to_num(basis.last_quota) > 0, basis.last_quota, np.nan) * 100 * basis.presence


def _rows(basis: QuotaBasis, total: int) -> Iterator[Limit]:
    """Amounts of the table are for this year, as they stand."""
    for row in basis.bounds:
        floor = np.zeros(len(basis.fte), dtype=np.int64)
        cap = np.full(len(basis.fte), total, dtype=np.int64)
        place = basis.territory_ids.index(row.position)
        said = []
        if row.floor is not None:
            floor[place] = to_cents(row.floor)
            said.append(f"at least {basis.currency} {row.floor:,.0f}")
        if row.cap is not None:
            cap[place] = min(to_cents(row.cap), total)
            said.append(f"at most {basis.currency} {row.cap:,.0f}")
        words = f"{row.position} has {' and '.join(said)}" + (f" ({row.reason})" if row.reason else "")
        yield Limit(f"{KEY}.table", words, floor, cap, row.place)


_HAIR = 1e-6  # cents: what is left of a product of floats beside a whole number


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def money(cents: int, currency: str) -> str:
    """Write whole cents with their currency; decimals only where there are any."""
    amount = from_cents(cents)
    return f"{currency} {amount:,.0f}" if cents % 100 == 0 else f"{currency} {amount:,.2f}"
