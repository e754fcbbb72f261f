"""The record of a simulated year: one row a visit of a deal to a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attainment import SalesField
from simulation.deals import Deals
from simulation.kernel import TIMES, VISIT, Outcome
from simulation.process import Visit

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ROW = attrgetter(*VISIT, *TIMES)


@dataclass(frozen=True)
class Records:
    """Visits as arrays, each of shape (visits,); days not reached within the year are not numbers.

    Parameters
    ----------
    deal, stage, round
        Which deal, in which stage, and how often it had come back.
    entered, work_start, work_end, help_start, help_end, left
        Days; help is the specialist's work.
    outcome
        Value of `Outcome`.
    """

    deal: Index
    stage: Index
    round: Index
    entered: Array
    work_start: Array
    work_end: Array
    help_start: Array
    help_end: Array
    left: Array
    outcome: Index


def collect(visits: Sequence[Visit]) -> tuple[Index, Array]:
    """Turn visits into the arrays of `kernel.Log`, in the same order."""
    width = len(VISIT) + len(TIMES)
    table = np.array([_ROW(visit) for visit in visits], dtype=np.float64).reshape(-1, width).T
    return table[: len(VISIT)].astype(np.int64, order="C"), np.ascontiguousarray(table[len(VISIT) :])


def visit_table(field: SalesField, deals: Deals, records: Records) -> pd.DataFrame:
    """Write a year's visits as a table, sorted by opportunity and time (columns of simulated_year.parquet).

    An opening deal keeps its id; a simulated one is called by its unit and a running number.
    """
    unit = deals.unit[records.deal]
    serial = deals.serial[records.deal]
    stages = [stage.name for stage in field.process.stages]
    names = [
        field.opening.ids[deal] if number < 0 else f"{field.unit_ids[place]}-{number + 1:04d}"
        for deal, number, place in zip(records.deal, serial, unit, strict=True)
    ]
    table = pd.DataFrame(
        {
            "opportunity_id": names,
            "unit_id": [field.unit_ids[place] for place in unit],
            "territory_id": [field.territory_ids[place] for place in field.territory[unit]],
            "stage": [stages[stage] for stage in records.stage],
            "entered_day": records.entered,
            "work_start_day": records.work_start,
            "work_end_day": records.work_end,
            "specialist_start_day": records.help_start,
            "specialist_end_day": records.help_end,
            "left_day": records.left,
            "effort_hours": deals.told("effort_hours")[records.deal, records.round, records.stage],
            "outcome": [Outcome(value).name.lower() for value in records.outcome],
            "amount_cents": deals.amount_cents[records.deal],
        }
    )
    return table.sort_values(["opportunity_id", "entered_day"], kind="stable", ignore_index=True)
