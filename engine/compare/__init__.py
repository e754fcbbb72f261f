"""Runs side by side: figures, territories, what moves, paired bookings, and what was asked differently."""

from engine.compare.comparison import Comparison, compare_runs
from engine.compare.current import current_as_run
from engine.compare.side import Side

__all__ = ["Comparison", "Side", "compare_runs", "current_as_run"]
