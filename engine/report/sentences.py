"""The summary in plain words: each sentence is made from the run's numbers and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.closed_loop import was_kept
from engine.plan import Status
from engine.report.closer import why_not_closer
from engine.report.source import Source, measure_words
from engine.report.table import NBSP, Kind, chance, close_money, money, percent, percent_at_most

REDACTED = (
    "People and accounts have other names here. Amounts are an index with three digits: the plan target is 1,000,000, and "
    "so is the total of a measure in money. Costs, prices, reasons and what was found in the data are left out."
)


@dataclass(frozen=True)
class Sentence:
    """One point of the summary.

    Parameters
    ----------
    topic
        One or two words.
    text
        A sentence or a few.
    """

    topic: str
    text: str


@dataclass(frozen=True)
class Card:
    """One number that matters.

    Parameters
    ----------
    label
        What it is.
    value
        The number with its unit.
    note
        What to hold it against.
    """

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Chip:
    """A state in a word or two, and whether that is good, bad or plain."""

    text: str
    tone: str


@dataclass(frozen=True)
class Furthest:
    """The territory that comes closest to, or goes furthest beyond, its tolerance of a balanced measure."""

    territory: str
    measure: str
    deviation: float
    tolerance: float


def summary(source: Source) -> tuple[Sentence, ...]:
    """Say what was decided, what it costs, whom it changes and whether it will work."""
    points = [
        Sentence("Redacted", REDACTED if source.is_redacted else ""),
        Sentence("Decision", _decision(source)),
        Sentence("Cost", _cost(source)),
        Sentence("Fairness", _fairness(source)),
        Sentence("Why not closer", _why(source)),
        Sentence("Change", _change(source)),
        Sentence("Bookings", _bookings(source)),
        Sentence("Chances", _chances(source)),
        Sentence("Risk", _risk(source)),
        Sentence("Trust", _trust(source)),
    ]
    return tuple(point for point in points if point.text)


def _bookings(source: Source) -> str:
    """Say what a map drawn for expected bookings promised and what fresh years made of it; empty for other maps."""
    kpis, currency = source.kpis, source.run.facts.currency
    if "bookings_gain" not in kpis:
        return ""
    gain, error = kpis["bookings_gain"], kpis["bookings_gain_error"]
    promised, found = (Kind.CHANGE.shown(value) for value in (kpis["bookings_promised"], gain))
    alone = Kind.CHANGE.shown(kpis["bookings_redraw"])
    sure = was_kept(kpis)
    return (
        f"The map was drawn again for expected bookings. Response curves promised {currency} {promised} a year; on fresh "
        f"simulated years it books {currency} {found} (standard error {error:,.0f}); a map drawn again for today's shares books "
        f"{currency} {alone}. So " + ("it was kept." if sure else "the map before it was kept.")
    )


def cards(source: Source) -> tuple[Card, ...]:
    """Pick the numbers that matter: the first three most of all."""
    facts, kpis = source.run.facts, source.kpis
    company, far = source.company("company"), furthest_from_fair(source)
    first = [
        Card(
            "Chance of reaching the plan",
            chance(company["p_at_quota"]),
            f"95 % interval {_interval(company['p_low'], company['p_high'])}; "
            f"plan {money(kpis['plan_target'], facts.currency)}",
        ),
        Card(
            "Furthest from fair",
            _off(far.deviation),
            f"{far.territory}, {measure_words(far.measure)}; tolerance ±{_tolerance(far.tolerance)}",
        ),
        _proof_card(source),
    ]
    moved = Card(
        "Account value changing hands", percent(kpis["value_moved_share"]), "of today’s value at risk"
    )
    second = [
        Card("Positions at quota", chance(kpis["share_at_quota"]), "in an average simulated year"),
        Card("Expected bookings", money(kpis["expected_bookings"], facts.currency), "average simulated year"),
        Card("Cost of travel", money(kpis["travel_cost"], facts.currency), "per year"),
    ]
    if source.is_redacted:
        second.pop()
    return (*first, *([moved] if source.has_current else []), *second)


def chips(source: Source) -> tuple[Chip, ...]:
    """Say how good the plan is proved to be and whether the checker agreed."""
    facts = source.run.facts
    proof = Chip(f"another plan could save at most {percent_at_most(facts.gap)}", "good")
    if facts.status == Status.OPTIMAL:
        proof = Chip("proved optimal", "good")
    if source.checks is None:
        return proof, Chip("not verified yet", "plain")
    if all(check["passed"] for check in source.checks):
        return proof, Chip("verified independently", "good")
    return proof, Chip("REJECTED by the checker", "bad")


def handoff_words(source: Source) -> str:
    """Say what changes hands; empty when there is no alignment of today."""
    return _change(source)


def furthest_from_fair(source: Source) -> Furthest:
    """Find the largest deviation, measured in tolerances."""
    rows = source.territories
    found = [
        Furthest(territory, measure, float(deviation), tolerance)
        for measure, tolerance in source.tolerances.items()
        for territory, deviation in zip(rows["territory_id"], rows[f"{measure}_deviation"], strict=True)
    ]
    return max(found, key=lambda one: abs(one.deviation) / one.tolerance)


def counted(number: int, one: str, many: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def _decision(source: Source) -> str:
    filled = int((source.territories["rep_id"] != "").sum())
    vacant = len(source.territories) - filled
    seats = counted(filled, "position is filled", "positions are filled")
    rest = f", {counted(vacant, 'is vacant', 'are vacant')}" if vacant else ""
    territories = counted(len(source.territories), "territory covers", "territories cover")
    return f"{territories} {counted(len(source.units), 'unit', 'units')}. {seats}{rest}."


def _cost(source: Source) -> str:
    facts = source.run.facts
    if source.is_redacted:
        return f"Another plan under these rules could save at most {percent_at_most(facts.gap)} of the cost of this one."
    handoffs = " and" if source.scenario["objective"]["handoff"] == "free" else ", handoffs and"
    cost = (
        f"The plan costs {close_money(facts.objective, facts.currency)} a year in travel{handoffs} imbalance"
    )
    if facts.status == Status.OPTIMAL:
        return f"{cost}. It is proved that no plan that keeps these rules costs less."
    return (
        f"{cost}. No plan that keeps these rules can cost less than {_bound(source)}: "
        f"another one could save at most {percent_at_most(facts.gap)} of that cost."
    )


def _fairness(source: Source) -> str:
    kept = " and ".join(
        f"±{_tolerance(tolerance)} of its fair share of {measure_words(measure)}"
        for measure, tolerance in source.tolerances.items()
    )
    far = furthest_from_fair(source)
    side = "above" if far.deviation >= 0 else "below"
    share = f"its share of {measure_words(far.measure)}"
    off = f"Furthest from fair: {source.name(far.territory)}, {percent(abs(far.deviation))} {side} {share}."
    beyond, opened = _beyond(source)
    if not beyond:
        return f"Every territory is within {kept}. {off}"
    names = ", ".join(source.name(territory) for territory in beyond)
    why = ", because a unit there is larger than any territory may be" if set(beyond) <= set(opened) else ""
    return f"A territory may be within {kept}; beyond that: {names}{why}. {off}"


def _why(source: Source) -> str:
    far = furthest_from_fair(source)
    why = why_not_closer(source, far.territory, far.measure, far.deviation)
    return f"{source.name(far.territory)}: {why}" if why else ""


def _beyond(source: Source) -> tuple[list[str], list[str]]:
    """Territories beyond a tolerance, and those whose upper limit was opened for an oversize unit."""
    rows = source.territories
    beyond, opened = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    for measure, tolerance in source.tolerances.items():
        near = tolerance * (1 + 1e-9)
        beyond |= (rows[f"{measure}_deviation"].abs() > near).to_numpy()
        opened |= (rows[f"{measure}_upper"] > (1 + near) * rows[f"{measure}_target"]).to_numpy()
    return rows.loc[beyond, "territory_id"].tolist(), rows.loc[opened, "territory_id"].tolist()


def _change(source: Source) -> str:
    if not source.has_current:
        return ""
    rows, facts = source.alignment, source.run.facts
    moved = (rows["previous_territory_id"] != "") & (rows["previous_territory_id"] != rows["territory_id"])
    what = counted(int(moved.sum()), "unit", "units")
    if len(source.accounts):
        what += f" and {counted(int(source.accounts['moved'].sum()), 'account', 'accounts')}"
    risk, loss = (
        source.territories["handoff_value"].sum(),
        source.territories["handoff_cost"].sum(min_count=1),
    )
    worth = (
        f"{money(risk, facts.currency)} a year, {percent(source.kpis['value_moved_share'])} of today’s value"
    )
    new = int((rows["previous_territory_id"] == "").sum())
    orphans = (
        f" {counted(new, 'unit that was nobody’s gets', 'units that were nobody’s get')} a rep."
        if new
        else ""
    )
    lost = f"{money(loss, facts.currency)} of it is expected to be lost"
    if source.is_redacted:
        lost = "what of it may be lost is left out"
    if source.scenario["objective"]["handoff"] == "free":
        lost = "the plan was made as if that cost nothing"
    return f"{what} change hands, worth {worth}; {lost}.{orphans}{_most_changed(source)}"


def _most_changed(source: Source) -> str:
    """Name who takes over most and who gives up most; empty when nothing of value changes hands."""
    rows = source.alignment
    moved = rows[
        (rows["previous_territory_id"] != "") & (rows["previous_territory_id"] != rows["territory_id"])
    ]
    value = moved["unit_id"].map(source.value_at_risk)
    taken = value.groupby(moved["territory_id"]).sum().sort_values(ascending=False, kind="stable")
    given = value.groupby(moved["previous_territory_id"]).sum().sort_values(ascending=False, kind="stable")
    if not len(taken) or taken.iloc[0] <= 0:
        return ""
    most, least = (money(float(one.iloc[0]), source.currency) for one in (taken, given))
    return (
        f" Most is taken over by {source.name(str(taken.index[0]))}, {most}, "
        f"and given up by {source.name(str(given.index[0]))}, {least}."
    )


def _chances(source: Source) -> str:
    facts, company = source.run.facts, source.company("company")
    reps = source.reps[source.reps["quota"] > 0].sort_values("p_at_quota", kind="stable")
    target = money(source.kpis["plan_target"], facts.currency)
    years = counted(source.years, "simulated year", "simulated years")
    text = (
        f"In {years} the company reaches its plan of {target} with "
        f"probability {chance(company['p_at_quota'])} (95 % interval {_interval(company['p_low'], company['p_high'])})."
    )
    if len(reps) > 1:
        least, most = reps.index[0], reps.index[-1]
        text += (
            f" At quota least often: {source.name(least)}, {chance(reps.loc[least, 'p_at_quota'])}; "
            f"most often: {source.name(most)}, {chance(reps.loc[most, 'p_at_quota'])}."
        )
    return text


def _risk(source: Source) -> str:
    rows = source.stress[(source.stress["level"] == "company") & (source.stress["id"] == "company")]
    if not len(rows):
        return ""
    worst = rows.sort_values("difference", kind="stable").iloc[0]
    if worst["difference"] >= 0:
        return "None of the stress cases lowers expected bookings."
    currency = source.run.facts.currency
    fall, least, most = (
        money(-worst[end], currency) for end in ("difference", "difference_high", "difference_low")
    )
    return (
        f"What hurts most is that {source.stress_words(worst['case'])}: expected bookings fall by {fall} "
        f"({least} to {most}), and the chance of reaching the plan is {chance(worst['p_at_quota'])} "
        f"({_interval(worst['p_low'], worst['p_high'])})."
    )


def _trust(source: Source) -> str:
    found = source.problems
    data = "Nothing was found wrong with the data"
    if found:
        data = f"Listed below: {counted(len(found), 'finding', 'findings')} about the data"
    if source.checks is None:
        return f"{data}. The result has not been verified yet."
    broken = sum(not check["passed"] for check in source.checks)
    rules = counted(len(source.checks), "rule", "rules")
    verdict = (
        f"found {broken} of {rules} broken"
        if broken
        else f"held the written tables against {rules}: all hold"
    )
    return f"{data}. An independent checker {verdict}."


def _proof_card(source: Source) -> Card:
    facts = source.run.facts
    if facts.status == Status.OPTIMAL:
        return Card("Another plan could save", "nothing", "proved: no plan that keeps the rules costs less")
    bound = "" if source.is_redacted else f"; no plan under these rules costs less than {_bound(source)}"
    return Card("Another plan could save", f"≤{NBSP}{percent_at_most(facts.gap)}", f"of the cost{bound}")


def _bound(source: Source) -> str:
    return close_money(source.run.facts.bound, source.currency, at_least=True)


def _interval(low: float, high: float) -> str:
    return f"{chance(low)} to {chance(high)}"


def _off(deviation: float) -> str:
    return f"{'+' if deviation >= 0 else '−'}{percent(abs(deviation))}"


def _tolerance(share: float) -> str:
    return f"{100 * share:g}{NBSP}%"
