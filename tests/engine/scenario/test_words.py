"""What a writer is told about one wrong value: one message, and a remedy that can be typed as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.errors import Finding
from engine.scenario.keys import main_node, scenario_keys
from engine.scenario.layers import EXTENDS
from engine.scenario.load import draft_scenario, load_scenario
from engine.scenario.reference import EXAMPLE
from engine.scenario.yaml_text import without_comma


def told(folder: Path, text: str, *overrides: str) -> list[Finding]:
    (folder / "scenario.yaml").write_text(text, encoding="utf-8", newline="\n")
    return list(draft_scenario(folder / "scenario.yaml", overrides).findings)


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ("0.20}", "0,20}", "territories.balance.0.tolerance", "write 0.20 (a point, not a comma)"),
        ("2_000_000", "2,000,000", "quotas.plan_target", "write 2000000"),
        ("2_000_000", "1,500.50", "quotas.plan_target", "write 1500.50"),
        ("2_000_000", "12,5,7", "quotas.plan_target", "write a point for decimals, and nothing between"),
        ("{plan_target: 2_000_000}", "\n  plan_target: 2,000,000", "quotas.plan_target", "write 2000000"),
        ("2_000_000", "2000000 USD", "quotas.plan_target", "write the number alone: 2000000"),
        ("2_000_000", '"$2,000,000"', "quotas.plan_target", "write the number alone: 2000000"),
        ("2_000_000", "2.000.000", "quotas.plan_target", "write 2000000"),
        (
            "quotas:",
            "travel: {speed_kmh: 70 km/h}\nquotas:",
            "travel.speed_kmh",
            "write the number alone: 70",
        ),
        ("2_000_000", "2000000.123", "quotas.plan_target", "round it to cents"),
        ("2027-01-01", '"2027-01-01"', "fiscal_year_start", "delete the quotes: 2027-01-01"),
        ("2027-01-01", "2027-02-30", "fiscal_year_start", "there is no such day"),
        ("2027-01-01", "01.01.2027", "fiscal_year_start", "write it like `fiscal_year_start: 2027-01-01`"),
        ("eight-towns", "Eight Towns!", "name", "write eight-towns"),
        ("name: eight-towns", "name:", "name", "write `name: us-field-2027`"),
        ("quotas:", "currency: usd\nquotas:", "currency", "write USD"),
        ("quotas:", "solve: {gap: 2}\nquotas:", "solve.gap", "write 0.02 for 2 percent"),
        ("quotas:", "solve: {time_limit_s: 2 hours}\nquotas:", "solve.time_limit_s", "write seconds: 7200"),
    ],
)
def test_remedy(tmp_path: Path, old: str, new: str, key: str, remedy: str) -> None:
    """A wrong value gives one message with the value as it was meant."""
    assert old in EXAMPLE
    (finding,) = told(tmp_path, EXAMPLE.replace(old, new, 1))
    assert (finding.key, finding.remedy[: len(remedy)]) == (key, remedy)


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.20}", "1, 12: x}"), ("0.20}", "1, x12}"), ("0.20}", "a, 12}"), ("rules:", "seed: 5\n12:\nrules:")],
)
def test_a_key_is_not_what_follows_a_comma(tmp_path: Path, old: str, new: str) -> None:
    """A key with a value, one that is no number, one after text, and one in a line of its own are unknown."""
    codes = [finding.code for finding in told(tmp_path, EXAMPLE.replace(old, new, 1))]
    assert "SCN-UNKNOWN" in codes
    assert "YAML-COMMA" not in codes


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        ("1,000", "write 1000"),
        ("-12,345,678.5", "write -12345678.5"),
        ("0,125", "write 0.125 (a point, not a comma)"),
        ("1234,5", "write 1234.5 (a point, not a comma)"),
        ("1,00,0", ""),
        ("twelve", ""),
    ],
)
def test_without_comma(number: str, remedy: str) -> None:
    """A comma before three digits separates thousands, unless a 0 stands before it; else decimals."""
    assert without_comma(number) == remedy


@pytest.mark.parametrize("base", ["", "a: [\n", "extends: nowhere.yaml\n"])
def test_no_missing_keys_when_a_base_is_missing(tmp_path: Path, base: str) -> None:
    """Keys that an unreadable base may hold are not called missing; other mistakes are told."""
    if base:
        (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    findings = told(tmp_path, f"{EXTENDS}: base.yaml\nseed: -1\n")
    assert len(findings) == 2
    assert not [finding for finding in findings if finding.code == "SCN-MISSING"]
    assert [finding.key for finding in findings if finding.code == "SCN-VALUE"] == ["seed"]


def test_missing_keys_are_told_when_the_base_is_whole(tmp_path: Path) -> None:
    """A key that neither the scenario nor its base writes is missing."""
    (tmp_path / "base.yaml").write_text(EXAMPLE.replace("name: eight-towns\n", ""), encoding="utf-8")
    (finding,) = told(tmp_path, f"{EXTENDS}: base.yaml\n")
    assert (finding.code, finding.key) == ("SCN-MISSING", "name")


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ("extends=other.yaml", "SET-KEY"),
        ("name=\0", "YAML-CHARACTER"),
        ("title=\udcff", "YAML-CHARACTER"),  # a byte of the command line that is no UTF-8
        ("name=" + "[" * 3000, "YAML-DEPTH"),
    ],
)
def test_overrides_that_cannot_be_read(tmp_path: Path, override: str, code: str) -> None:
    """What cannot stand on the command line is refused there in one message, and nothing else is said."""
    (finding,) = told(tmp_path, EXAMPLE, override)
    assert (finding.file, finding.line, finding.code) == ("--set", 0, code)


def test_override_wins(tmp_path: Path) -> None:
    """A wrong value in the file does not matter when the command line replaces it."""
    path = tmp_path / "scenario.yaml"
    path.write_text(EXAMPLE.replace("0.20", "20"), encoding="utf-8")
    loaded = load_scenario(path, ["territories.balance.0.tolerance=0.2"])
    assert loaded.scenario.territories.balance[0].tolerance == 0.2
    assert loaded.applied == ("--set territories.balance.0.tolerance=0.2",)


# with an item in every list that may be empty
FULL_EXAMPLE = (
    EXAMPLE.replace(
        "{plan_target: 2_000_000}",
        "{plan_target: 2_000_000, rule: components, components: [{name: new, target: 2_000_000}], "
        "overlays: [{name: desk}], pay: {field: {base: 1, target_incentive: 1, cap: 3}}}",
    )
    + "  pools: [{name: desk, people: 2}]\n"
    + "  campaigns: [{name: spring, first: 2027-03-01, last: 2027-04-01, lift: 0.2}]\n"
    + "simulation: {cases: [{name: rival}]}\n"
)


def numeric_keys() -> list[str]:
    kinds = {
        ".".join("0" if part == "*" else part for part in key.path).replace(
            "pay.0", "pay.field"
        ): key.node.get("anyOf", [key.node])
        for key in scenario_keys()
    }
    numeric = ("number", "integer")
    return [
        path
        for path, every in kinds.items()
        if any(main_node(one).get("type") in numeric and "const" not in main_node(one) for one in every)
    ]


@pytest.mark.parametrize("key", numeric_keys())
def test_the_remedy_for_a_number_out_of_range_can_be_typed(tmp_path: Path, key: str) -> None:
    """Whatever number is out of range, the remedy holds one that is not, and never repeats the wrong one."""
    refused = 0
    for wrong in ("-1000", "1e16", "999999999", "80", "80%", "7.25"):
        found = [finding for finding in told(tmp_path, FULL_EXAMPLE, f"{key}={wrong}") if finding.key == key]
        for finding in found:
            right = re.search(r"`\w+: (.+)`|write (\S+) for ", finding.remedy)
            assert right, finding
            value = right[1] or right[2]
            assert value != wrong
            again = told(tmp_path, FULL_EXAMPLE, f"{key}={value}")
            assert not [one for one in again if (one.key, one.code) == (key, "SCN-VALUE")], finding
        refused += len(found)
    assert refused >= 2
