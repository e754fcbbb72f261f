"""Equal chance: one probability for every position, read off simulated years, judged on others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.quotas.equal_chance import chance, common_chance, most_reached
from engine.quotas.rule_table import net_spread, rule_table
from engine.units import to_cents
from tests.engine.quotas.bases import quotas_of, settings_of, three_reps

NONE, MANY = np.zeros(2, dtype=np.int64), np.full(2, 10**12, dtype=np.int64)
CVS, MEANS = np.array([0.2, 0.5, 1.0]), np.array([50e8, 30e8, 20e8])  # cents


def gamma_years(rows: int, seed: int) -> np.ndarray:
    """Bookings of a steady, a usual and an unsteady position, whole cents."""
    rng = np.random.default_rng(seed)
    return rng.gamma(CVS**-2, MEANS * CVS**2, (rows, 3)).astype(np.int64)


def test_two_positions_by_hand() -> None:
    """Rows 1..100 and 10, 20..1000: half of the rows reach quotas that add up to 11 x the middle of 50 and 51."""
    rows = np.arange(1, 101, dtype=np.int64)
    p, quotas = common_chance(np.column_stack([rows, 10 * rows]), 11 * 50 + 5, NONE, MANY)
    assert quotas == pytest.approx([50.4545, 504.545], abs=1e-3)
    assert p == pytest.approx(0.50045, abs=1e-4)  # row 50.4545 stands at (50.4545 - 1/2) / 100 from below


@pytest.mark.parametrize("share", [0.7, 0.95, 1.2])
def test_chances_are_equal_on_fresh_years(share: float) -> None:
    """Positions of cv 0.2, 0.5 and 1 get one chance within 2 points on fresh years; by means they differ by far more."""
    target = str(int(share * MEANS.sum()) // 100)
    quotas = quotas_of(settings_of("equal_chance", target), three_reps(bookings=gamma_years(20_000, 1)))
    fresh = gamma_years(20_000, 2)
    reached = chance(fresh, quotas.annual_cents)
    assert np.ptp(reached) <= 0.02
    assert reached == pytest.approx(quotas.chance, abs=0.02)
    assert np.ptp(chance(fresh, share * MEANS)) >= 0.08


@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
@settings(max_examples=200)
def test_the_sum_is_the_total_and_every_chance_the_same(n: int, rows: int, seed: int, part: float) -> None:
    """For any reachable total the quotas add up to it, and each is reached in a share p of rows but for one row."""
    bookings = np.random.default_rng(seed).integers(0, 10**9, (rows, n))
    total = max(1, int(part * bookings.max(axis=0).sum()))
    p, quotas = common_chance(bookings, total, np.int64(0), np.int64(10**15))
    assert quotas.sum() == pytest.approx(total, rel=1e-9)
    if total >= bookings.min(axis=0).sum():
        assert chance(bookings, quotas - 1) == pytest.approx([p] * n, abs=1 / rows)
    else:
        assert p == 1.0


def test_a_total_beyond_all_years_is_refused() -> None:
    """When even the best year of every position is too small, the key and both sums are told."""
    rows = np.full((50, 3), 1_000_000_00, dtype=np.int64)
    with pytest.raises(InputError) as caught:
        quotas_of(settings_of("equal_chance", "3000001"), three_reps(bookings=rows))
    (finding,) = caught.value.findings
    assert (finding.code, finding.key) == ("QUO-OUT-OF-REACH", "quotas.plan_target")
    assert "3000001.00" in finding.message and "3000000.00" in finding.message


def test_a_position_without_bookings_has_no_quota() -> None:
    """Where no simulated year books anything, the quota is 0 and the others carry the total."""
    rows = gamma_years(500, 3) * np.array([1, 0, 1])
    quotas = quotas_of(settings_of("equal_chance", "60000000"), three_reps(bookings=rows))
    assert quotas.annual_cents[1] == 0
    assert quotas.annual_cents.sum() == to_cents(60_000_000)


def test_most_reached_counts_rows() -> None:
    """Of 1..10, 7 is the most that 4 of 10 rows reach, and the largest that one row must reach is 10."""
    rows = np.arange(1, 11, dtype=np.int64)[::-1, None]
    assert most_reached(rows, 0.4).tolist() == [7]
    assert most_reached(rows, 1.0).tolist() == [1]
    assert most_reached(rows, 0.01).tolist() == [10]


def test_the_reason_names_the_chance() -> None:
    """The reason says the common chance and the median year."""
    rows = np.tile(np.arange(1, 101, dtype=np.int64)[:, None] * 1_000_000_00, (1, 3))
    quotas = quotas_of(settings_of("equal_chance", "180000000"), three_reps(bookings=rows))
    assert quotas.reasons[0] == (
        "Your quota of USD 60,000,000 is 33.33 % of USD 180,000,000 (company target of USD 180,000,000): the amount this "
        "territory books in 40.5 % of the simulated years, the same chance as every position has (half of those years "
        "bring USD 50,500,000 or more)."
    )


def test_rules_are_judged_on_the_same_years() -> None:
    """Equal chance has the least spread in the table of rules; every rule has its exact share of years."""
    rules, basis = settings_of("equal_chance", "95000000"), three_reps(bookings=gamma_years(20_000, 1))
    fresh = gamma_years(5_000, 4)
    table = rule_table(rules, quotas_of(rules, basis), basis, fresh, np.zeros(3)).set_index("rule")
    assert list(table.index) == ["equal_chance", "potential", "history", "capacity", "even"]
    assert table["used"].tolist() == [True, *[False] * 4]
    assert table["p_spread"].idxmin() == "equal_chance"
    plain = settings_of("potential", "95000000")
    beside = rule_table(plain, quotas_of(plain, basis), basis, fresh, np.zeros(3)).set_index("rule")
    assert list(beside.index) == ["potential", "history", "capacity", "even", "equal_chance"]
    assert beside.loc["equal_chance", "p_spread"] == table.loc["equal_chance", "p_spread"]
    third = to_cents(95_000_000) // 3
    odds = [(fresh[:, place] >= third).mean() for place in range(3)]
    assert table.loc["even", "p_most"] == pytest.approx(max(odds), abs=1e-3)
    assert table.loc["even", "share_at_quota"] == pytest.approx(np.mean(odds), abs=1e-3)


def test_an_equal_chance_out_of_reach_is_not_compared() -> None:
    """Where even the best years do not add up to the total, the table has no such row."""
    basis = three_reps(bookings=np.full((10, 3), 100, dtype=np.int64))
    rules = settings_of("potential", "95000000")
    table = rule_table(rules, quotas_of(rules, basis), basis, gamma_years(100, 4), np.zeros(3))
    assert "equal_chance" not in set(table["rule"])


def test_a_position_alone_has_the_chance_of_its_target() -> None:
    """A single position's chance is the share of years that reach the target, not 0 because nothing else is there."""
    rows = np.arange(1, 101, dtype=np.int64)[:, None] * 1_000_000
    chance_of_it, quotas = common_chance(rows, 40_000_000, np.int64(0), np.int64(40_000_000))
    assert chance_of_it == pytest.approx(0.605, abs=0.006)
    assert quotas.tolist() == pytest.approx([40_000_000])


def test_the_net_spread_takes_out_what_luck_makes() -> None:
    """Equal chances show some 5 points on 1,000 years and hardly any net; chances 30 points apart stay so."""
    rng = np.random.default_rng(5)
    equal = [rng.random((1000, 18)) < 0.36 for _ in range(40)]
    assert np.mean([np.ptp(one.mean(axis=0)) for one in equal]) == pytest.approx(0.055, abs=0.006)
    assert np.mean([net_spread(one) for one in equal]) < 0.02
    apart = rng.random((4000, 18)) < np.linspace(0.2, 0.5, 18)
    assert net_spread(apart) == pytest.approx(0.3, abs=0.02)
    shared = np.repeat(rng.random((1000, 1)) < 0.5, 3, axis=1)  # all reach it in the same years
    assert net_spread(shared) == 0.0
    twice = np.repeat(equal[0], 2, axis=0)  # a year told twice says no more
    assert net_spread(twice, rows=2) == pytest.approx(net_spread(equal[0]))
