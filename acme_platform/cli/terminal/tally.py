"""A tally: what one table came to while `acme run` works on it, and how long the rest of its days will take.

Belongs here: the pace of one table. Not here: the run as a whole (`watch.py`).
"""

from dataclasses import dataclass, field

#: days that say nothing yet about how the pace changes
FEW = 10


@dataclass
class Tally:
    """What one table came to so far, and how long each of its days took, its share of the checks included."""

    filled: int = 0
    unchanged: int = 0
    rows: int = 0
    seconds: list[float] = field(default_factory=list)
    #: days of the run that is under way
    fresh: int = 0

    @property
    def days(self) -> int:
        return self.filled + self.unchanged

    def share(self, seconds: float) -> None:
        """What was done for all days of the run together: its checks."""
        self.seconds[-self.fresh :] = [rate + seconds / self.fresh for rate in self.seconds[-self.fresh :]]
        self.fresh = 0

    def left(self, days: int) -> float:
        """Seconds for so many more days.

        An answer reads every day before its own, so a year takes more than twelve times a month: what the second half
        of the days took longer than the first is expected to go on.
        """
        half = len(self.seconds) // 2
        if half < FEW:
            return days * sum(self.seconds) / len(self.seconds)
        older, newer = sum(self.seconds[:half]) / half, sum(self.seconds[-half:]) / half
        growth = max(0.0, newer - older) / (len(self.seconds) - half)
        return days * (newer + growth * (half + days) / 2)
