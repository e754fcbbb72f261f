"""The report as a PDF of A4 pages, set by Typst: vector charts and maps, tagged for screen readers."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib

from engine.errors import StorageError
from engine.report.charts import Bar, BarChart
from engine.report.figures import figure_kind
from engine.report.method import GLOSSARY, LIMITS
from engine.report.model import ReportModel
from engine.report.page import TEMPLATES
from engine.report.plain_text import clean, drawable
from engine.report.table import Column, Kind, Table

NEEDS = 'a PDF needs one more package: pip install "typst>=0.15"'
CREATED = 946_684_800  # 2000-01-01: always the same, so that the same run gives the same bytes
MOST_ROWS = 60  # of a table on paper; the workbook has all
MOST_MOVES = 20
WIDEST = {Kind.LONG: 44}  # letters of a column; any other has at most 26
FIRST = ("Redacted", "Decision")  # said on the first page
CHART = 16  # letters that a column of bars is wide
UNBROKEN = re.compile(r"\S{24}(?=\S)")  # longer than a column is wide


def report_pdf(model: ReportModel, svgs: Sequence[bytes]) -> bytes:
    """Write a run's report as PDF; the same model gives the same bytes.

    Parameters
    ----------
    model
        What the report says.
    svgs
        A drawing of each alignment of its map, in order.

    Raises
    ------
    StorageError
        If the package that sets pages is not installed.
    """
    try:
        import typst
    except ImportError:
        raise StorageError(NEEDS) from None
    # texts reach the pages as data, never as markup; fonts are Typst's own and matplotlib's, whatever the machine has
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "report.typ").write_bytes((TEMPLATES / "report.typ").read_bytes())
        (root / "report.json").write_text(json.dumps(_content(model), ensure_ascii=False), encoding="utf-8")
        for i, svg in enumerate(svgs):
            (root / f"map{i}.svg").write_bytes(svg)
        return typst.compile(
            str(root / "report.typ"),
            root=str(root),
            font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
            ignore_system_fonts=True,
            format="pdf",
            timestamp=CREATED,
        )


def _content(model: ReportModel) -> dict[str, Any]:
    facts = model.facts
    content = {
        "title": model.title,
        "fiscal_year": model.fiscal_year,
        "run": f"Run {model.run_id}, seed {facts.seed}, Allotment {facts.version}",
        "synthetic": facts.synthetic,
        "chips": [asdict(chip) for chip in model.chips],
        "cards": [asdict(card) for card in model.cards],
        "decision": [sentence.text for sentence in model.summary if sentence.topic in FIRST],
        "summary": [asdict(sentence) for sentence in model.summary if sentence.topic not in FIRST],
        "maps": [one.label for one in model.map.alignments],
        "balance": [
            {"title": chart.title, "bars": _bars(chart), "band": chart.band, "zero": chart.zero}
            | {"ticks": [asdict(tick) for tick in chart.ticks]}
            for chart in model.balance
        ],
        "territory_ids": model.territories.column("territory_id"),
        "fan": asdict(model.fan),
        "sections": [
            {"title": title, "lead": lead, "tables": [table for table in tables if table["rows"]]}
            for title, lead, tables in _sections(model)
        ],
        "method": [asdict(sentence) for sentence in model.method],
        "limits": LIMITS,
        "glossary": GLOSSARY,
    }
    cleaned: dict[str, Any] = _cleaned(content)
    return cleaned


def _sections(model: ReportModel) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """List what follows the summary: heading, lead and tables."""
    chances, stress = model.chances, model.stress_chart
    return [
        ("territories", "", [_table(model.territories)]),
        (
            "Quotas and chances",
            "Chance of reaching the quota in a simulated year, with its 95 % interval.",
            [_table(model.positions, chances, after="p_at_quota"), _table(model.groups)],
        ),
        ("year", model.fan.caption, []),
        (
            "Stress cases",
            "The same simulated years, with the same luck, under one changed condition; chances of reaching the plan target.",
            [_table(model.stress_company, stress, after="words")],
        ),
        (
            "What changes hands",
            model.handoff_words,
            [_table(one, most=MOST_MOVES) for one in (model.handoffs, model.moved_accounts)]
            if model.has_current
            else [],
        ),
        ("Findings about the data", "", [_table(model.problems)]),
        ("Key figures", "", [_key_figures(model.kpis)]),
    ]


def _table(
    table: Table, chart: BarChart | None = None, after: str = "", most: int = MOST_ROWS
) -> dict[str, Any]:
    """Write the main columns of a table as texts, maybe with a column of bars."""
    shown = table.main()
    rows = shown.rows[:most]
    cut = f"The first {len(rows)} of {len(table):,}; the workbook has all." if len(table) > len(rows) else ""
    names = [column.name for column in shown.columns]
    texts = [
        [column.kind.shown(value) for column, value in zip(shown.columns, row, strict=True)] for row in rows
    ]
    return {
        "title": table.title,
        "heads": [column.label for column in shown.columns],
        "right": [column.kind.is_number for column in shown.columns],
        "letters": [
            _letters(column, [row[place] for row in texts]) for place, column in enumerate(shown.columns)
        ],
        "rows": texts,
        "bars": _bars(chart)[:most] if chart else [],
        "chart_letters": CHART,
        "zero": chart.zero if chart else 0,
        "after": names.index(after) if chart else -1,
        "note": cut,
    }


def _key_figures(kpis: Table) -> dict[str, Any]:
    """Write each figure as its unit asks."""
    wanted = ("meaning", "value", "unit", "kpi")
    rows = zip(*(kpis.column(name) for name in wanted), strict=True)
    return _table(kpis) | {
        "rows": [
            [str(meaning), figure_kind(str(name), str(unit)).shown(value), str(unit)]
            for meaning, value, unit, name in rows
        ]
    }


def _letters(column: Column, shown: Sequence[str]) -> int:
    """Tell how many letters wide a column wants to be."""
    words = max(len(word) for word in column.label.split())
    return max(words, min(max(map(len, shown), default=0), WIDEST.get(column.kind, 26)))


def _bars(chart: BarChart) -> list[dict[str, Any]]:
    return [_bar(bar) for bar in chart.bars]


def _bar(bar: Bar) -> dict[str, Any]:
    return asdict(bar) | {"width": bar.width}


def _cleaned(content: Any) -> Any:
    """Clean every text, and let words break that are longer than a column."""
    if isinstance(content, str):
        return UNBROKEN.sub(lambda word: word[0] + "\u200b", drawable(clean(content)))
    if isinstance(content, dict):
        return {key: _cleaned(value) for key, value in content.items()}
    return [_cleaned(value) for value in content] if isinstance(content, list | tuple) else content
