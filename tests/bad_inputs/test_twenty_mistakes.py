"""Twenty mistakes planted in one scenario and its tables are all told in one pass."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import Finding, InputError, Severity, format_findings
from engine.scenario.load import load_scenario
from engine.tables.read import check
from tests.small_company import FILES, write_company

ROOT = Path(__file__).resolve().parents[2]
PLANTED = [  # file, text, what it becomes, code and line of the message
    ("scenario.yaml", "2027-01-01", "2027-01-15", "SCN-YEAR", 2),
    ("scenario.yaml", "km2, ", "km2, nmae: town, ", "SCN-UNKNOWN", 3),
    ("scenario.yaml", "tolerance: 0.20", "tolerance: 20%", "SCN-VALUE", 12),
    ("scenario.yaml", "measure: workload", "measure: worklod", "SCN-MEASURE", 13),
    ("scenario.yaml", "plan_target: 2_000_000", "rule: potential", "SCN-MISSING", 15),
    ("scenario.yaml", "advance: 0.5", "advance: 5", "SCN-VALUE", 20),
    ("scenario.yaml", "forbid.csv", "forbidden.csv", "FILE-MISSING", 14),
    ("units.csv", "110,800,80", '110,"1,800",80', "NUM-THOUSANDS", 3),
    ("units.csv", "120,700,70", "120,700,", "NUM-BLANK", 4),
    ("units.csv", "02003,10.1,50.1", "02003,10.1,95.1", "NUM-RANGE", 7),
    ("adjacency.csv", "02003,02005", "02003,02009", "REF-UNIT", 6),
    ("reps.csv", "10.0,1.0", "10.0,0", "NUM-RANGE", 2),
    ("reps.csv", "2021-05-01", "01.05.2021", "DATE-FORM", 3),
    ("accounts.csv", '"Beta, Inc"', "Beta, Inc", "CSV-TOO-MANY", 3),
    ("accounts.csv", "A4,Delta,02005", "A4,Delta,2005", "ID-ZEROS", 5),
    ("accounts.csv", "small,0,T2,no,no", "small,0,T2,no,perhaps", "YES-NO", 4),
    ("current.csv", "02007,T2", "02008,T2", "REF-UNIT", 9),
    ("locks.csv", "02007,T2", "02007,T9", "REF-TERRITORY", 3),
    ("pipeline.csv", "qualify", "qualfy", "DEAL-STAGE", 2),
    ("pipeline.csv", "2026-12-01", "2026-02-30", "DATE-IMPOSSIBLE", 3),
]


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = dict(FILES)
    for file, old, new, _, _ in PLANTED:
        text = files[file]
        assert isinstance(text, str)
        assert text.count(old) >= 1, (file, old)
        files[file] = text.replace(old, new, 1)
    return write_company(tmp_path, files)


def errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def test_all_twenty_are_told(spoilt: Path) -> None:
    """Twenty mistakes in a scenario and its tables give twenty messages with file and line, and no more."""
    checked = check(spoilt)
    told = [(finding.code, finding.file, finding.line) for finding in errors(checked.findings)]
    planted = [(code, file, line) for file, _, _, code, line in PLANTED]
    assert sorted(told) == sorted(planted), format_findings(checked.findings)
    assert checked.loaded is None
    assert checked.tables is None


@pytest.mark.parametrize("command", [("run",), ("validate",), ()], ids=["run", "validate", "no word"])
def test_the_command_line_tells_all_twenty(spoilt: Path, command: tuple[str, ...]) -> None:
    """The real command prints twenty messages with file and line, ends with 2 and leaves no folder behind."""
    out = spoilt.parent / "runs"
    where = () if command == ("validate",) else ("--out", str(out))
    done = subprocess.run(
        [sys.executable, "run_scenario.py", *command, str(spoilt), *where],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    told = re.findall(r"^(\S+?):(\d+):.* \[([A-Z-]+)\]$", done.stderr, re.MULTILINE)
    planted = [(str(spoilt.parent / file), str(line), code) for file, _, _, code, line in PLANTED]
    assert sorted(told) == sorted(planted), done.stderr
    assert len(told) == 20
    assert done.stderr.count("\n  fix: ") >= 20
    left = [path.name for path in spoilt.parent.iterdir() if path.is_dir()]
    assert left == []


def test_messages_are_sorted_and_counted(spoilt: Path) -> None:
    """What cannot be read comes first, the rest by file and line; all open in an editor; the last line counts."""
    text = format_findings(errors(check(spoilt).findings), spoilt.parent)
    heads = [line for line in text.splitlines() if line.startswith(str(spoilt.parent))]
    assert len(heads) == 20
    assert text.splitlines()[-1] == "20 errors"
    places = [(head.split(":")[0], int(head.split(":")[1])) for head in heads]
    assert "[FILE-MISSING]" in heads[0]
    assert places[1:] == sorted(places[1:])


def test_scenario_errors_come_without_tables(spoilt: Path) -> None:
    """Loading the scenario alone tells its own mistakes, and never those of a table or a missing file."""
    with pytest.raises(InputError) as caught:
        load_scenario(spoilt)
    assert {finding.file for finding in caught.value.findings} == {"scenario.yaml"}
    assert len(caught.value.findings) == 6


def test_a_broken_scenario_loads_no_heavy_library(spoilt: Path) -> None:
    """What is wrong in a scenario is told before tables, solvers or figures are loaded."""
    program = (
        "import sys; from pathlib import Path; from engine.scenario.load import draft_scenario\n"
        "from engine.errors import format_findings\n"
        f"print(format_findings(draft_scenario(Path({str(spoilt)!r})).findings))\n"
        "print(sorted({'pandas', 'numpy', 'pandera', 'pyomo', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-2:] == ["6 errors", "[]"]


def test_the_command_tells_scenario_mistakes_before_it_loads_anything_heavy(spoilt: Path) -> None:
    """`validate` has printed what is wrong in the YAML when pandas, geopandas and the like begin to load."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "run_scenario.py", "validate", str(spoilt)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    before, told, after = run.stderr.partition("6 errors\n")
    assert told
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in before.splitlines() if "|" in line
    }
    assert "typer" in loaded  # the output has the form this test reads
    assert not loaded & {"numpy", "pandas", "pandera", "geopandas", "pyproj", "matplotlib", "scipy", "pyomo"}
    assert "pandas" in after  # tables are read afterwards
