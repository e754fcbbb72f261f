"""Names as a document can hold them: no character that is not seen, none too long."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, get_font

KEPT = "\u00a0\u2068\u2069"
FONT = "DejaVu Sans"  # comes with matplotlib, so it is the same on each machine
UNDRAWN = ("Mn", "Me", "Cf", "Sk")  # Unicode categories of what only changes the sign before it


def apart(name: str) -> str:
    """Keep a name that is written from right to left from turning the words around it (Unicode's isolates)."""
    turns = any(unicodedata.bidirectional(c) in ("R", "AL", "RLE", "RLO", "LRE", "LRO") for c in name)
    return f"\u2068{name}\u2069" if turns else name


def clean(text: str) -> str:
    """Leave out what cannot be seen: control characters and turns of the writing direction, except `apart`'s."""
    shown = "".join(c if c.isprintable() or c in KEPT else " " for c in text)
    return re.sub(r" {2,}", " ", shown).strip(" ")


def shortened(text: str, most: int) -> str:
    """Cut a text to so many letters, the last an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def drawable(text: str) -> str:
    """Name each sign that ``FONT`` cannot draw: ``[pushpin]`` for a picture, ``[U+4E2D]`` for a letter."""
    glyphs = _glyphs()
    return "".join(c if ord(c) in glyphs or c in KEPT else _named(c) for c in text)


@cache
def _glyphs() -> Container[int]:
    return frozenset(get_font(findfont(FontProperties(family=FONT))).get_charmap())


def _named(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in UNDRAWN:
        return ""
    return f"[{unicodedata.name(sign).lower()}]" if kind == "So" else f"[U+{ord(sign):04X}]"
