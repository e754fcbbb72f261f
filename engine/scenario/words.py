"""Schema errors in the user's words: what is written, what it must be, and where."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.errors import Finding, shown
from engine.scenario.keys import HUGE, Node, example, kind_in_words, main_node, node_at, scenario_keys
from engine.scenario.nearest import did_you_mean, nearest
from engine.scenario.places import KeyPath, Place, Places, dotted, finding_at, place_of
from engine.scenario.yaml_text import without_comma

_NUMERIC = ("number", "integer")
_PERCENT = re.compile(r"([+-]?\d+(?:\.\d+)?) ?%")
_WITH_POINTS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z])[A-Za-z/]*")
_UNITS = {"d": "days", "h": "hours", "k": "kmh"}  # part of a key's name by the first letter of its unit
_MONEY = re.compile(r"(?:[A-Z]{3}|[$€£])? ?(\d[\d,]*(?:\.\d+)?) ?(?:[A-Z]{3}|[$€£])?")
_TIME = re.compile(r"(\d+(?:\.\d+)?) ?(s|sec|seconds?|m|min|minutes?|h|hours?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def schema_findings(error: ValidationError, places: Places) -> Iterator[Finding]:
    """Say each thing the schema refuses once, however many kinds of value a key may have."""
    said: set[KeyPath] = set()
    details = error.errors(include_url=False)
    mistyped = {_meant(detail) for detail in details if detail["type"] == "extra_forbidden"}
    for detail in details:
        path = key_path(detail)
        if path not in said and not (detail["type"] == "missing" and path in mistyped):
            said.add(path)
            yield _finding(path, detail, places)


def _meant(detail: ErrorDetails) -> KeyPath:
    """Give the key that an unknown one was meant to be."""
    path = key_path(detail)
    return (*path[:-1], nearest(str(path[-1]), _allowed(path[:-1])))


def _allowed(block: KeyPath) -> list[str]:
    return [*main_node(node_at(block) or {}).get("properties", {}), *([] if block else ["extends"])]


def key_path(detail: ErrorDetails, block: str = "") -> KeyPath:
    """Reduce the place of an error (in a block) to its key, without the kinds of value that were tried."""
    path: KeyPath = ((block,) if block else ()) + tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] in ("missing", "extra_forbidden"):
        return path
    while path and node_at(path) is None:
        path = path[:-1]
    return path


def _finding(path: KeyPath, detail: ErrorDetails, places: Places) -> Finding:
    place = place_of(places, path)
    if detail["type"] == "missing":
        return _missing(path, places)
    if detail["type"] == "extra_forbidden":
        return _unknown(path, place)
    node = node_at(path) or {}
    value = detail["input"]
    if path == ("schema_version",):
        supported = main_node(node)["const"]
        message = (
            f"made for version {shown(value)} of the file format; this program reads version {supported}"
        )
        return finding_at(
            place, path, "SCN-VERSION", message, "upgrade Allotment, or write schema_version: 1"
        )
    if detail["type"] == "string_type" and isinstance(value, int | float) and "keep" in path:
        remedy = f'write it between quotes: "{place.text}"'
        return finding_at(place, path, "SCN-QUOTE", "ids and names must be quoted text", remedy)
    message, remedy = _wrong(path, node, detail, place)
    return finding_at(place, path, "SCN-VALUE", message, remedy, value=_written(value, place))


def _missing(path: KeyPath, places: Places) -> Finding:
    block, name = path[:-1], str(path[-1])
    where = f"the block {dotted(block)}" if block else "the scenario"
    remedy = f"add a line such as `{example(node_at(path) or {}, name)}`"
    place = place_of(places, block)
    return finding_at(place, path, "SCN-MISSING", f"{where} needs the key {name}", remedy, value="")


def _unknown(path: KeyPath, place: Place) -> Finding:
    block, name = path[:-1], str(path[-1])
    allowed = _allowed(block)
    where = dotted(block) or "a scenario"
    remedy = f"{where} may hold: {', '.join(allowed)}"
    message = f"unknown key {shown(name)}"
    homes = [key.path for key in scenario_keys() if key.path[-1] == name]
    if nearest(name, allowed):
        message += did_you_mean(name, allowed)
    elif homes:
        homes.sort(key=len)
        home = dotted(homes[0][:-1])
        message = f"the key {name} belongs " + (f"under {home}, not here" if home else "at the top, not here")
        remedy = "move it" if home else "move it to the left margin"
    return finding_at(place, path, "SCN-UNKNOWN", message, remedy, value=name)


def _wrong(path: KeyPath, node: Node, detail: ErrorDetails, place: Place) -> tuple[str, str]:
    """Say what a value must be, and how to write it when the meaning can be guessed."""
    kind, value = kind_in_words(node), detail["input"]
    written = _written(value, place)
    found = f"found {written}: " if written else ""
    must = f"{found}must be {kind}"
    if isinstance(value, float) and not math.isfinite(value):
        return (
            f"{found}must be a finite number",
            "write a number, or leave the key out where there is no limit",
        )
    bound = detail.get("ctx", {}).get("lt")
    if bound is not None:
        right = _right(str(path[-1]), node)
        return f"{found}must be below {float(bound):,.0f}", f"{right}; check the unit and the number of zeros"
    if detail["type"] == "decimal_max_places":
        return f"{found}must have at most 2 decimals", "round it to cents"
    if value is None:
        return f"is empty: must be {kind}", f"write `{example(node, str(path[-1]))}`"
    if _is_numeric(node):
        return must, _number_remedy(str(path[-1]), node, written, value)
    if main_node(node).get("format") == "date" and isinstance(value, str):
        return must, _date_remedy(value, example(node, str(path[-1])))
    words = [str(word) for one in _kinds(node) for word in one.get("enum", [one.get("const")]) if word]
    if words and isinstance(value, str):
        meant = nearest(value, words)
        return must + (f" - did you mean {meant}?" if meant else ""), f"write {meant or 'one of these'}"
    if isinstance(value, bool) and main_node(node).get("type") == "string":
        return must, f'write it between quotes: "{written}"'
    if main_node(node).get("type") == "string" and isinstance(value, int | float):
        return must, f'write it between quotes: "{written}"'
    if isinstance(value, str) and (guess := _fitting(value, main_node(node).get("pattern"))):
        return must, f"write {guess}"
    return must, f"write it like `{example(node, str(path[-1]))}`"


def _number_remedy(name: str, node: Node, written: str, value: Any) -> str:
    """Find out what number was meant."""
    least, most = main_node(node).get("minimum", 0), main_node(node).get("maximum", HUGE)
    if remedy := without_comma(written):
        return remedy
    percent = _PERCENT.fullmatch(written)
    is_whole = not any(kind.get("type") == "number" for kind in _kinds(node))
    if percent and not is_whole and least <= float(percent[1]) / 100 <= most:
        return f"write {float(percent[1]) / 100:g} for {percent[1]} percent"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and most <= 1 and 2 <= value <= 100 * most:
        return f"write {value / 100:g} for {value:g} percent"
    if name.endswith("_s") and (time := _TIME.fullmatch(written)):
        return f"write seconds: {float(time[1]) * _SECONDS[time[2][0]]:g}"
    if is_number or percent:  # a number, but not one that may stand here
        return _right(name, node)
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
        return f"delete the quotes: {value}"
    if _WITH_POINTS.fullmatch(written):
        return f"write {written.replace('.', '')}"
    if (unit := _WITH_UNIT.fullmatch(written)) and _UNITS.get(unit[2].lower()) in name.split("_"):
        return f"write the number alone: {unit[1]}"
    if money := _MONEY.fullmatch(written):
        return f"write the number alone: {money[1].replace(',', '')}"
    return f"write it like `{example(node, name)}`"


def _right(name: str, node: Node) -> str:
    """Say which numbers may stand here, with one of them."""
    default = node.get("default")
    right = example(node, name) if default is None else f"{name}: {default}"
    return f"write {kind_in_words(node)}, such as `{right}`"


def _date_remedy(value: str, right: str) -> str:
    """Tell a quoted date from one that does not exist and from another way to write dates."""
    try:
        return f"delete the quotes: {date.fromisoformat(value)}"
    except ValueError:
        is_iso = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
        return "there is no such day" if is_iso else f"write it like `{right}`"


def _fitting(value: str, pattern: str | None) -> str:
    """Rewrite a name to fit a pattern, in small letters with hyphens or in capitals; else empty."""
    guesses = (re.sub(r"[^a-z0-9._]+", "-", value.lower()).strip("-"), value.strip().upper())
    return next((guess for guess in guesses if pattern and re.fullmatch(pattern, guess)), "")


def _written(value: Any, place: Place) -> str:
    """Show a value as it was written; a block is not repeated."""
    if isinstance(value, dict | list):
        return f"a list of {len(value)}" if isinstance(value, list) else "a block of keys"
    return shown(place.text or ("" if value is None else value))


def _kinds(node: Node) -> list[Node]:
    return [main_node(one) for one in node.get("anyOf", [node])]


def _is_numeric(node: Node) -> bool:
    """Whether a number is what one writes here, perhaps beside a word."""
    return any(kind.get("type") in _NUMERIC and "const" not in kind for kind in _kinds(node))
