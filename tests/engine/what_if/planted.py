"""Questions about eight towns that have a plan by construction, and others into which a conflict is planted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from engine.scenario.load import LoadedScenario, draft_scenario
from engine.scenario.schema import Balance
from engine.tables.read import check_tables
from engine.tables.tables import Tables
from engine.what_if.question import Question
from engine.what_if.rules import Rule, rules_of
from tests.small_company import write_company

KINDS = ("large unit", "two rules", "three rules", "whole units", "connection")
RING = ["01001", "01003", "01005", "01007", "02007", "02005", "02003", "02001"]


@cache
def company() -> tuple[LoadedScenario, Tables]:
    """Read the eight towns once."""
    with TemporaryDirectory() as folder:
        found = check_tables(draft_scenario(write_company(Path(folder))))
    assert found.loaded is not None
    assert found.tables is not None
    return found.loaded, found.tables


def feasible(seed: int, slack: float = 1.001) -> tuple[Question, list[Rule]]:
    """Draw values, then a plan, then limits that the plan keeps by a hair, then locks and forbidden pairs it keeps."""
    rng = np.random.default_rng(seed)
    units = company()[1].units.copy()
    units["potential"], units["visits"] = rng.lognormal(6, 0.4, 8), rng.lognormal(4, 0.3, 8)
    cuts = np.sort(rng.choice(np.arange(1, 8), 2, replace=False))
    turned = np.roll(RING, int(rng.integers(8)))
    plan = {
        unit: f"T{part + 1}"
        for part, place in enumerate(np.split(np.arange(8), cuts))
        for unit in turned[place].tolist()
    }
    some = rng.choice(RING, 3, replace=False).tolist()
    locks = [(unit, plan[unit]) for unit in some[:2]]
    others = [t for t in ("T1", "T2", "T3") if t != plan[some[2]]]
    question = ask(units, locks, [(some[2], str(rng.choice(others)))], (1.0, 1.0), plan)
    worst = slack * _worst(question, plan)
    if worst.max() > 1:  # no tolerance that may be written
        return feasible(seed + 1000, slack)
    return with_rules(ask(units, locks, [(some[2], others[0])], tuple(worst), plan))


def planted(kind: str, seed: int) -> tuple[Question, list[Rule], int]:
    """Plant a conflict of a kind into a question that had a plan; give it with the most rules it takes."""
    question, _ = feasible(seed, slack=1.2)
    units, rng = question.tables.units.copy(), np.random.default_rng(seed)
    tolerance = [balance.tolerance for balance in question.scenario.territories.balance]
    today, locks = question.tables.current.to_dict(), list[tuple[str, str]]()
    most = 1
    if kind == "large unit":
        units.loc[str(rng.choice(RING)), "potential"] = 5 * units["potential"].sum()
        tolerance[0] = 0.05
    elif kind == "two rules":
        most = 2
        today = dict.fromkeys(RING, "T1") | {RING[3]: "T2", RING[4]: "T3"}
        tolerance = [0.25, 1.0]
        question = replace(
            question,
            scenario=question.scenario.model_copy(
                update={"disruption": question.scenario.disruption.model_copy(update={"max_share": 0.0})}
            ),
        )
    elif kind == "three rules":
        most, tolerance[0] = 3, 0.3
        two = rng.choice(RING, 2, replace=False).tolist()
        rest = units["potential"].drop(two).sum()
        units.loc[two, "potential"] = 0.25 / 0.5 * rest  # half of all together; T1 may have 46 %
        locks = [(unit, "T1") for unit in two]
    elif kind == "whole units":
        most, tolerance = 2, [1e-5, 1e-5]
    else:
        most, tolerance = 5, [1.0, 1.0]
        start = int(rng.integers(8))
        locks = [(RING[(start + 2 * step) % 8], f"T{step % 2 + 1}") for step in range(4)]
    changed = ask(units, locks, [], (tolerance[0], tolerance[1]), today)
    changed = replace(
        changed,
        scenario=changed.scenario.model_copy(update={"disruption": question.scenario.disruption}),
    )
    return (*with_rules(changed), most)


def ask(
    units: pd.DataFrame,
    locks: list[tuple[str, str]],
    forbid: list[tuple[str, str]],
    tolerance: tuple[float, ...],
    today: dict[str, str],
) -> Question:
    """Ask about the towns with these values, rules and limits."""
    loaded, tables = company()
    names = ("potential", "workload")
    balance = [
        Balance.model_construct(measure=m, tolerance=float(v)) for m, v in zip(names, tolerance, strict=True)
    ]
    territories = loaded.scenario.territories.model_copy(update={"balance": balance})
    accounts = pd.concat([tables.accounts, tables.accounts.rename("B{}".format)])
    accounts = accounts.assign(locked=False, value=1000.0, unit=RING)  # one in each town
    return Question(
        loaded.scenario.model_copy(update={"territories": territories}),
        replace(
            tables,
            units=units,
            accounts=accounts,
            current=pd.Series(today, dtype="str").reindex(units.index),
            locks=_table(locks, "locks.csv"),
            forbid=_table(forbid, "forbid.csv"),
        ),
    )


def with_rules(question: Question) -> tuple[Question, list[Rule]]:
    """Add the list of its rules."""
    return question, rules_of(replace(company()[0], scenario=question.scenario), question.tables)


def _table(pairs: list[tuple[str, str]], file: str) -> pd.DataFrame:
    rows = [(unit, territory, "", f"{file}:{line}") for line, (unit, territory) in enumerate(pairs, 2)]
    return pd.DataFrame(rows, columns=["unit", "territory", "reason", "place"]).astype("str")


def _worst(question: Question, plan: dict[str, str]) -> np.ndarray:
    problem = question.problem()
    held = np.array([problem.territory_ids.index(plan[unit]) for unit in problem.unit_ids])
    sums = np.stack([problem.measures[held == t].sum(axis=0) for t in range(3)])
    return np.abs(sums / problem.targets - 1).max(axis=0)[:2]
