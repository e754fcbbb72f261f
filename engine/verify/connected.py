"""Connected pieces of every territory, by breadth-first search on the adjacency file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from engine.verify.reading import Unreadable, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

KINDS = ("land", "bridge", "joined")


def check_connected(run: Run) -> Iterator[Check]:
    """Check the pieces column, and that every territory is in one piece where that is required."""
    neighbours = read_neighbours(run)
    pieces = {territory: count_pieces(units, neighbours) for territory, units in run.members.items()}
    wrong = [
        f"{territory} says {row.count('pieces')} pieces, has {pieces[territory]}"
        for territory, row in run.territories.items()
        if row.count("pieces") != pieces[territory]
    ]
    yield judge("territories: pieces", "number of connected pieces", "all agree", wrong)

    if run.scenario.choice("territories.contiguity", "required", "off") == "required":
        cut = [f"{territory} is in {count} pieces" for territory, count in pieces.items() if count != 1]
        yield judge("plan: contiguity", "one piece each, bridges counted", f"{len(pieces)} in one piece", cut)


def read_neighbours(run: Run) -> Mapping[str, Sequence[str]]:
    """Read the neighbours of every unit.

    Raises
    ------
    Unreadable
        If an edge has an unknown end or kind, joins a unit to itself or is there twice.
    """
    neighbours: dict[str, list[str]] = {unit: [] for unit in run.units}
    for row in read_table(run.folder, "adjacency.csv", ("unit", "neighbour", "kind"), may_be_empty=True):
        a, b, kind = row.text("unit"), row.text("neighbour"), row.text("kind")
        place = f"adjacency.csv:{row.line}:"
        if a not in neighbours or b not in neighbours:
            raise Unreadable(f"{place} {a!r} or {b!r} is not in units.csv")
        if kind not in KINDS:
            raise Unreadable(f"{place} kind: {kind[:80]!r} is none of {', '.join(KINDS)}")
        if a == b or b in neighbours[a]:
            raise Unreadable(f"{place} the edge {a!r} - {b!r} is doubled or joins a unit to itself")
        neighbours[a].append(b)
        neighbours[b].append(a)
    return neighbours


def count_pieces(units: Sequence[str], neighbours: Mapping[str, Sequence[str]]) -> int:
    """Count the connected pieces of a set of units (0 when it is empty)."""
    left = dict.fromkeys(units)
    pieces = 0
    while left:
        pieces += 1
        waiting = deque([left.popitem()[0]])
        while waiting:
            for neighbour in neighbours[waiting.popleft()]:
                if neighbour in left:
                    del left[neighbour]
                    waiting.append(neighbour)
    return pieces
