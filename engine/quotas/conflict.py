"""Limits that no quotas can keep: the fewest rules that clash, and changes that were each tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import combinations
from math import ceil, comb, floor, log10

from engine.errors import InfeasibleError
from engine.quotas.basis import BoundRow, QuotaBasis
from engine.quotas.closest import ClosestFunction
from engine.quotas.limits import KEY, Frame, Limit, frame_of, money
from engine.quotas.rules import quota_total
from engine.quotas.share_out import share_out
from engine.scenario import schema

_MOST_SETS = 20_000  # sets of rules that are tried before taking one away after the other
_HALVINGS = 50
# How far each key may be changed to see whether that helps: away from strict.
_LOOSEST = {
    "floor": 0.0, "cap": 1e14, "floor_share": 0.0, "cap_share": 1.0, "growth_least": -1.0, "growth_most": 1e4,
    "max_potential_share": 1e6, "min_chance": 0.0,
}  # fmt: skip
_MONEY = ("floor", "cap")
_DIGITS = 1000  # shares and changes are proposed in thousandths

Changed = tuple[str, schema.Quotas, QuotaBasis]


class QuotaConflictError(InfeasibleError):
    """No quotas can keep the limits.

    Parameters
    ----------
    summary
        What clashes, with the sums.
    rules
        Key, words and place (empty = where the key stands) of the fewest rules that clash.
    fixes
        Changes after which quotas were found, one each.
    """

    def __init__(self, summary: str, rules: tuple[tuple[str, str, str], ...], fixes: tuple[str, ...]) -> None:
        self.summary, self.rules, self.fixes = summary, rules, fixes
        super().__init__(self.told(lambda key: key))

    def told(self, where: Callable[[str], str]) -> str:
        """Write it with the place of every key."""
        lines = [f"rule: {words} ({place or where(key)})" for key, words, place in self.rules]
        lines += [f"fix: {fix} (tried: quotas were found)" for fix in self.fixes]
        if not self.fixes:
            lines.append(
                "fix: loosen more than one of these rules: for each alone, no change was found that is enough"
            )
        return "\n  ".join([f"no quotas can keep these rules: {self.summary}", *lines])


def conflict(
    rules: schema.Quotas, basis: QuotaBasis, frame: Frame, closest: ClosestFunction
) -> QuotaConflictError:
    """Explain why no quotas fit a frame.

    Parameters
    ----------
    rules, basis
        What the frame was made from.
    frame
        Sums, limits and rounding that do not fit.
    closest
        Finds quotas when a change is tried.

    Returns
    -------
    The error to raise.
    """
    clash = fewest(frame)
    fine = frame.only(clash)
    rounding = replace(fine, step=1).fits()
    told = [(limit.key, limit.words, limit.place) for limit in clash]
    if rounding:
        told.append(("quotas.rounding", f"quotas are multiples of {rules.rounding:,}", ""))
    if not _one_seat(fine):
        told.append(_sum_rule(rules, basis, frame))
    tried = [*_changes(rules, basis, clash), *_target(rules, basis, frame)]
    if rounding:
        tried.append(("write quotas.rounding: 1", rules.model_copy(update={"rounding": 1}), basis))
    fixes = tuple(words for words, other, figures in tried if _works(other, figures, closest))
    if not fixes:  # another set of rules clashes, too, so no change of one rule helps
        rest = tuple(limit for limit in frame.limits if limit not in clash)
        for limit in () if frame.only(rest).fits() else fewest(frame.only(rest)):
            told.append((limit.key, f"{limit.words} (clashes by itself, too)", limit.place))
    return QuotaConflictError(_summary(fine, basis), tuple(told), fixes)


def fewest(frame: Frame) -> tuple[Limit, ...]:
    """Find the fewest limits that do not fit together, by number and then by order.

    With too many limits to try all sets, limits are left out one after the other instead: then leaving out any
    of those that stay gives quotas, but a smaller set may exist.
    """
    limits, sets = frame.limits, 0
    for size in range(len(limits) + 1):
        sets += comb(len(limits), size)
        if sets > _MOST_SETS:
            break
        for some in combinations(limits, size):
            if not frame.only(some).fits():
                return some
    kept = list(limits)
    for limit in limits:
        rest = tuple(other for other in kept if other is not limit)
        if not frame.only(rest).fits():
            kept = list(rest)
    return tuple(kept)


def _one_seat(frame: Frame) -> bool:
    return bool((frame.floor > frame.cap).any())


def _summary(frame: Frame, basis: QuotaBasis) -> str:
    """Say the figures that do not fit: of one position, of a group, or the rounding."""
    currency = basis.currency
    crossed = (frame.floor > frame.cap).nonzero()[0]
    if len(crossed):
        place = crossed[0]
        more = f" (and {len(crossed) - 1} more positions)" if len(crossed) > 1 else ""
        least, most = money(int(frame.floor[place]), currency), money(int(frame.cap[place]), currency)
        return f"{basis.territory_ids[place]} must have at least {least} and at most {most}{more}"
    for name, (total, own) in zip(frame.names, frame.members(), strict=True):
        whose = "" if name == "company" else f" of {name}"
        low, high = int(frame.floor[own].sum()), int(frame.cap[own].sum())
        sums = f"all quotas{whose} must add up to {money(total, currency)}, but"
        if low > total:
            over = money(low - total, currency)
            return f"{sums} the least that the rules allow adds up to {money(low, currency)}, {over} more"
        if high < total:
            short = money(total - high, currency)
            return f"{sums} the most that the rules allow adds up to {money(high, currency)}, {short} less"
    return f"no multiples of {money(frame.step, currency)} lie inside the limits and add up to the total"


def _sum_rule(rules: schema.Quotas, basis: QuotaBasis, frame: Frame) -> tuple[str, str, str]:
    total = money(sum(frame.totals), basis.currency)
    words = f"all quotas add up to {total}: the plan target plus {100 * rules.over_assignment:.6g} %"
    return ("quotas.regions" if rules.regions else "quotas.plan_target", words, "")


def _changes(rules: schema.Quotas, basis: QuotaBasis, clash: tuple[Limit, ...]) -> Iterator[Changed]:
    """Loosen each clashing rule alone, by the least that helps."""
    for limit in clash:
        if limit.place:
            yield from _loosen_row(rules, basis, limit)
            continue
        name = limit.key.rpartition(".")[2]
        strict = float(getattr(rules.bounds, name))

        unit = float(rules.rounding) if name in _MONEY else None
        changed = partial(_with_bound, rules, name)
        value = _least_change(strict, _LOOSEST[name], unit, lambda v: _fit(changed(v), basis))  # noqa: B023
        if value is not None:
            verb = "lower" if value < strict else "raise"
            said = f"{value:,.10f}".rstrip("0").rstrip(".")
            yield f"{verb} {KEY}.{name} to {said}", changed(value), basis


def _unit(value: float) -> float:
    """Give the steps in which a share is proposed: thousandths, finer where the share itself is small."""
    return 1 / _DIGITS if abs(value) < 1e-9 else min(1 / _DIGITS, 10.0 ** (floor(log10(abs(value))) - 2))


def _loosen_row(rules: schema.Quotas, basis: QuotaBasis, limit: Limit) -> Iterator[Changed]:
    """Lower the floor, or raise the cap, of one row of the table of bounds."""
    row = next(row for row in basis.bounds if row.place == limit.place)
    for name, loosest in (("floor", 0.0), ("cap", _LOOSEST["cap"])):
        strict = getattr(row, name)
        if strict is None:
            continue

        changed = partial(_with_row, basis, row, name)
        unit = float(rules.rounding)
        value = _least_change(strict, loosest, unit, lambda v: _fit(rules, changed(v)))  # noqa: B023
        if value is not None:
            verb = "lower" if value < strict else "raise"
            words = f"{verb} the {name} of {row.position} to {value:,.0f} ({row.place})"
            yield words, rules, changed(value)


def _with_bound(rules: schema.Quotas, name: str, value: float) -> schema.Quotas:
    return rules.model_copy(update={"bounds": rules.bounds.model_copy(update={name: value})})


def _with_row(basis: QuotaBasis, row: BoundRow, name: str, value: float) -> QuotaBasis:
    changed = replace(row, floor=value) if name == "floor" else replace(row, cap=value)
    return replace(basis, bounds=tuple(changed if one is row else one for one in basis.bounds))


def _target(rules: schema.Quotas, basis: QuotaBasis, frame: Frame) -> Iterator[Changed]:
    """Move the plan target to the nearest one that the limits allow, in whole steps of rounding."""
    if rules.regions or rules.components:
        return
    over, step, total = 1 + Decimal(str(rules.over_assignment)), rules.rounding, sum(frame.totals)
    # in whole steps, as quotas are: what is below one may go to a single position only
    least = int((-(-frame.floor // frame.step)).sum()) * frame.step
    most = int((frame.cap // frame.step).sum()) * frame.step
    if least > total:
        verb, nearest, way = "raise", ceil(Decimal(int(frame.floor.sum())) / 100 / over / step), 1
    elif most < total:
        verb, nearest, way = "lower", floor(Decimal(int(frame.cap.sum())) / 100 / over / step), -1
    else:
        return
    for more in range(len(frame.floor) + 2):
        target = Decimal((nearest + way * more) * step)
        if target <= 0:
            return
        changed = rules.model_copy(update={"plan_target": target})
        if target != rules.plan_target and _fit(changed, basis):
            yield f"{verb} quotas.plan_target to {target:,.0f}", changed, basis
            return


def _least_change(
    strict: float, loosest: float, unit: float | None, fit: Callable[[float], bool]
) -> float | None:
    """Find the value nearest to the strict one that fits, in whole units on the loose side; None if none does."""
    if not fit(loosest):
        return None
    low, high = 0.0, 1.0  # parts of the way to the loosest value; on a scale that is fine near the strict one
    way = loosest - strict
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if fit(strict + way * middle) else (middle, high)
    unit = unit or _unit(strict + way * high)
    units = (strict + way * high) / unit
    nearest = (
        floor(units) if way > 0 else ceil(units)
    )  # bisection may have stopped a hair beyond a whole unit
    for more in range(3):
        value = round((nearest + (more if way > 0 else -more)) * unit, 12)
        if fit(value):
            return value
    return None


def _fit(rules: schema.Quotas, basis: QuotaBasis) -> bool:
    return frame_of(rules, basis, quota_total(rules)).fits()


def _works(rules: schema.Quotas, basis: QuotaBasis, closest: ClosestFunction) -> bool:
    """Set the quotas under changed rules and see whether they keep everything."""
    frame = frame_of(rules, basis, quota_total(rules))
    if not frame.fits():
        return False
    annual = share_out(rules, basis, frame, closest).annual
    return bool(((annual >= frame.floor) & (annual <= frame.cap)).all() and annual.sum() == sum(frame.totals))
