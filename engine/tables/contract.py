"""What every table holds once it is read: the last gate before any model."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pandera.pandas as pa

from engine.tables.tables import Tables

_MOST = 1e15


def check_contract(tables: Tables) -> None:
    """Hold tables to the contract of `Tables`: text ids, sorted and unique; numbers finite and in range.

    Parameters
    ----------
    tables
        Tables in which no error was found.

    Raises
    ------
    ValueError
        If they break the contract: a fault of ours, since every input was checked.
    """
    other = [name for name in tables.units.columns if name not in _UNITS]
    schemas = {
        "units": _schema(_UNITS | {name: _amount() for name in other}),
        "adjacency": pa.DataFrameSchema(
            {name: _text() for name in ("unit", "neighbour", "kind")}, strict=True
        ),
        "reps": _schema(_REPS),
        "accounts": _schema(_ACCOUNTS),
        "locks": pa.DataFrameSchema(_RULE, strict=True),
        "forbid": pa.DataFrameSchema(_RULE, strict=True),
        "together": pa.DataFrameSchema(_GROUP, strict=True),
        "apart": pa.DataFrameSchema(_GROUP, strict=True),
        "pipeline": _schema(_PIPELINE),
    }
    for name, schema in schemas.items():
        frame: pd.DataFrame = getattr(tables, name)
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            raise ValueError(f"the table {name} breaks its contract: {error.failure_cases}") from error
    if not tables.current.index.equals(tables.units.index):
        raise ValueError("the current alignment is not about the units")


def _schema(columns: dict[str, Any]) -> pa.DataFrameSchema:
    sorted_ids = pa.Check(lambda ids: ids.is_monotonic_increasing, name="sorted")
    index = pa.Index("str", checks=[sorted_ids, pa.Check.str_length(min_value=1)], unique=True)
    return pa.DataFrameSchema(columns, index=index, strict=True)


def _text() -> Any:
    return pa.Column("str")


def _amount(low: float = 0.0, high: float = _MOST, nullable: bool = False) -> Any:
    return pa.Column("float64", pa.Check.in_range(low, high), nullable=nullable)


def _day() -> Any:
    is_day = pa.Check(lambda day: isinstance(day, date), element_wise=True, name="a date")
    return pa.Column("object", is_day)


_UNITS = {
    "name": _text(),
    "group": _text(),
    "lon": _amount(-180, 180),
    "lat": _amount(-90, 90),
} | {
    name: _amount()
    for name in (
        "area_km2",
        "visits",
        "potential",
        "potential_q1",
        "potential_q2",
        "potential_q3",
        "potential_q4",
    )
}
_REPS = {
    "rep_id": _text(), "rep_name": _text(), "home_city": _text(), "home_lat": _amount(-90, 90, nullable=True),
    "home_lon": _amount(-180, 180, nullable=True), "capacity": _amount(1e-9), "start_date": _day(),
    "ramp_months": _amount(), "segment": _text(), "manager": _text(), "region": _text(),
    "last_year_quota": _amount(nullable=True), "last_year_bookings": _amount(nullable=True),
}  # fmt: skip
_ACCOUNTS = {
    "name": _text(), "unit": _text(), "segment": _text(), "value": _amount(), "owner": _text(),
    "named": pa.Column("bool"), "locked": pa.Column("bool"),
}  # fmt: skip
_RULE = {"unit": _text(), "territory": _text(), "reason": _text(), "place": _text()}
_GROUP = {"group": _text(), "unit": _text(), "reason": _text()}
_PIPELINE = {
    "account_id": _text(), "unit": _text(), "stage": pa.Column("int64", pa.Check.ge(0)), "amount": _amount(),
    "days_in_stage": _amount(),
}  # fmt: skip
