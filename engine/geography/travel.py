"""Distances on the globe and estimated travel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.scenario.schema import Travel

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


# Shortest tour through n random points of an area A is about 0.7124 sqrt(n A)
# (Beardwood, Halton, Hammersley 1959, DOI 10.1017/S0305004100034095; constant by Johnson, McGeoch 1996).
TOUR_CONSTANT = 0.7124


def travel_hours_per_visit(
    visits: NDArray[np.float64], area_km2: NDArray[np.float64], base_km: NDArray[np.float64], travel: Travel
) -> NDArray[np.float64]:
    """Estimate the road hours that belong to one visit: its part of the trip from the base, and the way between stops.

    A trip from the base serves ``stops_per_trip`` visits. Inside a unit the stops of one trip (never more than the
    unit's visits a year, at least one) are linked by a shortest tour.

    Parameters
    ----------
    visits
        Visits a year, shape (units,).
    area_km2
        Area, km2, shape (units,); 0 = no travel inside the unit.
    base_km
        Straight-line km to the base, shape (units,).
    travel
        Circuity, speeds and stops per trip.

    Returns
    -------
    Hours a visit, shape (units,).
    """
    trip = 2 * base_km * travel.circuity / travel.speed_kmh / travel.stops_per_trip
    stops = np.clip(visits, 1.0, travel.stops_per_trip)
    local_km = TOUR_CONSTANT * np.sqrt(area_km2 / stops) * travel.circuity
    return trip + local_km / travel.local_speed_kmh
