"""The sales field of a solved scenario: what a simulated year starts from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attainment import CampaignPlan, Contracts, OpeningDeals, SalesField
from engine.quotas.basis import QuotaBasis
from engine.quotas.capacity import fiscal_day, month_edges
from engine.quotas.quota_set import QuotaSet
from engine.results.tables import Outcome
from engine.units import DAYS_PER_YEAR, MONTHS, to_cents


def sales_field(
    outcome: Outcome, accounts: pd.DataFrame, territories: pd.DataFrame, basis: QuotaBasis
) -> SalesField:
    """Put territories, sellers, demand and process together; quotas come in with `with_quotas`.

    Parameters
    ----------
    outcome
        The solved scenario.
    accounts, territories
        Its ``accounts.csv`` and ``territories.csv``.
    basis
        Its quota basis.

    Returns
    -------
    The field, without quotas. Demand is shared out by potential. Account care (a share of the workload) and, where the plan's own
    centres are further than the nearest base, the extra road hours are taken from each position's hours.
    """
    scenario, tables, problem = outcome.scenario, outcome.tables, outcome.problem
    process, reps = scenario.process, tables.reps
    potential = problem.measures[:, 0]
    quarters = tables.units[[f"potential_q{q}" for q in range(1, 5)]].sum().to_numpy(dtype=float)
    within = outcome.tables.units["visits"].to_numpy(dtype=float) * scenario.measures.workload.hours_per_visit
    visit_hours = np.bincount(outcome.plan.assignment, weights=within, minlength=problem.territories)
    care = process.account_work_share * (visit_hours + territories["travel_hours"].to_numpy(dtype=float))
    last_year = reps["last_year_bookings"].to_numpy(dtype=float)
    known = np.isfinite(last_year)
    return SalesField(
        unit_ids=problem.unit_ids,
        territory=outcome.plan.assignment,
        demand=process.opportunities_per_year * potential / potential.sum(),
        month_share=np.repeat(quarters / quarters.sum() / (MONTHS // 4), MONTHS // 4),
        month_names=basis.month_names,
        weekday=scenario.fiscal_year_start.weekday(),
        territory_ids=problem.territory_ids,
        rep_ids=tuple(reps["rep_id"]),
        names=tuple(reps["rep_name"]),
        managers=tuple(reps["manager"]),
        regions=tuple(reps["region"]),
        capacity=reps["capacity"].to_numpy(dtype=float),
        start_day=basis.start_day,
        ramp_days=basis.ramp_days,
        load_hours=care,
        last_year_cents=np.array(
            [to_cents(v) if k else -1 for v, k in zip(last_year, known, strict=True)], dtype=np.int64
        ),
        quota_cents=np.zeros(len(reps), dtype=np.int64),
        quota_month_cents=np.zeros((len(reps), MONTHS), dtype=np.int64),
        plan_target_cents=0,
        process=process,
        opening=_opening(outcome),
        handed=(problem.previous >= 0) & (problem.previous != outcome.plan.assignment),
        campaigns=_campaigns(outcome),
        contracts=_contracts(outcome, accounts),
        holidays=_inside(process.holidays, scenario.fiscal_year_start),
        days_off=_days_off(outcome),
        win_factor=np.ones(len(reps)),
        hours_factor=np.ones(len(reps)),
    )


def with_quotas(field: SalesField, quotas: QuotaSet) -> SalesField:
    """Give the sellers of a field their quotas."""
    return replace(
        field,
        quota_cents=quotas.annual_cents,
        quota_month_cents=quotas.month_cents,
        plan_target_cents=quotas.plan_target_cents,
    )


def _campaigns(outcome: Outcome) -> tuple[CampaignPlan, ...]:
    """Turn lifts into expected opportunities by unit; a campaign has the season of its days."""
    scenario, units = outcome.scenario, outcome.tables.units
    quarters = units[[f"potential_q{q}" for q in range(1, 5)]].sum().to_numpy(dtype=float)
    edges = month_edges(scenario.fiscal_year_start)
    share = np.concatenate([[0.0], np.cumsum(np.repeat(quarters / quarters.sum() / 3, 3))])
    potential = outcome.problem.measures[:, 0]
    demand = scenario.process.opportunities_per_year * potential / potential.sum()
    plans = []
    for campaign in scenario.process.campaigns:
        first, last = (
            float(np.clip(fiscal_day(day, scenario.fiscal_year_start) + plus, 0, DAYS_PER_YEAR))
            for day, plus in ((campaign.first, 0), (campaign.last, 1))
        )
        part = float(np.diff(np.interp([first, last], edges, share))[0])
        chosen = (
            units["group"].isin(campaign.groups).to_numpy() if campaign.groups else np.ones(len(units), bool)
        )
        plans.append(CampaignPlan(campaign.name, first, last, demand * chosen * part * campaign.lift))
    return tuple(plans)


def _contracts(outcome: Outcome, accounts: pd.DataFrame) -> Contracts:
    """List the accounts with revenue and an owner, where the process has renewals."""
    rows = accounts[(accounts["revenue"].astype(float) > 0) & (accounts["territory_id"] != "")]
    if outcome.scenario.process.renewals is None:
        rows = rows.iloc[:0]
    units, seats = outcome.tables.units.index, pd.Index(outcome.problem.territory_ids)
    return Contracts(
        ids=tuple(rows["account_id"]),
        unit=units.get_indexer(pd.Index(rows["unit_id"])).astype(np.int32),
        territory=seats.get_indexer(pd.Index(rows["territory_id"])).astype(np.int32),
        amount_cents=np.array([to_cents(value) for value in rows["revenue"]], dtype=np.int64),
    )


def _inside(days: list[date], start: date) -> tuple[int, ...]:
    """Give the days of the fiscal year, without those of other years."""
    found = {fiscal_day(day, start) for day in days}
    return tuple(sorted(day for day in found if 0 <= day < DAYS_PER_YEAR))


def _days_off(outcome: Outcome) -> NDArray[np.bool_]:
    """Mark the days on which each seat is known to be off, shape (territories, 365)."""
    start, known = outcome.scenario.fiscal_year_start, outcome.tables.vacations
    off = np.zeros((len(outcome.problem.territory_ids), DAYS_PER_YEAR), dtype=bool)
    seats = pd.Index(outcome.problem.territory_ids).get_indexer(pd.Index(known["position"]))
    for seat, first, last in zip(seats, known["first"], known["last"], strict=True):
        off[seat, max(fiscal_day(first, start), 0) : max(fiscal_day(last, start) + 1, 0)] = True
    return off


def _opening(outcome: Outcome) -> OpeningDeals:
    deals = outcome.tables.pipeline
    if not len(deals):
        none = np.empty(0, dtype=np.int32)
        return OpeningDeals((), none, none, np.empty(0, dtype=np.int64), np.empty(0))
    return OpeningDeals(
        ids=tuple(deals.index),
        unit=outcome.tables.units.index.get_indexer(pd.Index(deals["unit"])).astype(np.int32),
        stage=deals["stage"].to_numpy(dtype=np.int32),
        amount_cents=np.array([to_cents(value) for value in deals["amount"]], dtype=np.int64),
        days_in_stage=deals["days_in_stage"].to_numpy(dtype=float),
    )
