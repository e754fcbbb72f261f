"""Small synthetic runs with every file of the run folder."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from engine.runs import RunFacts, RunWriter, run_id
from engine.runs.geopackage import write_layers
from engine.scenario.schema import Scenario
from engine.tables.tables import InputFile
from tests.engine.attainment_factory import attainment_tables
from tests.engine.plan_factory import TOLERANCE, make_field, map_layers, plan_tables
from tests.engine.quota_factory import judged_frames, limits_frame, quota_tables, rule_frame

SYNTHETIC = "an invented grid of square counties with invented reps and accounts"


def make_run(folder: Path, *, seed: int = 1, territories: int = 6, units: int = 60, **keys: Any) -> Path:
    """Write a finished run into a folder of runs.

    Parameters
    ----------
    folder
        The folder of runs.
    seed
        Seed of the invented numbers and of the scenario.
    territories, units
        How many; at least five units a territory keep the balance limits.
    **keys
        Keys of the scenario that replace the usual ones, such as ``title="..."``.
    """
    scenario = make_scenario(seed, territories, keys)
    field = make_field(scenario, territories, units)
    resolved = json.dumps(scenario.model_dump(mode="json"), indent=2) + "\n"
    asked = f"# a grid\n{resolved}".encode()  # JSON is YAML
    inputs = (
        _input("scenario", "grid.yaml", asked),
        *(
            _input(role, path, f"{path} of seed {seed}".encode())
            for role, path in (("reps.table", "reps.csv"), ("units.table", "units.csv"))
        ),
    )
    with RunWriter(folder, run_id(scenario.name, resolved, inputs, "0.1.0")) as run:
        run.write_bytes("inputs/scenario.yaml", asked)
        run.write_text("scenario.resolved.json", resolved)
        with run.path("scenario.resolved.yaml").open("w", encoding="utf-8", newline="\n") as file:
            YAML(typ="safe").dump(json.loads(resolved), file)
        plan = plan_tables(field)
        quotas, rollup = quota_tables(scenario, plan["territories"])
        outcome = attainment_tables(plan["territories"], quotas, scenario, np.random.default_rng([seed, 1]))
        kpis = kpi_table(plan, quotas, outcome["attainment"], scenario)
        tables = {
            **plan,
            "quotas": quotas,
            "rollup": rollup,
            "quota_rules": rule_frame(scenario),
            "quota_limits": limits_frame(scenario, plan["territories"]),
            "kpis": kpis,
            **judged_frames(plan["territories"]),
        }
        for name, frame in tables.items():
            run.write_csv(f"{name}.csv", frame)
        for name in ("attainment", "months", "stress"):
            run.write_csv(f"{name}.csv", outcome[name])
        run.write_parquet("attainment.parquet", outcome["bookings"])
        run.write_parquet("simulated_year.parquet", outcome["year"])
        locked = plan["alignment"].query("locked").assign(reason="named accounts stay")
        locks = locked[["unit_id", "territory_id", "reason"]].rename(
            columns={"unit_id": "unit", "territory_id": "territory"}
        )
        run.write_csv("inputs/locks.csv", locks)
        write_layers(run.path("territories.gpkg"), map_layers(plan))
        run.write_json("problems.json", [_problem()])
        run.write_json("verification.json", {"verdict": True, "checks": [_check()]})
        run.write_json("environment.json", {"started": "2027-01-01T00:00:00+00:00", "stages": {"solve": 1.0}})
        values = kpis.set_index("kpi")["value"].astype(float)
        return run.finish(_facts(scenario, values, inputs))


def make_scenario(seed: int, territories: int, keys: dict[str, Any]) -> Scenario:
    """Write the scenario such a run would come from."""
    content = {
        "name": "grid",
        "title": "A grid of counties",
        "synthetic": SYNTHETIC,
        "fiscal_year_start": date(2027, 1, 1),
        "seed": seed,
        "units": {
            "table": "units.csv",
            "id": "fips",
            "name": "name",
            "group": "state",
            "area_km2": "area",
            "adjacency": "adjacency.csv",
        },
        "measures": {
            "potential": {"column": "wages", "unit": "USD", "vintage": "invented"},
            "workload": {"visits": {"column": "visits"}, "vintage": "invented"},
        },
        "reps": {"table": "reps.csv"},
        "accounts": {"table": "accounts.csv"},
        "territories": {
            "balance": [{"measure": name, "tolerance": share} for name, share in TOLERANCE.items()],
            "share": "equal",
        },
        "current": {"table": "current.csv"},
        "rules": {"locks": "locks.csv"},
        "quotas": {"plan_target": Decimal(territories) * 1_000_000, "over_assignment": 0.05},
        "process": {
            "opportunities_per_year": 40.0 * territories,
            "stages": [
                {"name": "qualify", "effort_hours": {"mean": 4.0}, "days": {"mean": 20.0}, "advance": 0.6},
                {"name": "close", "effort_hours": {"mean": 8.0}, "days": {"mean": 40.0}, "advance": 0.4},
            ],
            "deal_size": {"mean": 100_000.0, "cv": 0.8},
            "source": "invented",
        },
        "simulation": {"replications": 60},
    }  # fmt: skip
    return Scenario(**{**content, **keys})


def kpi_table(
    plan: dict[str, pd.DataFrame], quotas: pd.DataFrame, attainment: pd.DataFrame, scenario: Scenario
) -> pd.DataFrame:
    """Sum the tables up."""
    rows, accounts, money = plan["territories"], plan["accounts"], scenario.currency
    objective = sum(rows[f"{part}_cost"].sum() for part in ("travel", "handoff", "imbalance"))
    held = plan["alignment"]["previous_territory_id"] != ""
    company = attainment[attainment["id"] == "company"].iloc[0]
    reps = attainment[attainment["level"] == "rep"]
    value_moved = float(rows["handoff_value"].sum()) / float(plan["units"].loc[held, "handoff_value"].sum())
    bound = round(0.97 * float(objective), 2)
    figures = [
        ("objective", objective, f"{money} per year", "travel, handoffs and imbalance together"),
        ("bound", bound, f"{money} per year", "no plan that keeps the rules can cost less"),
        ("gap", 1 - bound / float(objective), "share", "largest possible improvement"),
        ("travel_cost", rows["travel_cost"].sum(), f"{money} per year", "cost of travel"),
        ("handoff_cost", rows["handoff_cost"].sum(), f"{money} per year", "expected loss on handoffs"),
        ("imbalance_cost", rows["imbalance_cost"].sum(), f"{money} per year", "cost of imbalance"),
        *(
            (f"max_deviation_{m}", rows[f"{m}_deviation"].abs().max(), "share", f"furthest from fair: {m}")
            for m in TOLERANCE
        ),
        ("territories", len(rows), "count", "territories"),
        ("units", len(plan["units"]), "count", "planning units"),
        ("accounts_moved", int(accounts["moved"].sum()), "count", "accounts that change hands"),
        ("value_moved_share", value_moved, "share", "part of account value that changes hands"),
        ("plan_target", scenario.quotas.plan_target, money, "the company number"),
        ("quota_total", quotas.query("period == 'FY'")["quota"].sum(), money, "sum of quotas"),
        ("p_plan", company["p_at_quota"], "probability", "chance of reaching the plan target"),
        ("share_at_quota", reps["p_at_quota"].mean(), "share", "positions at or above quota, average year"),
        ("expected_bookings", company["expected"], money, "bookings of an average year"),
    ]  # fmt: skip
    return pd.DataFrame(figures, columns=["kpi", "value", "unit", "meaning"])


def _input(role: str, path: str, data: bytes) -> InputFile:
    return InputFile(role, path, hashlib.sha256(data).hexdigest(), len(data))


def _facts(scenario: Scenario, kpis: pd.Series[float], inputs: tuple[InputFile, ...]) -> RunFacts:
    return RunFacts(
        scenario=scenario.name,
        title=scenario.title,
        synthetic=scenario.synthetic,
        currency=scenario.currency,
        seed=scenario.seed,
        version="0.1.0",
        status="feasible",
        objective=float(kpis["objective"]),
        bound=float(kpis["bound"]),
        gap=float(kpis["gap"]),
        reproducible=True,
        inputs=inputs,
    )


def _problem() -> dict[str, Any]:
    return {
        "code": "CSV-NUM-02",
        "severity": "repair",
        "file": "units.csv",
        "line": 7,
        "column": 3,
        "key": "wages",
        "value": " 1000000",
        "message": "a blank before the number was removed",
        "remedy": "export without blanks",
        "count": 2,
    }


def _check() -> dict[str, Any]:
    return {
        "rule": "every unit once",
        "required": "each unit in one territory",
        "found": "it is",
        "margin": None,
        "passed": True,
    }
