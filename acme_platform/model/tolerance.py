"""Tolerance: how many rows of a delivery may be unreadable before the delivery is refused as a whole.

Belongs here: the rule, written once. Not here: who counts (`screen.py` broken lines, `refusal.py` lines and values
together), what a refusal does (`refusal.py`).
"""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acme_platform.model.table import Table

#: so many unreadable rows, and a tenth of the good ones, are a bomb: a line of a letter costs its sender next to
#: nothing, and us ten microseconds and a row of the quarantine
MOST_REJECTS = 1_000_000


@dataclass(frozen=True)
class Tolerance:
    """More than this share or more than this number of unreadable rows are too many; 0 of either allows none.

    Otherwise a few are always allowed, one unless said otherwise: 1 % of fewer than 100 rows is less than one, and a
    file of 50 rows would be lost for one of them. A delivery of which not one row can be read is not tolerated.
    """

    share: float = 0.01
    rows: int = 1_000
    few: int = 1

    def exceeded(self, rejected: int, rows: int) -> bool:
        """Whether so many of so many rows are too many."""
        if is_bomb(rejected, rows):
            return True
        if self == ANYTHING or not rejected:
            return False
        return rejected == rows >= self.few or rejected > self._allowed(rows)

    def _allowed(self, rows: int) -> float:
        if not self.share or not self.rows:
            return 0
        return min(max(self.few, self.share * rows), self.rows)


USUAL = Tolerance()
#: what a person accepts who has seen the rejects; nobody means a bomb of them
ANYTHING = Tolerance(1, sys.maxsize)


def is_bomb(rejected: int, rows: int) -> bool:
    """Whether so many of so many rows are unreadable that nobody may accept them."""
    return rejected > max(MOST_REJECTS, (rows - rejected) // 10)


def rule(staging: "Table", tolerance: Tolerance) -> str:
    """By which a delivery is judged; by another one it may be good enough."""
    return f"{staging.sql.code_version} {tolerance}"


def too_many(rejected: int, rows: int) -> str:
    """What the sentence that refuses says."""
    few = f"{rejected:,} of its {rows:,} rows cannot be read"
    if is_bomb(rejected, rows):
        return f"{few}, more than anybody may accept"
    return f"not one of its {rows:,} rows is good" if rejected == rows else few
