"""Shares of the variance: a function whose shares are known, and a field where they can be told beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from engine.scenario.schema import Simulation
from simulation import simulate
from simulation.sobol import indices, sobol_table
from tests.simulation.fields import make_field, one_stage


def test_ishigami() -> None:
    """4,096 points give the known indices of Ishigami's function (a = 7, b = 0.1) within 0.02."""

    def function(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))

    unit = np.pi * (2 * qmc.Sobol(6, rng=np.random.default_rng(1)).random_base2(12) - 1)
    one, two = unit[:, :3], unit[:, 3:]
    mixed = [np.where(np.arange(3) == place, two, one) for place in range(3)]
    first, total = indices(np.array([function(x) for x in (one, two, *mixed)]))
    assert first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_what_is_added_to_every_value_changes_no_share() -> None:
    """Shares are of what varies: 64 values around a million tell the same as around nothing."""
    values = np.random.default_rng(3).normal(size=(5, 64))
    assert indices(values + 1e6) == pytest.approx(indices(values), abs=1e-6)


def test_with_idle_reps_leads_win_rate_and_deal_size_share_it() -> None:
    """Bookings are their product, so each makes a third; hours and effort nothing, and the placebo exactly nothing."""
    process = one_stage(0.1, 1.0, advance=0.5)
    field = make_field(demand=np.full(3, 400.0), process=process, capacity=np.full(2, 1000.0))
    table = sobol_table(field, 5, 32, 1, lambda *_: None).set_index("driver")
    for driver in ("leads", "win rate", "deal size"):
        assert table.loc[driver, "first"] == pytest.approx(1 / 3, abs=0.15)
        assert table.loc[driver, "total_low"] <= 1 / 3 <= table.loc[driver, "total_high"]
    assert (table.loc["placebo"] == 0).all()
    assert (table.loc[["hours", "effort"], "total"] < 0.01).all()
    assert sobol_table(field, 5, 32, 2, lambda *_: None).set_index("driver").equals(table)


def test_they_stand_beside_the_drivers() -> None:
    """The table of drivers has the shares of all drivers if they are asked for, and not otherwise."""
    asked = Simulation(replications=10, stress=[], drivers=10, sobol=2)
    found, without = (
        simulate(make_field(), settings, seed=4, workers=1, progress=lambda *_: None).drivers
        for settings in (asked, asked.model_copy(update={"sobol": 0}))
    )
    assert found[list(without.columns)].equals(without)
    assert not found[["first", "total"]].isna().any().any()
