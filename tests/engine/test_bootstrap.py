"""The set-up, tried on a small checkout whose only package is a wheel made here: no network."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import bootstrap

COMMAND = """
import sys
from pathlib import Path
sys.path.insert(0, {engine!r})
from engine import bootstrap
bootstrap.ensure(Path(__file__).resolve().parent)
import allotment_demo
print("ran", *sys.argv[1:])
sys.exit(7)
"""


@dataclass(frozen=True)
class Checkout:
    """A project that needs one package, and the command that sets itself up for it."""

    root: Path
    tools: Path  # the only folder of PATH
    wheels: Path  # the only place that packages come from; pip wants it without a space

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        return subprocess.Popen(
            [sys.executable, str(self.root / "command.py"), *arguments],
            env={"PATH": str(self.tools), **offline, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **environment)
        out, said = process.communicate(timeout=120)
        return process.returncode, out.strip(), said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "check out"
    tools = tmp_path / "tools"
    wheels = tmp_path / "wheels"
    for folder in (root, tools, wheels):
        folder.mkdir()
    wheel = wheels / "allotment_demo-1.2-py3-none-any.whl"
    facts = "allotment_demo-1.2.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("allotment_demo.py", "")
        archive.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: allotment-demo\nVersion: 1.2\n")
        archive.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{facts}/RECORD", "")
    pin = f"allotment-demo==1.2 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    (root / "requirements.txt").write_text(pin, encoding="utf-8")
    needed = '[project]\ndependencies = ["allotment-demo>=1.1"]\n[dependency-groups]\ntest = ["pytest>=9"]\n'
    (root / "pyproject.toml").write_text(needed, encoding="utf-8")
    engine = str(Path(bootstrap.__file__).parents[1])
    (root / "command.py").write_text(COMMAND.format(engine=engine), encoding="utf-8")
    return Checkout(root, tools, wheels)


def half_made(checkout: Checkout) -> Path:
    """Leave what a killed set-up leaves; return a file of it."""
    waste = checkout.root / ".venv" / "bin" / "waste"
    waste.parent.mkdir(parents=True)
    waste.touch()
    (checkout.root / ".venv" / bootstrap.NOTE).write_text(bootstrap.UNFINISHED, encoding="utf-8")
    return waste


def test_two_at_once_make_one_environment(checkout: Checkout) -> None:
    """Two commands started over a half-made .venv remake it once, both run, and the next just runs."""
    waste = half_made(checkout)
    both = [checkout.start("first"), checkout.start("second")]
    ends = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [7, 7]
    assert [out.strip() for out, _ in ends] == ["ran first", "ran second"]
    assert sum("installing" in said for _, said in ends) == 1
    assert not waste.exists()
    assert checkout.run("a b", "--c") == (7, "ran a b --c", "")


def test_changed_pins_make_the_environment_again(checkout: Checkout) -> None:
    """A .venv of other pins is not used but made again, here refused since the new hash is wrong."""
    waste = half_made(checkout)
    (waste.parent / "python").symlink_to(sys.executable)
    note = checkout.root / ".venv" / bootstrap.NOTE
    note.write_text(bootstrap.stamp(checkout.root), encoding="utf-8")
    pins = checkout.root / "requirements.txt"
    pins.write_text("allotment-demo==1.2 --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")
    code, out, said = checkout.run()
    assert (code, out) == (bootstrap.EXIT_ENVIRONMENT, "")
    assert "pip failed" in said
    assert "Traceback" not in said
    assert not waste.exists()
    assert note.read_text(encoding="utf-8") == bootstrap.UNFINISHED


def test_package_out_of_reach_is_one_sentence(checkout: Checkout) -> None:
    """Without network the set-up ends with 5, says what failed and what to do."""
    code, out, said = checkout.run(PIP_FIND_LINKS=str(checkout.tools))
    assert (code, out) == (bootstrap.EXIT_ENVIRONMENT, "")
    assert "No matching distribution found for allotment-demo==1.2" in said
    assert "Is the network there?" in said
    assert "Traceback" not in said


def test_python_without_venv_is_one_sentence(checkout: Checkout) -> None:
    """Where Python comes without venv, as on Debian, the package to install is named."""
    (checkout.tools / "venv.py").write_text(
        "raise SystemExit('ensurepip is not available')", encoding="utf-8"
    )
    code, out, said = checkout.run(PYTHONPATH=str(checkout.tools))
    assert (code, out) == (bootstrap.EXIT_ENVIRONMENT, "")
    assert "(ensurepip is not available). On Debian or Ubuntu: apt install python3-venv." in said


def test_environment_made_by_hand_is_never_deleted(checkout: Checkout) -> None:
    """A .venv of somebody else's that lacks a package is named and left alone."""
    mine = checkout.root / ".venv" / "mine.txt"
    mine.parent.mkdir()
    mine.touch()
    code, _, said = checkout.run()
    assert code == bootstrap.EXIT_ENVIRONMENT
    assert "was not made by this command and has no allotment-demo" in said
    assert mine.exists()


def test_set_up_that_did_not_help_is_not_repeated(checkout: Checkout) -> None:
    """A second run that still lacks a package stops with its name."""
    code, _, said = checkout.run(ALLOTMENT_SECOND_RUN="1")
    assert code == bootstrap.EXIT_ENVIRONMENT
    assert "there is no allotment-demo" in said
    assert not (checkout.root / ".venv").exists()


@pytest.mark.skipif(os.name != "posix", reason="the slow uv is a shell script")
def test_interrupt_ends_with_130(checkout: Checkout) -> None:
    """Ctrl-C during the set-up ends with 130, and the next command sets up afresh."""
    uv = checkout.tools / "uv"
    installer = checkout.tools / "installer"
    uv.write_text(f"#!/bin/sh\n[ $1 = --version ] || {{ echo $$ >{installer}; exec /bin/sleep 60; }}\n")
    uv.chmod(0o755)
    process = checkout.start()
    assert process.stderr is not None
    assert "with uv" in process.stderr.readline()
    while not (installer.exists() and installer.read_text()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert (process.returncode, said) == (bootstrap.EXIT_INTERRUPTED, "")
    uv.write_text("#!/bin/sh\n[ $1 = --version ] || { echo no certificate; exit 1; }\n", encoding="utf-8")
    code, out, said = checkout.run()
    assert (code, out) == (7, "ran")
    assert "(no certificate), which is no harm: going on with pip" in said


@pytest.mark.skipif(os.name != "posix", reason="the slow uv is a shell script")
def test_killed_set_up_stays_locked_while_its_installer_writes(checkout: Checkout) -> None:
    """When only the command is killed, the next one waits for the installer that it left behind."""
    uv = checkout.tools / "uv"
    installer = checkout.tools / "installer"
    uv.write_text(f"#!/bin/sh\n[ $1 = --version ] || {{ echo $$ >{installer}; exec /bin/sleep 60; }}\n")
    uv.chmod(0o755)
    with checkout.start() as first:
        while not (installer.exists() and installer.read_text()):
            assert first.poll() is None
            time.sleep(0.01)
        first.kill()
    with checkout.start() as second:
        assert second.stderr is not None
        said = second.stderr.readline()
        second.kill()
    os.kill(int(installer.read_text()), signal.SIGKILL)
    assert "waiting for another set-up" in said


def test_missing_compares_versions_as_numbers(checkout: Checkout, tmp_path: Path) -> None:
    """A package counts when its version is at least the one asked for: 1.10 is newer than 1.9."""
    site = tmp_path / "site"
    site.mkdir()
    assert bootstrap.missing(checkout.root, site_packages=site) == ["allotment-demo"]
    for version, lacking in {"1.0.9": ["allotment-demo"], "1.1": [], "1.10": [], "2": []}.items():
        facts = site / f"allotment_demo-{version}.dist-info"
        facts.mkdir()
        text = f"Metadata-Version: 2.1\nName: allotment-demo\nVersion: {version}\n"
        (facts / "METADATA").write_text(text, encoding="utf-8")
        assert bootstrap.missing(checkout.root, site_packages=site) == lacking
        assert bootstrap.missing(checkout.root, tests=True, site_packages=site) == [*lacking, "pytest"]
        (facts / "METADATA").unlink()
        facts.rmdir()


def test_requirement_of_another_form_is_refused(checkout: Checkout) -> None:
    """A requirement that could not be checked is an error, not overlooked."""
    (checkout.root / "pyproject.toml").write_text('[project]\ndependencies = ["demo~=1"]\n', encoding="utf-8")
    with pytest.raises(ValueError, match="found 'demo~=1'"):
        bootstrap.missing(checkout.root)


def test_stamp_names_pins_and_python(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp is another when the pins or Python's minor version are."""
    first = bootstrap.stamp(checkout.root)
    assert bootstrap.stamp(checkout.root) == first
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert bootstrap.stamp(checkout.root) != first
    monkeypatch.undo()
    with (checkout.root / "requirements.txt").open("a", encoding="utf-8") as pins:
        pins.write("\n")
    assert bootstrap.stamp(checkout.root) != first


def test_old_python_is_told(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Python that is too old is refused with both versions."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit) as stop:
        bootstrap.ensure(checkout.root)
    assert stop.value.code == bootstrap.EXIT_ENVIRONMENT
    assert capsys.readouterr().err == "allotment: needs Python 3.11 or newer; this is 3.10.13.\n"


def test_loads_with_the_standard_library_alone() -> None:
    """What runs before the set-up imports no installed package."""
    root = str(Path(bootstrap.__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {root!r}); import run_scenario, tests.__main__, engine.bootstrap"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, timeout=60)
