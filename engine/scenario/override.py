"""A key that the command line sets: whether it exists, and which one was meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.errors import shown
from engine.scenario.keys import main_node, node_at, scenario_keys
from engine.scenario.nearest import nearest
from engine.scenario.places import KeyPath, dotted

ANY = "*"  # a place in a list or a name of one's own, as in `scenario_keys`


def unknown_key(path: KeyPath, written: str) -> tuple[str, str] | None:
    """Say that a scenario has no such key, and which one is nearest.

    Parameters
    ----------
    path
        The key as it stands before ``=``.
    written
        What stands after it.

    Returns
    -------
    Message and remedy; None when there is such a key.
    """
    if node_at(path) is not None:
        return None
    message, block = "there is no such key", path[:-1]
    while node_at(block) is None:
        block = block[:-1]
    names = main_node(node_at(block) or {}).get("properties", {})
    meant = _meant(path) or _with_last(path, names)
    if meant:
        return f"{message} - did you mean {dotted(meant)}?", f"--set {dotted(meant)}={shown(written)}"
    what = dotted(block) or "a scenario"
    if not names:
        return message, f"{what} holds no keys; see docs/reference/scenario.md"
    return message, f"{what} may hold: {', '.join(names)}"


def obstacle(data: dict[str, Any], path: KeyPath) -> tuple[str, str] | None:
    """Say what in a scenario's values keeps a key from being set; None when nothing does.

    Parameters
    ----------
    data
        The values of the scenario.
    path
        A key that may stand in one.

    Returns
    -------
    Message and remedy.
    """
    holder: Any = data
    for depth, part in enumerate(path):
        at = dotted(path[:depth])
        if isinstance(part, int):
            items = len(holder) if isinstance(holder, list) else 0
            if part >= items:
                there = f"{items} items, counted from 0" if items else "no items in this scenario"
                return (
                    f"{at} has {there}",
                    f"name an item that is there, or set the whole list: --set {at}=[...]",
                )
            holder = holder[part]
        elif holder is None or isinstance(holder, dict):
            holder = (holder or {}).get(part)
        else:
            message = f"{at} is not a block in this scenario, so {dotted(path)} cannot be set"
            return message, f"correct {at} in the file"
    return None


def _meant(path: KeyPath) -> KeyPath:
    """Find the key that has this name elsewhere, or nearly this name; empty when there is none or several."""
    known = {_plain(key.path): key.path for key in scenario_keys()}
    word, last = _plain(path), str(path[-1])
    near = nearest(last, {name.rpartition(".")[2] for name in known})
    for names in (
        [name for name in known if name == word or name.endswith(f".{word}")],
        [nearest(word, known)],
        [name for name in known if name.endswith(f".{last}")],
        [name for name in known if near and name.endswith(f".{near}")],
    ):
        if len(names) == 1 and names[0]:
            places = iter([part for part in path if isinstance(part, int)])
            meant = tuple(next(places, 0) if part == ANY else part for part in known[names[0]])
            return meant if node_at(meant) is not None else ()
    return ()


def _with_last(path: KeyPath, names: Iterable[str]) -> KeyPath:
    """Mend the last part alone, which is all that can be wrong below a name of one's own."""
    meant = (*path[:-1], nearest(str(path[-1]), names))
    return meant if node_at(meant) is not None else ()


def _plain(path: KeyPath) -> str:
    """Write a key without places in lists."""
    return dotted(tuple(part for part in path if not isinstance(part, int) and part != ANY))
