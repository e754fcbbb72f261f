"""What a run hands over: a web report, a workbook and maps, all saying the same numbers."""

from engine.report.audience import Audience, audience_html, read_audience
from engine.report.calibration_page import calibration_html
from engine.report.compare_html import write_comparison
from engine.report.redact import redacted
from engine.report.write import FORMATS, write_report

__all__ = [
    "FORMATS",
    "Audience",
    "audience_html",
    "calibration_html",
    "read_audience",
    "redacted",
    "write_comparison",
    "write_report",
]
