"""The gate before any model: what breaks the contract of the tables never passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.scenario.load import load_scenario
from engine.tables.contract import check_contract
from engine.tables.read import read_tables
from engine.tables.tables import Tables
from tests.small_company import write_company

Damage = Callable[[Tables], Tables]


def cell(table: str, row: str, column: str, value: object) -> Damage:
    def damage(tables: Tables) -> Tables:
        frame = getattr(tables, table).copy()
        frame.loc[row, column] = value
        return replace(tables, **{table: frame})

    return damage


DAMAGES = {
    "infinite potential": cell("units", "01001", "potential", np.inf),
    "unknown potential": cell("units", "01001", "potential", np.nan),
    "negative visits": cell("units", "01001", "visits", -1.0),
    "latitude": cell("units", "01001", "lat", 91.0),
    "capacity": cell("reps", "T1", "capacity", 0.0),
    "no start": cell("reps", "T1", "start_date", None),
    "unknown amount": cell("pipeline", "O1", "amount", np.nan),
    "unknown stage": cell("pipeline", "O1", "stage", -1),
    "infinite value": cell("accounts", "A1", "value", np.inf),
    "not sorted": lambda tables: replace(tables, accounts=tables.accounts[::-1]),
    "an id twice": lambda tables: replace(tables, reps=pd.concat([tables.reps, tables.reps]).sort_index()),
    "ids as numbers": lambda tables: replace(tables, units=tables.units.set_axis(range(8))),
    "a column more": lambda tables: replace(tables, reps=tables.reps.assign(mood=1.0)),
    "a column less": lambda tables: replace(tables, locks=tables.locks.drop(columns="reason")),
    "current of other units": lambda tables: replace(tables, current=tables.current[1:]),
}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return read_tables(load_scenario(write_company(tmp_path)))


def test_good_tables_pass(tables: Tables) -> None:
    """Tables as read keep the contract; a home or last year's figures may be unknown."""
    check_contract(tables)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_tables_do_not(tables: Tables, damage: Damage) -> None:
    """Each damage is refused before any model could be built."""
    with pytest.raises(ValueError, match=r"contract|alignment"):
        check_contract(damage(tables))
