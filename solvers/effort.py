"""How hard the staged search tries: counts of steps, never seconds, so that the same effort gives the same plan everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Counts that say how long a search goes on.

    Parameters
    ----------
    starts
        Alignments the search begins from, where centres are free; half as many where all have a home base.
    proposals
        Moves proposed while neighbouring territories are drawn anew, in millions.
    stale
        Turns of drawing anew without a gain after which that ends.
    steps
        Re-splits once every limit is kept.
    price_steps
        Price changes between two pricings of all candidate centres, for 3,000 units.
    """

    starts: int
    proposals: int
    stale: int
    steps: int
    price_steps: int


EFFORTS = {
    "quick": Effort(starts=4, proposals=60, stale=20, steps=10, price_steps=60),
    "standard": Effort(starts=8, proposals=400, stale=60, steps=40, price_steps=120),
    "thorough": Effort(starts=16, proposals=4000, stale=300, steps=120, price_steps=240),
}
