"""What must hold between the keys of the quotas block."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from engine.errors import Severity, shown
from engine.scenario import schema
from engine.scenario.places import Fault


def quota_faults(quotas: schema.Quotas) -> Iterator[Fault]:
    """List what contradicts itself in components, proposals and pay."""
    yield from _components(quotas)
    yield from _proposals(quotas)
    yield from _pay(quotas)


def _components(quotas: schema.Quotas) -> Iterator[Fault]:
    path = ("quotas", "components")
    if quotas.rule == "components" and not quotas.components:
        yield (
            ("quotas", "rule"),
            "SCN-COMPONENTS",
            "the rule is components, but there are none",
            "add quotas.components",
            Severity.ERROR,
        )
    if quotas.components and quotas.rule != "components":
        message = f"the components have no effect: the rule is {quotas.rule}"
        yield path, "SCN-NO-EFFECT", message, "write `rule: components`, or delete them", Severity.WARNING
    if quotas.components:
        parts = sum(one.target for one in quotas.components)
        if parts != quotas.plan_target:
            message = (
                f"the components add up to {parts:,}, but plan_target is {quotas.plan_target:,}: "
                f"{abs(parts - quotas.plan_target):,} too {'much' if parts > quotas.plan_target else 'little'}"
            )
            yield (
                path,
                "SCN-COMPONENTS-SUM",
                message,
                "correct the plan target or a component",
                Severity.ERROR,
            )
    for where, names in (
        (path, [one.name for one in quotas.components]),
        (("quotas", "overlays"), [one.name for one in quotas.overlays]),
    ):
        for place, name in enumerate(names):
            if name in names[:place]:
                message = f"{shown(name)} stands twice in this list"
                yield (
                    (*where, place, "name"),
                    "SCN-TWICE",
                    message,
                    "delete or rename one of the two",
                    Severity.ERROR,
                )
    for place, overlay in enumerate(quotas.overlays):
        if overlay.name in ("manager", "region"):
            message = f"the name {overlay.name} is taken by the roll-up"
            yield (
                ("quotas", "overlays", place, "name"),
                "SCN-NAME",
                message,
                "choose another name",
                Severity.ERROR,
            )


def _proposals(quotas: schema.Quotas) -> Iterator[Fault]:
    asked = (
        quotas.rule == "bottom_up"
        or (quotas.rule == "blend" and quotas.weights.bottom_up > 0)
        or any(one.rule == "bottom_up" for one in quotas.components)
    )
    if asked and quotas.bottom_up is None:
        message = "quotas go by proposed numbers, but there is no table of them"
        remedy = "add `bottom_up: file.csv` with columns position_id (or account_id) and amount_usd"
        yield ("quotas", "rule"), "SCN-BOTTOM-UP", message, remedy, Severity.ERROR


def _pay(quotas: schema.Quotas) -> Iterator[Fault]:
    for segment, pay in quotas.pay.items():
        path = ("quotas", "pay", segment, "curve")
        if any(after[0] <= before[0] for before, after in pairwise(pay.curve)):
            message = "the attainments of the pay curve do not ascend"
            yield (
                path,
                "SCN-PAY-CURVE",
                message,
                "write its points from the lowest attainment to the highest",
                Severity.ERROR,
            )
        elif any(after[1] < before[1] for before, after in pairwise(pay.curve)):
            message = "the pay curve falls: more is sold and less is paid"
            yield path, "SCN-PAY-FALLS", message, "correct it, or leave it if that is meant", Severity.WARNING
