"""New business, renewal and expansion: the parts of each quota, each shared out by a rule of its own."""

from __future__ import annotations

import pandas as pd

from engine.quotas.apportion import apportion
from engine.quotas.basis import QuotaBasis
from engine.quotas.quota_set import QuotaSet
from engine.quotas.rules import share
from engine.scenario import schema
from engine.units import from_cents


def component_table(rules: schema.Quotas, quotas: QuotaSet, basis: QuotaBasis) -> pd.DataFrame:
    """Split every annual quota into its components.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario, with components.
    quotas, basis
        The quotas and what they come from.

    Returns
    -------
    The columns of ``components.csv``; the components of a position add up to its quota to the cent, in the
    proportion in which the components' rules made it.
    """
    targets = [float(one.target) for one in rules.components]
    shares = [share(one.rule, basis) * target for one, target in zip(rules.components, targets, strict=True)]
    rows = []
    for place, territory in enumerate(quotas.territory_ids):
        weights = [float(of[place]) for of in shares]
        parts = apportion(int(quotas.annual_cents[place]), weights if any(weights) else targets)
        rows += [
            (territory, one.name, from_cents(cents), one.rule)
            for one, cents in zip(rules.components, parts, strict=True)
        ]
    return pd.DataFrame(rows, columns=["territory_id", "component", "quota", "rule"])
