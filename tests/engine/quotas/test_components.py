"""Components: each its own target and over-assignment, and every sum exact in both directions."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.quotas.basis import QuotaBasis
from engine.quotas.components import component_table, with_sums
from engine.quotas.conflict import QuotaConflictError
from engine.scenario.schema import Bounds, Component, Quotas
from engine.units import to_cents
from tests.engine.quotas.bases import bases, quotas_of, settings_of, three_reps

COLUMNS = ("level", "name", "component", "quota")
RULES = {"new": "potential", "renewal": "history", "expansion": "capacity"}


def with_components(over: dict[str, float | None] | None = None, **targets: float) -> Quotas:
    parts = [
        Component(name=n, target=str(amount), rule=RULES[n], over_assignment=(over or {}).get(n))
        for n, amount in targets.items()
    ]
    whole = str(sum(Decimal(str(amount)) for amount in targets.values()))
    return settings_of("components", whole, components=parts, rounding=1, over_assignment=0.05)


def test_components_by_hand() -> None:
    """60 new (+10 %) by 50 : 30 : 20 and 40 of renewal (+5 %) by 3 : 1.714... : 1 (B's from its potential at 4 / 70)."""
    basis = three_reps()
    rules = with_components({"new": 0.1}, new=60_000_000, renewal=40_000_000)
    quotas = quotas_of(rules, basis)
    history = np.array([3.0, 30 * 4 / 70, 1.0])
    new, renewal = 66e6 * np.array([0.5, 0.3, 0.2]), 42e6 * history / history.sum()
    assert quotas.annual_cents / 100 == pytest.approx(new + renewal, abs=1)
    assert quotas.component_cents / 100 == pytest.approx(np.column_stack([new, renewal]), abs=2)
    assert quotas.reasons[0].endswith("It is made of USD 33,000,000 new and USD 22,050,000 renewal.")
    table = component_table(rules, quotas, basis).set_index(["level", "name", "component"])["quota"]
    assert table["company", "company", "new"] == Decimal("66000000.00")
    assert table["company", "company", "renewal"] == Decimal("42000000.00")


@given(
    bases(),
    st.lists(st.integers(1, 10**9), min_size=3, max_size=3),
    st.lists(st.sampled_from([None, 0.0, 0.07, 0.333]), min_size=3, max_size=3),
    st.sampled_from([1, 100, 25_000]),
    st.floats(0.0, 1.2),
    st.booleans(),
)
@settings(max_examples=1000, deadline=None)
def test_components_add_up_in_both_directions(
    basis: QuotaBasis, amounts: list[int], overs: list[float | None], step: int, floor: float, bounded: bool
) -> None:
    """Whatever binds, components add up to every quota, and over positions, managers and regions to target x (1 + own
    over-assignment) of each component, to the cent; at each level, those of a name add up to its quotas."""
    rules = with_components(dict(zip(RULES, overs, strict=True)), **dict(zip(RULES, amounts, strict=True)))
    least = floor * sum(amounts) / len(basis.fte) if bounded else None
    rules = rules.model_copy(update={"rounding": step, "bounds": Bounds(floor=least)})
    assume(sum(amounts) >= step)
    try:
        quotas = quotas_of(rules, basis)
    except QuotaConflictError:
        assume(False)
    parts = quotas.component_cents
    assert (parts >= 0).all()
    assert parts.sum(axis=1).tolist() == quotas.annual_cents.tolist()
    for column, amount, over in zip(parts.T, amounts, overs, strict=True):
        due = amount * 100 * (1 + Fraction(str(0.05 if over is None else over)))
        assert abs(column.sum() - due) <= Fraction(1, 2)
    of_component: Counter[tuple[str, str]] = Counter()
    of_name: Counter[tuple[str, str]] = Counter()
    table = component_table(rules, quotas, basis)
    for level, name, component, quota in zip(*(table[column] for column in COLUMNS), strict=True):
        of_component[level, component] += to_cents(quota)
        of_name[level, name] += to_cents(quota)
    for level in ("territory", "manager", "region", "company"):
        assert [of_component[level, name] for name in RULES] == parts.sum(axis=0).tolist()
    labels = {"territory": basis.territory_ids, "manager": basis.managers, "region": basis.regions}
    for level, names in labels.items():
        due_of: Counter[tuple[str, str]] = Counter()
        for name, cents in zip(names, quotas.annual_cents.tolist(), strict=True):
            due_of[level, name] += cents
        assert {key: cents for key, cents in of_name.items() if key[0] == level} == due_of
    assert of_name["company", "company"] == quotas.annual_cents.sum()


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=300)
def test_any_sums_are_kept(n: int, k: int, seed: int) -> None:
    """Whole numbers of 0 or more keep any sums of rows and columns, zeros and all."""
    rng = np.random.default_rng(seed)
    there = rng.integers(0, 50, (n, k)) * (rng.random((n, k)) < 0.6)
    wanted = rng.random((n, k)) * (rng.random((n, k)) < 0.6)
    found = with_sums(wanted, there.sum(axis=1), there.sum(axis=0))
    assert (found >= 0).all()
    assert found.sum(axis=0).tolist() == there.sum(axis=0).tolist()
    assert found.sum(axis=1).tolist() == there.sum(axis=1).tolist()


def test_a_table_that_fits_is_kept() -> None:
    """Where the wanted figures have the sums already they come out as they are."""
    wanted = np.array([[10.0, 20.0], [30.0, 0.0], [5.0, 35.0]])
    found = with_sums(wanted, np.array([30, 30, 40]), np.array([45, 55]))
    assert found.tolist() == [[10, 20], [30, 0], [5, 35]]
