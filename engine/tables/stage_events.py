"""The history of opportunities in their stages, from which a sales process is calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.calibration import Ending, StageHistory
from engine.errors import Finding, InputError, Severity, shown
from engine.scenario.nearest import did_you_mean
from engine.scenario.places import Place
from engine.tables.cells import dates, numbers, words
from engine.tables.sheet import Intake, Sheet
from engine.tables.text import read_sheet

NEEDED = ("opportunity", "stage", "entered", "left", "outcome", "amount")
OPTIONAL = ("owner", "unit", "hours")
OUTCOMES = {
    "advanced": Ending.ADVANCED,
    "won": Ending.ADVANCED,
    "lost": Ending.LOST,
    "open": Ending.OPEN,
    "": Ending.OPEN,
}
FEWEST = 10  # ended visits to a stage, and won deals with an amount: less says nothing

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """What part of a history to use, and the order of its stages; None and empty = read off the table.

    Parameters
    ----------
    since
        First day from which every visit that ended is in the table.
    until
        Last day that the table covers.
    stages
        Names in order.
    """

    since: date | None = None
    until: date | None = None
    stages: tuple[str, ...] = ()


def read_history(path: Path, window: Window) -> tuple[StageHistory, tuple[Finding, ...]]:
    """Read a table of visits to stages.

    Parameters
    ----------
    path
        CSV with the columns ``opportunity, stage, entered, left, outcome, amount`` and, if there are any,
        ``owner, unit, hours``.
    window
        What part of it to use.

    Returns
    -------
    The history, and warnings, repairs and notes.

    Raises
    ------
    InputError
        With every mistake in the table.
    """
    findings: list[Finding] = []
    intake = Intake(path.parent, {(): Place(path.name, 0, 0)}, findings)
    content = intake.content((), path.name)
    sheet = None if content is None else read_sheet(content, path.name, findings)
    history = None
    if sheet is not None:
        sheet = intake.columns(sheet, dict.fromkeys(NEEDED, ()), OPTIONAL)
        if all(sheet.has(column) for column in NEEDED):
            history = _history(sheet, window)
    if history is None or any(finding.severity is Severity.ERROR for finding in findings):
        raise InputError(findings)
    return history, tuple(sorted(dict.fromkeys(findings)))


def _history(sheet: Sheet, window: Window) -> StageHistory | None:
    sheet = _without_repetitions(sheet)
    for column in ("opportunity", "stage"):
        _note(sheet, sheet.rows[column] == "", column, "EVENT-BLANK", "the cell is blank", "write the name")
    entered, left = dates(sheet, "entered", date.min), dates(sheet, "left", date.max)
    ending = _endings(sheet)
    _check_days(sheet, entered, left, ending)
    amount = numbers(sheet, "amount", default=0.0)
    hours = numbers(sheet, "hours", default=-1.0, least=0.0) if sheet.has("hours") else None
    undated = np.array([day == date.min for day in entered])
    if undated.any():
        message = f"{undated.sum():,} visits have no day on which they began; they are left out"
        _note(
            sheet, undated, "entered", "EVENT-UNDATED", message, "write the day, if known", Severity.WARNING
        )
    if any(finding.severity is Severity.ERROR for finding in sheet.findings):
        return None
    begun = np.array([day.toordinal() for day in entered])
    ended = np.array([day.toordinal() for day in left])
    last = ended[ended < date.max.toordinal()].max(initial=begun.max(initial=0))
    until = window.until.toordinal() if window.until else int(last)
    first = ended.min(initial=until)
    since = window.since.toordinal() if window.since else int(first)
    stages = _order(sheet, begun, window.stages)
    if not stages:
        return None
    _check_ends(sheet, stages[-1])
    place = {name: number for number, name in enumerate(stages)}
    opportunities, opportunity = _places(sheet.rows["opportunity"])
    owners, owner = _places(words(sheet, "owner"))
    units, unit = _places(words(sheet, "unit"))
    history = StageHistory(
        source=sheet.file,
        stages=stages,
        owners=owners,
        units=units,
        opportunities=opportunities,
        since=since,
        until=until,
        opportunity=opportunity,
        stage=sheet.rows["stage"].map(place).to_numpy().astype(np.int64),
        owner=owner,
        unit=unit,
        entered=begun.astype(np.int64),
        left=np.minimum(ended, until + 1).astype(np.int64),
        ending=ending,
        won=(sheet.rows["outcome"].str.casefold() == "won").to_numpy(dtype=bool),
        amount=amount.where(amount > 0).to_numpy().astype(np.float64),
        hours=(pd.Series(np.nan, amount.index) if hours is None else hours.where(hours >= 0))
        .to_numpy()
        .astype(np.float64),
    )
    history = history.kept(~undated & (ended >= since)).as_of(until + 1)
    _check_enough(sheet, history)
    return history


def _note(
    sheet: Sheet,
    wrong: pd.Series[bool] | Flags,
    column: str,
    code: str,
    message: str,
    remedy: str,
    severity: Severity = Severity.ERROR,
) -> None:
    """Note rows that have one fault."""
    lines = sheet.rows.index[np.asarray(wrong, dtype=bool)]
    if len(lines):
        value = sheet.rows.loc[lines[0], column] if sheet.has(column) else ""
        sheet.report(lines, column, code, message, remedy, severity, value=value)


def _without_repetitions(sheet: Sheet) -> Sheet:
    again = sheet.rows.duplicated(keep="first")
    message = f"{again.sum():,} rows repeat another row; one was kept"
    _note(sheet, again, "opportunity", "EVENT-REPEATED", message, "delete the repetitions", Severity.REPAIR)
    return sheet.kept(~again)


def _endings(sheet: Sheet) -> NDArray[np.int64]:
    outcome = sheet.rows["outcome"].str.casefold()
    unknown = ~outcome.isin(list(OUTCOMES))
    if unknown.any():
        first, known = sheet.rows["outcome"][unknown].iloc[0], [name for name in OUTCOMES if name]
        message = f"found {shown(first)}: must be one of {', '.join(known)}{did_you_mean(first, known)}"
        _note(sheet, unknown, "outcome", "EVENT-OUTCOME", message, "write one of these, or leave it blank")
    return outcome.map(OUTCOMES).fillna(Ending.OPEN).to_numpy().astype(np.int64)


def _check_days(
    sheet: Sheet, entered: pd.Series[date], left: pd.Series[date], ending: NDArray[np.int64]
) -> None:
    """A visit is entered, then left; it is left if and only if it has ended."""
    known = np.array([a is not None and b is not None for a, b in zip(entered, left, strict=True)])
    blank = np.array([day == date.max for day in left])
    early = known & np.array(
        [a is not None and b is not None and b < a for a, b in zip(entered, left, strict=True)]
    )
    is_open = ending == Ending.OPEN
    remedy = "correct one of the two days"
    _note(sheet, early, "left", "EVENT-DAY", "the stage is left before it is entered", remedy)
    given = known & is_open & ~blank & sheet.rows["outcome"].str.casefold().isin(["", "open"]).to_numpy()
    message, remedy = "the stage is left, but the outcome says that it is open", "write how it ended"
    _note(sheet, given, "outcome", "EVENT-OPEN", message, remedy)
    message, remedy = "the visit has ended, but on no day", "write the day, or leave the outcome blank"
    _note(sheet, known & ~is_open & blank, "left", "EVENT-OPEN", message, remedy)


def _order(sheet: Sheet, begun: NDArray[np.int64], asked: Sequence[str]) -> tuple[str, ...]:
    """Put stages in the order in which most opportunities go through them."""
    names = sheet.rows["stage"].drop_duplicates().tolist()
    if asked:
        unknown = ~sheet.rows["stage"].isin(asked)
        message = f"the stage is not among {', '.join(asked)}"
        _note(sheet, unknown, "stage", "EVENT-STAGE", message, "name every stage, in order, in --stages")
        absent = [name for name in asked if name not in names]
        if absent:
            message = f"no opportunity was ever in {shown(absent[0])}{did_you_mean(absent[0], names)}"
            sheet.report([], "stage", "EVENT-STAGE", message, "leave the stage out of --stages")
        return () if unknown.any() or absent else tuple(asked)
    rows = pd.DataFrame({"who": sheet.rows["opportunity"], "stage": sheet.rows["stage"], "day": begun})
    first = rows.groupby(["who", "stage"], sort=False)["day"].min().unstack().reindex(columns=names)
    day = first.to_numpy(dtype=float)
    before = np.array([[np.sum(day[:, a] < day[:, b]) for b in range(len(names))] for a in range(len(names))])
    ahead = (before > before.T).sum(axis=1)
    order = sorted(range(len(names)), key=lambda place: (-ahead[place], place))
    if len(names) > 1:
        message = f"the stages were put in this order: {', '.join(names[place] for place in order)}"
        remedy = "nothing, if it is right; else name them in order in --stages"
        sheet.report([], "stage", "EVENT-ORDER", message, remedy, Severity.NOTE)
    return tuple(names[place] for place in order)


def _check_ends(sheet: Sheet, last: str) -> None:
    """The last stage is left by winning or losing; winning from an earlier one leaves stages out."""
    outcome, at_the_end = sheet.rows["outcome"].str.casefold(), sheet.rows["stage"] == last
    _note(
        sheet,
        (outcome == "advanced") & at_the_end,
        "outcome",
        "EVENT-LAST",
        f"{shown(last)} is the last stage, so nothing can be advanced to",
        "write won or lost, or name the stages in order in --stages",
    )
    early = (outcome == "won") & ~at_the_end
    message = f"{early.sum():,} deals are won from a stage that is not the last; they count as advanced there"
    remedy = "nothing, if few; else leave out stages that deals skip"
    _note(sheet, early, "stage", "EVENT-SKIP", message, remedy, Severity.WARNING)
    again = sheet.rows.duplicated(["opportunity", "stage"])
    message = f"{again.sum():,} visits are returns to a stage; each counts by itself"
    remedy = "nothing, if few; else keep one row for each opportunity and stage"
    _note(sheet, again, "stage", "EVENT-AGAIN", message, remedy, Severity.WARNING)


def _places(names: pd.Series[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Number names in sorted order; a blank is -1."""
    every = tuple(sorted(set(names) - {""}))
    return every, pd.Index(every, dtype="str").get_indexer(pd.Index(names)).astype(np.int64)


def _check_enough(sheet: Sheet, history: StageHistory) -> None:
    for number, name in enumerate(history.stages):
        ended = int(((history.stage == number) & (history.ending != Ending.OPEN)).sum())
        if ended < FEWEST:
            message = f"{ended} visits to {shown(name)} have ended; at least {FEWEST} are needed"
            remedy = "take a longer history, or join the stage with its neighbour"
            sheet.report([], "stage", "EVENT-FEW", message, remedy, count=ended)
    sold = int((history.won & (history.amount > 0)).sum())
    if sold < FEWEST:
        message = f"{sold} won deals have an amount; at least {FEWEST} are needed"
        sheet.report([], "amount", "EVENT-FEW", message, "take a longer history", count=sold)
