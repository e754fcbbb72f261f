"""Why no plan keeps the rules: the fewest of the user's own rules that clash, and changes after which a plan was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby, islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.plan import Status, TerritoryPlan
from engine.problem import TerritoryProblem
from engine.what_if.fewest import Rules, fewest
from engine.what_if.question import Question
from engine.what_if.rules import Dial, Rule

SECONDS = 60.0  # for the whole explanation
SLICE = 10.0  # for one answer
ALTERNATIVES = 3
ROWS_TRIED = 12  # rows of a table that are given back one by one
NAMED = 6  # units named in one line


class RefuteFunction(Protocol):
    """Prove quickly that a problem has no plan, by arithmetic or also a relaxation: the reason, empty = not proved."""

    def __call__(self, problem: TerritoryProblem, *, seed: int, time_limit: float, relax: bool) -> str: ...


class FindFunction(Protocol):
    """Find any plan of a problem, near another one if it is given, or prove that there is none."""

    def __call__(
        self,
        problem: TerritoryProblem,
        *,
        seed: int,
        time_limit: float,
        before: NDArray[np.int32] | None = None,
    ) -> TerritoryPlan: ...


@dataclass(frozen=True)
class Fix:
    """A change after which a plan was found.

    Parameters
    ----------
    words
        What to do.
    asked
        The changed question.
    """

    words: str
    asked: Question


@dataclass(frozen=True)
class Conflict:
    """Rules that no plan can keep together.

    Parameters
    ----------
    summary
        The figures that do not fit, where arithmetic tells them.
    rules
        The rules that clash.
    by_arithmetic
        Whether sums prove it; else the solver did, twice.
    fewest
        Whether a plan was found without any one of them that keeps the others.
    fixes
        Changes after which a plan was found that keeps everything else, one each.
    """

    summary: str
    rules: tuple[Rule, ...]
    by_arithmetic: bool
    fewest: bool
    fixes: tuple[Fix, ...]

    def __str__(self) -> str:
        told, count = tuple(_told(self.rules)), len(self.rules)
        these = f"these {len(told)} rules together" if len(told) > 1 else "this rule"
        if count == 0:
            these = "what is asked for, whatever the rules"
        proof = "by arithmetic" if self.by_arithmetic else "proved twice"
        if self.fewest and count > 1:
            proof += "; without any one of them the others can be kept"
        elif not self.fewest:
            proof += "; fewer of them may do"
        head = f"no plan can keep {these} ({proof})" + (f": {self.summary}" if self.summary else "")
        lines = [f"rule: {words} ({place})" for words, place in told]
        lines += [f"fix: {fix.words} (tried: a plan was found)" for fix in self.fixes]
        return "\n  ".join([head, *lines])


def explain(
    question: Question,
    rules: Sequence[Rule],
    *,
    refute: RefuteFunction,
    find: FindFunction,
    seed: int,
    seconds: float = SECONDS,
) -> Conflict | None:
    """Find the fewest rules that clash, and what could be changed.

    Rules are asked by arithmetic and the linear relaxation first; where these prove nothing, by the solver, which also says
    whether the rest can be kept without one of them. What is not answered in time counts as "can be kept", so the rules given
    back clash for sure, and the result says when fewer may do.

    Parameters
    ----------
    question, rules
        What has no plan, and all its rules.
    refute, find
        Quick proof that there is no plan; the solver.
    seed
        Seed of the solvers.
    seconds
        For all of it.

    Returns
    -------
    The conflict; None when it could not be proved again.
    """
    ask = _Oracle(question, rules, refute, find, seed, time.monotonic() + seconds)
    everything = tuple(range(len(rules)))
    ask.relax = not ask.refuted(everything)
    quick = not ask.relax or ask.refuted(everything)
    if not quick and ask.plan_of(everything) is not Status.INFEASIBLE:
        return None
    clash = ask.refuted if quick else lambda kept: ask.plan_of(kept) is Status.INFEASIBLE
    found = fewest(everything, clash)
    if ask.remaining > seconds / 2:  # another order may need fewer
        found = min(found, tuple(sorted(fewest(everything[::-1], clash))), key=len)
    fixes = tuple(islice(_fixes(ask, found), ALTERNATIVES))
    if quick:  # whole units and connection may need even fewer
        found = fewest(found, lambda kept: ask.plan_of(kept) is Status.INFEASIBLE)
    proved = all(ask.found(tuple(other for other in found if other != rule)) for rule in found)
    reason = ask.reason(found)
    return Conflict(
        reason, tuple(rules[place] for place in found), bool(reason) and not ask.relax, proved, fixes
    )


def changes_that_help(
    question: Question,
    rules: Sequence[Rule],
    *,
    refute: RefuteFunction,
    find: FindFunction,
    seed: int,
    seconds: float = SECONDS,
) -> tuple[Fix, ...]:
    """Find changes after which there is a plan, where none was found and nothing is proved; see `explain`."""
    ask = _Oracle(question, rules, refute, find, seed, time.monotonic() + seconds)
    return tuple(islice(_fixes(ask, tuple(range(len(rules)))), ALTERNATIVES))


class _Oracle:
    """Answers about sets of rules, remembered: what can be kept can be kept with fewer rules, and the other way round."""

    def __init__(
        self,
        question: Question,
        rules: Sequence[Rule],
        refute: RefuteFunction,
        find: FindFunction,
        seed: int,
        deadline: float,
    ) -> None:
        self.question, self.rules = question, rules
        self._refute, self._find, self._seed, self._deadline = refute, find, seed, deadline
        self.until = deadline  # of the part of the work at hand
        self.relax = False  # whether the relaxation is asked, too, where arithmetic proves nothing
        self._near: NDArray[np.int32] | None = None  # the last plan found
        self._kept: list[frozenset[int]] = []
        self._clashing: list[tuple[frozenset[int], str]] = []

    def asked(self, kept: Rules) -> Question:
        """Ask with these rules alone."""
        return self.without(place for place in range(len(self.rules)) if place not in kept)

    def refuted(self, kept: Rules) -> bool:
        """Tell whether arithmetic or the relaxation proves that these rules clash."""
        some = frozenset(kept)
        if any(some <= plan for plan in self._kept):
            return False
        if any(clash <= some for clash, _ in self._clashing):
            return True
        reason = self._reason(self.asked(kept).problem())
        if reason:
            self._clashing.append((some, reason))
        return bool(reason)

    def _reason(self, problem: TerritoryProblem) -> str:
        left = self.left
        if left <= 0:
            return ""
        return self._refute(problem, seed=self._seed, time_limit=left, relax=self.relax)

    def plan_of(self, kept: Rules) -> Status:
        """Tell how the search for a plan with these rules alone ends."""
        some = frozenset(kept)
        if any(some <= plan for plan in self._kept):
            return Status.FEASIBLE
        if self.refuted(kept):
            return Status.INFEASIBLE
        status = self.status(self.asked(kept).problem())
        if status is Status.INFEASIBLE:
            self._clashing.append((some, ""))
        elif status is Status.FEASIBLE:
            self._kept.append(some)
        return status

    def found(self, kept: Rules) -> bool:
        """Tell whether a plan was found with these rules alone."""
        return self.plan_of(kept) is Status.FEASIBLE

    def status(self, problem: TerritoryProblem) -> Status:
        """Search for any plan of a problem."""
        left = self.left
        if left <= 0:
            return Status.NO_PLAN
        plan = self._find(problem, seed=self._seed, time_limit=left, before=self._near)
        if plan.found:
            self._near = plan.assignment
        return Status.FEASIBLE if plan.found else plan.status

    def eased(self, place: int, dial: Dial) -> Fix | None:
        """Find the number nearest to a rule's strict one with which a plan is found."""
        values = dial.values()

        def asked(value: float) -> TerritoryProblem:
            return dial.turn(self.question, value).problem()

        begin = first_that(len(values), lambda step: not self._reason(asked(values[step])))
        if begin is None:
            return None
        rest = values[begin:]
        found = first_that(len(rest), lambda step: self.status(asked(rest[step])) is Status.FEASIBLE)
        if found is None:
            return None
        self._kept.append(frozenset(range(len(self.rules))) - {place})
        return Fix(dial.words(rest[found]), dial.turn(self.question, rest[found]))

    def without(self, places: Iterable[int]) -> Question:
        """Ask without some rules."""
        return reduce(lambda question, place: self.rules[place].without(question), places, self.question)

    def reason(self, kept: Rules) -> str:
        """Give the figures that do not fit, if arithmetic told them for just these rules."""
        return next((reason for clash, reason in self._clashing if clash == frozenset(kept)), "")

    @property
    def left(self) -> float:
        """Seconds for the next answer."""
        return min(SLICE, self.remaining, self.until - time.monotonic())

    @property
    def remaining(self) -> float:
        """Seconds for all answers to come."""
        return self._deadline - time.monotonic()


def _told(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Say each rule with its place; rows of one table that say the same of several units become one."""
    for (_, words), alike in groupby(rules, key=lambda rule: (rule.kind, _without_subject(rule))):
        same = list(alike)
        if len(same) == 1:
            yield same[0].words, same[0].place
            continue
        units = ", ".join(rule.subject for rule in same[:NAMED])
        more = f" and {len(same) - NAMED} more" if len(same) > NAMED else ""
        yield f"{len(same)} units ({units}{more}) {words}", _places([rule.place for rule in same])


def _without_subject(rule: Rule) -> str:
    """Give the words of a row without its unit: ``unit 06037 is locked to T16`` is about many units alike."""
    plural = rule.words.removeprefix(f"unit {rule.subject} ")
    return plural.replace("is ", "are ", 1) if plural.startswith("is ") else plural


def _places(places: list[str]) -> str:
    """Write places of one file together, such as ``locks.csv:2-4, 7``."""
    file = places[0].rpartition(":")[0]
    lines = sorted(int(place.rpartition(":")[2]) for place in places)
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][-1] + 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return f"{file}:" + ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _fixes(ask: _Oracle, clash: Rules) -> Iterator[Fix]:
    """Change one kind of rule at a time: rows that are given up, numbers that are eased, rules that are left out."""
    kinds = list(dict.fromkeys(ask.rules[place].kind for place in clash))
    kinds.sort(key=lambda kind: not _rows(ask, clash, kind))
    found = False
    for done, kind in enumerate(kinds):
        ask.until = time.monotonic() + ask.remaining / (len(kinds) - done + 1)
        for fix in _fixes_of(ask, clash, kind):
            found = True
            yield fix
    ask.until = time.monotonic() + ask.remaining
    if not found and (several := _several(ask)):
        yield several


def _rows(ask: _Oracle, clash: Rules, kind: str) -> list[int]:
    """List the clashing rules of a kind that are rows of a table."""
    return [place for place in clash if ask.rules[place].kind == kind and ask.rules[place].subject]


def _fixes_of(ask: _Oracle, clash: Rules, kind: str) -> Iterator[Fix]:
    if rows := _rows(ask, clash, kind):
        if spared := _spared(ask, kind, rows):
            yield Fix(_give_up([ask.rules[place] for place in spared]), ask.without(spared))
        return
    for place in clash:
        rule = ask.rules[place]
        if rule.kind != kind:
            continue
        if rule.dial is not None:
            if (fix := ask.eased(place, rule.dial)) is not None:
                yield fix
        elif ask.found(tuple(other for other in range(len(ask.rules)) if other != place)):
            yield Fix(rule.remedy, ask.without([place]))


def _give_up(rows: Sequence[Rule]) -> str:
    units = ", ".join(rule.subject for rule in rows[:NAMED]) + (" ..." if len(rows) > NAMED else "")
    return f"{rows[0].remedy} {units} ({_places([rule.place for rule in rows])})"


def _spared(ask: _Oracle, kind: str, clash: list[int]) -> list[int]:
    """Find few rows of a kind without which there is a plan: of the clash, else of the whole table."""
    every = [place for place, rule in enumerate(ask.rules) if rule.kind == kind]
    others = [place for place in range(len(ask.rules)) if place not in every]
    for spared in (clash, every):
        kept = [*others, *(place for place in every if place not in spared)]
        if not ask.found(tuple(sorted(kept))):
            continue
        needed = list(spared)
        for place in spared[:ROWS_TRIED]:
            if len(needed) > 1 and ask.found(tuple(sorted([*kept, place]))):
                kept.append(place)
                needed.remove(place)
        return needed
    return []


def first_that(count: int, holds: Callable[[int], bool]) -> int | None:
    """Find the first of some steps that something holds for, when it holds for all after it: double, then halve."""
    low, high = -1, 0
    while high < count and not holds(high):
        if high == count - 1:
            return None
        low, high = high, min(2 * high + 2, count - 1)
    if not count:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _several(ask: _Oracle) -> Fix | None:
    """Find few rules that must all be left out, where rules clash in several ways at once."""
    kept: Rules = ()
    if not ask.found(kept):
        return None
    for place in range(len(ask.rules)):
        if ask.found((*kept, place)):
            kept = (*kept, place)
    left_out = [place for place in range(len(ask.rules)) if place not in kept]
    said = "; ".join(f"{words} ({place})" for words, place in _told([ask.rules[place] for place in left_out]))
    return Fix(f"do without all of: {said}", ask.without(left_out))
