"""Quotas: exact sums, fair shares, rules and phasing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.quotas.basis import QuotaBasis
from engine.quotas.rules import RULES, fair_shares
from engine.scenario.schema import Quotas, Weights
from tests.engine.quotas.bases import RULE_NAMES, bases, quota_rules, quotas_of, settings_of, three_reps

many = settings(max_examples=300, deadline=None)
thousand = settings(max_examples=1000, deadline=None)


def exact_total(rules: Quotas) -> int:
    """Plan target x (1 + over-assignment) in cents, in decimals long enough to be exact."""
    with localcontext(prec=80):
        exact = rules.plan_target * (1 + Decimal(str(rules.over_assignment))) * 100
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(quota_rules(), bases())
@thousand
def test_every_sum_is_exact(rules: Quotas, basis: QuotaBasis) -> None:
    """Quotas sum to the target with over-assignment in cents; months and quarters sum to each quota."""
    quotas = quotas_of(rules, basis)
    assert int(quotas.annual_cents.sum()) == exact_total(rules)
    assert quotas.month_cents.sum(axis=1).tolist() == quotas.annual_cents.tolist()
    assert quotas.quarter_cents.sum(axis=1).tolist() == quotas.annual_cents.tolist()
    assert (quotas.month_cents >= 0).all()
    assert quotas.plan_target_cents == int(rules.plan_target * 100)


@given(quota_rules(), bases())
@many
def test_every_quota_is_within_one_step_of_its_fair_share(rules: Quotas, basis: QuotaBasis) -> None:
    """A quota is a multiple of the rounding within one step of its share; only the largest takes the rest."""
    annual = quotas_of(rules, basis).annual_cents.tolist()
    total, step = exact_total(rules), rules.rounding * 100
    rest = total % step
    for place, (quota, share) in enumerate(zip(annual, naive_shares(rules, basis), strict=True)):
        assert abs(quota - total * share) <= step + rest + total * 1e-12
        if quota % step:
            assert quota % step == rest
            assert quota == max(annual)
            assert place == annual.index(max(annual))


def naive_shares(rules: Quotas, basis: QuotaBasis) -> list[float]:
    """Shares by the documentation's words, in plain Python."""
    k = range(len(basis.territory_ids))
    known = [basis.history[t] > 0 for t in k]
    rate = sum(basis.history[t] for t in k if known[t]) / sum(basis.potential[t] for t in k if known[t])
    past = [basis.history[t] if known[t] else basis.potential[t] * rate for t in k]
    figures = {"potential": basis.potential, "history": past, "capacity": basis.fte}
    if rules.rule == "blend":
        weights = {name: getattr(rules.weights, name) for name in RULE_NAMES}
    else:
        weights = {rules.rule: 1.0}
    shares = [0.0] * len(k)
    for name, weight in weights.items():
        effective = [figures[name][t] * basis.presence[t] for t in k]
        for t in k:
            shares[t] += weight / sum(weights.values()) * effective[t] / sum(effective)
    return shares


@given(quota_rules(), bases(), st.randoms(use_true_random=False))
@many
def test_the_order_of_positions_does_not_matter(rules: Quotas, basis: QuotaBasis, random: object) -> None:
    """Shuffling the figures among the positions shuffles the fair shares, to the last bit."""
    order = list(range(len(basis.territory_ids)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = permuted(basis, order)
    assert fair_shares(rules, shuffled).tolist() == fair_shares(rules, basis)[order].tolist()
    annual, moved = quotas_of(rules, basis).annual_cents, quotas_of(rules, shuffled).annual_cents
    assume(len(set(fair_shares(rules, basis))) == len(order))  # equals are told apart by their place,
    assume(
        (annual // (rules.rounding * 100) == annual.max() // (rules.rounding * 100)).sum() == 1
    )  # also here
    assert moved.tolist() == annual[order].tolist()


def permuted(basis: QuotaBasis, order: list[int]) -> QuotaBasis:
    labels = ("territory_ids", "rep_ids", "managers", "regions", "start_dates")
    arrays = ("potential", "history", "fte", "ramp_days", "quarter_share")
    return replace(
        basis,
        **{name: tuple(getattr(basis, name)[place] for place in order) for name in labels},
        **{name: getattr(basis, name)[order] for name in arrays},
    )


@given(quota_rules(), bases())
@many
def test_scaling_target_and_rounding_scales_the_quotas(rules: Quotas, basis: QuotaBasis) -> None:
    """Ten times the target in steps ten times as large gives ten times every quota."""
    rules = rules.model_copy(update={"over_assignment": 0.25, "plan_target": round(rules.plan_target * 4)})
    larger = rules.model_copy(update={"plan_target": rules.plan_target * 10, "rounding": rules.rounding * 10})
    ten = (10 * quotas_of(rules, basis).annual_cents).tolist()
    assert quotas_of(larger, basis).annual_cents.tolist() == ten


@given(bases(), st.sampled_from(RULE_NAMES), st.floats(0.1, 9.0))
@many
def test_a_blend_of_one_rule_is_that_rule(basis: QuotaBasis, rule: str, weight: float) -> None:
    """A blend that weighs a single rule gives that rule's quotas, whatever the weight."""
    weights = Weights(**{name: weight if name == rule else 0.0 for name in RULE_NAMES})
    blend = quotas_of(settings_of("blend", weights=weights), basis)
    assert blend.annual_cents.tolist() == quotas_of(settings_of(rule), basis).annual_cents.tolist()


@given(quota_rules(), bases())
@many
def test_no_quota_before_the_seat_is_filled(rules: Quotas, basis: QuotaBasis) -> None:
    """Months that end before the start date carry nothing; a seat filled after the year's end has quota 0."""
    quotas = quotas_of(rules, basis)
    edges = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    for place, start in enumerate(basis.start_day):
        assert not quotas.month_cents[place, edges[1:] <= start].any()
        assert quotas.annual_cents[place] == 0 or start < 365


@given(quota_rules(), bases())
@many
def test_months_follow_season_and_presence(rules: Quotas, basis: QuotaBasis) -> None:
    """Each month is within two cents of quota x (quarter's demand x productive part), normalised."""
    quotas = quotas_of(rules, basis)
    for place, annual in enumerate(quotas.annual_cents.tolist()):
        weight = basis.month_presence[place] * np.repeat(basis.quarter_share[place], 3)
        if annual and weight.sum() > 0:
            fair = annual * weight / weight.sum()
            assert np.abs(quotas.month_cents[place] - fair).max() <= 2 + 1e-9 * annual


def test_three_reps_by_hand_potential() -> None:
    """12 % over 120 M by 50 : 30 : 20 is 67.2 M, 40.32 M and 26.88 M."""
    quotas = quotas_of(settings_of(over_assignment=0.12), three_reps())
    assert quotas.annual_cents.tolist() == [6_720_000_000, 4_032_000_000, 2_688_000_000]
    assert quotas.rule == "potential"
    assert quotas.plan_target_cents == 12_000_000_000


def test_three_reps_by_hand_history() -> None:
    """B sold nothing: at 4 M revenue per 70 M potential it stands for 12/7 M, so shares are 21 : 12 : 7."""
    quotas = quotas_of(settings_of("history", rounding=1), three_reps())
    assert quotas.annual_cents.tolist() == [6_300_000_000, 3_600_000_000, 2_100_000_000]


def test_three_reps_by_hand_capacity() -> None:
    """With 1, 0.5 and 1 FTE, C, filled from 8 August for 0.4 of the year, carries 0.4 of 1.9."""
    starts = (date(2020, 1, 1), date(2020, 1, 1), date(2027, 8, 8))  # day 219: 146 of 365 days remain
    quotas = quotas_of(settings_of("capacity", target="1900000", rounding=1), three_reps(start_dates=starts))
    assert quotas.annual_cents.tolist() == [100_000_000, 50_000_000, 40_000_000]
    august = 24 / 31  # productive part of August; C's year is August to December
    weights = np.array([0, 0, 0, 0, 0, 0, 0, august, 1, 1, 1, 1])
    np.testing.assert_allclose(quotas.month_cents[2], 40_000_000 * weights / weights.sum(), atol=1.0)


def test_three_reps_by_hand_blend_and_rounding() -> None:
    """1 M by potential and capacity (3 : 1) in steps of 30,000: 475,000 / 275,000 / 250,000 become
    480,000 / 270,000 / 240,000, and the 10,000 left below a step go to the largest."""
    rules = settings_of("blend", target="1000000", rounding=30_000, weights=Weights(potential=3, capacity=1))
    quotas = quotas_of(rules, three_reps())
    assert fair_shares(rules, three_reps()).tolist() == pytest.approx([0.475, 0.275, 0.25])
    assert quotas.annual_cents.tolist() == [49_000_000, 27_000_000, 24_000_000]


def test_a_half_year_seat_carries_about_half() -> None:
    """Of two equal territories, the seat filled for 0.4 of the year gets 0.4 / 1.4 of the total."""
    starts = (date(2020, 1, 1), date(2027, 8, 8))
    basis = permuted(three_reps(potential=np.array([7.0, 7.0, 0.0])), [0, 1])
    quotas = quotas_of(settings_of(target="1400000", rounding=1), replace(basis, start_dates=starts))
    assert quotas.annual_cents.tolist() == [100_000_000, 40_000_000]


def test_seasonality_moves_quarters() -> None:
    """A territory with demand 10 : 20 : 30 : 40 has quarters of 10, 20, 30 and 40 % of its quota."""
    season = np.tile([0.1, 0.2, 0.3, 0.4], (3, 1))
    quotas = quotas_of(settings_of(), three_reps(quarter_share=season))
    assert quotas.quarter_cents[0].tolist() == [600_000_000, 1_200_000_000, 1_800_000_000, 2_400_000_000]


def test_demand_only_before_the_start_falls_back_to_presence() -> None:
    """A seat filled in October whose demand all falls in spring spreads its quota by presence alone."""
    season = np.tile([0.0, 1.0, 0.0, 0.0], (3, 1))
    starts = (date(2020, 1, 1), date(2020, 1, 1), date(2027, 10, 1))
    quotas = quotas_of(settings_of(rounding=3), three_reps(quarter_share=season, start_dates=starts))
    last = int(quotas.annual_cents[2]) // 3
    assert quotas.month_cents[2].tolist() == [0] * 9 + [last] * 3


def test_a_territory_without_potential_gets_none_of_it() -> None:
    """Under the potential rule a territory with zero potential has quota 0, and the sum stays exact."""
    quotas = quotas_of(settings_of(), three_reps(potential=np.array([1.0, 0.0, 2.0])))
    assert quotas.annual_cents.tolist() == [4_000_000_000, 0, 8_000_000_000]


def test_equal_positions_tie_by_id() -> None:
    """Three equal territories share 100 steps as 34, 33, 33: the first id gets the odd one."""
    equal = three_reps(potential=np.ones(3))
    quotas = quotas_of(settings_of(target="100000", rounding=1000), equal)
    assert quotas.annual_cents.tolist() == [3_400_000, 3_300_000, 3_300_000]


def test_every_rule_of_the_scenario_is_known() -> None:
    """The rules the schema offers are the ones implemented, plus the blend and the equal chance; the weights name them."""
    offered = set(Quotas.model_fields["rule"].annotation.__args__)
    assert offered == {*RULES, "blend", "components", "equal_chance"}
    assert set(Weights.model_fields) == set(RULES)


def test_the_documented_late_seat() -> None:
    """Potential of 50 : 30 : 20 with C present for 0.4 of the year shares 120 M as 50 : 30 : 8."""
    starts = (date(2020, 1, 1), date(2020, 1, 1), date(2027, 8, 8))
    quotas = quotas_of(settings_of(), three_reps(start_dates=starts))
    assert quotas.annual_cents.tolist() == [6_818_200_000, 4_090_900_000, 1_090_900_000]


@pytest.mark.parametrize(
    ("target", "over", "cents"),
    [("1000000.50", 0.01, 101_000_050), ("1000001.50", 0.01, 101_000_152), ("1000000.00", 0.1, 110_000_000)],
)
def test_the_total_is_rounded_half_to_even(target: str, over: float, cents: int) -> None:
    """Half a cent goes to the even cent, and 0.1 means a tenth, not its nearest float."""
    assert (
        quotas_of(settings_of(target=target, over_assignment=over), three_reps()).annual_cents.sum() == cents
    )
