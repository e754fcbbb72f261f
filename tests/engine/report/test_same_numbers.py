"""Web page, workbook, slides and PDF say the numbers of the run's tables, each found where a reader finds it."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.report import write_report
from engine.runs import StoredRun, load_run
from tests.engine.report.page import Page
from tests.engine.run_factory import make_run

pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """A run."""
    return load_run(make_run(tmp_path_factory.mktemp("runs"), seed=4))


@pytest.fixture(scope="module")
def folder(run: StoredRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its four documents."""
    for package in ("pptx", "typst", "pypdf"):
        pytest.importorskip(package, reason=f"no {package}, so no test of all documents")
    folder = tmp_path_factory.mktemp("documents")
    write_report(run, ["html", "xlsx", "pptx", "pdf"], folder)
    return folder


@pytest.fixture(scope="module")
def positions(run: StoredRun) -> pd.DataFrame:
    """Quota, expected bookings and chance of each position as the run stores them."""
    rows = run.table("attainment")
    return rows[rows["level"] == "rep"].set_index("id").sort_index()


@pytest.fixture(scope="module")
def territories(run: StoredRun) -> pd.DataFrame:
    """The territories as the run stores them."""
    return run.table("territories").set_index("territory_id").sort_index()


def test_the_web_page(folder: Path, positions: pd.DataFrame, territories: pd.DataFrame) -> None:
    """Cells carry the unrounded values."""
    tables = Page((folder / "report.html").read_text(encoding="utf-8")).tables
    heads = [cell.text.removesuffix("0 to 100 %") for cell in tables["Positions"][0]]  # of the bars
    shown = {row[0].text: dict(zip(heads, row, strict=True)) for row in tables["Positions"][1:]}
    for name, row in positions.iterrows():
        cells = shown[str(name)]
        found = [float(str(cells[head].value)) for head in ("Quota, USD", "Expected, USD", "P(at quota)")]
        assert found == [row["quota"], row["expected"], row["p_at_quota"]]
    heads = [cell.text for cell in tables["Territories"][0]]
    shown = {row[0].text: dict(zip(heads, row, strict=True)) for row in tables["Territories"][1:]}
    for measure in ("potential", "workload"):
        head = f"{measure.capitalize()}, deviation"
        found = {name: float(str(cells[head].value)) for name, cells in shown.items()}
        assert found == territories[f"{measure}_deviation"].to_dict()


def test_the_workbook(
    run: StoredRun, folder: Path, positions: pd.DataFrame, territories: pd.DataFrame
) -> None:
    """Cells are the stored numbers; those of key figures and stress cases, too."""
    sheets = workbook(folder / "report.xlsx")
    attainment = sheets["Attainment"]
    rep = attainment[attainment["Level"] == "rep"].set_index("Id").sort_index()
    for head, column in (
        ("Quota, USD", "quota"),
        ("Expected, USD", "expected"),
        ("P(at quota)", "p_at_quota"),
    ):
        assert rep[head].tolist() == positions[column].tolist()
    found = sheets["Territories"].set_index("Territory").sort_index()
    assert found["Workload, deviation"].tolist() == pytest.approx(
        territories["workload_deviation"].tolist(), rel=1e-15
    )
    kpis = run.table("kpis")["value"].astype(float)
    assert sheets["Key figures"]["Value"].tolist() == pytest.approx(kpis.tolist(), rel=1e-15)
    assert sheets["Stress"]["Expected, USD"].tolist() == run.table("stress")["expected"].tolist()
    quotas = run.table("quotas").pivot(index="territory_id", columns="period", values="quota")
    shown = sheets["Quotas"].set_index("Territory").sort_index()
    for period, head in (("FY", "Year, USD"), ("Q1", "Q1, USD"), ("2027-03", "2027-03, USD")):
        assert shown[head].tolist() == quotas[period].tolist()


def test_the_slides(folder: Path, positions: pd.DataFrame, territories: pd.DataFrame) -> None:
    """Charts hold the stored numbers."""
    from pptx import Presentation

    deck = Presentation(str(folder / "report.pptx"))
    series = {
        one.name: list(one.values)
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_chart
        for one in shape.chart.plots[0].series
    }
    assert series["Quota"] != positions["quota"].tolist()  # the last chart of that name is that of the months
    assert series["Expected bookings"] == pytest.approx(positions["expected"].tolist(), rel=1e-15)
    assert series["Chance of reaching the quota"] == positions["p_at_quota"].tolist()
    assert series["Potential"] == pytest.approx(territories["potential_deviation"].tolist(), rel=1e-15)


def test_the_pdf(folder: Path, run: StoredRun, positions: pd.DataFrame) -> None:
    """A position's row reads its quota, expected bookings and chance; key figures and stress cases are there."""
    from pypdf import PdfReader

    text = "\n".join(page.extract_text() for page in PdfReader(folder / "report.pdf").pages)
    flat = re.sub(r"\s+", " ", text.replace("\u200b", ""))
    for name, row in positions.iterrows():
        chance = re.escape(f"{round(100 * row['p_at_quota'])} %")
        quota, expected = (re.escape(f"{row[column]:,.0f}") for column in ("quota", "expected"))
        assert re.search(rf"{name} [^,]+ {quota} {expected} [\d.]+ % {chance}", flat), name
    for wanted in run.table("stress").query("level == 'company' and id == 'company'")["expected"]:
        assert f" {wanted:,.0f} " in flat
    kpis = run.table("kpis").set_index("kpi")["value"].astype(float)
    for name in ("objective", "plan_target", "quota_total", "expected_bookings"):
        assert f" {kpis[name]:,.0f} " in flat, name


def workbook(path: Path) -> dict[str, pd.DataFrame]:
    """Read the sheets of tables."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* extension is not supported")  # data bars below zero
        sheets: dict[str, Any] = pd.read_excel(path, sheet_name=None, header=1, engine="openpyxl")
    return sheets
