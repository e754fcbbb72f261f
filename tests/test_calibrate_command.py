"""The command `calibrate`: a CRM's table in, a process file that scenarios extend and a page out."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import run_scenario
from benchmarks.calibration import KnownProcess, KnownStage, recorded
from engine.calibration import Ending
from engine.cli import main
from engine.scenario.load import load_scenario
from engine.scenario.reference import EXAMPLE
from simulation.distributions import Lognormal
from tests.engine.report.page import Page
from tests.small_company import write_company

PROCESS = KnownProcess(
    stages=(
        KnownStage(0.6, Lognormal(20.0, 0.8), Lognormal(12.0, 1.0)),
        KnownStage(0.5, Lognormal(30.0, 0.7), Lognormal(25.0, 0.9)),
    ),
    per_year=500.0,
    owners=4,
    years=1.5,
)
LABEL = 'invented "by" a test & <b>'
WORDS = {Ending.OPEN: "", Ending.ADVANCED: "advanced", Ending.LOST: "lost"}


def command(*words: str) -> int:
    """Run the command line as a user would."""
    return main(run_scenario, words)


def write_events(path: Path) -> None:
    """Write the table that a CRM would export of a company with a known process."""
    history = recorded(PROCESS, np.random.default_rng(4))
    names = ("qualify", "close")
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["opportunity", "stage", "entered", "left", "outcome", "amount", "owner"])
        for row in range(len(history.stage)):
            ending = Ending(history.ending[row])
            table.writerow(
                [
                    history.opportunities[history.opportunity[row]],
                    names[history.stage[row]],
                    date.fromordinal(int(history.entered[row])),
                    "" if ending is Ending.OPEN else date.fromordinal(int(history.left[row])),
                    "won" if history.won[row] else WORDS[ending],
                    f"{history.amount[row]:.2f}" if history.won[row] else "",
                    history.owners[history.owner[row]],
                ]
            )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the process of a known company was fitted."""
    place = tmp_path_factory.mktemp("calibrated")
    write_events(place / "events.csv")
    out = str(place / "process.yaml")
    assert command("calibrate", str(place / "events.csv"), "--out", out, "--synthetic", LABEL) == 0
    return place


def test_a_scenario_extends_the_process(folder: Path) -> None:
    """A scenario without a process of its own takes the fitted one, with its source and the label."""
    own = EXAMPLE[: EXAMPLE.index("process:")] + "extends: process.yaml\n"
    process = load_scenario(write_company(folder, {"scenario.yaml": own})).scenario.process
    assert [stage.name for stage in process.stages] == ["qualify", "close"]
    assert [stage.advance for stage in process.stages] == pytest.approx([0.6, 0.5], abs=0.06)
    assert [stage.days.mean for stage in process.stages] == pytest.approx([20.0, 30.0], rel=0.15)
    assert process.opportunities_per_year == pytest.approx(500, rel=0.15)
    assert process.deal_size.mean == pytest.approx(10_000, rel=0.2)
    assert process.source.startswith("calibrated on events.csv, ")
    assert LABEL in process.source


def test_what_the_scenario_writes_goes_before(folder: Path) -> None:
    """A key of the scenario's own process replaces the fitted one; the others stay."""
    own = EXAMPLE[: EXAMPLE.index("process:")] + "extends: process.yaml\nprocess: {skill_cv: 0.33}\n"
    scenario = load_scenario(write_company(folder, {"scenario.yaml": own})).scenario
    assert scenario.process.skill_cv == 0.33
    assert len(scenario.process.stages) == 2
    assert scenario.synthetic == LABEL


def test_the_page_is_offline_labelled_and_says_the_same(folder: Path) -> None:
    """The page makes no request, carries the label, and shows the chances that the process file holds."""
    text = (folder / "process.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "http" not in "".join(str(value) for _, found in page.tags for value in found.values())
    assert page.text.count(" " + LABEL) == 2
    assert not [tag for tag, found in page.tags if "style" in found]
    stages = page.tables["Stages"]
    written = (folder / "process.yaml").read_text(encoding="utf-8")
    for row in stages[1:]:
        assert f"advance: {float(f'{float(row[1].value or 0):.4g}')!r} #" in written
    assert len(page.tables["Coverage"]) == 3
    charts = [found for tag, found in page.tags if tag == "polyline"]
    assert len(charts) == 2 * (2 * 2 + 2)
    assert all(found["points"] and "nan" not in str(found["points"]) for found in charts)


def test_the_same_table_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    """Nothing in the files depends on when or where the command runs."""
    out = str(tmp_path / "process.yaml")
    assert command("calibrate", str(folder / "events.csv"), "--out", out, "--synthetic", LABEL) == 0
    for name in ("process.yaml", "process.html"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_without_label_nothing_is_called_synthetic(folder: Path, tmp_path: Path) -> None:
    """Real data get no label."""
    out = tmp_path / "new" / "process.yaml"
    words = (
        "--out",
        str(out),
        "--since",
        "2022-10-01",
        "--until",
        "2023-02-01",
        "--stages",
        "qualify, close",
    )
    assert command("calibrate", str(folder / "events.csv"), *words) == 0
    assert "synthetic" not in out.read_text(encoding="utf-8")
    assert "Synthetic data" not in out.with_suffix(".html").read_text(encoding="utf-8")
    assert "2022-10-01 to 2023-02-01" in out.read_text(encoding="utf-8")


def test_mistakes_end_with_their_place(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table with mistakes ends with exit code 2, file and line of each, and no file is written."""
    text = (folder / "events.csv").read_text(encoding="utf-8").replace(",won,", ",WIN!,", 2)
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    assert command("calibrate", str(tmp_path / "bad.csv"), "--out", str(tmp_path / "p.yaml")) == 2
    told = capsys.readouterr().err
    line = text[: text.index(",WIN!,")].count("\n") + 1
    assert f"bad.csv:{line}: outcome: found WIN!" in told
    assert "1 error" in told
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_strict_refuses_warnings(folder: Path, tmp_path: Path) -> None:
    """With --strict a warning is an error."""
    text = (folder / "events.csv").read_text(encoding="utf-8") + "X1,qualify,,2023-01-05,lost,,\n"
    (tmp_path / "events.csv").write_text(text, encoding="utf-8")
    words = ("calibrate", str(tmp_path / "events.csv"), "--out", str(tmp_path / "p.yaml"))
    assert command(*words, "--strict") == 2
    assert command(*words) == 0


def test_labels_survive_yaml(folder: Path) -> None:
    """Quotes and angle brackets of a label are written so that YAML gives them back."""
    line = (folder / "process.yaml").read_text(encoding="utf-8").split("\nsynthetic: ")[1].splitlines()[0]
    assert json.loads(line) == LABEL
