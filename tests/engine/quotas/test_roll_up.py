"""Quota tables add up to the cent at every level and period."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from hypothesis import given, settings

from engine.quotas.basis import QuotaBasis
from engine.quotas.roll_up import quota_table, roll_up
from engine.scenario.schema import Quotas
from tests.engine.quotas.bases import bases, quota_rules, quotas_of, settings_of, three_reps

PERIODS = ["FY", "Q1", "Q2", "Q3", "Q4"]


@given(quota_rules(), bases())
@settings(max_examples=1000, deadline=None)
def test_levels_and_periods_are_exact(rules: Quotas, basis: QuotaBasis) -> None:
    """Every manager, region and company row is the sum of its positions' rows, recounted from quotas.csv."""
    quotas = quotas_of(rules, basis)
    table, rolled = quota_table(quotas, basis), roll_up(quotas, basis)
    expected: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in table.itertuples():
        place = basis.territory_ids.index(row.territory_id)
        labels = (
            ("manager", basis.managers[place]),
            ("region", basis.regions[place]),
            ("company", "company"),
        )
        for level, name in labels:
            if row.period in PERIODS:
                expected[level, name, row.period] += row.quota
    keys = list(zip(rolled["level"], rolled["name"], rolled["period"], strict=True))
    assert keys == sorted(expected)
    assert dict(zip(keys, rolled["quota"], strict=True)) == dict(expected)
    assert (
        sum(expected["company", "company", quarter] for quarter in PERIODS[1:])
        == expected["company", "company", "FY"]
    )


@given(quota_rules(), bases())
@settings(max_examples=100, deadline=None)
def test_months_add_up_to_quarters_and_year(rules: Quotas, basis: QuotaBasis) -> None:
    """In quotas.csv three months make a quarter and four quarters the year, and rows are sorted by id."""
    quotas = quotas_of(rules, basis)
    table = quota_table(quotas, basis)
    assert list(zip(table["territory_id"], table["period"], strict=True)) == sorted(
        zip(table["territory_id"], table["period"], strict=True)
    )
    for place, territory in enumerate(basis.territory_ids):
        rows = table[table["territory_id"] == territory]
        amount = dict(zip(rows["period"], rows["quota"], strict=True))
        assert len(amount) == 17
        assert amount["FY"] == Decimal(int(quotas.annual_cents[place])).scaleb(-2)
        for quarter in range(4):
            months = [amount[f"2027-{3 * quarter + m:02d}"] for m in (1, 2, 3)]
            assert sum(months) == amount[f"Q{quarter + 1}"]


def test_columns_and_texts_of_the_quota_table() -> None:
    """Columns are those of quotas.csv, money has two decimals and reasons stand on the year's row only."""
    basis = three_reps(fiscal_year_start=date(2026, 7, 1))
    quotas = quotas_of(settings_of(), basis)
    table = quota_table(quotas, basis)
    assert table.columns.tolist() == ["territory_id", "rep_id", "period", "quota", "rule", "reason"]
    assert table["period"].tolist()[:17] == sorted(
        [
            "FY",
            "Q1",
            "Q2",
            "Q3",
            "Q4",
            *(f"2026-{m:02d}" for m in range(7, 13)),
            *(f"2027-{m:02d}" for m in range(1, 7)),
        ]
    )
    year = table[table["period"] == "FY"]
    assert year["quota"].map(str).tolist() == ["60000000.00", "36000000.00", "24000000.00"]
    assert year["reason"].tolist() == list(quotas.reasons)
    assert set(table.loc[table["period"] != "FY", "reason"]) == {""}
    assert set(table["rule"]) == {"potential"}
    assert year["rep_id"].tolist() == ["r1", "r2", "r3"]


def test_columns_of_the_roll_up() -> None:
    """Plan target and over-assignment stand on company rows only; groups are sorted by name."""
    basis = three_reps()
    rolled = roll_up(quotas_of(settings_of(over_assignment=0.08), basis), basis)
    assert rolled.columns.tolist() == ["level", "name", "period", "quota", "plan_target", "over_assignment"]
    company = rolled[rolled["level"] == "company"]
    assert company["period"].tolist() == PERIODS
    assert company["plan_target"].map(str).tolist() == ["120000000.00"] * 5
    assert company["over_assignment"].tolist() == [0.08] * 5
    others = rolled[rolled["level"] != "company"]
    assert others["plan_target"].isna().all()
    assert others["over_assignment"].isna().all()
    year = others[others["period"] == "FY"]
    assert list(zip(year["level"], year["name"], year["quota"].map(str), strict=True)) == [
        ("manager", "Ito", "103680000.00"),
        ("manager", "Okafor", "25920000.00"),
        ("region", "East", "64800000.00"),
        ("region", "West", "64800000.00"),
    ]
