"""Moving a feed: its raw rows and versions from PostgreSQL into the lake, or back, as they are.

    copied     every delivery of raw, every day of versions and answers, each in a transaction of its own
    let go     when all of it is there: the ledger names the new engine, and the old one forgets the rows

Nothing is computed anew, so builds, verdicts, quarantine and answers stay as they stand, and no delivery comes again.
Meanwhile nothing of the feed is filled (`ledger/parts/engines.py`), and people read the answers in PostgreSQL as ever.
Cut short it begins again: what was copied does not count before the ledger says so.

Belongs here: the order of events. Not here: the rows of one table (`engine/copies/copied_rows.py`).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.errors import TryAgain
from acme_platform.ledger import deliveries
from acme_platform.ledger.parts import engines, lake_parts
from acme_platform.materialize.layers import machinery
from acme_platform.model.engine import SPARK
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from acme_platform.services import Services
from acme_platform.serving.drift import is_there
from acme_platform.warehouse.connection import lock, name
from acme_platform.warehouse.partition import Part, existing

if TYPE_CHECKING:
    from acme_platform.engine.copies.copied_rows import CopiedRows

RUN = "acme engine move"
#: is told which table is being copied
Told = Callable[[str], None]


def elsewhere(cursor: Cursor) -> list[Feed]:
    """Feeds with tables that another engine holds than they declare."""
    return [feed for feed in catalog.feeds().values() if any(_is_elsewhere(cursor, table) for table in feed.tables)]


def move(services: Services, feed: Feed, told: Told) -> list[Table]:
    """Bring the feed's tables to the engine that it declares; returns those that moved."""
    with _transaction(services) as cursor:
        tables = [table for table in feed.tables if _is_elsewhere(cursor, table)]
        seen = _state(cursor, tables)
    for table in tables:
        told(table.full_name)
        _copy(services, table)
    with _transaction(services) as cursor:
        for table in tables:
            lock(cursor, table.full_name)
        if _state(cursor, tables) != seen:
            raise TryAgain(f"a table of {feed.name} was filled while it was moved", f"acme engine move {feed.name}")
        for table in tables:
            _let_go(services, cursor, table)
            engines.hold(cursor, [table.full_name], catalog.engine(table.full_name))
    for table in tables:
        machinery(table).tell(services, table, RUN)
    return tables


def _transaction(services: Services) -> AbstractContextManager[Cursor]:
    return services.open_warehouse().transaction(RUN)


def _is_elsewhere(cursor: Cursor, table: Table) -> bool:
    held = engines.holding(cursor, table.full_name)
    return engines.may_move(table) and held not in (None, catalog.engine(table.full_name))


def _state(cursor: Cursor, tables: Sequence[Table]) -> list[object]:
    """What changes when a day of any of them is filled."""
    cursor.execute(
        "select table_name, count(*), max(built_at) from ledger.builds where table_name = any(%s)"
        " group by table_name order by table_name",
        ([table.full_name for table in tables],),
    )
    return list(cursor.fetchall())


def _copy(services: Services, table: Table) -> None:
    """Into the lake a day at a time; PostgreSQL takes all of a table at once, in the end."""
    from acme_platform.engine.copies.copied_rows import CopiedRows  # noqa: PLC0415  # pyarrow is there with the engine only

    if catalog.engine(table.full_name) != SPARK:
        return
    files = services.open_spark().files
    with _transaction(services) as cursor:
        CopiedRows(files, cursor, table).forget_parts()
        days = list(CopiedRows(files, cursor, table).days()) if is_there(cursor, table) else []
        standing = deliveries.with_rows(cursor, table.full_name)
        there = existing(cursor, table.name, [delivery.delivery_id for _, delivery in standing])
    if table.layer.is_loaded:
        for day, delivery in standing:
            if delivery.delivery_id not in there:
                continue
            with _transaction(services) as cursor:
                CopiedRows(files, cursor, table).delivery_to_lake(delivery.delivery_id, day)
        return
    for day in days:
        with _transaction(services) as cursor:
            CopiedRows(files, cursor, table).day_to_lake(day)
    if days:
        with _transaction(services) as cursor:
            CopiedRows(files, cursor, table).ends_to_lake(days[-1])


def _let_go(services: Services, cursor: Cursor, table: Table) -> None:
    """The engine that held the rows holds none any more; answers stay in PostgreSQL, where people ask them."""
    from acme_platform.engine.copies.copied_rows import CopiedRows  # noqa: PLC0415  # as above

    copied = CopiedRows(services.open_spark().files, cursor, table)
    if catalog.engine(table.full_name) != SPARK:
        _to_warehouse(copied)
        copied.forget_parts()
    elif table.layer.is_loaded:
        for _, delivery in deliveries.with_rows(cursor, table.full_name):
            Part(table.name, delivery.delivery_id).drop(cursor)
    elif table.layer.keeps_versions and is_there(cursor, table):
        cursor.execute(sql.SQL("truncate {}").format(name(table.full_name)))


def _to_warehouse(copied: "CopiedRows") -> None:
    cursor, table = copied.cursor, copied.table
    ensure(cursor, table)
    if table.layer.is_loaded:
        parts = lake_parts.of_deliveries(cursor, table.full_name)
        for _, delivery in deliveries.with_rows(cursor, table.full_name):
            if theirs := [part for part in parts if part.delivery_id == delivery.delivery_id]:
                copied.delivery_to_warehouse(delivery, theirs)
    elif table.layer.keeps_versions:
        copied.rows_to_warehouse()
