"""Names as a document can hold them: no character that is not seen, none too long."""

from __future__ import annotations

import re
import unicodedata

KEPT = "\u00a0\u2068\u2069"


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
