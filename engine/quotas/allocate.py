"""From the company target to an exact number for each position, month by month."""

from __future__ import annotations

import numpy as np

from engine.errors import InputError
from engine.quotas.basis import QuotaBasis
from engine.quotas.check import quota_findings
from engine.quotas.closest import ClosestFunction
from engine.quotas.components import split_components
from engine.quotas.conflict import conflict
from engine.quotas.limits import frame_of
from engine.quotas.phase import phase
from engine.quotas.quota_set import QuotaSet
from engine.quotas.reasons import written_reasons
from engine.quotas.rules import quota_total
from engine.quotas.share_out import share_out
from engine.scenario import schema
from engine.units import to_cents


def set_quotas(rules: schema.Quotas, basis: QuotaBasis, closest: ClosestFunction) -> QuotaSet:
    """Share out plan target x (1 + over-assignment) among the positions, exactly to the cent.

    Parameters
    ----------
    rules
        The ``quotas`` block of the scenario.
    basis
        Potential, history and capacity of every position; simulated bookings if the rules need them.
    closest
        Finds the quotas closest to the rule's where limits bind.

    Returns
    -------
    Annual and monthly quotas with a written reason each.

    Raises
    ------
    InputError
        If the rules cannot be applied to these figures; names every key and what to change.
    QuotaConflictError
        If no quotas can keep the limits.
    """
    total = quota_total(rules)
    findings = quota_findings(rules, basis, total)
    if findings:
        raise InputError(findings)
    frame = frame_of(rules, basis, total)
    if not frame.fits():
        raise conflict(rules, basis, frame, closest)
    shared = share_out(rules, basis, frame, closest)
    components = split_components(rules, basis, frame, shared.annual)
    return QuotaSet(
        territory_ids=basis.territory_ids,
        annual_cents=shared.annual,
        month_cents=phase(shared.annual, basis),
        plan_target_cents=to_cents(rules.plan_target),
        rule=rules.rule,
        reasons=written_reasons(rules, basis, frame, shared, components),
        chance=shared.chance,
        floor_cents=frame.floor,
        cap_cents=np.minimum(frame.cap, total),
        component_cents=components,
    )
