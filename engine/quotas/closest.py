"""What an optimisation model is asked when limits bind: quotas closest to those of the rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class QuotaProblem:
    """Quotas of a rule, and the limits that those to be found must keep.

    Parameters
    ----------
    rule
        What the rule gives, cents, shape (territories,).
    floor, cap
        Limits, cents, shape (territories,).
    group
        Group of each position, shape (territories,).
    totals
        Sum of quotas of each group, cents, shape (groups,).
    """

    rule: Array
    floor: Array
    cap: Array
    group: NDArray[np.int64]
    totals: Array


class ClosestFunction(Protocol):
    """Find the quotas inside the limits that are closest to the rule's, cents, shape (territories,)."""

    def __call__(self, problem: QuotaProblem) -> Array: ...
