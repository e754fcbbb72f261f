"""Rules that cannot be applied are findings with a key and a remedy, all at once."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from engine.errors import InputError
from engine.quotas.basis import QuotaBasis
from engine.scenario.schema import Quotas, Weights
from tests.engine.quotas.bases import quotas_of, settings_of, three_reps

NONE = np.zeros(3)
NEXT_YEAR = (date(2028, 1, 1),) * 3
CASES = [
    (settings_of(), three_reps(potential=NONE), {"quotas.rule": "QUO-NO-POTENTIAL"}),
    (settings_of("history"), three_reps(history=NONE * np.nan), {"quotas.rule": "QUO-NO-HISTORY"}),
    (settings_of("capacity"), three_reps(fte=NONE), {"quotas.rule": "QUO-NO-CAPACITY"}),
    (settings_of("capacity"), three_reps(start_dates=NEXT_YEAR), {"quotas.plan_target": "QUO-NO-CAPACITY"}),
    (settings_of(target="999.99"), three_reps(), {"quotas.rounding": "QUO-ROUNDING"}),
    (settings_of("blend", weights=Weights(potential=0)), three_reps(), {"quotas.weights": "QUO-NO-WEIGHT"}),
    (
        settings_of("blend", target="5", weights=Weights(potential=1, history=1)),
        three_reps(potential=NONE, history=NONE),
        {
            "quotas.rounding": "QUO-ROUNDING",
            "quotas.weights.history": "QUO-NO-HISTORY",
            "quotas.weights.potential": "QUO-NO-POTENTIAL",
        },
    ),
    (
        settings_of(),
        three_reps(potential=np.array([1.0, -2.0, 1.0])),
        {"quotas.weights.potential": "QUO-FIGURE"},
    ),
    (
        settings_of(),
        three_reps(potential=np.array([1.0, np.nan, 1.0])),
        {"quotas.weights.potential": "QUO-FIGURE"},
    ),
    (
        settings_of(),
        three_reps(history=np.array([1.0, np.inf, 1.0])),
        {"quotas.weights.history": "QUO-FIGURE"},
    ),
]


@pytest.mark.parametrize(("rules", "basis", "expected"), CASES)
def test_each_impossible_input_is_named(rules: Quotas, basis: QuotaBasis, expected: dict[str, str]) -> None:
    """Every fault is reported under its key with a remedy, and nothing else is."""
    with pytest.raises(InputError) as error:
        quotas_of(rules, basis)
    assert {finding.key: finding.code for finding in error.value.findings} == expected
    assert all(finding.remedy and finding.message for finding in error.value.findings)


@pytest.mark.parametrize("rule", ["potential", "history"])
def test_figures_of_an_unfilled_seat_do_not_count(rule: str) -> None:
    """When all of a rule's figures lie where nobody sits this year, the rule has nothing to go by."""
    starts = (date(2020, 1, 1), date(2020, 1, 1), date(2028, 1, 1))
    basis = three_reps(start_dates=starts, **{rule: np.array([0.0, 0.0, 9.0])})
    with pytest.raises(InputError, match=f"QUO-NO-{rule.upper()}"):
        quotas_of(settings_of(rule), basis)


def test_a_rule_without_weight_needs_no_figures() -> None:
    """A blend without history works when nobody has any."""
    rules = settings_of("blend", weights=Weights(potential=1, capacity=1))
    assert quotas_of(rules, three_reps(history=NONE)).annual_cents.sum() == 12_000_000_000


def test_the_smallest_possible_total_goes_to_one_position() -> None:
    """A total of exactly one rounding step is accepted and is the largest share's quota."""
    assert quotas_of(settings_of(target="1000"), three_reps()).annual_cents.tolist() == [100_000, 0, 0]


def test_the_finding_names_the_territories() -> None:
    """A negative potential is reported with the number of territories and the first of them."""
    with pytest.raises(InputError, match=r"2 territories.*such as B, C") as error:
        quotas_of(settings_of(), three_reps(potential=np.array([1.0, -2.0, -3.0])))
    assert error.value.findings[0].value == "-2.0"
