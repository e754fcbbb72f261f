"""Distances on the globe and estimated travel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Mean Earth radius R1 (IUGG). Great circles differ from ellipsoidal geodesics by at most 0.56 %, far below the
# error of any circuity factor, and the independent checker can recompute them with the standard library.
EARTH_RADIUS_KM = 6371.0088


def distance_km(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle distance between every point of one list and every point of another.

    Parameters
    ----------
    a, b
        Longitude and latitude in degrees, shapes (p, 2) and (q, 2).

    Returns
    -------
    Kilometres, shape (p, q).
    """
    lon_a, lat_a = np.radians(a[:, 0])[:, None], np.radians(a[:, 1])[:, None]
    lon_b, lat_b = np.radians(b[:, 0])[None, :], np.radians(b[:, 1])[None, :]
    # haversine form: exact for small distances, where arccos of a dot product loses digits
    h = np.sin((lat_a - lat_b) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_a - lon_b) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
