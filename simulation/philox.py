"""The counter-based generator Philox4x32-10, compiled: a counter and a key give the same bits anywhere.

Words of 32 bits are kept in 64 bits, so that no product overflows.
"""

from __future__ import annotations

import numpy as np

from simulation.compiled import compiled, elementwise

Word = np.uint64

_LOW, _HALF = Word(0xFFFFFFFF), Word(32)
_MULTIPLIER_0, _MULTIPLIER_1 = Word(0xD2511F53), Word(0xCD9E8D57)
_KEY_STEP_0, _KEY_STEP_1 = Word(0x9E3779B9), Word(0xBB67AE85)
_ROUNDS = 10


@compiled
def scramble(c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word) -> tuple[Word, Word, Word, Word]:
    """Scramble a counter of four words with a key of two.

    Returns
    -------
    Four words of 32 random bits.

    References
    ----------
    Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
    DOI 10.1145/2063384.2063405.
    """
    for _ in range(_ROUNDS):
        left, right = c0 * _MULTIPLIER_0, c2 * _MULTIPLIER_1
        c0, c1 = (right >> _HALF) ^ c1 ^ k0, right & _LOW
        c2, c3 = (left >> _HALF) ^ c3 ^ k1, left & _LOW
        k0, k1 = (k0 + _KEY_STEP_0) & _LOW, (k1 + _KEY_STEP_1) & _LOW
    return c0, c1, c2, c3


@compiled
def between(thing: Word, replication: Word, last: Word, seed: Word) -> float:
    """Give a uniform number above 0 and below 1: 52 random bits of the counter (thing, replication, last)."""
    high, low, _, _ = scramble(thing & _LOW, thing >> _HALF, replication, last, seed & _LOW, seed >> _HALF)
    # half a step is added, so that neither 0 nor 1 can come out; 52 bits, so that the sum is exact
    bits = (high << Word(20)) | (low >> Word(12))
    return (float(bits) + 0.5) / 2.0**52


@elementwise("float64(uint64, uint64, uint64, uint64)")
def uniform(thing: Word, replication: Word, last: Word, seed: Word) -> float:
    """Give `between` for arrays, which broadcast."""
    return between(thing, replication, last, seed)
