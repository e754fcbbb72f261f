"""A run folder made by hand: units in a row on the equator, where a distance is radius x angle.

Nothing here comes from the engine; every figure is worked out in plain loops, or in closed form.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

Rows = list[dict[str, str]]
KM_PER_DEGREE = 6371.0088 * math.pi / 180
Z = 1.959963984540054
MEASURES = ("potential", "workload", "calls")


@dataclass(frozen=True)
class Design:
    """What varies between folders; the default is the one worked out by hand in test_good_folders."""

    potential: tuple[int, ...] = (130, 150, 130, 190, 210, 190)
    holder: tuple[int, ...] = (0, 0, 0, 1, 1, 1)
    previous: tuple[int | None, ...] = (0, 0, 1, 1, 1, None)
    homes: tuple[int | None, ...] = (1, None)
    centres: tuple[int, ...] = (1, 4)
    capacity: tuple[str, ...] = ("1.0", "1.5")
    share: str = "capacity"
    tolerance: tuple[str, str] = ("0.1", "0.5")
    visits: int = 10
    revenue: tuple[int, ...] = (10_000_00, 20_000_00, 30_000_00, 40_000_00, 50_000_00, 60_000_50)
    handoff: str = "priced"
    annual: tuple[int, ...] = (432_000_00, 648_000_11)
    replications: int = 20
    step: float = 0.1
    manager: tuple[str, ...] = ("Ana", "'=Bo")
    seed: int = 3


ASKED = {"scenario": b"extends: base.yaml\n", "extends.1": b"name: row\n"}  # scenario files by their role


@dataclass
class SmallRun:
    """Tables and JSON files of a run folder in memory, to be damaged and written."""

    tables: dict[str, Rows]
    scenario: dict[str, Any]
    manifest: dict[str, Any]
    problems: list[dict[str, Any]]
    asked: dict[str, bytes]

    def write(self, folder: Path, finish: bool = True, later: Callable[[Path], None] | None = None) -> Path:
        """Write the folder; ``later`` damages files after they were written and before they are hashed."""
        (folder / "inputs").mkdir(parents=True)
        for role, data in self.asked.items():
            (folder / "inputs" / f"{role}.yaml").write_bytes(data)
        for name, rows in self.tables.items():
            header = rows[0].keys() if rows else ()
            lines = [",".join(_quoted(cell) for cell in row) for row in (header, *(r.values() for r in rows))]
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        for name, content in (("scenario.resolved.json", self.scenario), ("problems.json", self.problems)):
            (folder / name).write_text(json.dumps(content), encoding="utf-8", newline="\n")
        for name in ("attainment.parquet", "simulated_year.parquet"):
            (folder / name).write_bytes(b"PAR1" + b"\0" * 20 + b"PAR1")
        if later:
            later(folder)
        if finish:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            files = [
                {
                    "name": path.relative_to(folder).as_posix(),
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    "bytes": path.stat().st_size,
                }
                for path in paths
            ]
            text = json.dumps({**self.manifest, "files": files})
            (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
        return folder


def small_run(design: Design | None = None) -> SmallRun:
    """Work out every file of a good run folder."""
    d = design or Design()
    k, n = len(d.homes), len(d.potential)
    territories = [f"T{t + 1}" for t in range(k)]
    members = [[u for u in range(n) if d.holder[u] == t] for t in range(k)]
    units = _units(d)
    accounts = _accounts(d, territories)
    for u, row in enumerate(units):
        risk = [a for a in accounts if a["unit_id"] == row["unit_id"] and a["locked"] == "no"]
        row["handoff_value"] = _money(sum(_cents(a["revenue"]) for a in risk))
        row["calls"] = str(u + 1)
    table, costs = _territories(d, units, members, accounts)
    quotas = _quotas(d, territories)
    attainment, months, stress = _simulated(d, territories, quotas)
    objective = math.fsum(sum(row) for row in costs)
    bound = 0.9 * objective
    today = [u for u in range(n) if d.previous[u] is not None]
    value = {u: _cents(units[u]["handoff_value"]) for u in today}
    gone = sum(v for u, v in value.items() if d.previous[u] != d.holder[u])
    share_moved = gone / sum(value.values()) if sum(value.values()) else 0.0
    chances = [
        float(row["p_at_quota"]) for row in attainment if row["level"] == "rep" and row["quota"] != "0.00"
    ]
    kpis = {
        "objective": objective,
        "bound": bound,
        "gap": 1 - bound / objective,
        "travel_cost": math.fsum(row[0] for row in costs),
        "handoff_cost": math.fsum(row[1] for row in costs),
        "imbalance_cost": math.fsum(row[2] for row in costs),
        "territories": k,
        "units": n,
        "accounts_moved": sum(row["moved"] == "yes" for row in accounts),
        "value_moved_share": share_moved,
        "plan_target": "1000000.10",
        "quota_total": _money(sum(d.annual)),
        "p_plan": next(row["p_at_quota"] for row in attainment if row["id"] == "plan"),
        "share_at_quota": sum(chances) / len(chances),
        "expected_bookings": next(row["expected"] for row in attainment if row["id"] == "plan"),
        **{
            f"max_deviation_{m}": max(abs(float(row[f"{m}_deviation"])) for row in table)
            for m in ("potential", "workload")
        },
    }
    tables = {
        "units.csv": units,
        "adjacency.csv": [
            {"unit": _id(u), "neighbour": _id(u + 1), "kind": "bridge" if u == 1 else "land"}
            for u in range(n - 1)
        ],
        "alignment.csv": [
            {
                "unit_id": _id(u),
                "territory_id": territories[d.holder[u]],
                "previous_territory_id": _name(d.previous[u]),
                "locked": "yes" if u == 0 else "no",
                "reason": "near the base, keeps both measures level",
            }
            for u in range(n)
        ],
        "territories.csv": table,
        "accounts.csv": accounts,
        "quotas.csv": quotas,
        "quota_limits.csv": [
            {"territory_id": t, "floor": "0.00", "cap": _money(sum(d.annual))} for t in territories
        ],
        "rollup.csv": _rollup(d, territories, quotas),
        "attainment.csv": attainment,
        "months.csv": months,
        "stress.csv": stress,
        "kpis.csv": [{"kpi": a, "value": str(b), "unit": "", "meaning": f"the {a}"} for a, b in kpis.items()],
        "inputs/locks.csv": [{"unit": _id(0), "territory": territories[d.holder[0]], "reason": "home"}],
        "inputs/forbid.csv": [{"unit": _id(0), "territory": "T9", "reason": "family"}],
    }
    scenario = _scenario(d)
    problems = [finding("CSV-BLANKS", "U01")]
    return SmallRun(tables, scenario, _manifest(scenario, objective, bound), problems, dict(ASKED))


def finding(code: str, value: str) -> dict[str, Any]:
    """Make a finding of the data-quality list."""
    words = {"code": code, "severity": "note", "file": "units.csv", "key": "", "value": value}
    return {**words, "message": "was noticed", "remedy": "nothing to do", "line": 3, "column": 0, "count": 1}


def _units(d: Design) -> Rows:
    rows = []
    homes = [home for home in d.homes if home is not None]
    for u, potential in enumerate(d.potential):
        nearest = min((abs(u - home) * d.step * KM_PER_DEGREE for home in homes), default=0.0)
        hours = d.visits / 5 * 2 * 1.25 * nearest / 70 + 0.25  # a quarter of an hour inside the unit
        rows.append(
            {
                "unit_id": _id(u),
                "name": f"Unit {u}, row",
                "group": "G",
                "lon": repr(u * d.step),
                "lat": "0.0",
                "area_km2": "12.5",
                "potential": f"{potential}.00",
                **{f"potential_q{q}": repr(potential / 4) for q in (1, 2, 3, 4)},
                "workload": repr(d.visits * 1.5 + hours),
                "calls": "0",
                "visits": str(d.visits),
                "travel_hours": repr(hours),
                "handoff_value": "0.00",
            }
        )
    return rows


def _accounts(d: Design, territories: Sequence[str]) -> Rows:
    """One account a unit, owned by its old territory, and one large account locked to T1 in the last unit."""
    rows = [(u, d.revenue[u], d.holder[u], d.previous[u], False) for u in range(len(d.revenue))]
    rows.append((len(d.revenue) - 1, 90_000_00, 0, 0, True))
    return [
        {
            "account_id": f"A{i:02d}",
            "name": f"'=Müller & Sons {i}" if i == 2 else f"Account {i}",
            "unit_id": _id(u),
            "segment": "field",
            "revenue": _money(revenue),
            "territory_id": territories[t],
            "previous_territory_id": _name(old),
            "named": "yes" if locked else "no",
            "locked": "yes" if locked else "no",
            "moved": "yes" if old is not None and old != t else "no",
            "reason": "locked to its owner" if locked else "goes with its unit",
        }
        for i, (u, revenue, t, old, locked) in enumerate(rows)
    ]


def _territories(
    d: Design, units: Rows, members: list[list[int]], accounts: Rows
) -> tuple[Rows, list[tuple[float, float, float]]]:
    rows, costs = [], []
    weight = [Fraction(c) if d.share == "capacity" else Fraction(1) for c in d.capacity]
    for t, own in enumerate(members):
        centre = d.centres[t] if d.homes[t] is None else d.homes[t]
        assert centre is not None
        km = {u: abs(u - centre) * d.step * KM_PER_DEGREE for u in own}
        road = math.fsum(d.visits / 5 * 2 * 1.25 * km[u] for u in own)
        handed = sum(_cents(units[u]["handoff_value"]) for u in own if d.previous[u] not in (None, t))
        mine = [a for a in accounts if a["territory_id"] == f"T{t + 1}"]
        row = {
            "territory_id": f"T{t + 1}",
            "rep_id": f"R{t + 1}",
            "rep_name": f"Rep {t + 1}",
            "manager": d.manager[t],
            "region": "North",
            "segment": "field",
            "capacity": d.capacity[t],
            "start_date": "2026-01-01",
            "home_lon": "" if d.homes[t] is None else repr(centre * d.step),
            "home_lat": "" if d.homes[t] is None else "0.0",
            "centre_unit_id": _id(d.centres[t]),
            "units": str(len(own)),
            "pieces": "1",
            "accounts": str(len(mine)),
            "revenue": _money(sum(_cents(a["revenue"]) for a in mine)),
        }
        points = 0.0
        for m, tolerance in zip(MEASURES, (*d.tolerance, None), strict=True):
            values = [Fraction(unit[m]) for unit in units]
            target = weight[t] / sum(weight) * sum(values)
            value = sum(values[u] for u in own)
            deviation = float(value / target - 1)
            row |= {m: _plain(value), f"{m}_target": _plain(target), f"{m}_lower": "", f"{m}_upper": ""}
            row[f"{m}_deviation"] = repr(deviation)
            if tolerance:
                limit = [(1 + Fraction(tolerance)) * w / sum(weight) * sum(values) for w in weight]
                opened = sum((values[u] - target for u in own if values[u] > max(limit)), Fraction(0))
                row[f"{m}_lower"] = _plain((1 - Fraction(tolerance)) * target)
                row[f"{m}_upper"] = _plain(limit[t] + opened)
                points += 100 * abs(deviation)
        loss = 0.15 * handed / 100 if d.handoff == "priced" else 0.0
        costs.append((road * 0.7, loss, 500.0 * points))
        load = math.fsum(float(units[u]["workload"]) for u in own)
        inside = 0.25 * len(own)
        row |= {
            "travel_km": repr(road),
            "travel_hours": repr(road / 70 + inside),
            "travel_cost": f"{costs[-1][0]:.2f}",
            "handoff_value": _money(handed),
            "handoff_cost": f"{loss:.2f}",
            "imbalance_cost": f"{costs[-1][2]:.2f}",
            "compactness": repr(math.fsum(float(units[u]["workload"]) * km[u] for u in own) / load),
        }
        rows.append(row)
    return rows, costs


def _quotas(d: Design, territories: Sequence[str]) -> Rows:
    rows = []
    for t, annual in enumerate(d.annual):
        month = [annual // 12 + (m < annual % 12) for m in range(12)]
        cents = {"FY": annual, **{f"Q{q + 1}": sum(month[3 * q : 3 * q + 3]) for q in range(4)}}
        cents |= {f"2027-{m + 1:02d}": month[m] for m in range(12)}
        rows += [
            {
                "territory_id": territories[t],
                "rep_id": f"R{t + 1}",
                "period": period,
                "quota": _money(amount),
                "rule": "potential",
                "reason": "4.1 % of the potential" if period == "FY" else "",
            }
            for period, amount in cents.items()
        ]
    return rows


def _rollup(d: Design, territories: Sequence[str], quotas: Rows) -> Rows:
    rows = []
    for level, names in (("company", ["Acme"]), ("manager", sorted(set(d.manager))), ("region", ["North"])):
        for name in names:
            own = [
                t
                for t, manager in zip(territories, d.manager, strict=True)
                if level != "manager" or manager == name
            ]
            for period in ("FY", "Q1", "Q2", "Q3", "Q4"):
                picked = [q for q in quotas if q["period"] == period and q["territory_id"] in own]
                rows.append(
                    {
                        "level": level,
                        "name": name,
                        "period": period,
                        "quota": _money(sum(_cents(q["quota"]) for q in picked)),
                        "plan_target": "1000000.10" if level == "company" else "",
                        "over_assignment": "0.08" if level == "company" else "",
                    }
                )
    return rows


def _simulated(d: Design, territories: Sequence[str], quotas: Rows) -> tuple[Rows, Rows, Rows]:
    """Draw bookings of every year, territory and month, and sum them up the long way."""
    rng = random.Random(d.seed)
    n, k = d.replications, len(territories)
    bookings = [
        [[round(d.annual[t] / 12 * rng.uniform(0.4, 1.6)) for _ in range(12)] for t in range(k)]
        for _ in range(n)
    ]
    every = list(range(k))
    lines = [
        ("company", "plan", "Plan", every, 1_000_000_10),
        ("company", "quotas", "Quotas", every, sum(d.annual)),
    ]
    for manager in sorted(set(d.manager)):
        own = [t for t in every if d.manager[t] == manager]
        lines.append(("manager", manager, manager, own, sum(d.annual[t] for t in own)))
    lines.append(("region", "North", "North", every, sum(d.annual)))
    lines += [("rep", territories[t], f"Rep {t + 1}", [t], d.annual[t]) for t in every]
    summary, stress = [], []
    for level, key, name, own, quota in lines:
        years = [sum(sum(year[t]) for t in own) for year in bookings]
        row = _summary(level, key, name, quota, years)
        row |= {"utilisation": "0.81", "waiting_days": "2.5"}
        row |= {
            "won": str(10 * len(own)),
            "lost": str(20 * len(own)),
            "gave_up": str(2 * len(own)),
            "open": str(3 * len(own)),
        }
        summary.append(row)
        fallen = [round(0.8 * year) for year in years]
        after = _summary(level, key, name, quota, fallen)
        mean = math.fsum(b - a for a, b in zip(years, fallen, strict=True)) / n / 100
        stress.append(
            {"case": "demand_-20%", "level": level, "id": key, "name": name}
            | {column: after[column] for column in ("expected", "p_at_quota", "p_low", "p_high")}
            | {"difference": f"{mean:.2f}", "difference_low": f"{mean * 1.1:.2f}"}
            | {"difference_high": f"{mean * 0.9:.2f}"}
            | {"p_difference": repr(float(after["p_at_quota"]) - float(row["p_at_quota"]))}
        )
    return summary, _months(bookings, quotas), stress


def _summary(level: str, key: str, name: str, quota: int, years: Sequence[int]) -> dict[str, str]:
    n, ordered = len(years), sorted(years)
    hits = sum(year >= quota for year in years)
    expected = round(Fraction(sum(years), n))
    root = Z * math.sqrt(Z**2 + 4 * hits * (1 - hits / n))  # both ends solve (hits/n - p)^2 = z^2 p (1-p) / n
    row = {"level": level, "id": key, "name": name, "quota": _money(quota), "expected": _money(expected)}
    row |= {f"p{s}": _money(ordered[math.ceil(s / 100 * n) - 1]) for s in (10, 50, 90)}
    row["attainment_mean"] = repr(sum(years) / n / quota) if quota else "1.0"
    row |= {
        "p_at_quota": repr(hits / n),
        "p_low": repr(max(0.0, (2 * hits + Z**2 - root) / (2 * (n + Z**2)))),
    }
    row["p_high"] = repr(min(1.0, (2 * hits + Z**2 + root) / (2 * (n + Z**2))))
    row["expected_shortfall"] = _money(round(Fraction(sum(max(0, quota - year) for year in years), n)))
    return row


def _months(bookings: list[list[list[int]]], quotas: Rows) -> Rows:
    rows, due, n = [], 0, len(bookings)
    for m in range(12):
        month = f"2027-{m + 1:02d}"
        due += sum(_cents(q["quota"]) for q in quotas if q["period"] == month)
        sums = sorted(sum(sum(seat[: m + 1]) for seat in year) for year in bookings)
        row = {"month": month, "expected": _money(round(Fraction(sum(sums), n)))}
        row |= {f"p{s}": _money(sums[math.ceil(s / 100 * n) - 1]) for s in (10, 25, 50, 75, 90)}
        rows.append({**row, "quota": _money(due)})
    return rows


def _scenario(d: Design) -> dict[str, Any]:
    return {
        "name": "small",
        "title": "Small",
        "synthetic": "everything",
        "fiscal_year_start": "2027-01-01",
        "currency": "USD",
        "seed": d.seed,
        "measures": {
            "workload": {"hours_per_visit": 1.5, "travel": "included"},
            "other": {"calls": {"column": "calls", "unit": "calls"}},
        },
        "travel": {
            "circuity": 1.25,
            "speed_kmh": 70.0,
            "local_speed_kmh": 40.0,
            "stops_per_trip": 5.0,
            "table": None,
        },
        "accounts": {"table": "accounts.csv", "value": "revenue_usd"},
        "territories": {
            "objective": "cost",
            "count": "per_position",
            "share": d.share,
            "balance": [
                {"measure": measure, "tolerance": float(tolerance)}
                for measure, tolerance in zip(MEASURES, d.tolerance, strict=False)
            ],
            "contiguity": "required",
            "max_travel_hours": 0.25 * len(d.potential),
        },
        "rules": {"locks": "locks.csv", "forbid": "forbid.csv"},
        "disruption": {"max_share": 1.0, "loss_on_handoff": 0.15},
        "objective": {"travel_cost_per_km": 0.7, "handoff": d.handoff, "imbalance_cost_per_point": 500.0},
        "quotas": {
            "bounds": {"cap": None, "cap_share": None},
            "regions": {},
            "plan_target": "1000000.10",
            "over_assignment": 0.08,
            "rule": "potential",
            "rounding": 1000,
        },
        "simulation": {"replications": d.replications, "stress": ["demand_-20%"], "cases": []},
    }


def _manifest(scenario: dict[str, Any], objective: float, bound: float) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "version": "0.1.0",
        "scenario": scenario["name"],
        **{key: scenario[key] for key in ("title", "synthetic", "currency", "seed")},
        "status": "feasible",
        "objective": objective,
        "bound": bound,
        "gap": 1 - bound / objective,
        "reproducible": True,
        "inputs": [
            *(
                {
                    "role": role,
                    "file": f"{role}.yaml",
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "bytes": len(data),
                }
                for role, data in ASKED.items()
            ),
            {"role": "units.table", "file": "units.csv", "sha256": "ab" * 32, "bytes": 10},
        ],
        "result_hash": "cd" * 32,
    }


def _id(unit: int) -> str:
    return f"U{unit:02d}"


def _name(territory: int | None) -> str:
    return "" if territory is None else f"T{territory + 1}"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _cents(money: str) -> int:
    return int(money.replace(".", ""))


def _plain(value: Fraction) -> str:
    return repr(float(value))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\n') else cell
