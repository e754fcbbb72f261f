"""How a key figure is written: by its unit, and to the safe side where rounding could promise too much."""

from __future__ import annotations

from engine.report.table import Kind

OF_FIGURE = {"bound": Kind.AT_LEAST, "gap": Kind.AT_MOST}
KINDS = {"share": Kind.SHARE, "probability": Kind.CHANCE, "count": Kind.COUNT}


def figure_kind(name: str, unit: str) -> Kind:
    """Give the kind of a figure of ``kpis.csv``; what has no kind of its own is money.

    Parameters
    ----------
    name
        Such as ``bound``.
    unit
        ``share``, ``probability``, ``count``, or money such as ``USD`` and ``USD per year``.
    """
    return OF_FIGURE.get(name) or KINDS.get(unit, Kind.MONEY)
