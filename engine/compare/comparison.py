"""Two or more runs of the same units, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from engine.compare.attained import attained_years, paired_shares
from engine.compare.counting import counted_differently, counting_notes
from engine.compare.differences import difference_table
from engine.compare.figures import kpi_table
from engine.compare.moves import moved_accounts, moved_units
from engine.compare.paired import company_years, paired_attainment
from engine.compare.side import CURRENT, OWN_COLUMNS, Side, side_of
from engine.errors import Finding, InputError, Severity
from engine.runs import StoredRun


@dataclass(frozen=True)
class Comparison:
    """Tables that put runs side by side; columns named after a run are its label.

    Parameters
    ----------
    labels
        Heading of each run, in the order given.
    kpis
        ``kpi, unit, meaning, better, best`` and a column a run; see `engine.compare.figures.kpi_table`.
    moved_units, moved_accounts
        What has not the same territory everywhere; see `engine.compare.moves`.
    territories
        One row a territory and run: ``territory_id, run`` and the columns of ``territories.csv`` with
        ``quota, expected, p_at_quota`` (NaN where not known).
    attainment
        Paired differences of bookings; see `engine.compare.paired.paired_attainment`.
    years
        The company's bookings of every simulated year; see `engine.compare.paired.company_years`.
    shares
        Paired differences of attainment; see `engine.compare.attained.paired_shares`.
    attained
        What the company attains in every simulated year; see `engine.compare.attained.attained_years`.
    differences
        What was asked differently; see `engine.compare.differences.difference_table`.
    not_alike
        Key figures that the runs count by different prices, measures or tables; none of them is better.
    notes
        What a reader must know, one sentence each.
    """

    labels: tuple[str, ...]
    kpis: pd.DataFrame
    moved_units: pd.DataFrame
    moved_accounts: pd.DataFrame
    territories: pd.DataFrame
    attainment: pd.DataFrame
    years: pd.DataFrame
    shares: pd.DataFrame
    attained: dict[str, pd.DataFrame]
    differences: pd.DataFrame
    not_alike: tuple[str, ...]
    notes: tuple[str, ...]


def compare_runs(runs: Sequence[StoredRun | Side]) -> Comparison:
    """Compare runs, or runs with a current alignment, of the same units.

    Parameters
    ----------
    runs
        Two or more; differences of bookings are taken against the first that is simulated.

    Returns
    -------
    The comparison.

    Raises
    ------
    InputError
        If there are fewer than two runs, one is given twice, or their units or currencies differ.
    """
    sides = [
        run if isinstance(run, Side) else side_of(run, label)
        for run, label in zip(runs, _labels(runs), strict=True)
    ]
    _check(sides)
    paired, not_paired = paired_attainment(sides)
    return Comparison(
        labels=tuple(side.label for side in sides),
        kpis=_without_luck(kpi_table(sides), paired, [side.label for side in sides if side.simulated]),
        moved_units=moved_units(sides),
        moved_accounts=moved_accounts(sides),
        territories=_territories(sides),
        attainment=paired,
        years=company_years(sides),
        shares=paired_shares(sides),
        attained=attained_years(sides),
        differences=difference_table(sides),
        not_alike=counted_differently(sides),
        notes=(
            *counting_notes(sides),
            *(note for side in sides for note in side.notes),
            *not_paired,
            *_account_notes(sides),
        ),
    )


SIMULATED = ("expected_bookings", "p_plan", "share_at_quota", "chance_spread")


def _without_luck(kpis: pd.DataFrame, paired: pd.DataFrame, simulated: Sequence[str]) -> pd.DataFrame:
    """Call no run better in what it books where luck may be the reason: the company's paired interval holds 0."""
    company = paired[(paired["level"] == "company") & (paired["id"] == "company")].set_index("run")
    sure = {label: bool(row["low"] > 0 or row["high"] < 0) for label, row in company.to_dict("index").items()}

    def is_sure(best: str) -> bool:
        rivals = simulated[1:] if best == simulated[0] else [best]
        return all(sure.get(label, False) for label in rivals)

    lucky = kpis["kpi"].isin(SIMULATED) & (kpis["best"] != "")
    lucky &= ~kpis["best"].map(lambda best: bool(simulated) and is_sure(str(best)))
    return kpis.assign(best=kpis["best"].mask(lucky, ""))


def _labels(runs: Sequence[StoredRun | Side]) -> list[str]:
    """Name runs by their scenario where that is enough to tell them apart, else by their id."""
    names = [run.label if isinstance(run, Side) else run.facts.scenario for run in runs]
    taken = {run.facts.scenario for run in runs if isinstance(run, StoredRun)} & {*OWN_COLUMNS, CURRENT}
    if len(set(names)) == len(names) and not taken:
        return names
    return [run.label if isinstance(run, Side) else run.run_id for run in runs]


def _territories(sides: Sequence[Side]) -> pd.DataFrame:
    frames = [side.territories.assign(run=side.label, order=i) for i, side in enumerate(sides)]
    table = pd.concat(frames).sort_values(["territory_id", "order"], ignore_index=True)
    first = ["territory_id", "run"]
    return table[[*first, *(column for column in table if column not in (*first, "order"))]]


def _account_notes(sides: Sequence[Side]) -> list[str]:
    first = sides[0]
    return [
        f"Accounts only in {first.label} or only in {side.label}: {apart}; they are not in the list of moves."
        for side in sides[1:]
        if (apart := len(first.accounts.index.symmetric_difference(side.accounts.index)))
    ]


def _check(sides: Sequence[Side]) -> None:
    """Raise every reason why the sides cannot be compared."""
    findings = []
    if len(sides) < 2:
        findings.append(_finding("", "CMP-COUNT", "a comparison needs two runs or more", "name another run"))
    for i, side in enumerate(sides):
        if side.label in [other.label for other in sides[:i]]:
            findings.append(_finding(side, "CMP-TWICE", f"{side.label} is given twice", "name another run"))
        findings += _mismatches(sides[0], side)
    if findings:
        raise InputError(findings)


def _mismatches(first: Side, side: Side) -> list[Finding]:
    findings = []
    missing = first.territory.index.difference(side.territory.index)
    extra = side.territory.index.difference(first.territory.index)
    if len(missing) or len(extra):
        parts = [(missing, "are missing"), (extra, "are new")]
        said = " and ".join(f"{len(ids)} {word} ({_few(ids)})" for ids, word in parts if len(ids))
        message = f"its planning units are not those of {first.label}: {said}"
        findings.append(
            _finding(side, "CMP-UNITS", message, "compare runs made from the same table of units")
        )
    currencies = first.source.facts.currency, side.source.facts.currency
    if currencies[0] != currencies[1]:
        message = f"its currency is {currencies[1]}, that of {first.label} is {currencies[0]}"
        findings.append(_finding(side, "CMP-CURRENCY", message, "compare runs in one currency"))
    return findings


def _few(ids: pd.Index[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")


def _finding(side: Side | str, code: str, message: str, remedy: str) -> Finding:
    file = side if isinstance(side, str) else str(side.source.path)
    value = side if isinstance(side, str) else side.label
    return Finding(file, 0, 0, "", code, Severity.ERROR, value, message, remedy)
