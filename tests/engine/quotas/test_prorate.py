"""Changes inside the year: what each person carries, by days, and nothing lost on the way."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.quotas.basis import QuotaBasis
from engine.quotas.prorate import after_table, holder_table, prorate, rollup_after
from engine.scenario.schema import Quotas
from engine.units import to_cents
from tests.engine.quotas.bases import bases, quota_rules, quotas_of, settings_of, three_reps

ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["a1", "a2", "b1"],
        "territory_id": ["A", "A", "B"],
        "revenue": [1e6, 3e6, 0.0],
    }
)


def changes(*rows: tuple[str, str, str, str, str, float, str]) -> pd.DataFrame:
    """Make rows of date, change, position, to, account, share, rep."""
    names = ["date", "change", "position", "to", "account", "share", "rep"]
    frame = pd.DataFrame([(date.fromisoformat(row[0]), *row[1:]) for row in rows], columns=names)
    return frame.assign(reason="because", place=[f"changes.csv:{line + 2}" for line in range(len(frame))])


def total(column: pd.Series) -> int:
    return sum(to_cents(amount) for amount in column)


def test_a_move_by_hand() -> None:
    """Account a1 is a quarter of A's revenue: from 2 July on (183 of 365 days) a quarter of what is left goes to C."""
    basis = three_reps(fte=np.ones(3))
    quotas = quotas_of(settings_of("capacity", "10950000"), basis)  # 10,000 a day each
    moved = prorate(quotas, basis, changes(("2027-07-02", "move", "A", "C", "a1", np.nan, "")), ACCOUNTS)
    table = after_table(moved, quotas, basis).set_index(["territory_id", "period"])
    year = table.xs("FY", level="period")
    left = (
        float(table.loc[("A", ["Q3", "Q4"]), "before"].sum()) * 183 / 184
    )  # July has one day before the move
    assert float(year.loc["A", "change"]) == pytest.approx(-left / 4, rel=2e-3)
    assert year.loc["A", "change"] == -year.loc["C", "change"]
    assert year.loc["B", "change"] == 0
    assert table.loc[("A", ["Q1", "Q2"]), "change"].eq(0).all()
    assert float(table.loc[("A", "Q4"), "change"] / table.loc[("A", "Q4"), "before"]) == pytest.approx(-0.25)


def test_people_leave_and_start_by_hand() -> None:
    """R1 leaves on 1 April (90 days), nobody is there for 30 days, then R9 carries the rest."""
    basis = three_reps(fte=np.ones(3))
    quotas = quotas_of(settings_of("capacity", "10950000"), basis)
    rows = changes(
        ("2027-04-01", "leave", "A", "", "", np.nan, ""), ("2027-05-01", "start", "A", "", "", np.nan, "R9")
    )
    table = holder_table(prorate(quotas, basis, rows, ACCOUNTS), basis)
    own = table[table["territory_id"] == "A"]
    assert own[["rep_id", "from", "to", "days"]].to_numpy().tolist() == [
        ["r1", "2027-01-01", "2027-03-31", 90],
        ["", "2027-04-01", "2027-04-30", 30],
        ["R9", "2027-05-01", "2027-12-31", 245],
    ]
    assert total(own["quota"]) == quotas.annual_cents[0]
    assert to_cents(own["quota"].iloc[0]) == quotas.quarter_cents[0, 0]


def test_moves_go_by_who_has_what_by_then() -> None:
    """When all of A's accounts have left nothing is left to carry, and an account may move on."""
    basis = three_reps(fte=np.ones(3))
    quotas = quotas_of(settings_of("capacity", "10950000"), basis)
    day = "2027-07-02"
    rows = [(day, "move", "A", "C", "a1", np.nan, ""), (day, "move", "A", "C", "a2", np.nan, "")]
    done = prorate(quotas, basis, changes(*rows), ACCOUNTS)
    assert done.days[0, :182].all()
    assert not done.days[0, 182:].any()
    back = ("2027-08-01", "move", "C", "A", "a1", np.nan, "")
    accounts = pd.concat(
        [ACCOUNTS, pd.DataFrame({"account_id": ["c1"], "territory_id": ["C"], "revenue": [4e6]})]
    )
    moved = prorate(quotas, basis, changes(*rows, back), accounts)
    assert moved.days[0, 212:].sum() == pytest.approx(
        moved.days[2, 212:].sum() / 7, rel=1e-3
    )  # 1 of 8 million
    with pytest.raises(InputError):
        prorate(quotas, basis, changes(rows[0], rows[0]), ACCOUNTS)


def test_a_late_seat_is_held_from_its_first_day() -> None:
    """A seat that starts on 16 April is nobody's until then, and its April falls on the fifteen days that are left."""
    starts = (date(2027, 4, 16), date(2020, 1, 1), date(2028, 5, 1))
    basis = three_reps(fte=np.ones(3), start_dates=starts)
    quotas = quotas_of(settings_of("capacity", "10950000"), basis)
    done = prorate(quotas, basis, changes(), ACCOUNTS)
    table = holder_table(done, basis)
    assert table[["territory_id", "rep_id", "from", "days"]].to_numpy().tolist() == [
        ["A", "", "2027-01-01", 105],
        ["A", "r1", "2027-04-16", 260],
        ["B", "r2", "2027-01-01", 365],
        ["C", "", "2027-01-01", 365],
    ]
    assert [to_cents(amount) for amount in table["quota"]] == [0, *quotas.annual_cents[:2].tolist(), 0]
    april = done.days[0, 90:120]
    assert april[:15].sum() == 0
    assert april.sum() == quotas.month_cents[0, 3]
    assert np.ptp(april[15:]) <= 1


def test_dates_skip_the_29_february() -> None:
    """In a leap year the day after 28 February is 1 March, as in the simulated calendar."""
    basis = three_reps(fte=np.ones(3), fiscal_year_start=date(2028, 1, 1))
    quotas = quotas_of(settings_of("capacity", "10950000"), basis)
    rows = changes(("2028-03-01", "leave", "A", "", "", np.nan, ""))
    own = holder_table(prorate(quotas, basis, rows, ACCOUNTS), basis).iloc[:2]
    assert own[["to", "days"]].to_numpy().tolist() == [["2028-02-28", 59], ["2028-12-31", 306]]


@given(quota_rules(), bases(), st.data())
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost(rules: Quotas, basis: QuotaBasis, data: st.DataObject) -> None:
    """Whatever moves, leaves or starts, the sum of all quotas and of all holders stays the plan's, and none is negative."""
    ids = st.sampled_from(basis.territory_ids)
    rows = []
    day = date(2027, 6, 1).isoformat()
    for place, there in enumerate(
        basis.rep_ids
    ):  # each seat that is filled by then changes hands at most once
        if there and basis.start_day[place] < 151 and data.draw(st.booleans()):
            rows.append((day, "leave", basis.territory_ids[place], "", "", 1.0, ""))
            if data.draw(st.booleans()):
                rows.append((day, "start", basis.territory_ids[place], "", "", 1.0, "new"))
    for _ in range(data.draw(st.integers(0, 6))):
        day = date(2027, 1, 1) + timedelta(days=data.draw(st.integers(1, 364)))
        share = data.draw(st.floats(0.001, 1.0))
        rows.append((day.isoformat(), "move", data.draw(ids), data.draw(ids), "", share, "new"))
    quotas = quotas_of(rules, basis)
    done = prorate(quotas, basis, changes(*sorted(rows, key=lambda row: row[:2])), ACCOUNTS)
    assert (done.days >= 0).all()
    table = after_table(done, quotas, basis)
    year = table[table["period"] == "FY"]
    assert total(year["after"]) == total(year["before"]) == quotas.annual_cents.sum()
    assert total(holder_table(done, basis)["quota"]) == quotas.annual_cents.sum()
    rolled = rollup_after(table, basis)
    for level in ("company", "manager", "region"):
        own = rolled[(rolled["level"] == level) & (rolled["period"] == "FY")]
        assert total(own["after"]) == total(own["before"]) == quotas.annual_cents.sum()


@pytest.mark.parametrize(("account", "said"), [("a1", "belongs to A in this plan"), ("b1", "has no revenue")])
def test_a_move_that_says_not_how_much(account: str, said: str) -> None:
    """An account of somebody else, or without revenue, is refused with its line."""
    basis = three_reps(fte=np.ones(3))
    rows = changes(("2027-07-02", "move", "B", "C", account, np.nan, ""))
    with pytest.raises(InputError) as caught:
        prorate(quotas_of(settings_of("capacity", "10950000"), basis), basis, rows, ACCOUNTS)
    finding = caught.value.findings[0]
    assert (finding.file, finding.line, finding.code) == ("changes.csv", 2, "QUO-MOVE")
    assert said in finding.message


def test_a_successor_ramps_up() -> None:
    """R9 starts on 2 July in a seat with a ramp of 73 days: 0.375 x 73 days' worth of 10,000 is carried by nobody."""
    basis = three_reps(
        fte=np.ones(3), ramp_days=np.array([73.0, 0.0, 0.0]), start_dates=(date(2020, 1, 1),) * 3
    )
    quotas = quotas_of(settings_of("capacity", "10950000"), basis)
    rows = changes(
        ("2027-07-02", "leave", "A", "", "", np.nan, ""), ("2027-07-02", "start", "A", "", "", np.nan, "R9")
    )
    own = holder_table(prorate(quotas, basis, rows, ACCOUNTS), basis).query("territory_id == 'A'")
    assert own["rep_id"].tolist() == [
        "r1",
        "R9",
        "",
    ]  # nobody has the day on which one leaves and another starts
    assert own["days"].tolist() == [182, 183, 73]
    ramp = float(own["quota"].iloc[2])
    assert ramp == pytest.approx(0.375 * 73 * 10_000, rel=0.02)  # months differ a little in quota a day
    assert own["reason"].iloc[2] == "ramp of R9, carried by nobody"
    assert total(own["quota"]) == quotas.annual_cents[0]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("2027-04-01", "start", "A", "", "", np.nan, "R9"), "r1 is there and has not left"),
        (("2027-04-01", "leave", "C", "", "", np.nan, ""), "nobody is there who could leave"),
        (("2027-04-01", "leave", "B", "", "", np.nan, ""), "the seat is first filled on 2027-05-01"),
    ],
)
def test_who_cannot_leave_or_start(row: tuple[str, str, str, str, str, float, str], said: str) -> None:
    """Leaving an empty seat, starting in a taken one, or either before its first day is refused with its line."""
    starts = (date(2020, 1, 1), date(2027, 5, 1), date(2020, 1, 1))
    basis = three_reps(fte=np.ones(3), rep_ids=("r1", "r2", ""), start_dates=starts)
    with pytest.raises(InputError) as caught:
        prorate(quotas_of(settings_of("capacity", "10950000"), basis), basis, changes(row), ACCOUNTS)
    finding = caught.value.findings[0]
    assert (finding.line, finding.code) == (2, "QUO-HOLDER")
    assert said in finding.message


def test_sums_of_managers_after_changes() -> None:
    """Half of what is left of A goes to C on 2 July: Ito gives what Okafor gets, in the last two quarters."""
    basis = three_reps(fte=np.ones(3))
    quotas = quotas_of(settings_of("capacity", "10950000"), basis)
    moved = prorate(quotas, basis, changes(("2027-07-02", "move", "A", "C", "", 0.5, "")), ACCOUNTS)
    table = rollup_after(after_table(moved, quotas, basis), basis).set_index(["level", "name", "period"])
    given = table.loc[("manager", "Ito", "FY"), "change"]
    assert given < -900_000
    assert table.loc[("manager", "Okafor", "FY"), "change"] == -given
    assert table.loc[("manager", "Ito", "Q2"), "change"] == 0
    assert table.loc[("company", "company", "FY"), "change"] == 0
