"""Fill colours for territories: neighbours differ for every reader, and black text is legible on all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Found by a search for the ten light fills whose least distance, over readers with normal, red-weak and
# green-weak sight, is largest (9.0 in OKLab x 100, where about 2 can just be seen).
FILLS = (
    "#8CBAF7", "#E4C87C", "#95C2B8", "#D28376", "#D1F2D7",
    "#7D96E9", "#F4ED86", "#7AA2B3", "#BFD7F5", "#CDAA45",
)  # fmt: skip
NOBODY = "#E4E6E8"
FAR = 15.0  # told apart at a glance

# How a linear RGB colour is seen; complete deuteranopia and protanopia, Machado, Oliveira, Fernandes 2009,
# DOI 10.1109/TVCG.2009.113.
SIGHT = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}


def colour_territories(neighbours: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Give each territory a fill that is far from the fills of its neighbours.

    Territories are taken in the order of DSATUR (Brélaz 1979, DOI 10.1145/359094.359101): next comes the
    one whose neighbours show most colours already.

    Parameters
    ----------
    neighbours
        Ids of the territories beside each territory, in any alignment that is drawn.

    Returns
    -------
    Fill of each territory as ``#RRGGBB``.
    """
    distance = seen_distance(FILLS)
    around = {t: sorted(set(others) & neighbours.keys() - {t}) for t, others in neighbours.items()}
    fill: dict[str, int] = {}
    used = [0] * len(FILLS)
    few = len(around) <= len(FILLS)
    while len(fill) < len(around):
        waiting = [t for t in sorted(around) if t not in fill]
        taken = {t: {fill[n] for n in around[t] if n in fill} for t in waiting}
        chosen = max(waiting, key=lambda t: (len(taken[t]), len(around[t])))
        apart = [min((float(distance[c, n]) for n in taken[chosen]), default=0.0) for c in range(len(FILLS))]
        # few territories get a colour each; of many, neighbours need distance, and far enough is enough
        best = max(
            range(len(FILLS)), key=lambda c: (-used[c] if few else 0, min(apart[c], FAR), -used[c], -c)
        )
        fill[chosen] = best
        used[best] += 1
    return {t: FILLS[c] for t, c in sorted(fill.items())}


def seen_distance(colours: Iterable[str]) -> Array:
    """Measure how different colours look to the reader who tells them apart least well.

    Returns
    -------
    Distance x 100 in OKLab (Ottosson 2020), shape (colours, colours).
    """
    linear = np.array([_linear(colour) for colour in colours])
    seen = [_oklab(linear @ sight.T) for sight in SIGHT.values()]
    apart = [np.linalg.norm(lab[:, None] - lab[None], axis=-1) for lab in seen]
    return np.asarray(np.min(apart, axis=0) * 100)


def _linear(colour: str) -> Array:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _oklab(linear: Array) -> Array:
    cones = np.cbrt(np.clip(linear, 0, 1) @ _TO_CONES.T)
    return np.asarray(cones @ _TO_LAB.T)


_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
