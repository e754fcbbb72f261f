"""Calibration on a published table of a fictitious company; the folder with it stands beside the repository."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from engine.calibration import Calibration
from engine.tables.stage_events import Window, read_history
from simulation.calibrate import calibrate

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "crm-maven-opportunities"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="crm-maven-opportunities is not beside the repository"
)


@pytest.fixture(scope="module")
def calibration(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    deals = pd.read_csv(DATA / "sales_pipeline.csv", dtype=str, keep_default_na=False)
    teams = pd.read_csv(DATA / "sales_teams.csv", dtype=str).set_index("sales_agent")["regional_office"]
    events = pd.DataFrame(
        {
            "opportunity": deals["opportunity_id"],
            "stage": "engaging",
            "entered": deals["engage_date"],
            "left": deals["close_date"],
            "outcome": deals["deal_stage"].where(deals["deal_stage"].isin(["Won", "Lost"]), "open"),
            "amount": deals["close_value"],
            "owner": deals["sales_agent"],
            "unit": deals["sales_agent"].map(teams),
        }
    )
    path = tmp_path_factory.mktemp("maven") / "events.csv"
    events.to_csv(path, index=False)
    history, findings = read_history(path, Window())
    assert [(one.code, one.count) for one in findings] == [("EVENT-UNDATED", 500)]
    return calibrate(history, seed=1, progress=lambda step, done: None)


def test_figures_are_plausible(calibration: Calibration) -> None:
    """Half of the deals that begin are won, after 50 days, at 2,361 each; a sixth are never closed."""
    stage = calibration.stages[0]
    assert stage.visits == 8300
    assert stage.advance.value == pytest.approx(0.53, abs=0.02)
    assert stage.stuck == pytest.approx(0.155, abs=0.02)
    assert stage.advanced.mean.value == pytest.approx(48.5, abs=2)
    assert stage.lost.mean.value < stage.advanced.mean.value
    assert calibration.amount.mean.value == pytest.approx(2361, rel=0.001)
    won = calibration.process.opportunities_per_year * stage.advance.value
    assert won == pytest.approx(4238 * 365 / 306, rel=0.15)


def test_no_skill_is_read_into_luck(calibration: Calibration) -> None:
    """The win rates of 30 agents differ by no more than chance, so they are drawn to the mean."""
    owners = calibration.rates[calibration.rates["kind"] == "owner"]
    assert len(owners) == 30
    assert calibration.skill.low == 0
    assert calibration.skill.high < 0.06
    assert owners["shrunk"].std() < 0.2 * owners["rate"].std()


def test_what_is_doubtful_is_said(calibration: Calibration) -> None:
    """Assumed hours, misfit, dead deals, the short history and the bad back-test are told in notes."""
    notes = " ".join(calibration.notes)
    for words in (
        "hours a visit are assumed",
        "never leave",
        "less than a year",
        "do not follow a lognormal law",
    ):
        assert words in notes
    assert "worse than the flat rate" in notes
    assert calibration.quarters["quarter"].unique().tolist() == ["2017 Q3", "2017 Q4"]
