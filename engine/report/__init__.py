"""What a run hands over: a web report, a workbook and maps, all saying the same numbers."""

from engine.report.write import write_report

__all__ = ["write_report"]
