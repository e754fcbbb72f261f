"""Memory that simulated years use one after the other: getting it anew for each takes a quarter of their time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_SPARE = 1.2  # of what is asked for, so that a slightly larger year fits as well


class Room:
    """Arrays by name; one is valid until the next of the same name is asked for."""

    def __init__(self) -> None:
        self._held: dict[str, NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], kind: DTypeLike) -> NDArray[Any]:
        """Give an array whose contents are not set.

        Parameters
        ----------
        name
            What it is for.
        shape, kind
            Shape and type of its numbers; the type of a name never changes.
        """
        size = math.prod(shape)
        held = self._held.get(name)
        if held is None or held.size < size:
            held = self._held[name] = np.empty(int(size * _SPARE), dtype=kind)
        return held[:size].reshape(shape)
