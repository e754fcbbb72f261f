"""The page of findings names every code the program can say, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Finding, Severity
from engine.tables.read import check
from tests.bad_inputs.test_one_mistake import mistakes, spoilt
from tests.small_company import write_company

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "findings.md").read_text(encoding="utf-8")
CODE = re.compile(r"[A-Z]{2,4}[A-Z]*(?:-[A-Z0-9]+)+")
BEGINNING = re.compile(r"[A-Z]{2,}-(?:[A-Z]+-)?")
NO_CODES = {"SHA-256", "UTF-8"}


def rows() -> dict[str, tuple[str, str, str]]:
    """Kind, meaning and remedy by code."""
    found = re.findall(r"^\| `([A-Z0-9-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, flags=re.MULTILINE)
    assert len({code for code, *_ in found}) == len(found), "a code stands twice"
    return {code: (kind, meaning, remedy) for code, kind, meaning, remedy in found}


def written() -> tuple[set[str], set[str]]:
    """Codes written out in the code, and the beginnings of those that are put together."""
    codes, beginnings = set(), set()
    for node in _nodes():
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            first = str(node.values[0].value)
            beginnings |= {first} if BEGINNING.fullmatch(first) else set()
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            codes.add(node.value)
    return codes - NO_CODES, beginnings


def _nodes() -> Iterator[ast.AST]:
    for package in ("engine", "simulation", "solvers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "verify" not in path.parts:  # has rules, not codes
                yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_every_code_is_explained() -> None:
    """Each code of the program has a row, and each row is a code of the program."""
    codes, beginnings = written()
    assert beginnings == {"REF-", "QUO-NO-"}
    put_together = {code for code in rows() if code.startswith(tuple(beginnings))}
    assert set(rows()) - put_together == codes - put_together
    assert put_together == {
        *("REF-UNIT", "REF-TERRITORY", "REF-POSITION", "REF-ACCOUNT"),
        *("QUO-NO-WEIGHT", "QUO-NO-POTENTIAL", "QUO-NO-HISTORY", "QUO-NO-CAPACITY"),
    }
    assert len(codes) > 100


def test_every_row_is_filled_in() -> None:
    """Kind, meaning and remedy are written for every code; kinds are those of the program."""
    for code, (kind, meaning, remedy) in rows().items():
        assert set(kind.split(", ")) <= set(Severity), code
        assert min(len(meaning), len(remedy)) >= 7, code


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What the catalogue of bad inputs makes the program say."""
    findings: list[Finding] = []
    for mistake in mistakes():
        folder = tmp_path_factory.mktemp("bad")
        findings += check(write_company(folder, {mistake["file"]: spoilt(mistake)})).findings
    return findings


def test_kinds_are_those_the_program_says(told: list[Finding]) -> None:
    """No finding of the catalogue of bad inputs has a kind that its row does not name."""
    kinds = {(finding.code, str(finding.severity)) for finding in told}
    assert len({code for code, _ in kinds}) > 70
    assert [(code, kind) for code, kind in sorted(kinds) if kind not in rows()[code][0].split(", ")] == []
