"""Reading runs back, listing them, and what is said about damaged ones."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError, StorageError
from engine.runs import RunWriter, list_runs, load_run
from engine.runs.layout import TEXT_COLUMNS
from engine.runs.parquet import read_parquet, write_parquet
from engine.runs.result_hash import result_hash
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run that tests copy before they damage it."""
    return make_run(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of the complete run."""
    return Path(shutil.copytree(whole, tmp_path / "runs" / whole.name))


def test_tables_have_their_types(whole: Path) -> None:
    """Ids and names are text without gaps, flags are booleans, all other columns are numbers."""
    stored = load_run(whole)
    for name, text in TEXT_COLUMNS.items():
        if name.startswith("inputs/"):  # only where the scenario names it
            continue
        table = stored.table(name)
        assert text <= set(table), name
        for column in table:
            kind = str(table[column].dtype)
            if column in text:
                assert kind == "str", (name, column)
                assert not table[column].isna().any(), (name, column)
            else:
                assert kind in ("float64", "int64", "bool"), (name, column)
    assert stored.table("units")["unit_id"][0] == "00001"
    assert stored.table("alignment")["locked"].dtype == bool
    assert stored.table("accounts")["name"][0].startswith("=SUM(")
    assert stored.table("inputs/locks").dtypes.astype(str).unique().tolist() == ["str"]
    assert stored.json("scenario.resolved")["name"] == "grid"
    assert "name: grid" in stored.text("scenario.resolved.yaml")


def test_every_damaged_file_is_named(run: Path) -> None:
    """One changed byte in any file, or a missing file, is found and named; all in one message."""
    names = [file.name for file in load_run(run).manifest.files]
    for name in names:
        data = bytearray((run / name).read_bytes())
        data[len(data) // 2] ^= 1
        (run / name).write_bytes(data)
    (run / "units.csv").unlink()
    with pytest.raises(StorageError) as caught:
        load_run(run)
    for name in names:
        said = "is missing" if name == "units.csv" else "is not what was written"
        assert f"{name} {said}" in str(caught.value)


def test_an_edited_report_is_no_damage(run: Path) -> None:
    """A report or a map that somebody edited does not stop anybody from reading the results."""
    stored = load_run(run)
    with RunWriter(run.parent, run.name, start_from=stored) as writer:
        writer.write_text("report.html", "as written")
        writer.write_text("maps/current.svg", "as written")
        writer.finish(stored.facts)
    (run / "report.html").write_text("edited", encoding="utf-8")
    (run / "maps" / "current.svg").unlink()
    assert load_run(run).text("report.html") == "edited"
    assert [summary.problem for summary in list_runs(run.parent)] == [""]


def test_not_a_run(tmp_path: Path) -> None:
    """A path that is no run is a mistake in the input, told with a remedy."""
    for path, said in ((tmp_path, "has no manifest.json"), (tmp_path / "none", "does not exist")):
        with pytest.raises(InputError, match=said) as caught:
            load_run(path)
        assert caught.value.findings[0].code == "RUN-NONE"
        assert caught.value.findings[0].remedy


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"schema_version": 99}'])
def test_a_damaged_manifest(data: bytes, run: Path) -> None:
    """A manifest that cannot be read is trouble with files, told with a remedy."""
    (run / "manifest.json").write_bytes(data)
    with pytest.raises(StorageError, match=r"manifest\.json.*\n  fix:"):
        load_run(run)


def test_what_a_run_does_not_have(whole: Path) -> None:
    """Asking for a table, text or Parquet file that is not there names the path."""
    stored = load_run(whole)
    for read in (stored.table, stored.json, stored.text, stored.parquet):
        with pytest.raises(StorageError, match=r"nothing\S*: .*\n  fix:"):
            read("nothing")


def test_files_that_are_not_what_they_should_be(run: Path) -> None:
    """A file that changes after the run was opened is told by its name, without a traceback of a library."""
    stored = load_run(run)
    for name in ("kpis.csv", "problems.json", "attainment.parquet"):
        (run / name).write_bytes(b"\xff not what it was")
    with pytest.raises(StorageError, match=r"kpis\.csv: it is not UTF-8"):
        stored.table("kpis")
    with pytest.raises(StorageError, match=r"problems\.json: it is not UTF-8"):
        stored.json("problems")
    with pytest.raises(StorageError, match=r"attainment\.parquet: it is not Parquet"):
        stored.parquet("attainment")
    (run / "kpis.csv").write_text("kpi,value\nobjective,many\n", encoding="utf-8")
    (run / "problems.json").write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match=r"kpis\.csv: row 2, column value: 'many' is not a number"):
        stored.table("kpis")
    with pytest.raises(StorageError, match=r"problems\.json: Expecting"):
        stored.json("problems")


def test_a_damaged_run_never_hides_the_others(run: Path) -> None:
    """Every folder is listed by name; the damaged ones each say what is wrong."""
    folder = run.parent
    for name in ("empty", "json", "short", "lost", "version"):
        shutil.copytree(run, folder / name)
    (folder / "empty" / "manifest.json").unlink()
    (folder / "json" / "manifest.json").write_text("{", encoding="utf-8")
    (folder / "short" / "units.csv").write_text("unit_id\n", encoding="utf-8")
    (folder / "lost" / "kpis.csv").unlink()
    (folder / "version" / "manifest.json").write_text('{"schema_version": 2}', encoding="utf-8")
    (folder / ".hidden.partial").mkdir()
    (folder / "notes.txt").write_text("not a run", encoding="utf-8")
    listed = {summary.path.name: summary for summary in list_runs(folder)}
    assert list(listed) == ["empty", run.name, "json", "lost", "short", "version"]
    good = listed.pop(run.name)
    assert good.problem == ""
    assert good.facts == load_run(run).facts
    assert good.written is not None
    assert datetime.now(tz=UTC) - good.written < timedelta(hours=1)
    said = {
        "empty": "no manifest",
        "json": "Expecting",
        "short": "size",
        "lost": "kpis.csv",
        "version": "version 2",
    }
    for name, words in said.items():
        assert words in listed[name].problem
        assert listed[name].facts is None
        assert "\n" not in listed[name].problem


def test_no_folder_no_runs(tmp_path: Path) -> None:
    """A folder that does not exist has no runs, and asking does not make it."""
    assert list_runs(tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()


def test_the_result_hash_ignores_order(run: Path) -> None:
    """Rows and columns in another order are the same result."""
    before = result_hash(run)
    for name in ("alignment", "attainment", "kpis", "months", "quotas", "stress"):
        text = pd.read_csv(run / f"{name}.csv", dtype=str, keep_default_na=False)
        text.iloc[::-1, ::-1].to_csv(run / f"{name}.csv", index=False, lineterminator="\n")
    write_parquet(run / "attainment.parquet", read_parquet(run / "attainment.parquet").iloc[::-1, ::-1])
    assert result_hash(run) == before


@pytest.mark.parametrize("name", ["alignment", "attainment", "kpis", "months", "quotas", "stress"])
def test_the_result_hash_sees_every_cell(name: str, run: Path) -> None:
    """One changed cell of a result is another result."""
    before = result_hash(run)
    text = pd.read_csv(run / f"{name}.csv", dtype=str, keep_default_na=False)
    text.iloc[-1, 1] += "0"
    text.to_csv(run / f"{name}.csv", index=False, lineterminator="\n")
    assert result_hash(run) != before


@pytest.mark.parametrize("column", ["replication", "territory_id", "month", "bookings_cents"])
def test_the_result_hash_sees_the_bookings(column: str, run: Path) -> None:
    """One changed booking, year, territory or month is another result."""
    before = result_hash(run)
    bookings = read_parquet(run / "attainment.parquet")
    bookings.loc[0, column] = bookings[column].iloc[-1]
    write_parquet(run / "attainment.parquet", bookings)
    assert result_hash(run) != before
