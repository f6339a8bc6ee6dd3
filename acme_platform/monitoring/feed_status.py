"""The state of a feed: its tables, caches, runs and sensors rolled up to one line.

Belongs here: the sums. Not here: what is summed (`status.py`, `cache_lag.py`, `sensor_status.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from acme_platform.day import Days, spans
from acme_platform.model.layer import layer_of
from acme_platform.monitoring.status import Status, TableState


@dataclass(frozen=True)
class FeedState:
    """One feed, as of one moment; the days of all its tables together."""

    feed: str
    #: the newest day of any delivery
    delivered: date | None
    #: the newest day that all the answers have
    answered: date | None
    missing: list[Days]
    failed: list[Days]
    stale: list[Days]
    older_sql: list[Days]
    red_must: int
    broken_should: int
    refused_files: int
    #: caches that are not what the answers are
    behind: list[str]
    under_way: int
    queued: int
    #: by the sensor of the feed that has not looked for the longest; None where one never has
    looked_at: datetime | None
    #: sensors that are stopped, or failed when they looked last
    idle: list[str]


def feed_states(status: Status) -> list[FeedState]:
    """One of each feed, in the order of their tables."""
    return [_rolled_up(status, feed) for feed in dict.fromkeys(table.feed for table in status.tables)]


def _rolled_up(status: Status, feed: str) -> FeedState:
    tables = [table for table in status.tables if table.feed == feed]
    names = {table.table for table in tables}
    sensors = [sensor for sensor in status.sensors if sensor.feed == feed]
    states = [run.state for run in status.runs if run.feed == feed]
    looks = [sensor.looked_at for sensor in sensors]
    return FeedState(
        feed=feed,
        delivered=max((table.delivered for table in tables if table.delivered), default=None),
        answered=_all_have(tables),
        missing=_together(table.missing for table in tables),
        failed=_together(table.failed for table in tables),
        stale=_together(table.stale for table in tables),
        older_sql=_together(table.older_sql for table in tables),
        red_must=sum(table.red_must for table in tables),
        broken_should=sum(table.broken_should for table in tables),
        refused_files=sum(table.refused_files for table in tables),
        behind=[cache.table for cache in status.caches if cache.table in names and cache.is_behind],
        under_way=len(states) - states.count("queued"),
        queued=states.count("queued"),
        looked_at=None if None in looks else min((look for look in looks if look), default=None),
        idle=[sensor.name for sensor in sensors if sensor.is_idle],
    )


def _newest(tables: Iterable[TableState]) -> list[date]:
    return [table.newest_day for table in tables if table.newest_day]


def _all_have(tables: Sequence[TableState]) -> date | None:
    answers = [table for table in tables if layer_of(table.table).is_answer]
    newest = _newest(answers)
    return min(newest) if newest and len(newest) == len(answers) else None


def _together(ranges: Iterable[list[Days]]) -> list[Days]:
    return spans({day for days_of_table in ranges for days in days_of_table for day in days})
