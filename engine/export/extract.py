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
        if name in NEEDED or path.is_file():
            columns, optional = COLUMNS[name], OPTIONAL.get(name, ())
            found[name] = read_rows(path, columns, findings, optional, need_rows=name in NEEDED, ids=True)
    if wrong := [finding for finding in findings if finding.severity is Severity.ERROR]:
        raise InputError(wrong)
    return found


def read_rows(
    path: Path,
    columns: Sequence[str],
    findings: list[Finding],
    optional: Sequence[str] = (),
    *,
    need_rows: bool = True,
    ids: bool = False,
) -> list[Row]:
    """Read some columns of a table of the CRM; the first must not be the same in two rows.

    Parameters
    ----------
    path
        The file; its name is that of the object.
    columns, optional
        Headers, in any case; optional ones that are not there are empty.
    findings
        Where everything noticed is added.
    need_rows
        Whether a table without rows is an error.
    ids
        Whether columns named after Ids hold Salesforce's, to be brought to 18 characters.

    Returns
    -------
    Text cells by column; none when the table cannot be read.
    """
    if not path.is_file():
        message = f"{path.name}, a table of the CRM, is not there"
        remedy = f"put it into this folder with {', '.join(columns)}"
        findings.append(Finding(str(path), 0, 0, "", "FILE-MISSING", Severity.ERROR, "", message, remedy))
        return []
    with storage_errors(path):
        content = path.read_bytes()
    sheet = read_sheet(content, str(path), findings, need_rows=need_rows)
    return [] if sheet is None else _rows(sheet, path.stem, columns, optional, ids)


def has_column(rows: Sequence[Row], column: str) -> bool:
    """Whether any row says something in a column."""
    return any(row[column] for row in rows)


def _rows(sheet: Sheet, name: str, columns: Sequence[str], optional: Sequence[str], ids: bool) -> list[Row]:
    header = {str(column).lower(): str(column) for column in sheet.rows.columns}
    missing = [column for column in columns if column.lower() not in header]
    if missing:
        message = f"{name} has no column {', '.join(missing)}"
        sheet.report([1], missing[0], "CSV-COLUMN", message, "export it with all of these columns")
        return []
    wanted = (*columns, *optional)
    rows = [
        {column: str(record[header[column.lower()]]) if column.lower() in header else "" for column in wanted}
        for record in sheet.rows.to_dict("records")
    ]
    lines = [int(line) for line in sheet.rows.index]
    for column in wanted if ids else ():
        if column.endswith("Id"):
            _check_ids(sheet, rows, lines, column, name if column == "Id" else KINDS.get(column, ""))
    key = columns[0]
    seen: dict[str, int] = {}
    for line, row in zip(lines, rows, strict=True):
        if (first := seen.setdefault(row[key], line)) != line:
            message = f"{key} {shown(row[key])} stands in lines {first} and {line}"
            sheet.report([line], key, "CRM-TWICE", message, "export it again, one row a record")
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
