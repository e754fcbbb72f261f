"""One case of a sales field, made ready: distributions, months and the numbers that luck hangs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.attainment import SalesField
from engine.quotas.capacity import fiscal_day, month_edges
from engine.scenario.schema import Process, Spread, Stage, Training
from simulation.calendar import service
from simulation.distributions import Gamma, Lognormal
from simulation.kernel import Course
from simulation.luck import Quantity, quantity
from simulation.pools import Sharing, share_pools
from simulation.streams import entity

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A sales field as it is, or under stress.

    Parameters
    ----------
    name
        ``base``, or the name of a stress case.
    field
        Territories, sellers, demand and process.
    leaving
        Day on which a seat becomes empty whatever chance says, infinite = up to chance, shape (territories,).
    touched
        Whether a territory's year can differ from the base case, shape (territories,); the others are not
        simulated again, since the same luck would give the same year.
    backfills
        Whether that also holds for every territory whose rep leaves in the year.
    """

    name: str
    field: SalesField
    leaving: Array
    touched: NDArray[np.bool_]
    backfills: bool = False


@dataclass(frozen=True)
class Model:
    """A case with everything that is the same in every simulated year.

    Parameters
    ----------
    case
        What is simulated.
    unit_keys, seat_keys, opening_keys, contract_keys
        64-bit numbers of units, positions, opening deals and accounts, from their ids alone: luck moves with the unit
        when the alignment changes.
    unit_order
        Units by cluster of territories: what is worked on together lies together.
    month_edges
        Days on which the fiscal months begin, and the year's end, shape (13,).
    cumulated_share
        Share of the year's demand before each of those days, shape (13,).
    days
        How long the customer takes, one distribution a stage.
    quantities
        Hours of the rep's and the specialist's work, days, patience and sleep, by stage.
    rounds
        How often a deal can go through the stages: once, and again for each return.
    course
        Rules of the stages.
    sharing
        Who shares specialists.
    service
        Productive days of each seat if nobody leaves; see `calendar.service`.
    amount
        Amount of a won deal, in the scenario's currency.
    """

    case: Case
    unit_keys: NDArray[np.uint64]
    seat_keys: NDArray[np.uint64]
    opening_keys: NDArray[np.uint64]
    contract_keys: NDArray[np.uint64]
    unit_order: NDArray[np.intp]
    month_edges: Array
    cumulated_share: Array
    days: tuple[Lognormal, ...]
    quantities: tuple[Quantity, Quantity, Quantity, Quantity, Quantity]
    rounds: int
    course: Course
    sharing: Sharing
    service: Array
    amount: Lognormal


def compile_case(case: Case) -> Model:
    """Make a case ready for simulation.

    Raises
    ------
    ValueError
        If a number that must be finite is not: a fault of ours, since the tables were checked.
    """
    field = case.field
    for name in ("demand", "month_share", "capacity", "start_day", "ramp_days", "load_hours"):
        if not np.isfinite(getattr(field, name)).all():
            raise ValueError(f"{name} of the sales field holds a number that is not finite")
    cumulated = np.concatenate([[0.0], np.cumsum(field.month_share)])
    process = field.process
    stages, sharing = process.stages, share_pools(field)
    year_start = date.fromisoformat(f"{field.month_names[0]}-01")
    days = tuple(Lognormal(s.days.mean, s.days.cv) for s in stages)
    return Model(
        case=case,
        unit_keys=_keys("unit", field.unit_ids),
        seat_keys=_keys("seat", field.territory_ids),
        opening_keys=_keys("deal", field.opening.ids),
        contract_keys=_keys("account", field.contracts.ids),
        unit_order=np.argsort(sharing.cluster[field.territory], kind="stable"),
        month_edges=month_edges(year_start),
        cumulated_share=cumulated / cumulated[-1],
        days=days,
        quantities=(
            quantity([Gamma(s.effort_hours.mean, s.effort_hours.cv) for s in stages]),
            quantity([_help(s) for s in stages]),
            quantity(days),
            quantity([_days(s.patience_days) for s in stages]),
            quantity([_days(s.stall.days if s.stall else None) for s in stages]),
        ),
        rounds=1 + (process.returns if any(s.stall for s in stages) else 0),
        course=_course(process, sharing, year_start),
        sharing=sharing,
        service=service(field),
        amount=Lognormal(process.deal_size.mean, process.deal_size.cv),
    )


def _help(stage: Stage) -> Gamma | None:
    return (
        Gamma(stage.specialist.effort_hours.mean, stage.specialist.effort_hours.cv)
        if stage.specialist
        else None
    )


def _days(spread: Spread | None) -> Lognormal | None:
    return Lognormal(spread.mean, spread.cv) if spread else None


def _course(process: Process, sharing: Sharing, year_start: date) -> Course:
    """Write the rules of the stages as arrays."""

    def start(training: Training | None) -> float:
        return float(fiscal_day(training.date, year_start)) if training else np.inf

    names = [stage.name for stage in process.stages]
    back = [
        stage.stall.back_to if stage.stall and stage.stall.back_to else stage.name for stage in process.stages
    ]
    return Course(
        stall=np.array([stage.stall.chance if stage.stall else 0.0 for stage in process.stages]),
        back=np.array([names.index(name) for name in back], dtype=np.int64),
        trained_from=np.array([start(stage.training) for stage in process.stages]),
        trained=np.array([stage.training.factor if stage.training else 1.0 for stage in process.stages]),
        helper=sharing.helper,
    )


def _keys(kind: str, names: tuple[str, ...]) -> NDArray[np.uint64]:
    return np.array([entity(kind, name) for name in names], dtype=np.uint64)
