"""A calibrated process as a file that a scenario extends."""

from __future__ import annotations

import json
import math
import textwrap
from datetime import date

from engine.calibration import Calibration, Estimate

WIDTH = 110


def process_text(calibration: Calibration, page: str, synthetic: str) -> str:
    """Write a calibrated process as YAML.

    Parameters
    ----------
    calibration
        What was fitted.
    page
        Name of the page with the fit, for the reader.
    synthetic
        What in the history is invented; empty = nothing.

    Returns
    -------
    Text of a file with the block ``process``; intervals and what a reader must know stand beside it as comments.
    """
    history, process = calibration.history, calibration.process
    first, last = (date.fromordinal(day) for day in (history.since, history.until))
    head = (
        f"A sales process calibrated on {history.source}: {len(history.stage):,} visits of "
        f"{len(set(history.opportunity.tolist())):,} opportunities to stages, {first} to {last}.",
        "A scenario takes it over with `extends:` and this file's name; what the scenario writes itself goes before.",
        f"In brackets: 95 % intervals. Fit and back-test: {page}.",
        *calibration.notes,
    )
    lines = [line for sentence in head for line in _comment(sentence)]
    if synthetic:
        lines.append(f"synthetic: {json.dumps(synthetic, ensure_ascii=False)}")
    source = f"{process.source}{f' (synthetic: {synthetic})' if synthetic else ''}"
    size = calibration.amount
    lines += [
        "process:",
        f"  source: {json.dumps(source, ensure_ascii=False)}",
        f"  opportunities_per_year: {process.opportunities_per_year!r}{_range(calibration.demand.per_year)}",
        f"  deal_size: {{mean: {process.deal_size.mean!r}, cv: {process.deal_size.cv!r}}}"
        f"{_range(size.mean, 'mean')}{_range(size.cv, 'cv')}",
        f"  skill_cv: {process.skill_cv!r}{_range(calibration.skill)}",
        "  stages:",
    ]
    for stage, fit in zip(process.stages, calibration.stages, strict=True):
        assumed = "" if fit.hours is not None else " # ASSUMED: hours are not recorded"
        law = fit.advanced
        lines += [
            f"    - name: {json.dumps(stage.name, ensure_ascii=False)}",
            f"      advance: {stage.advance!r}{_range(fit.advance)}, worth {fit.observations:,.0f} observations",
            *([f"      observations: {fit.observations:.0f}"] if fit.observations >= 1 else []),
            f"      days: {{mean: {stage.days.mean!r}, cv: {stage.days.cv!r}}}"
            f"{_range(law.mean, 'mean')}{_range(law.cv, 'cv')}",
            f"      effort_hours: {{mean: {stage.effort_hours.mean!r}, cv: {stage.effort_hours.cv!r}}}{assumed}",
        ]
    return "\n".join(lines) + "\n"


def _comment(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, WIDTH, initial_indent="# ", subsequent_indent="#   ")


def _range(estimate: Estimate, name: str = "") -> str:
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return ""
    return f" # {name + ' ' if name else ''}[{estimate.low:.4g}, {estimate.high:.4g}]"
