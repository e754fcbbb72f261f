"""Travel, handoffs and imbalance of every territory, the objective, its bound and the gap."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engine.verify.balance import recount
from engine.verify.figures import HALF_CENT, RELATIVE, agrees
from engine.verify.report import Check, judge
from engine.verify.run import Run

PROVED = 1e-6  # largest gap of a plan that may be called optimal


@dataclass(frozen=True)
class Cost:
    """What one territory costs a year: money, but for ``travel_km`` and ``compactness`` (km)."""

    travel_km: float
    travel_cost: float
    handoff_value: Fraction
    handoff_cost: Fraction
    imbalance_cost: Fraction
    compactness: float

    @property
    def total(self) -> float:
        """The territory's part of the objective."""
        return self.travel_cost + float(self.handoff_cost + self.imbalance_cost)


def recount_costs(run: Run) -> dict[str, Cost]:
    """Work out the costs of every territory from its units (docs/reference/run-folder.md)."""
    scenario = run.scenario
    round_trip = float(2 * scenario.number("travel.circuity") / scenario.positive("travel.stops_per_trip"))
    per_km = float(scenario.number("objective.travel_cost_per_km"))
    loss = Fraction(scenario.number("disruption.loss_on_handoff"))
    handoff = scenario.choice("objective.handoff", "priced", "free")
    per_point = Fraction(scenario.number("objective.imbalance_cost_per_point"))
    balances = [recount(run, measure) for measure in run.tolerances]
    costs = {}
    for territory, units in run.members.items():
        road = math.fsum(float(run.units[u].number("visits")) * run.centre_km[u] for u in units) * round_trip
        value = sum(
            (Fraction(run.units[u].number("handoff_value")) for u in units if u in run.handed_off), Fraction()
        )
        points = sum((100 * abs(balance[territory].deviation) for balance in balances), Fraction())
        costs[territory] = Cost(
            travel_km=road,
            travel_cost=road * per_km,
            handoff_value=value,
            handoff_cost=loss * value if handoff == "priced" else Fraction(),
            imbalance_cost=per_point * points,
            compactness=_mean_km(run, units),
        )
    return costs


def share_moved(run: Run) -> Fraction:
    """Give the part of the value assigned today that changes hands (0 when there is none)."""
    today = [unit for unit, row in run.alignment.items() if row.text("previous_territory_id")]
    value = {unit: Fraction(run.units[unit].number("handoff_value")) for unit in today if unit in run.units}
    total = sum(value.values())
    return (
        sum((v for unit, v in value.items() if unit in run.handed_off), Fraction()) / total
        if total
        else Fraction()
    )


def check_costs(run: Run) -> Iterator[Check]:
    """Check the costs in territories.csv and the share of value that changes hands."""
    costs = recount_costs(run)
    for column in (
        "travel_km",
        "travel_cost",
        "handoff_value",
        "handoff_cost",
        "imbalance_cost",
        "compactness",
    ):
        money = column not in ("travel_km", "compactness")
        wrong = []
        for territory, row in run.territories.items():
            written, exact = row.number(column), getattr(costs[territory], column)
            if not (agrees(written, exact, HALF_CENT) if money else agrees(written, exact)):
                wrong.append(f"{territory}: {column} {written} is {float(exact):.12g}")
        yield judge(f"territories: {column}", "recomputed from units and alignment", "all agree", wrong)
    yield from _check_hours(run, costs)

    if run.scenario.at("disruption.max_share") is not None:
        limit, share = Fraction(run.scenario.number("disruption.max_share")), share_moved(run)
        over = [f"{float(share):.6g} of the value changes hands"] if share > limit * (1 + RELATIVE) else []
        required = f"at most {float(limit):g} of the value changes hands"
        yield judge("plan: disruption", required, f"{float(share):.6g}", over, float(limit - share))

    if run.named("disruption.max_share_per_rep"):
        yield _check_leaving(run, Fraction(run.scenario.number("disruption.max_share_per_rep")))


def _check_leaving(run: Run, limit: Fraction) -> Check:
    """Check what leaves each territory of today, as a share of its value."""
    value = dict.fromkeys(run.territories, Fraction())
    left = dict.fromkeys(run.territories, Fraction())
    for unit, row in run.alignment.items():
        before = row.text("previous_territory_id")
        if before in value and unit in run.units:
            at_risk = Fraction(run.units[unit].number("handoff_value"))
            value[before] += at_risk
            left[before] += at_risk if unit in run.handed_off else 0
    over = [
        f"{float(left[t] / value[t]):.6g} of the value of {t} leaves it"
        for t in value
        if left[t] > value[t] * limit * (1 + RELATIVE)
    ]
    room = min((float(limit - left[t] / value[t]) for t in value if value[t]), default=float(limit))
    required = f"at most {float(limit):g} of each territory's value leaves it"
    return judge("plan: disruption by territory", required, f"{len(value)} within it", over, room)


def check_bound(run: Run) -> Iterator[Check]:
    """Check objective, bound, gap and status of the manifest against the recomputed objective."""
    manifest = run.manifest
    exact = math.fsum(cost.total for cost in recount_costs(run).values())
    figures = {name: manifest.number(name) for name in ("objective", "bound", "gap")}
    yield from check_proof("manifest", exact, figures)
    status = manifest.text("status")
    gap = _gap(float(figures["bound"]), exact)
    wrong = [] if status in ("optimal", "feasible") else [f"a plan is there, the status is {status[:80]!r}"]
    if status == "optimal" and gap > PROVED:
        wrong = [f"called optimal with a gap of {gap:.6g}"]
    yield judge("manifest: status", f"optimal only with a gap <= {PROVED:g}, else feasible", status, wrong)


def check_proof(source: str, exact: float, written: dict[str, Decimal]) -> Iterator[Check]:
    """Check the objective, bound and gap a file states.

    Parameters
    ----------
    source
        Where they are stated, for the rule's name.
    exact
        The recomputed objective, money per year.
    written
        ``objective``, ``bound`` and ``gap`` as written.
    """
    objective, bound = written["objective"], written["bound"]
    wrong = [] if agrees(objective, exact, HALF_CENT) else [f"{objective} is {exact:.12g}"]
    yield judge(f"{source}: objective", "sum of costs", f"{objective}", wrong, abs(float(objective) - exact))
    above = Fraction(bound) > Fraction(exact) * (1 + RELATIVE) + HALF_CENT
    wrong = [f"bound {bound} is above the objective {exact:.12g}"] if above else []
    yield judge(f"{source}: bound", "not above the objective", f"{bound}", wrong, exact - float(bound))
    gap = _gap(float(bound), exact)
    # bound and objective may each carry half a cent of rounding
    slack = 0.01 / exact if exact else 0.0
    near = abs(float(written["gap"]) - gap) <= slack or agrees(written["gap"], gap)
    wrong = [] if near else [f"{written['gap']} is {gap:.9g}"]
    yield judge(f"{source}: gap", "1 - bound / objective", f"{written['gap']}", wrong)


def _gap(bound: float, objective: float) -> float:
    return max(0.0, 1 - bound / objective) if objective > 0 else 0.0


def _mean_km(run: Run, units: tuple[str, ...]) -> float:
    weights = [float(run.units[unit].number("workload")) for unit in units]
    total = math.fsum(weights)
    moment = math.fsum(w * run.centre_km[unit] for w, unit in zip(weights, units, strict=True))
    return moment / total if total else 0.0


def _check_hours(run: Run, costs: dict[str, Cost]) -> Iterator[Check]:
    """Check travel hours: those of the workload count from the nearest base, a territory's from its centre.

    The hours inside a unit are what the first leave over the road to the nearest base, so they need no
    formula of their own.
    """
    if not run.homes or run.scenario.choice("measures.workload.travel", "included", "excluded") != "included":
        return
    round_trip = float(
        2 * run.scenario.number("travel.circuity") / run.scenario.positive("travel.stops_per_trip")
    )
    speed = float(run.scenario.positive("travel.speed_kmh"))
    wrong = []
    for territory, row in run.territories.items():
        inside = []
        for unit in run.members[territory]:
            nearest = min(run.base_km(unit, base) for base in run.homes)
            road = float(run.units[unit].number("visits")) * round_trip * nearest / speed
            inside.append(float(run.units[unit].number("travel_hours")) - road)
        hours = costs[territory].travel_km / speed + math.fsum(inside)
        if not agrees(row.number("travel_hours"), hours, HALF_CENT):
            wrong.append(f"{territory}: travel_hours {row.number('travel_hours')} is {hours:.12g}")
    yield judge("territories: travel_hours", "road to the centre and inside the units", "all agree", wrong)
