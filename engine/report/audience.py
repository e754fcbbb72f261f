"""A report for one manager or one rep: made from their own rows only, so that nothing else can be in the file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from engine.errors import Finding, InputError, Severity
from engine.report.map_data import map_data
from engine.report.maps import map_svg
from engine.report.page import data_uri, render_page
from engine.report.sections import QUANTILES
from engine.report.table import Column, Kind, Table, table_of
from engine.report.territory_map import TerritoryMap, draw_alignments
from engine.runs import StoredRun

ELSEWHERE = "another territory or nobody"
KINDS = ("leadership", "manager", "rep")


@dataclass(frozen=True)
class Audience:
    """Who reads a report.

    Parameters
    ----------
    kind
        ``leadership``, ``manager`` or ``rep``.
    name
        The manager, or the id of the rep's territory; empty for the leadership.
    """

    kind: str
    name: str = ""


def read_audience(text: str) -> Audience:
    """Read ``leadership``, ``manager:NAME`` or ``rep:POSITION``.

    Raises
    ------
    InputError
        If it is none of them.
    """
    kind, _, name = text.partition(":")
    if kind not in KINDS or bool(name) == (kind == "leadership"):
        raise _unknown(text, "not an audience", "leadership, manager:NAME or rep:POSITION")
    return Audience(kind, name)


def audience_html(run: StoredRun, audience: Audience) -> str:
    """Write what a manager or a rep may see as one HTML page that makes no request.

    Parameters
    ----------
    run
        A run that has a plan.
    audience
        A manager or a rep.

    Returns
    -------
    The page. It is made from the rows of their own territories, their own quotas and the units and accounts that
    are theirs today or will be; who else gives or gets one is called another territory.

    Raises
    ------
    InputError
        If the run has no such manager or position.
    """
    seats = _seats(run, audience)
    own = set(seats["territory_id"])
    units = _own(run.table("alignment"), own)
    drawn = _map(run, seats, units)
    note = f"Synthetic data. {run.facts.synthetic}" if run.facts.synthetic else ""
    title = f"{audience.name}: {run.facts.title or run.facts.scenario}"
    pictures = [data_uri(map_svg(drawn, one, f"{one.label}: {title}", note)) for one in drawn.alignments]
    described = run.table("units").set_index("unit_id").loc[units["unit_id"]].reset_index()
    shown = table_of(
        "Units",
        described,
        [
            Column("unit_id", "Unit"),
            Column("name", "Name"),
            Column("group", "Area"),
            Column("potential", "Potential", Kind.AMOUNT),
            Column("workload", "Workload, hours", Kind.AMOUNT),
        ],
    )
    territories = _territories(run, seats)
    return render_page(
        "audience.html",
        ("shapes.js", "map.js", "report.js", "tables.js", "print.js"),
        map_data(drawn, shown, territories),
        title=title,
        facts=run.facts,
        map=drawn,
        pictures=pictures,
        territories=territories,
        quotas=_quotas(run, seats, audience),
        chances=_chances(run, seats, audience),
        moves=_unit_moves(units, described),
        accounts=_accounts(run, own),
    )


def _seats(run: StoredRun, audience: Audience) -> pd.DataFrame:
    """Rows of the territories that the audience is responsible for, sorted by id."""
    table = run.table("territories").sort_values("territory_id", ignore_index=True)
    if audience.kind == "manager":
        found = table[table["manager"] == audience.name]
        known = sorted(set(table["manager"]) - {""})
    else:
        found = table[(table["territory_id"] == audience.name) | (table["rep_id"] == audience.name)]
        known = table["territory_id"].tolist()
    if found.empty:
        message = f"this run has no such {'manager' if audience.kind == 'manager' else 'position'}"
        raise _unknown(audience.name, message, f"one of {', '.join(known[:30])}")
    return found.reset_index(drop=True)


def _own(rows: pd.DataFrame, own: set[str]) -> pd.DataFrame:
    """Keep what is or was in the own territories, and forget which others gave or got it."""
    kept = rows[rows["territory_id"].isin(own) | rows["previous_territory_id"].isin(own)].copy()
    for column in ("territory_id", "previous_territory_id"):
        kept[column] = kept[column].where(kept[column].isin(own), "")
    return kept.sort_values(str(rows.columns[0]), ignore_index=True)


def _map(run: StoredRun, seats: pd.DataFrame, units: pd.DataFrame) -> TerritoryMap:
    rows = units.set_index("unit_id")
    owners = {"New plan": rows["territory_id"]}
    if (run.table("alignment")["previous_territory_id"] != "").any():
        owners["Today"] = rows["previous_territory_id"]
    return replace(draw_alignments(run, seats, owners, only=units["unit_id"]), nobody=ELSEWHERE)


def _territories(run: StoredRun, seats: pd.DataFrame) -> Table:
    balance = [rule["measure"] for rule in run.json("scenario.resolved")["territories"]["balance"]]
    columns = [
        Column("territory_id", "Territory"),
        Column("rep_name", "Position"),
        Column("units", "Units", Kind.COUNT),
        Column("accounts", "Accounts", Kind.COUNT),
        *(
            Column(
                f"{one}_deviation",
                f"{one.replace('_', ' ').capitalize()}, off the fair share",
                Kind.DEVIATION,
            )
            for one in balance
        ),
        Column("travel_km", "Road km a year", Kind.COUNT),
    ]
    return table_of("Territories", seats, columns)


def _quotas(run: StoredRun, seats: pd.DataFrame, audience: Audience) -> Table:
    """Quotas of the year and its quarters; for a manager also their sum."""
    rows = run.table("quotas")
    names = seats.set_index("territory_id")["rep_name"]
    rows = rows[rows["territory_id"].isin(names.index)]
    table = rows.pivot(index="territory_id", columns="period", values="quota").reset_index()
    table["rep_name"] = table["territory_id"].map(names)
    if audience.kind == "manager":
        sums = run.table("rollup")
        sums = sums[(sums["level"] == "manager") & (sums["name"] == audience.name)]
        total = sums.pivot(index="name", columns="period", values="quota").reset_index()
        table = pd.concat([table, total.rename(columns={"name": "rep_name"}).assign(territory_id="Team")])
    periods = ("FY", "Q1", "Q2", "Q3", "Q4")
    words = [
        Column(one, f"{'Year' if one == 'FY' else one}, {run.facts.currency}", Kind.MONEY) for one in periods
    ]
    return table_of("Quotas", table, [Column("territory_id", "Territory"), Column("rep_name", "Of"), *words])


def _chances(run: StoredRun, seats: pd.DataFrame, audience: Audience) -> Table:
    rows = run.table("attainment")
    wanted = (rows["level"] == "rep") & rows["id"].isin(seats["territory_id"])
    if audience.kind == "manager":
        wanted |= (rows["level"] == "manager") & (rows["id"] == audience.name)
    money = run.facts.currency
    columns = [
        Column("id", "Of"),
        Column("name", "Name"),
        Column("quota", f"Quota, {money}", Kind.MONEY),
        Column("expected", f"Expected, {money}", Kind.MONEY),
        *(Column(one, f"{QUANTILES[one]}, {money}", Kind.MONEY) for one in ("p10", "p90")),
        Column("p_at_quota", "P(at quota)", Kind.CHANCE),
        Column("p_low", "95 % from", Kind.CHANCE),
        Column("p_high", "to", Kind.CHANCE),
    ]
    return table_of("Chances", rows[wanted], columns)


def _unit_moves(units: pd.DataFrame, described: pd.DataFrame) -> Table:
    moved = units["territory_id"] != units["previous_territory_id"]
    rows = _ends(units[moved].assign(name=described.loc[moved, "name"]))
    columns = [
        Column("unit_id", "Unit"),
        Column("name", "Name"),
        Column("previous_territory_id", "From"),
        Column("territory_id", "To"),
    ]
    return table_of("Units that change hands", rows, columns)


def _accounts(run: StoredRun, own: set[str]) -> Table:
    columns = [
        Column("account_id", "Account"),
        Column("name", "Name", Kind.LONG),
        Column("unit_id", "Unit"),
        Column("revenue", f"Revenue, {run.facts.currency}", Kind.MONEY),
        Column("previous_territory_id", "Today"),
        Column("territory_id", "New plan"),
    ]
    if not run.has("accounts.csv"):
        return Table("Accounts", tuple(columns), ())
    rows = _ends(_own(run.table("accounts"), own))
    return table_of("Accounts", rows.sort_values(["revenue", "account_id"], ascending=[False, True]), columns)


def _ends(rows: pd.DataFrame) -> pd.DataFrame:
    ends = ("previous_territory_id", "territory_id")
    return rows.assign(**{column: rows[column].replace("", ELSEWHERE) for column in ends})


def _unknown(value: str, message: str, remedy: str) -> InputError:
    return InputError([Finding("--audience", 0, 0, "", "AUDIENCE", Severity.ERROR, value, message, remedy)])
