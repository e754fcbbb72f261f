"""The shipped scenarios, end to end, through the command line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pandas as pd
import pytest

import run_scenario
from engine.cli import _tell_drivers, main
from engine.runs import StoredRun, list_runs, load_run
from engine.scenario.load import load_scenario
from engine.verify.checker import verify_run
from tests.engine.not_needed import NotNeeded

DOCS = Path(__file__).resolve().parent.parent / "docs"
SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
QUICK = ("--set", "simulation.replications=10")


def command(*words: str) -> int:
    """Run the command line as a user would."""
    return main(run_scenario, words)


def only_run(folder: Path) -> StoredRun:
    """Open the one run of a folder."""
    (found,) = list_runs(folder)
    return load_run(found.path)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """The quickstart, run once with one worker."""
    out = tmp_path_factory.mktemp("quick")
    assert command(str(SCENARIOS / "quickstart.yaml"), "--out", str(out), "--workers", "1", *QUICK) == 0
    return only_run(out)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_is_valid(path: Path) -> None:
    """Each shipped scenario and its tables pass validation."""
    assert command("validate", str(path)) == 0


def test_quickstart_keeps_its_rules(quick_run: StoredRun) -> None:
    """Every territory is one piece, inside its tolerances, with a stated gap, and the checker accepts the run."""
    territories = quick_run.table("territories")
    assert (territories["pieces"] == 1).all()
    assert territories["potential_deviation"].abs().max() <= 0.10 + 1e-9
    assert territories["workload_deviation"].abs().max() <= 0.10 + 1e-9
    assert 0 <= quick_run.facts.gap <= 0.02
    assert verify_run(quick_run.path).verdict


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        ("us_field_sales", 0.02),
        ("us_30_positions", 0.5),
        ("us_tight_balance", 0.05),
        ("us_low_disruption", 0.5),
    ],
)
def test_every_scenario_gives_a_plan_that_keeps_its_rules(name: str, gap: float, tmp_path: Path) -> None:
    """The whole country, end to end: one piece each, inside the tolerances, repeatable, accepted by the checker."""
    path = SCENARIOS / f"{name}.yaml"
    patient = ("--time-limit", "1800")  # a busy machine is no reason to fail
    soon = (
        () if name == "us_field_sales" else ("--set", f"solve.gap={gap}")
    )  # as good as asked for, not the best
    assert command(str(path), "--out", str(tmp_path), *patient, *soon, *QUICK) == 0
    run = only_run(tmp_path)
    wide = {
        balance.measure: balance.tolerance for balance in load_scenario(path).scenario.territories.balance
    }
    territories = run.table("territories")
    assert len(territories) == (30 if name == "us_30_positions" else 22)
    assert (territories["pieces"] == 1).all()
    assert territories["potential_deviation"].abs().max() <= wide["potential"] + 1e-9
    assert territories["workload_deviation"].abs().max() <= wide["workload"] + 1e-9
    assert 0 <= run.facts.gap <= (1.0 if name == "us_30_positions" else gap)
    assert run.facts.reproducible
    assert verify_run(run.path).verdict


def test_workers_change_nothing(quick_run: StoredRun, tmp_path: Path) -> None:
    """One and two workers write the same bytes into every file but environment.json."""
    assert command(str(SCENARIOS / "quickstart.yaml"), "--out", str(tmp_path), "--workers", "2", *QUICK) == 0
    again = only_run(tmp_path)
    assert again.path.name == quick_run.path.name
    names = sorted(p.relative_to(quick_run.path) for p in quick_run.path.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(again.path) for p in again.path.rglob("*") if p.is_file())
    for name in names:
        if name.name != "environment.json":
            assert (quick_run.path / name).read_bytes() == (again.path / name).read_bytes(), name


def without_search(*words: str) -> int:
    """Run the command line where a search for a plan fails the test."""

    def searched(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the plan was searched for again")

    return main(SimpleNamespace(**{**vars(run_scenario), "solve": searched}), words)


def assert_same_files(one: StoredRun, other: StoredRun) -> None:
    """Both run folders hold the same bytes but for environment.json."""
    files = [
        {p.relative_to(run.path): p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
        for run in (one, other)
    ]
    assert files[0].keys() == files[1].keys()
    differing = [str(name) for name in files[0] if files[0][name] != files[1][name]]
    assert differing in ([], ["environment.json"])


def test_a_plan_is_simulated_again(quick_run: StoredRun, tmp_path: Path) -> None:
    """`simulate RUN` writes the bytes of the whole run without a search, and --stress takes the place of the cases."""
    place = ("simulate", str(quick_run.path), "--out")
    assert without_search(*place, str(tmp_path / "same")) == 0
    assert_same_files(only_run(tmp_path / "same"), quick_run)
    words = ("--replications", "12", "--stress", "price_cut", "--workers", "1")
    assert without_search(*place, str(tmp_path / "other"), *words) == 0
    other = only_run(tmp_path / "other")
    assert other.table("stress")["case"].unique().tolist() == ["price_cut"]
    assert other.parquet("attainment")["replication"].max() == 11
    for name in ("alignment.csv", "quotas.csv"):
        assert (other.path / name).read_bytes() == (quick_run.path / name).read_bytes()
    assert verify_run(other.path).verdict


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--stress", "price_cat"), "price_cut"),
        (("--replications", "3"), "simulation.replications"),
        (("--scenario", "nowhere.yaml"), "RUN-SCENARIO"),
        (
            ("--scenario", str(SCENARIOS / "us_field_sales.yaml")),
            "process.opportunities_per_year is not what the run was made with",
        ),
        (("--trace", "nobody"), "this run has no position nobody"),
        (("--trace", "T01", "--stress", "price_cut"), "--trace shows one year"),
        (("--year", "3"), "--year goes with --trace"),
    ],
)
def test_what_cannot_be_simulated_again_is_told(
    quick_run: StoredRun, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong case, number, scenario, position or mixture of options ends with 2 and its reason."""
    assert main(NotNeeded(), ("simulate", str(quick_run.path), *words)) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_drivers_switched_off_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no driver was moved the terminal says so in place of the elasticities."""
    _tell_drivers(pd.DataFrame(columns=["driver", "down", "usual"]))
    assert "fewer leads or hours: not simulated (simulation.drivers: 0)" in capsys.readouterr().err
    _tell_drivers(pd.DataFrame([("leads", -0.07, "no")], columns=["driver", "down", "usual"]))
    assert "10 % fewer leads: -7.0% (unusual" in capsys.readouterr().err


def test_any_year_of_a_position_is_told(quick_run: StoredRun, capsys: pytest.CaptureFixture[str]) -> None:
    """A year that is not in the run is simulated: its wins are the bookings that the run counts for that year."""
    position = str(quick_run.table("territories")["territory_id"].iloc[0])
    assert without_search("simulate", str(quick_run.path), "--trace", position, "--year", "7") == 0
    *_, last = capsys.readouterr().out.splitlines()
    booked = quick_run.parquet("attainment").query("replication == 7 and territory_id == @position")
    assert f" won for USD {booked['bookings_cents'].sum() / 100:,.0f}, " in last


def test_report_is_made_again(quick_run: StoredRun, tmp_path: Path) -> None:
    """`report RUN` writes the same report from the stored tables."""
    before = (quick_run.path / "report.html").read_bytes()
    assert command("report", str(quick_run.path), "--format", "html") == 0
    assert (quick_run.path / "report.html").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_found_before_the_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--out` is tried first: a file in its place ends with 5 and its name, and nothing is solved."""
    place = tmp_path / "runs"
    place.write_text("in the way", encoding="utf-8")

    words = ("--out", str(place), str(SCENARIOS / "quickstart.yaml"))  # options may come first
    assert main(NotNeeded(), words) == 5
    assert "is a file; name a folder that can be written" in " ".join(capsys.readouterr().err.split())


def test_an_interruption_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with 130, a sentence and no run."""

    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    words = (str(SCENARIOS / "quickstart.yaml"), "--out", str(tmp_path))
    assert main(SimpleNamespace(**{**vars(run_scenario), "solve": interrupted}), words) == 130
    assert "interrupted; no run was written" in capsys.readouterr().err
    assert not list_runs(tmp_path)


def test_an_interrupted_simulation_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C while years are simulated ends with 130 and the very run that asked for the finished years."""
    left = [KeyboardInterrupt]

    def simulate(*given: Any, progress: Callable[[str, float], None], **more: Any) -> Any:
        def tell(step: str, done: float) -> None:
            progress(step, done)
            if step == "simulate base" and left:
                raise left.pop()

        return run_scenario.simulate(*given, progress=tell, **more)

    wiring = SimpleNamespace(**{**vars(run_scenario), "simulate": simulate})
    asked = (str(SCENARIOS / "quickstart.yaml"), "--workers", "1", "--set")
    assert main(wiring, (*asked, "simulation.replications=30", "--out", str(tmp_path / "stopped"))) == 130
    assert "10 of 30 years were simulated" in " ".join(capsys.readouterr().err.split())
    stopped = only_run(tmp_path / "stopped")
    assert command(*asked, "simulation.replications=10", "--out", str(tmp_path / "whole")) == 0
    whole = only_run(tmp_path / "whole")
    for name in (
        "attainment.parquet",
        "attainment.csv",
        "stress.csv",
        "drivers.csv",
        "quota_rules.csv",
        "kpis.csv",
    ):
        assert (stopped.path / name).read_bytes() == (whole.path / name).read_bytes(), name
    assert stopped.path.name == whole.path.name
    assert verify_run(stopped.path).verdict


def test_tampering_is_rejected(quick_run: StoredRun, tmp_path: Path) -> None:
    """`verify` ends with 6 when a quota was changed by a cent."""
    copy = tmp_path / quick_run.path.name
    shutil.copytree(quick_run.path, copy)
    text = (copy / "quotas.csv").read_text(encoding="utf-8")
    (copy / "quotas.csv").write_text(text.replace(".00,", ".01,", 1), encoding="utf-8", newline="\n")
    assert command("verify", str(copy)) == 6


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["validate", "no_such.yaml"], 2),
        (["verify", "."], 2),
        (["compare", "one"], 2),
        (["report", "no_such_run"], 2),
        (["run", str(SCENARIOS / "quickstart.yaml"), "--set", "no.such.key=1"], 2),
        (["--no-such-option"], 2),
        (["valdate", str(SCENARIOS / "quickstart.yaml")], 2),
    ],
)
def test_mistakes_end_with_two(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake of the user is told without a traceback and leaves exit code 2."""
    assert command(*words) == code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out


def test_validate_tells_what_is_left_out_and_run_does_not(
    quick_run: StoredRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """`validate` prints the notes that a run keeps for its data quality, `units.keep` and its rows among them."""
    assert command("validate", str(SCENARIOS / "quickstart.yaml")) == 0
    told = " ".join(capsys.readouterr().err.split())
    noted = [one for one in quick_run.json("problems") if one["code"] == "LEFT-OUT"]
    message = "2,891 of 3,109 rows are left out by units.keep; only their ids are checked"
    assert message in [one["message"] for one in noted]
    assert all(one["message"] in told for one in noted)
    tutorial = " ".join((DOCS / "tutorial" / "first-plan.md").read_text(encoding="utf-8").split())
    promised = re.search(r"tells (\d+ notes), .* ends with `(fine; [^`]+)`", tutorial)
    assert promised
    assert all(part in told for part in promised.groups())


def test_a_mistyped_command_is_not_taken_for_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    """A first word that is nearly a command is told which; it is not looked for as a file."""
    assert command("verfy", "runs/some-run") == 2
    assert "there is no command verfy - did you mean verify?" in " ".join(capsys.readouterr().err.split())


def test_contradiction_is_infeasible(tmp_path: Path) -> None:
    """A tolerance no plan can keep ends with 3 or 4, says so, and leaves no run folder."""
    words = [str(SCENARIOS / "quickstart.yaml"), "--out", str(tmp_path), "--time-limit", "5", *QUICK]
    code = command(*words, "--set", "territories.max_travel_hours=0.5")
    assert code == 3
    assert list_runs(tmp_path) == ()


def test_an_edit_changes_only_what_it_must(quick_run: StoredRun, tmp_path: Path) -> None:
    """A run from an earlier one lists exactly the units that differ, each with a reason; without need none differs."""
    before = quick_run.table("alignment").set_index("unit_id")["territory_id"]
    worst = float(quick_run.table("territories")["workload_deviation"].abs().max())
    for name, tolerance in (("same", 0.11), ("tight", round(0.9 * worst, 4))):
        words = ("--set", f"territories.balance.1.tolerance={tolerance}", "--from", str(quick_run.path))
        out = tmp_path / name
        assert command(str(SCENARIOS / "quickstart.yaml"), "--out", str(out), *QUICK, *words) == 0
        again = only_run(out)
        now = again.table("alignment").set_index("unit_id")["territory_id"]
        changes = again.table("changes")
        assert list(changes["unit_id"]) == list(now.index[now != before])
        assert (len(changes) > 0) == (name == "tight")
        assert (changes["reason"] != "").all()
        assert again.table("territories")["workload_deviation"].abs().max() <= tolerance + 1e-9
        assert verify_run(again.path).verdict
    assert without_search("simulate", str(again.path), "--out", str(tmp_path / "again")) == 0
    assert_same_files(only_run(tmp_path / "again"), again)
    assert len(changes) < len(now) / 5
    page = (again.path / "report.html").read_text(encoding="utf-8")
    assert "What changes against the earlier run, and why" in page
