"""Numbers of leaders and overlay roles, and proposals: exact at every level."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quotas.basis import QuotaBasis
from engine.quotas.leaders import leader_table
from engine.scenario.schema import LevelOverAssignment, Overlay, Quotas
from engine.units import to_cents
from tests.engine.quotas.bases import bases, quota_rules, quotas_of, settings_of, three_reps

SHARES = st.sampled_from([0.0, 0.01, 0.05, 0.333])
YEARS = np.zeros((1, 9), dtype=np.int64)


def cents(column: pd.Series) -> int:
    return sum(to_cents(amount) for amount in column)


@given(quota_rules(), bases(), SHARES, SHARES, st.sampled_from([0.1, 0.4, 1.0]))
@settings(max_examples=1000, deadline=None)
def test_every_role_adds_up_to_its_part_of_the_plan(
    rules: Quotas, basis: QuotaBasis, manager: float, region: float, part: float
) -> None:
    """Managers, regions and an overlay sum to plan target x part x (1 + their own over-assignment), quarters to the year."""
    overlay = Overlay(name="expert", shared_by="manager", share=part, over_assignment=region)
    rules = rules.model_copy(
        update={
            "level_over_assignment": LevelOverAssignment(manager=manager, region=region),
            "overlays": [overlay],
        }
    )
    quotas = quotas_of(rules, basis)
    table = leader_table(rules, quotas, basis, YEARS[:, : len(basis.fte)])
    year = table[table["period"] == "FY"]
    for role, share, over in (("manager", 1, manager), ("region", 1, region), ("expert", part, region)):
        due = quotas.plan_target_cents * Fraction(str(share)) * (1 + Fraction(str(over)))
        assert abs(cents(year[year["role"] == role]["quota"]) - due) <= Fraction(1, 2)
    for _, rows in table.groupby(["role", "name"]):
        assert cents(rows[rows["period"] != "FY"]["quota"]) == cents(rows[rows["period"] == "FY"]["quota"])


def test_leaders_by_hand() -> None:
    """Ito has A and B (80 % of 100 million), reaches 84 million in years of 90 and not in those of 60."""
    rules = settings_of("potential", "100000000", level_over_assignment=LevelOverAssignment(manager=0.05))
    basis = three_reps()
    booked = np.array([[50, 40, 0], [30, 30, 99]], dtype=np.int64) * 10**8
    table = leader_table(rules, quotas_of(rules, basis), basis, booked).set_index(["role", "name", "period"])
    ito = table.loc[("manager", "Ito", "FY")]
    assert (ito["quota"], ito["over_assignment"], ito["p_at_quota"]) == (84_000_000, 0.05, 0.5)
    assert table.loc[("region", "East", "FY"), "quota"] == 50_000_000


def test_proposals_are_stretched_by_one_factor() -> None:
    """6 and 2 proposed, C counts with its potential at their average of 10 per 100: all are stretched to 20 million."""
    basis = three_reps(bottom_up=np.array([6e6, 2e6, np.nan]))
    rules = settings_of("bottom_up", "20000000", bottom_up="numbers.csv", rounding=1)
    quotas = quotas_of(rules, basis)
    assert quotas.annual_cents / 100 == pytest.approx(np.array([6.0, 2.0, 2.0]) * 2e6, abs=1)
    assert "the USD 6,000,000 proposed from below times a common factor of 2.000" in quotas.reasons[0]
    assert "no number was proposed for this position" in quotas.reasons[2]
