"""The age of caches: which day Redis holds, since when, and since when the warehouse knows better.

Belongs here: comparing the ledger, Redis and the answers. Not here: comparing keys (`drift.py`), filling
(`redis_cache.py`).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from acme_platform.cursor import Cursor
from acme_platform.day import today
from acme_platform.errors import AcmeError
from acme_platform.ledger.check_results import broken
from acme_platform.ledger.failures import failed_days
from acme_platform.ledger.filled_days import newest_day
from acme_platform.ledger.staleness import stale_days
from acme_platform.model.table import Table
from acme_platform.services import Services
from acme_platform.serving.drift import drifted
from acme_platform.serving.redis_cache import last_refresh
from acme_platform.serving.redis_keyspace import Watermark
from acme_platform.serving.restore import EQUALS_TABLE

#: a refresh follows the answers in the same run; one that has to be asked for takes a tick and a run
GRACE = timedelta(minutes=1)
#: keys that are counted, of those that differ
COUNTED = 1000


@dataclass(frozen=True)
class CacheAge:
    """One cache, as of one moment."""

    table: str
    #: None where it was never refreshed
    day: date | None
    refreshed_at: datetime | None
    #: since when there are newer answers; None when it holds the newest
    behind_since: datetime | None
    #: Redis does not answer, or somebody emptied it or put another state there since the last refresh
    trouble: str
    #: why its newest day was not written, and what helps
    refused: str = ""
    #: keys that Redis was given; None where it was never, or not since they are counted
    keys: int | None = None

    @property
    def is_behind(self) -> bool:
        """It does not hold the newest answers, or nobody can tell."""
        return bool(self.trouble or self.behind_since or self.refused)

    def why_not(self, now: datetime) -> str:
        """What is wrong with it; empty when nothing is, or not long enough to be worth a word."""
        if self.trouble:
            return self.trouble
        if self.behind_since and now - self.behind_since > GRACE:
            return (
                f"Redis holds {self.day or 'nothing'}, and newer answers are there since {self.behind_since:%F %T} UTC"
            )
        return ""


def cache_age(cursor: Cursor, services: Services, table: Table, seconds: float | None = None) -> CacheAge:
    """Compare what the ledger, Redis and the answers say of it; a sensor looks at Redis for so many seconds."""
    cursor.execute("select day, keys, refreshed_at from ledger.refreshes where table_name = %s", (table.full_name,))
    ((day, keys, refreshed_at),) = cursor.fetchall() or [(None, None, None)]
    trouble = _trouble(cursor, services, table, seconds) if day else ""
    behind_since, refused = _behind_since(cursor, services, table), _refused(cursor, table)
    return CacheAge(table.full_name, day, refreshed_at, behind_since, trouble, refused, keys)


def _refused(cursor: Cursor, table: Table) -> str:
    newest = newest_day(cursor, table.upstream)
    failed = (failed_day for failed_day in failed_days(cursor, table) if failed_day.day == newest)
    return next((failed_day.message for failed_day in failed), "")


def differing_days(
    cursor: Cursor, services: Services, tables: Iterable[Table], seconds: float | None = None
) -> dict[str, set[date]]:
    """Of each cache that is not in Redis as its table says, or was not when its check last looked, the day it holds.

    The rule by which a sensor asks for a run, and a run gives Redis again what it lost. A Redis that does not answer
    says nothing of its keys; that it does not is told by `cache_age`.
    """
    differing = {}
    for table in (cache for cache in tables if cache.layer.is_in_redis):
        _, day = last_refresh(cursor, table)
        if day and day <= today() and _differs(cursor, services, table, seconds):
            differing[table.full_name] = {day}
    return differing


def _differs(cursor: Cursor, services: Services, table: Table, seconds: float | None) -> bool:
    if broken(cursor, EQUALS_TABLE, [table.full_name]):
        return True
    with suppress(AcmeError):
        return services.monitor(table).differs(cursor, services.keyspace(table), seconds)
    return False


def _trouble(cursor: Cursor, services: Services, table: Table, seconds: float | None) -> str:
    keyspace = services.keyspace(table)
    try:
        if not services.monitor(table).differs(cursor, keyspace, seconds):
            return ""
        token, day = last_refresh(cursor, table)
        if keyspace.watermark() != Watermark(token, day):
            return f"Redis was emptied or changed since the refresh of {day}"
        keys = sum(1 for _ in islice(drifted(cursor, keyspace, table), COUNTED))
    except AcmeError as error:
        return error.message
    if keys == 1:
        return f"1 of Redis' keys is not as {table.full_name} has it"
    return f"{keys:,}{' or more' if keys == COUNTED else ''} of Redis' keys are not as {table.full_name} has them"


def _behind_since(cursor: Cursor, services: Services, table: Table) -> datetime | None:
    if not (days := stale_days(cursor, table, services.settings.first_day)):
        return None
    cursor.execute(
        "select min(built_at) from ledger.builds where table_name = any(%s) and day = any(%s)",
        (list(table.upstream), list(days)),
    )
    return next((since.astimezone(UTC) for (since,) in cursor if since), None)
