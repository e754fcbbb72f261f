"""Tables against hand counts on four invented years of two territories."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from simulation import statistics
from simulation.statistics import Z95, wilson
from simulation.year import Results
from tests.simulation.fields import MONTHS, make_field

# cents booked by A and B in four replications; their quotas are 12,000.00 and 6,000.00, the plan 17,000.00
YEARS = np.array([[10_000_01, 7_000_00], [12_000_00, 5_999_99], [14_000_00, 5_000_00], [9_000_00, 8_000_00]])


def invented() -> Results:
    """All bookings fall in March, but one cent a year of each territory, which falls in December."""
    bookings = np.zeros((4, 2, 12), dtype=np.int64)
    bookings[:, :, 2] = YEARS - 1
    bookings[:, :, 11] = 1
    each = np.ones((4, 2), dtype=np.int64)
    return Results(
        simulated=each > 0,
        bookings_cents=bookings,
        won=each * [3, 1],
        lost=each * 5,
        open=each * [2, 0],
        used_hours=each * [1200.0, 300.0],
        hours=each * [1600.0, 400.0],
        waiting_days=each * [30.0, 0.0],
        waits=each * [10, 0],
        gave_up=each * [1, 0],
    )


def row(table: object, level: str, name: str) -> dict[str, object]:
    (found,) = [r for r in table.to_dict("records") if (r["level"], r["id"]) == (level, name)]  # type: ignore[attr-defined]
    return found


def test_wilson_known_values() -> None:
    """Intervals equal scipy's, and certainty is never claimed."""
    for successes, trials in ((0, 20), (1, 10), (7, 10), (199, 200), (200, 200)):
        ci = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        assert wilson(successes, trials) == pytest.approx((ci.low, ci.high), abs=1e-12)
    assert wilson(200, 200)[0] < 0.99
    assert wilson(200, 200)[1] == 1.0
    assert wilson(0, 200)[0] == 0.0


@pytest.mark.parametrize("trials", [100, 200, 1000])
def test_wilson_covers(trials: int) -> None:
    """Averaged over probabilities from 0.02 to 0.98 the interval covers 94 to 96 %, by exact sums."""
    counts = np.arange(trials + 1)
    ends = np.array([wilson(int(count), trials) for count in counts])
    coverage = [
        stats.binom.pmf(counts, trials, p)[(ends[:, 0] <= p) & (p <= ends[:, 1])].sum()
        for p in np.linspace(0.02, 0.98, 97)
    ]
    assert 0.94 < np.mean(coverage) < 0.96
    assert min(coverage) > 0.89


def test_attainment_of_a_rep_by_hand() -> None:
    """Every figure of one rep's row, counted by hand."""
    a = row(statistics.attainment_table(make_field(), invented()), "rep", "A")
    assert (a["name"], a["quota"]) == ("Ada Sample", Decimal("12000.00"))
    assert a["expected"] == Decimal("11250.00")  # 11,250.0025 to the cent
    assert (a["p10"], a["p50"], a["p90"]) == (Decimal("9000.00"), Decimal("10000.01"), Decimal("14000.00"))
    assert a["attainment_mean"] == pytest.approx(45_000.01 / 4 / 12_000)
    assert a["p_at_quota"] == 0.5  # exactly at quota counts
    assert (a["p_low"], a["p_high"]) == wilson(2, 4)
    assert a["expected_shortfall"] == Decimal("1250.00")  # (1,999.99 + 0 + 0 + 3,000) / 4 = 1,249.9975
    assert (a["utilisation"], a["waiting_days"]) == (0.75, 3.0)
    assert (a["won"], a["lost"], a["open"]) == (3.0, 5.0, 2.0)


def test_groups_are_sums_of_years_not_of_chances() -> None:
    """Manager, region and company are judged on the joint years; the company on plan and on quotas."""
    table = statistics.attainment_table(make_field(), invented())
    company, quotas = row(table, "company", "company"), row(table, "company", "quotas")
    assert (company["quota"], quotas["quota"]) == (Decimal("17000.00"), Decimal("18000.00"))
    assert (company["p_at_quota"], quotas["p_at_quota"]) == (1.0, 0.25)  # 17,000.01 17,999.99 19,000 17,000
    manager = row(table, "manager", "Mo")
    assert {k: v for k, v in manager.items() if k not in ("level", "id", "name")} == {
        k: v for k, v in quotas.items() if k not in ("level", "id", "name")
    }
    assert (company["utilisation"], company["waiting_days"], company["won"]) == (0.75, 3.0, 4.0)
    south = row(table, "region", "South")
    assert south["expected"] == row(table, "rep", "B")["expected"]
    assert table["level"].tolist() == ["rep", "rep", "manager", "region", "region", "company", "company"]


def test_a_position_without_quota_is_not_a_missing_number() -> None:
    """A seat with quota 0, no hours and no deals has figures in every column and is left out of the share."""
    field = replace(make_field(), quota_cents=np.array([12_000_00, 0]))
    table = statistics.attainment_table(field, invented())
    b = row(table, "rep", "B")
    assert (b["attainment_mean"], b["p_at_quota"], b["waiting_days"]) == (1.0, 1.0, 0.0)
    assert not table.isna().any().any()
    assert statistics.share_at_quota(field, invented()) == 0.5
    assert statistics.share_at_quota(make_field(), invented()) == 0.5
    assert (
        statistics.share_at_quota(replace(field, quota_cents=np.zeros(2, dtype=np.int64)), invented()) == 0.0
    )


def test_months_add_up() -> None:
    """The company's fan is cumulative, its last month is the company's year, its quota the sum of quotas."""
    months = statistics.months_table(make_field(), invented())
    assert months["month"].tolist() == list(MONTHS)
    assert months["expected"].tolist() == [Decimal("0.00")] * 2 + [Decimal("17749.98")] * 9 + [
        Decimal("17750.00")
    ]
    assert months["p50"].iloc[-1] == Decimal("17000.01")
    assert months["p90"].iloc[-1] == Decimal("19000.00")
    assert months["quota"].tolist() == [Decimal(1500 * m).quantize(Decimal("0.01")) for m in range(1, 13)]


def test_bookings_table_keeps_every_cent() -> None:
    """Rows are replication x territory x month in that order, whole cents."""
    table = statistics.bookings_table(make_field(), invented())
    assert table.columns.tolist() == ["replication", "territory_id", "month", "bookings_cents"]
    assert len(table) == 4 * 2 * 12
    assert table["bookings_cents"].dtype == np.int64
    assert table["bookings_cents"].sum() == YEARS.sum()
    third = table[(table.replication == 2) & (table.territory_id == "B") & (table.month == "2027-03")]
    assert third["bookings_cents"].tolist() == [5_000_00 - 1]
    assert table.equals(table.sort_values(["replication", "territory_id", "month"], ignore_index=True))


def test_stress_differences_are_paired() -> None:
    """The interval comes from the differences of the same years: taking 10 % off A each year by hand."""
    base = invented()
    lower = base.bookings_cents.copy()
    lower[:, 0, 2] -= YEARS[:, 0] // 10
    table = statistics.stress_table(make_field(), base, {"less": base._replace(bookings_cents=lower)})
    a, b = row(table, "rep", "A"), row(table, "rep", "B")
    change = -(YEARS[:, 0] // 10) / 100
    half = Z95 * change.std(ddof=1) / math.sqrt(4)
    assert a["case"] == "less"
    assert float(a["difference"]) == pytest.approx(change.mean(), abs=0.01)  # type: ignore[arg-type]
    assert float(a["difference_low"]) == pytest.approx(change.mean() - half, abs=0.01)  # type: ignore[arg-type]
    assert float(a["difference_high"]) == pytest.approx(change.mean() + half, abs=0.01)  # type: ignore[arg-type]
    assert a["expected"] == Decimal("10125.00")
    assert (a["p_at_quota"], a["p_difference"]) == (0.25, -0.25)
    assert (a["p_low"], a["p_high"]) == wilson(1, 4)
    zero = Decimal("0.00")
    assert (b["difference"], b["difference_low"], b["difference_high"], b["p_difference"]) == (
        zero,
        zero,
        zero,
        0.0,
    )
    assert len(table) == 7


def test_no_stress_gives_an_empty_table_with_its_columns() -> None:
    """Without stress cases the table has its header and no row."""
    table = statistics.stress_table(make_field(), invented(), {})
    assert len(table) == 0
    assert table.columns.tolist()[:4] == ["case", "level", "id", "name"]
