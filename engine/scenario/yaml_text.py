"""YAML text to plain values, with the place of each, and without anything that could surprise."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.nodes import ScalarNode

from engine.errors import Finding, shown
from engine.scenario.places import KeyPath, Place, dotted, finding_at

MOST_BYTES = 256_000  # data belongs in tables, not in a scenario
MOST_LEVELS = 50
MOST_ALIASES = 100
MOST_VALUES = 20_000  # after aliases are expanded: a bomb of ten levels has fewer than 100 aliases
EXAMPLE = "copy scenarios/quickstart.yaml and change it; every key is in docs/reference/scenario.md"

_NO_TEXT = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a workbook or an archive",
    b"\xd0\xcf\x11\xe0": "an old workbook",
    b"SQLite format 3": "a GeoPackage or another database",
    b"PAR1": "a Parquet file",
}
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEP = re.compile(rf"(?:[\[{{]\s*){{{MOST_LEVELS + 1}}}")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL = re.compile(r"[+-]?\d+,\d+")
_RADIX = {"0o": 8, "0x": 16}


class _StopReadingError(Exception):
    """The text cannot be read further; the reason is the last finding."""


@dataclass
class YamlText:
    """What a YAML text says.

    Parameters
    ----------
    value
        Mappings, lists, text, numbers, dates, true/false or None; None when the text cannot be read.
    places
        Where each key and list item is written.
    findings
        Errors; a value with errors may still be used to look for more.
    """

    value: Any = None
    places: dict[KeyPath, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_scenario_text(content: bytes, file: str) -> YamlText:
    """Read the bytes of a scenario file.

    Parameters
    ----------
    content
        The bytes.
    file
        The file's name for messages.

    Returns
    -------
    Its mapping of keys; the value is None if the text is no mapping.
    """
    found = YamlText(places={(): Place(file, 1, 1)})
    reader = _Reader(file, found)
    try:
        found.value = reader.read(_decode(reader, content))
        if found.value is None:
            reader.stop("YAML-EMPTY", 1, 1, "the scenario is empty", EXAMPLE)
        if not isinstance(found.value, dict):
            what = (
                "is a table, no scenario" if file.endswith(".csv") else "holds no block of `key: value` lines"
            )
            reader.stop("YAML-EMPTY", 1, 1, f"this file {what}", f"name a YAML file, or {EXAMPLE}")
    except _StopReadingError:
        found.value = None
    return found


def read_value_text(text: str, file: str) -> YamlText:
    """Read one value as it stands after ``KEY=`` on the command line; messages name ``file``."""
    found = YamlText(places={(): Place(file, 0, 0)})
    reader = _Reader(file, found)
    try:
        found.value = reader.read(_readable(reader, text))
    except _StopReadingError:
        found.value = None
    # there is no line to point at on the command line
    found.places = {path: Place(file, 0, 0, place.text) for path, place in found.places.items()}
    return found


def _decode(reader: _Reader, content: bytes) -> str:
    for start, kind in _NO_TEXT.items():
        if content.startswith(start):
            reader.stop(
                "YAML-KIND", 0, 0, f"this is {kind}, not a scenario", f"name a YAML file, or {EXAMPLE}"
            )
    if len(content) > MOST_BYTES:
        size = f"{len(content):,} bytes are more than the {MOST_BYTES:,} a scenario may have"
        reader.stop("YAML-SIZE", 0, 0, size, "put data into CSV tables and name their paths here")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        byte = f"byte 0x{content[error.start]:02x} (number {error.start + 1} of the file) is not UTF-8 text"
        reader.stop("YAML-ENCODING", line, column, byte, "save the file as UTF-8")
    return _readable(reader, text)


def _readable(reader: _Reader, text: str) -> str:
    """Stop at what the parser would stumble over."""
    control = _CONTROL.search(text)
    if control:
        line, column = _line_column(text, control.start())
        reader.stop("YAML-CHARACTER", line, column, "a control character cannot stand here", "delete it")
    deep = _DEEP.search(text)
    if deep:  # found before the parser looks: it would need seconds for thousands of brackets
        reader.stop_too_deep(*_line_column(text, deep.start()))
    return text


def _line_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _Reader:
    """Builds values from parser events; nothing is constructed from tags."""

    def __init__(self, file: str, found: YamlText) -> None:
        self.file, self.found = file, found
        self.yaml = YAML(typ="safe", pure=True)
        self.anchors: dict[str, tuple[Any, int]] = {}  # value and the number of values in it
        self.aliases = self.values = 0

    def read(self, text: str) -> Any:
        """Read the one document of a text."""
        try:
            return self._document(iter(self.yaml.parse(text)))
        except MarkedYAMLError as error:
            self._syntax(error, text)

    def problem(
        self, code: str, line: int, column: int, message: str, remedy: str, path: KeyPath = ()
    ) -> None:
        """Note an error and go on."""
        place = Place(self.file, line, column)
        self.found.findings.append(finding_at(place, path, code, message, remedy))

    def stop(self, code: str, line: int, column: int, message: str, remedy: str) -> NoReturn:
        """Note an error after which nothing more can be read."""
        self.problem(code, line, column, message, remedy)
        raise _StopReadingError

    def stop_too_deep(self, line: int, column: int) -> NoReturn:
        """Stop because blocks or brackets are nested without an end."""
        message = f"nested too deeply: more than {MOST_LEVELS} levels"
        self.stop("YAML-DEPTH", line, column, message, "check the brackets: 6 levels are enough")

    def _document(self, events: Iterator[Any]) -> Any:
        value, documents = None, 0
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "a second document starts here"
                    self.stop(
                        "YAML-DOCUMENTS", line, 1, message, "delete the line `---`: one scenario a file"
                    )
                if event.version and tuple(event.version) != (1, 2):
                    message = "only YAML 1.2 is read"
                    self.stop("YAML-VERSION", line, 1, message, "delete the line that starts with %YAML")
            elif isinstance(event, StreamEndEvent):
                break
            elif isinstance(event, ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent):
                value = self._value(event, events, ())
        return value

    def _value(self, event: Any, events: Iterator[Any], path: KeyPath) -> Any:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, AliasEvent):
            return self._alias(event, path)
        if event.tag is not None:
            remedy = "delete it; quote a value that must stay text"
            self.problem(
                "YAML-TAG", line, column, f"tags such as {shown(event.tag)} are not allowed", remedy, path
            )
        if len(path) >= MOST_LEVELS:
            self.stop_too_deep(line, column)
        before = self.values
        self._count(1, line, column)
        value: Any
        if isinstance(event, ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, SequenceStartEvent):
            value = self._list(events, path)
        else:
            value = self._mapping(events, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.values - before)
        return value

    def _alias(self, event: Any, path: KeyPath) -> Any:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if event.anchor not in self.anchors:
            message = f"the alias *{shown(event.anchor)} stands for nothing written before"
            self.problem("YAML-ALIAS", line, column, message, "write the value itself", path)
            return None
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            self._too_many(line, column)
        value, size = self.anchors[event.anchor]
        self._count(size, line, column)
        return copy.deepcopy(value)

    def _count(self, values: int, line: int, column: int) -> None:
        self.values += values
        if self.values > MOST_VALUES:
            self._too_many(line, column)

    def _too_many(self, line: int, column: int) -> NoReturn:
        if self.aliases:
            message = f"too many aliases: at most {MOST_ALIASES}, standing for at most {MOST_VALUES:,} values"
            self.stop("YAML-ALIAS", line, column, message, "write the values themselves")
        message = f"more than {MOST_VALUES:,} values"
        self.stop("YAML-SIZE", line, column, message, "put data into CSV tables and name their paths here")

    def _list(self, events: Iterator[Any], path: KeyPath) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            item = (*path, len(items))
            self._mark(item, event, event)
            items.append(self._value(event, events, item))
        return items

    def _mapping(self, events: Iterator[Any], path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        before: KeyPath = ()  # the last key, if a comma may have cut its number: {tolerance: 0,05}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if not isinstance(event, ScalarEvent):
                self.stop("YAML-KEY", line, column, "a key must be a plain name", "write `name: value`")
            key, value_event = (*path, event.value), next(events)
            if before and self.found.places[before].line == line and _is_split(event, value_event):
                self._comma(before, event.value)
                continue
            before = key if _is_number(value_event) else ()
            if event.value in mapping:
                first = self.found.places[key].line
                message = f"the key {shown(event.value)} stands here and in line {first} of the same block"
                self.problem("YAML-DUPLICATE", line, column, message, "delete one of the two", key)
                places = dict(self.found.places)
                self._value(value_event, events, key)
                self.found.places = places
                continue
            self._mark(key, event, value_event)
            mapping[event.value] = self._value(value_event, events, key)
        return mapping

    def _comma(self, path: KeyPath, rest: str) -> None:
        """Note a comma inside a number, which YAML reads as the end of a value: {tolerance: 0,05}."""
        place = self.found.places[path]
        whole = f"{place.text},{rest}"
        self.found.places[path] = place = replace(place, text=whole)
        told = (dotted(path), "YAML-COMMA")  # of 2,000 when 2,000,000 is written
        self.found.findings = [one for one in self.found.findings if (one.key, one.code) != told]
        message = f"found {shown(whole)}: a comma cannot stand inside a number"
        remedy = without_comma(whole) or "write a point for decimals, and nothing between thousands"
        self.found.findings.append(finding_at(place, path, "YAML-COMMA", message, remedy))

    def _mark(self, path: KeyPath, event: Any, value_event: Any) -> None:
        text = value_event.value if isinstance(value_event, ScalarEvent) else ""
        mark = event.start_mark
        self.found.places[path] = Place(self.file, mark.line + 1, mark.column + 1, text)

    def _scalar(self, event: Any) -> Any:
        tag = str(self.yaml.resolver.resolve(ScalarNode, event.value, event.implicit))
        return plain_value(event.value, tag.rpartition(":")[2])

    def _syntax(self, error: MarkedYAMLError, text: str) -> NoReturn:
        mark = error.problem_mark or error.context_mark
        line, column = mark.line + 1, mark.column + 1
        lines = text.split("\n")
        at = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
        if at.startswith("\t") or lines[min(mark.line, len(lines) - 1)][: mark.column + 1].strip(" ") == "\t":
            self.stop(
                "YAML-TAB",
                line,
                column,
                "tab characters cannot indent YAML, nor follow a colon",
                "use spaces",
            )
        if error.context and "quoted scalar" in error.context:
            opened = error.context_mark
            message = "a quote that opens here is never closed"
            self.stop("YAML-QUOTE", opened.line + 1, opened.column + 1, message, "close it, or delete it")
        if error.context and "flow" in error.context:
            opened = error.context_mark
            message = f"the bracket that opens in line {opened.line + 1} is not closed properly"
            self.stop("YAML-BRACKET", line, column, message, "check the commas and the closing bracket")
        if at[:1] in ("@", "`", "%", "&", "*", "!"):
            message = f"a value cannot start with {at[0]}"
            self.stop("YAML-SYNTAX", line, column, message, "put the value between quotes")
        if error.problem == "mapping values are not allowed here":
            message = "a second `:` in one line, or a line indented too far"
            remedy = "start the key on its own line; put text that holds `: ` between quotes"
            self.stop("YAML-SYNTAX", line, column, message, remedy)
        message = "this line does not fit the lines above it"
        remedy = "check its indentation and the `:`, quotes and brackets above it"
        self.stop("YAML-SYNTAX", line, column, message, remedy)


def plain_value(text: str, kind: str) -> Any:
    """Turn plain text into the value YAML 1.2 gives it; what only looks like a number or date stays text."""
    try:
        if kind == "int":
            return _integer(text.replace("_", ""))
        if kind == "float":
            return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
        if kind == "timestamp":
            return date.fromisoformat(text)
    except ValueError:
        return text
    if kind == "bool":
        return text.lower() == "true"
    return None if kind == "null" else text


def _is_number(event: Any) -> bool:
    """Whether a plain value is written in digits alone, so that a comma may have cut it."""
    return isinstance(event, ScalarEvent) and event.value.lstrip("+-").replace("_", "").isdecimal()


def _is_split(key: ScalarEvent, value: Any) -> bool:
    """Whether a key of digits without a value is what followed a comma."""
    return bool(_DIGITS.fullmatch(key.value)) and isinstance(value, ScalarEvent) and not value.value


def without_comma(number: str) -> str:
    """Say how to write a number without its commas; empty if they separate neither thousands nor decimals."""
    if _THOUSANDS.fullmatch(number):
        return f"write {number.replace(',', '')}"
    return f"write {number.replace(',', '.')} (a point, not a comma)" if _DECIMAL.fullmatch(number) else ""


def _integer(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    return sign * int(digits, _RADIX.get(digits[:2].lower(), 10))
