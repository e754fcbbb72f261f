"""Fill colours for territories: neighbours differ for every reader, and black text is legible on all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Found by a search over light fills for the least distance over readers with normal, red-weak, green-weak and
# blue-weak sight: any two of the first five are 13 apart (OKLab x 100, where about 2 can just be seen), which is
# enough for a map of any plane neighbourhood; any two of all are 9 apart, and 7 from what nobody has or nothing moves.
FILLS = ("#F8BFFF", "#ADFEA0", "#479DF2", "#AEA615", "#DF6C99", "#74D2B7", "#B5D462")
NOBODY = "#E4E6E8"
FAR = 13.0  # told apart at a glance
STARTS, SWEEPS = 20, 50  # of the search for fills
NEXT = 3e-5  # weight of a neighbour's neighbour

# How a linear RGB colour is seen; complete deuteranopia, protanopia and tritanopia, Machado, Oliveira, Fernandes 2009,
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
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def colour_territories(neighbours: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Give each territory a fill that is far from the fills of its neighbours.

    From several starts, one territory after the other takes the fill that is furthest from those around it, until
    none wants another; the start that leaves the closest neighbours furthest apart wins.

    Parameters
    ----------
    neighbours
        Ids of the territories beside each territory, in any alignment that is drawn.

    Returns
    -------
    Fill of each territory as ``#RRGGBB``; the same neighbours give the same fills.
    """
    ids = sorted(neighbours)
    place = {territory: i for i, territory in enumerate(ids)}
    around = [sorted({place[n] for n in neighbours[t] if n in place and n != t}) for t in ids]
    distance = seen_distance(FILLS)
    # near fills cost far more than any number of far ones; beyond FAR those around them count
    cost = np.exp(-np.minimum(distance, FAR) / 1.5)
    beyond = [sorted({m for n in near for m in around[n]} - {t, *near}) for t, near in enumerate(around)]
    best, apart = _settled(around, beyond, cost, 0), -1.0
    for start in range(STARTS):
        fills = _settled(around, beyond, cost, start)
        closest = min((distance[fills[t], fills[n]] for t in range(len(ids)) for n in around[t]), default=FAR)
        if closest > apart:
            best, apart = fills, float(closest)
        if apart >= FAR:
            break
    return {territory: FILLS[fill] for territory, fill in zip(ids, best, strict=True)}


def _settled(
    around: Sequence[Sequence[int]], beyond: Sequence[Sequence[int]], cost: Array, start: int
) -> NDArray[np.int64]:
    """Begin with fills at random and let each territory in turn take the best one."""
    rng = np.random.default_rng(start)
    fills = rng.integers(len(cost), size=len(around))
    for _ in range(SWEEPS):
        before = fills.copy()
        for t in rng.permutation(len(around)):
            used = np.bincount(np.delete(fills, t), minlength=len(cost)) / len(around)
            # a neighbour weighs most, then a neighbour's neighbour, then how often a fill is used at all
            price = cost[:, fills[around[t]]].sum(axis=1) + NEXT * cost[:, fills[beyond[t]]].sum(axis=1)
            fills[t] = int(np.argmin(price + NEXT * 1e-3 * used))
        if (fills == before).all():
            break
    return fills


def contrast(one: str, other: str) -> float:
    """Measure how legible one colour is on another: WCAG 2.2's ratio, 1 to 21, where 4.5 is enough for text."""
    low, high = sorted(float(_linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen_distance(colours: Iterable[str], sights: Iterable[str] = tuple(SIGHT)) -> Array:
    """Measure how different colours look to the reader who tells them apart least well.

    Parameters
    ----------
    colours
        As ``#RRGGBB``.
    sights
        Readers that count, of ``SIGHT``.

    Returns
    -------
    Distance x 100 in OKLab (Ottosson 2020), shape (colours, colours).
    """
    linear = np.array([_linear(colour) for colour in colours])
    seen = [_oklab(linear @ sight.T) for sight in map(SIGHT.__getitem__, sights)]
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
