"""Every rule catches the damage made for it, although the manifest was made to fit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from engine.verify import verify_run
from tests.engine.verify.small_run import SmallRun, small_run


def change(table: str, line: int, /, **cells: str) -> Callable[[SmallRun], None]:
    """Make a damage that overwrites cells of one row."""

    def damage(run: SmallRun) -> None:
        row = run.tables[table][line]
        assert row != {**row, **cells}
        row.update(cells)

    return damage


def setting(path: str, value: object) -> Callable[[SmallRun], None]:
    """Make a damage that changes one key of the resolved scenario."""

    def damage(run: SmallRun) -> None:
        *blocks, key = path.split(".")
        target = run.scenario
        for block in blocks:
            target = target[block]
        assert target[key] != value
        target[key] = value

    return damage


def manifest(**keys: object) -> Callable[[SmallRun], None]:
    """Make a damage that changes keys of the manifest."""

    def damage(run: SmallRun) -> None:
        run.manifest.update(keys)

    return damage


def asked(role: str, data: bytes) -> Callable[[SmallRun], None]:
    """Make a damage that changes, or adds, the copy of a scenario file."""

    def damage(run: SmallRun) -> None:
        assert run.asked.get(role) != data
        run.asked[role] = data

    return damage


def listed(place: int, **keys: object) -> Callable[[SmallRun], None]:
    """Make a damage that changes an input of the manifest: the scenario, what it extends, a table."""

    def damage(run: SmallRun) -> None:
        run.manifest["inputs"][place].update(keys)

    return damage


def swap(name: str, column: str, first: int, second: int) -> Callable[[SmallRun], None]:
    """Make a damage that exchanges a column's cells of two rows."""

    def damage(run: SmallRun) -> None:
        a, b = run.tables[name][first], run.tables[name][second]
        assert a[column] != b[column]
        a[column], b[column] = b[column], a[column]

    return damage


def shift(name: str, column: str, first: int, second: int) -> Callable[[SmallRun], None]:
    """Make a damage that moves one cent from a row to another, so that sums stay."""

    def damage(run: SmallRun) -> None:
        for row, cent in ((first, Decimal("-0.01")), (second, Decimal("0.01"))):
            cells = run.tables[name][row]
            cells[column] = str(Decimal(cells[column]) + cent)

    return damage


def better_bound(run: SmallRun) -> None:
    """Claim a bound above the objective, with a gap of zero, everywhere."""
    objective = run.manifest["objective"]
    run.manifest.update(bound=objective * 1.001, gap=0.0)
    kpis = {row["kpi"]: row for row in run.tables["kpis.csv"]}
    kpis["bound"]["value"], kpis["gap"]["value"] = repr(objective * 1.001), "0.0"


def swap_everything(run: SmallRun) -> None:
    """Exchange the two territories' members, so that only sums tell."""
    for row in run.tables["alignment.csv"]:
        row["territory_id"] = {"T1": "T2", "T2": "T1"}[row["territory_id"]]


TARGETED: dict[str, tuple[Callable[[SmallRun], None], str]] = {
    "a unit moves to the other territory": (
        change("alignment.csv", 2, territory_id="T2"),
        "territories: units",
    ),
    "a unit goes to nobody": (change("alignment.csv", 2, territory_id=""), "plan: territories known"),
    "a unit goes to an unknown territory": (
        change("alignment.csv", 2, territory_id="T3"),
        "plan: territories known",
    ),
    "two territories change members": (swap_everything, "territories: potential"),
    "a unit gets another id": (change("alignment.csv", 5, unit_id="U06"), "plan: every unit once"),
    "a unit came from elsewhere": (
        change("alignment.csv", 3, previous_territory_id="T1"),
        "territories: handoff_value",
    ),
    "a unit came from an unknown place": (
        change("alignment.csv", 5, previous_territory_id="T9"),
        "plan: territories known",
    ),
    "a reason is missing": (change("alignment.csv", 4, reason=" "), "plan: reasons"),
    "rows are out of order": (swap("alignment.csv", "unit_id", 1, 2), "files: readable"),
    "a lock is broken": (change("inputs/locks.csv", 0, territory="T2"), "rules: locks"),
    "a lock moves to another unit": (change("inputs/locks.csv", 0, unit="U01"), "rules: locks"),
    "a lock on an unknown unit": (change("inputs/locks.csv", 0, unit="U99"), "rules: locks"),
    "a lock is not marked": (change("alignment.csv", 0, locked="no"), "rules: locks"),
    "a unit is marked locked": (change("alignment.csv", 1, locked="yes"), "rules: locks"),
    "locked is neither yes nor no": (change("alignment.csv", 1, locked="maybe"), "files: readable"),
    "a forbidden pair": (change("inputs/forbid.csv", 0, territory="T1"), "rules: forbidden pairs"),
    "the scenario names no locks": (setting("rules.locks", None), "files: readable"),
    "a corridor is cut": (lambda run: run.tables["adjacency.csv"].pop(4), "plan: contiguity"),
    "a bridge is cut": (lambda run: run.tables["adjacency.csv"].pop(1), "plan: contiguity"),
    "an edge to nowhere": (change("adjacency.csv", 0, neighbour="U99"), "files: readable"),
    "an edge of unknown kind": (change("adjacency.csv", 0, kind="tunnel"), "files: readable"),
    "an edge to itself": (change("adjacency.csv", 0, neighbour="U00"), "files: readable"),
    "pieces are miscounted": (change("territories.csv", 0, pieces="2"), "territories: pieces"),
    "a tolerance is exceeded": (
        setting(
            "territories.balance",
            [{"measure": "potential", "tolerance": 0.0249}, {"measure": "workload", "tolerance": 0.5}],
        ),
        "balance: potential",
    ),
    "an unknown measure is balanced": (
        setting("territories.balance", [{"measure": "area", "tolerance": 0.1}]),
        "files: readable",
    ),
    "shares are equal": (setting("territories.share", "equal"), "territories: potential"),
    "shares are unknown": (setting("territories.share", "fair"), "files: readable"),
    "one territory more was asked for": (setting("territories.count", 3), "plan: number of territories"),
    "the travel limit is exceeded": (setting("territories.max_travel_hours", 0.19), "plan: travel limit"),
    "too much changes hands": (setting("disruption.max_share", 0.1999), "plan: disruption"),
    "a centre is unknown": (change("territories.csv", 1, centre_unit_id="U77"), "units: centres"),
    "a centre is another unit": (
        change("territories.csv", 1, centre_unit_id="U03"),
        "territories: travel_cost",
    ),
    "a home is dropped": (
        change("territories.csv", 0, home_lon="", home_lat="", centre_unit_id="U00"),
        "territories: travel_km",
    ),
    "a home is off the earth": (change("territories.csv", 0, home_lat="91"), "files: readable"),
    "kilometres cost more": (setting("objective.travel_cost_per_km", 0.71), "territories: travel_cost"),
    "handoffs are free": (setting("objective.handoff", "free"), "territories: handoff_cost"),
    "imbalance costs more": (
        setting("objective.imbalance_cost_per_point", 501),
        "territories: imbalance_cost",
    ),
    "roads are straighter": (setting("travel.circuity", 1.24), "territories: travel_km"),
    "cars stand still": (setting("travel.speed_kmh", 0), "files: readable"),
    "visits last longer": (setting("measures.workload.hours_per_visit", 1.6), "units: workload"),
    "a bound above the objective": (better_bound, "kpis: bound"),
    "another bound in the manifest": (manifest(bound=0.0), "manifest: gap"),
    "another objective in the manifest": (manifest(objective=20000), "manifest: objective"),
    "an unproved optimum": (manifest(status="optimal"), "manifest: status"),
    "a status of its own": (manifest(status="great"), "manifest: status"),
    "infeasible with a plan": (manifest(status="infeasible"), "manifest: status"),
    "an error with a plan": (manifest(status="error"), "manifest: status"),
    "another seed": (manifest(seed=99), "manifest: head"),
    "no longer synthetic": (manifest(synthetic=""), "manifest: head"),
    "another currency": (manifest(currency="EUR"), "manifest: head"),
    "no result hash": (manifest(result_hash="12"), "manifest: head"),
    "no inputs": (manifest(inputs=[]), "files: readable"),
    "an input without a hash": (
        listed(2, sha256=""),
        "manifest: inputs",
    ),
    "another scenario than was read": (asked("scenario", b"name: other\n"), "manifest: scenario"),
    "another base than was read": (asked("extends.1", b"name: other\n"), "manifest: scenario"),
    "a scenario that was not read": (asked("extends.2", b"name: base\n"), "manifest: scenario"),
    "the scenario's hash is another": (listed(0, sha256="ab" * 32), "manifest: scenario"),
    "the scenario's size is another": (listed(0, bytes=1), "manifest: scenario"),
    "no scenario among the inputs": (listed(0, role="rules.locks"), "manifest: scenario"),
    "a base without its copy": (listed(1, role="extends.2"), "manifest: scenario"),
    "an account moves alone": (change("accounts.csv", 4, territory_id="T1"), "accounts: territory"),
    "a locked account leaves its owner": (
        change("accounts.csv", 6, territory_id="T2"),
        "accounts: territory",
    ),
    "an account lies nowhere": (change("accounts.csv", 4, unit_id="U99"), "accounts: territory"),
    "an owner is unknown": (change("accounts.csv", 4, previous_territory_id="T9"), "accounts: territory"),
    "a move is hidden": (change("accounts.csv", 2, moved="no"), "accounts: moved"),
    "a move is invented": (change("accounts.csv", 3, moved="yes"), "accounts: moved"),
    "an account is unlocked": (change("accounts.csv", 6, locked="no"), "accounts: territory"),
    "an account without a reason": (change("accounts.csv", 3, reason=""), "accounts: words"),
    "a named account without a name": (change("accounts.csv", 6, name=""), "accounts: words"),
    "the scenario has no accounts": (setting("accounts", None), "units: handoff_value"),
    "revenue changes by a cent": (change("accounts.csv", 1, revenue="20000.01"), "units: handoff_value"),
    "revenue in tenths of a cent": (change("accounts.csv", 1, revenue="20000.001"), "files: readable"),
    "a year's quota by a cent": (change("quotas.csv", 0, quota="432000.01"), "quotas: total"),
    "a month's quota by a cent": (change("quotas.csv", 6, quota="36000.01"), "quotas: phasing"),
    "a cent from month to month": (shift("quotas.csv", "quota", 6, 9), "quotas: phasing"),
    "a cent from rep to rep": (shift("quotas.csv", "quota", 0, 17), "quotas: rounding"),
    "reps change names": (swap("quotas.csv", "rep_id", 0, 17), "quotas: words"),
    "a quota's rule": (change("quotas.csv", 3, rule="history"), "quotas: words"),
    "a quota without a reason": (change("quotas.csv", 0, reason=""), "quotas: words"),
    "a reason for a month": (change("quotas.csv", 6, reason="why not"), "quotas: words"),
    "an unknown period": (change("quotas.csv", 6, period="2028-01"), "files: readable"),
    "another plan target": (setting("quotas.plan_target", "1000000.12"), "quotas: total"),
    "another over-assignment": (setting("quotas.over_assignment", 0.0800001), "quotas: total"),
    "a quota above its limit": (change("quota_limits.csv", 1, cap="648000.10"), "quotas: limits"),
    "a quota below its limit": (change("quota_limits.csv", 0, floor="432000.01"), "quotas: limits"),
    "a cap the largest quota breaks": (setting("quotas.bounds.cap", 432000.0), "quotas: limits"),
    "a share the largest quota breaks": (setting("quotas.bounds.cap_share", 0.39), "quotas: limits"),
    "a region at another target": (setting("quotas.regions", {"North": "1000000"}), "quotas: limits"),
    "limits of a stranger": (change("quota_limits.csv", 0, territory_id="T0"), "files: readable"),
    "another rounding": (setting("quotas.rounding", 5000), "quotas: rounding"),
    "another fiscal year": (setting("fiscal_year_start", "2027-02-01"), "files: readable"),
    "a fiscal year without a date": (setting("fiscal_year_start", "2027-13-01"), "files: readable"),
    "a manager's sum by a cent": (change("rollup.csv", 5, quota="648000.12"), "rollup: sums"),
    "managers change names": (swap("territories.csv", "manager", 0, 1), "rollup: sums"),
    "a region is renamed": (change("territories.csv", 0, region="South"), "rollup: sums"),
    "the company's plan target": (change("rollup.csv", 1, plan_target="1000000.11"), "rollup: company"),
    "the company's over-assignment": (change("rollup.csv", 0, over_assignment="0.081"), "rollup: company"),
    "a manager with a plan target": (change("rollup.csv", 6, plan_target="1.00"), "rollup: company"),
    "a level of its own": (change("rollup.csv", 6, level="team"), "files: readable"),
    "reps change names in attainment": (swap("attainment.csv", "name", 5, 6), "attainment: quotas"),
    "reps change places in attainment": (swap("attainment.csv", "id", 5, 6), "attainment: quotas"),
    "a probability of no whole year": (
        change("attainment.csv", 5, p_at_quota="0.512"),
        "attainment: probability",
    ),
    "a probability above one": (change("attainment.csv", 5, p_at_quota="1.05"), "attainment: probability"),
    "an interval too narrow": (change("attainment.csv", 5, p_low="0.49"), "attainment: probability"),
    "quantiles out of order": (swap("months.csv", "p10", 3, 7), "months: company"),
    "median above the 90 %": (change("attainment.csv", 5, p50="999999.00"), "attainment: bookings"),
    "median against the odds": (
        change("attainment.csv", 5, p_at_quota="1.0", p_low="0.838875", p_high="1.0"),
        "attainment: bookings",
    ),
    "more shortfall than quota": (
        change("attainment.csv", 5, expected_shortfall="432001.00"),
        "attainment: bookings",
    ),
    "less shortfall than the mean's": (
        change(
            "attainment.csv",
            0,
            expected_shortfall="0.00",
            p_at_quota="0.0",
            p_low="0.0",
            p_high="0.161125",
            expected="900000.00",
        ),
        "attainment: bookings",
    ),
    "a rep sells more": (change("attainment.csv", 5, expected="500000.00"), "attainment: sums"),
    "more deals than the reps'": (change("attainment.csv", 0, won="21"), "attainment: sums"),
    "the company's rows differ": (change("attainment.csv", 1, p90="9000000.00"), "attainment: sums"),
    "more replications": (setting("simulation.replications", 23), "attainment: probability"),
    "half a replication": (setting("simulation.replications", 20.5), "files: readable"),
    "a month's cumulated quota": (change("months.csv", 3, quota="360000.05"), "months: company"),
    "bookings fall": (change("months.csv", 5, expected="1.00"), "months: company"),
    "the year ends higher": (change("months.csv", 11, expected="2000000.00"), "months: company"),
    "a stress case nobody asked for": (change("stress.csv", 0, case="flood"), "files: readable"),
    "a stress case left out": (
        setting("simulation.stress", ["demand_-20%", "slower_cycles"]),
        "stress: paired",
    ),
    "a stress difference": (change("stress.csv", 2, difference="-1.00"), "stress: paired"),
    "a stress interval beside it": (change("stress.csv", 2, difference_high="-999999.00"), "stress: paired"),
    "names change in stress": (swap("stress.csv", "name", 5, 6), "stress: paired"),
    "a key figure under another name": (change("kpis.csv", 6, kpi="territory_count"), "kpis: figures"),
}


@pytest.mark.parametrize("name", TARGETED)
def test_targeted_damage(name: str, tmp_path: Path) -> None:
    """Each rule catches the damage made for it."""
    damage, rule = TARGETED[name]
    run = small_run()
    damage(run)
    report = verify_run(run.write(tmp_path / "run"))
    assert rule in [check.rule for check in report.checks if not check.passed]
