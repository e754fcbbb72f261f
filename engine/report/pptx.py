"""The slides: native charts that stay editable, the map as a picture, in the firm's own template."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import Finding, InputError, Severity, StorageError
from engine.report.maps import map_png
from engine.report.model import ReportModel
from engine.report.plain_text import clean, shortened
from engine.report.slides import BARS, COLUMNS, LINES, Slide, SlideChart, slides

NEEDS = 'slides need one more package: pip install "python-pptx>=1.0.2"'
INCH = 914_400
WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.5  # inches; 16:9
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - always the same, so that the same run gives the same bytes
DATE = (1980, 1, 1, 0, 0, 0)  # the first a ZIP file knows
COLOURS = ("0B6B72", "D1802B", "6A4C93", "A3261E")
INK, WARN = "1B2733", "8A4B00"
MOST_NAME = 40  # letters of a name beside the map
SPOKEN = re.compile(r"\{?=|\w+:")  # what a spreadsheet would take for a formula or an address


def presentation(model: ReportModel, template: Path | None = None) -> bytes:
    """Write a report as PowerPoint slides; the same model gives the same bytes.

    Parameters
    ----------
    model
        What to say.
    template
        A presentation whose design and size are taken and whose slides are left out; None = plain 16:9.

    Raises
    ------
    InputError
        If the template is no presentation, or has no layout with a title.
    StorageError
        If the package that writes slides is not installed.
    """
    try:
        from pptx import Presentation
    except ImportError:
        raise StorageError(NEEDS) from None
    if template is None:
        deck = Presentation()
        deck.slide_width, deck.slide_height = int(WIDTH * INCH), int(HEIGHT * INCH)
    else:
        try:
            deck = Presentation(io.BytesIO(template.read_bytes()))
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise InputError([_refused(template, "is no PowerPoint presentation (.pptx)")]) from error
        _empty(deck)
    if _layout(deck) is None:
        raise InputError([_refused(template or Path(), "has no layout with a title")])
    writer = _Deck(deck, model, plain=template is None)
    writer.add_cover()
    for slide in slides(model):
        writer.add(slide)
    core = deck.core_properties
    core.title, core.author, core.last_modified_by = model.run_id, "Allotment", "Allotment"
    core.created = core.modified = CREATED
    core.revision = 1
    stream = io.BytesIO()
    deck.save(stream)
    return _dateless(stream.getvalue())


class _Deck:
    """Adds slides to a presentation; sizes in inches."""

    def __init__(self, deck: Any, model: ReportModel, *, plain: bool) -> None:
        self.deck, self.model, self.plain = deck, model, plain
        self.width, self.height = deck.slide_width / INCH, deck.slide_height / INCH

    def add_cover(self) -> None:
        """Add the title page."""
        facts = self.model.facts
        lines = (
            ("", f"Fiscal year from {self.model.fiscal_year}"),
            ("", "; ".join(chip.text for chip in self.model.chips)),
            ("", f"Run {self.model.run_id}, seed {facts.seed}"),
        )
        self.add(Slide(self.model.title, lines), is_cover=True)

    def add(self, slide: Slide, *, is_cover: bool = False) -> None:
        """Add a slide."""
        page = self.deck.slides.add_slide(_layout(self.deck))
        for extra in [one for one in page.placeholders if one.placeholder_format.idx != 0]:
            extra._element.getparent().remove(extra._element)
        top = self._title(page, slide.title, is_cover=is_cover)
        room = (MARGIN, top, self.width - 2 * MARGIN, self.height - top - 0.75)
        if slide.chart:
            self._chart(page, slide.chart, room)
        if slide.is_map:
            names, drawn = self.width * 0.27, self.model.map
            self._map(page, (room[0], top, room[2] - names, room[3]))
            listed = [
                ("", shortened(clean(f"{one}  {name}"), MOST_NAME))
                for one, name in zip(drawn.territory_ids, drawn.names, strict=True)
            ]
            beside = (self.width - MARGIN - names, top, names, room[3])
            self._text(page, beside, listed, most=14, least=9, colour=INK)
        if slide.lines:
            self._lines(page, slide.lines, room)
        synthetic = f"Synthetic data. {self.model.facts.synthetic}" if self.model.facts.synthetic else ""
        for text, low, colour in ((slide.note, 0.75, INK), (synthetic, 0.5, WARN)):
            if text:
                box = (MARGIN, self.height - low, self.width - 2 * MARGIN, 0.26 if low > 0.5 else 0.42)
                self._text(page, box, [("", text)], most=11, least=10, colour=colour)

    def _title(self, page: Any, text: str, *, is_cover: bool) -> float:
        """Write the title and give where the room below it starts."""
        title = page.shapes.title
        if self.plain:
            title.left, title.top = int(MARGIN * INCH), int(0.3 * INCH)
            title.width, title.height = int((self.width - 2 * MARGIN) * INCH), int(1.15 * INCH)
            if is_cover:
                title.top, title.height = int(0.25 * self.height * INCH), int(1.6 * INCH)
        width, height = title.width / INCH, title.height / INCH
        size, words = _fitted([clean(text)], width - 0.2, height - 0.1, most=44 if is_cover else 26, least=14)
        self._write(title.text_frame, [("", words[0])], size, None if not self.plain else INK, bold=True)
        return float((title.top + title.height) / INCH) + 0.1

    def _lines(self, page: Any, lines: Any, room: tuple[float, float, float, float]) -> None:
        """Write cards side by side where a text has a second line, else paragraphs."""
        left, top, width, _ = room
        if not all("\n" in text for _, text in lines):
            self._text(page, room, lines, most=20, least=11, colour=INK)
            return
        step = width / len(lines)
        for i, (label, text) in enumerate(lines):
            value, note = text.split("\n", 1)
            at = left + i * step
            self._text(page, (at, top + 0.4, step - 0.2, 0.5), [("", label)], most=18, least=11, colour=INK)
            self._text(
                page, (at, top + 0.9, step - 0.2, 1.1), [("", value)], most=54, least=20, colour=COLOURS[0]
            )
            self._text(page, (at, top + 2.1, step - 0.2, 1.3), [("", note)], most=16, least=11, colour=INK)

    def _text(self, page: Any, box: Any, lines: Any, *, most: int, least: int, colour: str) -> None:
        shape = page.shapes.add_textbox(*(int(side * INCH) for side in box))
        words = [clean(f"{label}: {text}" if label else text) for label, text in lines]
        size, shown = _fitted(words, box[2] - 0.2, box[3], most, least)
        pairs = [
            (label, text.removeprefix(clean(f"{label}: ")))
            if label and text.startswith(clean(f"{label}: "))
            else ("", text)
            for (label, _), text in zip(lines, shown, strict=False)
        ]
        self._write(shape.text_frame, pairs, size, colour)

    def _write(self, frame: Any, lines: Any, size: int, colour: str | None, *, bold: bool = False) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import MSO_AUTO_SIZE, PP_ALIGN
        from pptx.util import Pt

        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        frame.margin_top = frame.margin_bottom = 0
        for i, (label, text) in enumerate(lines):
            paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            paragraph.space_before = Pt(0)
            paragraph.space_after = Pt(size / 2 if len(lines) > 1 else 0)
            for part, strong in ((f"{clean(label)}: " if label else "", True), (text, bold)):
                if not part:
                    continue
                run = paragraph.add_run()
                run.text, run.font.size = part, Pt(size)
                run.font.bold = strong
                if colour:
                    run.font.color.rgb = RGBColor.from_string(colour)

    def _map(self, page: Any, room: tuple[float, float, float, float]) -> None:
        """Show the new plan's map as large as there is room, with its names for who cannot see it."""
        alignment = self.model.map.alignments[0]
        png = map_png(self.model.map, alignment, alignment.label, "")
        left, top, width, height = (int(side * INCH) for side in room)
        picture = page.shapes.add_picture(io.BytesIO(png), left, top)
        scale = min(width / picture.width, height / picture.height)
        picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
        picture.left = left + (width - picture.width) // 2
        pairs = zip(self.model.map.territory_ids, self.model.map.names, strict=True)
        words = clean("Map of territories: " + ", ".join(f"{one} {name}".strip() for one, name in pairs))
        picture._element.nvPicPr.cNvPr.set("descr", shortened(words, 500))

    def _chart(self, page: Any, chart: SlideChart, room: tuple[float, float, float, float]) -> None:
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE

        kinds = {
            BARS: XL_CHART_TYPE.BAR_CLUSTERED,
            COLUMNS: XL_CHART_TYPE.COLUMN_CLUSTERED,
            LINES: XL_CHART_TYPE.LINE,
        }
        data = CategoryChartData(number_format=chart.number_format)
        longest = 34 if chart.shape == BARS else 24
        data.categories = [unspoken(shortened(clean(label), longest)) for label in chart.labels]
        for series in chart.series:
            data.add_series(unspoken(shortened(clean(series.name), 60)), series.values)
        place = (int(side * INCH) for side in room)
        _dress(page.shapes.add_chart(kinds[chart.shape], *place, data).chart, chart)


def _dress(drawn: Any, chart: SlideChart) -> None:
    """Give a chart its colours, axes and labels."""
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_AXIS_CROSSES, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
    from pptx.util import Pt

    drawn.font.size = Pt(12 if len(chart.labels) <= 15 else 10)
    drawn.font.color.rgb = RGBColor.from_string(INK)
    drawn.has_title = False
    drawn.has_legend = len(chart.series) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    values, names = drawn.value_axis, drawn.category_axis
    values.has_title = True
    values.axis_title.text_frame.text = clean(chart.axis)
    values.axis_title.text_frame.paragraphs[0].runs[0].font.size = Pt(12)
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = _axis_format(chart), False
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string("D5DBE0")
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW  # not across bars below zero
    if chart.least is not None:
        values.minimum_scale = chart.least
    if chart.most is not None:
        values.maximum_scale = chart.most
    if chart.shape == BARS:
        names.reverse_order, names.crosses = True, XL_AXIS_CROSSES.MAXIMUM  # first on top, values below
    plot = drawn.plots[0]
    if chart.shape != LINES:
        plot.gap_width = 60
        plot.has_data_labels = len(chart.labels) * len(chart.series) <= 16
        if plot.has_data_labels:
            plot.data_labels.number_format = chart.number_format
            plot.data_labels.number_format_is_linked = False
            plot.data_labels.font.size = Pt(11)
    for series, colour in zip(plot.series, COLOURS, strict=False):
        look = series.format.line if chart.shape == LINES else series.format.fill
        if chart.shape == LINES:
            look.width, series.smooth = Pt(2.5), False
        else:
            look.solid()
            series.invert_if_negative = False
        (look.color if chart.shape == LINES else look.fore_color).rgb = RGBColor.from_string(colour)


def _axis_format(chart: SlideChart) -> str:
    """Say large amounts on the axis in millions, so that they need not be turned."""
    largest = max((abs(value) for series in chart.series for value in series.values), default=0.0)
    return f'{chart.number_format.split(";")[0].lstrip("+")},,"M"' if largest >= 1e7 else chart.number_format


def unspoken(text: str) -> str:
    """Keep a label from being a formula or a link in the workbook behind a chart."""
    return f"\u200b{text}" if SPOKEN.match(text) else text


def _fitted(texts: list[str], width: float, height: float, most: int, least: int) -> tuple[int, list[str]]:
    """Give the greatest size, points, at which texts fit a box of inches, and the texts; cut if none does."""
    for size in range(most, least - 1, -1):
        if sum(_lines(text, width, size) for text in texts) * _line(size) + _gaps(texts, size) <= height:
            return size, texts
    room = (height - _gaps(texts, least)) / _line(least) / max(len(texts), 1)
    letters = max(8, int(max(1, int(room)) * _letters(width, least)) - 4)
    if room < 1:  # not a line for each: leave the last ones out
        texts = texts[: max(1, int(height / (1.5 * _line(least))))]
    return least, [shortened(text, letters) for text in texts]


def _gaps(texts: list[str], size: int) -> float:
    return (len(texts) - 1) * size / 2 / 72


def _line(size: int) -> float:
    return 1.25 * size / 72


def _letters(width: float, size: int) -> float:
    return width * 72 / (0.54 * size)


def _lines(text: str, width: float, size: int) -> int:
    """Count lines, a wide letter (emoji, ideograph) as two."""
    letters = sum(2 if ord(c) > 0x2E80 else 1 for c in text)
    return int(-(-letters // _letters(width, size))) or 1


def _layout(deck: Any) -> Any:
    """Choose the layout with a title and least else."""
    found = [
        one for one in deck.slide_layouts if any(p.placeholder_format.idx == 0 for p in one.placeholders)
    ]
    return min(found, key=lambda one: (one.name != "Title Only", len(one.placeholders)), default=None)


def _empty(deck: Any) -> None:
    """Leave out a template's own slides."""
    for entry in list(deck.slides._sldIdLst):
        deck.part.drop_rel(entry.rId)
        deck.slides._sldIdLst.remove(entry)


def _dateless(content: bytes) -> bytes:
    """Write a ZIP file again without the hour it was made, also the workbooks inside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith(".xlsx"):
                part = _dateless(part)
            elif name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2000-01-01T00:00:00Z", part)
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type, entry.external_attr, entry.create_system = (
                zipfile.ZIP_DEFLATED,
                0o600 << 16,
                3,
            )
            new.writestr(entry, part)
    return out.getvalue()


def _refused(template: Path, why: str) -> Finding:
    remedy = "open it in PowerPoint and save it as .pptx with a layout that has a title"
    return Finding(
        template.name,
        0,
        0,
        "--template",
        "REPORT-TEMPLATE",
        Severity.ERROR,
        "",
        f"the template {why}",
        remedy,
    )
