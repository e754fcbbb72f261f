"""The same run gives the same bytes in every format, whenever and in whatever process it is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.report import FORMATS, write_report
from engine.runs import load_run
from tests.engine.run_factory import make_run

WRITE = """
import sys
from pathlib import Path
from engine.report import FORMATS, write_report
from engine.runs import load_run
write_report(load_run(Path(sys.argv[1])), FORMATS, Path(sys.argv[2]))
"""


@pytest.mark.extra
def test_two_processes_write_the_same_files(tmp_path: Path) -> None:
    """Another order of sets, another time zone and another second change no byte of any document or map."""
    for package in ("pptx", "typst"):
        pytest.importorskip(package, reason=f"no {package}, so not every format can be written")
    run = make_run(tmp_path / "runs", units=30, title="Straße <b> & Söhne 🙂")
    write_report(load_run(run), FORMATS, tmp_path / "here")
    other = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", WRITE, str(run), str(tmp_path / "there")], env=other, check=True)
    written = sorted(path.relative_to(tmp_path / "here") for path in (tmp_path / "here").rglob("*.*"))
    assert {path.suffix[1:] for path in written} == {*FORMATS, "png", "svg"}
    for path in written:
        assert (tmp_path / "here" / path).read_bytes() == (tmp_path / "there" / path).read_bytes(), path
