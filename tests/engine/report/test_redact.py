"""What outsiders get: nobody's name, no account and no amount, in any byte of any format."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from engine.errors import InputError
from engine.report import FORMATS, Audience, audience_html, redacted, write_report
from engine.report.model import build_model
from engine.report.redact import PLAN
from engine.runs import StoredRun, load_run
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """A run with accounts, managers and a title that names the firm."""
    return load_run(make_run(tmp_path_factory.mktemp("runs"), title="Secret Firm, fiscal 2027", units=30))


@pytest.fixture(scope="module")
def secrets(run: StoredRun) -> set[str]:
    """Names, ids and amounts that must not be found."""
    seats, accounts, quotas = (run.table(name) for name in ("territories", "accounts", "quotas"))
    found = {"Secret Firm", run.run_id, run.facts.scenario + "-", f"{run.facts.objective:,.0f}"}
    found |= {*seats["rep_id"], *seats["rep_name"], *seats["manager"], *accounts["account_id"]}
    found |= {*accounts["name"]} - {""}
    amounts = [*quotas["quota"], *accounts["revenue"], *run.table("attainment")["expected"]]
    amounts += [*run.table("kpis").query("unit.str.startswith('USD')")["value"].astype(float)]
    big = [amount for amount in amounts if amount >= 100_000]
    found |= {f"{amount:,.0f}" for amount in big} | {f"{amount:.2f}" for amount in big}
    return found - {"", "Vacancy", f"{PLAN:,}"}


def parts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Every text in a file, also in the members of archives inside archives and on the pages of a PDF."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from parts(f"{name}/{member}", archive.read(member))
    if content[:4] == b"%PDF":
        from pypdf import PdfReader

        yield name, "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    yield name, html.unescape(unquote(content.decode("utf-8", errors="ignore")))


def found_in(text: str, secrets: set[str]) -> list[str]:
    """Secrets that a text holds, not as part of a longer word or number."""
    return [
        one
        for one in sorted(secrets)
        if one in text and re.search(rf"(?<![\w.,]){re.escape(one)}(?![\w,]|\.\d)", text)
    ]


@pytest.mark.extra
def test_no_secret_is_in_any_byte(run: StoredRun, secrets: set[str], tmp_path: Path) -> None:
    """All formats are searched; the same search finds the secrets in the report that is not redacted."""
    for package in ("pptx", "typst", "pypdf"):
        pytest.importorskip(package, reason=f"no {package}, so not every format can be searched")
    write_report(redacted(run), FORMATS, tmp_path / "redacted")
    write_report(run, FORMATS, tmp_path / "plain")
    assert len(secrets) > 50
    for path in sorted((tmp_path / "redacted").rglob("*.*")):
        for name, text in parts(path.name, path.read_bytes()):
            assert found_in(text, secrets) == [], name
    for name in ("report.html", "report.xlsx", "report.pptx", "report.pdf", "maps/territories.kml"):
        plain = parts(name, (tmp_path / "plain" / name).read_bytes())
        assert any(found_in(text, secrets) for _, text in plain), name


def test_the_page_for_a_manager_can_be_redacted(run: StoredRun, secrets: set[str]) -> None:
    """The reader is asked for by the real name, and the page has another."""
    hidden = redacted(run)
    manager = str(run.table("territories")["manager"].iloc[0])
    page = audience_html(hidden, Audience("manager", hidden.alias(manager)))
    assert found_in(html.unescape(unquote(page)), secrets) == []
    assert hidden.alias(manager) in page


def test_names_are_replaced_alike_everywhere(run: StoredRun) -> None:
    """One name stands for one person or account in every table, and different ones stay different."""
    hidden = redacted(run)
    seats, shown = run.table("territories"), hidden.table("territories")
    filled = seats["rep_id"] != ""
    assert shown.loc[filled, "rep_name"].nunique() == seats.loc[filled, "rep_name"].nunique()
    reps = hidden.table("attainment").query("level == 'rep'").set_index("id")["name"]
    assert reps[shown["territory_id"]].tolist() == shown["rep_name"].tolist()
    managers = hidden.table("rollup").query("level == 'manager'")["name"]
    assert {*managers} == {*shown["manager"]}
    assert hidden.table("accounts")["account_id"].nunique() == run.table("accounts")["account_id"].nunique()
    assert shown["home_lon"].isna().all()


def test_amounts_keep_their_ratios(run: StoredRun) -> None:
    """Each quota is its part of the plan target to three digits; shares and chances are those of the run."""
    hidden = redacted(run)
    target = float(run.table("kpis").set_index("kpi").loc["plan_target", "value"])
    ratio = hidden.table("quotas")["quota"] / (run.table("quotas")["quota"] * PLAN / target)
    assert ratio.dropna().between(0.995, 1.005).all()
    pd.testing.assert_series_equal(
        hidden.table("attainment")["p_at_quota"], run.table("attainment")["p_at_quota"]
    )
    assert build_model(hidden).facts.gap == run.facts.gap


def test_a_column_nobody_listed_is_left_out(run: StoredRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """New columns are hidden until somebody says that they may be shown."""
    table = StoredRun.table

    def wider(self: StoredRun, name: str) -> pd.DataFrame:
        return table(self, name).assign(shoe_size=43.0, nickname="Ace")

    monkeypatch.setattr(StoredRun, "table", wider)
    seats = redacted(run).table("territories")
    assert seats["shoe_size"].isna().all()
    assert set(seats["nickname"]) == {""}


def test_ids_of_territories_that_are_people_are_refused(
    run: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids of territories are kept, so they must not be ids of people."""
    table = StoredRun.table

    def named(self: StoredRun, name: str) -> pd.DataFrame:
        frame = table(self, name)
        if name == "territories":
            frame["rep_id"] = frame["territory_id"]
        return frame

    monkeypatch.setattr(StoredRun, "table", named)
    with pytest.raises(InputError, match="ids of some territory are ids of people"):
        redacted(run).table("territories")


def test_the_report_says_that_it_is_redacted(run: StoredRun) -> None:
    """The first words of the summary say what was done."""
    first = build_model(redacted(run)).summary[0]
    assert (first.topic, "the plan target is 1,000,000" in first.text) == ("Redacted", True)
