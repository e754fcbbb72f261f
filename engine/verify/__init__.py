"""The independent checker: reads only a run's written files, imports nothing but the standard library."""

from engine.verify.checker import NotARunError, verify_run
from engine.verify.report import Check, Report

__all__ = ["Check", "NotARunError", "Report", "verify_run"]
