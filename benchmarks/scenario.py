"""A scenario: one row of the table of promises, and what measuring it found.

Belongs here: the values and how a figure is held against its promise. Not here: measuring (`measure.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Literal

from benchmarks.measure import Pairs

if TYPE_CHECKING:
    from benchmarks.bench import Bench


class CannotRunError(Exception):
    """Why a scenario, or the peer it needs, is not measured on this machine or at this scale."""


@dataclass(frozen=True)
class Promise:
    """What a figure must reach: at least, or at most, `firm`; `aim` is what would be good."""

    bound: Literal["at least", "at most"]
    firm: float
    aim: float | None = None
    unit: str = "×"

    def is_kept(self, value: float) -> bool:
        return value >= self.firm if self.bound == "at least" else value <= self.firm

    def __str__(self) -> str:
        sign = "≥" if self.bound == "at least" else "≤"
        return f"{sign} {self.firm:g} {self.unit}" + (f" (aim {self.aim:g})" if self.aim is not None else "")


@dataclass(frozen=True)
class Side:
    """One side's median; `rows` is 0 where it is not about rows."""

    name: str
    seconds: float
    rows: int = 0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.rows else 0.0


@dataclass(frozen=True)
class Outcome:
    """What a run of a scenario found. `value` is held against the promise."""

    value: float
    sides: tuple[Side, ...] = ()
    rounds: int = 1
    #: of the process that loads, whatever else ran in it before; 0 where it was not looked at
    peak_megabytes: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A row of the table."""

    name: str
    work: str
    against: str
    promise: Promise
    run: "Callable[[Bench], Outcome]" = field(repr=False)


def sides(pairs: Pairs, ours: str, against: str, rows: int = 0, rows_against: int | None = None) -> tuple[Side, Side]:
    """Both sides' medians, by name."""
    other = rows if rows_against is None else rows_against
    return Side(ours, median(pairs.ours), rows), Side(against, median(pairs.against), other)
