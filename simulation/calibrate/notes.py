"""What a reader must know about the data and the fit before using it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from engine.calibration import StageHistory
from simulation.calibrate.fit import ASSUMED_HOURS, MISFIT, Fit

FASTER = 1.5  # ratio of mean days to the two endings beyond which one law for both misleads
LATE = 0.2  # share of visits under way when the history begins that is worth a word


def notes(history: StageHistory, fit: Fit, quarters: pd.DataFrame) -> tuple[str, ...]:
    """List what the figures cannot say for themselves.

    Parameters
    ----------
    history
        What was fitted on.
    fit
        What was learned.
    quarters
        The back-test.

    Returns
    -------
    Sentences, the widest first.
    """
    return (*_hours(fit), *_history(history, fit), *_laws(fit), *_reps(fit), *_tested(quarters))


def _hours(fit: Fit) -> Iterator[str]:
    missing = [stage.name for stage in fit.stages if stage.hours is None]
    if missing:
        yield (
            f"Hours of work are not recorded for {', '.join(missing)}: {ASSUMED_HOURS.mean:g} hours a visit are "
            "assumed. What reps can handle depends on them more than on anything else; estimate them."
        )
    yield (
        "Days in a stage are as observed, from entering to leaving: they hold the time a deal waited for its rep. "
        "The simulation adds waiting where reps are busy, so a cycle comes out somewhat longer than observed."
    )


def _history(history: StageHistory, fit: Fit) -> Iterator[str]:
    for stage in fit.stages:
        if stage.late > LATE * stage.visits:
            yield (
                f"{stage.late:,} of {stage.visits:,} visits to {stage.name} were under way when the history begins. Such "
                "visits that ended before are not known of; the fit allows for that."
            )
    early = (history.won & (history.stage < len(history.stages) - 1)).sum()
    if early:
        yield (
            f"{early:,} deals were won from a stage that is not the last. The process has no such way, so it wins "
            "fewer deals, later."
        )
    missing = int((history.won & ~(history.amount > 0)).sum())
    if missing:
        yield f"{missing:,} won deals have no amount; the sizes are those of the other {fit.amount.count:,}."
    if not fit.demand.seasonal:
        yield (
            f"The history covers {history.days:,} days, less than a year: seasons cannot be told from it, and the flat "
            "rate of new opportunities may be that of its own season."
        )
    else:
        yield (
            "The seasons of demand are shown, not written to the process: a scenario takes them from "
            "measures.potential.quarters."
        )


def _laws(fit: Fit) -> Iterator[str]:
    for stage in fit.stages:
        law = stage.advanced
        if stage.stuck:
            yield (
                f"{stage.stuck:.0%} of the deals that enter {stage.name} never leave it: dead, but never closed. They count as "
                f"not advancing. Leave deals that are in it for more than {stage.stale_days} days out of the opening "
                "pipeline; the back-test does."
            )
        if not law.lognormal:
            yield (
                f"Days to advance from {stage.name} do not follow a lognormal law. Its mean and spread are set to those "
                f"observed; the shares that are over by a day still differ by up to {law.curve.gap:.0%} of visits."
            )
        elif law.curve.gap > MISFIT:
            yield (
                f"Days to advance from {stage.name} follow the lognormal law loosely: up to {law.curve.gap:.0%} of visits "
                "are over sooner or later than it says."
            )
        ratio = stage.advanced.mean.value / stage.lost.mean.value
        if not 1 / FASTER < ratio < FASTER:
            sooner = "sooner" if ratio > 1 else "later"
            yield (
                f"Deals lost in {stage.name} leave it {sooner} ({stage.lost.mean.value:.0f} days on average) than those that "
                f"advance ({stage.advanced.mean.value:.0f} days). The process has one law for both and takes the second, "
                "which dates the bookings; of open deals it makes the old ones no likelier to advance than the new."
            )
    if not fit.amount.lognormal:
        yield "Amounts do not follow a lognormal law: mean and spread are those observed, the shape is not."


def _reps(fit: Fit) -> Iterator[str]:
    if fit.owners is None:
        yield "Fewer than two owners are known: the spread between reps (skill_cv) is written as 0, which is too sure."
    elif fit.skill.low == 0:
        yield (
            f"The win rates of {len(fit.owners.names)} owners differ by no more than luck explains (spread {fit.skill.value:.0%}, "
            f"at most {fit.skill.high:.0%}): do not judge people by them."
        )
    yield "Shocks of a year (macro) and attrition cannot be seen in such a table; the scenario's own values are kept."


def _tested(quarters: pd.DataFrame) -> Iterator[str]:
    if quarters.empty:
        yield "The history is too short for a back-test: it needs 90 days and then a whole calendar quarter."
        return
    tested = quarters["quarter"].nunique()
    by_owner = quarters[quarters["level"] == "owner"]
    if by_owner["crps"].sum() > by_owner["crps_flat"].sum():
        yield (
            "In the back-test the simulation forecast owners worse than the flat rate of their past: do not trust its "
            "level for this company before you know why."
        )
    if np.isnan(quarters["crps_last_year"].astype(float)).all():
        yield "No quarter of the back-test has the same quarter of the year before to compare with."
    if tested < 4:
        plural = "s" if tested > 1 else ""
        yield (
            f"The back-test has {tested} quarter{plural}: owners of one quarter share its luck, so it can find gross "
            "errors only."
        )
