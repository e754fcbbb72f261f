"""Random numbers that belong to a thing and a purpose, not to the order in which they are asked for.

Two alignments, two stress cases or any number of workers ask for the same numbers, so they share their luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]  # 32-bit words, kept in 64 bits so that a product does not overflow

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10

# The last counter word holds purpose, stage and number side by side.
_PURPOSES, _STAGES = 2**6, 2**6


class Purpose(IntEnum):
    """What a random number decides; a value, once given, never changes and is never used again."""

    MACRO_DEMAND = 1
    MACRO_WIN_RATE = 2
    MACRO_DEAL_SIZE = 3
    LEAVING = 4
    SKILL = 5
    COUNT = 6
    ARRIVAL = 7
    EFFORT = 8
    DAYS = 9
    OUTCOME = 10
    AMOUNT = 11


def entity(kind: str, name: str) -> int:
    """Give a thing its 64-bit number, which depends on its own id alone."""
    return int.from_bytes(blake2b(f"{kind}:{name}".encode(), digest_size=8).digest(), "little")


def philox(
    counter: tuple[Words, Words, Words, Words], key: tuple[int, int]
) -> tuple[Words, Words, Words, Words]:
    """Scramble counters with Philox4x32-10.

    Parameters
    ----------
    counter
        Four 32-bit words, broadcast against each other.
    key
        Two 32-bit words.

    Returns
    -------
    Four words of 32 random bits for each counter.

    References
    ----------
    Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
    DOI 10.1145/2063384.2063405.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        left, right = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0 = (right >> _HALF) ^ c1 ^ np.uint64(k0)
        c1 = right & _LOW
        c2 = (left >> _HALF) ^ c3 ^ np.uint64(k1)
        c3 = left & _LOW
        k0, k1 = (k0 + _KEY_STEPS[0]) % 2**32, (k1 + _KEY_STEPS[1]) % 2**32
    return c0, c1, c2, c3


@dataclass(frozen=True)
class Stream:
    """The random numbers of one replication.

    Parameters
    ----------
    seed
        Seed of the scenario, 0 <= seed < 2**64.
    replication
        Number of the simulated year, from 0.
    """

    seed: int
    replication: int

    def uniform(
        self, purpose: Purpose, entities: ArrayLike = 0, number: ArrayLike = 0, stage: ArrayLike = 0
    ) -> NDArray[np.float64]:
        """Give one uniform number for each thing, above 0 and below 1.

        Parameters
        ----------
        purpose
            What the numbers decide.
        entities
            Numbers of things, as given by `entity`; broadcast with the next two.
        number
            Running number inside the thing: its n-th deal, its n-th person; below 2**20.
        stage
            Stage of the sales process, below 64.

        Returns
        -------
        Uniforms with 52 random bits, in the shape of the arguments.
        """
        things = np.asarray(entities, dtype=np.uint64)
        place = np.asarray(number, dtype=np.uint64) * np.uint64(_STAGES) + np.asarray(stage, dtype=np.uint64)
        last = place * np.uint64(_PURPOSES) + np.uint64(purpose)
        counter = (things & _LOW, things >> _HALF, np.asarray(self.replication, dtype=np.uint64), last)
        high, low, _, _ = philox(counter, (self.seed % 2**32, self.seed >> 32))
        # half a step is added, so that neither 0 nor 1 can come out; 52 bits, so that the sum is exact
        bits = (high << np.uint64(20)) | (low >> np.uint64(12))
        return (bits.astype(np.float64) + 0.5) / 2.0**52
