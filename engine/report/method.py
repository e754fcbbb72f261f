"""How the numbers were made, what they do not say, and what the words mean."""

from __future__ import annotations

from engine.plan import Status
from engine.report.sentences import Sentence, counted
from engine.report.source import Source, measure_words
from engine.report.table import NBSP, money, percent, percent_at_most

LIMITS = (
    "The gap says how good the plan is for the stated rules and prices, not that the rules are right.",
    "Distances are great circles times a circuity factor, not routes; hours on the road are estimates, unless a table gives them.",
    "In the simulation nobody reacts: reps do not hold deals back, and quotas do not change how they work.",
    "An account that changes hands is simulated as if it were as easy to sell to as any other.",
    "The parameters of the process are taken as known; their own uncertainty is not simulated.",
    "Intervals are 95 % intervals of the simulation, for one figure at a time.",
)

GLOSSARY = (
    ("Unit", "the smallest thing assigned: a county, a postcode area or a single account"),
    ("Territory", "what one position is responsible for"),
    ("Position, vacancy", "the seat; a seat that nobody fills yet"),
    ("Alignment", "which unit belongs to which territory; the current alignment is today’s"),
    ("Fair share", "the part of a measure that a territory should hold, by the capacity of its position"),
    ("Tolerance", "the largest allowed deviation from the fair share"),
    ("Potential", "what could be sold in a unit"),
    ("Workload", "hours a year for visits and the road between them"),
    ("Handoff", "an account or unit that changes its rep; its value at risk is the revenue that may be lost"),
    (
        "Bound, gap",
        "no plan that keeps the rules can cost less than the bound; the gap, 1 − bound ÷ cost, is the part of "
        "this plan’s cost that another plan could save at most",
    ),
    ("Plan target, over-assignment", "the company’s number; by how much all quotas together exceed it"),
    ("Attainment, at quota", "bookings divided by quota; at quota means 100 % or more"),
    ("P(at quota)", "share of the simulated years in which the quota is reached"),
    (
        "Median, 1 year in 10 below",
        "the simulated years put in order by their bookings: half of them lie below the median, a tenth below "
        "“1 year in 10 below” (p10), nine tenths below “9 years in 10 below” (p90)",
    ),
    ("Shortfall", "how much is missing to the quota, on average over all years, 0 in good ones"),
    (
        "Utilisation",
        "hours needed divided by hours there; above 100 % the territory is too much for one person",
    ),
    ("Stress case", "the same simulated years with the same luck, under one changed condition"),
)


def method(source: Source) -> tuple[Sentence, ...]:
    """Say how this run was made, from the scenario that was used."""
    return (
        Sentence("Measures", _measures(source)),
        Sentence("Rules", _rules(source)),
        Sentence("What a plan costs", _prices(source)),
        Sentence("Search", _search(source)),
        Sentence("Quotas", _quotas(source)),
        Sentence("Simulation", _simulation(source)),
    )


def _measures(source: Source) -> str:
    measures = source.scenario["measures"]
    named = [
        ("potential", measures["potential"]),
        ("workload", measures["workload"]),
        *measures["other"].items(),
    ]
    told = [
        f"{measure_words(name).capitalize()} in {settings['unit']}"
        + (f" ({settings['vintage']})" if settings["vintage"] else "")
        for name, settings in named
    ]
    travel, workload = source.scenario["travel"], measures["workload"]
    road = "; the road to and inside the unit is included" if workload["travel"] == "included" else ""
    given = (
        " Hours of ways from home bases come from the travel table where it has them."
        if travel["table"]
        else ""
    )
    return (
        f"{'; '.join(told)}. A visit takes {workload['hours_per_visit']:g} hours{road}. "
        f"Road km = great-circle km × {travel['circuity']:g}; a trip has {travel['stops_per_trip']:g} stops.{given}"
    )


def _rules(source: Source) -> str:
    settings = source.scenario["territories"]
    kept = [
        f"{measure_words(name)} within ±{100 * share:g}{NBSP}%" for name, share in source.tolerances.items()
    ]
    share = "in proportion to capacity" if settings["share"] == "capacity" else "equal"
    text = f"Fair shares are {share}; {', '.join(kept)}."
    if settings["contiguity"] == "required":
        text += " Every territory is one connected piece; declared bridges count."
    if settings["max_travel_hours"]:
        text += f" No unit is further than {settings['max_travel_hours']:g} hours from the home base."
    locked = int(source.alignment["locked"].sum())
    if locked:
        text += f" {counted(locked, 'unit is', 'units are')} locked."
    largest = source.scenario["disruption"]["max_share"]
    if largest is not None:
        text += f" At most {percent(largest)} of account value may change hands."
    return text


def _prices(source: Source) -> str:
    objective, loss = source.scenario["objective"], source.scenario["disruption"]["loss_on_handoff"]
    handoff = (
        f"{percent(loss)} of the value handed off"
        if objective["handoff"] == "priced"
        else "nothing for handoffs"
    )
    if source.is_redacted:
        return "Prices are left out."
    imbalance = money(objective["imbalance_cost_per_point"], source.currency)
    return (
        f"{source.currency} {objective['travel_cost_per_km']:.2f} a road km, {handoff}, and {imbalance} for "
        "each percentage point by which a balanced measure misses its fair share."
    )


def _search(source: Source) -> str:
    facts = source.run.facts
    again = "The same inputs and seed give the same plan again"
    if not facts.reproducible:
        again = "A time limit ended the search, so another machine may find another plan"
    proof = "It is proved that no plan that keeps the rules costs less"
    if facts.status != Status.OPTIMAL:
        saving = percent_at_most(facts.gap)
        proof = f"It is proved that another plan that keeps the rules could save at most {saving} of the cost"
    return f"{proof}. {again} (seed {facts.seed})."


def _quotas(source: Source) -> str:
    settings = source.scenario["quotas"]
    over = percent(settings["over_assignment"])
    return (
        f"Shared out by the rule “{settings['rule']}”; together they are the plan target plus {over}, exact "
        "to the cent at every level. Each quota has its written reason."
    )


def _simulation(source: Source) -> str:
    process = source.scenario["process"]
    stages = counted(len(process["stages"]), "stage", "stages")
    return (
        f"{counted(source.years, 'fiscal year is', 'fiscal years are')} simulated, deal by deal, with "
        f"{process['opportunities_per_year']:,.0f} expected new opportunities a year and "
        f"{stages}. Parameters: {process['source']}. Stress cases meet the same luck as the base "
        "case, so little of a difference is chance; its interval says how much."
    )
