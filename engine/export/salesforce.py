"""Files for Salesforce: what its tables need to hold the plan, what takes that back, what would go wrong.

Objects and fields as in Salesforce's Object Reference. ObjectTerritory2Association and UserTerritory2Association
have no update: a move is a delete and an insert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from engine.errors import Finding, InputError, Severity
from engine.export.extract import has_column
from engine.export.loads import Load, Remark, Row
from engine.export.matching import Matches, match, new_territories
from engine.export.plan import HandedPlan

MANUAL, BY_RULE = "Territory2Manual", "Territory2AssignmentRule"
_CENT = Decimal("0.01")
_EXPORT = "export it from Salesforce into the folder of its tables"
Extract = Mapping[str, Sequence[Row]]


def salesforce_loads(plan: HandedPlan, extract: Extract, role: str) -> tuple[list[Load], list[Remark]]:
    """Find what to load so that Salesforce holds the plan.

    Parameters
    ----------
    plan
        The plan.
    extract
        What Salesforce holds today (`engine.export.extract.read_extract`).
    role
        ``RoleInTerritory2`` of the rep of a territory.

    Returns
    -------
    Steps in order, and what would fail, come back or was left out. Rows that would fail for themselves are not
    among the steps.

    Raises
    ------
    InputError
        If it cannot be told which territory model is meant, or an amount is no number.
    """
    remarks: list[Remark] = []
    model = _model(extract, remarks)
    found = match(plan, extract, model)
    remarks += found.remarks
    loads = []
    if model:
        rows, against = new_territories(plan, extract, model, found.territories)
        remarks += against
        loads.append(Load("Territory2", "insert", rows, rows))
        loads += _user_loads(plan, extract, found, role, remarks)
        loads += _account_loads(plan, extract, found, remarks)
    loads += _quota_loads(plan, extract, found, remarks)
    loads += _owner_loads(plan, extract, found, remarks)
    return loads, [*remarks, *_no_way_back(loads, found.inactive)]


def _model(extract: Extract, remarks: list[Remark]) -> str:
    """Choose the active territory model, or the only one."""
    if "Territory2" not in extract or "Territory2Model" not in extract:
        message = "Territory2.csv and Territory2Model.csv are not there: no territories are loaded"
        remarks.append(Remark("note", "Territory2", "", message, _EXPORT))
        return ""
    models = extract["Territory2Model"]
    active = [row for row in models if row["State"] == "Active"]
    chosen = active or models
    if len(chosen) != 1:
        message = (
            f"{len(active)} of {len(models)} territory models are active; it is not clear which is meant"
        )
        remedy = "leave only the one that is meant in this file"
        file = "Territory2Model.csv"
        raise InputError([Finding(file, 0, 0, "State", "CRM-MODEL", Severity.ERROR, "", message, remedy)])
    if not active:
        message = (
            f"the territory model is {chosen[0]['State'] or 'in no state'}, not Active: rows are refused"
        )
        remarks.append(Remark("fails", "Territory2Model", chosen[0]["Id"], message, "activate the model"))
    return chosen[0]["Id"]


def _user_loads(
    plan: HandedPlan, extract: Extract, found: Matches, role: str, remarks: list[Remark]
) -> list[Load]:
    name = "UserTerritory2Association"
    if name not in extract:
        remarks.append(Remark("note", name, "", f"{name}.csv is not there: none is loaded", _EXPORT))
        return []
    roles = sorted({row["RoleInTerritory2"] for row in extract[name]} - {""})
    if roles and role not in roles:
        message = f"nobody has this role; roles in use are {', '.join(roles)}"
        remarks.append(Remark("fails", name, role, message, "choose one that is in the list with --role"))
    gone: list[Row] = []
    new: list[Row] = []
    for territory, rep in plan.rep_of.items():
        if territory not in found.territories or (rep and rep not in found.users):
            continue
        place, user = found.territories[territory], found.users.get(rep, "")
        there = [r for r in extract[name] if (r["Territory2Id"], r["RoleInTerritory2"]) == (place, role)]
        gone += [row for row in there if row["UserId"] != user]
        if user and all(row["UserId"] != user for row in there):
            new.append({"UserId": user, "Territory2Id": place, "RoleInTerritory2": role})
        if not rep and there:
            message = f"the position is vacant: {len(there)} users lose the role {role} there"
            remarks.append(Remark("note", name, territory, message, "take the row out to keep them"))
    return [
        _delete(name, gone, ("UserId", "Territory2Id", "RoleInTerritory2")),
        Load(name, "insert", new, new),
    ]


def _account_loads(plan: HandedPlan, extract: Extract, found: Matches, remarks: list[Remark]) -> list[Load]:
    """Put accounts into their new territory first, so that none is ever in no territory."""
    name = "ObjectTerritory2Association"
    if name not in extract:
        remarks.append(Remark("note", name, "", f"{name}.csv is not there: none is loaded", _EXPORT))
        return []
    ours = {place: territory for territory, place in found.territories.items()}
    rows_of: dict[str, list[Row]] = {}
    for row in extract[name]:
        if row["Territory2Id"] in ours:
            rows_of.setdefault(row["ObjectId"], []).append(row)
    gone: list[Row] = []
    new: list[Row] = []
    for account, to, before in zip(
        plan.accounts["account_id"],
        plan.accounts["territory_id"],
        plan.accounts["previous_territory_id"],
        strict=True,
    ):
        if account not in found.accounts or to not in found.territories:
            continue
        place, there = found.territories[to], rows_of.get(found.accounts[account], [])
        away = [row for row in there if row["Territory2Id"] != place]
        gone += away
        if len(away) == len(there):
            cells = {"ObjectId": found.accounts[account], "Territory2Id": place, "AssociationCause": MANUAL}
            new.append(cells)
        remarks += _account_remarks(account, before, there, away, ours)
    strangers = len(extract[name]) - sum(map(len, rows_of.values()))
    if strangers:
        message = f"{strangers:,} rows are in territories that are not the plan's; they stay as they are"
        remarks.append(Remark("note", name, "", message, ""))
    fields = ("ObjectId", "Territory2Id", "AssociationCause")
    return [Load(name, "insert", new, new), _delete(name, gone, fields)]


def _account_remarks(
    account: str, before: str, there: Sequence[Row], away: Sequence[Row], ours: Mapping[str, str]
) -> list[Remark]:
    name = "ObjectTerritory2Association"
    remarks = []
    for row in away:
        if row["AssociationCause"] == BY_RULE:
            message = f"a rule put it into {ours[row['Territory2Id']]}: the row comes back when rules run"
            remedy = "change the assignment rule of that territory first"
            remarks.append(Remark("comes back", name, account, message, remedy))
    places = [row["Territory2Id"] for row in there]
    if len(places) > len(set(places)):
        message = "the CRM has the account twice in one territory; it refuses no doubles"
        remarks.append(Remark("note", name, account, message, "delete one of the two rows"))
    if {ours[place] for place in places} != {before} - {""}:
        holders = ", ".join(sorted({ours[place] for place in places})) or "nobody"
        message = f"with {holders} in the CRM, with {before or 'nobody'} when the plan was made"
        remarks.append(Remark("note", name, account, message, "see whether the plan is still wanted"))
    return remarks


def _quota_loads(plan: HandedPlan, extract: Extract, found: Matches, remarks: list[Remark]) -> list[Load]:
    """One quota a rep and month; a quota that is there already is changed, not doubled."""
    name = "ForecastingQuota"
    kinds = [row["Id"] for row in extract.get("ForecastingType", ()) if row["IsActive"].lower() == "true"]
    if name not in extract or len(kinds) != 1:
        message = f"quotas need {name}.csv and ForecastingType.csv with one active type; found {len(kinds)}"
        remedy = "export both, and leave only the forecast type that is meant"
        remarks.append(Remark("note", name, "", message, remedy))
        return []
    there = [row for row in extract[name] if row["ForecastingTypeId"] == kinds[0]]
    by_territory = has_column(there, "Territory2Id") or (not there and bool(found.territories))
    known = {(row["QuotaOwnerId"], row["StartDate"], row["Territory2Id"]): row for row in there}
    new: list[Row] = []
    changed: list[tuple[Row, Row]] = []
    months = plan.quotas[plan.quotas["period"].str.fullmatch(r"\d{4}-\d{2}")]
    for territory, rep, month, quota in months[["territory_id", "rep_id", "period", "quota"]].itertuples(
        index=False, name=None
    ):
        place = found.territories.get(territory, "") if by_territory else ""
        if rep not in found.users or (by_territory and not place):
            continue
        user, start, amount = found.users[rep], f"{month}-01", str(Decimal(str(quota)).quantize(_CENT))
        if (old := known.get((user, start, place))) is None:
            cells = {"QuotaOwnerId": user, "StartDate": start, "QuotaAmount": amount}
            cells["ForecastingTypeId"] = kinds[0]
            new.append(cells | ({"Territory2Id": place} if by_territory else {}))
        elif _amount(old) != Decimal(amount):
            changed.append((old, {"Id": old["Id"], "QuotaAmount": amount}))
    for territory, rep in plan.rep_of.items():
        if not rep:
            message = "the position is vacant: its quota has no owner and is not loaded"
            remarks.append(Remark("left out", name, territory, message, "load it when somebody is there"))
    return [
        Load(name, "insert", new, new),
        Load(
            name,
            "update",
            [cells for _, cells in changed],
            [{"Id": old["Id"], "QuotaAmount": old["QuotaAmount"]} for old, _ in changed],
        ),
    ]


def _owner_loads(plan: HandedPlan, extract: Extract, found: Matches, remarks: list[Remark]) -> list[Load]:
    owner = {row["Id"]: row["OwnerId"] for row in extract["Account"]}
    if not has_column(extract["Account"], "OwnerId"):
        remarks.append(Remark("note", "Account", "", "without OwnerId no owner is changed", _EXPORT))
        return []
    new: list[Row] = []
    back: list[Row] = []
    rep_of, waiting = plan.rep_of, dict.fromkeys(plan.rep_of, 0)
    for account, territory in zip(plan.accounts["account_id"], plan.accounts["territory_id"], strict=True):
        if account not in found.accounts:
            continue
        place, rep = found.accounts[account], rep_of[territory]
        if rep not in found.users:
            waiting[territory] += 1
        elif found.users[rep] != owner[place]:
            new.append({"Id": place, "OwnerId": found.users[rep]})
            back.append({"Id": place, "OwnerId": owner[place]})
    for territory, count in waiting.items():
        if count:
            message = f"nobody is there who can own accounts: {count:,} keep the owner they have"
            remarks.append(Remark("left out", "Account", territory, message, "name an active user there"))
    return [Load("Account", "update", new, back)]


def _no_way_back(loads: Sequence[Load], inactive: frozenset[str]) -> list[Remark]:
    """Name users of before to whom a rollback could give nothing back."""
    counts: dict[tuple[str, str], int] = {}
    for load in loads:
        for row in load.back if load.operation != "insert" else ():
            user = row.get("OwnerId", row.get("UserId", ""))
            if user in inactive:
                counts[load.object, user] = counts.get((load.object, user), 0) + 1
    remedy = "activate the user for the rollback, or go without these rows"
    return [
        Remark("fails", name, user, f"not active: the rollback cannot give {count:,} rows back", remedy)
        for (name, user), count in counts.items()
    ]


def _delete(name: str, rows: Sequence[Row], fields: Sequence[str]) -> Load:
    back = [{field: row[field] for field in fields} for row in rows]
    return Load(name, "delete", [{"Id": row["Id"]} for row in rows], back)


def _amount(row: Row) -> Decimal:
    try:
        amount = Decimal(row["QuotaAmount"])
        return amount if amount.is_finite() else Decimal("-1")
    except InvalidOperation:
        value = row["QuotaAmount"]
        message, remedy = f"{value!r} of {row['Id']} is no number", "export it with plain numbers"
        error = Severity.ERROR
        raise InputError(
            [
                Finding(
                    "ForecastingQuota.csv", 0, 0, "QuotaAmount", "CRM-AMOUNT", error, value, message, remedy
                )
            ]
        ) from None
