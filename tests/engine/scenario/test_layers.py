"""What a scenario extends and what the command line sets."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.errors import InputError, shown
from engine.scenario.load import LoadedScenario, load_scenario
from engine.scenario.places import place_of
from tests.small_company import write_company


def load(folder: Path, text: str, *overrides: str, name: str = "top.yaml") -> LoadedScenario:
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(text, encoding="utf-8")
    return load_scenario(folder / name, overrides)


def codes(folder: Path, text: str, *overrides: str) -> list[tuple[str, str, int]]:
    with pytest.raises(InputError) as caught:
        load(folder, text, *overrides)
    return [(finding.code, finding.file, finding.line) for finding in caught.value.findings]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_company(tmp_path)
    return tmp_path


def test_order_of_priority(folder: Path) -> None:
    """The command line goes before the file, the file before what it extends, that before the defaults."""
    text = "extends: scenario.yaml\nname: top\nquotas: {rounding: 500}\nseed: 3\n"
    loaded = load(folder, text, "seed=9", "territories.balance.0.tolerance=0.05")
    scenario = loaded.scenario
    assert (scenario.seed, scenario.name, scenario.quotas.rounding) == (9, "top", 500)
    assert scenario.quotas.plan_target == 2_000_000
    assert scenario.quotas.over_assignment == 0
    assert [balance.tolerance for balance in scenario.territories.balance] == [0.05, 0.25]
    assert loaded.applied == (
        "top.yaml extends scenario.yaml", "--set seed=9", "--set territories.balance.0.tolerance=0.05",
    )  # fmt: skip
    assert [file.name for file in loaded.files] == ["top.yaml", "scenario.yaml"]


def test_lists_are_replaced(folder: Path) -> None:
    """A list replaces the list below it, and nothing of the old one is left, not even its places."""
    loaded = load(
        folder, "extends: scenario.yaml\nterritories: {balance: [{measure: workload, tolerance: 0.1}]}\n"
    )
    assert [balance.measure for balance in loaded.scenario.territories.balance] == ["workload"]
    assert ("territories", "balance", 1) not in loaded.places
    assert loaded.places["territories", "balance", 0, "tolerance"].file == "top.yaml"


def test_nothing_turns_a_block_off(folder: Path) -> None:
    """A key can be emptied by what extends it."""
    assert load(folder, "extends: scenario.yaml\ncurrent: null\n").scenario.current is None


def test_places_name_the_file_that_counts(folder: Path) -> None:
    """A key's place is in the file whose value counts, and on the command line if that does."""
    loaded = load(folder, "extends: scenario.yaml\n\nname: top\n", "quotas.rounding=10")
    assert (loaded.places["name",].file, loaded.places["name",].line) == ("top.yaml", 3)
    assert (loaded.places["reps", "table"].file, loaded.places["reps", "table"].line) == ("scenario.yaml", 7)
    place = place_of(loaded.places, ("quotas", "rounding"))
    assert (place.file, place.line, place.text) == ("--set", 0, "10")


def test_paths_stay_relative_to_the_file_that_wrote_them(folder: Path) -> None:
    """A path is relative to the file that wrote it, and none becomes absolute."""
    text = "extends: ../scenario.yaml\nname: top\nreps: {table: my_reps.csv}\n"
    loaded = load(folder, text, name="deep/top.yaml")
    assert loaded.scenario.units.table == "../units.csv"
    assert loaded.scenario.rules.locks == "../locks.csv"
    assert loaded.scenario.reps.table == "my_reps.csv"


def test_chain(folder: Path) -> None:
    """A scenario may extend one that extends another, in other folders."""
    load(folder, "extends: ../scenario.yaml\nname: middle\nseed: 5\n", name="deep/middle.yaml")
    loaded = load(folder, "extends: deep/middle.yaml\nname: top\n")
    assert (loaded.scenario.name, loaded.scenario.seed) == ("top", 5)
    assert loaded.scenario.units.table == "units.csv"
    assert [file.name for file in loaded.files] == ["top.yaml", "deep/middle.yaml", "scenario.yaml"]
    for file in loaded.files:
        data = (folder / file.name).read_bytes()
        assert (file.content.data, file.content.sha256) == (data, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("name", ["top.yaml", "scenario.yaml"])
def test_too_large(folder: Path, name: str) -> None:
    """A scenario file that holds data is refused with a remedy about scenarios, not about rows and columns."""
    (folder / "top.yaml").write_text("extends: scenario.yaml\nname: top\n", encoding="utf-8")
    (folder / name).write_text("# " + "x" * 256_000, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(folder / "top.yaml")
    (finding,) = caught.value.findings
    assert (finding.code, finding.file) == ("YAML-SIZE", "top.yaml")
    assert "more than the 256,000 a scenario may have" in finding.message
    assert finding.remedy.startswith("put data into CSV tables")
    assert "rows" not in finding.remedy


def test_a_large_picture_is_called_a_picture(folder: Path) -> None:
    """What is no scenario is called what it is, however large, also where another scenario extends it."""
    (folder / "map.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 300_000)
    with pytest.raises(InputError) as caught:
        load_scenario(folder / "map.png")
    assert [finding.code for finding in caught.value.findings] == ["YAML-KIND"]
    assert codes(folder, "extends: map.png\n") == [("YAML-KIND", "top.yaml", 1)]


def test_mistakes_below(folder: Path) -> None:
    """A mistake in what is extended is told in its own file."""
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    (folder / "scenario.yaml").write_text(text.replace("0.25", "25%"), encoding="utf-8")
    assert codes(folder, "extends: scenario.yaml\nname: top\n") == [("SCN-VALUE", "scenario.yaml", 13)]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("\nextends: base.yaml\n", "FILE-MISSING", 2),
        ("extends: ../../../x.yaml\n", "FILE-OUTSIDE", 1),
        ("extends: [a, b]\n", "SCN-VALUE", 1),
        ("extends: top.yaml\n", "SCN-CYCLE", 1),
    ],
)
def test_extends_in_vain(folder: Path, text: str, code: str, line: int) -> None:
    """A base that cannot be used is told where it is asked for."""
    assert (code, "top.yaml", line) in codes(folder, text)


def test_cycle_of_two(folder: Path) -> None:
    """A cycle is told where it closes, with the files in it."""
    (folder / "a.yaml").write_text("extends: top.yaml\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(folder, "extends: a.yaml\n")
    cycles = [finding for finding in caught.value.findings if finding.code == "SCN-CYCLE"]
    assert [(finding.file, finding.line) for finding in cycles] == [("a.yaml", 1)]
    assert "top.yaml -> a.yaml -> top.yaml" in cycles[0].message


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ("seed", "SET-FORM"),
        ("=3", "SET-FORM"),
        ("a..b=3", "SET-FORM"),
        ("territories.balance.9.tolerance=0.1", "SET-KEY"),
        ("territories.balance.x=0.1", "SET-KEY"),
        ("name.x=1", "SET-KEY"),
        ("0=1", "SET-KEY"),
        ("seed=[1", "YAML-BRACKET"),
        ("sede=1", "SET-KEY"),
        ("seed=one", "SCN-VALUE"),
        ("units.table=nowhere", "OK"),
        ("report.formats=[html]", "OK"),
        ("solve.gap=0.02", "OK"),
    ],
)
def test_overrides(folder: Path, override: str, code: str) -> None:
    """An override that names no key, or a wrong value, is told as written on the command line."""
    if code == "OK":
        assert load(folder, "extends: scenario.yaml\n", override).applied[-1] == f"--set {override}"
    else:
        assert codes(folder, "extends: scenario.yaml\n", override) == [(code, "--set", 0)]


def test_a_block_that_set_makes_is_not_blamed_on_the_file(folder: Path) -> None:
    """An unknown block on the command line is one error there, not one of a line of the file."""
    assert codes(folder, "extends: scenario.yaml\n", "quota.rule=blend") == [("SET-KEY", "--set", 0)]


@pytest.mark.parametrize(
    ("override", "remedy"),
    [
        ("territories.balance.1.tolerence=0.1", "--set territories.balance.1.tolerance=0.1"),
        ("territories.blance.1.tolerance=0.1", "--set territories.balance.1.tolerance=0.1"),
        ("territories.balance.tolerance=0.1", "--set territories.balance.0.tolerance=0.1"),
        ("balance.1.tolerance=0.1", "--set territories.balance.1.tolerance=0.1"),
        ("plan-target=5", "--set quotas.plan_target=5"),
        ("Quotas.Rounding=5", "--set quotas.rounding=5"),
        ("name.x=3", "--set name=3"),
        ("measures.other.mine.colum=a", "--set measures.other.mine.column=a"),
        ("process.mood=1", "process may hold: opportunities_per_year, "),
        ("no.such.key=1", "a scenario may hold: schema_version, name, "),
        ("column=a", "a scenario may hold: schema_version, name, "),
        ("simulation.stress.0=x", "set the whole list: --set simulation.stress=[...]"),
        ("territories.balance.2.tolerance=0.1", "name an item that is there"),
    ],
)
def test_a_wrong_key_of_set_is_one_error_with_the_nearest_right_one(
    folder: Path, override: str, remedy: str
) -> None:
    """A key that does not exist is one error on the command line, whose remedy is the key that was meant."""
    with pytest.raises(InputError) as caught:
        load(folder, "extends: scenario.yaml\n", override)
    (finding,) = caught.value.findings
    assert (finding.code, finding.file, finding.key) == ("SET-KEY", "--set", override.partition("=")[0])
    assert remedy in finding.remedy


def test_set_is_not_blamed_for_a_base_that_is_missing(folder: Path) -> None:
    """A key that would stand in the missing base is no second error."""
    told = codes(folder, "extends: nowhere.yaml\n", "territories.balance.0.tolerance=0.1")
    assert told == [("FILE-MISSING", "top.yaml", 1)]
    assert codes(folder, "extends: nowhere.yaml\n", "territories.balanse=1")[0][0] == "SET-KEY"


@pytest.mark.parametrize(
    ("path", "message", "remedy"),
    [
        ("nope.yaml", "nope.yaml does not exist", "correct the path, or copy scenarios/quickstart.yaml"),
        ("scenario", "scenario does not exist - did you mean scenario.yaml?", "correct the path"),
        ("first", "first does not exist - did you mean scenarios/first.yaml?", "correct the path"),
        ("nowhere/a.yaml", "nowhere/a.yaml does not exist", "correct the path"),
        (
            "scenarios",
            "scenarios is a folder, not a scenario",
            "name a scenario in it, such as scenarios/first",
        ),
        ("empty", "empty is a folder, not a scenario", "correct the path, or copy scenarios/quickstart.yaml"),
    ],
)
def test_missing_scenario(folder: Path, path: str, message: str, remedy: str) -> None:
    """A scenario that does not exist is told as it was typed, with the one that may be meant."""
    (folder / "empty").mkdir()
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "first.yaml").write_text("name: first\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(folder / path, ())
    (finding,) = caught.value.findings
    told = f"{folder.as_posix()}/{path}"
    assert finding.message == message.replace(path, shown(told), 1)
    assert finding.remedy.startswith(remedy)
