"""The deals of a year: how many, when, how large, and whose luck they carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from engine.attainment import SalesField
from engine.scenario.schema import Macro
from simulation.deals import Deals, Shocks, draw_deals, draw_shocks
from simulation.model import Model, compile_case
from simulation.streams import Stream
from simulation.stress import base_case
from tests.simulation.fields import make_field, make_opening, make_process

CALM = Shocks(1.0, 1.0, 1.0, 1.0, (0.6, 0.5))
SEASON = np.array([1, 2, 3, 0, 0, 4, 1, 1, 1, 2, 2, 3]) / 20


def model_of(field: SalesField) -> Model:
    return compile_case(base_case(field))


def everywhere(model: Model) -> np.ndarray:
    return np.ones(len(model.seat_keys), dtype=bool)


def chances(model: Model) -> np.ndarray:
    return np.array([stage.advance for stage in model.case.field.process.stages])


def draws(field: SalesField, years: int, seed: int = 5) -> list[Deals]:
    model = model_of(field)
    return [draw_deals(model, Stream(seed, r), CALM, chances(model), everywhere(model)) for r in range(years)]


def test_counts_are_poisson_by_unit() -> None:
    """Each unit's deals have the Poisson law of its demand (chi-square over 1,500 unit-years, p > 0.001)."""
    years = draws(make_field(demand=np.array([3.0, 3.0, 3.0])), 500)
    counts = np.concatenate([np.bincount(deals.unit, minlength=3) for deals in years])
    cells = np.bincount(np.minimum(counts, 8), minlength=9)
    law = stats.poisson.pmf(np.arange(8), 3.0)
    expected = 1500 * np.append(law, 1 - law.sum())
    assert stats.chisquare(cells, expected).pvalue > 1e-3


def test_arrivals_follow_the_months() -> None:
    """Deals appear in proportion to the months' shares (chi-square, p > 0.001), never in a month without."""
    field = make_field(month_share=SEASON)
    arrival = np.concatenate([deals.arrival for deals in draws(field, 60)])
    seen = np.histogram(arrival, bins=model_of(field).month_edges)[0]
    assert seen[3] == seen[4] == 0
    some = SEASON > 0
    assert stats.chisquare(seen[some], SEASON[some] * len(arrival)).pvalue > 1e-3
    assert 0 <= arrival.min() < arrival.max() < 365


def test_only_stages_that_can_be_reached_are_drawn() -> None:
    """A deal has numbers from its first stage to the one that stops it or the year's end, and none beyond."""
    field = make_field(opening=make_opening([("a", 0, 1, 500, 3.0), ("b", 2, 0, 700, 0.0)]))
    (deals,) = draws(field, 1)
    assert np.isnan(deals.told("days")[0, 0, 0])
    assert np.isfinite(deals.told("days")[0, 0, 1])
    advance = field.process.stages[0].advance
    late = 0
    for row in range(1, len(deals.unit)):
        in_time = deals.arrival[row] + deals.told("days")[row, 0, 0] < 365
        late += not in_time
        reached = bool(deals.told("outcome")[row, 0, 0] < advance and in_time)
        assert np.isfinite(deals.told("effort_hours")[row, 0]).tolist() == [True, reached]
        assert np.isfinite(deals.told("days")[row, 0]).tolist() == [True, reached]
    assert 0 < late < 20


def test_opening_deals_come_first_with_their_own_figures() -> None:
    """Opening deals keep id order, unit, stage and amount; an aged one needs no more work in its stage."""
    field = make_field(opening=make_opening([("b", 2, 0, 700, 0.0), ("a", 0, 1, 500, 3.0)]))
    (deals,) = draws(field, 1)
    assert deals.unit[:2].tolist() == [0, 2]
    assert deals.first_stage[:2].tolist() == [1, 0]
    assert deals.amount_cents[:2].tolist() == [500, 700]
    assert deals.serial[:3].tolist() == [-1, -1, 0]
    assert deals.told("effort_hours")[0, 0, 1] == 0 < deals.told("effort_hours")[1, 0, 0]


def test_age_counts_in_the_first_stage_only() -> None:
    """A deal that has been in its stage for long has the same work and days ahead in later stages."""
    fresh, aged = (
        draws(make_field(opening=make_opening([("a", 0, 0, 500, age)])), 1)[0] for age in (0.0, 30.0)
    )
    for name in ("effort_hours", "days", "outcome"):
        assert aged.told(name)[0, 0, 1] == fresh.told(name)[0, 0, 1]
    assert aged.told("days")[0, 0, 0] != fresh.told("days")[0, 0, 0]


def test_what_chance_decides_about_a_deal_is_independent() -> None:
    """Arrival, amount, effort, days and outcome of a stage share no luck (6,000 deals, 4 se = 0.052)."""
    (deals,) = draws(make_field(demand=np.full(3, 2000.0)), 1)
    first = [deals.told(name)[:, 0, 0] for name in ("effort_hours", "days", "outcome")]
    table = np.array([deals.arrival, deals.amount_cents, *first])
    later = np.isfinite(deals.told("days")[:, 0, 1])
    last = [deals.told(name)[later, 0, 1] for name in ("effort_hours", "days", "outcome")]
    for columns in (table, np.array([*table[:, later], *last])):
        ranks = stats.spearmanr(columns.T).statistic
        assert np.abs(ranks - np.eye(len(columns))).max() < 4 / columns.shape[1] ** 0.5


def test_luck_moves_with_the_unit() -> None:
    """Another alignment, other units around it or another order leave a unit's deals exactly as they were."""
    whole = make_field(opening=make_opening([("a", 2, 1, 500, 3.0)]))
    alone = make_field(unit_ids=("u3",), territory=np.array([1], dtype=np.int32), demand=np.array([30.0]))
    moved = replace(whole, territory=np.array([1, 0, 0], dtype=np.int32))
    before, after, single = (draws(field, 1)[0] for field in (whole, moved, alone))
    one, two = (np.lexsort([deals.serial, deals.unit]) for deals in (before, after))
    for name in ("unit", "arrival", "amount_cents", "fate"):
        assert np.array_equal(getattr(before, name)[one], getattr(after, name)[two], equal_nan=True)
        if name == "unit":
            continue
        mine = getattr(before, name)[(before.unit == 2) & (before.serial >= 0)]
        assert np.array_equal(mine, getattr(single, name), equal_nan=True)


def test_less_demand_takes_away_the_last_deals_only() -> None:
    """With less demand the deals that remain are the same deals, to the last bit."""
    field = make_field(demand=np.array([40.0, 5.0, 0.0]))
    (many,), (few,) = draws(field, 1), draws(replace(field, demand=field.demand * 0.8), 1)
    known = {
        (u, s): (a, c, *d)
        for u, s, a, c, d in zip(
            many.unit, many.serial, many.arrival, many.amount_cents, many.told("days")[:, 0, :1], strict=True
        )
    }
    assert 0 < len(few.unit) < len(many.unit)
    for row in range(len(few.unit)):
        key = few.unit[row], few.serial[row]
        assert known[key] == (few.arrival[row], few.amount_cents[row], few.told("days")[row, 0, 0])
    assert not (many.unit == 2).any()


def test_amounts_have_their_mean_and_variance() -> None:
    """Amounts of 40,000 deals have the stated moments (4 standard errors: 2 % and 17 %) and whole cents."""
    amount = np.concatenate([d.amount_cents for d in draws(make_field(demand=np.full(3, 5000.0)), 3)]) / 100
    assert amount.mean() == pytest.approx(1000, rel=0.02)
    assert amount.var() == pytest.approx(800**2, rel=0.17)


def test_shocks_hit_everybody_and_have_mean_one() -> None:
    """Shocks have mean 1 and their cv (2,000 years, 4 standard errors); demand moves units together."""
    process = make_process(macro=Macro(demand=0.2, win_rate=0.1, deal_size=0.3, hours=0.05))
    model = model_of(make_field(process=process, demand=np.full(3, 400.0)))
    shocks = np.array([draw_shocks(model, Stream(9, r))[:4] for r in range(2000)])
    assert shocks.mean(axis=0) == pytest.approx([1, 1, 1, 1], abs=0.027)
    assert shocks.std(axis=0) == pytest.approx([0.2, 0.1, 0.3, 0.05], rel=0.10)
    assert np.abs(np.corrcoef(shocks.T) - np.eye(4)).max() < 0.09
    counts = []
    for r in range(200):
        stream = Stream(9, r)
        deals = draw_deals(model, stream, draw_shocks(model, stream), chances(model), everywhere(model))
        counts.append(np.bincount(deals.unit, minlength=3))
    # share of the variance that is common: 80^2 / (80^2 + 400) = 0.94
    assert np.corrcoef(np.array(counts).T)[0, 1] > 0.88


def test_a_shock_on_amounts_leaves_open_deals_alone() -> None:
    """A year of larger deals scales new amounts, not those already on paper."""
    model = model_of(make_field(opening=make_opening([("a", 0, 1, 50_000, 3.0)])))
    normal = draw_deals(model, Stream(1, 0), CALM, chances(model), everywhere(model))
    large = draw_deals(model, Stream(1, 0), CALM._replace(deal_size=1.5), chances(model), everywhere(model))
    assert large.amount_cents[0] == normal.amount_cents[0]
    assert large.amount_cents[1:] == pytest.approx(normal.amount_cents[1:] * 1.5, abs=1)


def test_no_number_may_be_missing() -> None:
    """A field with a number that is not finite is refused by name."""
    with pytest.raises(ValueError, match="load_hours"):
        model_of(make_field(load_hours=np.array([np.nan, 1.0])))
