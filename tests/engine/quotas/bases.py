"""Small quota bases for the tests: one made by hand, and a strategy of random ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from engine.quotas.allocate import set_quotas
from engine.quotas.basis import QuotaBasis
from engine.quotas.quota_set import QuotaSet
from engine.scenario.schema import Quotas, Weights
from solvers import closest_quotas

YEAR = date(2027, 1, 1)
RULE_NAMES = ("potential", "history", "capacity")


def three_reps(**changes: object) -> QuotaBasis:
    """Three full-year seats with potential 50 : 30 : 20 and revenue 3 : none : 1 (millions)."""
    basis = QuotaBasis(
        territory_ids=("A", "B", "C"),
        rep_ids=("r1", "r2", "r3"),
        managers=("Ito", "Ito", "Okafor"),
        regions=("East", "West", "West"),
        potential=np.array([50e6, 30e6, 20e6]),
        history=np.array([3e6, np.nan, 1e6]),
        fte=np.array([1.0, 0.5, 1.0]),
        start_dates=(date(2020, 1, 1),) * 3,
        ramp_days=np.zeros(3),
        quarter_share=np.full((3, 4), 0.25),
        fiscal_year_start=YEAR,
        currency="USD",
        last_quota=np.array([2.5e6, np.nan, 1e6]),
    )
    return replace(basis, **changes)


def quotas_of(rules: Quotas, basis: QuotaBasis) -> QuotaSet:
    """Set quotas as a run does."""
    return set_quotas(rules, basis, closest_quotas)


def settings_of(rule: str = "potential", target: str = "120000000", **more: object) -> Quotas:
    """Make a quotas block; the target is given as text."""
    return Quotas(plan_target=Decimal(target), rule=rule, **more)


def random_basis(k: int, seed: int) -> QuotaBasis:
    """Make positions with any mix of vacancies, ramps, missing history and seasons; A0 is always sound."""
    rng = np.random.default_rng(seed)
    amount = np.where(
        rng.random((2, k)) < 0.4, rng.choice([0.0, 1e6, 2e6], (2, k)), 10 ** rng.uniform(-2, 9, (2, k))
    )
    history = np.where(rng.random(k) < 0.2, np.nan, amount[1])
    start, ramp = rng.integers(-800, 500, k), rng.uniform(1.0, 400.0, k) * (rng.random(k) < 0.6)
    season = rng.integers(0, 6, (k, 4)).astype(float)
    season[season.sum(axis=1) == 0] = 1.0
    amount[0, 0], history[0], start[0], ramp[0] = 1e6, 5e5, -400, 0.0
    return QuotaBasis(
        territory_ids=tuple(f"A{place}" for place in range(k)),
        rep_ids=tuple("" if place % 3 == 2 else f"r{place}" for place in range(k)),
        managers=tuple(rng.choice(["x", "y", ""], k).tolist()),
        regions=tuple(rng.choice(["x", "y", ""], k).tolist()),
        potential=amount[0],
        history=history,
        fte=rng.choice([0.5, 1.0, 2.0], k),
        start_dates=tuple(YEAR + timedelta(days=int(day)) for day in start),
        ramp_days=ramp,
        quarter_share=season / season.sum(axis=1, keepdims=True),
        fiscal_year_start=YEAR,
        currency="USD",
        last_quota=np.where(rng.random(k) < 0.3, np.nan, 10 ** rng.uniform(3, 8, k)),
    )


def bases() -> st.SearchStrategy[QuotaBasis]:
    """Draw one to nine random positions."""
    return st.builds(random_basis, st.integers(1, 9), st.integers(0, 2**32 - 1))


@st.composite
def quota_rules(draw: st.DrawFn) -> Quotas:
    """Draw a quotas block whose total is at least one rounding step."""
    cents = draw(st.integers(100_000_000, 10**14))
    return Quotas(
        plan_target=Decimal(cents).scaleb(-2),
        over_assignment=draw(st.one_of(st.just(0.0), st.floats(0.0, 1.0), st.sampled_from([0.05, 0.08]))),
        rule=draw(st.sampled_from([*RULE_NAMES, "blend"])),
        weights=Weights(
            **{name: draw(st.sampled_from([0.0, 0.3, 1.0, 2.5])) for name in ("history", "capacity")}
        ),
        rounding=draw(st.sampled_from([1, 7, 100, 1000, 25_000, 1_000_000])),
    )
