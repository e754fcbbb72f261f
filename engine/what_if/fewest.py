"""The fewest rules that clash, when asking whether rules clash is dear (QuickXplain, Junker 2004, AAAI, 167-172)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Rules = tuple[int, ...]


def fewest(rules: Sequence[int], clash: Callable[[Rules], bool]) -> Rules:
    """Find rules that clash, none of which can be spared as far as can be told.

    Parameters
    ----------
    rules
        Rules that clash together; where there is a choice, the first ones stay.
    clash
        Whether rules are proved to clash. When it cannot tell it says no; then rules that could be spared may stay, but
        what is given back clashes for sure.

    Returns
    -------
    The rules, in their order.
    """
    every = tuple(rules)
    if clash(()):
        return ()
    found = set(_explain((), False, every, clash))
    return tuple(rule for rule in every if rule in found)


def _explain(given: Rules, news: bool, rules: Rules, clash: Callable[[Rules], bool]) -> Rules:
    """Find the part of rules needed for a clash beside what is given; ``news`` = given has grown since it was asked."""
    if news and clash(given):
        return ()
    if len(rules) == 1:
        return rules
    half = len(rules) // 2
    first, second = rules[:half], rules[half:]
    late = _explain(given + first, bool(first), second, clash)
    early = _explain(given + late, bool(late), first, clash)
    return early + late
