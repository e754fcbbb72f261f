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

from simulation.compiled import compiled, inlined
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
# columns of the log
VISIT = ("deal", "stage", "round", "outcome")
OF_DEAL, IN_STAGE, IN_ROUND, OUTCOME = range(len(VISIT))
TIMES = ("entered", "work_start", "work_end", "help_start", "help_end", "left")
ENTERED, WORK_START, WORK_END, HELP_START, HELP_END, LEFT = range(len(TIMES))
# where a deal stands: row of its visit; stage it is in, or will enter; times it has come back; where it is worked on;
# whether its answer has already waited for somebody to be there; kind of its event on a later day; next deal in the
# queue of the same station and stage, or in the day's list, -1 = none
STAND = ("row", "stage", "round", "station", "heard", "kind", "behind")
ROW, STAGE, TIMES_BACK, STATION, HEARD, KIND, BEHIND = range(len(STAND))


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
    """Rows to be filled, one a visit, as in `records.Records`: shape (`VISIT`, visits) and (`TIMES`, visits).

    Few arrays with several columns, here and in `Agenda`: each array costs time whenever a function is called.
    """

    visit: Index
    times: Array


class Agenda(NamedTuple):
    """What lies ahead, and where each deal stands.

    Events of the day at hand are a binary heap by time, then by kind and deal; those of each later day a list in no
    order, which becomes the heap when its day comes: so the heap is small, and most events never move in it. A deal
    has one event ahead at most, so as many places as there are deals are enough.
    """

    time: Array
    code: Index  # kind, then the deal in the last bits
    when: Array  # of the event that a deal has ahead on a later day
    stand: Index  # where each deal stands, shape (deals, `STAND`)
    day: Index  # first deal of each day's list, -1 = empty
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
    code, stand = room.array("code", (deals,), np.int64), room.array("stand", (deals, len(STAND)), np.int64)
    time, when = room.array("time", (2, deals), np.float64)
    day = np.full(teams.hours.shape[1] - 1, -1, np.int64)
    first, last = np.full((stations, stages), -1, np.int64), np.empty((stations, stages), np.int64)
    return Agenda(time, code, when, stand, day, first, last, teams.servers.copy())


@inlined
def plan(agenda: Agenda, size: int, today: int, time: float, kind: int, deal: int) -> int:
    """Put a deal's next event on the agenda, unless it lies beyond the horizon; give the heap's new size."""
    if time >= len(agenda.day):
        return size
    day = int(time)
    if day <= today:
        return push(agenda, size, time, (kind << DEAL_BITS) + deal)
    agenda.when[deal], agenda.stand[deal, KIND] = time, kind
    agenda.stand[deal, BEHIND], agenda.day[day] = agenda.day[day], deal
    return size


@inlined
def turn_to(agenda: Agenda, today: int) -> int:
    """Put the events of a day on the empty heap and give its size."""
    size, deal = int(np.int64(0)), int(agenda.day[today])
    agenda.day[today] = -1
    while deal >= 0:
        size = push(agenda, size, agenda.when[deal], (agenda.stand[deal, KIND] << DEAL_BITS) + deal)
        deal = agenda.stand[deal, BEHIND]
    return size


@inlined
def push(agenda: Agenda, size: int, time: float, code: int) -> int:
    """Put an event on the heap and give its new size."""
    place = size
    while place > 0:
        parent = (place - 1) // 2
        if agenda.time[parent] < time or (agenda.time[parent] == time and agenda.code[parent] < code):
            break
        agenda.time[place], agenda.code[place] = agenda.time[parent], agenda.code[parent]
        place = parent
    agenda.time[place], agenda.code[place] = time, code
    return size + 1


@inlined
def pop(agenda: Agenda, size: int) -> int:
    """Take the first event off the heap and give its new size."""
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


@inlined
def join(agenda: Agenda, station: int, deal: int) -> None:
    """Put a deal at the end of the queue of a station and the deal's stage."""
    stage = agenda.stand[deal, STAGE]
    agenda.stand[deal, BEHIND] = -1
    if agenda.first[station, stage] < 0:
        agenda.first[station, stage] = deal
    else:
        agenda.stand[agenda.last[station, stage], BEHIND] = deal
    agenda.last[station, stage] = deal


@inlined
def next_in_turn(agenda: Agenda, station: int) -> int:
    """Take the deal out of its queue that is served next: latest stage, then longest wait; -1 = nobody waits."""
    for stage in range(agenda.first.shape[1] - 1, -1, -1):
        deal = agenda.first[station, stage]
        if deal >= 0:
            agenda.first[station, stage] = agenda.stand[deal, BEHIND]
            return deal
    return -1


@inlined
def enter(stories: Stories, agenda: Agenda, log: Log, row: int, deal: int, now: float) -> bool:
    """Begin a visit's row, and tell whether the deal joins the queue of its rep."""
    stage, again = agenda.stand[deal, STAGE], agenda.stand[deal, TIMES_BACK]
    old = again == 0 and stage == stories.first_stage[deal] and stories.age[deal] > 0
    log.visit[OF_DEAL, row], log.visit[IN_STAGE, row], log.visit[IN_ROUND, row], log.visit[OUTCOME, row] = (
        deal,
        stage,
        again,
        OPEN,
    )
    log.times[ENTERED, row] = -stories.age[deal] if old else now
    log.times[WORK_START, row] = log.times[WORK_END, row] = log.times[LEFT, row] = math.nan
    log.times[HELP_START, row] = log.times[HELP_END, row] = math.nan
    agenda.stand[deal, ROW] = row
    agenda.stand[deal, HEARD] = False
    if not old:
        join(agenda, stories.seat[deal], deal)
    return not old


@inlined
def serve(
    station: int, now: float, size: int, stories: Stories, teams: Teams, agenda: Agenda, log: Log
) -> int:
    """Let who is free at a station turn to what waits there; give the heap's new size."""
    hours, is_rep = teams.hours[station], station < len(teams.filled)
    horizon = float(len(hours) - 1)
    while agenda.free[station] > 0:
        deal = next_in_turn(agenda, station)
        if deal < 0:
            break
        row, fate = (
            agenda.stand[deal, ROW],
            stories.fate[deal, agenda.stand[deal, TIMES_BACK], agenda.stand[deal, STAGE]],
        )
        effort = fate[EFFORT] if is_rep else fate[HELP]
        begin, end = spell(hours, now, effort)
        if is_rep:
            lapse = log.times[ENTERED, row] + fate[PATIENCE]
            if gives_up(begin, lapse, horizon):
                log.times[LEFT, row], log.visit[OUTCOME, row] = lapse, GAVE_UP
                continue
            if begin < horizon:
                log.times[WORK_START, row] = begin
        elif begin < horizon:
            log.times[HELP_START, row] = begin
        # SimPy is told how long, not when: the sum may differ from the end in its last digit
        size = plan(agenda, size, int(now), now + (end - now), WORK_DONE, deal)
        agenda.stand[deal, STATION] = station
        agenda.free[station] -= 1
    return size


@inlined
def ask(deal: int, now: float, size: int, stories: Stories, agenda: Agenda) -> int:
    """Wait for the customer's answer; give the heap's new size."""
    days = stories.fate[deal, agenda.stand[deal, TIMES_BACK], agenda.stand[deal, STAGE], DAYS]
    return plan(agenda, size, int(now), now + days, ANSWER, deal)


@inlined
def work_done(
    deal: int, now: float, size: int, stories: Stories, teams: Teams, course: Course, agenda: Agenda, log: Log
) -> int:
    """End the work on a deal: it goes to a specialist or to the customer, and who worked is free again."""
    row, station, seat = agenda.stand[deal, ROW], agenda.stand[deal, STATION], stories.seat[deal]
    agenda.free[station] += 1
    helper = course.helper[seat, agenda.stand[deal, STAGE]] if station == seat else -1
    if station == seat:
        log.times[WORK_END, row] = now
    else:
        log.times[HELP_END, row] = now
    if helper >= 0:
        join(agenda, helper, deal)
        size = serve(helper, now, size, stories, teams, agenda, log)
    else:
        size = ask(deal, now, size, stories, agenda)
    return serve(station, now, size, stories, teams, agenda, log)


@inlined
def answer(
    deal: int, now: float, size: int, stories: Stories, teams: Teams, course: Course, agenda: Agenda, log: Log
) -> tuple[bool, int]:
    """Hear a customer's answer; tell whether the deal enters the next stage, and the heap's new size."""
    seat, stage, again = stories.seat[deal], agenda.stand[deal, STAGE], agenda.stand[deal, TIMES_BACK]
    there = attended(teams.filled[seat], teams.left[seat], teams.refilled[seat], now)
    if there > now and not agenda.stand[deal, HEARD]:  # nobody there to hear the answer
        agenda.stand[deal, HEARD] = True
        return False, plan(agenda, size, int(now), now + (there - now), ANSWER, deal)
    row, last = agenda.stand[deal, ROW], stage == course.back.shape[0] - 1
    chance = teams.chances[seat, person(teams.refilled[seat], now), stage]
    chance = chance_then(
        chance, course.trained_from[stage], course.trained[stage], stories.odds[deal], last, now
    )
    luck, returns = stories.fate[deal, again, stage, LUCK], again < stories.fate.shape[1] - 1
    log.times[LEFT, row] = now
    outcome = answered(luck, chance, course.stall[stage], last, returns)
    log.visit[OUTCOME, row] = outcome
    if outcome == STALLED:
        agenda.stand[deal, STAGE], agenda.stand[deal, TIMES_BACK] = course.back[stage], again + 1
        awake = now + stories.fate[deal, again, stage, ASLEEP]
        return False, plan(agenda, size, int(now), awake, ARRIVAL, deal)
    agenda.stand[deal, STAGE] = stage + 1
    return outcome == ADVANCE, size


@compiled
def run_cluster(
    cluster: int, stories: Stories, teams: Teams, course: Course, agenda: Agenda, log: Log, used: int
) -> int:
    """Run the territories of a cluster day by day; rows before ``used`` stay as they are."""
    for place in range(stories.starts[cluster], stories.starts[cluster + 1]):
        deal = stories.order[place]
        agenda.stand[deal, STAGE], agenda.stand[deal, TIMES_BACK] = stories.first_stage[deal], 0
        plan(agenda, np.int64(0), -1, stories.arrival[deal], ARRIVAL, deal)
    for today in range(len(agenda.day)):
        size = turn_to(agenda, today)
        while size > 0:
            now = agenda.time[0]
            kind, deal = agenda.code[0] >> DEAL_BITS, agenda.code[0] & DEAL_MASK
            size = pop(agenda, size)
            if kind == WORK_DONE:
                size = work_done(deal, now, size, stories, teams, course, agenda, log)
                continue
            if kind == ANSWER:
                goes_on, size = answer(deal, now, size, stories, teams, course, agenda, log)
                if not goes_on:
                    continue
            if used == log.visit.shape[1]:
                return FULL
            waits = enter(stories, agenda, log, used, deal, now)
            used += 1
            if waits:
                size = serve(stories.seat[deal], now, size, stories, teams, agenda, log)
            else:
                size = ask(deal, now, size, stories, agenda)
    return used


@compiled
def patience_ended(visit: Index, times: Array, used: int, fate: Array, horizon: float) -> None:
    """Mark the deals that gave up in a queue where their turn never came within the year.

    Parameters
    ----------
    visit, times
        As in `Log`.
    used
        Rows that are filled.
    fate
        As in `Stories`.
    horizon
        Days that were simulated.
    """
    for row in range(used):
        never = math.isnan(times[WORK_START, row]) and times[ENTERED, row] >= 0
        if never and visit[OUTCOME, row] == OPEN:
            patience = fate[visit[OF_DEAL, row], visit[IN_ROUND, row], visit[IN_STAGE, row], PATIENCE]
            lapse = times[ENTERED, row] + patience
            if lapse < horizon:
                times[LEFT, row], visit[OUTCOME, row] = lapse, GAVE_UP


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
