"""Salesforce ids: 15 characters in which case counts, or 18 whose last three say the case of the others."""

from __future__ import annotations

import re

_ID = re.compile("[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_CASES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
PREFIXES = {"Account": "001", "User": "005"}


def full_id(text: str, kind: str = "") -> str:
    """Give the 18 characters of an id.

    Parameters
    ----------
    text
        15 or 18 characters.
    kind
        The object it must be an id of; checked for accounts and users, whose prefixes are fixed.

    Returns
    -------
    The id with 18 characters, which stays itself in programs that ignore case.

    Raises
    ------
    ValueError
        If it is no id; the message says why, to follow the quoted text.
    """
    if not _ID.fullmatch(text):
        raise ValueError(f"has {len(text)} characters; an id has 15 or 18 letters and digits")
    ending = "".join(_case_of(text[start : start + 5]) for start in (0, 5, 10))
    if len(text) == 18 and text[15:].upper() != ending:
        raise ValueError(
            f"ends in {text[15:]}, its letters ask for {ending}: a character or its case was changed"
        )
    prefix = PREFIXES.get(kind, "")
    if not text.startswith(prefix):
        raise ValueError(f"begins with {text[:3]}; ids of {kind} begin with {prefix}")
    return text[:15] + ending


def is_id(text: str, kind: str = "") -> bool:
    """Whether a text is an id of that kind of object."""
    try:
        full_id(text, kind)
    except ValueError:
        return False
    return True


def _case_of(five: str) -> str:
    """Say in one character which of five characters are capitals."""
    return _CASES[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]
