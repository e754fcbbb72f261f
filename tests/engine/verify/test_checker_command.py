"""The checker as a command, its report, and the numbers it reads."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from engine.verify import Check, Report, verify_run
from engine.verify.__main__ import main
from engine.verify.connected import count_pieces
from engine.verify.figures import (
    EARTH_RADIUS_KM,
    HALF_CENT,
    agrees,
    agrees_less_one,
    great_circle_km,
    parse_number,
)
from tests.engine.verify.small_run import small_run


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An accepted run ends with 0, a rejected one with 6, anything else with 2 and a sentence."""
    good = small_run().write(tmp_path / "good")
    assert main([str(good)]) == 0
    assert capsys.readouterr().out.endswith("\naccepted\n")
    bad = small_run()
    bad.tables["kpis.csv"][6]["value"] = "3"
    assert main([str(bad.write(tmp_path / "bad"))]) == 6
    out = capsys.readouterr().out
    assert "FAIL  kpis: figures" in out
    assert "territories 3 is 2" in out
    assert "REJECTED: 1 broken" in out
    for arguments in ([str(tmp_path)], [str(tmp_path / "none")], [], [str(good), str(good)]):
        assert main(arguments) == 2
        assert capsys.readouterr().err


def test_runs_with_nothing_installed(tmp_path: Path) -> None:
    """The checker needs the standard library only: it runs without site packages."""
    good = small_run().write(tmp_path / "good")
    root = Path(__file__).parents[3]
    command = [sys.executable, "-I", "-S", "-c"]
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from engine.verify.__main__ import main; "
    done = subprocess.run(
        [*command, f"{code}sys.exit(main([{str(good)!r}]))"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_report_as_json(tmp_path: Path) -> None:
    """The JSON holds the verdict and, for every rule, what was required, found and how far it was."""
    report = verify_run(small_run().write(tmp_path / "run"))
    content = json.loads(report.to_json())
    assert content["verdict"] is True
    assert [check["rule"] for check in content["checks"]] == [check.rule for check in report.checks]
    balance = next(check for check in content["checks"] if check["rule"] == "balance: potential")
    assert balance.pop("margin") == pytest.approx(0.075)
    assert balance == {
        "rule": "balance: potential",
        "required": "within 0.1 of the target",
        "found": "all 2 inside",
        "passed": True,
    }


def test_rules_of_the_result_and_of_the_folder_are_counted_apart() -> None:
    """The text ends with how many rules hold of each of the two, and the verdict; a kind not checked is not said."""
    rules = [("plan: units", True), ("balance: potential", False), ("kpis: figures", True)]
    of_result = [Check(rule, "", "", None, passed) for rule, passed in rules]
    of_folder = [Check("files: hashes", "", "", None, True), Check("manifest: head", "", "", None, True)]
    assert Report((*of_result, *of_folder)).to_text().splitlines()[-3:] == [
        "2 of 3 rules of the result hold",
        "2 of 2 rules of the folder's files hold",
        "REJECTED: 1 broken",
    ]
    assert Report((of_result[0],)).to_text().splitlines()[-2:] == [
        "1 of 1 rules of the result hold",
        "accepted",
    ]


def test_verdict() -> None:
    """Nothing checked is not accepted, and one broken rule rejects."""
    good = Check("a", "", "", None, True)
    assert not Report(()).verdict
    assert Report((good,)).verdict
    assert not Report((good, Check("b", "", "", None, False), good)).verdict


@pytest.mark.parametrize(
    ("written", "exact", "same"),
    [
        ("0.33", Fraction(1, 3), False),  # rounded too coarsely to be trusted
        ("0.333", Fraction(1, 3), True),
        ("0.334", Fraction(1, 3), False),
        ("0.3333333333333333", Fraction(1, 3), True),
        ("0.3333333343", Fraction(1, 3), False),
        ("123456789012.34", Fraction(12345678901234, 100), True),
        ("1e-05", Fraction(1, 100000), True),
        ("0", Fraction(1, 1999), False),
        ("0.001", Fraction(14999, 10**7), True),
    ],
)
def test_agreement(written: str, exact: Fraction, same: bool) -> None:
    """A written number may lack what its digits round away, up to half a thousandth, and 1e-9 of it."""
    assert agrees(Decimal(written), exact) is same


@pytest.mark.parametrize(
    ("written", "exact", "same"),
    [
        ("1.5131854230464113E-7", Fraction("1.51318544e-7"), True),  # 1.0000001513 in floats, less 1
        ("1.5131854230464113E-7", Fraction("1.54e-7"), False),
        ("2.220446049250313E-16", Fraction(0), True),
        ("0.1000000021", Fraction(1, 10), False),
        ("-0.1000000001", Fraction(-1, 10), True),
        ("0.1", Fraction("0.1001"), True),
        ("0.1", Fraction("0.1006"), False),
    ],
)
def test_a_deviation_is_as_exact_as_its_quotient(written: str, exact: Fraction, same: bool) -> None:
    """A deviation near 0 keeps only the digits that 1 and it together have."""
    assert agrees_less_one(parse_number(written), exact) is same


def test_agreement_of_money() -> None:
    """Money may be rounded to a cent, not to ten."""
    assert agrees(Decimal("10.01"), Fraction(10014, 1000), HALF_CENT)
    assert not agrees(Decimal("10.01"), Fraction(10016, 1000), HALF_CENT)
    assert not agrees(Decimal("10.0"), Fraction(1004, 100), HALF_CENT)


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "1e31", "1e-400", "1_000", "+1", " 1", "1.", ".5", "0x1", "1" * 41]
)
def test_numbers_refused(text: str) -> None:
    """Only plain finite decimal numbers of sensible size are numbers."""
    with pytest.raises(ValueError, match="number"):
        parse_number(text)


def test_great_circle() -> None:
    """Distances fit the haversine formula far apart, near and across the antimeridian, and known arcs."""
    quarter = EARTH_RADIUS_KM * math.pi / 2
    assert great_circle_km((0.0, 0.0), (90.0, 0.0)) == pytest.approx(quarter, rel=1e-14)
    assert great_circle_km((12.0, 90.0), (99.0, -90.0)) == pytest.approx(2 * quarter, rel=1e-14)
    assert great_circle_km((179.5, 10.0), (-179.5, 10.0)) == pytest.approx(
        great_circle_km((0.0, 10.0), (1.0, 10.0)), rel=1e-12
    )
    for a, b in (((-74.0, 40.7), (-118.2, 34.1)), ((-74.0, 40.7), (-74.001, 40.7005))):
        (x, y), (u, v) = (tuple(map(math.radians, p)) for p in (a, b))
        h = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
        assert great_circle_km(a, b) == pytest.approx(2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h)), rel=1e-9)


def test_pieces() -> None:
    """Pieces are counted within the set: a path through others does not join."""
    neighbours = {"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]}
    assert [count_pieces(list(units), neighbours) for units in ("", "a", "ab", "ac", "abcd", "abd")] == [
        *(0, 1, 1, 2, 1, 2)
    ]
