"""YAML text to plain values: what is read, what is refused, and how fast."""

from __future__ import annotations

import math
import time
from datetime import date

import pytest

from engine.scenario.places import Place
from engine.scenario.yaml_text import MOST_BYTES, read_scenario_text, read_value_text

BOMB = b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 9)) for level in range(1, 10)
)


def test_values_follow_yaml_1_2() -> None:
    """Numbers, dates, text and nothing are told apart as YAML 1.2 does; `no` and a time of day are text."""
    text = b"[1_000, 012, 0x1F, 0o17, -3, 1e-3, .5, .inf, true, no, NO, ~, 2027-01-01, 2027-02-30, 1:30, 'x']"
    values = read_scenario_text(b"a: " + text, "s.yaml").value["a"]
    first = [1000, 12, 31, 15, -3, 0.001, 0.5, math.inf, True, "no", "NO", None]
    assert values == [*first, date(2027, 1, 1), "2027-02-30", "1:30", "x"]
    assert [type(value) for value in values[:8]] == [int] * 5 + [float] * 3


def test_each_key_and_item_has_a_place() -> None:
    """Line, column and the text as written are known for keys in blocks, in braces and in lists."""
    found = read_scenario_text(b"\xef\xbb\xbf# x\na:\n  - {b: 08540}\n  - c\n", "s.yaml")
    assert found.value == {"a": [{"b": 8540}, "c"]}
    assert found.places[("a",)] == Place("s.yaml", 2, 1)
    assert found.places[("a", 0, "b")] == Place("s.yaml", 3, 6, "08540")
    assert found.places[("a", 1)] == Place("s.yaml", 4, 5, "c")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "YAML-EMPTY", 1),
        (b"# only a comment\n", "YAML-EMPTY", 1),
        (b"- a\n- b\n", "YAML-EMPTY", 1),
        (BOMB, "YAML-ALIAS", 5),
        (b"a: " + b"[" * 250_000, "YAML-DEPTH", 1),
        (b"a: " + b"[b, " * 60_000, "YAML-DEPTH", 1),
        (b"".join(b" " * depth + b"a:\n" for depth in range(200)), "YAML-DEPTH", 51),
        (b"a: 1\n" * 60_000, "YAML-SIZE", 0),
        (b"a: [" + b"1, " * 30_000 + b"1]", "YAML-SIZE", 1),
        (b"a: 1\nb: caf\xe9\n", "YAML-ENCODING", 2),
        ("a: 1".encode("utf-16"), "YAML-ENCODING", 1),
        (b"\x89PNG\r\n\x1a\n", "YAML-KIND", 0),
        (b"PK\x03\x04", "YAML-KIND", 0),
        (b"SQLite format 3\0", "YAML-KIND", 0),
        (b"a: \0", "YAML-CHARACTER", 1),
        ("a: 1\nb: \ufffe".encode(), "YAML-CHARACTER", 2),
        (b"%YAML 1.1\n---\na: no\n", "YAML-VERSION", 2),
        (b"a: 1\n? [b]\n: c\n", "YAML-KEY", 2),
        (b"a: @b\n", "YAML-SYNTAX", 1),
        (b"a: &a [*a]\n", "YAML-ALIAS", 1),
    ],
)
def test_refused(content: bytes, code: str, line: int) -> None:
    """What cannot be read safely is refused within a second, with one message and its line."""
    start = time.perf_counter()
    findings = read_scenario_text(content, "s.yaml").findings
    assert [(finding.code, finding.line) for finding in findings] == [(code, line)]
    assert time.perf_counter() - start < 5  # a bomb would need hours; the machine may be busy


def test_aliases_are_copies() -> None:
    """A value that is used twice by an alias can be changed in one place only."""
    value = read_scenario_text(b"a: &x {b: 1}\nc: *x\n", "s.yaml").value
    value["a"]["b"] = 2
    assert value["c"] == {"b": 1}


def test_a_key_written_twice_keeps_the_first() -> None:
    """Of a key written twice both lines are told; the first value and the places below it stay."""
    found = read_scenario_text(b"a: {b: 1}\na:\n  b: 2\n  c: 3\nd: 4\n", "s.yaml")
    assert found.value == {"a": {"b": 1}, "d": 4}
    assert [(finding.code, finding.line) for finding in found.findings] == [("YAML-DUPLICATE", 2)]
    assert "line 1" in found.findings[0].message
    assert ("a", "c") not in found.places


def test_tags_build_nothing() -> None:
    """A tag is an error and its value stays plain data."""
    found = read_scenario_text(b'a: !!python/object/apply:os.system ["x"]\nb: !!str 5\n', "s.yaml")
    assert [finding.code for finding in found.findings] == ["YAML-TAG", "YAML-TAG"]
    assert found.value["a"] == ["x"]


def test_largest_scenario() -> None:
    """A file of exactly the largest size is read."""
    content = b"a: 1\n#" + b"x" * (MOST_BYTES - 6)
    assert read_scenario_text(content, "s.yaml").value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.05", 0.05), ("", None), ("[a, b]", ["a", "b"]), ("{x: 1}", {"x": 1}), ("2_000", 2000)],
)
def test_value_of_the_command_line(text: str, value: object) -> None:
    """A value on the command line is read as YAML."""
    assert read_value_text(text, "--set").value == value
