"""The summary is made from the run's numbers: change a number and the sentence changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.report.charts import balance_chart, difference_chart, fan_chart, nice_step
from engine.report.method import method
from engine.report.sentences import cards, chips, furthest_from_fair, summary
from engine.report.source import Source, read_source
from engine.runs import load_run
from tests.engine.run_factory import make_run


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A small run."""
    return read_source(load_run(make_run(tmp_path_factory.mktemp("runs"))))


def told(source: Source, topic: str) -> str:
    """The summary's text on a topic, with plain blanks; empty if it says nothing."""
    return next((one.text.replace("\u00a0", " ") for one in summary(source) if one.topic == topic), "")


def with_facts(source: Source, **facts: object) -> Source:
    """The same run with other facts in its manifest."""
    manifest = replace(source.run.manifest, facts=replace(source.run.facts, **facts))
    return replace(source, run=replace(source.run, manifest=manifest))


def test_seats_and_vacancies_are_counted(source: Source) -> None:
    """Five of six positions are filled."""
    assert told(source, "Decision") == "6 territories cover 60 units. 5 positions are filled, 1 is vacant."


def test_a_plan_is_called_best_only_when_proved(source: Source) -> None:
    """A feasible plan names its bound and gap; an optimal one says it is proved."""
    feasible = with_facts(source, status="feasible", objective=5_512_000.0, bound=5_439_000.0, gap=0.01324)
    assert "can cost less than $5.439 M: another one could save at most 1.4 % of that cost." in told(
        feasible, "Cost"
    )
    assert told(feasible, "Cost").startswith(
        "The plan costs $5.512 M a year in travel, handoffs and imbalance. "
    )
    assert [card.value for card in cards(feasible)][2] == "≤\u00a01.4\u00a0%"
    assert "could save at most 1.4\u00a0% of the cost" in method(feasible)[3].text
    assert method(with_facts(feasible, status="optimal"))[3].text.startswith("It is proved that no plan")
    assert "proved" not in told(feasible, "Cost")
    optimal = with_facts(feasible, status="optimal")
    assert "It is proved that no plan that keeps these rules costs less" in told(optimal, "Cost")
    assert [chips(one)[0].text for one in (feasible, optimal)] == [
        "another plan could save at most 1.4\u00a0%",
        "proved optimal",
    ]


def test_the_furthest_territory_is_measured_in_tolerances(source: Source) -> None:
    """20 % off where 30 % is allowed is nearer than 39 % off where 40 % is allowed."""
    rows = source.territories.assign(potential_deviation=0.0, workload_deviation=0.0)
    rows.loc[1, "potential_deviation"], rows.loc[4, "workload_deviation"] = 0.2, -0.39
    far = furthest_from_fair(replace(source, territories=rows))
    assert (far.territory, far.measure, far.deviation, far.tolerance) == ("T05", "workload", -0.39, 0.4)
    text = told(replace(source, territories=rows), "Fairness")
    assert text.startswith("Every territory is within ±30 % of its fair share of potential and ±40 %")
    assert text.endswith("Furthest from fair: T05 Synthetic Rep 5, 39.0 % below its share of workload.")


def test_a_territory_beyond_its_tolerance_is_named(source: Source) -> None:
    """Its reason is given only where its limit was opened for a unit larger than any territory may be."""
    rows = source.territories.copy()
    rows.loc[2, "potential_deviation"] = 0.5
    text = told(replace(source, territories=rows), "Fairness")
    assert "beyond that: T03 Synthetic Rep 3. Furthest" in text
    rows.loc[2, "potential_upper"] = 1.5 * rows.loc[2, "potential_target"]
    text = told(replace(source, territories=rows), "Fairness")
    assert "T03 Synthetic Rep 3, because a unit there is larger than any territory may be" in text
    assert balance_chart(replace(source, territories=rows), "potential").bars[2].outside


def test_change_counts_what_had_a_rep_before(source: Source) -> None:
    """Five units move and one was nobody's; without an alignment of today nothing is said about change."""
    rows = source.alignment
    moved = (rows["previous_territory_id"] != "") & (rows["previous_territory_id"] != rows["territory_id"])
    text = told(source, "Change")
    assert text.startswith(f"{moved.sum()} units and {source.accounts['moved'].sum()} accounts change hands")
    assert "1 unit that was nobody’s gets a rep. " in text
    value = moved * rows["unit_id"].map(source.units.set_index("unit_id")["handoff_value"])
    for key, words in (("territory_id", "taken over by"), ("previous_territory_id", "given up by")):
        held = value.groupby(rows[key]).sum()
        assert f"{words} {source.name(held.idxmax())}, ${held.max():,.0f}" in text
    fresh = replace(source, alignment=rows.assign(previous_territory_id=""))
    assert told(fresh, "Change") == ""
    assert "Account value changing hands" not in [card.label for card in cards(fresh)]


def test_handoffs_that_are_free_are_not_called_lossless(source: Source) -> None:
    """Where handoffs are not priced, the text says so instead of a loss of 0."""
    scenario = {**source.scenario, "objective": {**source.scenario["objective"], "handoff": "free"}}
    free = replace(source, scenario=scenario)
    assert "the plan was made as if that cost nothing" in told(free, "Change")
    assert "nothing for handoffs" in method(free)[2].text
    assert "in travel and imbalance." in told(free, "Cost")


def test_the_worst_stress_case_is_told_with_its_interval(source: Source) -> None:
    """Least and most of the fall are the ends of the paired interval; without cases nothing is said."""
    rows = source.stress
    company = (rows["level"] == "company") & (rows["id"] == "company")
    bad = rows.assign(difference=rows["difference"].where(~company, -1.0))
    worst = bad.index[company & (bad["case"] == "slower_cycles")][0]
    ends = ["difference", "difference_low", "difference_high", "p_at_quota", "p_low", "p_high"]
    bad.loc[worst, ends] = [-2_000_000, -2_500_000, -1_500_000, 0.0, 0.0, 0.06]
    text = told(replace(source, stress=bad), "Risk")
    assert text == (
        "What hurts most is that customers decide 25 % more slowly: expected bookings fall by $2 M "
        "($1.5 M to $2.5 M), and the chance of reaching the plan is 0 % (0 % to 6 %)."
    )
    assert told(replace(source, stress=rows[:0]), "Risk") == ""


def test_trust_says_what_the_checker_said(source: Source) -> None:
    """Accepted, rejected and not yet verified are three different sentences and marks."""
    broken = [{"passed": False}, {"passed": True}]
    states = [source, replace(source, checks=broken), replace(source, checks=None)]
    texts = [told(one, "Trust") for one in states]
    assert texts[0] == (
        "Listed below: 1 finding about the data. "
        "An independent checker held the written tables against 1 rule: all hold."
    )
    assert texts[1].endswith("found 1 of 2 rules broken.")
    assert texts[2].endswith("The result has not been verified yet.")
    assert [chips(one)[1].tone for one in states] == ["good", "bad", "plain"]


def test_a_vacancy_without_quota_is_not_the_luckiest(source: Source) -> None:
    """A position without a quota has reached it by definition, so it is not compared."""
    rows = source.attainment.copy()
    rows.loc[rows["id"] == "T06", ["quota", "p_at_quota"]] = [0, 1.0]
    text = told(replace(source, attainment=rows), "Chances")
    assert "T06" not in text


def test_the_fan_begins_at_nothing_and_ends_at_the_year(source: Source) -> None:
    """Lines have 13 points; the highest tick is at or above everything drawn; the last point is the year's."""
    fan = fan_chart(source)
    median = [tuple(map(float, point.split(","))) for point in fan.median.split()]
    assert (len(median), median[0]) == (13, (0.0, 100.0))
    top = max(source.months["p90"].max(), source.months["quota"].max())
    steps = len(fan.y_ticks) - 1
    ceiling = nice_step(top, 6) * steps
    assert ceiling >= top
    assert median[-1] == (100.0, pytest.approx(100 - 100 * source.months["p50"].iloc[-1] / ceiling, abs=0.01))
    assert (fan.x_ticks[0].label, fan.x_ticks[-1].label) == ("Jan 27", "Dec 27")


def test_differences_share_one_axis_with_zero() -> None:
    """Losses end at zero on the right; a gain beside them puts zero in the middle."""
    losses = difference_chart([(-4.0, -5.0, -3.0), (-1.0, -1.5, -0.5)], "USD")
    assert losses.zero == 100
    assert [(bar.start, bar.end) for bar in losses.bars] == [(pytest.approx(100 - 100 * 4 / 7.5, abs=0.01), 100),
                                                             (pytest.approx(100 - 100 / 7.5, abs=0.01), 100)]  # fmt: skip
    both = difference_chart([(-4.0, -5.0, -3.0), (4.0, 3.0, 5.0)], "USD")
    assert both.zero == 50
    assert both.bars[0].start == 100 - both.bars[1].end
    assert difference_chart([(0.0, 0.0, 0.0)], "USD").bars[0].width == 0


@pytest.mark.parametrize(("reach", "step"), [(162, 50), (7, 2), (6, 1), (0.9, 0.2), (1.3e8, 2.5e7)])
def test_steps_are_round(reach: float, step: float) -> None:
    """1, 2, 2.5 or 5 times a power of ten, about six of them."""
    assert nice_step(reach, 6) == pytest.approx(step)


def test_the_method_says_what_was_asked(tmp_path: Path) -> None:
    """A limit of travel or of change appears only when the scenario has it."""
    plain = read_source(load_run(make_run(tmp_path / "a")))
    rules = " ".join(one.text for one in method(plain))
    assert "hours from the home base" not in rules
    assert "At most" not in rules
    asked = read_source(load_run(make_run(tmp_path / "b", disruption={"max_share": 0.15})))
    assert "At most 15.0\u00a0% of account value may change hands" in method(asked)[1].text
