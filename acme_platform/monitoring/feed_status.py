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
    tables = [one for one in status.tables if one.feed == feed]
    names = {one.table for one in tables}
    sensors = [one for one in status.sensors if one.feed == feed]
    states = [run.state for run in status.runs if run.feed == feed]
    looks = [one.looked_at for one in sensors]
    return FeedState(
        feed=feed,
        delivered=max(_newest(one for one in tables if layer_of(one.table).is_loaded), default=None),
        answered=_all_have(tables),
        missing=_together(one.missing for one in tables),
        failed=_together(one.failed for one in tables),
        stale=_together(one.stale for one in tables),
        older_sql=_together(one.older_sql for one in tables),
        red_must=sum(one.red_must for one in tables),
        broken_should=sum(one.broken_should for one in tables),
        refused_files=sum(one.refused_files for one in tables),
        behind=[one.table for one in status.caches if one.table in names and one.is_behind],
        under_way=len(states) - states.count("queued"),
        queued=states.count("queued"),
        looked_at=None if None in looks else min((one for one in looks if one), default=None),
        idle=[one.name for one in sensors if one.is_idle],
    )


def _newest(tables: Iterable[TableState]) -> list[date]:
    return [one.newest_day for one in tables if one.newest_day]


def _all_have(tables: Sequence[TableState]) -> date | None:
    answers = [one for one in tables if layer_of(one.table).is_answer]
    newest = _newest(answers)
    return min(newest) if newest and len(newest) == len(answers) else None


def _together(ranges: Iterable[list[Days]]) -> list[Days]:
    return spans({day for found in ranges for days in found for day in days})
