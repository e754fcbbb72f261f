"""Runs side by side."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.compare import compare_runs, current_as_run
from engine.compare.comparison import _without_luck
from engine.compare.side import OWN_COLUMNS
from engine.errors import InputError
from engine.runs import RunWriter, StoredRun, load_run
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def six(folder: Path) -> StoredRun:
    """Six territories."""
    return load_run(make_run(folder))


@pytest.fixture(scope="module")
def five(folder: Path) -> StoredRun:
    """Five territories on the same grid, under another name."""
    return load_run(make_run(folder, territories=5, name="five"))


def rewritten(run: StoredRun, folder: Path, run_id: str, **tables: pd.DataFrame) -> StoredRun:
    """The same run with some tables replaced; names with a dot are Parquet."""
    with RunWriter(folder, run_id, start_from=run) as writer:
        for name, frame in tables.items():
            if name == "bookings":
                writer.write_parquet("attainment.parquet", frame)
            else:
                writer.write_csv(f"{name}.csv", frame)
        return load_run(writer.finish(run.facts))


def test_figures_stand_side_by_side(six: StoredRun, five: StoredRun) -> None:
    """Each run's figures are its own, with unit and meaning; counts have no better direction."""
    kpis = compare_runs([six, five]).kpis.set_index("kpi")
    for run, label in ((six, "grid"), (five, "five")):
        own = run.table("kpis").set_index("kpi")["value"]
        pd.testing.assert_series_equal(kpis.loc[own.index, label], own.astype(float), check_names=False)
    assert list(kpis.loc["objective", ["unit", "better"]]) == ["USD per year", "lower"]
    assert list(kpis.loc["plan_target", ["better", "best"]]) == ["", ""]
    assert kpis.loc["objective", "best"] == (
        "five" if kpis.loc["objective", "five"] < kpis.loc["objective", "grid"] else "grid"
    )
    assert kpis.loc["max_deviation_potential", "better"] == "lower"
    assert kpis.loc["p_plan", "better"] == "higher"


def test_the_best_figure(six: StoredRun, tmp_path: Path) -> None:
    """The best run is the lowest or highest as the figure wants; a tie has none."""
    kpis = six.table("kpis").set_index("kpi")
    kpis.loc["travel_cost", "value"] -= 1
    kpis.loc["value_moved_share", "value"] += 0.01
    kpis.loc["p_plan", "value"] -= 0.01
    other = rewritten(six, tmp_path, "other-1", kpis=kpis.reset_index())
    best = compare_runs([six, other]).kpis.set_index("kpi")["best"]
    assert best["travel_cost"] == other.run_id
    assert best["value_moved_share"] == six.run_id
    assert best["p_plan"] == ""  # their simulated years are the same, so it is no better
    assert best["handoff_cost"] == ""


def test_what_is_simulated_is_better_only_beyond_luck() -> None:
    """A tick needs a paired interval of the company's bookings that leaves out 0, against every rival."""
    kpis = pd.DataFrame({"kpi": ["expected_bookings", "p_plan", "travel_cost"], "best": ["b", "b", "b"]})

    def ticks(**intervals: tuple[float, float]) -> list[str]:
        rows = [("company", "company", run, *ends) for run, ends in intervals.items()]
        paired = pd.DataFrame(rows, columns=["level", "id", "run", "low", "high"])
        return _without_luck(kpis, paired, ["a", "b", "c"])["best"].tolist()

    assert ticks(b=(1.0, 9.0), c=(-1.0, 2.0)) == ["b", "b", "b"]
    assert ticks(b=(-1.0, 9.0), c=(1.0, 2.0)) == ["", "", "b"]
    assert ticks(c=(1.0, 2.0)) == ["", "", "b"]
    kpis["best"] = "a"
    assert ticks(b=(-9.0, -1.0), c=(-2.0, -1.0)) == ["a", "a", "a"]
    assert ticks(b=(-9.0, -1.0), c=(-2.0, 1.0)) == ["", "", "a"]


@pytest.mark.parametrize(
    ("keys", "parts", "said"),
    [
        ({"objective": {"travel_cost_per_km": 0.9}}, {"travel_cost"}, "travel_cost_per_km is 0.7 in grid"),
        ({"objective": {"handoff": "free"}}, {"handoff_cost"}, "priced in grid, free in other"),
        ({"disruption": {"loss_on_handoff": 0.3}}, {"handoff_cost"}, "0.15 in grid, 0.3 in other"),
        ({"objective": {"imbalance_cost_per_point": 1}}, {"imbalance_cost"}, "500.0 in grid, 1.0 in other"),
        ({"travel": {"circuity": 1.5}}, {"travel_cost", "imbalance_cost"}, "travel and imbalance"),
        ({"seed": 2}, {"travel_cost", "imbalance_cost"}, "input units.table is "),
    ],
)
def test_costs_by_other_prices(
    six: StoredRun, folder: Path, keys: dict[str, object], parts: set[str], said: str
) -> None:
    """Costs that are counted by other prices or tables have no better one, and a note says why."""
    other = load_run(make_run(folder, territories=6, name="other", **keys))
    comparison = compare_runs([six, other])
    assert set(comparison.not_alike) == parts | {"objective", "bound", "gap"}
    assert said in comparison.notes[0]
    kpis = comparison.kpis.set_index("kpi")
    assert set(kpis.loc[list(comparison.not_alike), "best"]) == {""}
    assert list(kpis.loc["objective", ["better", "best"]]) == ["lower", ""]


def test_costs_by_the_same_prices(six: StoredRun, folder: Path) -> None:
    """Another target, limit, number of years or effort changes what is asked, not how costs are counted."""
    keys = {"disruption": {"max_share": 0.9}, "solve": {"gap": 0.2}, "rules": {"locks": "other.csv"}}
    asked = load_run(make_run(folder, name="asked", quotas={"plan_target": Decimal(9_000_000)}, **keys))
    comparison = compare_runs([six, asked])
    assert len(comparison.differences) == 5
    assert comparison.not_alike == ()
    assert comparison.notes == ()


def test_moves_are_what_differs(six: StoredRun, five: StoredRun) -> None:
    """A unit or account is listed if and only if two runs disagree about it, the most valuable first."""
    comparison = compare_runs([six, five])
    for key, table, moves in (
        ("unit_id", "alignment", comparison.moved_units),
        ("account_id", "accounts", comparison.moved_accounts),
    ):
        a, b = (run.table(table).set_index(key)["territory_id"] for run in (six, five))
        assert sorted(moves[key]) == sorted(a.index[a != b])
        assert 0 < len(moves) < len(a)
        assert list(moves["grid"]) == list(a[moves[key]])
        assert list(moves["five"]) == list(b[moves[key]])
        assert moves["value"].is_monotonic_decreasing
    names = six.table("units").set_index("unit_id")["name"]
    assert list(comparison.moved_units["name"]) == list(names[comparison.moved_units["unit_id"]])


def test_one_moved_unit(six: StoredRun, tmp_path: Path) -> None:
    """If one unit moves, one unit is listed with its value at risk."""
    alignment = six.table("alignment")
    alignment.loc[7, "territory_id"] = "T06"
    moves = compare_runs([six, rewritten(six, tmp_path, "other-1", alignment=alignment)]).moved_units
    unit = six.table("units").loc[7]
    assert moves.values.tolist() == [
        [unit["unit_id"], unit["name"], unit["group"], unit["handoff_value"], "T01", "T06"]
    ]


def test_territories_side_by_side(six: StoredRun, five: StoredRun) -> None:
    """Every territory has a row for each run that has it, with quota and chance from the simulation."""
    table = compare_runs([six, five]).territories
    assert list(table["territory_id"]) == [
        "T01",
        "T01",
        "T02",
        "T02",
        "T03",
        "T03",
        "T04",
        "T04",
        "T05",
        "T05",
        "T06",
    ]
    assert list(table["run"]) == ["grid", "five"] * 5 + ["grid"]
    reps = six.table("attainment").query("level == 'rep'").set_index("id")
    own = table[table["run"] == "grid"].set_index("territory_id")
    for column in ("quota", "expected", "p_at_quota"):
        assert list(own[column]) == list(reps.loc[own.index, column])


def test_paired_bookings(six: StoredRun, tmp_path: Path) -> None:
    """A constant gain in every year is a certain difference; year-to-year luck cancels out."""
    bookings = six.parquet("attainment")
    first = (bookings["territory_id"] == "T01") & (bookings["month"] == "2027-01")
    bookings.loc[first, "bookings_cents"] += 12_345
    other = rewritten(six, tmp_path, "other-1", bookings=bookings)
    paired = compare_runs([six, other]).attainment.set_index(["level", "id"])
    gained = {("rep", "T01"), ("manager", "Manager A"), ("region", "North"), ("company", "company")}
    for key, row in paired.iterrows():
        expected = 123.45 if key in gained else 0.0
        assert [row["low"], row["difference"], row["high"]] == pytest.approx([expected] * 3, abs=1e-6), key
        assert row["expected"] - row["base_expected"] == pytest.approx(expected, abs=1e-6)
    assert set(paired["run"]) == {other.run_id}
    assert set(paired["base"]) == {six.run_id}
    assert len(paired) == 6 + 2 + 2 + 1


def test_the_interval_of_a_difference(six: StoredRun, tmp_path: Path) -> None:
    """The interval is the mean difference -+ Student's t x standard error, worked out by hand."""
    bookings = six.parquet("attainment")
    gains = (
        np.where(bookings["replication"] % 2, 300, 100)
        * (bookings["month"] == "2027-01")
        * (bookings["territory_id"] == "T02")
    )
    other = rewritten(
        six, tmp_path, "other-1", bookings=bookings.assign(bookings_cents=bookings["bookings_cents"] + gains)
    )
    row = compare_runs([six, other]).attainment.set_index(["level", "id"]).loc[("rep", "T02")]
    # 30 years gain 1.00 and 30 gain 3.00: deviation sqrt(60/59), t(59; 97.5 %) = 2.0009954
    half = 2.0009954 * np.sqrt(60 / 59) / np.sqrt(60)
    assert [row["low"], row["difference"], row["high"]] == pytest.approx([2 - half, 2, 2 + half], rel=1e-6)


def test_attainment_is_measured_by_each_plan_s_own_quotas(six: StoredRun, tmp_path: Path) -> None:
    """Half the quota of one position doubles what it attains; its chance moves the share of positions at quota."""
    summary = six.table("attainment")
    rep = (summary["level"] == "rep") & (summary["id"] == "T02")
    summary.loc[rep, "quota"] /= 2
    comparison = compare_runs([six, rewritten(six, tmp_path, "other-1", attainment=summary)])
    shares = comparison.shares.set_index(["level", "id"])
    row = shares.loc[("rep", "T02")]
    assert row["attainment"] == pytest.approx(2 * row["base_attainment"])
    before = six.table("attainment").set_index(["level", "id"])
    assert row["base_attainment"] == pytest.approx(before.loc[("rep", "T02"), "attainment_mean"])
    for name in ("company", "quotas"):
        mean = before.loc[("company", name), "attainment_mean"]
        assert shares.loc[("company", name), "base_attainment"] == pytest.approx(mean)
    assert shares.loc[("company", "company"), "difference"] == 0
    kpis = six.table("kpis").set_index("kpi")["value"]
    seats = shares.loc[("company", "positions")]
    assert seats["base_attainment"] == pytest.approx(kpis["share_at_quota"])
    booked = (
        six.parquet("attainment")
        .query("territory_id == 'T02'")
        .groupby("replication")["bookings_cents"]
        .sum()
    )
    quota = 100 * before.loc[("rep", "T02"), "quota"]
    gain = (booked >= quota / 2).mean() - (booked >= quota).mean()
    assert gain > 0
    assert seats["difference"] == pytest.approx(gain / len(six.table("territories")))
    assert comparison.attained["positions"].mean().tolist() == pytest.approx(
        [seats["base_attainment"], seats["attainment"]]
    )


def test_groups_follow_each_run(six: StoredRun, tmp_path: Path) -> None:
    """A manager's bookings are those of the territories the manager has in that run."""
    territories = six.table("territories")
    territories.loc[1, "manager"] = "Manager A"
    other = rewritten(six, tmp_path, "other-1", territories=territories)
    paired = compare_runs([six, other]).attainment.set_index(["level", "id"])
    moved = paired.loc[("rep", "T02"), "expected"]
    assert paired.loc[("manager", "Manager A"), "difference"] == pytest.approx(moved)
    assert paired.loc[("manager", "Manager B"), "difference"] == pytest.approx(-moved)
    assert paired.loc[("company", "company"), "difference"] == 0


def test_what_cannot_be_paired(six: StoredRun, folder: Path) -> None:
    """Other seeds or other numbers of years are not paired, and the reason is said."""
    other_seed = replace(six, manifest=replace(six.manifest, run_id="x", facts=replace(six.facts, seed=9)))
    comparison = compare_runs([six, other_seed])
    assert comparison.attainment.empty
    assert "their seeds differ (1 and 9)" in comparison.notes[0]
    fewer = load_run(make_run(folder, name="fewer", simulation={"replications": 30}))
    comparison = compare_runs([six, fewer])
    assert comparison.attainment.empty
    assert "(60 and 30)" in comparison.notes[0]


def test_what_was_asked_differently(six: StoredRun, five: StoredRun, folder: Path) -> None:
    """Keys with different values, and inputs with other bytes, are listed with both values; names are not."""
    differences = compare_runs([six, five]).differences.set_index(["kind", "key"])
    assert list(differences.index) == [
        ("scenario", "process.opportunities_per_year"),
        ("scenario", "quotas.plan_target"),
    ]
    assert list(differences.loc[("scenario", "quotas.plan_target")]) == ["6000000", "5000000"]
    seeded = load_run(make_run(folder, seed=2, title="Other title", disruption={"max_share": 0.1}))
    differences = compare_runs([six, seeded]).differences.set_index(["kind", "key"])
    assert list(differences.loc[("scenario", "disruption.max_share")]) == ["null", "0.1"]
    assert list(differences.loc[("scenario", "seed")]) == ["1", "2"]
    assert ("input", "units.table") in differences.index
    assert differences.loc[("input", "units.table"), six.run_id].startswith("units.csv (")
    assert ("scenario", "title") not in differences.index


def test_three_runs_have_three_columns(six: StoredRun, five: StoredRun) -> None:
    """Any number of runs can be compared; the current alignment is one of them."""
    comparison = compare_runs([current_as_run(six), six, five])
    assert comparison.labels == ("current", "grid", "five")
    assert list(comparison.kpis)[5:] == ["current", "grid", "five"]
    assert list(comparison.moved_units)[4:] == ["current", "grid", "five"]
    assert list(comparison.differences)[2:] == ["grid", "five"]
    assert set(comparison.attainment["base"]) == {"grid"}
    assert set(comparison.attainment["run"]) == {"five"}


def test_runs_of_one_scenario_are_told_apart_by_their_id(six: StoredRun, folder: Path) -> None:
    """Two runs of the same scenario have their ids as headings."""
    again = load_run(make_run(folder, title="Again"))
    assert compare_runs([six, again]).labels == (six.run_id, again.run_id)


@pytest.mark.parametrize("name", [*sorted(OWN_COLUMNS), "current"])
def test_a_run_named_like_a_column(six: StoredRun, name: str) -> None:
    """A scenario whose name is a column of a table overwrites nothing: its run is called by its id."""
    facts = replace(six.facts, scenario=name)
    other = replace(six, manifest=replace(six.manifest, run_id=f"{name}-0123456789ab", facts=facts))
    comparison = compare_runs([current_as_run(six), six, other])
    labels = ["current", six.run_id, other.run_id]
    assert list(comparison.labels) == labels
    usual = compare_runs([current_as_run(six), six])
    for table in ("kpis", "moved_units", "moved_accounts", "differences"):
        own = [column for column in getattr(usual, table) if column not in usual.labels]
        assert set(own) <= OWN_COLUMNS, "a column that no run may be named like"
        assert [column for column in getattr(comparison, table) if column not in labels] == own
    for words in ("unit", "meaning"):
        assert list(comparison.kpis[words]) == list(usual.kpis[words])
    assert list(comparison.moved_units["value"]) == list(usual.moved_units["value"])
    assert list(comparison.kpis[six.run_id]) == pytest.approx(list(usual.kpis["grid"]), nan_ok=True)


def test_runs_without_accounts(six: StoredRun, five: StoredRun) -> None:
    """Accounts that only one run has are counted in a note, not listed as moved."""
    (five.path / "accounts.csv").rename(five.path / "accounts.away")
    try:
        comparison = compare_runs([six, five])
    finally:
        (five.path / "accounts.away").rename(five.path / "accounts.csv")
    assert comparison.moved_accounts.empty
    assert list(comparison.moved_accounts) == ["account_id", "name", "unit_id", "value", "grid", "five"]
    assert comparison.notes == (
        "Accounts only in grid or only in five: 120; they are not in the list of moves.",
    )


def test_what_cannot_be_compared(six: StoredRun, folder: Path) -> None:
    """Other units, another currency, one run alone or twice: each is told with its place, all at once."""
    small = load_run(make_run(folder, name="small", units=58, currency="EUR"))
    with pytest.raises(InputError) as caught:
        compare_runs([six, small])
    assert [finding.code for finding in caught.value.findings] == ["CMP-CURRENCY", "CMP-UNITS"]
    assert "2 are missing (00059, 00060)" in str(caught.value)
    assert str(small.path) in str(caught.value)
    with pytest.raises(InputError, match="2 are new"):
        compare_runs([small, six])
    with pytest.raises(InputError, match="two runs or more"):
        compare_runs([six])
    with pytest.raises(InputError, match="given twice"):
        compare_runs([six, six])
