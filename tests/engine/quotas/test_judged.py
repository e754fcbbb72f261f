"""What quotas are held against: chances of targets, hours and potential, sources of difference, pay."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quotas.adequacy import adequacy_table
from engine.quotas.pay import pay_cost, payout
from engine.quotas.rule_table import rule_table
from engine.quotas.targets import target_table
from engine.scenario.schema import Pay
from tests.engine.quotas.bases import quotas_of, settings_of, three_reps

CURVE = Pay(base=90_000, target_incentive=80_000, curve=[[0.5, 0.2], [1.0, 1.0], [1.5, 2.0]], cap=2.6)


def hundred_years() -> np.ndarray:
    """Year y books y million in each of three positions, whole cents."""
    return np.tile(np.arange(1, 101, dtype=np.int64)[:, None] * 100_000_000, (1, 3))


def test_targets_by_hand() -> None:
    """Of 3, 6, ... 300 million, half of the years reach 153, nine in ten 33; the same quotas then stand far above."""
    basis = three_reps(fte=np.ones(3))
    rules = settings_of("capacity", "150000000", over_assignment=0.2)
    table = target_table(quotas_of(rules, basis), 0.2, hundred_years()).set_index("target")
    assert table["plan_target"].tolist() == [
        Decimal(n * 10**6).quantize(Decimal("0.01")) for n in (150, 153, 93, 33)
    ]
    assert table["p_plan"].tolist() == [0.51, 0.5, 0.7, 0.9]
    assert table["over_assignment"].tolist() == pytest.approx(
        [0.2, 180 / 153 - 1, 180 / 93 - 1, 180 / 33 - 1]
    )
    assert table["share_at_quota"].tolist() == [0.41] * 4  # 60 million a position, whatever the target
    assert table["share_at_new_quota"].tolist() == pytest.approx(
        [0.41, 0.39, 0.63, 0.87]
    )  # 61.2, 37.2 and 13.2 million


def test_adequacy_by_hand() -> None:
    """A seat that works 0.3 of its hours on care and 0.5 on deals needs 0.3 + 0.5 x 2 for twice what it books."""
    basis = three_reps(potential=np.array([50e6, 25e6, 0.0]), fte=np.ones(3))
    quotas = quotas_of(settings_of("capacity", "3000000"), basis)
    expected, used = np.array([0.5e6, 2e6, 0.0]), np.array([0.8, 0.8, 0.3])
    table = adequacy_table(quotas, basis, expected, used, np.full(3, 0.3))
    assert table["quota_to_expected"].tolist()[:2] == [2.0, 0.5]
    assert table["hours_at_quota"].tolist()[:2] == pytest.approx([1.3, 0.55])
    assert table["potential_index"].tolist()[:2] == pytest.approx([0.5, 1.0])  # 1/50 and 1/25 against 3/75
    assert table.iloc[2][["quota_to_expected", "hours_at_quota", "potential_index"]].isna().all()
    assert table["remark"].tolist() == ["asks for 130 % of the hours of the seat", "", ""]


def test_the_pay_curve_by_hand() -> None:
    """Nothing before the threshold, straight between points, on as steep after the last, never above the cap."""
    attained = np.array([0.0, 0.49, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 9.0])
    assert payout(CURVE, attained) == pytest.approx([0, 0, 0.2, 0.6, 1.0, 1.5, 2.0, 2.5, 2.6])


@given(st.lists(st.floats(0, 5), min_size=2, max_size=30))
@settings(max_examples=100)
def test_more_bookings_never_pay_less(attained: list[float]) -> None:
    """Pay rises with attainment."""
    assert (np.diff(payout(CURVE, np.sort(attained))) >= -1e-12).all()


def test_pay_by_hand() -> None:
    """Base for the time a seat is filled, incentive by attainment; a role without pay costs nothing."""
    bookings = np.array([[100, 100, 100], [150, 50, 900]], dtype=np.int64)
    annual = np.array([100, 0, 100], dtype=np.int64)
    cost = pay_cost({"field": CURVE}, ("field", "field", "key"), np.array([1.0, 0.5, 1.0]), annual, bookings)
    assert cost.tolist() == [90_000 + 80_000 + 45_000, 90_000 + 160_000 + 45_000]


def test_sources_of_difference_by_hand() -> None:
    """Two positions at 50 % and 150 % with no variation inside differ by the map alone; equal ones by luck and person."""
    basis = three_reps(potential=np.array([1.0, 1.0, 1.0]), fte=np.ones(3), last_quota=np.full(3, np.nan))
    rules = settings_of("capacity", "3000000")
    steady = np.tile(np.array([50, 150, 100], dtype=np.int64) * 1_000_000, (4, 1))
    row = rule_table(rules, quotas_of(rules, basis), basis, steady, np.zeros(3)).iloc[0]
    assert row[["from_map", "from_person", "from_luck"]].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(row["largest_change"])
    lucky = np.tile(np.array([[50], [150]], dtype=np.int64) * 1_000_000, (1, 3))
    row = rule_table(rules, quotas_of(rules, basis), basis, lucky, np.full(3, 0.25)).iloc[0]
    assert row[["from_map", "from_person", "from_luck"]].tolist() == pytest.approx([0.0, 0.25, 0.75])
    assert row["pay_expected"] is None


def test_largest_change_and_pay_of_a_rule() -> None:
    """A position that had 2 million and gets 1 changes by -50 %, though another changes by +25 %."""
    basis = three_reps(fte=np.ones(3), last_quota=np.array([2e6, 0.8e6, np.nan]), segments=("field",) * 3)
    rules = settings_of("capacity", "3000000", pay={"field": CURVE})
    met = np.full((5, 3), 100_000_000, dtype=np.int64)
    row = rule_table(rules, quotas_of(rules, basis), basis, met, np.zeros(3)).iloc[0]
    assert row["largest_change"] == pytest.approx(-0.5)
    assert row["pay_expected"] == row["pay_p90"] == Decimal("510000.00")
