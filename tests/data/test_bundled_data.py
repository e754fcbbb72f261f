"""The bundled files hold what data/sources.md says, in themselves and against each other."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import distance

DATA = Path(__file__).resolve().parent.parent.parent / "data"
SOURCES = (DATA / "sources.md").read_text(encoding="utf-8")
SYNTHETIC = ("us_reps", "us_current_alignment", "us_accounts", "us_locks", "us_pipeline")
QUARTERS = [f"wages_q{quarter}_usd" for quarter in (1, 2, 3, 4)]


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8")


@pytest.fixture(scope="module")
def counties() -> pd.DataFrame:
    table = read("us_counties").set_index("fips")
    text = ["name", "state", "state_name"]
    return table[text].join(table.drop(columns=text).astype(float))


@pytest.fixture(scope="module")
def shapes() -> gpd.GeoSeries:
    return gpd.read_file(DATA / "us_counties.gpkg", layer="counties").set_index("fips").geometry


@pytest.fixture(scope="module")
def edges() -> pd.DataFrame:
    return read("us_counties_adjacency")


@pytest.fixture(scope="module")
def reps() -> pd.DataFrame:
    return read("us_reps").set_index("position_id")


@pytest.fixture(scope="module")
def filled(reps: pd.DataFrame) -> pd.DataFrame:
    return reps[reps["rep_id"] != ""]


@pytest.fixture(scope="module")
def current() -> pd.Series:
    return read("us_current_alignment").set_index("fips")["territory"]


@pytest.fixture(scope="module")
def accounts() -> pd.DataFrame:
    return read("us_accounts").astype({"revenue_usd": float})


def graph_of(edges: pd.DataFrame) -> nx.Graph:
    return nx.Graph(list(edges[["unit", "neighbour"]].itertuples(index=False)))


# --- the folder -------------------------------------------------------------------------------------------


def test_folder_is_small() -> None:
    """Everything bundled is at most 6 MB."""
    assert sum(path.stat().st_size for path in DATA.iterdir()) <= 6_000_000


def test_every_file_has_a_section() -> None:
    """sources.md describes each data file, and none that is not there."""
    files = {path.name for path in DATA.iterdir()} - {"sources.md"}
    assert set(re.findall(r"^## (us_\S+)", SOURCES, flags=re.MULTILINE)) == files


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda path: path.stem)
def test_columns_are_documented(path: Path) -> None:
    """Every column of a CSV file is explained in its section."""
    section = SOURCES.split(f"## {path.name}\n")[1].split("\n## ")[0]
    columns = path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    assert [column for column in columns if f"`{column}`" not in section] == []


def test_synthetic_files_say_so() -> None:
    """Exactly the invented files are called synthetic, in the overview and in their own section."""
    overview = re.findall(r"^\| us_(\S+)\.\w+ \|.*\*\*SYNTHETIC\*\*", SOURCES, flags=re.MULTILINE)
    sections = re.findall(r"^## us_(\S+)\.\w+\n\n\*\*SYNTHETIC\.\*\*", SOURCES, flags=re.MULTILINE)
    assert [f"us_{name}" for name in overview] == list(SYNTHETIC)
    assert sections == overview


def test_rows_are_as_listed() -> None:
    """The numbers of rows in sources.md are those of the files."""
    listed = dict(re.findall(r"^\| (us_\S+)\.csv \| ([\d,]+) \|", SOURCES, flags=re.MULTILINE))
    assert len(listed) == 7
    assert {name: len(read(name)) for name in listed} == {
        name: int(rows.replace(",", "")) for name, rows in listed.items()
    }


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda path: path.stem)
def test_text_is_plain_utf8(path: Path) -> None:
    """Files are UTF-8 without a byte order mark, lines end with a line feed, the last one too."""
    content = path.read_bytes()
    content.decode("utf-8")
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.endswith(b"\n")


def test_notice_names_every_source() -> None:
    """NOTICE names each package of sources.md with its version, and every agency."""
    notice = (DATA.parent / "NOTICE").read_text(encoding="utf-8")
    packages = re.findall(r"(?:npm|PyPI) `(\S+)` ([\d.]+) \|", SOURCES)
    assert len(packages) == 4
    assert [package for package in packages if " ".join(package) not in notice] == []
    agencies = (
        "Census Bureau",
        "Bureau of Labor Statistics",
        "GeoNames",
        "CC BY 4.0",
        "2023 edition",
        "2025",
    )
    assert [name for name in agencies if name not in notice] == []


# --- counties ---------------------------------------------------------------------------------------------


def test_counties_are_the_contiguous_ones(counties: pd.DataFrame) -> None:
    """3,109 different five-digit codes in order, of 48 states and the District of Columbia."""
    assert len(counties) == 3109
    assert counties.index.is_unique
    assert counties.index.is_monotonic_increasing
    assert counties.index.str.fullmatch(r"\d{5}").all()
    assert counties["state"].nunique() == counties["state_name"].nunique() == 49
    assert not set(counties["state"]) & {"AK", "HI", "PR"}
    assert (counties.groupby(counties.index.str[:2])["state"].nunique() == 1).all()


def test_county_names_are_told_apart(counties: pd.DataFrame) -> None:
    """No two counties of a state have the same name."""
    assert not counties.duplicated(["state", "name"]).any()


def test_measures_are_positive(counties: pd.DataFrame) -> None:
    """Every number of a county is finite; areas, wages, jobs and visits are above zero."""
    numbers = counties.select_dtypes("number")
    assert np.isfinite(numbers).all(axis=None)
    assert (numbers.drop(columns="lon") > 0).all(axis=None)


def test_quarters_add_up(counties: pd.DataFrame) -> None:
    """The four quarters of wages sum to the year, and no quarter of the country is far from a fourth."""
    assert (counties[QUARTERS].sum(axis=1) == counties["wages_usd"]).all()
    assert (counties[QUARTERS].sum() / counties["wages_usd"].sum()).between(0.23, 0.27).all()


def test_wages_are_those_published(counties: pd.DataFrame) -> None:
    """Total 11.50 trillion, the largest county 3.8 % of it, Los Angeles first in jobs."""
    wages = counties["wages_usd"]
    assert round(wages.sum() / 1e12, 2) == 11.50
    assert round(wages.max() / wages.sum(), 3) == 0.038
    assert counties["employment"].idxmax() == "06037"


def test_visits_follow_wages_and_jobs(counties: pd.DataFrame) -> None:
    """Visits are 4,400 shared out by wages with a floor, not by establishments."""
    driver = counties["wages_usd"].astype(float)
    shared = driver * 4_400 / driver.sum()
    assert (counties["visits_per_year"] - shared.clip(lower=0.05)).abs().max() <= 0.005 + 1e-9
    assert "visits_per_year` | visits a year | **modelled, not published**" in SOURCES


# --- geometry and adjacency -------------------------------------------------------------------------------


def test_polygons_are_valid(counties: pd.DataFrame, shapes: gpd.GeoSeries) -> None:
    """Every county has one valid polygon that is not empty, in longitude and latitude."""
    assert list(shapes.index) == list(counties.index)
    assert shapes.crs == "EPSG:4326"
    assert shapes.is_valid.all()
    assert not shapes.is_empty.any()


def test_points_lie_inside(counties: pd.DataFrame, shapes: gpd.GeoSeries) -> None:
    """The point of a county is inside its polygon."""
    points = gpd.GeoSeries(gpd.points_from_xy(counties["lon"], counties["lat"]), counties.index, crs=4326)
    assert points.within(shapes).all()


def test_areas_are_those_of_the_polygons(counties: pd.DataFrame, shapes: gpd.GeoSeries) -> None:
    """The area column is the polygon's area in the equal-area projection, 7.8 million km2 in all."""
    area = shapes.to_crs("EPSG:5070").area / 1e6
    assert (area - counties["area_km2"]).abs().max() <= 0.051
    assert counties["area_km2"].sum() == pytest.approx(7.8e6, rel=0.01)


def test_state_outlines_match_the_counties(counties: pd.DataFrame, shapes: gpd.GeoSeries) -> None:
    """A state is as large as its counties together and reaches exactly as far."""
    states = gpd.read_file(DATA / "us_states.gpkg", layer="states").set_index("state")
    assert states["state_name"].to_dict() == counties.groupby("state")["state_name"].first().to_dict()
    assert states.is_valid.all()
    pieces = gpd.GeoDataFrame(geometry=shapes).groupby(counties["state"])
    bounds = pd.DataFrame({state: part.total_bounds for state, part in pieces}).T
    assert np.allclose(bounds, states.geometry.bounds.loc[bounds.index], atol=1e-6)
    area = counties.groupby("state")["area_km2"].sum()
    assert (states.to_crs("EPSG:5070").area / 1e6 / area).between(0.998, 1.002).all()


def test_adjacency_is_well_formed(counties: pd.DataFrame, edges: pd.DataFrame) -> None:
    """8,712 land edges and six bridges with a note, each once, in order, between known counties."""
    assert edges["kind"].value_counts().to_dict() == {"land": 8712, "bridge": 6}
    assert (edges["unit"] < edges["neighbour"]).all()
    pairs = list(edges[["unit", "neighbour"]].itertuples(index=False, name=None))
    assert pairs == sorted(set(pairs))
    assert set(edges["unit"]) | set(edges["neighbour"]) == set(counties.index)
    assert ((edges["note"] != "") == (edges["kind"] == "bridge")).all()


def test_bridges_make_one_piece(counties: pd.DataFrame, edges: pd.DataFrame) -> None:
    """By land there are three pieces, Nantucket and San Juan alone; with the bridges there is one."""
    land = graph_of(edges[edges["kind"] == "land"])
    land.add_nodes_from(counties.index)
    islands = sorted(map(sorted, nx.connected_components(land)), key=len)[:-1]
    assert sorted(islands) == [["25019"], ["53055"]]
    assert nx.is_connected(graph_of(edges))


def test_degrees_are_those_of_the_recipe(edges: pd.DataFrame) -> None:
    """Washoe has the most neighbours by land, 13, and 26 counties hold the mainland together."""
    land = graph_of(edges[edges["kind"] == "land"])
    most = max(land.degree, key=lambda pair: pair[1])
    assert most == ("32031", 13)
    assert len(list(nx.articulation_points(land))) == 26


def test_land_neighbours_touch(shapes: gpd.GeoSeries, edges: pd.DataFrame) -> None:
    """The polygons of land neighbours touch; only Falls Church, of another source, may leave a gap."""
    land = edges[edges["kind"] == "land"]
    gap = distance(shapes[land["unit"]].to_numpy(), shapes[land["neighbour"]].to_numpy())
    other_source = ((land["unit"] == "51610") | (land["neighbour"] == "51610")).to_numpy()
    assert gap[~other_source].max() <= 1e-6
    assert gap[other_source].max() <= 0.05


# --- positions --------------------------------------------------------------------------------------------


def test_roster_is_the_one_promised(reps: pd.DataFrame, filled: pd.DataFrame) -> None:
    """T01 to T22, 20 different sellers and two vacancies without history; all have a manager."""
    assert list(reps.index) == [f"T{number:02d}" for number in range(1, 23)]
    assert list(filled["rep_id"]) == [f"R{number:02d}" for number in range(1, 21)]
    assert filled["rep_name"].is_unique
    vacant = reps.drop(filled.index)
    assert set(vacant["rep_name"]) == {"Vacant (open headcount)"}
    empty = ["last_year_quota_usd", "last_year_bookings_usd"]
    assert (vacant[empty] == "").all(axis=None)
    assert (vacant[["start_date", "capacity"]] == ["2027-04-01", "1.0"]).all(axis=None)
    assert set(reps["region"]) == {"Northeast", "South", "Midwest", "West"}
    assert reps["manager"].nunique() == 4
    assert (reps.groupby("region")["manager"].nunique() == 1).all()


def test_capacities_and_starts(filled: pd.DataFrame) -> None:
    """Two part-timers, one seller who started in November 2026, one who comes in February 2027."""
    part_time = filled.loc[filled["capacity"] != "1.0", "capacity"]
    assert sorted(part_time) == ["0.6", "0.8"]
    assert set(filled["ramp_months"]) == {"6"}
    recent = filled.loc[filled["start_date"] > "2026-01-01", "start_date"]
    assert sorted(recent) == ["2026-11-02", "2027-02-01"]
    assert sorted(date.fromisoformat(start) for start in filled["start_date"])[0] >= date(2018, 1, 1)


def test_homes_lie_in_their_state(
    filled: pd.DataFrame, counties: pd.DataFrame, shapes: gpd.GeoSeries
) -> None:
    """A home's coordinates are in a county of the state in the city's name."""
    points = gpd.points_from_xy(filled["home_lon"].astype(float), filled["home_lat"].astype(float))
    found = gpd.GeoDataFrame(filled, geometry=points, crs=4326).sjoin(
        gpd.GeoDataFrame(geometry=shapes), predicate="within"
    )
    assert list(found.index) == list(filled.index)
    assert list(counties.loc[found["fips"], "state"]) == list(filled["home_city"].str[-2:])


def test_last_year_is_plausible(filled: pd.DataFrame, current: pd.Series, counties: pd.DataFrame) -> None:
    """10 of the 18 sellers of last year made their quota; bookings go with the territory's wages."""
    full_year = filled[filled["start_date"] < "2026-01-01"]
    newcomers = filled.drop(full_year.index)
    assert (newcomers[["last_year_quota_usd", "last_year_bookings_usd"]] == "").all(axis=None)
    quota, booked = (full_year[f"last_year_{name}_usd"].astype(float) for name in ("quota", "bookings"))
    assert (len(full_year), int((booked >= quota).sum())) == (18, 10)
    assert (booked / quota).between(0.6, 1.4).all()
    wages = counties["wages_usd"].groupby(current).sum()
    assert 0.5 < np.corrcoef(booked, wages[full_year.index])[0, 1] < 0.95


# --- today's territories ----------------------------------------------------------------------------------


def test_every_county_is_listed(current: pd.Series, counties: pd.DataFrame, filled: pd.DataFrame) -> None:
    """The alignment has all counties; the codes are the filled seats, nobody and a departed seller."""
    assert list(current.index) == list(counties.index)
    assert set(current) == {*filled.index, "", "T99"}
    assert int((current == "").sum()) == 12
    assert int((current == "T99").sum()) == 5


def test_territories_are_unbalanced(current: pd.Series, counties: pd.DataFrame, filled: pd.DataFrame) -> None:
    """Today's territories hold from 0.63 to 1.36 times the mean wages, as documented."""
    wages = counties["wages_usd"].groupby(current).sum()[filled.index]
    relative = wages / wages.mean()
    assert (round(relative.min(), 2), round(relative.max(), 2)) == (0.63, 1.36)
    assert int(((relative - 1).abs() > 0.2).sum()) >= 8
    assert "from 0.63 to 1.36 times the mean wages" in SOURCES


def test_five_counties_are_cut_off(current: pd.Series, edges: pd.DataFrame, filled: pd.DataFrame) -> None:
    """Apart from five single counties, each territory is one piece."""
    graph = graph_of(edges)
    small = []
    for position in filled.index:
        units = current.index[current == position]
        pieces = sorted(nx.connected_components(graph.subgraph(units)), key=len)
        small += pieces[:-1]
    assert [len(piece) for piece in small] == [1] * 5


# --- accounts, locks, deals -------------------------------------------------------------------------------


def test_accounts_refer_to_what_exists(
    accounts: pd.DataFrame, counties: pd.DataFrame, filled: pd.DataFrame
) -> None:
    """6,000 different accounts with different names, in known counties, owned by known seats or nobody."""
    assert len(accounts) == 6000
    assert accounts["account_id"].is_unique
    assert accounts["name"].is_unique
    assert set(accounts["fips"]) <= set(counties.index)
    assert set(accounts["owner"]) == {*filled.index, ""}
    assert set(accounts["segment"]) == {"enterprise", "mid-market", "small"}


def test_accounts_are_where_the_jobs_are(accounts: pd.DataFrame, counties: pd.DataFrame) -> None:
    """Accounts of a state follow its employment: chi-square (48 degrees) is below its 0.999 quantile."""
    expected = counties.groupby("state")["employment"].sum() / counties["employment"].sum() * len(accounts)
    found = accounts["fips"].map(counties["state"]).value_counts().reindex(expected.index, fill_value=0)
    assert ((found - expected) ** 2 / expected).sum() < 84.0


def test_revenue_is_skewed(accounts: pd.DataFrame) -> None:
    """110 million in total, two in five are prospects, a tenth of the customers has half of the revenue."""
    revenue = accounts["revenue_usd"]
    assert revenue.sum() == pytest.approx(110e6, abs=1.0)
    assert (revenue == 0).mean() == pytest.approx(0.40, abs=0.02)
    customers = revenue[revenue > 0].sort_values(ascending=False)
    assert 0.4 < customers[: len(customers) // 10].sum() / revenue.sum() < 0.6


def test_owners_slip_a_little(accounts: pd.DataFrame, current: pd.Series) -> None:
    """15 accounts belong to another seat than their county, 29 to nobody, as documented."""
    territory = accounts["fips"].map(current)
    owned = accounts["owner"] != ""
    assert (int((owned & (accounts["owner"] != territory)).sum()), int((~owned).sum())) == (15, 29)
    assert (accounts.loc[territory.isin(["", "T99"]) & owned, "owner"] != "T99").all()


def test_named_and_locked(accounts: pd.DataFrame) -> None:
    """The 60 largest accounts are named and enterprise; 25 of them are locked to an owner they have."""
    named, locked = accounts["named"] == "yes", accounts["locked"] == "yes"
    assert set(accounts["named"]) == set(accounts["locked"]) == {"yes", "no"}
    assert (int(named.sum()), int(locked.sum())) == (60, 25)
    assert accounts.loc[named, "revenue_usd"].min() >= accounts.loc[~named, "revenue_usd"].max()
    assert set(accounts.loc[named, "segment"]) == {"enterprise"}
    assert named[locked].all()
    assert (accounts.loc[locked, "owner"] != "").all()


def test_awkward_names_survive(accounts: pd.DataFrame) -> None:
    """Accents, apostrophe, ampersand, comma, quotes, a leading equals sign and markup are in the names."""
    names = "\n".join(accounts["name"])
    assert [mark for mark in ("é", "İ", "'", "&", ",", '"', "\n=", "<b>") if mark not in names] == []


def test_locks_are_home_counties(filled: pd.DataFrame, current: pd.Series, shapes: gpd.GeoSeries) -> None:
    """Six different reps have the county of their home locked, which is theirs today."""
    locks = read("us_locks").set_index("unit")["territory"]
    assert locks.nunique() == len(locks) == 6
    homes = filled.loc[locks, ["home_lon", "home_lat"]].astype(float)
    points = gpd.GeoSeries(gpd.points_from_xy(homes["home_lon"], homes["home_lat"]), locks.index, crs=4326)
    assert points.within(shapes[locks.index]).all()
    assert (current[locks.index] == locks).all()


def test_deals_are_open_on_the_first_day(accounts: pd.DataFrame) -> None:
    """360 deals of known accounts in early stages, dated within the 180 days before the year."""
    deals = read("us_pipeline")
    assert len(deals) == 18 * 20
    assert deals["opportunity_id"].is_unique
    county = accounts.set_index("account_id")["fips"]
    assert (deals["fips"].to_numpy() == county[deals["account_id"]].to_numpy()).all()
    stages = deals["stage"].value_counts()
    assert list(stages.index) == ["qualify", "discover", "propose", "negotiate"]
    amount = deals["amount_usd"].astype(float)
    assert amount.min() > 0
    assert amount.mean() == pytest.approx(235_000, rel=0.1)
    opened, entered = (pd.to_datetime(deals[name]) for name in ("opened_on", "stage_entered_on"))
    start = pd.Timestamp(2027, 1, 1)
    assert (opened <= entered).all()
    assert (entered < start).all()
    assert ((start - opened).dt.days <= 180).all()
    assert (opened[deals["stage"] == "qualify"] == entered[deals["stage"] == "qualify"]).all()


def test_deals_are_where_the_wages_are(counties: pd.DataFrame) -> None:
    """A deal's county goes with wages: the ten largest counties hold about their share of the deals."""
    largest = counties["wages_usd"].nlargest(10)
    share = read("us_pipeline")["fips"].isin(largest.index).mean()
    assert share == pytest.approx(largest.sum() / counties["wages_usd"].sum(), abs=0.07)
