"""Which records of the CRM the plan's accounts, positions and reps are, by Id or by the field that holds ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import shown
from engine.export.loads import Remark, Row
from engine.export.plan import HandedPlan
from engine.export.salesforce_id import full_id, is_id

_DEVELOPER_NAME = re.compile("[A-Za-z](?:_?[A-Za-z0-9])*")
_LONGEST_NAME = 80
_MOST_TERRITORIES = 1000  # Salesforce's default limit of a model


@dataclass(frozen=True)
class Matches:
    """Salesforce ids by the plan's own.

    Parameters
    ----------
    accounts, territories
        Accounts and territories that were found.
    users
        Active users by rep id.
    inactive
        Users who are not active.
    remarks
        Who was not found or cannot be used.
    """

    accounts: Mapping[str, str]
    territories: Mapping[str, str]
    users: Mapping[str, str]
    inactive: frozenset[str]
    remarks: tuple[Remark, ...]


def match(plan: HandedPlan, extract: Mapping[str, Sequence[Row]], model: str) -> Matches:
    """Find the plan's accounts, territories of a model and reps in the CRM.

    Parameters
    ----------
    plan
        The plan.
    extract
        What the CRM holds today.
    model
        Id of the territory model; empty = none.

    Returns
    -------
    What was found; an account is found by ``Id`` or ``AccountNumber``, a rep by ``Id`` or ``EmployeeNumber``, a
    territory by ``Id`` or ``DeveloperName``. What stands for two records is not found.
    """
    remarks: list[Remark] = []
    accounts = _found(plan.accounts["account_id"], extract["Account"], "Account", "AccountNumber", remarks)
    reps = [rep for rep in plan.territories["rep_id"] if rep]
    users = _found(reps, extract["User"], "User", "EmployeeNumber", remarks)
    active = {row["Id"]: row["IsActive"].lower() in ("true", "1", "yes") for row in extract["User"]}
    for rep in [rep for rep, user in users.items() if not active[user]]:
        message = "the user is not active: territories, accounts and quotas cannot be given to it"
        remarks.append(
            Remark("left out", "User", rep, message, "activate the user, or put another rep there")
        )
        del users[rep]
    ours = {*plan.territories["territory_id"], *plan.accounts["previous_territory_id"]} - {""}
    here = [row for row in extract.get("Territory2", ()) if row["Territory2ModelId"] == model]
    territories = _found(sorted(ours), here, "Territory2", "DeveloperName", []) if model else {}
    inactive = frozenset(user for user, there in active.items() if not there)
    return Matches(accounts, territories, users, inactive, tuple(remarks))


def new_territories(
    plan: HandedPlan, extract: Mapping[str, Sequence[Row]], model: str, found: Mapping[str, str]
) -> tuple[list[Row], list[Remark]]:
    """Make the records of territories that the model does not have.

    Returns
    -------
    Rows to insert, and what stands against them.
    """
    here = [row for row in extract["Territory2"] if row["Territory2ModelId"] == model]
    kinds = sorted({row["Territory2TypeId"] for row in here})
    missing = [name for name in plan.territories["territory_id"] if name not in found]
    rows: list[Row] = []
    remarks = []
    for name in missing:
        if len(kinds) != 1:
            message, remedy = f"its type is not known: the model uses {len(kinds)} types", "make it by hand"
        elif not _DEVELOPER_NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            message = (
                "no DeveloperName: that has letters, digits and single underscores, begins with a letter"
            )
            remedy = "make it by hand and give the plan's territory the DeveloperName of it"
        else:
            row = {"Name": name, "DeveloperName": name, "Territory2ModelId": model}
            rows.append(row | {"Territory2TypeId": kinds[0]})
            message = "the territory is new: nothing can be put into it before it has an Id"
            remedy = "load Territory2, export the CRM's tables again, then run this export again"
        remarks.append(Remark("left out", "Territory2", shown(name), message, remedy))
    if len(here) + len(rows) > _MOST_TERRITORIES:
        message = f"the model would have {len(here) + len(rows):,} territories; the usual limit is 1,000"
        remarks.append(Remark("fails", "Territory2", model, message, "ask Salesforce for a higher limit"))
    return rows, remarks


def _found(
    ids: Iterable[str], rows: Sequence[Row], kind: str, column: str, remarks: list[Remark]
) -> dict[str, str]:
    by_id = {row["Id"] for row in rows}
    by_name: dict[str, list[str]] = {}
    for row in rows:
        by_name.setdefault(row[column], []).append(row["Id"])
    found = {}
    for name in ids:
        hits = [full_id(name)] if is_id(name, kind) and full_id(name) in by_id else by_name.get(name, [])
        if len(hits) == 1:
            found[name] = hits[0]
            continue
        message = f"{len(hits)} records have it as {column}" if hits else f"no {kind} has this Id or {column}"
        remedy = f"correct {column}, or use Salesforce ids in the tables of the scenario"
        remarks.append(Remark("left out", kind, shown(name), message, remedy))
    return found
