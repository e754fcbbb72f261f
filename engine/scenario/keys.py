"""What may stand in a scenario, in words: for messages and for the reference page."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.scenario.places import KeyPath
from engine.scenario.schema import Scenario

HUGE = 1e12  # a limit above this only keeps numbers exact; it is not worth a word
Node = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """One key of a scenario.

    Parameters
    ----------
    path
        Where it stands; ``*`` stands for a place in a list or a name that the writer chooses.
    node
        Its part of the JSON Schema.
    needed
        Whether the block it belongs to must have it.
    """

    path: tuple[str, ...]
    node: Node
    needed: bool

    @property
    def is_block(self) -> bool:
        """Whether it holds keys of its own."""
        return "properties" in main_node(self.node)

    @property
    def is_path(self) -> bool:
        """Whether its value is the path of an input file."""
        return main_node(self.node).get("format") == "path"


@functools.cache
def scenario_keys() -> tuple[Key, ...]:
    """List every key in the order of the schema, a block before its keys."""
    return tuple(_walk(_schema(), ()))


def node_at(path: KeyPath) -> Node | None:
    """Find the part of the schema that describes a key; None when there is no such key."""
    node: Node = _schema()
    for part in path:
        inner = main_node(node)
        if isinstance(part, int):
            child = inner.get("items")
        else:
            child = inner.get("properties", {}).get(part)
            if child is None and isinstance(inner.get("additionalProperties"), dict):
                child = inner["additionalProperties"]
        if child is None:
            return None
        node = child
    return node


def main_node(node: Node) -> Node:
    """Follow references, and take the first kind of a value that may be of several."""
    while True:
        if "$ref" in node:
            node = _schema()["$defs"][node["$ref"].rpartition("/")[2]]
        elif "anyOf" in node:
            node = node["anyOf"][0]
        else:
            return node


def kind_in_words(node: Node) -> str:
    """Say what a value must be, such as ``a number from 0 to 1``."""
    if "anyOf" in node:
        kinds = [kind_in_words(one) for one in node["anyOf"] if one.get("type") != "null"]
        if (
            kinds[-1] == "text" and "number" in kinds[0]
        ):  # a decimal may be text in JSON, where a float is not exact
            kinds.pop()
        return " or ".join(kinds)
    node = main_node(node)
    if "const" in node or "enum" in node:
        return _one_of([str(word) for word in node.get("enum", [node.get("const")])])
    kind = node["type"]
    if kind in ("number", "integer"):
        return ("a whole number" if kind == "integer" else "a number") + _range(node)
    if kind == "array":
        exactly = f" of {node['minItems']}" if node.get("minItems") == node.get("maxItems", 0) else ""
        return f"a list{exactly}, each {kind_in_words(node['items'])}"
    if kind == "object":
        return _block(node)
    if node.get("format") == "date":
        return "a date such as 2027-01-01"
    if node.get("format") == "path":
        return "the path of a file"
    if "examples" in node:
        return f"text like {node['examples'][0]}"
    return f"a name of 1 to {node['maxLength']} characters" if "maxLength" in node else "text"


def example(node: Node, name: str) -> str:
    """Write one line that would be right for a key."""
    inner = main_node(node)
    if "properties" in inner:
        shown = inner.get("required") or list(inner["properties"])[:1]
        parts = ", ".join(example(inner["properties"][child], child) for child in shown)
        return f"{name}: {{{parts}}}"
    return f"{name}: {_example_value(inner)}"


def _example_value(node: Node) -> str:
    if "examples" in node:
        return str(node["examples"][0])
    if "const" in node or "enum" in node:
        return str(node.get("enum", [node.get("const")])[0])
    if node["type"] == "array":
        items = main_node(node["items"])
        needed = items.get("required", [])
        if "properties" in items:
            return "[{" + ", ".join(example(items["properties"][child], child) for child in needed) + "}]"
        return "[" + ", ".join([_example_value(items)] * max(1, node.get("minItems", 0))) + "]"
    if node["type"] in ("number", "integer"):
        most = node.get("maximum", HUGE)
        return "0.1" if most <= 1 else f"{min(100, most):g}"
    by_format = {"date": "2027-01-01", "path": "../data/table.csv"}
    text = "a_name" if "maxLength" in node else "some text"
    return by_format.get(node.get("format", ""), text if node["type"] == "string" else "{}")


@functools.cache
def _schema() -> Node:
    return Scenario.model_json_schema()


def _walk(node: Node, path: tuple[str, ...]) -> Iterator[Key]:
    inner = main_node(node)
    for name, child in inner.get("properties", {}).items():
        key = Key((*path, name), child, name in inner.get("required", []))
        yield key
        below, inside = main_node(child), key.path
        for holder in ("items", "additionalProperties"):
            if isinstance(below.get(holder), dict):
                below, inside = main_node(below[holder]), (*inside, "*")
        yield from _walk(below, inside)


def _range(node: Node) -> str:
    least, above = node.get("minimum"), node.get("exclusiveMinimum", 0)
    most = node.get("maximum", HUGE)
    if least is not None and most < HUGE:
        return f" from {_number(least)} to {_number(most)}"
    low = f" of {_number(least)} or more" if least is not None else f" above {_number(above)}"
    return low + (f" and at most {_number(most)}" if most < HUGE else "")


def _number(value: float) -> str:
    return f"{value:,g}" if abs(value) < 1e6 else f"{value:,.0f}"


def _one_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _block(node: Node) -> str:
    if "properties" in node:
        return "a block with the keys " + ", ".join(node["properties"])
    return "a block of names, each with " + kind_in_words(node["additionalProperties"])
