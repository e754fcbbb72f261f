"""What cannot be simulated, said with its key and a remedy before any time is spent on it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.attainment import SalesField
from engine.errors import Finding, Severity

SOURCE = "scenario"  # where the keys stand; the simulation does not know the file's name

MOST_DEALS = 200_000  # a year; beyond that one replication takes half a minute and 500 MB
MOST_MONEY = 1e12  # a year, in the scenario's currency; sums of cents stay far inside 64 bits


def field_findings(field: SalesField) -> tuple[Finding, ...]:
    """List every reason why a field is too large to be simulated.

    Parameters
    ----------
    field
        The sales field.

    Returns
    -------
    Errors, sorted; empty when the field can be simulated.
    """
    return tuple(sorted(_too_large(field)))


def _too_large(field: SalesField) -> Iterator[Finding]:
    expected = float(field.demand.sum())
    deals = expected + len(field.opening.ids)
    if deals > MOST_DEALS:
        yield _error(
            "SIM-DEALS",
            "process.opportunities_per_year",
            f"{expected:.0f}",
            f"{deals:,.0f} deals a year are more than the {MOST_DEALS:,} that can be simulated",
            "count only opportunities that a rep works on, or simulate one region at a time",
        )
    money = expected * field.process.deal_size.mean + float(field.opening.amount_cents.sum()) / 100
    if money > MOST_MONEY:
        yield _error(
            "SIM-MONEY",
            "process.deal_size.mean",
            f"{field.process.deal_size.mean:.0f}",
            f"deals of {money:.3g} a year are more than the {MOST_MONEY:.0g} that can be counted in cents",
            "check the currency unit of deal sizes and of the opening pipeline",
        )


def _error(code: str, key: str, value: str, message: str, remedy: str) -> Finding:
    return Finding(SOURCE, 0, 0, key, code, Severity.ERROR, value, message, remedy)
