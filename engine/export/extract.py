"""The CRM's own tables as it exports them: one CSV an object, with checked ids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import Finding, InputError, Severity, shown
from engine.export.loads import Row
from engine.export.salesforce_id import full_id
from engine.runs.storage import storage_errors
from engine.tables.sheet import Sheet
from engine.tables.text import read_sheet

COLUMNS = {
    "Account": ("Id",),
    "User": ("Id", "IsActive"),
    "Territory2Model": ("Id", "State"),
    "Territory2": ("Id", "DeveloperName", "Territory2ModelId", "Territory2TypeId"),
    "ObjectTerritory2Association": ("Id", "ObjectId", "Territory2Id", "AssociationCause"),
    "UserTerritory2Association": ("Id", "UserId", "Territory2Id", "RoleInTerritory2"),
    "ForecastingType": ("Id", "IsActive"),
    "ForecastingQuota": (
        "Id", "QuotaOwnerId", "StartDate", "QuotaAmount", "ForecastingTypeId", "Territory2Id",
    ),
}  # fmt: skip
OPTIONAL = {"Account": ("AccountNumber", "OwnerId"), "User": ("EmployeeNumber",)}
NEEDED = ("Account", "User")
KINDS = {"ObjectId": "", "UserId": "User", "QuotaOwnerId": "User", "OwnerId": "User"}


def read_extract(folder: Path) -> dict[str, list[Row]]:
    """Read what the CRM holds today.

    Parameters
    ----------
    folder
        Files named after objects, such as ``Account.csv``, with API names as headers in any case.

    Returns
    -------
    Rows by object; objects whose file is not there are left out. Ids have 18 characters; only the columns of
    `COLUMNS` and `OPTIONAL` are kept, the latter empty where the file has none.

    Raises
    ------
    InputError
        With every missing file or column and every id that is none or stands twice.
    """
    findings: list[Finding] = []
    found: dict[str, list[Row]] = {}
    for name in COLUMNS:
        path = folder / f"{name}.csv"
        if not path.is_file():
            if name in NEEDED:
                message = f"{path.name} is missing: the export of {name} from Salesforce"
                remedy = f"export {name} with {', '.join(COLUMNS[name])} into this folder"
                findings.append(
                    Finding(str(path), 0, 0, "", "FILE-MISSING", Severity.ERROR, "", message, remedy)
                )
            continue
        with storage_errors(path):
            content = path.read_bytes()
        sheet = read_sheet(content, str(path), findings, need_rows=name in NEEDED)
        if sheet is not None:
            found[name] = _rows(sheet, name)
    if wrong := [finding for finding in findings if finding.severity is Severity.ERROR]:
        raise InputError(wrong)
    return found


def has_column(rows: Sequence[Row], column: str) -> bool:
    """Whether any row says something in a column."""
    return any(row[column] for row in rows)


def _rows(sheet: Sheet, name: str) -> list[Row]:
    header = {str(column).lower(): str(column) for column in sheet.rows.columns}
    missing = [column for column in COLUMNS[name] if column.lower() not in header]
    if missing:
        message = f"the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} of {name} not there"
        sheet.report([1], missing[0], "CSV-COLUMN", message, "export it with these columns")
        return []
    wanted = (*COLUMNS[name], *OPTIONAL.get(name, ()))
    rows = [
        {column: str(record[header[column.lower()]]) if column.lower() in header else "" for column in wanted}
        for record in sheet.rows.to_dict("records")
    ]
    lines = [int(line) for line in sheet.rows.index]
    for column in wanted:
        if column == "Id" or column.endswith("Id"):
            _check_ids(sheet, rows, lines, column, name if column == "Id" else KINDS.get(column, ""))
    seen: dict[str, int] = {}
    for line, row in zip(lines, rows, strict=True):
        if (first := seen.setdefault(row["Id"], line)) != line:
            message = f"the Id {row['Id']} stands in lines {first} and {line}"
            sheet.report([line], "Id", "CRM-TWICE", message, "export it again, one row a record")
    return rows


def _check_ids(sheet: Sheet, rows: list[Row], lines: list[int], column: str, kind: str) -> None:
    """Bring ids to 18 characters; an empty reference stays empty."""
    for line, row in zip(lines, rows, strict=True):
        if row[column] or column == "Id":
            try:
                row[column] = full_id(row[column], kind)
            except ValueError as error:
                message = f"{shown(row[column]) or 'an empty cell'} {error}"
                remedy = "export it again; a spreadsheet may have changed it"
                sheet.report([line], column, "CRM-ID", message, remedy, value=row[column])
