"""Territories that may be opened anywhere on the map, priced without a table of all pairs: what is too far away is never looked at.

The map is cut into cells. Seen from a candidate centre, a cell holds no unit worth having when even its best unit would pay less
than the way there costs; that leaves the few units around each centre, and the answer is exactly that over all pairs.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.geography.travel import EARTH_RADIUS_KM
from solvers.hess.prices import Prices

Array = NDArray[np.float64]
Index = NDArray[np.int32]

CELL = 32  # units in a cell, about
NARROWINGS = 6  # evaluations of one balance price a step
REACH = 0.25  # a balance price moves by at most this part of itself in a step, and by
LEAST_REACH = 0.02  # this part of an average territory's prices


@dataclass(frozen=True)
class Cells:
    """Units in the order of the map's cells.

    Parameters
    ----------
    order
        Unit at each place of that order, shape (units,).
    first
        Where each cell begins, shape (cells + 1,).
    place
        Units on the unit sphere, shape (units, 3).
    middle, radius
        Of the cells: a point, shape (cells, 3), and the longest chord from it, shape (cells,).
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    place: Array
    middle: Array
    radius: Array


def cells(points: Array) -> Cells:
    """Cut a map into cells of neighbouring units; ``points`` are longitudes and latitudes, shape (units, 2)."""
    lon, lat = np.radians(points).T
    sphere = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    done: list[NDArray[np.intp]] = []
    waiting = [np.arange(len(points))]
    while waiting:
        units = waiting.pop()
        if len(units) <= CELL:
            done.append(units)
            continue
        axis = int(np.ptp(sphere[units], axis=0).argmax())
        units = units[np.argsort(sphere[units, axis], kind="stable")]
        waiting += [units[len(units) // 2 :], units[: len(units) // 2]]
    place = sphere[np.concatenate(done)]
    first = np.concatenate([[0], np.cumsum([len(units) for units in done])])
    parts = [place[a:b] for a, b in pairwise(first)]
    middle = np.array([part.mean(axis=0) for part in parts])
    radius = np.array([np.sqrt(((p - m) ** 2).sum(axis=1)).max() for p, m in zip(parts, middle, strict=True)])
    return Cells(np.concatenate(done), first, place, middle, radius)


@dataclass(frozen=True)
class Places:
    """Home bases, whose territories are always open, and units that may be a free centre.

    Units are in the order of the cells. A limit from above counts a unit of more than it as ``counted``.

    Parameters
    ----------
    cells
        The map.
    weight
        Money for each km between a unit and its centre, shape (units,).
    held
        What a unit costs at any free centre besides; infinite where it may be at none, shape (units,).
    homes
        Cost of every unit at each home base; infinite where it may not be, shape (units, bases).
    values
        Measures, of the order of 1 a territory, shape (units, measures).
    oversize
        Whether a unit alone exceeds the limits, shape (units, measures).
    lower, target, upper, counted
        Limits, sum wanted and what an oversize unit counts, shape (columns, measures).
    pull
        Cost of a sum that is 100 % off its target, shape (measures,).
    own
        Place of the unit that each column must hold, -1 = a home base, shape (columns,).
    count
        How many are open in all.
    threads
        Where columns are priced, side by side.
    """

    cells: Cells
    weight: Array
    held: Array
    homes: Array
    values: Array
    oversize: NDArray[np.bool_]
    lower: Array
    target: Array
    upper: Array
    counted: Array
    pull: Array
    own: NDArray[np.int64]
    count: int
    threads: Executor

    @property
    def always(self) -> int:
        """How many columns are always open: the home bases, first."""
        return self.homes.shape[1]

    def only(self, chosen: Index) -> Places:
        """Keep some columns; those always open must be among them, first."""
        kept = {name: getattr(self, name)[chosen] for name in ("lower", "target", "upper", "counted", "own")}
        return replace(self, **kept)

    def open(self, value: Array) -> NDArray[np.intp]:
        """Choose the columns that are always open and the cheapest others."""
        others = np.argsort(value[self.always :], kind="stable")[: self.count - self.always]
        return np.concatenate([np.arange(self.always), self.always + others])

    def evaluate(self, unit: Array, balance: Array) -> Prices:
        """Give the bound at some prices; balance prices are improved column by column."""
        balance = balance.copy()
        value = np.empty(len(self.own))
        nothing = np.zeros(0)
        reach = LEAST_REACH * float(np.abs(unit).sum()) / self.count
        self._run(np.arange(len(self.own)), unit, balance, reach, value, nothing)
        return Prices(float(unit.sum() + np.sort(value[self.open(value)]).sum()), unit, balance, value)

    def times_taken(self, prices: Prices) -> Array:
        """Count in how many open columns' answers each unit is, shape (units,)."""
        taken = np.zeros(len(self.weight))
        value = np.empty(len(self.own))
        self._run(self.open(prices.value), prices.unit, prices.balance, -1.0, value, taken)
        return taken

    def _run(
        self, columns: NDArray[np.intp], unit: Array, balance: Array, reach: float, value: Array, taken: Array
    ) -> None:
        """Price columns; with ``taken`` count answers at the present balance prices instead (one thread: it is shared)."""
        net = unit - self.held
        begin = self.cells.first[:-1]
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # a unit whose way costs nothing comes from anywhere
            farthest = np.maximum.reduceat(np.nan_to_num(net / self.weight, nan=0.0, posinf=np.inf), begin)
            pays = np.nan_to_num(self.values / self.weight[:, None], nan=0.0, posinf=np.inf)
        steepest = np.maximum.reduceat(pays, begin)
        geometry = self.cells.first, self.cells.place, self.cells.middle, self.cells.radius

        def run(part: NDArray[np.intp]) -> None:
            _price(
                part, geometry, self.weight, unit, net, farthest, steepest, self.homes, self.values, self.oversize,
                self.lower, self.target, self.upper, self.counted, self.pull, self.own, balance, reach, value, taken,
            )  # fmt: skip

        if len(taken):
            run(columns)
        else:
            list(self.threads.map(run, (columns[::2], columns[1::2])))


@njit(cache=True, nogil=True)
def _price(  # type: ignore[no-untyped-def]
    columns, geometry, weight, unit, net, farthest, steepest, homes, values, oversize,
    lower, target, upper, counted, pull, own, balance, reach, value, taken,
):  # fmt: skip
    """Improve the balance prices of some columns in place and give their values."""
    units, measures = values.shape
    reduced, rest = np.empty(units), np.empty(units)
    near = np.empty(units, np.int64)
    value_of, load_of = np.empty((units, measures)), np.empty((units, measures))
    low, high = np.empty(measures), np.empty(measures)
    for j in columns:
        for m in range(measures):
            free = reach + REACH * abs(balance[j, m]) if reach >= 0 else 0.0
            low[m], high[m] = balance[j, m] - free, balance[j, m] + free
        if own[j] < 0:
            count, mine = _at_home(j, unit, homes, near, reduced)
        else:
            count, mine = _around(
                own[j], geometry, weight, net, farthest, steepest, values, high, near, reduced
            )
        for place in range(count):
            i = near[place]
            for m in range(measures):
                value_of[place, m] = values[i, m]
                load_of[place, m] = counted[j, m] if oversize[i, m] else values[i, m]
        of = (reduced[:count], value_of, load_of, mine, lower[j], target[j], upper[j], pull)
        if taken.shape[0] > 0:
            _count(of, near, balance[j], taken)
        else:
            value[j] = _best(of, balance[j], low, high, rest[:count])


@njit(cache=True, nogil=True)
def _at_home(j, unit, homes, near, reduced):  # type: ignore[no-untyped-def]
    count = 0
    for i in range(homes.shape[0]):
        if homes[i, j] < np.inf:
            near[count], reduced[count] = i, homes[i, j] - unit[i]
            count += 1
    return count, -1


@njit(cache=True, nogil=True)
def _around(j, geometry, weight, net, farthest, steepest, values, high, near, reduced):  # type: ignore[no-untyped-def]
    """List the units that a centre could want at some prices up to ``high``, and the centre itself."""
    first, place, middle, radius = geometry
    count, mine = 0, -1
    for c in range(len(middle)):
        worth = farthest[c]
        for m in range(len(high)):
            if high[m] > 0:
                worth += high[m] * steepest[c, m]
        own_cell = first[c] <= j < first[c + 1]
        if (_chord(place[j], middle[c]) - radius[c]) * EARTH_RADIUS_KM > worth and not own_cell:
            continue
        for i in range(first[c], first[c + 1]):
            pays = net[i]
            for m in range(len(high)):
                pays += max(high[m], 0.0) * values[i, m]
            chord = _chord(place[j], place[i])
            if i == j or chord * EARTH_RADIUS_KM * weight[i] < pays:
                way = 2 * EARTH_RADIUS_KM * np.arcsin(min(1.0, chord / 2))
                near[count], reduced[count] = i, weight[i] * way - net[i]
                mine = count if i == j else mine
                count += 1
    return count, mine


@njit(cache=True, nogil=True, inline="always")
def _chord(a, b):  # type: ignore[no-untyped-def]
    return np.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)


@njit(cache=True, nogil=True)
def _best(of, balance, low, high, rest):  # type: ignore[no-untyped-def]
    """Raise a column's value over its balance prices, one after the other, inside of ``low`` and ``high``."""
    reduced, values, loads, mine, lower, target, upper, pull = of
    best = -np.inf
    for m in range(len(balance)):
        fixed = 0.0
        for o in range(len(balance)):
            if o != m:
                fixed += _promised(balance[o], lower[o], target[o], upper[o], pull[o])
        for i in range(len(reduced)):
            rest[i] = reduced[i]
            for o in range(len(balance)):
                if o != m:
                    rest[i] -= _paid(balance[o], values[i, o], loads[i, o], target[o], pull[o])
        least, most, price, chosen, best = low[m], high[m], balance[m], balance[m], -np.inf
        for trial in range(NARROWINGS):
            total = fixed + _promised(price, lower[m], target[m], upper[m], pull[m])
            held, load = 0.0, 0.0
            for i in range(len(reduced)):
                r = rest[i] - _paid(price, values[i, m], loads[i, m], target[m], pull[m])
                if r < 0 or i == mine:
                    total += r
                    held += values[i, m]
                    load += loads[i, m]
            if total > best:
                best, chosen = total, price
            more = _more(price, held, load, lower[m], target[m], upper[m], pull[m])
            if more == 0 or most - least <= 1e-9 * abs(most):
                break
            if more > 0:
                least = price
            else:
                most = price
            price = 0.0 if least < 0 < most and trial < 2 else 0.5 * (least + most)
        balance[m] = chosen
    return best


@njit(cache=True, nogil=True, inline="always")
def _paid(price, value, load, target, pull):  # type: ignore[no-untyped-def]
    """Give what a unit is paid for its measure: above 0 for reaching the lower limit, below 0 for the upper one.

    The first part of a price, up to what a deviation costs, acts on the sum; only what is beyond acts on a limit.
    """
    if price > 0:
        return price * value
    drawn = min(pull / target, -price) if target > 0 else 0.0
    return -(drawn * value + (-price - drawn) * load)


@njit(cache=True, nogil=True, inline="always")
def _promised(price, lower, target, upper, pull):  # type: ignore[no-untyped-def]
    """Give what a price is worth at the limit or the target it acts on."""
    drawn = min(pull / target, abs(price)) if target > 0 else 0.0
    if price > 0:
        return drawn * target + (price - drawn) * lower
    return -drawn * target - (-price - drawn) * upper


@njit(cache=True, nogil=True, inline="always")
def _more(price, held, load, lower, target, upper, pull):  # type: ignore[no-untyped-def]
    """Tell whether the best price lies above (1), below (-1) or here (0)."""
    drawn = pull / target if target > 0 else 0.0
    if price == 0:
        short = held < (target if drawn > 0 else lower)
        long = held > target if drawn > 0 else load > upper
        return 1 if short else (-1 if long else 0)
    if price > 0:
        return 1 if held < (target if price < drawn else lower) else -1
    if price > -drawn:
        return 1 if held < target else -1
    return -1 if load > upper else 1


@njit(cache=True, nogil=True)
def _count(of, near, balance, taken):  # type: ignore[no-untyped-def]
    reduced, values, loads, mine, _, target, _, pull = of
    for i in range(len(reduced)):
        r = reduced[i]
        for m in range(len(balance)):
            r -= _paid(balance[m], values[i, m], loads[i, m], target[m], pull[m])
        if r < 0 or i == mine:
            taken[near[i]] += 1.0
