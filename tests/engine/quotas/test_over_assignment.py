"""What over-assignment does to attainment and to the share at quota, against published arithmetic."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quotas.basis import QuotaBasis
from engine.quotas.rule_table import rule_table
from tests.engine.quotas.bases import bases, quotas_of, settings_of, three_reps

YEARS = 4_000
VARIATION = (0.3, 0.5, 0.7, 1.0)
AT_QUOTA = {
    0.0: (44, 41, 38, 34),
    0.1: (32, 33, 32, 30),
    0.2: (22, 27, 27, 26),
    0.25: (18, 24, 25, 25),
    0.4: (10, 17, 20, 21),
}  # percent, where the plan is met on average and attainment is lognormal
TABLE = [
    (over, variation, share)
    for over, shares in AT_QUOTA.items()
    for variation, share in zip(VARIATION, shares, strict=True)
]


@pytest.mark.parametrize(("over", "variation", "published"), TABLE)
def test_share_at_quota_follows_over_assignment(over: float, variation: float, published: int) -> None:
    """The share at quota is within one point of the published one, for every over-assignment and variation."""
    basis = three_reps(fte=np.ones(3))
    quotas = quotas_of(settings_of("capacity", over_assignment=over), basis)
    sigma = float(np.sqrt(np.log1p(variation**2)))
    normal = NormalDist(mu=-(sigma**2) / 2, sigma=sigma)
    factor = np.exp([normal.inv_cdf((year + 0.5) / YEARS) for year in range(YEARS)])
    bookings = np.rint(np.outer(factor, np.full(3, quotas.plan_target_cents / 3))).astype(np.int64)
    used = rule_table(settings_of(rounding=1000), quotas, basis, bookings, np.zeros(3)).iloc[0]
    assert used["used"]
    assert 100 * used["share_at_quota"] == pytest.approx(published, abs=1)


@given(bases(), st.sampled_from(["potential", "history", "capacity"]), st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_a_plan_met_with_a_fifth_more_is_attained_by_five_sixths(
    basis: QuotaBasis, rule: str, seed: int
) -> None:
    """With 20 % over-assignment and the plan just met, mean attainment weighted by quota is 83.3 %."""
    quotas = quotas_of(settings_of(rule, over_assignment=0.2), basis)
    quota = quotas.annual_cents[quotas.annual_cents > 0]
    parts = np.random.default_rng(seed).dirichlet(np.ones(len(quota)))
    attainment = parts * quotas.plan_target_cents / quota
    assert np.average(attainment, weights=quota) == pytest.approx(1 / 1.2, rel=1e-9)
