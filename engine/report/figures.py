"""How a key figure is written: by its unit."""

from __future__ import annotations

from engine.report.table import Kind

KINDS = {"share": Kind.SHARE, "probability": Kind.CHANCE, "count": Kind.COUNT}


def figure_kind(unit: str) -> Kind:
    """Give the kind of a figure from the unit in ``kpis.csv``; what has no kind of its own is money.

    Parameters
    ----------
    unit
        ``share``, ``probability``, ``count``, or money such as ``USD`` and ``USD per year``.
    """
    return KINDS.get(unit, Kind.MONEY)
