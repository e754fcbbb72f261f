"""Did you mean ...: the known names nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import OSA

MOST_EDITS = 2
SHARED_PREFIX = 4


def nearest(word: str, names: Iterable[str]) -> str:
    """Find the name a writer may have meant.

    Parameters
    ----------
    word
        The name as written.
    names
        The names there are.

    Returns
    -------
    The one at the smallest edit distance (at most 2, and less than half the word), else the one with the
    longest shared beginning (at least 4 characters); empty when there is none, or several are as near.
    """
    folded = word.casefold()
    limit = min(MOST_EDITS, (len(word) - 1) // 2) if len(word) > 2 else 0
    ranked = []
    for name in sorted(names):
        other = name.casefold()
        edits = OSA.distance(folded, other, score_cutoff=limit)
        prefix = _shared(folded, other)
        if edits <= limit:
            ranked.append((0, edits, name))
        elif prefix >= SHARED_PREFIX:
            ranked.append((1, -prefix, name))
    ranked.sort()
    tie = len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]
    return ranked[0][2] if ranked and not tie else ""


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Write the nearest name as a question with a blank before it; empty when there is none."""
    name = nearest(word, names)
    return f" - did you mean {name}?" if name and name != word else ""


def _shared(one: str, two: str) -> int:
    """Count the characters two words have in common at their beginning."""
    for place, (a, b) in enumerate(zip(one, two, strict=False)):
        if a != b:
            return place
    return min(len(one), len(two))
