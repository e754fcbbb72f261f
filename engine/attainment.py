"""What a simulated fiscal year starts from, and what many of them say about the quotas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.scenario.schema import Process, Simulation

Array = NDArray[np.float64]
Index = NDArray[np.int32]


@dataclass(frozen=True)
class OpeningDeals:
    """Deals open on the first day, sorted by id; every array has shape (deals,).

    Parameters
    ----------
    ids
        Opportunity ids.
    unit
        Index of the unit each deal lies in.
    stage
        Index of the stage each deal is in.
    amount_cents
        Amount if won, whole cents.
    days_in_stage
        Calendar days since the stage was entered, >= 0.
    """

    ids: tuple[str, ...]
    unit: Index
    stage: Index
    amount_cents: NDArray[np.int64]
    days_in_stage: Array


@dataclass(frozen=True)
class CampaignPlan:
    """One campaign.

    Parameters
    ----------
    name
        Name.
    first, last
        Days of the fiscal year between which its opportunities come, ``last`` not included.
    expected
        Opportunities it adds in each unit, shape (units,).
    """

    name: str
    first: float
    last: float
    expected: Array


@dataclass(frozen=True)
class Contracts:
    """Accounts whose contract comes up in the year, sorted by id; every array has shape (accounts,).

    Parameters
    ----------
    ids
        Account ids.
    unit, territory
        Index of the unit each lies in and of the territory it belongs to.
    amount_cents
        Revenue of last year, whole cents.
    """

    ids: tuple[str, ...]
    unit: Index
    territory: Index
    amount_cents: NDArray[np.int64]


@dataclass(frozen=True)
class SalesField:
    """Territories, sellers, demand and process on the first day of a fiscal year.

    Days are counted from the first day of the fiscal year (day 0.0); a year has 365 days.

    Parameters
    ----------
    unit_ids
        Planning units, sorted; shape (units,).
    territory
        Territory of each unit, shape (units,).
    demand
        Expected new opportunities a year in each unit, shape (units,).
    month_share
        Share of the year's demand in each fiscal month, shape (12,), sums to 1.
    month_names
        ``YYYY-MM`` of the twelve fiscal months.
    weekday
        Weekday of day 0, Monday = 0.
    territory_ids, rep_ids, names, managers, regions
        Labels of the positions, shape (territories,); ``rep_ids`` is empty for a vacancy.
    capacity
        Full-time equivalents of each position, shape (territories,).
    start_day
        Day each seat is first filled; negative = before the year began, shape (territories,).
    ramp_days
        Calendar days from start to full productivity, shape (territories,).
    load_hours
        Hours a year that account care and travel take from each position, shape (territories,).
    last_year_cents
        Last year's bookings of each position, -1 = unknown, shape (territories,).
    quota_cents
        Annual quota by position, whole cents, shape (territories,).
    quota_month_cents
        Quota by position and month, shape (territories, 12).
    plan_target_cents
        The company number.
    process
        Stages, distributions, hours and shocks.
    opening
        Deals open on day 0.
    handed
        Whether each unit has changed hands, shape (units,).
    campaigns
        Campaigns of the year.
    contracts
        Accounts that may renew; none where the process has no renewals.
    holidays
        Days of the fiscal year on which nobody works.
    days_off
        Days on which each seat is known to be off, shape (territories, 365); a seat without any has those that
        ``process.vacations`` draws.
    win_factor, hours_factor
        What stress multiplies the chance of winning and the hours by in each territory, shape (territories,).
    """

    unit_ids: tuple[str, ...]
    territory: Index
    demand: Array
    month_share: Array
    month_names: tuple[str, ...]
    weekday: int
    territory_ids: tuple[str, ...]
    rep_ids: tuple[str, ...]
    names: tuple[str, ...]
    managers: tuple[str, ...]
    regions: tuple[str, ...]
    capacity: Array
    start_day: Array
    ramp_days: Array
    load_hours: Array
    last_year_cents: NDArray[np.int64]
    quota_cents: NDArray[np.int64]
    quota_month_cents: NDArray[np.int64]
    plan_target_cents: int
    process: Process
    opening: OpeningDeals
    handed: NDArray[np.bool_]
    campaigns: tuple[CampaignPlan, ...]
    contracts: Contracts
    holidays: tuple[int, ...]
    days_off: NDArray[np.bool_]
    win_factor: Array
    hours_factor: Array

    @property
    def care_share(self) -> Array:
        """Account care and travel as a share of a full seat's hours, shape (territories,)."""
        return self.load_hours / (self.process.hours_per_year * self.capacity)


@dataclass(frozen=True)
class Attainment:
    """Simulated bookings and what they say; columns as in docs/reference/run-folder.md.

    Parameters
    ----------
    replications
        Simulated fiscal years.
    settings
        What this is the whole result of: what was asked for, or less where Ctrl-C ended the simulation early.
    bookings
        ``attainment.parquet``: bookings by replication, territory and month of the base case.
    summary
        ``attainment.csv``: attainment, P(at quota) and work by rep, manager, region and company.
    months
        ``months.csv``: the company's cumulative bookings by month.
    stress
        ``stress.csv``: each stress case paired with the base case.
    year
        ``simulated_year.parquet``: every stage visit of replication 0.
    share_at_quota
        Mean share of positions at or above quota.
    person_share
        Part of the variance of each position's yearly bookings that is how well its person closes, shape (territories,).
    drivers
        ``drivers.csv``: what bookings do when a driver moves by 10 %.
    """

    replications: int
    settings: Simulation
    bookings: pd.DataFrame
    summary: pd.DataFrame
    months: pd.DataFrame
    stress: pd.DataFrame
    year: pd.DataFrame
    share_at_quota: float
    person_share: Array
    drivers: pd.DataFrame
