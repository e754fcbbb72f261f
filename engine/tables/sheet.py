"""A table as text, and the files it came from, with everything noticed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from engine.errors import Finding, Severity, shown
from engine.scenario.files import FileProblemError, read_input
from engine.scenario.nearest import did_you_mean
from engine.scenario.places import KeyPath, Places, dotted, finding_at, place_of
from engine.tables.tables import InputFile

MOST_EXAMPLES = 20
MOST_BYTES = 500_000_000


@dataclass(frozen=True)
class Sheet:
    """A table whose cells are text.

    Parameters
    ----------
    file
        Path as written in the scenario.
    delimiter
        The character between cells.
    rows
        Trimmed text; the index holds line numbers of the file.
    findings
        Where everything noticed is added.
    unread
        Text of the rows that are too long or too short to be read.
    """

    file: str
    delimiter: str
    rows: pd.DataFrame
    findings: list[Finding]
    unread: str = ""

    def has(self, column: str) -> bool:
        """Whether the table has a column."""
        return column in self.rows.columns

    def report(
        self,
        lines: Iterable[int],
        column: str,
        code: str,
        message: str,
        remedy: str,
        severity: Severity = Severity.ERROR,
        value: object = "",
        count: int = 1,
    ) -> None:
        """Note one kind of problem once, with the first lines it stands in; it concerns ``count`` rows if not only these."""
        places = sorted(lines)
        if len(places) > 1:
            others = ", ".join(str(line) for line in places[1:MOST_EXAMPLES])
            more = f" and {len(places) - MOST_EXAMPLES} more" if len(places) > MOST_EXAMPLES else ""
            message += f" (also in line{'s' if len(places) > 2 else ''} {others}{more})"
        line, rows = places[0] if places else 0, max(len(places), count)
        self.findings.append(
            Finding(self.file, line, 0, column, code, severity, shown(value), message, remedy, rows)
        )

    def first_of(
        self, names: pd.Series[str], column: str, code: str, severity: Severity = Severity.ERROR
    ) -> list[str]:
        """Give the names that are told one by one; those beyond the first 20 are noted together."""
        every = names.drop_duplicates()
        rest = every.iloc[MOST_EXAMPLES:]
        if len(rest):
            message = f"{len(rest):,} more are like the {MOST_EXAMPLES} that are told one by one"
            self.report(rest.index, column, code, message, "correct them likewise", severity, rest.iloc[0])
        return every.iloc[:MOST_EXAMPLES].tolist()

    def kept(self, keep: pd.Series[bool]) -> Sheet:
        """Leave out rows."""
        return replace(self, rows=self.rows[keep])


@dataclass(frozen=True)
class Intake:
    """The scenario's side of reading tables.

    Parameters
    ----------
    folder
        Folder of the scenario.
    places
        Where each scenario key is written.
    findings, files
        Everything noticed and every file read so far.
    """

    folder: Path
    places: Places
    findings: list[Finding] = field(default_factory=list)
    files: list[InputFile] = field(default_factory=list)

    def content(self, key: KeyPath, name: str) -> bytes | None:
        """Read a file and note it; None when it cannot be read."""
        try:
            content = read_input(self.folder, name, MOST_BYTES)
        except FileProblemError as problem:
            self.report(key, problem.code, problem.message, problem.remedy)
            return None
        self.files.append(InputFile(dotted(key), name, content.sha256, len(content.data)))
        return content.data

    def report(
        self,
        key: KeyPath,
        code: str,
        message: str,
        remedy: str,
        severity: Severity = Severity.ERROR,
        count: int = 1,
    ) -> None:
        """Note a problem at the scenario key it is about."""
        found = finding_at(place_of(self.places, key), key, code, message, remedy, severity)
        self.findings.append(replace(found, count=count))

    def columns(self, sheet: Sheet, needed: Mapping[str, KeyPath], optional: Sequence[str] = ()) -> Sheet:
        """Find the columns a reader wants, whatever the case of their letters.

        Parameters
        ----------
        sheet
            The table.
        needed
            Columns that must be there, each with the scenario key that names it (empty = a fixed name).
        optional
            Columns that may be missing.

        Returns
        -------
        The table with its columns under the wanted names; what is missing has been noted.
        """
        header = [str(name) for name in sheet.rows.columns]
        folded = {name.casefold(): name for name in header}
        renamed = {}
        for name in dict.fromkeys([*needed, *optional]):
            there = folded.get(name.casefold(), "")
            if name in header:
                continue
            if there:
                renamed[there] = name
                message = f"the column {shown(there)} is read as {name}"
                sheet.report([1], name, "CSV-CASE", message, f"call it {name}", Severity.REPAIR, there)
            elif name in needed:
                self._no_column(sheet, name, needed[name], header)
        used = {*needed, *optional}
        unused = [name for name in header if renamed.get(name, name) not in used]
        if unused:
            message = f"{len(unused)} columns are not used: {shown(', '.join(unused))}"
            remedy = "nothing, if they are not needed; else look for a column name written differently"
            sheet.report([1], "", "CSV-UNUSED", message, remedy, Severity.NOTE)
        return replace(sheet, rows=sheet.rows.rename(columns=renamed))

    def _no_column(self, sheet: Sheet, name: str, key: KeyPath, header: list[str]) -> None:
        guess = did_you_mean(name, header)
        found = f"the header is {shown(', '.join(header))}"
        if key:
            message = f"{shown(sheet.file)} has no column {shown(name)}{guess}; {found}"
            self.report(key, "CSV-COLUMN", message, "name a column of the header, or add one to the table")
        else:
            message = f"there is no column {name}{guess}; {found}"
            sheet.report(
                [1], name, "CSV-COLUMN", message, f"add the column {name} (docs/reference/tables.md)"
            )
