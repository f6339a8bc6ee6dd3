"""Measuring: a clock, sides that run in turn, the peak memory of this process.

Belongs here: numbers. Not here: what is measured (`scenarios/`) and what was promised (`scenario.py`).
"""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event, Thread

#: runs one side once and returns its seconds; what it prepares before is not counted
Side = Callable[[], float]

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
#: to /proc/self/clear_refs: forget the peak
FORGET_PEAK = "5"


class Clock:
    """Seconds between the begin and the end of its block."""

    def __enter__(self) -> "Clock":
        self.seconds = 0.0
        self._began = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._began


@dataclass
class Peak:
    """The most that `look` gave within the block, asked again and again from a thread of its own."""

    look: Callable[[], float]
    pause_seconds: float
    value: float = 0.0
    _over: Event = field(default_factory=Event)

    def __enter__(self) -> "Peak":
        self._watch = Thread(target=self._ask, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _ask(self) -> None:
        while not self._over.wait(self.pause_seconds):
            self.value = max(self.value, self.look())


@dataclass(frozen=True)
class Pairs:
    """Seconds of both sides, round by round."""

    ours: list[float]
    against: list[float]

    @property
    def speed(self) -> float:
        """How many times as fast as the other side, the median over the rounds."""
        return median(there / here for here, there in zip(self.ours, self.against, strict=True))

    @property
    def cost(self) -> float:
        """How many times as long as the other side, the median over the rounds."""
        return median(here / there for here, there in zip(self.ours, self.against, strict=True))


def alternate(ours: Side, against: Side, rounds: int) -> Pairs:
    """Run both sides `rounds` times, who begins changing each time: a machine that slows down slows both."""
    pairs = Pairs([], [])
    for turn in range(rounds):
        order = [(ours, pairs.ours), (against, pairs.against)]
        for side, seconds in order if turn % 2 == 0 else reversed(order):
            seconds.append(side())
    return pairs


def forget_peak() -> None:
    """Count peak memory anew, where the system can (Linux)."""
    if CLEAR.exists():
        CLEAR.write_text(FORGET_PEAK)


def peak_megabytes() -> float:
    """The most memory that this process held: since `forget_peak` on Linux, since its start elsewhere."""
    if STATUS.exists():
        (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
