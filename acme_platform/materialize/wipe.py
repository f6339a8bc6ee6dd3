"""A wipe: days are taken back, and the platform is as if they had never been.

    the warehouse   a transaction a day: rows, quarantine and ledger, raw first, then what was made of it
    Redis           back to the newest day that is left
    Dagster         its materializations of the days (`dagster_events.py`)

Days after them that read them are stale then, and filled again as after a correction. Each step finds out what is left
to do: killed anywhere and asked again, it comes to the same end. What is made of a table on the same day goes with it.

A file that stands in the lake is left there; of a day of ours it is news again. Changes that were captured come once,
so the next reading copies the source anew.

Belongs here: what goes, and in which order. Not here: asking for it (`cli/wipe.py`), how a layer lets go of a day
(`layers.py`).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import uuid4

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import Days, today
from acme_platform.ledger import builds, check_results, quarantine
from acme_platform.ledger.filled_days import filled_days
from acme_platform.ledger.parts import engines
from acme_platform.ledger.stray_days import held
from acme_platform.materialize.fill import fill
from acme_platform.materialize.layers import machinery
from acme_platform.model.run_options import RunOptions
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.serving.drift import is_there
from acme_platform.warehouse.connection import lock, name


def made_of(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables and everything that is made of them, in the catalog's order, which is that of filling."""
    table_names: set[str] = set()
    waiting = [table.full_name for table in tables]
    while waiting:
        if (full_name := waiting.pop()) not in table_names:
            table_names.add(full_name)
            waiting += [table.full_name for table in catalog.downstream(full_name)]
    return tuple(table for table in catalog.tables().values() if table.full_name in table_names)


def wipe(services: Services, tables: Sequence[Table], days: Days) -> None:
    """Take the days of the tables back, in the warehouse and in Redis."""
    with services.open_warehouse().transaction("acme wipe") as cursor:
        there = sorted({held_day.day for held_day in held(cursor, tables, days)})
    for day in there:
        with services.open_warehouse().transaction(f"acme wipe {day}") as cursor:
            for table in tables:
                _take_out(cursor, services, table, day)
    for table in tables:
        machinery(table).tell(services, table, "acme wipe")
        if table.layer.is_in_redis:
            _step_back(services, table)


def _take_out(cursor: Cursor, services: Services, table: Table, day: date) -> None:
    engines.refuse_elsewhere(cursor, table)
    lock(cursor, table.lock(day))
    machinery(table).take_out(cursor, services, table, day)
    quarantine.forget_day(cursor, table.full_name, day)
    builds.forget_day(cursor, table.full_name, day)
    builds.unsettle(cursor, [reader.full_name for reader in catalog.downstream(table.full_name) if reader.history], day)


def _step_back(services: Services, table: Table) -> None:
    """Give Redis the newest day that is left, unless it holds that; nothing where none is left."""
    keyspace = services.keyspace(table)
    with services.open_warehouse().transaction(f"acme wipe {table.full_name}") as cursor:
        newest = _newest(cursor, table)
        cursor.execute("select day from ledger.refreshes where table_name = %s", (table.full_name,))
        shown = {keyspace.watermark().day, *(day for (day,) in cursor)}
        if shown in ({newest}, {None}):
            return
        if newest is None:
            lock(cursor, table.full_name)
            keyspace.empty()
            if is_there(cursor, table):
                cursor.execute(sql.SQL("delete from {}").format(name(table.full_name)))
            cursor.execute("delete from ledger.refreshes where table_name = %s", (table.full_name,))
            return
    # Who takes a day back means what the cache loses by it.
    fill(services, catalog.feed_with(table.full_name), table, newest, str(uuid4()), RunOptions(accepts_loss=True))


def _newest(cursor: Cursor, table: Table) -> date | None:
    """The newest day that has answers, and that no red check holds back."""
    answered = {day for day in filled_days(cursor, table.upstream) if day <= today()}
    return max(answered - check_results.blocked(cursor, table, answered), default=None)
