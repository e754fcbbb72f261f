"""Names as a document can hold them: no character that is not seen, none too long."""

from __future__ import annotations

import re


def clean(text: str) -> str:
    """Leave out what cannot be seen: control characters and turns of the writing direction."""
    shown = "".join(c if c.isprintable() or c == "\u00a0" else " " for c in text)
    return re.sub(r" {2,}", " ", shown).strip(" ")


def shortened(text: str, most: int) -> str:
    """Cut a text to so many letters, the last an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
