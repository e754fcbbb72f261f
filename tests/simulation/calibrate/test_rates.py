"""Win rates of groups, drawn towards the mean."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.calibrate.rates import Groups, fit_spread, shrunk_rates


def groups(won: list[int], ended: list[int]) -> Groups:
    names = tuple(f"rep {number}" for number in range(len(won)))
    return Groups(names, np.array(ended, dtype=float), np.array(won, dtype=float))


def drawn(spread: float, seed: int, reps: int = 200, deals: int = 40) -> tuple[Groups, np.ndarray]:
    rng = np.random.default_rng(seed)
    a = 1 / spread**2 * (1 - 0.4) - 0.4  # beta law with mean 0.4 and this coefficient of variation
    rates = rng.beta(a, a * 0.6 / 0.4, reps)
    return groups(rng.binomial(deals, rates).tolist(), [deals] * reps), rates


def test_equal_rates_are_pooled() -> None:
    """Reps who differ by less than luck get the mean, and the interval of the spread begins at 0."""
    same = groups([20, 21, 19, 20, 20], [50] * 5)
    spread = fit_spread(same)
    assert (spread.value, spread.low) == (0.0, 0.0)
    assert shrunk_rates(same, spread.value, "owner")["shrunk"].tolist() == pytest.approx([same.mean] * 5)
    assert same.design_effect() == 1.0


def test_spread_is_found() -> None:
    """The spread between 200 reps comes back inside its interval, which is narrow."""
    made, _ = drawn(0.3, seed=1)
    spread = fit_spread(made)
    assert spread.low < 0.3 < spread.high
    assert spread.high - spread.low < 0.1


def test_shrinking_is_nearer_to_the_truth() -> None:
    """Drawn rates have a smaller error than observed ones, and their 90 % intervals hold nine of ten truths."""
    made, rates = drawn(0.2, seed=2)
    table = shrunk_rates(made, fit_spread(made).value, "owner")
    error = {name: np.sqrt(np.mean((table[name] - rates) ** 2)) for name in ("rate", "shrunk")}
    assert error["shrunk"] < 0.85 * error["rate"]
    inside = np.mean((table["low"] <= rates) & (rates <= table["high"]))
    assert inside == pytest.approx(0.9, abs=0.07)


def test_few_deals_are_drawn_further() -> None:
    """Of two reps who won all their deals, the one with fewer deals ends nearer to the mean."""
    table = shrunk_rates(groups([2, 20, 10], [2, 20, 40]), 0.3, "owner")
    assert table["rate"].tolist() == [1.0, 1.0, 0.25]
    assert table["shrunk"][2] < table["shrunk"][0] < table["shrunk"][1] < 1


def test_design_effect() -> None:
    """Deals of one rep that are alike make the mean less certain: 1 + (deals - 1) x correlation."""
    made, _ = drawn(0.3, seed=3)
    assert made.design_effect() == pytest.approx(1 + 39 * made.correlation(0.3), rel=0.15)
