"""Draws: numbers that look random and follow from what they are drawn for, not from what was drawn before.

A generator with a state gives row 4,000,000 only after the 3,999,999 before it. A draw is a hash of its subject (an
order's id, a customer's id) and its purpose, so any row of any day can be made alone, in any order, and the same again.
Belongs here: the hash and the step from a hash to a number below n.
"""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]

#: The constants of SplitMix64 (Steele, Lea and Flood, 2014): an odd step and two odd multipliers found to mix well.
STEP = 0x9E3779B97F4A7C15
MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
WORD = 2**64


def drawn(subjects: Numbers, purpose: str, *circumstances: int) -> Numbers:
    """64 random-looking bits for each subject; another purpose or circumstance (a seed, a day) gives others."""
    mixed = subjects * np.uint64(STEP) + np.uint64(_salt(purpose, *circumstances))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(MIX[0])
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(MIX[1])
    return mixed ^ (mixed >> np.uint64(31))


def below(bits: Numbers, limit: int) -> Numbers:
    """Bits as numbers in 0..limit-1, by multiplication: a third of the time of a remainder. `limit` fits 32 bits."""
    return ((bits >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32)


def _salt(purpose: str, *circumstances: int) -> int:
    """Folds the words into one number by the same steps, in Python's integers, once a block."""
    salt = int.from_bytes(purpose.encode()[:8].ljust(8, b"\0"))
    for circumstance in circumstances:
        salt = (salt ^ circumstance) * STEP % WORD
        salt = (salt ^ salt >> 32) * MIX[0] % WORD
    return (salt * STEP + STEP) % WORD
