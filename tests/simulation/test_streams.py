"""Keyed random numbers: the published generator, one number a thing and purpose, whatever the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.philox import scramble
from simulation.streams import Purpose, Stream, entity

WORD = st.integers(0, 2**32 - 1)

# Random123, file kat_vectors, lines "philox4x32 10"
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def plain_philox(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """Philox4x32-10 in whole numbers of Python, as in figure 2 of the paper."""
    (left, right), k = (counter[:2], counter[2:]), list(key)
    for _ in range(10):
        a, b = left[0] * 0xD2511F53, right[0] * 0xCD9E8D57
        new_left = ((b >> 32) ^ left[1] ^ k[0], b & 0xFFFFFFFF)
        right = ((a >> 32) ^ right[1] ^ k[1], a & 0xFFFFFFFF)
        left = new_left
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return (*left, *right)


def words(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    return tuple(int(word) for word in scramble(*map(np.uint64, (*counter, *key))))


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answers(counter: tuple[int, ...], key: tuple[int, int], answer: tuple[int, ...]) -> None:
    """The generator gives the published words."""
    assert words(counter, key) == answer


@given(counter=st.tuples(WORD, WORD, WORD, WORD), key=st.tuples(WORD, WORD))
def test_equals_whole_number_arithmetic(counter: tuple[int, ...], key: tuple[int, int]) -> None:
    """No product overflows: any counter and key give what unbounded integers give."""
    assert words(counter, key) == plain_philox(counter, key)


def test_purposes_are_never_renumbered() -> None:
    """A purpose keeps its number, else every stored result would change."""
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "MACRO_DEMAND": 1,
        "MACRO_WIN_RATE": 2,
        "MACRO_DEAL_SIZE": 3,
        "LEAVING": 4,
        "SKILL": 5,
        "COUNT": 6,
        "ARRIVAL": 7,
        "EFFORT": 8,
        "DAYS": 9,
        "OUTCOME": 10,
        "AMOUNT": 11,
        "PATIENCE": 12,
        "ASLEEP": 13,
        "HELP": 14,
        "MACRO_HOURS": 15,
        "ADVANCE": 16,
        "HANDOFF": 17,
        "CAMPAIGN": 18,
        "PULL_IN": 19,
        "RENEWAL": 20,
        "RENEWAL_DAY": 21,
        "RENEWAL_AMOUNT": 22,
        "VACATION": 23,
    }


def test_a_number_is_stable() -> None:
    """One draw is pinned, so that a change of key, counter or conversion cannot go unseen."""
    last = (3 << 12) + (2 << 6) + Purpose.DAYS
    key = entity("unit", "36061")
    high, low, _, _ = plain_philox((key % 2**32, key >> 32, 11, last), (2**40 % 2**32, 2**40 >> 32))
    expected = (((high << 20) | (low >> 12)) + 0.5) / 2**52
    assert Stream(2**40, 11).uniform(Purpose.DAYS, key, 3, 2) == expected
    assert entity("unit", "36061") == 980981992772393538


def test_every_coordinate_matters() -> None:
    """Seed and entity (both halves), replication, purpose, number and stage each give other numbers."""
    draws = [
        Stream(seed, replication).uniform(purpose, thing, number, stage)
        for seed in (1, 2, 1 + 2**32)
        for replication in (0, 1)
        for purpose in (Purpose.EFFORT, Purpose.DAYS)
        for thing in (5, 6, 5 + 2**32)
        for number in (0, 1, 1023)
        for stage in (0, 1, 11)
    ]
    assert len(set(map(float, draws))) == len(draws)


def test_order_and_shape_do_not_matter() -> None:
    """A number depends on its thing alone, not on what else is asked for, nor in which order."""
    stream = Stream(7, 3)
    keys = np.array([entity("unit", str(i)) for i in range(50)], dtype=np.uint64)
    together = stream.uniform(Purpose.EFFORT, keys[:, None], np.arange(4), 2)
    backwards = stream.uniform(Purpose.EFFORT, keys[::-1, None], np.arange(4), 2)[::-1]
    assert np.array_equal(together, backwards)
    assert together[17, 3] == stream.uniform(Purpose.EFFORT, keys[17], 3, 2)


def test_kinds_of_things_do_not_collide() -> None:
    """A unit, a seat and a deal of the same name have luck of their own."""
    assert len({entity(kind, "T01") for kind in ("unit", "seat", "deal")}) == 3


def test_uniform_and_uncorrelated() -> None:
    """Numbers fill (0, 1) evenly, and neighbouring keys, stages and purposes are uncorrelated.

    40,000 draws: a share of a tenth has standard error 0.0015, a correlation 0.005; limits are 4 of them.
    """
    keys = np.arange(10_000, dtype=np.uint64)
    table = Stream(3, 1).uniform(Purpose.OUTCOME, keys[:, None], 0, np.arange(4))
    assert 0 < table.min() < table.max() < 1
    shares = np.histogram(table, bins=10, range=(0, 1))[0] / table.size
    assert np.abs(shares - 0.1).max() < 0.006
    other = Stream(3, 1).uniform(Purpose.AMOUNT, keys[:, None], 0, np.arange(4))
    pairs = [(table[:-1], table[1:]), (table[:, :-1], table[:, 1:]), (table, other)]
    assert max(abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for a, b in pairs) < 0.022
