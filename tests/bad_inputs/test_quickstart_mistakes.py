"""Twenty mistakes planted in a copy of the quickstart, the flagship it extends and their tables."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from engine.cli import main
from tests.engine.not_needed import NotNeeded

ROOT = Path(__file__).resolve().parents[2]
QUICK, FLAG = "scenarios/quickstart.yaml", "scenarios/us_field_sales.yaml"
UNITS, REPS, EDGES = "data/us_counties.csv", "data/us_reps.csv", "data/us_counties_adjacency.csv"
ACCOUNTS, DEALS, TODAY = "data/us_accounts.csv", "data/us_pipeline.csv", "data/us_current_alignment.csv"
PLANTED = [  # file, text, what it becomes, code of the message, what its remedy must say
    (QUICK, "VT]", "Vermont]", "KEEP-VALUE", "name a value that stands in the column"),
    (QUICK, "24_000_000", "24.000.000", "SCN-VALUE", "write 24000000"),
    (QUICK, "replications: 200", "replications: 5", "SCN-VALUE", "write a whole number from 10 to 1,000,000"),
    (FLAG, "fiscal_year_start: 2027-01-01", "fiscal_year_start: 2027/01/01", "SCN-VALUE", "2027-01-01"),
    (FLAG, "currency: USD", "currency: dollars", "SCN-VALUE", "currency: USD"),
    (FLAG, "visits: {column: visits_per_year}", "visits: {column: visits}", "CSV-COLUMN", "name a column"),
    (FLAG, "share: capacity", "share: fte", "SCN-VALUE", "write one of these"),
    (FLAG, "us_locks.csv", "us_lock.csv", "FILE-MISSING", "correct the path"),
    (FLAG, "advance: 0.70", "advance: 70", "SCN-VALUE", "write 0.7 for 70 percent"),
    (FLAG, "hiring_delay_days: 90", "hiring_delay_days: 90d", "SCN-VALUE", "write the number alone: 90"),
    (
        UNITS,
        "09110,Capitol,CT,Connecticut,-72",
        "09110,Capitol,CT,Connecticut,-272",
        "NUM-RANGE",
        "-180 to 180",
    ),
    (UNITS, "\n23001,", "\n23001.0,", "ID-DECIMAL", "write 23001"),
    (REPS, "2019-02-01", "1 Feb 2019", "DATE-FORM", "2027-01-31"),
    (REPS, "T03,R03,", "T03,R02,", "REP-TWICE", "correct one of the two"),
    (REPS, "-73.1894,1.0,", "-73.1894,,", "NUM-BLANK", "above 0 and at most 3"),
    (EDGES, "09110,09130,land", "09110,09130,sea", "ADJ-KIND", "land or bridge"),
    (TODAY, "\n09110,", "\n9110,", "ID-ZEROS", "write 09110; format the column as text"),
    (
        ACCOUNTS,
        "36061,mid-market,5487.38,",
        '36061,mid-market,"5.487,38",',
        "NUM-THOUSANDS",
        "without thousands",
    ),
    (ACCOUNTS, "A00029,", "A00028,", "ID-TWICE", "delete or correct one of the two"),
    (
        DEALS,
        "112671.43,2026-12-09,2026-12-30",
        "112671.43,2026-12-31,2026-12-30",
        "DEAL-DAY",
        "correct the date",
    ),
]


def plant(folder: Path) -> list[tuple[str, int, str]]:
    """Copy the quickstart, spoil it, and give file, line and code of what must be told."""
    for part in ("scenarios", "data"):
        shutil.copytree(ROOT / part, folder / part)
    places = []
    for file, old, new, code, _ in PLANTED:
        before, found, after = (folder / file).read_text(encoding="utf-8").partition(old)
        assert found, (file, old)
        (folder / file).write_text(before + new + after, encoding="utf-8", newline="\n")
        places.append((file, (before + new[: new.rfind("\n") + 1]).count("\n") + 1, code))
    return places


@pytest.mark.parametrize("word", ["run", "validate"])
def test_twenty_mistakes_in_the_quickstart_are_twenty_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    """Each is told once, with file, line and a remedy; exit code 2, no traceback, nothing solved, no run folder."""

    planted = plant(tmp_path)
    assert len(planted) == len(set(planted)) == 20
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    assert main(NotNeeded(), (word, QUICK)) == 2
    out, text = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in text
    told = re.findall(r"^(\S+?):(\d+)(?::\d+)?: .*\[([A-Z-]+)\]\n  fix: (.+)$", text, re.MULTILINE)
    assert sorted((file, int(line), code) for file, line, code, _ in told) == sorted(planted), text
    remedies = {(file, int(line), code): remedy for file, line, code, remedy in told}
    for place, (*_, says) in zip(planted, PLANTED, strict=True):
        assert says in remedies[place]
    assert sorted(tmp_path.rglob("*")) == before
