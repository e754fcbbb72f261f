"""Where units, homes and labels lie on the page: an equal-area plane centred on the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from engine.runs import StoredRun
from engine.runs.storage import storage_errors

Array = NDArray[np.float64]
Index = NDArray[np.int32]

STEPS = 20_000  # a map's longer side in whole numbers: finer than a pixel at any zoom the report offers
HOME_DEGREES = 0.05  # homes are people's homes: shown to about 5 km only


@dataclass(frozen=True)
class Places:
    """Units on a plane.

    Parameters
    ----------
    unit_ids
        Sorted.
    points
        A point inside each unit, km east and north of the middle, shape (units, 2).
    polygons
        Outline of each unit in the same km; None where a unit has none.
    homes
        Home base of each territory, NaN where there is none, shape (territories, 2).
    """

    unit_ids: tuple[str, ...]
    points: Array
    polygons: NDArray[np.object_]
    homes: Array

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Least x, least y, greatest x and greatest y of units and homes, km."""
        corners = shapely.bounds(self.polygons[shapely.is_geometry(self.polygons)])
        low, high = corners.reshape(-1, 2, 2).transpose(1, 0, 2)
        homes = self.homes[~np.isnan(self.homes).any(axis=1)]
        every = np.vstack([self.points, homes, low, high])
        (x0, y0), (x1, y1) = every.min(axis=0), every.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)

    @property
    def has_outlines(self) -> bool:
        """Whether any unit has an outline; otherwise units are drawn as dots."""
        return bool(shapely.is_geometry(self.polygons).any())


def read_places(run: StoredRun, units: pd.DataFrame, seats: pd.DataFrame) -> Places:
    """Project a run's units and homes with Lambert's azimuthal equal-area projection.

    Parameters
    ----------
    run
        Its ``territories.gpkg``, layer ``units``, gives the outlines; without it units are points.
    units
        The run's units, sorted by id.
    seats
        Home base of each territory: ``home_lon, home_lat``, NaN = none.

    Returns
    -------
    The places; homes rounded to 0.05 degrees.
    """
    lon, lat = units["lon"].to_numpy(dtype=np.float64), units["lat"].to_numpy(dtype=np.float64)
    to_plane = Transformer.from_crs("EPSG:4326", _plane(lon, lat), always_xy=True)
    homes = seats[["home_lon", "home_lat"]].to_numpy(dtype=np.float64)
    rounded = np.round(homes / HOME_DEGREES) * HOME_DEGREES
    known = ~np.isnan(rounded).any(axis=1)
    on_plane = np.full(homes.shape, np.nan)
    on_plane[known] = np.column_stack(to_plane.transform(*rounded[known].T))
    return Places(
        unit_ids=tuple(units["unit_id"]),
        points=np.column_stack(to_plane.transform(lon, lat)),
        polygons=_outlines(run, units, to_plane),
        homes=on_plane,
    )


def dissolve(places: Places, owner: Index, owners: int) -> NDArray[np.object_]:
    """Join the outlines of each owner's units.

    Parameters
    ----------
    places
        The units.
    owner
        Owner of each unit, 0 to owners - 1; -1 = nobody.
    owners
        How many.

    Returns
    -------
    One shape an owner; None where no unit has an outline.
    """
    shapes = np.full(owners, None, dtype=object)
    drawn = shapely.is_geometry(places.polygons)
    for t in range(owners):
        own = places.polygons[(owner == t) & drawn]
        if len(own):
            shapes[t] = shapely.union_all(own)
    return shapes


def anchors(places: Places, owner: Index, shapes: NDArray[np.object_]) -> Array:
    """Find where a label of each owner stands best: the largest circle inside its largest part.

    Parameters
    ----------
    places, owner
        As for `dissolve`.
    shapes
        What `dissolve` gave.

    Returns
    -------
    Middle of the circle and its radius (0 among dots), km, shape (owners, 3); NaN for an owner without units.
    """
    spots = np.full((len(shapes), 3), np.nan)
    x0, y0, x1, y1 = places.extent
    for t, shape in enumerate(shapes):
        points = places.points[owner == t]
        if shape is not None:
            parts = shapely.get_parts(shape)
            largest = parts[np.argmax(shapely.area(parts))]
            radius = shapely.maximum_inscribed_circle(largest, tolerance=max(x1 - x0, y1 - y0) / 1000)
            middle, rim = shapely.get_coordinates(radius)
            spots[t] = [*middle, np.hypot(*(rim - middle))]
        elif len(points):
            middle = points.mean(axis=0)
            spots[t] = [*points[np.argmin(((points - middle) ** 2).sum(axis=1))], 0.0]
    return spots


def grid_step(places: Places) -> float:
    """Give the side of a cell of the grid of `whole_steps`, km."""
    x0, y0, x1, y1 = places.extent
    return max(x1 - x0, y1 - y0) / STEPS or 1.0


def whole_steps(places: Places, points: Array) -> NDArray[np.int64]:
    """Place points on a grid of whole numbers from the lower left corner, shape (points, 2)."""
    return np.rint((points - places.extent[:2]) / grid_step(places)).astype(np.int64)


def _plane(lon: Array, lat: Array) -> str:
    # measured from the mean direction, so that data on both sides of 180 degrees stay together
    around = np.radians(lon)
    mean = np.degrees(np.arctan2(np.sin(around).mean(), np.cos(around).mean()))
    off = (lon - mean + 180) % 360 - 180
    middle = mean + (off.min() + off.max()) / 2
    lat_0 = (lat.min() + lat.max()) / 2
    return f"+proj=laea +lat_0={lat_0:.3f} +lon_0={middle:.3f} +units=km +datum=WGS84"


def _outlines(run: StoredRun, units: pd.DataFrame, to_plane: Transformer) -> NDArray[np.object_]:
    outlines = np.full(len(units), None, dtype=object)
    path = run.path / "territories.gpkg"
    if not run.has(path.name):
        return outlines
    with storage_errors(path):
        frame = pyogrio.read_dataframe(path, layer="units", columns=["unit_id"])
    polygonal = frame[frame.geometry.type.isin(["Polygon", "MultiPolygon"])]
    row = pd.Index(units["unit_id"]).get_indexer(pd.Index(polygonal["unit_id"]))
    shapes = polygonal.geometry.to_crs(4326).to_numpy()

    def project(points: Array) -> Array:
        return np.column_stack(to_plane.transform(points[:, 0], points[:, 1]))

    plane = shapely.transform(shapes[row >= 0], project)
    crossed = ~shapely.is_valid(plane)  # straight lines in degrees may cross by a hair in the plane
    plane[crossed] = shapely.make_valid(plane[crossed], method="structure", keep_collapsed=False)
    outlines[row[row >= 0]] = plane
    return outlines
