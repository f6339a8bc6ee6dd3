"""The drift monitor: whether Redis is what a cache's table says, asked by every tick and cheap enough for that.

Belongs here: what one process remembers of its looks, so that nothing is compared twice while nobody wrote to the
server. Not here: comparing (`drift.py`), mending (`restore.py`).

A server counts what is written, what expired and what it evicted. Where its counters are those of the last whole
comparison, Redis is as it was then. Otherwise everything is compared; the look of a sensor takes some seconds at most,
for Dagster ends a tick after a minute, and the next look goes on from there.
"""

import time
from dataclasses import dataclass, field
from threading import Lock

from acme_platform.cursor import Cursor
from acme_platform.model.table import Table
from acme_platform.serving.drift import compared, foreign
from acme_platform.serving.redis_cache import last_refresh
from acme_platform.serving.redis_keyspace import Keyspace, Watermark
from acme_platform.warehouse.connection import try_lock

#: of the look of a sensor; a million hashes take some 4 s of two quiet cores
LOOK_SECONDS = 5.0

#: the token of the last refresh and the counters of the server; no counters, where it does not tell them
State = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class DriftMonitor:
    """One cache, as one process saw it; its threads look one after the other."""

    table: Table
    #: when everything was last found equal
    _equal: State | None = None
    #: of the comparison that is not at its end: the state when it began, its last key, and the keys that Redis has
    _begun: State | None = None
    _after: str = ""
    _there: int = 0
    _guard: Lock = field(default_factory=Lock)

    def differs(self, cursor: Cursor, keyspace: Keyspace, seconds: float | None = None) -> bool:
        """Whether Redis is known to differ, after a look of so many seconds; without them everything is looked at.

        A cache that was never given is missing, and does not differ; of one that somebody fills just now nothing is
        said.
        """
        with self._guard:
            if not try_lock(cursor, self.table.full_name):
                return False
            token, day = last_refresh(cursor, self.table)
            if token is None:
                return False
            state = token, keyspace.counters().seen
            if state == self._equal and state[1]:
                return False
            if keyspace.watermark() != Watermark(token, day):
                return True
            return self._look(cursor, keyspace, state, seconds)

    def _look(self, cursor: Cursor, keyspace: Keyspace, state: State, seconds: float | None) -> bool:
        if seconds is None or not self._after:
            self._begun, self._after, self._there = state, "", 0
        until = float("inf") if seconds is None else time.monotonic() + seconds
        for batch in compared(cursor, keyspace, self.table, self._after):
            if batch.drifted:
                self._after = ""
                return True
            self._after, self._there = batch.last, self._there + batch.there
            if time.monotonic() > until:
                return False
        self._after = ""
        if next(foreign(cursor, keyspace, self.table, self._there), None):
            return True
        self._equal = self._begun
        return False
