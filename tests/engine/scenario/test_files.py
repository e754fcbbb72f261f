"""Input files: local, regular, within reach, whole."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from engine.scenario import files
from engine.scenario.files import FileProblemError, read_input


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"abc")
    (tmp_path / "project" / "b.csv").write_bytes(b"b")
    (tmp_path / "secret.csv").write_bytes(b"secret")
    return folder


def problem(folder: Path, name: str, most: int = 100) -> FileProblemError:
    with pytest.raises(FileProblemError) as caught:
        read_input(folder, name, most)
    return caught.value


def test_read_and_hashed(home: Path) -> None:
    """A file is read with the hash of its bytes, from the folder and from the one above it."""
    content = read_input(home, "a.csv", 3)
    assert (content.data, content.sha256) == (b"abc", hashlib.sha256(b"abc").hexdigest())
    assert read_input(home, "../b.csv", 100).data == b"b"
    assert read_input(home, str(home / "a.csv"), 100).data == b"abc"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../../secret.csv", "FILE-OUTSIDE"),
        ("x/../../../secret.csv", "FILE-OUTSIDE"),
        ("/etc/hostname", "FILE-OUTSIDE"),
        ("http://example.org/a.csv", "FILE-REMOTE"),
        ("s3://bucket/a.csv", "FILE-REMOTE"),
        ("zip+file://a.csv", "FILE-REMOTE"),
        ("/vsicurl/http://example.org/a.csv", "FILE-REMOTE"),
        ("GPKG:a.csv", "FILE-REMOTE"),
        ("\\\\server\\share\\a.csv", "FILE-REMOTE"),
        ("//server/a.csv", "FILE-REMOTE"),
        (".", "FILE-KIND"),
        ("b.csv", "FILE-MISSING"),
        ("a.csv/x", "FILE-MISSING"),
        ("none/a.csv", "FILE-MISSING"),
        ("a\0.csv", "FILE-MISSING"),
        ("a" * 300, "FILE-UNREADABLE"),
    ],
)
def test_refused(home: Path, name: str, code: str) -> None:
    """A path that leads elsewhere, or nowhere, is refused and says what to do."""
    fault = problem(home, name)
    assert fault.code == code
    assert fault.remedy


def test_did_you_mean(home: Path) -> None:
    """A mistyped name is answered with the file that is there."""
    assert "did you mean a.csv?" in problem(home, "a.cvs").message


def test_link_out_of_reach(home: Path) -> None:
    """A link is followed, and refused when it leads outside."""
    (home / "link.csv").symlink_to(home.parent.parent / "secret.csv")
    (home / "fine.csv").symlink_to(home / "a.csv")
    assert problem(home, "link.csv").code == "FILE-OUTSIDE"
    assert read_input(home, "fine.csv", 100).data == b"abc"


def test_pipe(home: Path) -> None:
    """A pipe is refused and not waited for."""
    os.mkfifo(home / "pipe.csv")
    assert problem(home, "pipe.csv").code == "FILE-KIND"


def test_too_large(home: Path) -> None:
    """A file above the limit is not read."""
    assert problem(home, "a.csv", 2).code == "FILE-SIZE"


def test_changed_while_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows, or is written in place, while it is read is refused."""
    fstat, calls = os.fstat, []

    def written_meanwhile(descriptor: int) -> os.stat_result:
        calls.append(descriptor)
        if len(calls) == 2:
            os.utime(home / "a.csv", ns=(1, 1))
        return fstat(descriptor)

    monkeypatch.setattr(files.os, "fstat", written_meanwhile)
    assert problem(home, "a.csv").code == "FILE-CHANGED"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may read everything"
)
def test_no_permission(home: Path) -> None:
    """A file without read permission is told."""
    (home / "a.csv").chmod(0)
    assert problem(home, "a.csv").code == "FILE-DENIED"
