"""The command line: what a strategist types, what she is told, and the exit code."""

from __future__ import annotations

import hashlib
import math
import os
import signal
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

from engine.errors import (
    Finding,
    InfeasibleError,
    InputError,
    NoPlanError,
    RejectedError,
    Severity,
    StorageError,
    format_findings,
)

if TYPE_CHECKING:
    import pandas as pd

    from engine.calibration import CalibrateFunction
    from engine.closed_loop import SharesFunction
    from engine.pipeline import BookingsFunction, SimulateFunction, SolveFunction, WatchFunction
    from engine.quotas.closest import ClosestFunction
    from engine.runs import StoredRun
    from engine.scenario.load import LoadedScenario
    from engine.tables.tables import Tables
    from engine.what_if.conflict import FindFunction, RefuteFunction
    from engine.what_if.prices import CheaperFunction

DONE, BUG, BAD_INPUT, INFEASIBLE, NO_PLAN, STORAGE, REJECTED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
COMMANDS = (
    "run",
    "validate",
    "compare",
    "report",
    "export",
    "simulate",
    "verify",
    "runs",
    "schema",
    "calibrate",
)
RUNS = Path("runs")
EXPORTS = Path("exports")
PROCESSORS = os.cpu_count() or 1
MOST_REMARKS = 5  # of one kind on the terminal
NAMED = 3  # runs in the name of a comparison
CALIBRATION_SEED = 1  # of the back-test: the same table gives the same page
STOPPED = "interrupted; no run was written"

console = Console(stderr=True, highlight=False)
app = typer.Typer(
    help="Territories with a proven gap, quotas that add up, and simulated years that test them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Use this value instead of the file's.")
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder of runs.")]
SinceOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        metavar="DATE",
        help="First day from which every visit that ended is in the table; its first such day when left out.",
    ),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], metavar="DATE", help="Last day the table covers; its last date when left out."
    ),
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Threads that simulate; they change no result.")]
SchedulerOption = Annotated[
    str | None, typer.Option(help="Dask scheduler whose workers simulate, such as tcp://host:8786.")
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Treat repairs and warnings as errors.")]


class _ToldError(Exception):
    """Bad input whose findings are printed already."""


class _KeptError(Exception):
    """Ctrl-C ended the simulation early; the run holds what was finished."""


class Wiring(Protocol):
    """What the command line is handed: the module run_scenario, which knows all three packages."""

    @property
    def solve(self) -> SolveFunction:
        """The solver."""

    @property
    def refute(self) -> RefuteFunction:
        """The quick proof that there is no plan."""

    @property
    def find(self) -> FindFunction:
        """The search for any plan."""

    @property
    def cheaper(self) -> CheaperFunction:
        """The search from a known plan."""

    @property
    def simulate(self) -> SimulateFunction:
        """The simulation."""

    @property
    def bookings(self) -> BookingsFunction:
        """Its bookings of years to set quotas on."""

    @property
    def watch(self) -> WatchFunction:
        """Every stage visit of one of its years."""

    @property
    def closest(self) -> ClosestFunction:
        """The model for quotas inside limits."""

    @property
    def best_potential(self) -> SharesFunction:
        """The model that shares out potential for the greatest expected bookings."""

    @property
    def calibrate(self) -> CalibrateFunction:
        """The fit on a CRM's history."""


def main(wiring: Wiring, arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; every known failure ends in a sentence, not a traceback.

    Parameters
    ----------
    wiring
        The functions that the engine does not import.
    arguments
        Words of the command line; those of this process when left out. A first word that is no command is a scenario
        or an option of ``run``.

    Returns
    -------
    Exit code (docs/reference/command-line.md).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] not in (*COMMANDS, "--help"):
        if meant := _meant_command(words[0]):
            return _fail(BAD_INPUT, f"there is no command {words[0]} - did you mean {meant}? (see --help)")
        words.insert(0, "run")
    signal.signal(signal.SIGTERM, _terminate)
    interrupted = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        interrupted.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupt)
    try:
        code = app(args=words, standalone_mode=False, obj=wiring)
        return _fail(INTERRUPTED, STOPPED) if code == INTERRUPTED else int(code or DONE)
    except _ToldError:
        return BAD_INPUT
    except _KeptError as kept:
        return _fail(INTERRUPTED, str(kept))
    except InputError as error:
        _tell(error.findings)
        return BAD_INPUT
    except InfeasibleError as error:
        return _fail(INFEASIBLE, str(error))
    except NoPlanError as error:
        return _fail(NO_PLAN, str(error))
    except RejectedError as error:
        return _fail(REJECTED, str(error))
    except StorageError as error:
        return _fail(STORAGE, str(error))
    except (typer.Abort, KeyboardInterrupt):
        return _fail(INTERRUPTED, STOPPED)
    except OSError as error:
        if interrupted:
            return _fail(INTERRUPTED, STOPPED)
        return _fail(STORAGE, f"{error.filename or 'a file'}: {error.strerror or error}")
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is not None:  # a mistake on the command line
            return _fail(BAD_INPUT, f"{usage()} (see --help)")
        if interrupted:  # a library told it in words of its own
            return _fail(INTERRUPTED, STOPPED)
        console.print_exception(max_frames=20)
        return _fail(BUG, "this is our bug: please report it with the lines above and the scenario")


@app.command("run")
def run_command(
    context: typer.Context,
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files; several are run and compared.")],
    overrides: SetOption = None,
    out: OutOption = RUNS,
    workers: WorkersOption = PROCESSORS,
    scheduler: SchedulerOption = None,
    time_limit: Annotated[float | None, typer.Option(min=1, help="Seconds for the solver.")] = None,
    start_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Run whose plan is kept as far as the rules allow."),
    ] = None,
    strict: StrictOption = False,
    show: Annotated[bool, typer.Option("--open", help="Open the report.")] = False,
) -> int:
    """Run scenarios: territories, quotas, simulated years, report."""
    settings = [*(overrides or ()), *([f"solve.time_limit_s={time_limit}"] if time_limit else [])]
    checked = [_checked(path, settings, strict) for path in scenarios]
    _writable(out)
    for loaded, _ in checked if start_from else ():
        if loaded.scenario.territories.objective == "expected_bookings":
            return _fail(
                BAD_INPUT, "--from keeps a plan, but territories.objective: expected_bookings draws it again"
            )
    from engine.runs import load_run

    earlier = load_run(start_from) if start_from else None
    folders = [
        _run_one(context.obj, loaded, tables, out, scheduler or workers, start_from=earlier)
        for loaded, tables in checked
    ]
    page = _compare(folders, out) if len(folders) > 1 else folders[0] / "report.html"
    if show and page.exists():
        webbrowser.open(page.resolve().as_uri())
    return DONE


def _run_one(
    wiring: Wiring,
    loaded: LoadedScenario,
    tables: Tables,
    out: Path,
    workers: int | str,
    *,
    start_from: StoredRun | None = None,
    again: StoredRun | None = None,
) -> Path:
    """Run a checked scenario, tell what came out, and give its run folder."""
    from engine import pipeline
    from engine.report import write_report
    from engine.runs import load_run

    begin = time.monotonic()
    with _Bar() as progress:
        try:
            folder = pipeline.run(
                loaded,
                tables,
                out,
                solve=wiring.solve,
                refute=wiring.refute,
                find=wiring.find,
                cheaper=wiring.cheaper,
                simulate=wiring.simulate,
                bookings=wiring.bookings,
                closest=wiring.closest,
                best_potential=wiring.best_potential,
                report=write_report,
                workers=workers,
                progress=progress,
                earlier=start_from,
                again=again,
            )
        except InputError as error:  # known only with a plan: quotas, simulation
            _tell(error.findings, loaded.path.parent)
            raise _ToldError from None
    _tell_new(folder, (*loaded.findings, *tables.findings), loaded.path.parent)
    _summary(folder, time.monotonic() - begin)
    stopped = [found for found in load_run(folder).json("problems") if found["code"] == pipeline.STOPPED]
    if stopped:
        raise _KeptError(f"interrupted; {stopped[0]['message']}")
    return folder


@app.command()
def validate(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files.")],
    overrides: SetOption = None,
    strict: StrictOption = False,
) -> int:
    """Check scenarios and their tables without solving."""
    for path in scenarios:
        _, tables = _checked(path, overrides or (), strict, notes=True)
        units, positions = len(tables.units), len(tables.reps)
        console.print(
            f"{escape(str(path))}: fine; {units} units, {positions} positions, {len(tables.accounts)} accounts"
        )
    return DONE


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, two or more.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the page goes; else beside the first run.")
    ] = None,
    current: Annotated[
        bool, typer.Option("--current", help="Add today's alignment of the first run.")
    ] = False,
) -> int:
    """Compare runs: maps side by side, key figures, what moves."""
    if len(runs) + current < 2:
        return _fail(BAD_INPUT, "compare needs at least two run folders, or one with --current")
    _compare(runs, runs[0].resolve().parent if out is None else out, current=current)
    return DONE


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    formats: Annotated[
        str, typer.Option("--format", help="Any of html, xlsx, pptx, pdf, geojson and kml, with a comma.")
    ] = "html,xlsx",
    template: Annotated[
        Path | None, typer.Option("--template", help="Presentation whose design the slides take.")
    ] = None,
    audience: Annotated[
        str, typer.Option("--audience", help="leadership, manager:NAME or rep:POSITION.")
    ] = "leadership",
    redact: Annotated[
        bool, typer.Option("--redact", help="Other names for people and accounts, amounts as an index.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File of a report for a manager or rep; folder of a redacted one."),
    ] = None,
) -> int:
    """Write the report of a run again, or one for a manager, a rep or outsiders."""
    from engine.report import FORMATS, Audience, audience_html, read_audience, redacted, write_report
    from engine.runs import RunWriter, load_run

    reader = read_audience(audience)
    stored = load_run(run)
    if redact:
        stored = hidden = redacted(stored)
        reader = Audience(reader.kind, hidden.alias(reader.name))
    if reader.kind != "leadership":
        safe = "".join(letter if letter.isalnum() else "_" for letter in reader.name)
        page = out or Path(f"report_{reader.kind}_{safe}.html")
        page.write_text(audience_html(stored, reader), encoding="utf-8", newline="\n")
        console.print(f"written: {escape(str(page))}")
        return DONE
    wanted = [part.strip() for part in formats.split(",") if part.strip()]
    unknown = sorted(set(wanted) - set(FORMATS))
    if unknown or not wanted:
        message = f"--format: {', '.join(unknown) or 'nothing'} is not known; choose of {', '.join(FORMATS)}"
        return _fail(BAD_INPUT, message)
    if template and "pptx" not in wanted:
        return _fail(BAD_INPUT, "--template is for slides: add --format pptx")
    if redact:  # never into the run, which others may open
        folder = out or Path(stored.run_id)
        for path in write_report(stored, wanted, folder, template):
            console.print(f"written: {escape(str(path))}")
        return DONE
    with RunWriter(stored.path.parent, stored.path.name, start_from=stored) as writer:
        write_report(writer.so_far(stored.facts), wanted, writer.folder, template)
        folder = writer.finish(stored.facts)
    console.print(
        f"written: {', '.join(escape(str(folder / ('maps' if name in ('geojson', 'kml') else f'report.{name}'))) for name in wanted)}"
    )
    return DONE


@app.command("export")
def export_command(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    crm: Annotated[
        str,
        typer.Option(
            "--crm", metavar="TARGET", help="For whom: salesforce, hubspot, varicent, csv or handoffs."
        ),
    ],
    tables: Annotated[
        Path | None, typer.Option("--tables", metavar="FOLDER", help="Folder of the CRM's own tables as CSV.")
    ] = None,
    role: Annotated[str, typer.Option(help="Role of a rep in a Salesforce territory.")] = "Owner",
    out: Annotated[Path, typer.Option("--out", help="Folder of exports.")] = EXPORTS,
) -> int:
    """Hand a plan over: files for a CRM, a quota system or managers."""
    from engine.export import TARGETS, export_run
    from engine.runs import load_run

    if crm not in TARGETS:
        return _fail(BAD_INPUT, f"--crm: {crm} is not known; choose {', '.join(TARGETS)}")
    _writable(out)
    exported = export_run(load_run(run), crm, out, tables, role)
    for outcome in ("fails", "comes back", "left out", "note"):
        told = [remark for remark in exported.remarks if remark.outcome == outcome]
        for remark in told[:MOST_REMARKS]:
            words = " ".join(part for part in (remark.object, remark.id, remark.message) if part)
            console.print(f"{outcome}: {escape(words)}", soft_wrap=True)
        if len(told) > MOST_REMARKS:
            console.print(f"{outcome}: ... and {len(told) - MOST_REMARKS} more in preflight.csv")
    sys.stdout.write(f"{exported.folder}\n")
    return DONE


@app.command()
def simulate(
    context: typer.Context,
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    replications: Annotated[
        int | None, typer.Option(metavar="N", help="Years; as many as the scenario asks for when left out.")
    ] = None,
    stress: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Ready-made stress case in place of the scenario's; may be repeated."
        ),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The run's scenario, if it is no longer in its place.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of runs; that of the run when left out.")
    ] = None,
    workers: WorkersOption = PROCESSORS,
    scheduler: SchedulerOption = None,
    position: Annotated[
        str | None,
        typer.Option("--trace", metavar="POSITION", help="Territory, or the rep who has it: watch its year."),
    ] = None,
    year: Annotated[
        int, typer.Option(min=0, max=999_999, help="Year to watch, as replications are numbered.")
    ] = 0,
) -> int:
    """Simulate a stored plan again, or watch one year of one position."""
    from engine.runs import load_run

    stored = load_run(run)
    if position is not None:
        if replications is not None or stress:
            return _fail(BAD_INPUT, "--trace shows one year; leave out --replications and --stress")
        return _watch(context.obj, stored, position, year, scenario)
    if year:
        return _fail(BAD_INPUT, "--year goes with --trace: name the position to watch")
    _writable(out or run.parent)
    loaded, tables = _question_of(stored, scenario, replications, stress or [])
    if loaded.scenario.territories.objective == "expected_bookings":
        message = (
            "the map was drawn for expected bookings, that is with simulated years: run the scenario again"
        )
        return _fail(BAD_INPUT, message)
    _run_one(context.obj, loaded, tables, out or run.parent, scheduler or workers, again=stored)
    return DONE


def _question_of(
    stored: StoredRun, scenario: Path | None, replications: int | None = None, stress: Sequence[str] = ()
) -> tuple[LoadedScenario, Tables]:
    """Read the scenario of a run again, and refuse it if it is another one."""
    from engine.stored_plan import overrides_again, require_same_question

    path = scenario or Path(stored.json("environment").get("scenario", ""))
    if not path.is_file():
        place = f"it was {path}" if path.name else "the run does not say where it was"
        message, remedy = f"the scenario of this run is not there: {place}", "name it with --scenario FILE"
        raise InputError(
            [Finding(str(stored.path), 0, 0, "", "RUN-SCENARIO", Severity.ERROR, "", message, remedy)]
        )
    loaded, tables = _checked(path, overrides_again(stored, replications, list(stress)), strict=False)
    try:
        require_same_question(stored, loaded.scenario, tables)
    except InputError as error:
        _tell([loaded.locate(found) for found in error.findings], path.parent)
        raise _ToldError from None
    return loaded, tables


def _watch(wiring: Wiring, stored: StoredRun, position: str, year: int, scenario: Path | None) -> int:
    """Tell one year of a position; the first one is in the run, any other is simulated."""
    from engine.report.trace import trace

    visits = stored.parquet("simulated_year")
    if year:
        from engine.pipeline import field_again

        loaded, tables = _question_of(stored, scenario)
        visits = wiring.watch(field_again(loaded, tables, stored), seed=loaded.scenario.seed, year=year)
    for line in trace(stored, position, visits, year):
        sys.stdout.write(f"{line}\n")
    return DONE


@app.command()
def verify(run: Annotated[Path, typer.Argument(help="Run folder.")]) -> int:
    """Check a run from its files alone, independently of the engine."""
    from engine.verify.checker import NotARunError, verify_run

    try:
        verdict = verify_run(run)
    except NotARunError as error:
        return _fail(BAD_INPUT, str(error))
    sys.stdout.write(verdict.to_text() + "\n")
    return DONE if verdict.verdict else REJECTED


@app.command("runs")
def runs_command(out: OutOption = RUNS) -> int:
    """List the runs of a folder."""
    from engine.report.table import percent_at_most
    from engine.runs import list_runs

    if not out.is_dir():
        return _fail(BAD_INPUT, f"there is no folder {out}; runs are in `runs` unless --out said otherwise")
    names = ("run", "status", "cost a year", "gap")
    table = Table(*[Column(name, no_wrap=True) for name in names], Column("title", overflow="fold"))
    for found in list_runs(out):
        if found.problem:
            table.add_row(escape(found.path.name), "damaged", "", "", escape(found.problem))
            continue
        facts = found.facts
        if facts is not None:
            table.add_row(
                escape(found.path.name),
                facts.status,
                f"{facts.objective:,.0f} {facts.currency}",
                percent_at_most(facts.gap),
                escape(facts.title) + ("" if facts.reproducible else " (ended by a time limit)"),
            )
    Console().print(table)
    return DONE


@app.command()
def schema(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("scenarios/scenario.schema.json"),
) -> int:
    """Write the JSON Schema of scenario files, for editors."""
    from engine.scenario.reference import schema_text

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(schema_text(), encoding="utf-8", newline="\n")
    console.print(f"written: {escape(str(path))}")
    return DONE


@app.command("calibrate")
def calibrate_command(
    context: typer.Context,
    events: Annotated[Path, typer.Argument(help="CSV of visits of opportunities to stages.")],
    out: Annotated[
        Path, typer.Option("--out", help="Process file to write; the page with the fit goes beside it.")
    ] = Path("process.yaml"),
    since: SinceOption = None,
    until: UntilOption = None,
    stages: Annotated[
        str, typer.Option(help="Stages in order, with commas; read off the table when left out.")
    ] = "",
    synthetic: Annotated[
        str, typer.Option(help="What in the table is invented; printed wherever results are shown.")
    ] = "",
    strict: StrictOption = False,
) -> int:
    """Fit the sales process on a CRM's history, with a back-test."""
    from engine.tables.stage_events import Window, read_history

    order = tuple(name.strip() for name in stages.split(",") if name.strip())
    first, last = (day.date() if day else None for day in (since, until))
    try:
        history, findings = read_history(events, Window(first, last, order))
    except InputError as error:
        _tell(error.findings, events.parent)
        raise _ToldError from None
    _tell(findings, events.parent)
    if strict and any(finding.severity is not Severity.NOTE for finding in findings):
        raise _ToldError
    _writable(out.parent)
    wiring: Wiring = context.obj
    with _Bar() as progress:
        calibration = wiring.calibrate(history, seed=CALIBRATION_SEED, progress=progress)
    from engine.report import calibration_html
    from engine.results.process_file import process_text

    page = out.with_suffix(".html")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(process_text(calibration, page.name, synthetic), encoding="utf-8", newline="\n")
    page.write_text(calibration_html(calibration, synthetic), encoding="utf-8", newline="\n")
    if synthetic:
        console.print(f"[yellow]SYNTHETIC[/] {escape(synthetic)}", soft_wrap=True)
    for note in calibration.notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)
    sys.stdout.write(f"{out}\n{page}\n")
    return DONE


def _checked(path: Path, overrides: Sequence[str], strict: bool, notes: bool = False) -> Any:
    """Read a scenario and its tables; tell repairs and warnings, and notes if asked; raise on errors."""
    from engine.scenario.load import draft_scenario

    draft = draft_scenario(path, overrides)
    _tell(draft.findings, path.parent)  # at once: reading tables takes a second more
    from engine.tables.read import check_tables

    found = check_tables(draft)
    serious = [f for f in found.findings if f.severity is not Severity.NOTE]
    told = found.findings if notes else serious
    _tell([f for f in told if f not in draft.findings], path.parent)
    if found.loaded is None or found.tables is None or (strict and serious):
        raise _ToldError
    return found.loaded, found.tables


def _meant_command(word: str) -> str:
    """Find the command that a first word may mean that is neither a command nor a file."""
    from engine.scenario.nearest import nearest

    return "" if Path(word).exists() or Path(word).suffix else nearest(word, COMMANDS)


def _writable(folder: Path) -> None:
    """Try the folder of runs before minutes go into a plan, and leave nothing behind."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        for path in missing:
            path.rmdir()
    except OSError as error:
        reason = "is a file" if folder.is_file() else error.strerror or str(error)
        raise StorageError(f"--out {folder}: {reason}; name a folder that can be written") from None


def _tell(findings: Sequence[Finding], folder: Path = Path()) -> None:
    """Print findings, sorted, with their number."""
    if findings:
        console.print(escape(format_findings(findings, folder)), soft_wrap=True)


def _fail(code: int, message: str) -> int:
    console.print(f"[red]error[/] {escape(message)}", soft_wrap=True)
    return code


def _terminate(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


class _Bar:
    """A progress bar as a callable ``(step, part done)``."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> Callable[[str, float], None]:
        self._progress.start()
        self._task = self._progress.add_task("reading", total=1.0)
        self._step = ""
        return self._show

    def _show(self, step: str, done: float) -> None:
        if step != self._step:  # what is left is told of the step at hand, by its own speed
            self._progress.reset(self._task, description=step)
            self._step = step
        self._progress.update(self._task, completed=done)

    def __exit__(self, *error: object) -> None:
        self._progress.stop()


def _summary(folder: Path, seconds: float) -> None:
    """Say what came out, in the terminal."""
    from engine.report.table import percent_at_most
    from engine.runs import load_run

    stored = load_run(folder)
    facts, kpis = stored.facts, stored.table("kpis").set_index("kpi")["value"].astype(float)
    if facts.synthetic:
        console.print(f"[yellow]SYNTHETIC[/] {escape(facts.synthetic)}", soft_wrap=True)
    console.print(
        f"{escape(facts.title)}: {int(kpis['territories'])} territories, cost {facts.objective:,.0f} {facts.currency} a year, "
        f"of which at most {percent_at_most(facts.gap)} could be saved ({facts.status}); P(plan) {kpis['p_plan']:.0%}, "
        f"{kpis['share_at_quota']:.0%} of positions at quota; {seconds:.0f} s"
        + (
            ""
            if facts.reproducible
            else "; a time limit ended the search, so a slower machine may find another plan"
        ),
        soft_wrap=True,
    )
    if stored.has("drivers.csv"):
        _tell_drivers(stored.table("drivers"))
    if "changed_units" in kpis:
        console.print(
            f"against the earlier run: {kpis['changed_units']:,.0f} units change, with account value of "
            f"{kpis['changed_value']:,.0f} {facts.currency}; why: changes.csv",
            soft_wrap=True,
        )
    if "bookings_gain" in kpis:
        from engine.closed_loop import was_kept

        refused = "" if was_kept(kpis.to_dict()) else ": that map was not kept"
        console.print(
            f"drawn for expected bookings: promised {kpis['bookings_promised']:+,.0f} {facts.currency} a year, on fresh years "
            f"{kpis['bookings_gain']:+,.0f} (standard error {kpis['bookings_gain_error']:,.0f}), of which drawing again "
            f"for today's shares alone makes {kpis['bookings_redraw']:+,.0f}{refused}",
            soft_wrap=True,
        )
    sys.stdout.write(f"{folder / 'report.html' if (folder / 'report.html').exists() else folder}\n")


def _tell_new(folder: Path, told: Sequence[Finding], scenarios: Path) -> None:
    """Tell warnings that came up only with a plan, such as those on quotas."""
    from engine.runs import load_run

    known = {(one.code, one.message) for one in told}
    rows = load_run(folder).json("problems")
    found = [Finding(**row | {"severity": Severity(row["severity"])}) for row in rows]
    new = [f for f in found if (f.code, f.message) not in known and f.severity is not Severity.NOTE]
    _tell(new, scenarios)


def _tell_drivers(drivers: pd.DataFrame) -> None:
    """Say what a tenth fewer leads and hours do to bookings, and whether that is unusual."""
    effects = zip(drivers["driver"], drivers["down"].astype(float), drivers["usual"], strict=True)
    said = [
        f"10 % fewer {name}: {down:+.1%}" + (" (unusual: -2 to -6 % is usual)" if usual == "no" else "")
        for name, down, usual in effects
        if name in ("leads", "hours")
    ]
    told = (
        "; ".join(sorted(said, reverse=True)) or "fewer leads or hours: not simulated (simulation.drivers: 0)"
    )
    console.print(f"expected bookings with {told}", soft_wrap=True)


def comparison_name(folders: Sequence[Path]) -> str:
    """Name the page that compares some runs after them, so that another comparison does not overwrite it."""
    names = [folder.resolve().name for folder in folders]
    if len(names) > NAMED:
        rest = hashlib.sha256("\n".join(names[NAMED:]).encode()).hexdigest()[:8]
        names = [*names[:NAMED], f"and-{len(names) - NAMED}-more-{rest}"]
    return f"comparison_{'_'.join(names)}.html"


def _compare(folders: Sequence[Path], out: Path, *, current: bool = False) -> Path:
    """Write the comparison page of some runs."""
    from engine.compare import compare_runs, current_as_run
    from engine.report import write_comparison
    from engine.report.figures import figure_kind
    from engine.runs import load_run

    stored: list[StoredRun] = [load_run(folder) for folder in folders]
    comparison = compare_runs([*stored, *([current_as_run(stored[0])] if current else [])])
    page = out / comparison_name([*folders, *([Path("current")] if current else [])])
    out.mkdir(parents=True, exist_ok=True)
    write_comparison(comparison, stored, page)
    rows = []
    for row in comparison.kpis.to_dict("records"):
        kind = figure_kind(row["kpi"], row["unit"])
        values = [None if math.isnan(row[label]) else row[label] for label in comparison.labels]
        unit = "" if row["unit"] in ("share", "count") else f", {row['unit']}"
        rows.append((str(row["kpi"]).replace("_", " ") + unit, *map(kind.shown, values)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]  # labels may break, figures not
    columns = [
        Column(label, overflow="fold", min_width=width)
        for label, width in zip(comparison.labels, widths[1:], strict=True)
    ]
    table = Table("figure", *columns)
    for cells in rows:
        table.add_row(*cells)
    Console().print(table)
    for note in comparison.notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)
    sys.stdout.write(f"{page}\n")
    return page
