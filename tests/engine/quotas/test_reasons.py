"""The written reason of a quota holds the numbers it was made from."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
from hypothesis import given, settings

from engine.quotas.basis import QuotaBasis
from engine.scenario.schema import Quotas, Weights
from tests.engine.quotas.bases import bases, quota_rules, quotas_of, settings_of, three_reps


def test_reason_of_a_single_rule() -> None:
    """The whole text of the plainest case."""
    reasons = quotas_of(settings_of(over_assignment=0.08), three_reps()).reasons
    assert reasons[0] == (
        "Your quota of USD 64,800,000 is 50.00 % of USD 129,600,000 (company target of USD 120,000,000 plus "
        "8 % over-assignment): by the territory's potential of USD 50,000,000 (50.00 % of the company's)."
    )


def test_reason_of_a_blend_with_a_late_seat() -> None:
    """A blend names each part with its weight; a late seat says by how much and why it is reduced."""
    basis = three_reps(
        start_dates=(date(2020, 1, 1), date(2020, 1, 1), date(2027, 4, 1)),
        ramp_days=np.array([0.0, 0.0, 182.5]),
        rep_ids=("r1", "r2", ""),
    )
    rules = settings_of("blend", weights=Weights(potential=3, history=2), rounding=1)
    first, second, third = quotas_of(rules, basis).reasons
    assert "USD 120,000,000 (company target of USD 120,000,000):" in first
    assert "60 % by the territory's potential of USD 50,000,000" in first
    # presence of C: (275 - 0.375 x 182.5) / 365 = 0.5659; parts 50 : 30 : 11.318 and 3 : 1.714 : 0.5659
    assert "(54.75 % of the company's, weighted by productive time)" in first
    assert "40 % by last year's revenue of USD 3,000,000 times a common growth factor of 22.726" in first
    assert "(56.82 % of the company's, weighted by productive time)" in first
    assert "seat counts" not in first
    assert (
        "40 % by the revenue that the territory's potential stands for, as there was none last year" in second
    )
    assert third.startswith("The quota of this open position of USD ")
    assert third.endswith(
        "The seat counts for 57 % of a year, because it is filled from 1 April 2027 and takes 6 months to "
        "full productivity."
    )


def test_reason_of_a_running_ramp() -> None:
    """A ramp that began last year is said in the past tense."""
    basis = three_reps(
        start_dates=(date(2020, 1, 1), date(2026, 12, 1), date(2020, 1, 1)),
        ramp_days=np.array([0.0, 365.0, 0.0]),
    )
    reason = quotas_of(settings_of("capacity"), basis).reasons[1]
    assert "because it was filled on 1 December 2026 and takes 12 months to full productivity." in reason
    assert "a capacity of 0.34 full-year equivalents" in reason  # 0.5 x 0.689


def test_reason_of_a_seat_after_the_year() -> None:
    """A seat filled after the year says that it carries nothing and when it starts."""
    starts = (date(2020, 1, 1), date(2020, 1, 1), date(2028, 1, 1))
    basis = three_reps(start_dates=starts, rep_ids=("r1", "r2", ""))
    reason = quotas_of(settings_of(), basis).reasons[2]
    assert reason == (
        "The quota of this open position is USD 0: "
        "the seat is filled from 1 January 2028, after the fiscal year."
    )


def test_reason_names_what_is_left_over_from_rounding() -> None:
    """The largest quota says what it took over; the others say nothing."""
    reasons = quotas_of(settings_of(target="120000034.50"), three_reps()).reasons
    assert reasons[0].endswith("It includes USD 34.50 left over from rounding to multiples of 1,000.")
    assert "left over" not in reasons[1] + reasons[2]


@given(quota_rules(), bases())
@settings(max_examples=300, deadline=None)
def test_every_reason_states_its_quota(rules: Quotas, basis: QuotaBasis) -> None:
    """Each reason is a few sentences whose first amount is the quota and whose percentage is its share."""
    quotas = quotas_of(rules, basis)
    total = int(quotas.annual_cents.sum())
    for cents, reason in zip(quotas.annual_cents.tolist(), quotas.reasons, strict=True):
        amount = re.search(r"USD ([\d,]+(?:\.\d\d)?)", reason)
        assert amount is not None
        assert round(float(amount[1].replace(",", "")) * 100) == cents
        percent = re.search(r"is ([\d.]+) % of USD", reason)
        assert (abs(float(percent[1]) - 100 * cents / total) <= 0.0051) if percent else cents == 0
        assert reason.endswith(".")
        assert len(reason) < 900
