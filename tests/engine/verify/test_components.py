"""Components in a run folder add up in both directions, or the folder is rejected."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.verify import verify_run
from tests.engine.verify.small_run import SmallRun, small_run

PARTS = {
    "T1": ("300000.00", "132000.00"),
    "T2": ("348000.11", "300000.00"),
}


def with_components() -> SmallRun:
    """The small folder with 600,000.10 of new business above target by 8 % and 400,000 of renewals by 8 %."""
    run = small_run()
    parts = [
        {"name": "new", "target": "600000.10", "rule": "potential", "over_assignment": None},
        {"name": "renewal", "target": "400000", "rule": "history", "over_assignment": 0.08},
    ]
    run.scenario["quotas"] |= {"rule": "components", "components": parts}
    for row in run.tables["quotas.csv"]:
        row["rule"] = "components"
    rows = [("territory", name, parts) for name, parts in PARTS.items()]
    territories = {row["territory_id"]: row for row in run.tables["territories.csv"]}
    for level in ("manager", "region"):
        for name in sorted({row[level] for row in territories.values()}):
            own = [t for t, row in territories.items() if row[level] == name]
            rows.append((level, name, tuple(f"{sum(float(PARTS[t][c]) for t in own):.2f}" for c in (0, 1))))
    rows.append(("company", "company", ("648000.11", "432000.00")))
    run.tables["components.csv"] = [
        {"level": level, "name": name, "component": part, "quota": amount, "rule": rule}
        for level, name, amounts in rows
        for part, rule, amount in zip(("new", "renewal"), ("potential", "history"), amounts, strict=True)
    ]
    return run


def judged(run: SmallRun, folder: Path) -> list[str]:
    return [check.rule for check in verify_run(run.write(folder)).checks if not check.passed]


def test_components_that_add_up_are_accepted(tmp_path: Path) -> None:
    """648,000.11 new and 432,000 of renewals make the two quotas."""
    run = with_components()
    assert judged(run, tmp_path / "run") == []
    assert "quotas: components" in [check.rule for check in verify_run(tmp_path / "run").checks]


@pytest.mark.parametrize(
    ("row", "cell"), [(0, "300000.01"), (2, "348000.10"), (5, "1.00"), (-1, "432000.01")]
)
def test_a_cent_too_much_is_found(tmp_path: Path, row: int, cell: str) -> None:
    """Any figure of any level that is off by a cent is found."""
    run = with_components()
    run.tables["components.csv"][row]["quota"] = cell
    assert judged(run, tmp_path / "run") == ["quotas: components"]


def test_a_cent_between_components_is_found(tmp_path: Path) -> None:
    """Quotas that stay right while one component takes a cent from the other at every level are found."""
    run = with_components()
    for place in range(0, len(run.tables["components.csv"]), 2):
        new, renewal = run.tables["components.csv"][place : place + 2]
        new["quota"] = f"{float(new['quota']) + 0.01:.2f}"
        renewal["quota"] = f"{float(renewal['quota']) - 0.01:.2f}"
    assert judged(run, tmp_path / "run") == ["quotas: components"]
