"""Files for HubSpot: an import of company owners, and one that gives them back."""

from __future__ import annotations

import re
from pathlib import Path

from engine.errors import Finding, InputError, Severity, shown
from engine.export.extract import read_rows
from engine.export.loads import Load, Remark, Row
from engine.export.plan import HandedPlan

_EMAIL = re.compile(r"[^\s@=+\-'\"<>,;][^\s@'\"<>,;]*@[^\s@'\"<>,;]+")
_RECORD = re.compile("[0-9]+")


def hubspot_loads(plan: HandedPlan, crm: Path | None) -> tuple[list[Load], list[Remark]]:
    """Find which companies get another owner.

    Parameters
    ----------
    plan
        The plan; its account ids are HubSpot's Record IDs.
    crm
        Folder with ``users.csv`` (``rep_id,email``), not needed where rep ids are e-mail addresses, and maybe
        ``companies.csv`` (``Record ID``), by which companies that are not there are left out.

    Returns
    -------
    One import, and what was left out. HubSpot knows owners by e-mail address.

    Raises
    ------
    InputError
        If a table cannot be used.
    """
    emails, known = _tables(crm)
    remarks: list[Remark] = []
    mail_of: dict[str, str] = {}
    for territory, rep in plan.rep_of.items():
        mail = emails.get(rep, rep)
        if _EMAIL.fullmatch(mail):
            mail_of[territory] = mail
        else:
            message = f"rep {shown(rep)} has no e-mail address" if rep else "the position is vacant"
            remedy = "name a rep in users.csv; until then its new accounts keep the owner they have"
            remarks.append(Remark("left out", "owner", shown(territory), message, remedy))
    rows: list[Row] = []
    back: list[Row] = []
    columns = ("account_id", "territory_id", "previous_territory_id")
    for account, to, before in plan.accounts[list(columns)].itertuples(index=False, name=None):
        if to == before or to not in mail_of:
            continue
        if not _RECORD.fullmatch(account) or (known is not None and account not in known):
            message = (
                "no company has this Record ID"
                if _RECORD.fullmatch(account)
                else "a Record ID has digits only"
            )
            remedy = "use HubSpot's Record ID as account_id in the tables of the scenario"
            remarks.append(Remark("left out", "company", shown(account), message, remedy))
            continue
        rows.append({"Record ID": account, "Company owner": mail_of[to]})
        if before in mail_of:
            back.append({"Record ID": account, "Company owner": mail_of[before]})
        else:
            message = "nobody is known who had it: the rollback leaves the new owner"
            remarks.append(Remark("note", "company", account, message, "take the owner away by hand"))
    return [Load("companies", "update", rows, back)], remarks


def _tables(crm: Path | None) -> tuple[dict[str, str], set[str] | None]:
    if crm is None:
        return {}, None
    findings: list[Finding] = []
    users = read_rows(crm / "users.csv", ("rep_id", "email"), findings)
    companies = None
    if (crm / "companies.csv").is_file():
        companies = {row["Record ID"] for row in read_rows(crm / "companies.csv", ("Record ID",), findings)}
    if wrong := [finding for finding in findings if finding.severity is Severity.ERROR]:
        raise InputError(wrong)
    return {row["rep_id"]: row["email"] for row in users}, companies
