"""The written reason of a quota holds the numbers it was made from."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.quotas.basis import BoundRow, QuotaBasis
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


PART = re.compile(r"(?:([\d.]+) % )?by [^%]*?\(([\d.]+) % of the \w+(?: region)?'s")


@given(bases(), st.sampled_from([1.0, 0.25]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_reasons_multiply_out(basis: QuotaBasis, weight: float, by_region: bool) -> None:
    """Weight x share x total, summed over the parts a reason names, is the quota, also where regions have targets."""
    regions = sorted(
        {region for region, there in zip(basis.regions, basis.presence, strict=True) if there > 0}
    )
    assume(not by_region or set(basis.regions) == set(regions))
    targets = {region: str(90_000_000 + place) for place, region in enumerate(regions)} if by_region else {}
    whole = str(sum(int(amount) for amount in targets.values())) if by_region else "90000000"
    mixed = Weights(potential=1.0, history=weight, capacity=1.0)
    rules = settings_of("blend", whole, weights=mixed, regions=targets, over_assignment=0.1, rounding=1)
    quotas = quotas_of(rules, basis)
    for cents, reason in zip(quotas.annual_cents.tolist(), quotas.reasons, strict=True):
        if not cents:
            continue
        total = float(re.search(r"% of USD ([\d,.]+) \(", reason)[1].replace(",", ""))
        parts = [(float(w or 100), float(s)) for w, s in PART.findall(reason)]
        if not parts:  # productive time alone
            continue
        assert sum(w * s / 1e4 for w, s in parts) * total == pytest.approx(cents / 100, abs=2e-4 * total + 2)


def test_a_capped_position_is_told_its_own_chance() -> None:
    """Under equal chance a cap at 30 lowers A from 60: A is told 71 % and why, the others the common chance."""
    rows = np.tile(np.arange(1, 101, dtype=np.int64)[:, None] * 1_000_000_00, (1, 3))
    bound = (BoundRow("A", None, 30e6, "", "bounds.csv:2"),)
    basis = three_reps(bookings=rows, bounds=bound)
    quotas = quotas_of(settings_of("equal_chance", "150000000"), basis)
    assert quotas.annual_cents.tolist() == [3_000_000_000, 6_000_000_000, 6_000_000_000]
    first, second, _ = quotas.reasons
    assert "in 71.0 % of the simulated years, while every position that no limit holds has 40.5 %" in first
    assert (
        "The rule alone would give USD 60,000,000; it is lowered because of a limit: A has at most" in first
    )
    assert (
        "in 40.5 % of the simulated years, the same chance as every position that no limit holds has"
        in second
    )
    assert "The rule alone" not in second


def test_regions_have_chances_of_their_own() -> None:
    """With targets by region the chance is common to a region, and the reason says so."""
    rows = np.tile(np.arange(1, 101, dtype=np.int64)[:, None] * 1_000_000_00, (1, 3))
    rules = settings_of("equal_chance", "150000000", regions={"East": "30000000", "West": "120000000"})
    first, second, _ = quotas_of(rules, three_reps(bookings=rows)).reasons
    assert (
        "USD 30,000,000 (East target of USD 30,000,000): the amount this territory books in 70.5 %" in first
    )
    assert "the same chance as every position of West has" in second
