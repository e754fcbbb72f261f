"""Single mistakes in a scenario or a table, each told with its code, file and line."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from engine.errors import Severity, format_findings
from engine.tables.read import check
from tests.small_company import FILES, write_company

Mistake = dict[str, str]
JARGON = re.compile(r"pydantic|ruamel|pandas|input_value|valid string|Traceback|NoneType|dict\b|model_type")
ESCAPES = {"\\n": "\n", "\\t": "\t", "\\0": "\0", "\\a": "\a"}


def mistakes() -> list[Mistake]:
    """Read the table: in which file what is replaced by what, and what must be told.

    ``row`` names a row of the project's catalogue of bad inputs; ``old`` = ``*`` replaces the whole file;
    ``says`` must stand in the message; ``alone`` tells whether nothing else may be reported.
    """
    with (Path(__file__).parent / "mistakes.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def unescaped(text: str) -> str:
    return re.sub(r"\\[nt0a]", lambda found: ESCAPES[found[0]], text)


def spoilt(mistake: Mistake) -> bytes:
    whole, old, new = FILES[mistake["file"]], unescaped(mistake["old"]), unescaped(mistake["new"])
    assert old == "*" or old in whole, f"{mistake['about']}: nothing to replace"
    changed = new if old == "*" else whole.replace(old, new, 1)
    return changed.encode("latin-1" if mistake["code"].endswith("ENCODING") else "utf-8")


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: f"{mistake['row']} {mistake['about']}")
def test_one_mistake(tmp_path: Path, mistake: Mistake) -> None:
    """A mistake is told with code, file, line and remedy, in the user's words, and no tables come of it."""
    checked = check(write_company(tmp_path, {mistake["file"]: spoilt(mistake)}))
    errors = [finding for finding in checked.findings if finding.severity is Severity.ERROR]
    wanted = (mistake["code"], mistake["file"], int(mistake["line"]))
    told = [finding for finding in errors if (finding.code, finding.file, finding.line) == wanted]
    assert told, format_findings(checked.findings)
    assert mistake["says"] in str(told[0])
    assert len(errors) == 1 or mistake["alone"] == "no", format_findings(errors)
    assert checked.tables is None
    for finding in errors:
        assert finding.remedy, finding
        assert not JARGON.search(str(finding)), finding


def test_many_mistakes_are_known() -> None:
    """The table holds more than a hundred different mistakes, and names no row that is not spoilt."""
    table = mistakes()
    assert len({(m["file"], m["old"], m["new"]) for m in table}) == len(table) > 100
