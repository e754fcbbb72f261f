"""Good run folders are accepted: one worked out by hand, many at random."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.verify import verify_run
from tests.engine.verify.small_run import Design, finding, small_run


def broken(folder: Path, complete: bool = True) -> list[str]:
    """Say which rules a folder breaks."""
    return [f"{c.rule}: {c.found}" for c in verify_run(folder, complete).checks if not c.passed]


def test_figures_by_hand() -> None:
    """The small folder holds the figures one gets with pencil and paper."""
    tables = small_run().tables
    first, second = tables["territories.csv"]
    # 410 of 1,000 where 1.0 of 2.5 positions should hold 400; 590 against 600
    assert [first[f"potential{s}"] for s in ("", "_target", "_lower", "_upper")] == [
        "410.0",
        "400.0",
        "360.0",
        "440.0",
    ]
    assert float(first["potential_deviation"]) == pytest.approx(0.025)
    assert float(second["potential_deviation"]) == pytest.approx(-1 / 60)
    # two units a tenth of a degree (11.1195 km) from the centre, 10 visits, 5 a trip, there and back, 1.25 x
    assert float(first["travel_km"]) == pytest.approx(2 * 11.11950802 * 2 * 2 * 1.25)
    assert first["travel_cost"] == "77.84"
    # unit 2 comes from T2 with 30,000; unit 5 was nobody's; the locked account stays with T1
    assert (first["handoff_value"], first["handoff_cost"], second["handoff_value"]) == (
        "30000.00",
        "4500.00",
        "0.00",
    )
    assert (first["accounts"], first["revenue"]) == ("4", "150000.00")
    assert [row["quota"] for row in tables["quotas.csv"] if row["period"] == "FY"] == [
        "432000.00",
        "648000.11",
    ]


def test_small_folder_is_accepted(tmp_path: Path) -> None:
    """The folder worked out by hand passes every rule."""
    report = verify_run(small_run().write(tmp_path / "run"))
    assert [check.rule for check in report.checks if not check.passed] == []
    assert report.verdict
    assert len(report.checks) > 50


def test_unfinished_folder_is_accepted(tmp_path: Path) -> None:
    """Before the manifest is written only the tables are judged; without one no run is finished."""
    folder = small_run().write(tmp_path / "run", finish=False)
    assert broken(folder, complete=False) == []
    assert broken(folder) == ["files: readable: manifest.json: is missing"]


def test_run_without_a_plan(tmp_path: Path) -> None:
    """An infeasible run is fine without tables of a plan, and rejected with them."""
    run = small_run()
    run.manifest |= {"status": "infeasible", "objective": None, "bound": None, "gap": None}
    assert broken(run.write(tmp_path / "both")) == [
        "manifest: status: alignment.csv is there; quotas.csv is there"
    ]
    run.tables.clear()
    assert broken(run.write(tmp_path / "none")) == []


def test_rounded_figures(tmp_path: Path) -> None:
    """Recomputed figures may be rounded to three decimals and money to cents, not coarser."""
    for places, accepted in ((3, True), (1, False)):
        run = small_run()
        for row in run.tables["territories.csv"]:
            for column in ("potential_deviation", "travel_km", "travel_hours", "compactness"):
                row[column] = f"{float(row[column]):.{places}f}"
        assert (broken(run.write(tmp_path / f"{places}")) == []) is accepted


@pytest.mark.parametrize(("gap", "accepted"), [("0.128224391", True), ("0.1282", True), ("0.1286", False)])
def test_rounded_gap(gap: str, accepted: bool, tmp_path: Path) -> None:
    """A gap may be rounded, or worked out before objective and bound were rounded to cents."""
    run = small_run()
    figures = {row["kpi"]: row for row in run.tables["kpis.csv"]}
    assert figures["objective"]["value"].startswith("21794.6084")
    for name, value in (("objective", "21794.61"), ("bound", "19000.00"), ("gap", gap)):
        figures[name]["value"] = value
    assert (broken(run.write(tmp_path / "run")) == []) is accepted


def test_oversize_unit_opens_the_upper_limit(tmp_path: Path) -> None:
    """A unit above every limit is accepted when it is named, and raises no other territory's limit."""
    design = Design(
        potential=(130, 800, 150, 150, 150, 150),
        holder=(0, 0, 1, 1, 2, 2),
        previous=(0, 0, 1, 1, 2, 2),
        homes=(1, None, None),
        centres=(1, 2, 4),
        capacity=("1.0", "1.0", "1.0"),
        tolerance=("0.5", "0.5"),
        annual=(360_000_00, 360_000_00, 360_000_11),
        manager=("Ana", "Ana", "Bo"),
    )
    run = small_run(design)
    assert broken(run.write(tmp_path / "silent")) == [
        "findings: oversize units: unit U01 is oversize and not named"
    ]
    run.problems.append(finding("SCN-OVERSIZE", "U01"))
    assert broken(run.write(tmp_path / "named")) == []
    first, second, _ = run.tables["territories.csv"]
    # target 510, limit 765: opened by 800 - 510
    assert (float(first["potential_upper"]), float(second["potential_upper"])) == (1055.0, 765.0)
    first["potential_upper"] = "1055.1"
    assert broken(run.write(tmp_path / "wider")) == [
        "territories: potential: T1: potential_upper 1055.1 is 1055"
    ]


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """Draw a row of units cut into territories, with tolerances that hold."""
    k = draw(st.integers(1, 4))
    sizes = [draw(st.integers(2, 4)) for _ in range(k)]
    n = sum(sizes)
    holder = tuple(t for t, size in enumerate(sizes) for _ in range(size))
    starts = [sum(sizes[:t]) for t in range(k)]
    centres = tuple(starts[t] + draw(st.integers(0, sizes[t] - 1)) for t in range(k))
    homes = [draw(st.sampled_from([None, centre])) for centre in centres]
    annual = [draw(st.integers(0, 1080 // k)) * 1000_00 for _ in range(k - 1)]
    annual.append(1_080_000_11 - sum(annual))
    return Design(
        potential=tuple(draw(st.integers(80, 120)) for _ in range(n)),
        holder=holder,
        previous=tuple(draw(st.sampled_from([None, *range(k)])) for _ in range(n)),
        homes=tuple(homes),
        centres=centres,
        capacity=tuple(str(size) for size in sizes),
        share="capacity",
        tolerance=("0.6", "1.0"),
        visits=draw(st.integers(1, 30)),
        revenue=tuple(draw(st.integers(0, 10**9)) for _ in range(n)),
        handoff=draw(st.sampled_from(["priced", "free"])),
        annual=tuple(annual),
        replications=draw(st.integers(10, 60)),
        step=draw(st.sampled_from([0.01, 0.05, 0.1])),
        manager=tuple(draw(st.sampled_from(["", "Ana", "'=Bo"])) for _ in range(k)),
        seed=draw(st.integers(0, 10**6)),
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(designs())
def test_no_false_alarm(design: Design) -> None:
    """Two hundred random good folders are accepted."""
    with tempfile.TemporaryDirectory() as folder:
        assert broken(small_run(design).write(Path(folder) / "run")) == []
