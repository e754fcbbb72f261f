"""Random numbers that belong to a thing and a purpose, not to the order in which they are asked for.

Two alignments, two stress cases or any number of workers ask for the same numbers, so they share their luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation import philox

# The last counter word holds purpose, stage and number side by side.
PURPOSES, STAGES = 2**6, 2**6
ROUND = 16  # more than there are stages: what a deal's stages are counted on by when it comes back


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
    PATIENCE = 12
    ASLEEP = 13
    HELP = 14
    MACRO_HOURS = 15
    ADVANCE = 16
    HANDOFF = 17
    CAMPAIGN = 18
    PULL_IN = 19
    RENEWAL = 20
    RENEWAL_DAY = 21
    RENEWAL_AMOUNT = 22
    VACATION = 23


def entity(kind: str, name: str) -> int:
    """Give a thing its 64-bit number, which depends on its own id alone."""
    return int.from_bytes(blake2b(f"{kind}:{name}".encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Stream:
    """The random numbers of one replication.

    Parameters
    ----------
    seed
        Seed of the scenario, 0 <= seed < 2**64.
    replication
        Number of the simulated year, from 0; or several, which broadcast with the things asked for.
    """

    seed: int
    replication: int | NDArray[np.int64]

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
            Stage of the sales process, plus 16 for each time the deal has come back; below 64.

        Returns
        -------
        Uniforms with 52 random bits, in the shape of the arguments.
        """
        things = np.asarray(entities, dtype=np.uint64)
        place = np.asarray(number, dtype=np.uint64) * np.uint64(STAGES) + np.asarray(stage, dtype=np.uint64)
        last = place * np.uint64(PURPOSES) + np.uint64(purpose)
        years = np.asarray(self.replication, dtype=np.uint64)
        return philox.uniform(things, years, last, np.uint64(self.seed))
