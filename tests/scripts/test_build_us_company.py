"""The synthetic sales organisation is what its seed makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from scripts import build_us_company as company

DATA = company.DATA
MADE = ("us_reps", "us_current_alignment", "us_accounts", "us_locks", "us_pipeline")


def test_seed_makes_the_bundled_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Building again from the bundled counties and homes gives the bundled files, byte for byte."""
    reps = pd.read_csv(DATA / "us_reps.csv")
    homes = {
        tuple(city.split(", ")): (lat, lon)
        for city, lat, lon in zip(reps["home_city"], reps["home_lat"], reps["home_lon"], strict=True)
        if isinstance(city, str)
    }
    for name in ("us_counties.csv", "us_counties.gpkg", "us_counties_adjacency.csv"):
        shutil.copy(DATA / name, tmp_path)
    monkeypatch.setattr(company, "DATA", tmp_path)
    monkeypatch.setattr(company, "_cities", lambda: homes)  # the only part that needs a network
    company.main()
    different = [
        name
        for name in MADE
        if (tmp_path / f"{name}.csv").read_bytes() != (DATA / f"{name}.csv").read_bytes()
    ]
    assert different == []
