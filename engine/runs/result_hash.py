"""One hash over what a run found out, whatever the order of rows and columns."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import numpy as np

from engine.runs.layout import RESULT_PARQUET, RESULT_TABLES
from engine.runs.parquet import read_parquet


def result_hash(folder: Path) -> str:
    """Hash alignment, quotas, figures and simulated attainment in canonical form.

    Parameters
    ----------
    folder
        A run folder; tables it does not have are left out.

    Returns
    -------
    SHA-256 as 64 hexadecimal digits.
    """
    whole = hashlib.sha256()
    for name in RESULT_TABLES:
        path = folder / f"{name}.csv"
        if path.exists():
            whole.update(f"{name}:{_table_hash(path)}\n".encode())
    if (folder / RESULT_PARQUET).exists():
        whole.update(f"{RESULT_PARQUET}:{_bookings_hash(folder / RESULT_PARQUET)}\n".encode())
    return whole.hexdigest()


def _table_hash(path: Path) -> str:
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
    order = sorted(range(len(header)), key=header.__getitem__)
    lines = sorted([row[i] for i in order] for row in rows)
    content = json.dumps([[header[i] for i in order], *lines])
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def _bookings_hash(path: Path) -> str:
    # millions of rows: whole columns are hashed as little-endian numbers, labels by their sorted position
    frame = read_parquet(path)
    territories, territory = np.unique(frame["territory_id"].to_numpy(dtype=object), return_inverse=True)
    months, month = np.unique(frame["month"].to_numpy(dtype=object), return_inverse=True)
    replication = frame["replication"].to_numpy(dtype="<i8")
    order = np.lexsort((month, territory, replication))
    digest = hashlib.sha256(json.dumps([list(territories), list(months)]).encode("ascii"))
    for column in (replication, territory, month, frame["bookings_cents"].to_numpy(dtype="<i8")):
        digest.update(np.ascontiguousarray(column[order], dtype="<i8").tobytes())
    return digest.hexdigest()
