"""Salesforce ids: what is one, and what a spreadsheet made of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.export.salesforce_id import full_id, is_id

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@pytest.mark.parametrize(
    ("short", "long"),
    [("0018000000CzHsK", "0018000000CzHsKAAV"), ("001A0000006Vm9r", "001A0000006Vm9rIAC")],
)
def test_known_ids(short: str, long: str) -> None:
    """The ending follows from the capitals, worked out by hand for two ids."""
    assert full_id(short) == long == full_id(long) == full_id(short + long[15:].lower())


@given(st.text(LETTERS, min_size=15, max_size=15))
def test_a_changed_case_is_noticed(short: str) -> None:
    """The 18 characters are read as themselves, and no other case of the 15 is taken for the same id."""
    long = full_id(short)
    assert full_id(long) == long
    assert long[:15] == short
    other = short.swapcase()
    assert other == short or not is_id(other + long[15:])


@pytest.mark.parametrize("text", ["", "A00001", "0018000000CzHs", "0018000000CzHsKAA", "0018000000CzHs_"])
def test_other_texts_are_no_ids(text: str) -> None:
    """Too short, between 15 and 18, or with a mark: no id."""
    assert not is_id(text)


def test_accounts_and_users_are_told_apart() -> None:
    """An id of a user is no id of an account."""
    user = full_id("0055e000000Ab1Z")
    assert is_id(user, "User")
    assert not is_id(user, "Account")
    with pytest.raises(ValueError, match="begins with 005; ids of Account begin with 001"):
        full_id(user, "Account")
