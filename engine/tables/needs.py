"""What units need of the position that gets them: segments, skills, the region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from engine.errors import Severity, shown
from engine.scenario import schema
from engine.scenario.nearest import did_you_mean
from engine.scenario.places import KeyPath
from engine.tables.positions import PositionTable
from engine.tables.sheet import Intake
from engine.tables.tables import ANYTHING, Needs
from engine.tables.units import UnitTable

INSIDE = "inside_region"
_NAMED = 5


def asked_columns(rules: schema.Rules | None, table: str) -> dict[KeyPath, str]:
    """List the columns that rules name in the table of units (``unit``) or positions (``position``), by scenario key."""
    if rules is None:
        return {}
    blocks: dict[KeyPath, schema.Match | schema.Inside] = {
        ("rules", "eligibility", place): match for place, match in enumerate(rules.eligibility)
    }
    if rules.inside_region is not None:
        blocks["rules", INSIDE] = rules.inside_region
    return {(*key, table): getattr(block, table) for key, block in blocks.items()}


def read_needs(
    intake: Intake, rules: schema.Rules, units: UnitTable, positions: PositionTable, size: pd.Series[float]
) -> tuple[Needs, ...]:
    """Set what units need against what positions have.

    Parameters
    ----------
    intake
        Where what is noticed is noted.
    rules
        The scenario's block.
    units, positions
        Both tables, with the columns of text that the rules name.
    size
        How large each unit is, to see which region lacks seats, by unit id.

    Returns
    -------
    One entry a rule whose columns are there.
    """
    found = []
    for place, match in enumerate(rules.eligibility):
        if match.unit in units.words and match.position in positions.words:
            key: KeyPath = ("rules", "eligibility", place)
            have = {
                name: _split(positions.words[match.position].get(name, ANYTHING))
                for name in positions.rows.index
            }
            needs = Needs(f"eligibility.{place}", units.words[match.unit], have)
            _check_met(intake, key, needs, "need")
            found.append(needs)
    inside = rules.inside_region
    if inside is not None and inside.unit in units.words and inside.position in positions.words:
        found.append(_regions(intake, inside, units, positions, size))
    return tuple(found)


def _regions(
    intake: Intake, inside: schema.Inside, units: UnitTable, positions: PositionTable, size: pd.Series[float]
) -> Needs:
    of_units, key = units.words[inside.unit], ("rules", INSIDE)
    blank = of_units.index[of_units == ""]
    if len(blank):
        message = f"{len(blank):,} units have no region, such as {shown(blank[0])}"
        remedy = f"fill in column {inside.unit} of the units"
        intake.report((*key, "unit"), "REG-BLANK", message, remedy, count=len(blank))
    of_positions = positions.words[inside.position].reindex(positions.rows.index, fill_value="")
    homeless = of_positions.index[(of_positions == "") & (positions.rows["rep_id"] != "")]
    if len(homeless):
        message = f"{len(homeless):,} filled positions have no region: {_listed(homeless)}"
        remedy = f"fill in column {inside.position} of the positions"
        intake.report((*key, "position"), "REG-SEAT", message, remedy, count=len(homeless))
    given = _with_seats(
        of_positions, positions.rows["capacity"], size.groupby(of_units[of_units != ""]).sum()
    )
    chosen = [name for name in given.index if given[name] != of_positions[name]]
    if chosen:
        where = [f"{name} to {shown(given[name])}" for name in chosen]
        message = (
            f"{len(chosen):,} vacancies without a region went where seats are missing most: {_listed(where)}"
        )
        remedy = f"nothing, if that is meant; else fill in column {inside.position} of the positions"
        intake.report((*key, "position"), "REG-CHOSEN", message, remedy, Severity.NOTE, len(chosen))
    needs = Needs(INSIDE, of_units, {str(name): frozenset([region]) for name, region in given.items()})
    _check_met(intake, key, needs, "lie in")
    return needs


def _with_seats(
    regions: pd.Series[str], capacity: pd.Series[float], size: pd.Series[float]
) -> pd.Series[str]:
    """Give every position without a region, in turn, the one whose part of all seats lags furthest behind its part of all units."""
    given, seats = regions.copy(), float(capacity.sum())
    if size.empty or size.sum() <= 0:
        return given
    for name in given.index[given == ""]:
        there = capacity.groupby(given).sum().reindex(size.index, fill_value=0.0)
        lacking = size / size.sum() * seats - there
        given[name] = str(lacking.index[int(np.argmax(lacking.to_numpy()))])
    return given


def _check_met(intake: Intake, key: KeyPath, needs: Needs, verb: str) -> None:
    """Refuse a need that no position meets."""
    values = [value for value in needs.units.unique().tolist() if value]
    unmet = [value for value in values if not any(needs.met(value, name) for name in needs.positions)]
    for value in unmet[:_NAMED]:
        count = int((needs.units == value).sum())
        there = sorted(
            {word for have in needs.positions.values() if have is not None for word in have if word}
        )
        message = (
            f"{count:,} units {verb} {shown(value)}, and no position has that{did_you_mean(value, there)}"
        )
        remedy = f"correct the column, or have a position with it; {len(unmet)} values are like this"
        intake.report((*key, "unit"), "NEED-NOBODY", message, remedy, count=count)


def _split(text: str) -> frozenset[str] | None:
    words = frozenset(word.strip() for word in text.split(";")) - {""}
    return None if ANYTHING in words else words


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:_NAMED]) + (f" and {len(every) - _NAMED} more" if len(every) > _NAMED else "")


def with_regions(rows: pd.DataFrame, rules: schema.Rules | None, needs: tuple[Needs, ...]) -> pd.DataFrame:
    """Write the regions that vacancies were given into the column of regions, by which sums are rolled up."""
    chosen: Mapping[str, frozenset[str] | None] = next((n.positions for n in needs if n.rule == INSIDE), {})
    if rules is None or rules.inside_region is None or rules.inside_region.position != "region" or not chosen:
        return rows
    regions = [next(iter(chosen[name] or [""]), "") for name in rows.index]
    return rows.assign(region=pd.Series(regions, index=rows.index, dtype="str"))
