"""The scalar rules of the sales process, and the compiled kernel that runs whole years by them.

The rules are written once: the SimPy model calls the same functions. What the kernel writes again is only the
order of events. A test holds it to the SimPy model, number by number. Rules and kernel share this file because
numba looks for changes in one file only: a rule changed elsewhere would leave the compiled kernel as it was.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.compiled import compiled
from simulation.room import Room

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FULL = -1  # returned when there are more visits than rows
DEAL_BITS = 32
DEAL_MASK = (1 << DEAL_BITS) - 1


class Kind(IntEnum):
    """What happens, in the order of simultaneous events; a deal that comes back arrives."""

    ANSWER = 1
    ARRIVAL = 2
    WORK_DONE = 3


class Outcome(IntEnum):
    """How a visit to a stage ended."""

    OPEN = 0
    ADVANCE = 1
    WON = 2
    LOST = 3
    STALLED = 4
    GAVE_UP = 5


# an enumeration inside a compiled function costs compile time
ANSWER, ARRIVAL, WORK_DONE = (int(kind) for kind in Kind)
OPEN, ADVANCE, WON, LOST, STALLED, GAVE_UP = (int(outcome) for outcome in Outcome)

# what chance has decided for a deal in a stage of a round, in the last axis of ``fate``: read together, kept together
FATE = ("effort_hours", "help_hours", "days", "outcome", "patience", "asleep")
EFFORT, HELP, DAYS, LUCK, PATIENCE, ASLEEP = range(len(FATE))


class Teams(NamedTuple):
    """Who works. A station is a territory's rep, by number of the territory, or after them a pool of specialists.

    ``hours`` has shape (stations, days + 1), ``servers`` (stations,), ``chances`` (territories, 2, stages), the
    others (territories,); see `process.Team`. Territories that share specialists have the same ``cluster``.
    """

    hours: Array
    servers: Index
    chances: Array
    filled: Array
    left: Array
    refilled: Array
    cluster: Index


class Course(NamedTuple):
    """What the process says of each stage, shape (stages,), and who helps there, shape (territories, stages).

    ``stall`` is the chance that a deal falls asleep, ``back`` the stage it then enters again; from day
    ``trained_from`` on the chance of advancing is multiplied by ``trained``; ``helper`` is the station of the
    specialists, -1 = none.
    """

    stall: Array
    back: Index
    trained_from: Array
    trained: Array
    helper: Index


class Stories(NamedTuple):
    """What chance has decided for the deals, as in `deals.Deals`.

    ``order`` lists the deals cluster by cluster, and ``starts`` where each cluster's begin in it, and the end, shape
    (clusters + 1,); ``seat`` is the territory. ``fate`` has shape (deals, rounds, stages, `FATE`): a deal has its numbers
    again for each return.
    """

    starts: Index
    order: Index
    seat: Index
    arrival: Array
    first_stage: Index
    age: Array
    odds: Array
    fate: Array


class Log(NamedTuple):
    """Rows to be filled, one a visit, as in `records.Records`."""

    deal: Index
    stage: Index
    round: Index
    entered: Array
    work_start: Array
    work_end: Array
    help_start: Array
    help_end: Array
    left: Array
    outcome: Index


class Agenda(NamedTuple):
    """What lies ahead, as a binary heap by time, then by kind and deal; and where each deal stands.

    A deal has one event ahead at most, so as many places as there are deals are enough.
    """

    time: Array
    code: Index  # kind, then the deal in the last bits
    row: Index  # of the visit a deal is on
    stage: Index  # a deal is in, or will enter
    round: Index  # times it has come back
    station: Index  # where it is worked on
    heard: NDArray[np.bool_]  # whether the answer has already waited for somebody to be there
    behind: Index  # next in the queue of the same station and stage, -1 = none
    first: Index  # of each station's and stage's queue, -1 = empty
    last: Index
    free: Index  # servers of each station


# ---- rules -------------------------------------------------------------------------------------------------


@compiled
def hours_at(hours: Array, time: float) -> float:
    """Give the hours passed at a time between 0 and the horizon."""
    day = min(int(time), len(hours) - 2)
    return hours[day] + (time - day) * (hours[day + 1] - hours[day])


@compiled
def spell(hours: Array, now: float, effort: float) -> tuple[float, float]:
    """Tell when work begins and ends; see `calendar.WorkClock.spell`."""
    horizon = len(hours) - 1
    done = hours_at(hours, now)
    day = min(int(now), horizon - 1)
    while day < horizon and hours[day + 1] <= done:
        day += 1  # nobody is there, or it is a weekend
    begin = max(now, float(day))
    if begin >= horizon:
        return math.inf, math.inf
    target = done + effort
    if target > hours[horizon]:
        return begin, math.inf
    day = int(begin)
    while hours[day + 1] < target:
        day += 1
    end = day + (target - hours[day]) / (hours[day + 1] - hours[day])
    return begin, max(begin, end)


@compiled
def attended(filled: float, left: float, refilled: float, time: float) -> float:
    """Give the first moment from a time on at which somebody is in the seat."""
    time = max(time, filled)
    return refilled if left <= time < refilled else time


@compiled
def person(refilled: float, time: float) -> int:
    """Tell who is in the seat: 0 = the first person, 1 = the successor."""
    return 1 if time >= refilled else 0


@compiled
def gives_up(begin: float, lapse: float, horizon: float) -> bool:
    """Tell whether a customer's patience ends before work begins, and within the year."""
    return lapse < begin and lapse < horizon


@compiled
def chance_then(
    chance: float, trained_from: float, trained: float, odds: float, last: bool, time: float
) -> float:
    """Give the chance of advancing at a time: training changes it from a day on, the deal's odds at the end."""
    if time >= trained_from:
        chance *= trained
    return chance * odds if last else chance


@compiled
def answered(luck: float, chance: float, stall: float, last: bool, returns: bool) -> int:
    """Tell how a visit ends with the customer's answer.

    Luck below the chance goes on; the next share of luck falls asleep, if the deal ``returns``; the
    rest is lost. So better chances never make a deal's outcome worse.
    """
    if luck < chance:
        return WON if last else ADVANCE
    return STALLED if returns and luck < chance + stall else LOST


# ---- kernel ------------------------------------------------------------------------------------------------


def empty_agenda(room: Room, stories: Stories, teams: Teams) -> Agenda:
    """Make an agenda on which nothing is written yet; the compiled code makes no arrays."""
    deals, stations, stages = len(stories.arrival), len(teams.hours), teams.chances.shape[2]
    code, row, stage, again, station, behind = room.array("agenda", (6, deals), np.int64)
    time, heard = room.array("time", (deals,), np.float64), room.array("heard", (deals,), np.bool_)
    first, last = np.full((stations, stages), -1, np.int64), np.empty((stations, stages), np.int64)
    free = teams.servers.copy()
    return Agenda(time, code, row, stage, again, station, heard, behind, first, last, free)


@compiled
def push(agenda: Agenda, size: int, time: float, code: int, horizon: float) -> int:
    """Put an event on the agenda, unless it lies beyond the horizon; give the agenda's new size."""
    if time >= horizon:
        return size
    place = size
    while place > 0:
        parent = (place - 1) // 2
        if agenda.time[parent] < time or (agenda.time[parent] == time and agenda.code[parent] < code):
            break
        agenda.time[place], agenda.code[place] = agenda.time[parent], agenda.code[parent]
        place = parent
    agenda.time[place], agenda.code[place] = time, code
    return size + 1


@compiled
def pop(agenda: Agenda, size: int) -> int:
    """Take the first event off the agenda and give its new size."""
    size -= 1
    time, code = agenda.time[size], agenda.code[size]
    place, child = 0, 1
    while child < size:
        other = child + 1
        if other < size and (
            agenda.time[other] < agenda.time[child]
            or (agenda.time[other] == agenda.time[child] and agenda.code[other] < agenda.code[child])
        ):
            child = other
        if time < agenda.time[child] or (time == agenda.time[child] and code < agenda.code[child]):
            break
        agenda.time[place], agenda.code[place] = agenda.time[child], agenda.code[child]
        place, child = child, 2 * child + 1
    agenda.time[place], agenda.code[place] = time, code
    return size


@compiled
def join(agenda: Agenda, station: int, deal: int) -> None:
    """Put a deal at the end of the queue of a station and the deal's stage."""
    stage = agenda.stage[deal]
    agenda.behind[deal] = -1
    if agenda.first[station, stage] < 0:
        agenda.first[station, stage] = deal
    else:
        agenda.behind[agenda.last[station, stage]] = deal
    agenda.last[station, stage] = deal


@compiled
def next_in_turn(agenda: Agenda, station: int) -> int:
    """Take the deal out of its queue that is served next: latest stage, then longest wait; -1 = nobody waits."""
    for stage in range(agenda.first.shape[1] - 1, -1, -1):
        deal = agenda.first[station, stage]
        if deal >= 0:
            agenda.first[station, stage] = agenda.behind[deal]
            return deal
    return -1


@compiled
def enter(stories: Stories, agenda: Agenda, log: Log, row: int, deal: int, now: float) -> bool:
    """Begin a visit's row, and tell whether the deal joins the queue of its rep."""
    stage, again = agenda.stage[deal], agenda.round[deal]
    old = again == 0 and stage == stories.first_stage[deal] and stories.age[deal] > 0
    log.deal[row], log.stage[row], log.round[row], log.outcome[row] = deal, stage, again, OPEN
    log.entered[row] = -stories.age[deal] if old else now
    log.work_start[row] = log.work_end[row] = log.left[row] = math.nan
    log.help_start[row] = log.help_end[row] = math.nan
    agenda.row[deal] = row
    agenda.heard[deal] = False
    if not old:
        join(agenda, stories.seat[deal], deal)
    return not old


@compiled
def serve(
    station: int, now: float, size: int, stories: Stories, teams: Teams, agenda: Agenda, log: Log
) -> int:
    """Let who is free at a station turn to what waits there; give the agenda's new size."""
    hours, is_rep = teams.hours[station], station < len(teams.filled)
    horizon = float(len(hours) - 1)
    while agenda.free[station] > 0:
        deal = next_in_turn(agenda, station)
        if deal < 0:
            break
        row, fate = agenda.row[deal], stories.fate[deal, agenda.round[deal], agenda.stage[deal]]
        effort = fate[EFFORT] if is_rep else fate[HELP]
        begin, end = spell(hours, now, effort)
        if is_rep:
            lapse = log.entered[row] + fate[PATIENCE]
            if gives_up(begin, lapse, horizon):
                log.left[row], log.outcome[row] = lapse, GAVE_UP
                continue
            if begin < horizon:
                log.work_start[row] = begin
        elif begin < horizon:
            log.help_start[row] = begin
        # SimPy is told how long, not when: the sum may differ from the end in its last digit
        size = push(agenda, size, now + (end - now), (WORK_DONE << DEAL_BITS) + deal, horizon)
        agenda.station[deal] = station
        agenda.free[station] -= 1
    return size


@compiled
def run_cluster(
    cluster: int, stories: Stories, teams: Teams, course: Course, agenda: Agenda, log: Log, used: int
) -> int:
    """Run the territories of a cluster; rows before ``used`` stay as they are."""
    rounds, stages = stories.fate.shape[1], stories.fate.shape[2]
    horizon = float(teams.hours.shape[1] - 1)
    size = np.int64(0)  # a plain 0 is a type of its own, for which everything would be compiled twice
    for place in range(stories.starts[cluster], stories.starts[cluster + 1]):
        deal = stories.order[place]
        agenda.stage[deal], agenda.round[deal] = stories.first_stage[deal], 0
        size = push(agenda, size, stories.arrival[deal], (ARRIVAL << DEAL_BITS) + deal, horizon)
    while size > 0:
        now = agenda.time[0]
        kind, deal = agenda.code[0] >> DEAL_BITS, agenda.code[0] & DEAL_MASK
        size = pop(agenda, size)
        seat, stage = stories.seat[deal], agenda.stage[deal]
        again = agenda.round[deal]
        if kind == WORK_DONE:
            row, station = agenda.row[deal], agenda.station[deal]
            agenda.free[station] += 1
            helper = course.helper[seat, stage] if station == seat else -1
            if station == seat:
                log.work_end[row] = now
            else:
                log.help_end[row] = now
            if helper >= 0:
                join(agenda, helper, deal)
                size = serve(helper, now, size, stories, teams, agenda, log)
            else:
                size = push(
                    agenda,
                    size,
                    now + stories.fate[deal, again, stage, DAYS],
                    (ANSWER << DEAL_BITS) + deal,
                    horizon,
                )
            size = serve(station, now, size, stories, teams, agenda, log)
            continue
        if kind == ANSWER:
            there = attended(teams.filled[seat], teams.left[seat], teams.refilled[seat], now)
            if there > now and not agenda.heard[deal]:  # nobody there to hear the answer
                agenda.heard[deal] = True
                size = push(agenda, size, now + (there - now), (ANSWER << DEAL_BITS) + deal, horizon)
                continue
            row, last = agenda.row[deal], stage == stages - 1
            chance = teams.chances[seat, person(teams.refilled[seat], now), stage]
            trained_from, trained = course.trained_from[stage], course.trained[stage]
            chance = chance_then(chance, trained_from, trained, stories.odds[deal], last, now)
            luck, returns = stories.fate[deal, again, stage, LUCK], again < rounds - 1
            log.left[row] = now
            log.outcome[row] = answered(luck, chance, course.stall[stage], last, returns)
            if log.outcome[row] == STALLED:
                agenda.stage[deal], agenda.round[deal] = course.back[stage], again + 1
                awake = now + stories.fate[deal, again, stage, ASLEEP]
                size = push(agenda, size, awake, (ARRIVAL << DEAL_BITS) + deal, horizon)
            if log.outcome[row] != ADVANCE:
                continue
            stage += 1
            agenda.stage[deal] = stage
        if used == len(log.deal):
            return FULL
        waits = enter(stories, agenda, log, used, deal, now)
        used += 1
        if waits:
            size = serve(seat, now, size, stories, teams, agenda, log)
        else:
            size = push(
                agenda,
                size,
                now + stories.fate[deal, again, stage, DAYS],
                (ANSWER << DEAL_BITS) + deal,
                horizon,
            )
    return used


@compiled
def run_clusters(stories: Stories, teams: Teams, course: Course, agenda: Agenda, log: Log) -> int:
    """Run every cluster of territories to the horizon, one after the other.

    Parameters
    ----------
    stories, teams, course
        What is simulated.
    agenda
        A new one, by `empty_agenda`.
    log
        Receives the visits in the order in which stages are entered, cluster by cluster.

    Returns
    -------
    Rows filled, or FULL when there are more visits than rows.
    """
    used = np.int64(0)
    for cluster in range(len(stories.starts) - 1):
        used = run_cluster(cluster, stories, teams, course, agenda, log, used)
        if used == FULL:
            break
    return int(used)
