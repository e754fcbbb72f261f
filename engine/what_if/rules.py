"""The rules of a scenario one by one: in the user's words, with their place, and how to ask without them.

A new kind of rule joins with a function that lists its rules, named in `_KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from engine.scenario.load import LoadedScenario
from engine.scenario.places import KeyPath, undotted
from engine.scenario.rules import where_written
from engine.tables.tables import Tables
from engine.what_if.question import Change, Question

MOST_TOLERANCE = 1.0  # of the target; the schema allows no more
TOLERANCE_STEP, SHARE_STEP, HOURS_STEP = 0.005, 0.01, 0.25
MOST_HOURS = 500.0
GROUP_NAMED = 4


@dataclass(frozen=True)
class Dial:
    """A number by which a rule can be eased.

    Parameters
    ----------
    strict, loosest, step
        The number now, the loosest one that may be written, and the steps in which others are proposed.
    turn
        Asks with another number.
    words
        Says what to write.
    """

    strict: float
    loosest: float
    step: float
    turn: Callable[[Question, float], Question]
    words: Callable[[float], str]

    def values(self) -> list[float]:
        """List the numbers beyond the strict one, next one first."""
        first = int(self.strict / self.step + 1e-9) + 1
        found = [
            round(step * self.step, 9) for step in range(first, int(self.loosest / self.step + 1e-9) + 1)
        ]
        return found


@dataclass(frozen=True)
class Rule:
    """One rule of the user's.

    Parameters
    ----------
    kind
        What kind it is, such as ``lock``.
    words
        What it asks for.
    place
        Where it is written.
    without
        Asks without it.
    subject
        The unit it is about, when it is a row of a table.
    remedy
        How to do without it.
    dial
        How to ease it; None = it holds or not.
    """

    kind: str
    words: str
    place: str
    without: Change
    subject: str = ""
    remedy: str = ""
    dial: Dial | None = None


def rules_of(loaded: LoadedScenario, tables: Tables) -> list[Rule]:
    """List the rules that a plan has to keep.

    Parameters
    ----------
    loaded, tables
        The scenario and its checked tables.

    Returns
    -------
    The rules: keys of the scenario first, then rows of tables.
    """
    return [rule for kind in _KINDS for rule in kind(loaded, tables)]


def _locks(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    for unit, territory, place in _rows(tables.locks):
        words = f"unit {unit} is locked to {territory}"
        yield Rule("lock", words, place, partial(_without_row, "locks", place), unit, "unlock")


def _forbidden(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    for unit, territory, place in _rows(tables.forbid):
        words = f"unit {unit} must not go to {territory}"
        yield Rule("forbid", words, place, partial(_without_row, "forbid", place), unit, "allow")


def _rows(rule: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    return zip(*(rule[name].tolist() for name in ("unit", "territory", "place")), strict=True)


def _without_row(table: str, place: str, question: Question) -> Question:
    rows = getattr(question.tables, table)
    kept = rows[rows["place"] != place].reset_index(drop=True)
    return replace(question, tables=replace(question.tables, **{table: kept}))


def _tolerances(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    for place, balance in enumerate(loaded.scenario.territories.balance):
        key = f"territories.balance.{place}.tolerance"
        yield Rule(
            "tolerance",
            f"every territory within {100 * balance.tolerance:.4g} % of its target of {balance.measure}",
            where_written(loaded, ("territories", "balance", place)),
            partial(_unlimited, balance.measure),
            dial=Dial(
                balance.tolerance, MOST_TOLERANCE, TOLERANCE_STEP, partial(_tolerance, place), _write(key)
            ),
        )


def _unlimited(measure: str, question: Question) -> Question:
    return replace(question, unlimited=question.unlimited | {measure})


def _tolerance(place: int, question: Question, value: float) -> Question:
    balance = list(question.scenario.territories.balance)
    balance[place] = balance[place].model_copy(update={"tolerance": value})
    return _with(question, "territories", {"balance": balance})


def _contiguity(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    if loaded.scenario.territories.contiguity == "required":
        place = where_written(loaded, ("territories", "contiguity"))
        off = _set("territories", "contiguity", "off")
        remedy = "write territories.contiguity: off, or declare bridges"
        yield Rule("contiguity", "every territory in one piece", place, off, remedy=remedy)


def _max_travel(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    hours = loaded.scenario.territories.max_travel_hours
    if hours is not None:
        yield _key_rule(
            loaded,
            ("territories", "max_travel_hours"),
            f"at most {hours:g} h of travel from a home base",
            Dial(
                hours,
                MOST_HOURS,
                HOURS_STEP,
                _turn("territories", "max_travel_hours"),
                _write("territories.max_travel_hours"),
            ),
        )


def _disruption(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    share = loaded.scenario.disruption.max_share
    if share is not None:
        yield _key_rule(
            loaded,
            ("disruption", "max_share"),
            f"at most {100 * share:.4g} % of account value changes hands",
            Dial(share, 1.0, SHARE_STEP, _turn("disruption", "max_share"), _write("disruption.max_share")),
        )


def _per_rep(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    share = loaded.scenario.disruption.max_share_per_rep
    if share is not None:
        yield _key_rule(
            loaded,
            ("disruption", "max_share_per_rep"),
            f"no position loses more than {100 * share:.4g} % of its account value",
            Dial(
                share,
                1.0,
                SHARE_STEP,
                _turn("disruption", "max_share_per_rep"),
                _write("disruption.max_share_per_rep"),
            ),
        )


def _together(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    return _groups(loaded, tables.together, "together", "stay together")


def _apart(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    return _groups(loaded, tables.apart, "apart", "are apart")


def _groups(loaded: LoadedScenario, table: pd.DataFrame, name: str, words: str) -> Iterator[Rule]:
    """List one rule for each group of units."""
    file = getattr(loaded.scenario.rules, name)
    for group, units in table.groupby("group")["unit"]:
        said = f"units {', '.join(units[:GROUP_NAMED])}{' ...' if len(units) > GROUP_NAMED else ''} {words}"
        yield Rule(
            name,
            said,
            f"{file} group {group}",
            partial(_without_group, name, str(group)),
            remedy=f"delete group {group} of {file}",
        )


def _without_group(table: str, group: str, question: Question) -> Question:
    rows = getattr(question.tables, table)
    kept = rows[rows["group"] != group].reset_index(drop=True)
    return replace(question, tables=replace(question.tables, **{table: kept}))


def _needs(loaded: LoadedScenario, tables: Tables) -> Iterator[Rule]:
    """List what units need of their position: eligibility, and staying inside a region."""
    rules = loaded.scenario.rules
    for needs in tables.needs:
        if needs.rule == "inside_region" and rules.inside_region is not None:
            words = f"territories stay inside their {rules.inside_region.unit}"
        else:
            match = rules.eligibility[int(needs.rule.rpartition(".")[2])]
            words = f"units only with positions that have their {match.unit}"
        key = f"rules.{needs.rule}"
        without = partial(_without_needs, needs.rule)
        yield Rule(
            needs.rule, words, where_written(loaded, undotted(key)), without, remedy=f"do without {key}"
        )


def _without_needs(rule: str, question: Question) -> Question:
    kept = tuple(needs for needs in question.tables.needs if needs.rule != rule)
    return replace(question, tables=replace(question.tables, needs=kept))


_KINDS = (
    _tolerances, _max_travel, _disruption, _per_rep, _contiguity, _needs, _together, _apart, _locks, _forbidden,
)  # fmt: skip


def _key_rule(loaded: LoadedScenario, path: KeyPath, words: str, dial: Dial) -> Rule:
    """Make the rule of a key that asks for nothing when it is left out."""
    block, name = str(path[0]), str(path[1])
    return Rule(name, words, where_written(loaded, path), _set(block, name, None), dial=dial)


def _with(question: Question, block: str, values: dict[str, object]) -> Question:
    """Ask with other values of a block's keys."""
    changed = getattr(question.scenario, block).model_copy(update=values)
    return replace(question, scenario=question.scenario.model_copy(update={block: changed}))


def _set(block: str, name: str, value: object) -> Change:
    return lambda question: _with(question, block, {name: value})


def _turn(block: str, name: str) -> Callable[[Question, float], Question]:
    return lambda question, value: _with(question, block, {name: value})


def _write(key: str) -> Callable[[float], str]:
    return lambda value: f"write {key}: {value:g}"
