"""New business, renewal and expansion: the parts of each quota, each shared out by a rule of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.quotas.basis import QuotaBasis
from engine.quotas.limits import Frame
from engine.quotas.quota_set import QuotaSet
from engine.quotas.rules import component_totals, share
from engine.scenario import schema
from engine.units import from_cents

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_SWEEPS = 200
_LEAST = 1e-300


def split_components(rules: schema.Quotas, basis: QuotaBasis, frame: Frame, annual: Whole) -> Whole:
    """Split every annual quota into its components, which add up to their own totals as well.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis, frame
        Figures of the positions, and the groups that totals are shared out in.
    annual
        Quotas, whole cents, shape (territories,).

    Returns
    -------
    Whole cents, shape (territories, components): rows add up to the quotas, columns to target x (1 + over-assignment) of
    each component. What the components' rules give, with rows and columns scaled in turn until both sums hold
    (iterative proportional fitting); the cents that are left go where both sums still lack some.

    References
    ----------
    Deming, Stephan 1940, "On a least squares adjustment of a sampled frequency table", DOI 10.1214/aoms/1177731829.
    """
    totals = component_totals(rules) if rules.rule == "components" else []
    wanted = np.zeros((len(annual), len(totals)))
    for group, own in frame.members():
        for column, (one, cents) in enumerate(zip(rules.components, totals, strict=False)):
            part = cents / sum(totals) * group
            shares = share(one.rule, basis, own)
            wanted[own, column] = part * (
                shares if shares.any() else basis.presence[own] / basis.presence[own].sum()
            )
    return with_sums(wanted, annual, np.array(totals, dtype=np.int64))


def with_sums(wanted: Array, rows: Whole, columns: Whole) -> Whole:
    """Find whole numbers of 0 or more with given sums of rows and columns, in the proportions wanted as far as they allow.

    Parameters
    ----------
    wanted
        >= 0, shape (rows, columns).
    rows, columns
        Sums, >= 0; both add up to the same.

    Returns
    -------
    Shape (rows, columns).
    """
    if not wanted.size:
        return np.zeros(wanted.shape, dtype=np.int64)
    # a trace everywhere, so that sums hold where a limit has moved a quota past what its rules give
    fitted = wanted + 1e-12 * max(float(wanted.mean()), _LEAST)
    for _ in range(_SWEEPS):
        fitted *= columns / np.maximum(fitted.sum(axis=0), _LEAST)
        fitted *= (rows / np.maximum(fitted.sum(axis=1), _LEAST))[:, None]
    fitted *= np.minimum(1.0, columns / np.maximum(fitted.sum(axis=0), _LEAST))
    found = np.floor(fitted * (1 - 1e-12)).astype(np.int64)
    short, lacking = rows - found.sum(axis=1), columns - found.sum(axis=0)
    cells = list(np.ndindex(*found.shape))
    by_remainder = sorted(cells, key=lambda cell: found[cell] - fitted[cell])
    by_size = sorted(cells, key=lambda cell: -wanted[cell])
    # a cent to each of the largest remainders; where sums still lack some, all of it to the largest cells
    for most, order in ((1, by_remainder), (int(rows.sum()), by_size)):
        for row, column in order:
            more = min(short[row], lacking[column], most)
            found[row, column] += more
            short[row] -= more
            lacking[column] -= more
    return found


def component_table(rules: schema.Quotas, quotas: QuotaSet, basis: QuotaBasis) -> pd.DataFrame:
    """List the components of every quota, and of the sums of managers, regions and the company.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario, with components.
    quotas, basis
        The quotas and their labels.

    Returns
    -------
    The columns of ``components.csv``; those of a name add up to its quota, those of a component to its target x (1 + its
    over-assignment), to the cent at every level.
    """
    levels = (
        ("territory", quotas.territory_ids),
        ("manager", basis.managers),
        ("region", basis.regions),
        ("company", ("company",) * len(quotas.territory_ids)),
    )
    rows = []
    for level, names in levels:
        labels = np.array(names, dtype=object)
        for name in sorted(set(names)):
            sums = quotas.component_cents[labels == name].sum(axis=0).tolist()
            rows += [
                (level, name, one.name, from_cents(cents), one.rule)
                for one, cents in zip(rules.components, sums, strict=True)
            ]
    return pd.DataFrame(rows, columns=["level", "name", "component", "quota", "rule"])
