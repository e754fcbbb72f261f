"""What is on a page, taken apart with the standard library."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "br", "img", "input", "link", "hr"})
INNER_SVG = frozenset({"rect", "line", "polygon", "polyline", "circle", "path"})


@dataclass
class Cell:
    """A cell of a table: its text and, for a number, its unrounded value."""

    text: str
    value: str | None


@dataclass
class Page(HTMLParser):
    """Elements, attributes, text, tables and inline scripts and styles of a page."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    raw: dict[str, list[str]] = field(default_factory=lambda: {"script": [], "style": []})
    tables: dict[str, list[list[Cell]]] = field(default_factory=dict)

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.tables = [], [], {}
        self.raw = {"script": [], "style": []}
        self._open: list[str] = []
        self._rows: list[list[Cell]] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in VOID and tag not in INNER_SVG:
            self._open.append(tag)
        if tag == "div" and found.get("role") == "region":
            self._rows = self.tables.setdefault(str(found["aria-label"]), [])
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th") and found.get("class") != "chart":
            self._rows[-1].append(Cell("", found.get("data-v")))

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep text where it belongs."""
        inside = self._open[-1] if self._open else ""
        if inside in self.raw:
            self.raw[inside].append(data)
            return
        self.text.append(data)
        if self._rows and ("td" in self._open or "th" in self._open) and self._rows[-1]:
            self._rows[-1][-1].text += data

    def data(self) -> str:
        """Give the text of the page's block of data."""
        blocks = [found for tag, found in self.tags if tag == "script"]
        kinds = [found.get("type") for found in blocks]
        return self.raw["script"][kinds.index("application/json")]
