"""The state of the sensors: on or stopped, when each looked last and what came of it.

Belongs here: reading it from Dagster's instance. Not here: the sensors (`sensors.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

# Dagster, pinned to one version, exports no type for what its instance returns here.
from acme_platform.deployment.dagster_private import InstigatorState, InstigatorTick, TickStatus
from acme_platform.model import sensor_names
from acme_platform.registry import catalog

#: looks in a row that do not break off by chance
LOOKS = 5
#: what is said of a look amid which the daemon or its code server went
BROKEN_OFF = ("does not exist in workspace", "cannot schedule new futures", "Could not reach user code server")


@dataclass(frozen=True)
class SensorState:
    """One declared sensor."""

    name: str
    #: None for those that look at all of them
    feed: str | None
    #: somebody switched it off in the UI; it stays off when the platform is started again
    stopped: bool = False
    #: None when it never looked
    looked_at: datetime | None = None
    #: `success`, `skipped` or `failure`
    outcome: str = ""
    #: how many runs it asked for, why it skipped, or the error
    said: str = ""

    @property
    def has_failed(self) -> bool:
        return self.outcome == "failure"

    @property
    def is_idle(self) -> bool:
        """It does not look, or looks in vain."""
        return self.stopped or self.has_failed


def sensor_states(opened: dg.DagsterInstance) -> Iterator[SensorState]:
    """Every declared sensor, also one that the daemon has not seen yet."""
    # A code location that was loaded under another name left states of its own: the one that looked last counts.
    known = {state.instigator_name: state for state in sorted(opened.all_instigator_state(), key=_last_look)}
    for name, feed in _declared():
        yield _described(opened, known[name], feed) if name in known else SensorState(name, feed)


def _declared() -> Iterator[tuple[str, str | None]]:
    """(sensor, feed)"""
    for feed in catalog.feeds().values():
        yield from ((name, feed.name) for name in sensor_names.of_feed(feed))
    yield from ((name, None) for name in (sensor_names.INVENTORY, sensor_names.ALERTS, sensor_names.FAILED_RUNS))


def _last_look(state: InstigatorState) -> float:
    return getattr(state.instigator_data, "last_tick_timestamp", None) or 0.0


def _described(opened: dg.DagsterInstance, state: InstigatorState, feed: str | None) -> SensorState:
    name, stopped = state.instigator_name, not state.is_running
    ticks = opened.get_ticks(state.instigator_origin_id, state.selector_id, limit=LOOKS)
    # the newest look may still be under way
    ended = [tick for tick in ticks if tick.status != TickStatus.STARTED]
    whole = [tick for tick in ended if not _was_broken_off(tick)]
    if not whole and len(ended) < LOOKS:
        return SensorState(name, feed, stopped)
    tick = (whole or ended)[0]
    looked_at = datetime.fromtimestamp(tick.timestamp, UTC)
    return SensorState(name, feed, stopped, looked_at, tick.status.value.lower(), _said(tick))


def _was_broken_off(tick: InstigatorTick) -> bool:
    """A look amid which the platform was stopped says nothing of the sensor; so many in a row do."""
    return bool(tick.error) and any(words in _said(tick) for words in BROKEN_OFF)


def _said(tick: InstigatorTick) -> str:
    if tick.error:
        return (tick.error.cause or tick.error).message.strip()
    return tick.skip_reason or f"runs asked for: {len(tick.run_ids)}"
