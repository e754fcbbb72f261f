"""Every row of the catalogue of bad inputs that is about quotas, with the outcome it asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.errors import Severity
from engine.quotas.conflict import QuotaConflictError
from engine.quotas.notices import quota_notices
from engine.scenario.schema import Bounds, Weights
from engine.tables.read import check
from tests.engine.quotas.bases import quotas_of, settings_of, three_reps
from tests.small_company import FILES, write_company

ACCOUNTS = pd.DataFrame(
    {"account_id": ["a1", "a2", "c1"], "territory_id": ["A", "A", "C"], "revenue": [2e6, 1e6, 1e6]}
)
BLEND = settings_of("blend", "3000000", weights=Weights(potential=1.0, history=1.0))


def told(folder: Path, old: str, new: str, file: str = "scenario.yaml") -> list[tuple[str, Severity, int]]:
    assert old in FILES[file]
    found = check(write_company(folder, {file: FILES[file].replace(old, new, 1)})).findings
    return [(one.code, one.severity, one.line) for one in found if one.severity is Severity.ERROR]


def test_q01_minimum_quotas_above_the_target() -> None:
    """Both sums, the rules and the smallest change are told."""
    rules = settings_of("capacity", "3000000", bounds=Bounds(floor=1_200_000))
    with pytest.raises(QuotaConflictError) as caught:
        quotas_of(rules, three_reps(fte=np.ones(3)))
    said = caught.value.told(lambda key: f"plan.yaml:9 {key}")
    for part in ("USD 3,000,000", "USD 3,600,000", "plan.yaml:9 quotas.bounds.floor"):
        assert part in said
    assert "lower quotas.bounds.floor to 1,000,000 (tried: quotas were found)" in said


def test_q02_region_targets_that_do_not_add_up(tmp_path: Path) -> None:
    """Company and regions disagree: an error with its line."""
    found = told(
        tmp_path, "{plan_target: 2_000_000}", "{plan_target: 2_000_000, regions: {North: 1_999_999}}"
    )
    assert found == [("SCN-REGIONS-SUM", Severity.ERROR, 15)]


def test_q03_rounding_keeps_the_sum() -> None:
    """1,000,000.01 in steps of 1,000: exact to the cent, the largest takes the rest, ties go to the smaller id."""
    quotas = quotas_of(settings_of("capacity", "1000000.01", rounding=1000), three_reps(fte=np.ones(3)))
    assert quotas.annual_cents.tolist() == [33_400_001, 33_300_000, 33_300_000]


@pytest.mark.parametrize(("rounding", "told"), [(50_000, []), (60_000, ["QUO-COARSE"])])
def test_q03_coarse_rounding_is_told(rounding: int, told: list[str]) -> None:
    """From a twentieth of an average quota (a million each) on, what rounding alone does is told."""
    rules = settings_of("capacity", "3000000", rounding=rounding)
    notices = quota_notices(rules, three_reps(fte=np.ones(3)), ACCOUNTS)
    assert [one.code for one in notices] == told
    assert all("one rounding step is 6 % of an average quota" in one.message for one in notices)


@pytest.mark.parametrize("target", ["-5", "0", "two million", ".nan"])
def test_q04_targets_that_are_no_amount(tmp_path: Path, target: str) -> None:
    """Negative, zero, text: an error with its line."""
    assert ("SCN-VALUE", Severity.ERROR, 15) in told(
        tmp_path, "plan_target: 2_000_000", f"plan_target: {target}"
    )


def test_q04_another_currency(tmp_path: Path) -> None:
    """Targets in another currency than potential: an error."""
    found = told(
        tmp_path, "currency: USD" if "currency: USD" in FILES["scenario.yaml"] else "unit: USD", "unit: EUR"
    )
    assert [code for code, _, _ in found] == ["SCN-CURRENCY"]


def test_q05_no_potential() -> None:
    """A territory without potential is named, gets 0 by the rule or its floor, and nothing is divided by zero."""
    basis = three_reps(potential=np.array([50e6, 0.0, 50e6]), fte=np.ones(3))
    rules = settings_of("potential", "3000000")
    notice = quota_notices(rules, basis, ACCOUNTS)[0]
    assert (notice.code, notice.severity, notice.value) == ("QUO-ZERO", Severity.WARNING, "B")
    assert quotas_of(rules, basis).annual_cents.tolist() == [150_000_000, 0, 150_000_000]
    floored = rules.model_copy(update={"bounds": Bounds(floor=500_000)})
    assert quotas_of(floored, basis).annual_cents.tolist() == [125_000_000, 50_000_000, 125_000_000]


def test_q06_no_history() -> None:
    """A territory without history is named with what stands for it; a plain split by potential says nothing."""
    notices = {one.code: one for one in quota_notices(BLEND, three_reps(), ACCOUNTS)}
    assert notices["QUO-FALLBACK"].value == "B"
    assert "1 territory (B) without revenue of last year" in notices["QUO-FALLBACK"].message
    assert quota_notices(settings_of("potential"), three_reps(), ACCOUNTS) == ()


def test_q07_one_huge_deal() -> None:
    """An account with 40 % or more of a territory's or region's revenue is told with its part; the quota stays."""
    notices = [one for one in quota_notices(BLEND, three_reps(), ACCOUNTS) if one.code == "QUO-CONCENTRATED"]
    assert len(notices) == 2
    assert (
        "(c1) brought 100 % of last year's revenue of the region West"
        in notices[0].message + notices[1].message
    )
    even = pd.DataFrame(
        {"account_id": [f"a{n}" for n in range(9)], "territory_id": ["A", "B", "C"] * 3, "revenue": 1e6}
    )
    assert not [one for one in quota_notices(BLEND, three_reps(), even) if one.code == "QUO-CONCENTRATED"]


@pytest.mark.parametrize("months", ["-1", "61", "six"])
def test_q08_ramps_that_cannot_be(tmp_path: Path, months: str) -> None:
    """A ramp is one number of months to full productivity; one that is none, or beyond five years, is an error."""
    found = told(tmp_path, "2020-01-01,6,", f"2020-01-01,{months},", "reps.csv")
    assert [(severity, line) for _, severity, line in found] == [(Severity.ERROR, 2)]


def test_q09_quarters_that_do_not_make_the_year(tmp_path: Path) -> None:
    """Seasonality that does not add up is an error with both sums, and never rescaled in silence."""
    found = told(tmp_path, "unit: USD}", "unit: USD, quarters: [visits, visits, visits, spend_usd]}")
    assert [code for code, _, _ in found] == ["UNIT-QUARTERS"]
