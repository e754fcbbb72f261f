"""Names as maps and pages can write them."""

from __future__ import annotations

import pytest

from engine.report.pdf import _cleaned
from engine.report.plain_text import drawable


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Müller & Søn → עברית", "Müller & Søn → עברית"),
        ("Bolt \U0001f4cc Ltd", "Bolt [pushpin] Ltd"),
        ("\U0001f469\U0001f3fd\U0001f467", "[woman][girl]"),
        ("中文", "[U+4E2D][U+6587]"),
        ("\u2068x\u2069\u00a0y", "\u2068x\u2069\u00a0y"),
    ],
)
def test_signs_that_the_font_lacks_are_named(name: str, drawn: str) -> None:
    """A picture is named, a letter has its number, what only changes another sign is left out; all else stays."""
    assert drawable(name) == drawn


def test_the_pages_name_them() -> None:
    """Each text of the PDF is written so, wherever it stands."""
    assert _cleaned({"rows": [["Bolt \U0001f4cc Ltd", 1]]}) == {"rows": [["Bolt [pushpin] Ltd", 1]]}
