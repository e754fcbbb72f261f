"""Limits on quotas: kept exactly, closest to the rule, conflicts explained with changes that work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.quotas.basis import BoundRow, QuotaBasis
from engine.quotas.closest import QuotaProblem
from engine.quotas.conflict import QuotaConflictError, fewest
from engine.quotas.equal_chance import chance
from engine.quotas.limits import frame_of
from engine.quotas.rounding import fits, round_within
from engine.quotas.rules import quota_total
from engine.scenario.schema import Bounds, Quotas
from solvers import closest_quotas
from solvers.quotas import by_multiplier
from tests.engine.quotas.bases import quotas_of, random_basis, settings_of
from tests.engine.quotas.bases import three_reps as seats

M = 100_000_000  # cents of a million


def three_reps(**changes: object) -> QuotaBasis:
    """Three full-time seats, unless a test wants them otherwise."""
    return seats(**({"fte": np.ones(3)} | changes))


@st.composite
def limited(draw: st.DrawFn) -> tuple[Quotas, QuotaBasis]:
    """Draw positions and limits around what the rule gives, some of them too tight."""
    basis = random_basis(draw(st.integers(1, 7)), draw(st.integers(0, 2**32 - 1)))
    target = draw(st.integers(50_000, 10**9))
    around = target / len(basis.fte)
    few = st.one_of(st.none(), st.floats(0.2, 1.2))
    many = st.one_of(st.none(), st.floats(0.8, 4.0))
    floor, cap = draw(few), draw(many)
    rows = tuple(
        BoundRow(name, floor=draw(few) and around / 2, cap=None, reason="", place=f"bounds.csv:{place + 2}")
        for place, name in enumerate(basis.territory_ids)
        if draw(st.booleans())
    )
    rules = Quotas(
        plan_target=Decimal(target),
        over_assignment=draw(st.sampled_from([0.0, 0.05, 1 / 3])),
        rule=draw(st.sampled_from(["potential", "history", "capacity"])),
        rounding=draw(st.sampled_from([1, 7, 1000, 50_000])),
        bounds=Bounds(
            floor=floor and floor * around,
            cap=cap and cap * around,
            cap_share=draw(st.one_of(st.none(), st.floats(0.3, 1.0))),
            growth_most=draw(st.one_of(st.none(), st.floats(0.0, 100.0))),
        ),
    )
    if draw(st.booleans()):
        names = sorted({name for name, share in zip(basis.regions, basis.presence, strict=True) if share > 0})
        assume(set(basis.regions) == set(names))
        parts = [target // len(names)] * len(names)
        parts[0] += target - sum(parts)
        rules = rules.model_copy(
            update={"regions": {name: Decimal(part) for name, part in zip(names, parts, strict=True)}}
        )
    return rules, replace(basis, bounds=rows)


@given(limited())
@settings(max_examples=1000)
def test_sums_and_limits_are_exact(case: tuple[Quotas, QuotaBasis]) -> None:
    """Quotas sum to the total of the company and each region to the cent and keep every limit; else the limits clash."""
    rules, basis = case
    total = quota_total(rules)
    frame = frame_of(rules, basis, total)
    if not frame.fits():
        clash = fewest(frame)
        assert not frame.only(clash).fits()
        assert all(frame.only(tuple(o for o in clash if o is not limit)).fits() for limit in clash)
        return
    quotas = quotas_of(rules, basis)
    annual = quotas.annual_cents
    assert int(annual.sum()) == total
    assert (quotas.month_cents.sum(axis=1) == annual).all()
    for limit in frame.limits:
        assert (annual >= limit.floor).all() and (annual <= limit.cap).all(), limit.words
    assert (annual[basis.presence <= 0] == 0).all()
    odd = annual % (rules.rounding * 100) > 0
    for name, target in rules.regions.items():
        own = np.array(basis.regions) == name
        exact = Decimal(str(target)) * (1 + Decimal(str(rules.over_assignment))) * 100
        assert abs(int(annual[own].sum()) - exact) <= 1
        assert odd[own].sum() <= 1
    assert rules.regions or odd.sum() <= 1


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_the_model_finds_one_factor_for_all_free_positions(k: int, seed: int) -> None:
    """HiGHS agrees with the form of the optimum, a factor and clipping, to a millionth of the mean quota."""
    rng = np.random.default_rng(seed)
    rule = rng.uniform(1e8, 9e8, k)
    floor = rule * rng.uniform(0, 1.1, k) * (rng.random(k) < 0.5)
    cap = rule * rng.uniform(1.1, 1.5, k)
    total = rng.uniform(floor.sum(), cap.sum())
    problem = QuotaProblem(rule, floor, cap, np.zeros(k, dtype=np.int64), np.array([total]))
    found, clipped = closest_quotas(problem), by_multiplier(problem)
    assert found == pytest.approx(clipped, abs=1e-6 * rule.mean())
    assert clipped.sum() == pytest.approx(total, rel=1e-9)
    free = (clipped > floor * 1.0001) & (clipped < cap * 0.9999)
    assert len(set(np.round((clipped / rule)[free], 6))) <= 1


def every_rounding(floor: list[int], cap: list[int], total: int, step: int) -> Iterator[tuple[int, ...]]:
    """All quotas inside limits that are multiples of a step, but for one that takes what is left of the total."""
    rest = total % step
    ranges = [range(cap_ + 1) for cap_ in cap]
    for parts in product(*ranges):
        odd = [part % step for part in parts if part % step]
        if (
            sum(parts) == total
            and odd in ([], [rest])
            and all(p >= f for p, f in zip(parts, floor, strict=True))
        ):
            yield parts


@given(st.data())
@settings(max_examples=300)
def test_rounding_is_the_best_of_all(data: st.DataObject) -> None:
    """On tiny cases no other rounding inside the limits with the same odd part is closer, and none is called impossible."""
    k = data.draw(st.integers(1, 3))
    step = data.draw(st.integers(1, 4))
    cap = [data.draw(st.integers(0, 9)) for _ in range(k)]
    floor = [data.draw(st.integers(0, 9)) for _ in range(k)]
    total = data.draw(st.integers(0, 20))
    bounds = np.array(floor), np.array(cap)
    ways = list(every_rounding(floor, cap, total, step))
    assert fits(*bounds, total, step) == bool(ways)
    if not ways:
        return
    wanted = np.array([data.draw(st.floats(0, 10)) for _ in range(k)])
    found = round_within(wanted, *bounds, total, step)
    assert tuple(found.tolist()) in ways
    odd = [part % step for part in found.tolist()]
    alike = [way for way in ways if [part % step for part in way] == odd]
    best = min(sum((np.array(way) - wanted) ** 2) for way in alike)
    assert sum((found - wanted) ** 2) == pytest.approx(best)


def test_a_floor_is_taken_from_the_others_in_proportion() -> None:
    """C is raised from 24 to 30 M; A and B give 6 M, 5 : 3, and every reason says so."""
    quotas = quotas_of(settings_of(bounds=Bounds(floor=30e6)), three_reps())
    assert quotas.annual_cents.tolist() == [5_625_000_000, 3_375_000_000, 3_000_000_000]
    assert quotas.reasons[2] == (
        "Your quota of USD 30,000,000 is 25.00 % of USD 120,000,000 (company target of USD 120,000,000): by the territory's "
        "potential of USD 20,000,000 (20.00 % of the company's). The rule alone would give USD 24,000,000; it is raised "
        "because of a limit: no quota below USD 30,000,000 for a full-time year."
    )
    assert "limits of other positions lower it" in quotas.reasons[0]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (Bounds(cap=50e6), [50, 42, 28]),
        (Bounds(floor_share=0.25), [56.25, 33.75, 30]),
        (Bounds(cap_share=0.4), [48, 43.2, 28.8]),
        (Bounds(growth_most=22.0), [57.5, 39.5, 23]),  # A: 2.5 M last year; C: 1 M, so at most 23 M
        (Bounds(growth_least=24.0), [62.5, 32.5, 25]),
        (Bounds(max_potential_share=1.1), [55, 33, 22]),
    ],
)
def test_each_limit_by_hand(bounds: Bounds, expected: list[float]) -> None:
    """50 : 30 : 20 M of potential, 120 M (110 M for the potential limit): the limit binds, the rest is in proportion."""
    target = "110000000" if bounds.max_potential_share else "120000000"
    quotas = quotas_of(settings_of(target=target, bounds=bounds), three_reps())
    assert (quotas.annual_cents / M).tolist() == pytest.approx(expected, abs=0.0011)


def test_the_table_of_bounds_binds_one_position() -> None:
    """B has at most 30 M by its row; A and C take 6 M, 5 : 2."""
    basis = three_reps(bounds=(BoundRow("B", None, 30e6, "launch year", "bounds.csv:2"),))
    quotas = quotas_of(settings_of(rounding=1), basis)
    assert quotas.annual_cents[1] == 30 * M
    assert (quotas.annual_cents / M).tolist() == pytest.approx([64.285714, 30, 25.714286], abs=1e-6)
    assert "B has at most USD 30,000,000 (launch year)" in quotas.reasons[1]


def test_a_seat_for_half_a_year_has_half_the_floor() -> None:
    """C is filled for half the year: its floor of 40 M a year asks for 20 M."""
    half = three_reps(start_dates=(date(2020, 1, 1),) * 2 + (date(2027, 7, 2),))
    half = replace(half, ramp_days=np.zeros(3))
    quotas = quotas_of(settings_of(bounds=Bounds(floor=40e6), target="130000000"), half)
    presence = half.presence[2]
    assert presence == pytest.approx(0.5, abs=0.002)
    assert quotas.annual_cents[2] == pytest.approx(40 * M * presence, abs=100_000)


def test_regions_have_their_own_totals() -> None:
    """East has 70 M, West 50 M with 8 % on both: each sum exact, shares inside a region by the rule."""
    rules = settings_of(
        over_assignment=0.08, regions={"East": Decimal(70_000_000), "West": Decimal(50_000_000)}
    )
    quotas = quotas_of(rules, three_reps())
    assert quotas.annual_cents.tolist() == [7_560_000_000, 3_240_000_000, 2_160_000_000]
    assert "of USD 54,000,000 (West target of USD 50,000,000 plus 8 % over-assignment)" in quotas.reasons[1]


def test_the_least_chance_is_kept() -> None:
    """With a wild position, potential gives it 36 %; at least 50 % takes quota from it to the others."""
    rng = np.random.default_rng(5)
    rows = (rng.gamma([4.0, 4.0, 0.5], [15e8, 9e8, 40e8], (4000, 3))).astype(np.int64)
    basis = three_reps(bookings=rows)
    loose = quotas_of(settings_of(target="80000000"), basis)
    tight = quotas_of(settings_of(target="80000000", bounds=Bounds(min_chance=0.5)), basis)
    assert chance(rows, loose.annual_cents).min() < 0.45
    assert chance(rows, tight.annual_cents).min() >= 0.5
    assert tight.annual_cents.sum() == loose.annual_cents.sum()


def test_equal_chance_keeps_its_chance_beside_a_cap() -> None:
    """A capped position has a better chance; all others still share one."""
    rows = np.random.default_rng(6).gamma(4.0, [12e8, 8e8, 5e8], (20_000, 3)).astype(np.int64)
    quotas = quotas_of(
        settings_of("equal_chance", "100000000", bounds=Bounds(cap=40e6)), three_reps(bookings=rows)
    )
    reached = chance(rows, quotas.annual_cents)
    assert quotas.annual_cents[0] == 40 * M
    assert reached[1] == pytest.approx(reached[2], abs=0.002)
    assert reached[0] > reached[1] + 0.05


@given(limited())
@settings(max_examples=300)
def test_every_fix_works(case: tuple[Quotas, QuotaBasis]) -> None:
    """Every change of a target or limit that an explanation proposes gives quotas when it is made."""
    rules, basis = case
    assume(not frame_of(rules, basis, quota_total(rules)).fits())
    error = told(rules, basis)
    assert error.rules
    for fix in error.fixes:
        words = fix.split()
        if words[1].startswith("quotas.bounds."):
            value = float(words[-1].replace(",", ""))
            bounds = rules.bounds.model_copy(update={words[1].rpartition(".")[2]: value})
            other = rules.model_copy(update={"bounds": bounds})
        elif words[1] == "quotas.plan_target":
            other = rules.model_copy(update={"plan_target": Decimal(words[-1].replace(",", ""))})
        else:
            continue
        assert quotas_of(other, basis).annual_cents.sum() == quota_total(other)


def told(rules: Quotas, basis: QuotaBasis) -> QuotaConflictError:
    with pytest.raises(QuotaConflictError) as caught:
        quotas_of(rules, basis)
    return caught.value


def test_floors_above_the_target_are_explained() -> None:
    """Three floors of 45 M exceed 120 M: both sums, both rules, and three changes that give quotas."""
    error = told(settings_of(bounds=Bounds(floor=45e6, cap=90e6)), three_reps())
    assert error.told(lambda key: f"s.yaml:3 {key}").splitlines() == [
        "no quotas can keep these rules: all quotas must add up to USD 120,000,000, but the least that the rules allow adds "
        "up to USD 135,000,000, USD 15,000,000 more",
        "  rule: no quota below USD 45,000,000 for a full-time year (s.yaml:3 quotas.bounds.floor)",
        "  rule: all quotas add up to USD 120,000,000: the plan target plus 0 % (s.yaml:3 quotas.plan_target)",
        "  fix: lower quotas.bounds.floor to 40,000,000 (tried: quotas were found)",
        "  fix: raise quotas.plan_target to 135,000,000 (tried: quotas were found)",
    ]


def test_two_limits_of_one_position_are_explained() -> None:
    """A floor against a growth limit: the position, both rules and no word of the target; each change works."""
    error = told(settings_of(bounds=Bounds(floor=35e6, growth_most=9.0)), three_reps())
    assert error.summary.startswith("A must have at least USD 35,000,000 and at most USD 25,000,000")
    assert [key for key, *_ in error.rules] == ["quotas.bounds.floor", "quotas.bounds.growth_most"]
    assert error.fixes == (
        "lower quotas.bounds.floor to 10,000,000",
        "raise quotas.bounds.growth_most to 34",
    )


def test_rounding_alone_can_be_in_the_way() -> None:
    """Three caps between two steps: 119.99 M in steps of 7 M cannot be reached; rounding 1 can."""
    error = told(settings_of(target="104000000", rounding=1_000_000, bounds=Bounds(cap=34.9e6)), three_reps())
    assert "no multiples of USD 1,000,000 lie inside the limits" in error.summary
    assert "write quotas.rounding: 1" in error.fixes
    assert "raise quotas.bounds.cap to 35,000,000" in error.fixes


def test_a_row_of_the_table_is_named_with_its_line() -> None:
    """B asks for 130 M of 120 M: the row, and the value it could have."""
    basis = three_reps(bounds=(BoundRow("B", 130e6, None, "promised", "bounds.csv:4"),))
    error = told(settings_of(), basis)
    assert ("quotas.bounds.table", "B has at least USD 130,000,000 (promised)", "bounds.csv:4") in error.rules
    assert "lower the floor of B to 120,000,000 (bounds.csv:4)" in error.fixes


def test_limits_of_amounts_are_for_a_full_time_seat() -> None:
    """A floor of 40 M is 20 M for a half-time seat, and a cap of 40 % of all is 20 %."""
    basis = seats(fte=np.array([1.0, 0.5, 1.0]))
    low = quotas_of(settings_of(bounds=Bounds(floor=40e6)), basis)
    assert low.floor_cents.tolist() == [4_000_000_000, 2_000_000_000, 4_000_000_000]
    high = quotas_of(settings_of(bounds=Bounds(cap_share=0.4)), basis)
    assert high.annual_cents.tolist() == [4_800_000_000, 2_400_000_000, 4_800_000_000]


def test_the_target_fix_goes_by_whole_steps() -> None:
    """Three caps of 34.9 M in steps of 10 M hold 90 M, not 104.7: the fix that is told is one that works."""
    rules = settings_of(target="120000000", rounding=1_000_000, bounds=Bounds(cap=34.9e6))
    error = told(rules, three_reps())
    assert "lower quotas.plan_target to 102,000,000" in error.fixes
    assert quotas_of(rules.model_copy(update={"plan_target": Decimal(102_000_000)}), three_reps())


def test_a_conflict_without_a_single_fix_says_so() -> None:
    """A has no potential to keep its floor by; without the floor the others' potential is below the target: no one change helps."""
    basis = three_reps(potential=np.array([0.0, 30e6, 20e6]))
    rules = settings_of("capacity", "120000000", bounds=Bounds(floor=1e6, max_potential_share=1.0))
    rules = rules.model_copy(update={"regions": {"East": Decimal(1_000_000), "West": Decimal(119_000_000)}})
    with pytest.raises(QuotaConflictError) as caught:
        quotas_of(rules, basis)
    assert caught.value.fixes == ()
    assert "fix: loosen more than one of these rules" in caught.value.told(str)
