"""The status: what is there of every table, what is missing, and who works on it; the same truth as the UI.

Belongs here: collecting it from the ledger, the lake and Dagster's instance. Not here: what to do about it (`doctor/`),
how it looks (`cli/status.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import dagster as dg

from acme_platform import embedded as servers
from acme_platform.cursor import Cursor
from acme_platform.day import Days, ours, spans, today
from acme_platform.deployment.feed_runs import UNFINISHED, feed_of
from acme_platform.deployment.instance import instance
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.embedded import ServerState
from acme_platform.ingest.files import inventory
from acme_platform.ingest.files.inventory import Inventory, by_table
from acme_platform.ledger import builds, check_results, discrepancies
from acme_platform.ledger.discrepancies import Discrepancy
from acme_platform.ledger.failures import failed_days
from acme_platform.ledger.missing_days import missing
from acme_platform.ledger.staleness import stale_days
from acme_platform.materialize.cache_lag import CacheAge, cache_age
from acme_platform.model.table import Table
from acme_platform.monitoring.problems import Trouble, troubles
from acme_platform.monitoring.sensor_status import SensorState, sensor_states
from acme_platform.registry import catalog
from acme_platform.services import Services


@dataclass(frozen=True)
class TableState:
    """One table: its days, and what is wrong with them."""

    feed: str
    table: str
    newest_day: date | None
    #: of raw: the newest day of which something was delivered, as a file or by a reading
    delivered: date | None
    days: int
    #: of the newest day
    rows: int | None
    #: delivered, or built in a table that this one reads, and not built here
    missing: list[Days]
    #: built, and older than what they were made of
    stale: list[Days]
    #: filled by another SQL than that of its file
    older_sql: list[Days]
    #: days x checks with broken rows
    red_must: int
    broken_should: int
    refused_files: int
    #: `must` checks of the newest day that had nothing to compare: they have not passed
    uncompared: list[str]
    #: days whose last attempt failed
    failed: list[Days]
    #: of the newest day
    quarantined_rows: int


@dataclass(frozen=True)
class RunState:
    """A run that is queued or under way."""

    run_id: str
    #: the first of a run that fills several; None for a run that fills no table of ours
    feed: str | None
    state: str
    days: Days | None
    since: datetime


@dataclass(frozen=True)
class BrokenState:
    """A feed that cannot be loaded."""

    feed: str
    why: str
    mend: str


@dataclass(frozen=True)
class Status:
    """Everything, as of one moment."""

    servers: list[ServerState]
    tables: list[TableState]
    caches: list[CacheAge]
    runs: list[RunState]
    sensors: list[SensorState]
    #: what comparisons with a source found in the last days
    found: list[Discrepancy] = field(default_factory=list)
    #: feeds that cannot be loaded, of which nothing else is said
    broken: list[BrokenState] = field(default_factory=list)
    #: feed -> what is wrong with it, in the order in which it should be mended
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)


def status(services: Services) -> Status:
    """Look at everything. The embedded servers are started for it; `servers` says how they were before."""
    servers_found = servers.states(services.settings)
    with services.open_warehouse().transaction("acme status") as cursor:
        first_day = services.settings.first_day
        tables = list(_tables(cursor, inventory.take(cursor, services.lake, first_day), first_day))
        caches = [cache_age(cursor, services, table) for table in catalog.tables().values() if table.layer.is_in_redis]
        hidden = discrepancies.since(cursor, today() - discrepancies.LATELY)
        wrong = {name: troubles(cursor, services, feed, datetime.now(UTC)) for name, feed in catalog.feeds().items()}
    with instance(services) as opened:
        broken = [
            BrokenState(broken_feed.name, broken_feed.why, broken_feed.next_step)
            for broken_feed in catalog.broken().values()
        ]
        runs, sensors = list(_runs(opened)), list(sensor_states(opened))
        return Status(servers_found, tables, caches, runs, sensors, hidden, broken, wrong)


def _tables(cursor: Cursor, files: Inventory, first_day: date) -> Iterator[TableState]:
    broken = _broken(cursor)
    delivered = _delivered(cursor)
    unread, refused = by_table(files.waiting), by_table(files.refused)
    for feed in catalog.feeds().values():
        for table in feed.tables:
            built = builds.by_day(cursor, table.full_name)
            newest = max(built, default=None)
            waiting = {file.day for file in unread.get(table.full_name, ())}
            yield TableState(
                feed=feed.name,
                table=table.full_name,
                newest_day=newest,
                delivered=delivered.get(table.full_name),
                days=len(built),
                rows=built[newest][0] if newest else None,
                missing=spans(waiting - built.keys() | ours(missing(cursor, table), first_day)),
                stale=spans((waiting | stale_days(cursor, table, first_day)) & built.keys()),
                older_sql=spans(builds.of_older_sql(cursor, table)),
                red_must=broken.get((table.full_name, "must"), 0),
                broken_should=broken.get((table.full_name, "should"), 0),
                refused_files=len(refused.get(table.full_name, ())),
                uncompared=check_results.without_subject(cursor, table.full_name, newest),
                failed=spans(failed_day.day for failed_day in failed_days(cursor, table)),
                quarantined_rows=_quarantined(cursor, table, newest),
            )


def _broken(cursor: Cursor) -> dict[tuple[str, str], int]:
    """(table, severity) -> verdicts with broken rows."""
    cursor.execute("select table_name, severity, count(*) from ledger.verdicts where broken_rows > 0 group by 1, 2")
    return {(table, severity): count for table, severity, count in cursor}


def _delivered(cursor: Cursor) -> dict[str, date]:
    """Table -> newest day; one of which nothing came may be filled, too."""
    cursor.execute("select table_name, max(day) from ledger.deliveries where state = 'visible' group by 1")
    return dict(cursor.fetchall())


def _quarantined(cursor: Cursor, table: Table, day: date | None) -> int:
    cursor.execute("select count(*) from quarantine.rows where table_name = %s and day = %s", (table.full_name, day))
    (count,) = cursor.fetchone() or (0,)
    return int(count)


def _runs(opened: dg.DagsterInstance) -> Iterator[RunState]:
    """Oldest first."""
    for record in opened.get_run_records(dg.RunsFilter(statuses=UNFINISHED), ascending=True):
        run = record.dagster_run
        feed = feed_of(run)
        yield RunState(
            run_id=run.run_id,
            feed=feed.name if feed else None,
            state=run.status.value.lower(),
            days=tagged_days(run.tags),
            since=record.create_timestamp.replace(tzinfo=UTC),
        )
