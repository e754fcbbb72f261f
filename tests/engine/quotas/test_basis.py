"""The quota basis of an alignment, collected from tables."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.quotas.basis import QuotaBasis, quota_basis
from engine.scenario.schema import Scenario
from engine.tables.tables import Tables


@pytest.fixture
def basis() -> QuotaBasis:
    """Five units (the last is nobody's) and three positions, the third without units."""
    units = pd.DataFrame(
        {
            "potential": [10.0, 20.0, 30.0, 0.0, 99.0],
            "potential_q1": [4.0, 5.0, 0.0, 0.0, 99.0],
            "potential_q2": [3.0, 5.0, 10.0, 0.0, 0.0],
            "potential_q3": [2.0, 5.0, 20.0, 0.0, 0.0],
            "potential_q4": [1.0, 5.0, 0.0, 0.0, 0.0],
        },
        index=list("abcde"),
    )
    reps = pd.DataFrame(
        {
            "rep_id": ["r1", "", "r3"],
            "manager": ["Ito", "Ito", "Okafor"],
            "region": ["East", "East", "West"],
            "segment": ["field", "key", "field"],
            "capacity": [1.0, 0.5, 1.0],
            "start_date": [date(2020, 1, 1), date(2028, 3, 1), date(2027, 6, 30)],
            "ramp_months": [6.0, 3.0, 0.0],
            "last_year_quota": [1e6, np.nan, 2e6],
        },
        index=["P1", "P2", "P3"],
    )
    empty = pd.DataFrame()
    tables = Tables(units, empty, reps, empty, pd.Series(dtype=str), empty, empty, empty, (), ())
    scenario = Scenario.model_construct(fiscal_year_start=date(2027, 7, 1), currency="EUR")
    assignment = np.array([0, 1, 0, 1, -1], dtype=np.int32)
    return quota_basis(scenario, tables, assignment, np.array([7.0, 0.0, 0.0]), np.array([np.nan, 5.0, 6.0]))


def test_labels_and_sums(basis: QuotaBasis) -> None:
    """Potential is summed over a territory's units; nobody's units count nowhere."""
    assert basis.territory_ids == ("P1", "P2", "P3")
    assert basis.rep_ids == ("r1", "", "r3")
    assert basis.managers == ("Ito", "Ito", "Okafor")
    assert basis.regions == ("East", "East", "West")
    assert basis.potential.tolist() == [40.0, 20.0, 0.0]
    assert basis.history.tolist() == [7.0, 0.0, 0.0]
    assert basis.fte.tolist() == [1.0, 0.5, 1.0]
    assert basis.currency == "EUR"
    assert basis.segments == ("field", "key", "field")
    assert basis.bottom_up.tolist()[1:] == [5.0, 6.0]


def test_seasonality_is_the_units_own(basis: QuotaBasis) -> None:
    """Quarter shares are those of the territory's potential, even where it has none."""
    expected = [[4 / 40, 13 / 40, 22 / 40, 1 / 40], [0.25] * 4, [0.25] * 4]
    np.testing.assert_allclose(basis.quarter_share, expected, rtol=1e-12)


def test_days_and_months_of_the_fiscal_year(basis: QuotaBasis) -> None:
    """Start days are counted from the fiscal year's first day and ramps in twelfths of 365 days."""
    assert basis.start_day.tolist() == [-2736, 243, -1]  # 29 February 2020 and 2024 are not counted
    assert basis.ramp_days.tolist() == [182.5, 91.25, 0.0]
    assert basis.month_names[0] == "2027-07"
    assert basis.month_names[-1] == "2028-06"
    # P2 ramps 91.25 days from day 243 and then works in full to day 365
    assert basis.presence.tolist() == pytest.approx([1.0, (91.25 * 0.625 + 30.75) / 365, 1.0])
    np.testing.assert_allclose(basis.month_presence[1, :8], 0.0)
    assert basis.month_presence[1, 8] == pytest.approx(0.25 + 0.75 * 15.5 / 91.25)  # mid-March
    assert basis.month_presence[1, 11] == pytest.approx(1.0, abs=1e-3)
