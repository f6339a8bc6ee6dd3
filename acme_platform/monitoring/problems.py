"""Trouble: what is wrong with a feed now, that a person should know of, and the command that mends it.

Belongs here: finding it in the ledger and in Redis. Not here: who was told (`incidents.py`), the mail (`alerts.py`).

Only roots are told: a table that waits for another one is no trouble of its own, and neither is what passes by itself
until it failed several times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from acme_platform.cursor import Cursor
from acme_platform.day import is_ours, outside
from acme_platform.errors import NEXT
from acme_platform.ledger import check_results
from acme_platform.ledger.failures import failed_days
from acme_platform.ledger.filled_days import newest_day
from acme_platform.ledger.rejected import refused_days
from acme_platform.ledger.stray_days import stray_days
from acme_platform.materialize.cache_lag import cache_age
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog, remedies
from acme_platform.services import Services
from acme_platform.serving.drift_monitor import LOOK_SECONDS

FAILED, RED, LATE, CACHE, RUN = "failed", "red", "late", "cache", "run"
#: runs in a row that ended with what may pass by itself; with the pauses between them some three minutes
ATTEMPTS = 3


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong."""

    kind: str
    #: what it is about; the same subject is the same trouble, whatever the message says this time
    subject: str
    message: str
    mend: str


def troubles(cursor: Cursor, services: Services, feed: Feed, now: datetime) -> list[Trouble]:
    """All of the feed, in the order in which they should be mended."""
    first_day = services.settings.first_day
    return [
        *_stray(cursor, feed, first_day),
        *_refused(cursor, feed, first_day),
        *_failed(cursor, feed, first_day),
        *_red(cursor, feed, first_day),
        *_late(cursor, feed, now),
        *_behind(cursor, services, feed, now),
    ]


def _stray(cursor: Cursor, feed: Feed, first_day: date) -> Iterator[Trouble]:
    """The root of whatever else is wrong with such days."""
    for days in stray_days(cursor, feed.tables, first_day):
        yield Trouble(FAILED, f"{feed.name} of {days}", f"is there and {outside(days, first_day)}", remedies.wipe(days))


def broken(feed: Feed) -> Iterator[Trouble]:
    """The feed cannot be loaded."""
    if broken_feed := catalog.broken().get(feed.name):
        yield Trouble(
            FAILED,
            f"the {broken_feed.kind} {broken_feed.name}",
            f"it cannot be loaded: {broken_feed.why}",
            broken_feed.next_step,
        )


def _refused(cursor: Cursor, feed: Feed, first_day: date) -> Iterator[Trouble]:
    for refused_day in refused_days(cursor, _names(feed.tables)):
        if is_ours(refused_day.day, first_day):
            yield Trouble(FAILED, f"{refused_day.table_name} of {refused_day.day}", refused_day.why, refused_day.mend)


def _failed(cursor: Cursor, feed: Feed, first_day: date) -> Iterator[Trouble]:
    for failed_day in failed_days(cursor, *feed.tables):
        if is_ours(failed_day.day, first_day) and (not failed_day.passes or failed_day.attempts >= ATTEMPTS):
            said = failed_day.message.partition(NEXT)[0]
            mend = remedies.again(failed_day.table_name, failed_day.day, failed_day.message)
            yield Trouble(FAILED, f"{failed_day.table_name} of {failed_day.day}", said, mend)


def _red(cursor: Cursor, feed: Feed, first_day: date) -> Iterator[Trouble]:
    for table, day, check in check_results.red(cursor, _names(feed.tables)):
        if is_ours(day, first_day):
            message = "the check is red, and everything downstream waits"
            yield Trouble(RED, f"{table} of {day}, {check}", message, remedies.fill(table, day))


def _late(cursor: Cursor, feed: Feed, now: datetime) -> Iterator[Trouble]:
    """Tables past their deadline that read none that is; one that was never filled is not in use yet."""
    cursor.execute(
        "select table_name, max(built_at) from ledger.builds where table_name = any(%s) group by table_name",
        (_names(feed.tables),),
    )
    late = {table: built_at for table, built_at in cursor.fetchall() if built_at < feed.fresh.late_before(now)}
    for table in (
        candidate
        for candidate in feed.tables
        if candidate.full_name in late and not late.keys() & set(candidate.upstream)
    ):
        since = f"nothing came since {late[table.full_name].astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        yield Trouble(LATE, table.full_name, since, "ask the sender; acme status shows whether the sensors look")


def _behind(cursor: Cursor, services: Services, feed: Feed, now: datetime) -> Iterator[Trouble]:
    for table in (candidate for candidate in feed.tables if candidate.layer.is_in_redis):
        if why := cache_age(cursor, services, table, LOOK_SECONDS).why_not(now):
            yield Trouble(
                CACHE, table.full_name, why, remedies.fill(table.full_name, newest_day(cursor, table.upstream))
            )


def _names(tables: tuple[Table, ...]) -> list[str]:
    return [table.full_name for table in tables]
