"""A killer of the processes of a platform, each kind in its own time.

Belongs here: which process is of which kind, and when one is killed. Not here: what must hold then
(`test_killed_platform.py`).
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from acme_assets_tests.support.up import Up
from acme_platform.deployment.run_launcher import WORKER

#: kind -> words of command lines, each of a process of it
KINDS: Mapping[str, tuple[str, ...]] = {
    "daemon": ("dagster-daemon run",),
    # the one that `acme up` starts, and the one below it that has loaded the code
    "code server": ("dagster code-server start", "dagster api grpc"),
    "worker": (WORKER,),
    "keeper": ("keeper_main",),
    "PostgreSQL": ("/postgres -D",),
    "Valkey": ("/valkey-server",),
}
#: at most so long a process that was not there is waited for before it is looked for again: as long as a worker lives
LIFE_SECONDS = 6.0
#: nothing is waited for longer, in which work might be done
IDLE_SECONDS = 30.0
GLANCE = 0.1


@dataclass
class Killer:
    """Kills so many of each kind; between two of a kind lie `pace` seconds, from the least to the most, and some work.

    On a busy machine a platform that is killed before it did anything would never do anything.
    """

    up: Up
    wanted: int
    pace: tuple[float, float]
    #: how much work was done so far
    done: Callable[[], int]
    kills: Counter[str] = field(default_factory=Counter)
    _due: dict[str, float] = field(default_factory=dict)
    #: kind -> what was done when one was killed last
    _before: dict[str, int] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(20240101))  # noqa: S311  # the same each time

    def is_done(self) -> bool:
        return all(self.kills[kind] >= self.wanted for kind in KINDS)

    def work(self, seconds: float) -> None:
        """Kill what becomes due within that time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._look()
            time.sleep(GLANCE)

    def _look(self) -> None:
        """Kill whatever is due. What is not there is looked for a random moment later, or only newborns would die."""
        now = time.monotonic()
        for kind in KINDS:
            if self.kills[kind] < self.wanted and self._is_due(kind, now):
                killed = self._kill(kind)
                self.kills[kind] += killed
                self._due[kind] = now + (self._moment(kind) if killed else self._chance.uniform(0, LIFE_SECONDS))
                self._before[kind] = self.done() if killed else self._before.get(kind, -1)

    def _is_due(self, kind: str, now: float) -> bool:
        waited = now - self._due.setdefault(kind, now + self._moment(kind))
        return waited >= IDLE_SECONDS or (waited >= 0 and self.done() > self._before.get(kind, -1))

    def _moment(self, kind: str) -> float:
        """Workers come and go by themselves, and are often away when one is due."""
        return self._chance.uniform(*self.pace) / (2 if kind == "worker" else 1)

    def _kill(self, kind: str) -> bool:
        there = self.up.processes(self._chance.choice(KINDS[kind]))
        with suppress(ProcessLookupError, IndexError):  # none, or it ended by itself
            os.kill(self._chance.choice(there), signal.SIGKILL)
            return True
        return False
