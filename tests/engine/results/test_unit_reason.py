"""Why a unit is where it is: every case in its own words."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.results.reasons import account_reasons, unit_reason

KM = [10.0, 36.4, 1250.0, 40.0]
BALANCE = "balance or connection decided."
NEAREST = "T01, the nearest, is 10 km away"


@pytest.mark.parametrize(
    ("locked", "before", "now", "sentence"),
    [
        (True, 1, 2, "Locked to T03 (1,250 km)."),
        (False, 0, 0, "Stays with T01 (10 km), the nearest centre."),
        (
            False,
            1,
            1,
            f"Stays with T02 (36 km). {NEAREST}; balance, connection or the cost of a handoff keep it here.",
        ),
        (False, -1, 0, "Nobody has it today; goes to T01 (10 km), the nearest centre."),
        (False, -1, 1, f"Nobody has it today; goes to T02 (36 km). {NEAREST}; {BALANCE}"),
        (False, 1, 0, "Moves from T02 (36 km) to T01 (10 km), the nearest centre."),
        (False, 0, 1, f"Moves from T01 (10 km) to T02 (36 km), though that is no nearer: {BALANCE}"),
        (False, 2, 1, f"Moves from T03 (1,250 km) to T02 (36 km), which is nearer. {NEAREST}; {BALANCE}"),
        (
            False,
            1,
            3,
            f"Moves from T02 (36 km) to T04 (40 km), though that is no nearer. {NEAREST}; {BALANCE}",
        ),
    ],
)
def test_every_case_has_its_sentence(locked: bool, before: int, now: int, sentence: str) -> None:
    """A unit's reason names where it is, where it was and which centre is nearest, each with its distance."""
    reason = unit_reason(
        ("T01", "T02", "T03", "T04"), km=KM, locked=locked, before=before, now=now, nearest=0
    )
    assert reason == sentence


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        (0, 1, "Moves from T01 (10 km) to T02 (36 km), the nearest centre of those that may have it."),
        (1, 1, "Stays with T02 (36 km), the nearest centre of those that may have it."),
        (-1, 1, "Nobody has it today; goes to T02 (36 km), the nearest centre of those that may have it."),
        (
            -1,
            3,
            "Nobody has it today; goes to T04 (40 km). "
            f"T02, the nearest of those that may have it, is 36 km away; {BALANCE}",
        ),
    ],
)
def test_a_nearer_centre_that_is_forbidden_is_not_passed_over(before: int, now: int, sentence: str) -> None:
    """Where a rule excludes the nearest territory, no other is called the nearest of all."""
    reason = unit_reason(("T01", "T02", "T03", "T04"), km=KM, locked=False, before=before, now=now, nearest=1)
    assert reason == sentence


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        (1, 1, "Stays with T02 (290 km), as near as T01."),
        (-1, 1, "Nobody has it today; goes to T02 (290 km), as near as T01."),
        (2, 1, "Moves from T03 (388 km) to T02 (290 km), as near as T01."),
        (0, 1, f"Moves from T01 (290 km) to T02 (290 km), though that is no nearer: {BALANCE}"),
        (
            2,
            3,
            "Moves from T03 (388 km) to T04 (388 km), though that is no nearer. "
            f"T01, the nearest, is 290 km away; {BALANCE}",
        ),
    ],
)
def test_equal_numbers_are_not_called_nearer(before: int, now: int, sentence: str) -> None:
    """Two centres at the same distance in whole kilometres are said to be as near as each other."""
    km = [289.8, 290.4, 388.3, 387.7]
    reason = unit_reason(("T01", "T02", "T03", "T04"), km=km, locked=False, before=before, now=now, nearest=0)
    assert reason == sentence


def test_every_case_of_an_account_has_its_sentence() -> None:
    """An account's reason names whom it leaves, whom it goes to, and the place that decided it."""
    cases = {
        ("T01", "T01", "yes", "no"): "Locked to T01.",
        ("T02", "T01", "no", "yes"): "Moves from T02 to T01, which has its place 08001.",
        ("", "T01", "no", "no"): "Nobody has it today; goes to T01, which has its place 08001.",
        ("T01", "T01", "no", "no"): "Stays with T01.",
    }
    accounts = pd.DataFrame(
        [("08001", *case) for case in cases],
        columns=["unit_id", "previous_territory_id", "territory_id", "locked", "moved"],
    )
    assert account_reasons(accounts) == list(cases.values())
