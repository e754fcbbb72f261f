"""The scalar rules of the sales process, and the compiled kernel that runs whole territories by them.

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

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FULL = -1  # returned when there are more visits than rows


class Kind(IntEnum):
    """What happens, in the order of simultaneous events."""

    ANSWER = 1
    ARRIVAL = 2
    WORK_DONE = 3


class Outcome(IntEnum):
    """How a visit to a stage ended."""

    OPEN = 0
    ADVANCE = 1
    WON = 2
    LOST = 3


# an enumeration inside a compiled function costs compile time
ANSWER, ARRIVAL, WORK_DONE = (int(kind) for kind in Kind)
OPEN, ADVANCE, WON, LOST = (int(outcome) for outcome in Outcome)


class Teams(NamedTuple):
    """Who works the territories; the fields of `process.Team`, each with the territory as first axis.

    ``hours`` has shape (territories, days + 1), ``chances`` (territories, 2, stages), the others (territories,).
    """

    hours: Array
    chances: Array
    filled: Array
    left: Array
    refilled: Array
    servers: Index


class Stories(NamedTuple):
    """What chance has decided for the deals, as in `deals.Deals`, sorted by territory.

    ``starts`` tells where each territory's deals begin, and the end, shape (territories + 1,).
    """

    starts: Index
    arrival: Array
    first_stage: Index
    age: Array
    effort_hours: Array
    days: Array
    outcome: Array


class Log(NamedTuple):
    """Rows to be filled, one a visit, as in `records.Records`; ``deal`` is the place in the stories."""

    deal: Index
    stage: Index
    entered: Array
    work_start: Array
    work_end: Array
    left: Array
    outcome: Index


class Agenda(NamedTuple):
    """What lies ahead, as a binary heap by time, then by kind and deal; and where each deal stands.

    A deal has one event ahead at most, so as many places as there are deals are enough.
    """

    time: Array
    code: Index  # kind x deals + deal
    row: Index  # of the visit a deal is on
    heard: NDArray[np.bool_]  # whether the answer has already waited for somebody to be there
    behind: Index  # next in the queue of the same stage, -1 = none
    first: Index  # of each stage's queue, -1 = empty
    last: Index


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
def is_lost(luck: float, chance: float) -> bool:
    """Tell whether a deal ends with this answer: its luck is not below the chance of going on."""
    return luck >= chance


# ---- kernel ------------------------------------------------------------------------------------------------


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
def enter(stories: Stories, agenda: Agenda, log: Log, row: int, deal: int, stage: int, now: float) -> bool:
    """Begin a visit's row, and tell whether the deal joins the queue of its stage."""
    old = stage == stories.first_stage[deal] and stories.age[deal] > 0
    log.deal[row], log.stage[row], log.outcome[row] = deal, stage, OPEN
    log.entered[row] = -stories.age[deal] if old else now
    log.work_start[row] = log.work_end[row] = log.left[row] = math.nan
    agenda.row[deal] = row
    agenda.heard[deal] = False
    if not old:
        agenda.behind[deal] = -1
        if agenda.first[stage] < 0:
            agenda.first[stage] = deal
        else:
            agenda.behind[agenda.last[stage]] = deal
        agenda.last[stage] = deal
    return not old


@compiled
def next_in_turn(agenda: Agenda) -> int:
    """Take the deal out of its queue that is served next: latest stage, then longest wait; -1 = nobody waits."""
    for stage in range(len(agenda.first) - 1, -1, -1):
        deal = agenda.first[stage]
        if deal >= 0:
            agenda.first[stage] = agenda.behind[deal]
            return deal
    return -1


@compiled
def answered(luck: float, chance: float, last: bool) -> int:
    """Tell how a visit ends with the customer's answer."""
    if is_lost(luck, chance):
        return LOST
    return WON if last else ADVANCE


@compiled
def run_territory(territory: int, stories: Stories, teams: Teams, agenda: Agenda, log: Log, used: int) -> int:
    """Run one territory; rows before ``used`` stay as they are."""
    deals, stages = stories.days.shape
    hours, chances = teams.hours[territory], teams.chances[territory]
    filled, left, refilled = teams.filled[territory], teams.left[territory], teams.refilled[territory]
    horizon = float(len(hours) - 1)
    free = teams.servers[territory]
    agenda.first[:] = -1
    size = 0
    for deal in range(stories.starts[territory], stories.starts[territory + 1]):
        size = push(agenda, size, stories.arrival[deal], ARRIVAL * deals + deal, horizon)
    while size > 0:
        now = agenda.time[0]
        kind, deal = divmod(agenda.code[0], deals)
        size = pop(agenda, size)
        if kind == WORK_DONE:
            row = agenda.row[deal]
            log.work_end[row] = now
            answer = now + stories.days[deal, log.stage[row]]
            size = push(agenda, size, answer, ANSWER * deals + deal, horizon)
            free += 1
        else:
            stage = stories.first_stage[deal]
            if kind == ANSWER:
                there = attended(filled, left, refilled, now)
                if there > now and not agenda.heard[deal]:  # nobody there to hear the answer
                    agenda.heard[deal] = True
                    size = push(agenda, size, now + (there - now), ANSWER * deals + deal, horizon)
                    continue
                row = agenda.row[deal]
                stage = log.stage[row] + 1
                chance = chances[person(refilled, now), stage - 1]
                log.left[row] = now
                log.outcome[row] = answered(stories.outcome[deal, stage - 1], chance, stage == stages)
                if log.outcome[row] != ADVANCE:
                    continue
            if used == len(log.deal):
                return FULL
            waits = enter(stories, agenda, log, used, deal, stage, now)
            used += 1
            if not waits:
                answer = now + stories.days[deal, stage]
                size = push(agenda, size, answer, ANSWER * deals + deal, horizon)
        deal = next_in_turn(agenda) if free > 0 else -1
        if deal >= 0:
            row = agenda.row[deal]
            begin, end = spell(hours, now, stories.effort_hours[deal, log.stage[row]])
            if begin < horizon:
                log.work_start[row] = begin
            # SimPy is told how long, not when: the sum may differ from the end in its last digit
            size = push(agenda, size, now + (end - now), WORK_DONE * deals + deal, horizon)
            free -= 1
    return used


@compiled
def run_territories(stories: Stories, teams: Teams, log: Log) -> int:
    """Run every territory to the horizon, one after the other.

    Parameters
    ----------
    stories, teams
        What is simulated.
    log
        Receives the visits in the order in which stages are entered, territory by territory.

    Returns
    -------
    Rows filled, or FULL when there are more visits than rows.
    """
    deals, stages = stories.days.shape
    agenda = Agenda(
        np.empty(deals),
        np.empty(deals, np.int64),
        np.empty(deals, np.int64),
        np.zeros(deals, np.bool_),
        np.empty(deals, np.int64),
        np.empty(stages, np.int64),
        np.empty(stages, np.int64),
    )
    used = 0
    for territory in range(len(teams.filled)):
        used = run_territory(territory, stories, teams, agenda, log, used)
        if used == FULL:
            break
    return used
