"""Potential shared out among territories so that their expected bookings are greatest: a linear model, solved by HiGHS."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from engine.plan import Status
from solvers.exact.highs import HighsModel

Array = NDArray[np.float64]

_TIME_LIMIT_S = 60.0


def best_potential(potential: Array, scales: Array, bookings: Array) -> Array:
    """Find how much potential each territory should have.

    Territories t, pieces k of their response curve between two scales, u_tk the potential in a piece, b_tk bookings per
    potential in it; the slopes are made to fall (least concave curve above the points), so pieces fill in order.

        maximise    Σ_tk b_tk u_tk
        total       Σ_tk u_tk = Σ_t (1 - s_0) p_t
        pieces      0 <= u_tk <= (s_{k+1} - s_k) p_t        with s_0 the least scale, p_t the potential of today

    Parameters
    ----------
    potential
        Potential p_t of each territory, > 0, shape (territories,).
    scales
        Ascending scales s_k, the first below 1, the last above, shape (points,).
    bookings
        Bookings at each scale, shape (territories, points).

    Returns
    -------
    s_0 p_t + Σ_k u_tk, shape (territories,); its sum is that of ``potential``.
    """
    slopes = np.array([_falling_slopes(scales, row) for row in bookings]) / potential[:, None]
    room = np.diff(scales)[None, :] * potential[:, None]
    mean = float(potential.mean())
    unit = max(float(np.abs(slopes).max()), 1e-300)
    model = pyo.ConcreteModel()
    model.pieces = pyo.Set(initialize=[(t, k) for t in range(len(room)) for k in range(room.shape[1])])
    model.u = pyo.Var(model.pieces, bounds=lambda _, t, k: (0.0, room[t, k] / mean))
    model.total = pyo.Constraint(
        expr=pyo.quicksum(model.u.values()) == float(((1 - scales[0]) * potential).sum()) / mean
    )
    model.bookings = pyo.Objective(
        expr=pyo.quicksum(-slopes[t, k] / unit * model.u[t, k] for t, k in model.pieces)
    )
    highs = HighsModel(model, seed=0)
    outcome = highs.solve(time_limit=_TIME_LIMIT_S)
    if outcome.status is not Status.OPTIMAL:
        return potential
    filled = np.array(highs.values(list(model.u.values()))).reshape(room.shape) * mean
    return np.asarray(scales[0] * potential + filled.sum(axis=1))


def _falling_slopes(scales: Array, values: Array) -> Array:
    """Give the slopes of the least concave curve above the points, one a piece (pool adjacent violators)."""
    width = np.diff(scales)
    blocks: list[tuple[float, float, int]] = []  # slope, width, pieces
    for slope, wide in zip(np.diff(values) / width, width, strict=True):
        block = (float(slope), float(wide), 1)
        while blocks and blocks[-1][0] < block[0]:
            before = blocks.pop()
            whole = before[1] + block[1]
            mean = (before[0] * before[1] + block[0] * block[1]) / whole
            block = (mean, whole, before[2] + block[2])
        blocks.append(block)
    return np.repeat([block[0] for block in blocks], [block[2] for block in blocks])
