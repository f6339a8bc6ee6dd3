"""The age of caches: which day Redis holds, since when, and since when the warehouse knows better.

Belongs here: comparing the ledger, the watermark in Redis and the answers. Not here: whether the keys hold what the
table holds, which the check `redis_equals_table` says, refreshing (`cache.py`).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg2.extensions import cursor

from acme_assets.errors import AcmeError
from acme_assets.keyspace import Keyspace
from acme_assets.services import Services
from acme_assets.stale import stale_days
from acme_assets.table import Table

#: a refresh follows the answers in the same run; one that has to be asked for takes a tick and a run
GRACE = timedelta(minutes=1)


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

    @property
    def is_behind(self) -> bool:
        """It does not hold the newest answers, or nobody can tell."""
        return bool(self.trouble or self.behind_since)

    def why_not(self, now: datetime) -> str:
        """What is wrong with it; empty when nothing is, or not long enough to be worth a word."""
        if self.trouble:
            return self.trouble
        if self.behind_since and now - self.behind_since > GRACE:
            return (
                f"Redis holds {self.day or 'nothing'}, and newer answers are there since {self.behind_since:%F %T} UTC"
            )
        return ""


def cache_age(at: cursor, services: Services, table: Table) -> CacheAge:
    """Compare what the ledger, Redis and the answers say of it."""
    at.execute("select token, day, refreshed_at from ledger.refreshes where table_name = %s", (table.full_name,))
    ((token, day, refreshed_at),) = at.fetchall() or [(None, None, None)]
    trouble = _trouble(services.keyspace(table), token, day) if token else ""
    return CacheAge(table.full_name, day, refreshed_at, _behind_since(at, services, table), trouble)


def _trouble(keyspace: Keyspace, token: str, day: date) -> str:
    try:
        held = keyspace.watermark()
    except AcmeError as error:
        return error.message
    return "" if held.token == token else f"Redis was emptied or changed since the refresh of {day}"


def _behind_since(at: cursor, services: Services, table: Table) -> datetime | None:
    if not (days := stale_days(at, table, services.settings.first_day)):
        return None
    at.execute(
        "select min(built_at) from ledger.builds where table_name = any(%s) and day = any(%s)",
        (list(table.upstream), list(days)),
    )
    return next((since.astimezone(UTC) for (since,) in at if since), None)
