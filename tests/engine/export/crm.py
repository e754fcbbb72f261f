"""An invented Salesforce: tables that may hold anything about a plan, and a loader that obeys its rules."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from engine.export.extract import COLUMNS, OPTIONAL
from engine.export.loads import Row
from engine.export.plan import HandedPlan
from engine.export.salesforce_id import full_id

Tables = dict[str, list[Row]]
MODEL, KIND, FORECAST = (full_id(f"{prefix}5e000000Zz01") for prefix in ("0MA", "0M5", "0Db"))
PREFIX = {"Account": "001", "User": "005", "Territory2": "0MI", "ObjectTerritory2Association": "0Mw",
          "UserTerritory2Association": "0Mv", "ForecastingQuota": "0J9"}  # fmt: skip

_NUMBERS = itertools.count(1000)  # no Id is ever given twice


def record_id(kind: str, number: int) -> str:
    """The Id of the n-th record of an object."""
    return full_id(f"{PREFIX[kind]}5e0000{number:06d}")


def crm_of(plan: HandedPlan, chance: Random, *, complete: bool = False) -> Tables:
    """Invent what a CRM may hold: doubles, rule-made rows, strangers, missing and inactive records."""
    sure = 1.0 if complete else 0.93
    tables: Tables = {name: [] for name in COLUMNS}
    reps = [rep for rep in plan.territories["rep_id"] if rep]
    for n, rep in enumerate([*reps, "somebody else"]):
        active = "true" if chance.random() < sure else "false"
        if chance.random() < sure:
            tables["User"].append({"Id": record_id("User", n), "IsActive": active, "EmployeeNumber": rep})
    users = [row["Id"] for row in tables["User"]] or [record_id("User", 999)]
    tables["Territory2Model"] = [{"Id": MODEL, "State": "Active"}]
    for n, name in enumerate([*plan.territories["territory_id"], "Overlay"]):
        row = {"Id": record_id("Territory2", n), "DeveloperName": name, "Territory2ModelId": MODEL}
        if chance.random() < sure or name == "Overlay":
            tables["Territory2"].append({**row, "Territory2TypeId": KIND})
    places = [row["Id"] for row in tables["Territory2"]]
    for n, account in enumerate(plan.accounts["account_id"]):
        own = record_id("Account", n)
        cells = {"Id": own, "AccountNumber": account, "OwnerId": chance.choice(users)}
        if chance.random() < sure:
            tables["Account"].append(cells)
        for place in chance.choices(places, k=chance.choice([0, 1, 1, 1, 2])):
            cause = chance.choice(["Territory2Manual", "Territory2AssignmentRule"])
            held = {"ObjectId": own, "Territory2Id": place, "AssociationCause": cause}
            add(tables, "ObjectTerritory2Association", held)
    for place in places:
        for role in ("Owner", "Sales Rep"):
            for user in chance.sample(users, k=min(len(users), chance.choice([0, 1, 2]))):
                seat = {"UserId": user, "Territory2Id": place, "RoleInTerritory2": role}
                add(tables, "UserTerritory2Association", seat)
    tables["ForecastingType"] = [{"Id": FORECAST, "IsActive": "true"}]
    for place in places:
        cells = {"QuotaOwnerId": chance.choice(users), "StartDate": "2027-02-01", "QuotaAmount": "100.5"}
        add(tables, "ForecastingQuota", {**cells, "ForecastingTypeId": FORECAST, "Territory2Id": place})
    return tables


def add(tables: Tables, name: str, cells: Mapping[str, str]) -> None:
    """Put a record in, with a new Id."""
    tables[name].append({"Id": record_id(name, next(_NUMBERS)), **cells})


def write_crm(folder: Path, tables: Tables) -> None:
    """Write the tables as Salesforce exports them."""
    for name, rows in tables.items():
        columns = (*COLUMNS[name], *OPTIONAL.get(name, ()))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def read_rows(content: bytes) -> list[Row]:
    """Read a CSV as plain text, as a loader does."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def load(tables: Tables, files: Mapping[str, bytes], way: str) -> None:
    """Do what a person with a loader does: the steps of one way in order; deletes without Ids are inserts undone."""
    for step in read_rows(files["steps.csv"]):
        if step["way"] != way:
            continue
        rows, there = read_rows(files[step["file"]]), tables[step["object"]]
        assert len(rows) == int(step["rows"]) > 0
        for row in rows:
            if step["operation"] == "insert":
                add(tables, step["object"], row)
                continue
            hits = [one for one in there if row.items() <= one.items() or one["Id"] == row.get("Id")]
            assert len(hits) == 1, "a loader must know which record is meant"
            if step["operation"] == "delete":
                there.remove(hits[0])
            else:
                hits[0].update(row)


def without_ids(rows: Sequence[Row]) -> list[list[tuple[str, str]]]:
    """Records as they are but for the Ids, which nobody can choose."""
    return sorted(sorted((key, cell) for key, cell in row.items() if key != "Id" and cell) for row in rows)
