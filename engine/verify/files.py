"""The manifest: every file listed with its size and hash, nothing else in the folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from engine.verify.reading import Settings, Unreadable
from engine.verify.report import Check, judge
from engine.verify.run import Run

UNLISTED = ("manifest.json", "environment.json", "verification.json")  # outside the hash, or written last
DERIVED = re.compile(r"report\.[a-z]+|maps/[^/]+|territories\.gpkg")  # `report RUN` may add them later
PLAIN_NAME = re.compile(r"[\w.-]{1,100}(/[\w.-]{1,100}){0,3}", re.ASCII)  # never leads out of the folder
SCENARIO = re.compile(r"scenario|extends\.[1-9]\d?")  # roles of scenario files among the inputs
SHA256 = re.compile(r"[0-9a-f]{64}")


def check_files(run: Run) -> Iterator[Check]:
    """Check the manifest against the folder and the scenario."""
    listed = {item.text("name"): item for item in run.manifest.items("files")}
    wrong = ["a file is listed twice"] if len(listed) < len(run.manifest.items("files")) else []
    wrong += [said for name, item in listed.items() for said in _damaged(run.folder, name, item)]
    yield judge("files: hashes", "size and sha256 of every listed file", f"{len(listed)} files agree", wrong)

    found = sorted(
        path.relative_to(run.folder).as_posix() for path in run.folder.rglob("*") if not path.is_dir()
    )
    stray = [
        name for name in found if name not in listed and name not in UNLISTED and not DERIVED.fullmatch(name)
    ]
    yield judge("files: all listed", "no file the manifest does not know", f"{len(found)} files", stray)
    yield _check_inputs(run)
    yield _check_scenario(run)
    yield _check_head(run)


def _damaged(folder: Path, name: str, item: Settings) -> Iterator[str]:
    if not PLAIN_NAME.fullmatch(name) or ".." in name or name == "manifest.json":
        yield f"{name[:80]!r} must not be listed"
        return
    path = folder / name
    if path.is_symlink() or not path.is_file():
        yield f"{name} is missing"
        return
    content = path.read_bytes()
    if len(content) != item.number("bytes"):
        yield f"{name} has {len(content)} bytes, the manifest says {item.number('bytes')}"
    if hashlib.sha256(content).hexdigest() != item.text("sha256"):
        yield f"{name} was changed: its sha256 differs"


def _check_inputs(run: Run) -> Check:
    """Tables lie elsewhere: only that each is named with a hash and a size can be checked."""
    inputs = run.manifest.items("inputs")
    wrong = []
    for item in inputs:
        name = item.text("file")
        if not name or not item.text("role") or not SHA256.fullmatch(item.text("sha256")):
            wrong.append(f"{item.file}: {name[:80]!r} has no role or no sha256")
        if item.number("bytes") < 0:
            wrong.append(f"{item.file}: {name[:80]!r} has a negative size")
    if not inputs:
        raise Unreadable("manifest.json: inputs: none is listed")
    return judge(
        "manifest: inputs", "role, file, sha256 and size of every input", f"{len(inputs)} named", wrong
    )


def _check_scenario(run: Run) -> Check:
    """The scenario and what it extends, in turn, are inputs; the copy of each has the hash and size it was read with."""
    read = {item.text("role"): item for item in run.manifest.items("inputs")}
    asked = [role for role in read if SCENARIO.fullmatch(role)]
    copies = [path.stem for path in (run.folder / "inputs").glob("*.yaml")]
    wrong = [] if "scenario" in asked else ["the scenario is not listed"]
    numbers = sorted(int(role.partition(".")[2]) for role in asked if role != "scenario")
    if numbers != list(range(1, len(numbers) + 1)):
        wrong.append(f"what it extends is numbered {', '.join(map(str, numbers))}")
    wrong += [f"inputs/{name[:80]}.yaml is the copy of no input" for name in sorted({*copies} - {*asked})]
    wrong += [said for role in asked for said in _damaged(run.folder, f"inputs/{role}.yaml", read[role])]
    found = f"{len(asked)} files agree"
    return judge("manifest: scenario", "copies of the scenario files as they were read", found, wrong)


def _check_head(run: Run) -> Check:
    """The manifest repeats the scenario's name, currency, seed and what is synthetic."""
    wrong = []
    name = run.scenario.text("name")
    for key, said in (
        ("scenario", name),
        ("title", run.scenario.text("title") or name),  # without a title, the name is shown
        ("synthetic", run.scenario.text("synthetic")),
        ("currency", run.scenario.text("currency")),
    ):
        if run.manifest.text(key) != said:
            wrong.append(f"{key} {run.manifest.text(key)[:80]!r}, the scenario says {said[:80]!r}")
    if run.manifest.number("seed") != run.scenario.number("seed"):
        wrong.append(f"seed {run.manifest.number('seed')}, the scenario says {run.scenario.number('seed')}")
    if not isinstance(run.manifest.at("reproducible"), bool):
        wrong.append("reproducible is neither true nor false")
    for key in ("schema_version", "version"):
        if not str(run.manifest.at(key)):
            wrong.append(f"{key} is empty")
    if not SHA256.fullmatch(run.manifest.text("result_hash")):
        wrong.append("result_hash is not a sha256")
    return judge("manifest: head", "name, currency, seed and labels of the scenario", "all agree", wrong)
