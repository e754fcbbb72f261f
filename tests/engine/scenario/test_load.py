"""A scenario loaded: its values, its mistakes together, what can be used in spite of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import Finding, InputError, Severity
from engine.scenario.load import draft_scenario, load_scenario
from engine.scenario.nearest import did_you_mean, nearest
from engine.scenario.places import dotted, undotted
from engine.scenario.reference import EXAMPLE
from tests.small_company import write_company

ROOT = Path(__file__).resolve().parents[3]


def spoil(folder: Path, *changes: tuple[str, str]) -> Path:
    text = EXAMPLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return write_company(folder, {"scenario.yaml": text})


def test_values(tmp_path: Path) -> None:
    """Values have their types: dates, exact money, text ids, defaults."""
    scenario = load_scenario(spoil(tmp_path, ("2_000_000", "2000000.10"))).scenario
    assert scenario.fiscal_year_start == date(2027, 1, 1)
    assert scenario.quotas.plan_target == Decimal("2000000.1")
    assert scenario.process.stages[1].name == "close"
    assert scenario.territories.count == "per_position"


def test_no_such_file(tmp_path: Path) -> None:
    """A scenario that is not there is told by its name, with the nearest one."""
    write_company(tmp_path)
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "scenaro.yaml")
    (finding,) = caught.value.findings
    assert (finding.code, finding.file) == ("FILE-MISSING", "scenaro.yaml")
    assert "did you mean scenario.yaml?" in finding.message


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Mistakes of the schema and between keys are told together, sorted by line, each once."""
    path = spoil(
        tmp_path,
        ("2027-01-01", "2027-01-02"),
        ("area_km2: km2", "aera_km2: km2"),
        ("measure: workload", "measure: nothing"),
        ("tolerance: 0.20", "tolerance: high"),
        ("advance: 0.6", "advance: 60"),
    )
    findings = draft_scenario(path).findings
    assert [f.line for f in findings] == [2, 3, 6, 12, 13, 19]
    codes = [f.code.removeprefix("SCN-") for f in findings]
    assert codes == ["YEAR", "UNKNOWN", "AREA", "VALUE", "MEASURE", "VALUE"]
    assert findings[3].value == "high"


def test_usable_parts_of_a_broken_scenario(tmp_path: Path) -> None:
    """Blocks without mistakes, and blocks whose mistakes no table depends on, can be used."""
    path = spoil(
        tmp_path,
        ("tolerance: 0.20", "tolerance: high"),
        ("advance: 0.6", "advance: 60"),
        ("id: town,", "id: town, nmae: x,"),
        ("table: accounts.csv", "tabel: accounts.csv"),
    )
    draft = draft_scenario(path)
    assert draft.loaded is None
    blocks = draft.blocks
    assert blocks.units is not None
    assert blocks.units.id == "town"
    assert blocks.territories is not None
    assert [balance.measure for balance in blocks.territories.balance] == ["potential", "workload"]
    assert blocks.process is not None
    assert [stage.name for stage in blocks.process.stages] == ["qualify", "close"]
    assert blocks.accounts is None


def test_values_are_cut_and_escaped(tmp_path: Path) -> None:
    """A value in a message has one line, no control characters and at most 80 characters."""
    path = spoil(tmp_path, ("plan_target: 2_000_000", 'plan_target: "' + r"\e[31mred\n" + "x" * 500 + '"'))
    (finding,) = draft_scenario(path).findings
    assert finding.value.startswith(r"\x1b[31mred\nxxx")
    assert len(finding.value) == 80
    assert len(finding.message) < 200


def test_locate(tmp_path: Path) -> None:
    """A finding that knows its key alone is given the key's place, or its block's."""
    loaded = load_scenario(write_company(tmp_path))

    def at(key: str) -> tuple[str, int]:
        found = loaded.locate(Finding("scenario", 0, 0, key, "X", Severity.ERROR, "", "m", "r"))
        return found.file, found.line

    assert at("quotas.plan_target") == ("scenario.yaml", 15)
    assert at("quotas.rounding") == ("scenario.yaml", 15)
    assert at("territories.balance.1.tolerance") == ("scenario.yaml", 13)
    assert at("") == ("scenario.yaml", 1)


def test_warnings_do_not_stop(tmp_path: Path) -> None:
    """A weight without effect and a single territory are warnings."""
    change = ("2_000_000", "2_000_000, weights: {history: 1}")
    loaded = load_scenario(spoil(tmp_path, change, ("territories:", "territories:\n  count: 1")))
    assert [(f.code, f.severity) for f in loaded.findings] == [
        ("SCN-ONE", Severity.WARNING),
        ("SCN-NO-EFFECT", Severity.WARNING),
    ]


def test_a_missing_package_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report as slides or PDF needs a package: without it nothing is solved, with it nothing is said."""
    asks = ("plan_target: 2_000_000}", "plan_target: 2_000_000}\nreport: {formats: [html, pdf, kml, pptx]}")
    (tmp_path / "with").mkdir()
    monkeypatch.setattr("engine.scenario.checks.find_spec", lambda module: object())
    assert load_scenario(spoil(tmp_path / "with", asks)).scenario.report.formats[1] == "pdf"
    monkeypatch.setattr("engine.scenario.checks.find_spec", lambda module: None)
    found = draft_scenario(spoil(tmp_path, asks)).findings
    assert [(one.code, one.key, one.line) for one in found] == [
        ("SCN-PACKAGE", "report.formats.1", 16),
        ("SCN-PACKAGE", "report.formats.3", 16),
    ]
    assert 'pip install "typst' in found[0].remedy


@pytest.mark.parametrize(
    ("word", "names", "answer"),
    [
        ("tolerence", ["tolerance", "measure"], "tolerance"),
        ("nmae", ["name", "table"], "name"),
        ("workload_hours", ["workload", "potential"], "workload"),
        ("T99", ["T09", "T19", "T01"], ""),
        ("T9", ["T1", "T2"], ""),
        ("xyz", ["abc"], ""),
        ("Hours", ["hours"], "hours"),
    ],
)
def test_nearest(word: str, names: list[str], answer: str) -> None:
    """A name is guessed at distance 2 or by its beginning, and only if one is nearest."""
    assert nearest(word, names) == answer
    assert (answer in did_you_mean(word, names)) if answer else did_you_mean(word, names) == ""


def test_key_paths_as_text() -> None:
    """A key path is written with points and read back."""
    assert dotted(("a", 0, "b")) == "a.0.b"
    assert undotted("a.0.b") == ("a", 0, "b")


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.name)
def test_bundled_scenarios(path: Path) -> None:
    """Every bundled scenario loads without a remark and points an editor at the schema."""
    assert load_scenario(path).findings == ()
    assert path.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=scenario.schema.json\n"
    )


@pytest.mark.parametrize(("weight", "noted"), [("1.2", True), ("0.7", False)])
def test_weights_that_do_not_sum_to_one_are_noted(tmp_path: Path, weight: str, noted: bool) -> None:
    """Weights of a blend count as parts of their sum, which is said when the sum is not 1."""
    blend = f"2_000_000, rule: blend, weights: {{potential: {weight}, history: 0.3}}"
    found = draft_scenario(spoil(tmp_path, ("2_000_000", blend))).findings
    assert any(finding.code == "SCN-WEIGHTS-SUM" for finding in found) is noted
