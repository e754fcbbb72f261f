"""Every key of a scenario file, with its meaning, unit and default."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Z95 = 1.959963984540054  # 97.5 % quantile of the normal distribution

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, lt=1e15, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, lt=1e15, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Point = Annotated[list[Amount], Field(min_length=2, max_length=2)]
InputPath = Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})]


class Config(BaseModel):
    """Base of every block: unknown keys are refused, values never change after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Units(Config):
    """The planning units and where they lie."""

    table: InputPath
    """CSV with one row a unit (path relative to the scenario file)."""
    id: Name
    """Column with the unit's id, kept as text."""
    name: Name | None = None
    """Column with the unit's name for readers; the id when left out."""
    group: Name | None = None
    """Column naming the larger area a unit lies in (state, province), for readers and filters."""
    longitude: Name = "lon"
    """Column with the longitude of a point inside the unit, degrees WGS 84."""
    latitude: Name = "lat"
    """Column with the latitude of that point, degrees WGS 84."""
    area_km2: Name | None = None
    """Column with the unit's area, km2; needed when workload includes travel inside the unit."""
    geometry: InputPath | None = None
    """GeoPackage with one polygon a unit and the same id column, for maps."""
    outlines: InputPath | None = None
    """GeoPackage with outlines drawn behind the map (states, countries)."""
    adjacency: InputPath | None = None
    """CSV ``unit,neighbour,kind[,note]``: one row an undirected edge; kind is ``land`` or ``bridge``. Not needed with ``contiguity: off``."""
    keep: dict[str, list[str]] = {}
    """Only rows whose column holds one of these values, such as ``{state: [ME, NH, VT]}``."""


class ColumnMeasure(Config):
    """A measure read from a column of the unit table."""

    column: Name
    """Column with the value of each unit, >= 0."""
    unit: Name
    """Unit of the values, such as USD or hours."""
    vintage: str = ""
    """Year and source, printed beside the measure."""


class Potential(ColumnMeasure):
    """Market potential."""

    quarters: list[Name] | None = Field(default=None, min_length=4, max_length=4)
    """Four columns with the potential by fiscal quarter; they give the seasonality of demand and quotas."""


class Visits(Config):
    """How many visits a unit needs."""

    column: Name
    """Column with visits a year (or any driver of visits)."""
    per_year: Positive = 1.0
    """Visits a year for each 1 of the column."""


class Workload(Config):
    """Workload in hours: visits x (duration + travel)."""

    visits: Visits
    """How many visits each unit needs."""
    hours_per_visit: Positive = 1.5
    """Duration of a visit, hours."""
    travel: Literal["included", "excluded"] = "included"
    """Whether travel hours to and inside the unit are part of the workload."""
    unit: Literal["hours"] = "hours"
    """Workload is always hours a year."""
    vintage: str = ""
    """Year and source of the visits, printed beside the measure."""


class Measures(Config):
    """What is balanced and counted."""

    potential: Potential
    """Market potential: the basis of quotas and of simulated demand."""
    workload: Workload
    """Hours of work a year."""
    other: dict[str, ColumnMeasure] = {}
    """More measures by name, for balance or for reading only."""


class Travel(Config):
    """How straight lines become kilometres and hours on the road."""

    circuity: Annotated[float, Field(ge=1, le=3)] = 1.25
    """Road distance / straight-line distance."""
    speed_kmh: Positive = 70.0
    """Average door-to-door speed between base and unit, km/h."""
    local_speed_kmh: Positive = 40.0
    """Average speed between stops inside a unit, km/h."""
    stops_per_trip: Annotated[float, Field(ge=1, le=100)] = 5.0
    """Visits made on one trip from the base."""
    table: InputPath | None = None
    """CSV `unit,territory,hours`: hours of one way between home base and unit, instead of the estimate."""


class Accounts(Config):
    """Customers and prospects."""

    table: InputPath
    """CSV ``account_id,name,<unit id>,segment,revenue_usd,owner,named,locked``."""
    value: Name = "revenue_usd"
    """Column with the revenue at risk when an account changes hands, money per year."""


class Reps(Config):
    """The positions and who fills them."""

    table: InputPath
    """CSV, one row a position (columns: docs/reference/tables.md); an empty rep_id is a vacancy."""
    keep: dict[str, list[str]] = {}
    """Only rows whose column holds one of these values, such as ``{region: [Northeast]}``."""


class Balance(Config):
    """One measure to balance."""

    measure: Name
    """``potential``, ``workload`` or a name under ``measures.other``."""
    tolerance: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
    """Largest allowed relative deviation of a territory from its target share (0.10 = 10 %)."""


class Territories(Config):
    """How many territories, and what each must satisfy."""

    count: Literal["per_position"] | Annotated[int, Field(ge=1, le=2000)] = "per_position"
    """One territory per position, or a number; a larger number than positions needs ``extra: vacant``."""
    extra: Literal["refuse", "vacant"] = "refuse"
    """Whether territories beyond the roster become vacancies with a free centre, or are an error."""
    extra_start_date: date | None = None
    """Start date of those extra vacancies; the first day of the fiscal year when left out."""
    share: Literal["equal", "capacity"] = "capacity"
    """Target share of a territory: equal, or in proportion to the position's capacity (FTE)."""
    balance: list[Balance] = Field(min_length=1)
    """Measures to balance; every tolerance is a hard limit."""
    objective: Literal["cost", "expected_bookings"] = "cost"
    """Whether target shares stay as ``share`` says, or move to whoever books most with them (simulated, then re-simulated)."""
    contiguity: Literal["required", "off"] = "required"
    """Whether every territory must be one connected piece (declared bridges count)."""
    max_travel_hours: Positive | None = None
    """Longest one-way travel from a home base to a unit, hours; no limit when left out."""


class Current(Config):
    """Today's alignment."""

    table: InputPath
    """CSV with one row a unit."""
    unit: Name = "unit"
    """Column with the unit's id."""
    territory: Name = "territory"
    """Column with the id of the territory (position) that has it today; empty = nobody."""


class Match(Config):
    """Units go only to positions that have what they need."""

    unit: Name
    """Column of the unit table with what a unit needs (a segment, a skill); empty = nothing."""
    position: Name
    """Column of the position table with what a position has; several are written with ``;`` between them."""


class Inside(Config):
    """Every territory stays inside the region of its position."""

    unit: Name
    """Column of the unit table with the region a unit lies in."""
    position: Name = "region"
    """Column of the position table with the region of a position; vacancies may leave it empty and are given one."""


class Rules(Config):
    """What must not change."""

    locks: InputPath | None = None
    """CSV ``unit,territory,reason``: the unit stays with, or goes to, that territory."""
    forbid: InputPath | None = None
    """CSV ``unit,territory,reason``: the unit must not go to that territory."""
    locks_from: InputPath | None = None
    """Handoffs as ``export --crm handoffs`` lists them; those that managers rejected become locks."""
    together: InputPath | None = None
    """CSV ``group,unit,reason``: all units of a group go to one territory, whichever it is."""
    apart: InputPath | None = None
    """CSV ``group,unit,reason``: no territory may have two units of a group."""
    eligibility: Annotated[list[Match], Field(max_length=10)] = []
    """What units need of the position that gets them (segment, skill); each one must be met."""
    inside_region: Inside | None = None
    """Whether every territory must stay inside one region; it need not when left out."""


class Disruption(Config):
    """What changing hands costs and how much of it is allowed."""

    max_share: Share | None = None
    """Largest share of account value that may change hands; no limit when left out."""
    max_share_per_rep: Share | None = None
    """Largest share of each territory's account value of today that may leave it; no limit when left out."""
    loss_on_handoff: Share = 0.15
    """Expected loss as a share of the value handed off (published: 13-18 %, DOI 10.1509/jm.15.0484)."""


class Objective(Config):
    """What a plan costs, in money per year."""

    travel_cost_per_km: Amount = 0.70
    """Cost of a road kilometre."""
    handoff: Literal["priced", "free"] = "priced"
    """Whether the expected loss on handoffs counts."""
    imbalance_cost_per_point: Amount = 500.0
    """Cost of each percentage point by which a territory's balanced measure misses its target."""


class Solve(Config):
    """How hard to search."""

    method: Literal["auto", "exact", "staged"] = "auto"
    """Exact model, staged search, or chosen by size."""
    effort: Literal["quick", "standard", "thorough"] = "standard"
    """How long the staged search goes on within the time limit: `quick` makes half the starts, `thorough` twice as many and ten times the moves."""
    time_limit_s: Positive = 60.0
    """Longest solving time, seconds."""
    gap: Annotated[float, Field(ge=0, le=0.5)] = 0.01
    """Stop when the plan is proved to be within this share of the best."""
    rule_prices: bool = False
    """Whether to search again without each rule, to see what it costs: about ten seconds more a rule on a map of 3,000 units."""


class Weights(Config):
    """How a blend mixes the rules; the weights are scaled to sum to 1."""

    potential: Amount = 1.0
    """Weight of the potential share."""
    history: Amount = 0.0
    """Weight of history with growth."""
    capacity: Amount = 0.0
    """Weight of capacity with ramp."""
    bottom_up: Amount = 0.0
    """Weight of the numbers in ``quotas.bottom_up``."""


class Bounds(Config):
    """Limits on quotas; amounts and shares are for a full-time year, a seat for part of one has that part."""

    floor: Amount | None = None
    """No quota below this amount."""
    cap: Positive | None = None
    """No quota above this amount."""
    floor_share: Share | None = None
    """No quota below this share of all quotas."""
    cap_share: Share | None = None
    """No quota above this share of all quotas."""
    growth_least: Annotated[float, Field(ge=-1, le=100)] | None = None
    """Least change against last year's quota (-0.10 = at most 10 % less); says nothing where that is unknown."""
    growth_most: Annotated[float, Field(ge=-1, le=100)] | None = None
    """Greatest change against last year's quota (0.25 = at most 25 % more)."""
    max_potential_share: Positive | None = None
    """Largest quota / potential of the territory."""
    min_chance: Share | None = None
    """Least share of simulated years in which each quota is reached."""
    table: InputPath | None = None
    """CSV ``position_id,floor_usd,cap_usd,reason``: limits of single positions this year, as they stand."""


class Pay(Config):
    """What one role is paid for a full-time year; less for a seat filled for part of it."""

    base: Amount
    """Fixed pay a year, in the scenario's currency."""
    target_incentive: Amount
    """Paid on top at an attainment of 100 %."""
    curve: Annotated[list[Point], Field(min_length=2, max_length=20)] = [[0.0, 0.0], [1.0, 1.0]]
    """Points of attainment and part of the incentive paid: nothing before the first, straight between, on as steep after the last."""
    cap: Positive | None = None
    """Largest part of the incentive that is ever paid; no limit when left out."""


class LevelOverAssignment(Config):
    """What the numbers of leaders add up to above the plan target; that of their positions when left out."""

    manager: Annotated[float, Field(ge=0, le=1)] | None = None
    """Sum of the managers' own numbers / plan target - 1."""
    region: Annotated[float, Field(ge=0, le=1)] | None = None
    """Sum of the regions' own numbers / plan target - 1."""


class Overlay(Config):
    """A role that shares the accounts of positions, such as a specialist or a manager of partners."""

    name: Name
    """Name of the role."""
    shared_by: Literal["company", "region", "manager"] = "region"
    """Whose positions each person of the role supports."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Part of those positions' bookings that counts for the role."""
    over_assignment: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Sum of the role's numbers / its share of the plan target - 1."""


class Component(Config):
    """A part of the plan target with a rule of its own, such as renewals."""

    name: Name
    """Name, such as new, renewal or expansion."""
    target: Annotated[Decimal, Field(gt=0, lt=10**13, decimal_places=2, strict=False)]
    """Its part of the plan target; all parts add up to it."""
    rule: Literal["potential", "history", "capacity", "bottom_up"] = "potential"
    """How this part is shared out."""
    over_assignment: Annotated[float, Field(ge=0, le=1)] | None = None
    """Sum of this part of all quotas / its target - 1; ``quotas.over_assignment`` when left out."""


class Quotas(Config):
    """How the company target becomes a number for each rep."""

    plan_target: Annotated[Decimal, Field(gt=0, lt=10**13, decimal_places=2, strict=False)]
    """The company number for the fiscal year, in the scenario's currency."""
    over_assignment: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Sum of quotas / plan target - 1."""
    rule: Literal["potential", "history", "capacity", "bottom_up", "blend", "components", "equal_chance"] = (
        "potential"
    )
    """How quotas are shared out; ``equal_chance`` gives every position the same chance to reach its quota."""
    years: Annotated[int, Field(ge=100, le=100_000)] = 4000
    """Simulated years ``equal_chance`` and ``min_chance`` go by; chances are then judged on other years."""
    weights: Weights = Weights()
    """Weights of a blend."""
    rounding: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Quotas are multiples of this many currency units; the largest takes what is left of the exact sum."""

    bounds: Bounds = Bounds()
    """Limits; where they bind, the quotas inside them closest to the rule's are found."""
    regions: dict[str, Annotated[Decimal, Field(gt=0, lt=10**13, decimal_places=2, strict=False)]] = {}
    """Plan target of each region, which add up to ``plan_target``; each is shared out by the rule inside its region."""
    bottom_up: InputPath | None = None
    """CSV ``position_id,amount_usd`` or ``account_id,amount_usd``: what reps or owners of accounts propose for the year."""
    components: Annotated[list[Component], Field(max_length=10)] = []
    """Parts of the plan target, each shared out by its own rule (``rule: components``)."""
    changes: InputPath | None = None
    """CSV ``effective_date,change,position_id,to_position_id,account_id,share,rep_id,reason`` of what changes inside the year."""
    level_over_assignment: LevelOverAssignment = LevelOverAssignment()
    """Over-assignment of managers and regions, where it differs from that of positions."""
    overlays: Annotated[list[Overlay], Field(max_length=20)] = []
    """Roles that share the positions' accounts and carry a number of their own."""
    pay: dict[str, Pay] = {}
    """Pay by ``segment`` of the positions (``field``, ``key`` ...), to see what each set of quotas costs."""

    @property
    def needs_years(self) -> bool:
        """Whether quotas are set on simulated years."""
        return self.rule == "equal_chance" or self.bounds.min_chance is not None


class Spread(Config):
    """A positive random quantity, by mean and coefficient of variation."""

    mean: Positive
    """Mean."""
    cv: Annotated[float, Field(ge=0, le=5)] = 0.0
    """Standard deviation / mean; 0 = always the mean."""


class Stall(Config):
    """Deals that fall asleep instead of being decided."""

    chance: Share
    """Probability that the customer's answer is neither yes nor no; together with ``advance`` at most 1."""
    days: Spread
    """Calendar days a deal sleeps before it comes back (lognormal)."""
    back_to: Name | None = None
    """Stage it then enters again: this one (when left out) or an earlier one."""


class Specialist(Config):
    """Work of a shared specialist, between the rep's work and the customer's answer."""

    pool: Name
    """Name of a pool under ``process.pools``."""
    effort_hours: Spread
    """Hours of the specialist's work (gamma)."""


class Pool(Config):
    """Specialists whom several territories share; of what waits, the latest stage comes first."""

    name: Name
    """Name, as in ``stages.*.specialist.pool``."""
    people: Annotated[int, Field(ge=1, le=1000)]
    """How many work side by side, in each region or under each manager if these do not share."""
    shared_by: Literal["company", "region", "manager"] = "company"
    """Whose territories share them."""
    hours_per_year: Positive = 1650.0
    """Hours a year each of them has for deals, spread evenly over the weekdays."""


class Training(Config):
    """Training that changes how often deals go on from a stage."""

    date: date
    """First day it works."""
    factor: Annotated[float, Field(gt=0, le=5)]
    """What the stage's ``advance`` is multiplied by from then on (1.1 = a tenth more)."""


class Handoff(Config):
    """What it does to winning that a unit has changed hands."""

    win_rate: Annotated[float, Field(gt=0, le=1)]
    """Factor on the chance of winning in units that changed hands (published losses: 13-18 %, DOI 10.1509/jm.15.0484)."""
    cv: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Spread of that factor between units and years (lognormal)."""


class Campaign(Config):
    """More opportunities for a while."""

    name: Name
    """Name, for readers."""
    first: date
    """First day it brings opportunities."""
    last: date
    """Last day."""
    lift: Annotated[float, Field(gt=0, le=10)]
    """Opportunities it adds, as a part of those that come anyway (0.3 = 30 % more)."""
    cost: Amount = 0.0
    """What it costs, in the scenario's currency; a key figure of the run."""
    groups: list[Name] = []
    """Only in units of these groups (``units.group``); everywhere when left out."""


class QuarterEnd(Config):
    """Deals that are signed early, at a discount, to make a quarter."""

    days: Annotated[int, Field(ge=1, le=45)] = 10
    """Deals that would be won in so many days after a quarter's end may be pulled into it; not across the year's end."""
    chance: Share = 0.5
    """Chance that the customer goes along."""
    discount: Share = 0.0
    """Part of the amount given away for it."""


class Renewals(Config):
    """Contracts of the accounts in the table that come up once in the year; they take no hours beyond account care."""

    rate: Share
    """Chance that an account renews; times ``handoff.win_rate`` where its unit changed hands."""
    expansion: Annotated[float, Field(ge=-0.9, le=10)] = 0.0
    """Mean growth of a renewed contract over the account's revenue (0.05 = 5 %)."""
    cv: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Spread of renewed amounts (lognormal)."""


class Vacations(Config):
    """Days off, drawn for each seat and year or known beforehand; they lower the hours, as holidays do not."""

    days: Annotated[int, Field(ge=0, le=60)] = 0
    """Working days a year that each seat takes off, at times that are drawn, spread over the year."""
    block_days: Annotated[int, Field(ge=1, le=60)] = 5
    """How many working days in a row."""
    table: InputPath | None = None
    """CSV of known days off (position_id, first, last); these positions take those and no others."""


class Stage(Config):
    """One stage of the sales process."""

    name: Name
    """Name, as in the opening pipeline's ``stage`` column."""
    effort_hours: Spread
    """Hours of the rep's work the stage needs (gamma)."""
    days: Spread
    """Calendar days the customer takes after that work (lognormal)."""
    advance: Share
    """Probability of going on to the next stage (after the last one: of winning); else the deal is lost."""
    stall: Stall | None = None
    """Deals that fall asleep and come back; none when left out."""
    patience_days: Spread | None = None
    """Calendar days a deal waits for its rep in this stage before it is lost (lognormal); any time when left out."""
    observations: Annotated[float, Field(ge=1, le=1e9)] | None = None
    """How many past decisions ``advance`` is known from: each year draws it from what they leave open (beta); exact when left out."""
    training: Training | None = None
    """Training in the year that changes ``advance``; none when left out."""
    specialist: Specialist | None = None
    """Shared specialist whose work the stage needs after the rep's; nobody when left out."""


class Macro(Config):
    """Shocks of a year that hit everybody together: coefficients of variation."""

    demand: Annotated[float, Field(ge=0, le=1)] = 0.10
    """Number of opportunities."""
    win_rate: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    """Probability of winning in the last stage."""
    deal_size: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Deal amounts."""
    hours: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Hours of everybody (sickness, other duties)."""


class Attrition(Config):
    """Reps who leave."""

    annual_rate: Share = 0.0
    """Probability that a rep leaves within a year."""
    hiring_delay_days: Annotated[float, Field(ge=0, le=730)] = 90.0
    """Days until a seat that became empty is filled again."""


class Process(Config):
    """The sales process that is simulated."""

    opportunities_per_year: Positive
    """New opportunities a year in all units, shared out by potential."""
    stages: list[Stage] = Field(min_length=1, max_length=12)
    """Stages in order."""
    returns: Annotated[int, Field(ge=1, le=3)] = 1
    """How often a deal may come back after falling asleep; the next time it is lost."""
    pools: list[Pool] = []
    """Specialists whom several territories share."""
    deal_size: Spread
    """Amount of a won deal (lognormal), in the scenario's currency."""
    hours_per_year: Positive = 1650.0
    """Hours a year one full-time rep has for visits, travel and deals."""
    account_work_share: Share = 0.5
    """Share of a territory's workload that is care of existing accounts and must be done before deals."""
    skill_cv: Annotated[float, Field(ge=0, le=1)] = 0.10
    """Spread of win rates between reps that is the person, not the map."""
    opening_pipeline: InputPath | None = None
    """CSV of deals open on the first day (columns: docs/reference/tables.md)."""
    macro: Macro = Macro()
    """Common shocks."""
    holidays: list[date] = []
    """Days on which nobody works; the hours of the year fall on the others."""
    vacations: Vacations | None = None
    """Days off of each seat; none when left out, so that ``hours_per_year`` must be net of them."""
    handoff: Handoff | None = None
    """What changing hands does to winning; nothing when left out."""
    campaigns: Annotated[list[Campaign], Field(max_length=12)] = []
    """Campaigns."""
    quarter_end: QuarterEnd | None = None
    """Deals pulled into a quarter; none when left out."""
    renewals: Renewals | None = None
    """Renewals of the accounts' revenue, which count as bookings; none when left out."""
    attrition: Attrition = Attrition()
    """Leavers and backfill."""
    source: str = "assumed, not calibrated on history"
    """Where the parameters come from; printed in the report."""


StressName = Literal[
    "top_rep_leaves",
    "demand_-20%",
    "hiring_slips_90d",
    "slower_cycles",
    "competitor_enters",
    "price_cut",
    "campaigns_cancelled",
]


class StressCase(Config):
    """A stress case of your own: factors on the base case, in some regions or in all."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.%+-]{0,39}$", examples=["tariffs"])]
    """Name, other than the ready-made ones."""
    words: Annotated[str, Field(max_length=80)] = ""
    """What happens, to be read after "if": ``a tariff makes deals smaller``."""
    demand: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Factor on opportunities."""
    win_rate: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Factor on the chance of winning."""
    deal_size: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Factor on the amounts of new deals; for all regions only."""
    days: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Factor on the days customers take; for all regions only."""
    hours: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Factor on the hours of reps."""
    regions: list[Name] = []
    """Regions of the positions it concerns (demand, win_rate, hours); all when left out."""


class Simulation(Config):
    """How many years to simulate and which stress cases."""

    replications: Annotated[int, Field(ge=10, le=1_000_000)] = 200
    """Simulated fiscal years."""
    half_width: Annotated[float, Field(ge=0.005, le=0.3)] | None = None
    """As many years, instead of ``replications``, as make every chance known to within this (0.05 = 5 points, in 95 of 100 cases)."""
    stress: list[StressName] = ["top_rep_leaves", "demand_-20%", "hiring_slips_90d", "slower_cycles"]
    """Ready-made stress cases, each paired with the base case year by year."""
    cases: Annotated[list[StressCase], Field(max_length=20)] = []
    """Stress cases of your own."""
    drivers: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Years in which each driver is moved by 10 % up and down, to see what bookings depend on; 0 = none."""
    sobol: Annotated[int, Field(ge=0, le=4096)] = 0
    """Points at which all drivers are moved at once, to share out what their uncertainty does to bookings (Sobol indices); rounded
    up to a power of two, 64 take about as long as 6,000 years; 0 = none. Needs ``drivers``."""

    @property
    def years(self) -> int:
        """Years to simulate: fixed beforehand, for whoever looks at results to decide when to stop finds what he looks for.

        The half-width of Wilson's interval is largest at a chance of 1/2, where it is z / (2 sqrt(n + z^2)).
        """
        if self.half_width is None:
            return self.replications
        return max(10, math.ceil(Z95**2 * (1 / (4 * self.half_width**2) - 1)))


class Report(Config):
    """What is handed over."""

    formats: list[Literal["html", "xlsx", "pptx", "pdf", "geojson", "kml"]] = ["html", "xlsx"]
    """Files to write: web page, workbook, slides, PDF, maps for other programs. Slides and PDF need a package more."""


class Scenario(Config):
    """One question: who sells where, how much, and can it be reached."""

    schema_version: Literal[1] = 1
    """Version of this file format."""
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$", examples=["us-field-2027"])]
    """Short name; part of the run folder's name."""
    title: str = ""
    """Title of the report."""
    synthetic: str = ""
    """What in the inputs is invented; printed wherever results are shown. Empty = real data."""
    fiscal_year_start: date
    """First day of the fiscal year; the first of a month."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"])] = "USD"
    """Currency of all money, ISO 4217."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Seed of every random choice."""
    units: Units
    """Planning units."""
    measures: Measures
    """What is counted."""
    travel: Travel = Travel()
    """How travel is estimated."""
    reps: Reps
    """Positions."""
    accounts: Accounts | None = None
    """Customers and prospects."""
    territories: Territories
    """What is designed."""
    current: Current | None = None
    """Today's alignment."""
    rules: Rules = Rules()
    """Locks and the like."""
    disruption: Disruption = Disruption()
    """Price and limit of change."""
    objective: Objective = Objective()
    """What a plan costs."""
    solve: Solve = Solve()
    """How hard to search."""
    quotas: Quotas
    """Quota rules."""
    process: Process
    """Sales process."""
    simulation: Simulation = Simulation()
    """Stress test."""
    report: Report = Report()
    """Outputs."""
