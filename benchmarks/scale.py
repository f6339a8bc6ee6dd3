"""Scales: how much data each scenario takes, so that `small` ends within minutes and `full` says the truth.

Belongs here: sizes. A ratio at `small` shows a slip; what README quotes is `full`.
"""

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True)
class Scale:
    """Rows, unless said otherwise."""

    name: str
    rounds: int
    #: a file that is loaded
    file: int
    #: a file for peers that take a minute for a million
    peers: int
    #: a new day, and the two histories before it
    day: int
    histories: tuple[int, int]
    #: sizes of one day from files to answers
    growth: tuple[int, ...]
    #: of a year of small days, those whose answers are measured
    year: tuple[int, ...]
    #: Redis keys
    keys: int
    #: rows of one table of the operational database
    extracted: int
    #: everything from files to Redis, and in how many files
    everything: int
    parts: int
    #: free disk that it takes, in GB
    disk: int


SMALL = Scale("small", 3, MILLION // 2, MILLION // 5, 20_000, (MILLION // 10, MILLION), (MILLION // 10, MILLION),
              (1, 10, 20), MILLION // 10, MILLION // 2, MILLION, 2, disk=2)  # fmt: skip
FULL = Scale("full", 3, 5 * MILLION, MILLION, 100_000, (MILLION, 50 * MILLION), (MILLION, 10 * MILLION, 100 * MILLION),
             (1, 90, 180, 365), MILLION, 10 * MILLION, 100 * MILLION, 20, disk=45)  # fmt: skip
SCALES = {scale.name: scale for scale in (SMALL, FULL)}
