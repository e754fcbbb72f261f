"""What a reader of the quotas should know about the figures behind them; none of it changes a quota."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from engine.errors import SCENARIO, Finding, Severity
from engine.quotas.basis import QuotaBasis
from engine.quotas.rules import has_history, mix, quota_total
from engine.scenario import schema

LARGE = 0.4  # of the revenue of a territory, or of a region, in one account
NAMED = 5
COARSE = 0.05  # of an average quota in one rounding step


def quota_notices(rules: schema.Quotas, basis: QuotaBasis, accounts: pd.DataFrame) -> tuple[Finding, ...]:
    """List figures that make a quota say less than it seems to.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Figures of the positions.
    accounts
        ``accounts.csv``: territory and revenue of each account.

    Returns
    -------
    Warnings, sorted.
    """
    counted = mix(rules)
    total = quota_total(rules)
    return tuple(
        sorted(
            [
                *_coarse(rules, basis, total),
                *(_without_potential(basis) if "potential" in counted else ()),
                *(_without_history(basis) if "history" in counted else ()),
                *(_concentrated(basis, accounts) if "history" in counted else ()),
            ]
        )
    )


def _coarse(rules: schema.Quotas, basis: QuotaBasis, total: int) -> Iterator[Finding]:
    """Steps so large that rounding alone decides much of a quota."""
    filled = max(int((basis.presence > 0).sum()), 1)
    part = rules.rounding * 100 * filled / total
    if part > COARSE:
        yield Finding(
            SCENARIO,
            0,
            0,
            "quotas.rounding",
            "QUO-COARSE",
            Severity.WARNING,
            str(rules.rounding),
            f"one rounding step is {100 * part:.0f} % of an average quota: rounding alone moves quotas by up to half of that, "
            "or more where limits bind",
            "lower quotas.rounding",
        )


def _without_potential(basis: QuotaBasis) -> Iterator[Finding]:
    none = (basis.potential <= 0) & (basis.presence > 0)
    if none.any():
        names = [t for t, without in zip(basis.territory_ids, none, strict=True) if without]
        yield _warning(
            "QUO-ZERO",
            "quotas.rule",
            names,
            f"{_some(names)} without potential: the share of the target that goes by potential gives them nothing",
            "nothing, if that is meant; else set quotas.bounds.floor, or correct the column of measures.potential",
        )


def _without_history(basis: QuotaBasis) -> Iterator[Finding]:
    none = ~has_history(basis) & (basis.presence > 0)
    if none.any():
        names = [t for t, without in zip(basis.territory_ids, none, strict=True) if without]
        yield _warning(
            "QUO-FALLBACK",
            "quotas.rule",
            names,
            f"{_some(names)} without revenue of last year: their potential at the average revenue per potential stands for it",
            "add the revenue to the table of accounts, or choose another rule",
        )


def _concentrated(basis: QuotaBasis, accounts: pd.DataFrame) -> Iterator[Finding]:
    """One account with much of what a territory or a region sold last year."""
    region = dict(zip(basis.territory_ids, basis.regions, strict=True))
    rows = accounts.assign(
        value=accounts["revenue"].astype(float), region=accounts["territory_id"].map(region).fillna("")
    )
    for level, key in (("territory", "territory_id"), ("region", "region")):
        sums = rows.groupby(key)["value"].transform("sum")
        large = rows[(rows["value"] >= LARGE * sums) & (sums > 0) & (rows[key] != "")]
        if large.empty:
            continue
        part = large["value"] / sums[large.index]
        first, names = large.loc[[part.idxmax()]].iloc[0], large[key].unique()
        yield _warning(
            "QUO-CONCENTRATED",
            "quotas.rule",
            names.tolist(),
            f"one account ({first['account_id']}) brought {100 * part.max():.0f} % of last year's revenue of the {level} "
            f"{first[key]}, and quotas by history build on it"
            + (f"; the same holds for {len(names) - 1} more" if len(names) > 1 else ""),
            "nothing, if it will come again; else lower the weight of history, or cap the position in quotas.bounds.table",
        )


def _some(names: list[str]) -> str:
    listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    return f"{len(names)} {'territory' if len(names) == 1 else 'territories'} ({listed})"


def _warning(code: str, key: str, names: list[str], message: str, remedy: str) -> Finding:
    return Finding(SCENARIO, 0, 0, key, code, Severity.WARNING, names[0], message, remedy, len(names))
