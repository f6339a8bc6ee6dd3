"""The source: a database that other people run, read gently and never written.

Belongs here: connections, what the source says of itself at a moment, one snapshot for many readers. Not here: what
becomes of the rows (`extract.py`).

Gently: read-only transactions with a timeout, and no query but a range of one table, by an index where there is one;
whatever sorts or joins is done in the warehouse.

Late commits. A row gets its `updated_at` when its transaction begins and is seen when it commits, so who remembers the
newest `updated_at` misses the rows of every transaction that was open then. `Moment.complete_to` is the time up to
which nothing can come any more: the beginning of the oldest transaction open just before the snapshot is taken.
"""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, BinaryIO

import psycopg2
import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import connection

from acme_platform.cursor import Cursor, PercentCursor
from acme_platform.day import ONE_DAY, today
from acme_platform.errors import MendInput, OurBug, TryAgain
from acme_platform.warehouse.connection import KEEPALIVE, address, name, translated

LONGEST = "15min"
#: rows that a policy hides from us (row_security) are refused: they would be taken for deleted
SESSION = (
    f"set default_transaction_read_only = on; set statement_timeout = '{LONGEST}'; set lock_timeout = '5s';"
    " set idle_in_transaction_session_timeout = '15min'; set datestyle = 'ISO'; set timezone = 'UTC';"
    " set row_security = off"
)
#: read again behind `complete_to`: timestamp(3) rounds, clocks are set back, a beginning is published a moment later
OVERLAP = timedelta(seconds=1)
#: read again where open transactions cannot be seen: on a replica, or without the role pg_read_all_stats
BLIND = timedelta(minutes=10)
MOMENT = (
    "select statement_timestamp()::timestamp, pg_is_in_recovery(),"
    " (select min(xact_start)::timestamp from pg_stat_activity where datname = current_database()"
    "  and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'),"
    " (select min(prepared)::timestamp from pg_prepared_xacts where database = current_database()),"
    " exists (select from pg_stat_activity where datname = current_database() and usesysid is not null"
    "  and query = '<insufficient privilege>'), pg_last_xact_replay_timestamp()::timestamp"
)
#: a replica counts no rows, but it knows how far it has come
COUNTERS = (
    "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text else (select string_agg("
    " concat_ws(' ', relid, n_tup_ins, n_tup_upd, n_tup_del), ' ' order by relid) from pg_stat_user_tables"
    " where relid = any(%s::regclass[])) end"
)
INDEXED = (
    "select exists (select from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]"
    " where indrelid = %s::regclass and attname = %s and indisvalid and indpred is null)"
)
NO_SUCH = "42"  # the class of everything that a statement names and the server does not know


@dataclass(frozen=True)
class Moment:
    """The source just before a snapshot. Times are those of its own clock in UTC, whatever zone it is set to."""

    now: datetime
    #: every row with an older `updated_at` is in the snapshot
    complete_to: datetime


@dataclass(frozen=True)
class Snapshot:
    """One state of the source, which any number of connections can read as long as it is held."""

    source: "Source"
    moment: Moment
    exported: str

    @contextmanager
    def reader(self, application: str) -> Iterator["Reader"]:
        """A connection of its own that sees the same rows."""
        with self.source.session(application) as opened:
            with self.source.errors(), opened.cursor() as cursor:
                cursor.execute("begin isolation level repeatable read, read only")
                self._enter(cursor)
            yield Reader(self.source, opened)

    def _enter(self, cursor: Cursor) -> None:
        try:
            cursor.execute("set transaction snapshot %s", (self.exported,))
        except psycopg2.errors.UndefinedObject as error:
            raise TryAgain(
                f"the source {self.source.address} ended the snapshot {self.exported}",
            ) from error


@dataclass(frozen=True)
class Reader:
    """One connection that reads rows out."""

    source: "Source"
    _connection: connection

    def copy(self, query: sql.Composed, to: BinaryIO) -> None:
        """Write the query's rows as COPY text; may run in a thread of its own."""
        with self.source.errors(), self._connection.cursor() as cursor:
            cursor.copy_expert(sql.SQL("copy ({}) to stdout").format(query), to)

    def ask(self, query: sql.Composed) -> list[tuple[Any, ...]]:
        """A few rows."""
        with self.source.errors(), self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def limit(self, seconds: int | None = None) -> None:
        """How long the statements to come may take; as any other of ours where nothing is said."""
        with self.source.errors(), self._connection.cursor() as cursor:
            cursor.execute("select set_config('statement_timeout', %s, true)", (f"{seconds}s" if seconds else LONGEST,))

    def sever(self) -> None:
        """Cut the connection: whoever waits for its bytes waits no longer."""
        with suppress(OSError, psycopg2.InterfaceError), socket.socket(fileno=self._connection.fileno()) as wire:
            try:
                wire.shutdown(socket.SHUT_RDWR)
            finally:
                wire.detach()


@dataclass(frozen=True)
class Source:
    """A PostgreSQL 13 or newer."""

    url: str = field(repr=False)
    #: the replication slot through which changes are captured; empty where they are read by their time
    slot: str = ""
    #: the variable that names the slot, for who has to set or unset it
    slot_variable: str = "ACME_SOURCE_…_CAPTURE"

    @property
    def address(self) -> str:
        """host:port/name, to be shown; never the password."""
        return address(self.url)

    @contextmanager
    def snapshot(self, application: str) -> Iterator[Snapshot]:
        """A state of the source, held for the length of the block."""
        with self.session(application) as opened:
            with self.errors(), opened.cursor() as cursor:
                # First who is open, then what is seen: a transaction that ends in between is in the snapshot.
                moment = _moment(cursor)
                cursor.execute("begin isolation level repeatable read, read only")
                cursor.execute("select pg_export_snapshot()")
                ((exported,),) = cursor.fetchall()
            yield Snapshot(self, moment, exported)

    def columns(self, table: str) -> list[str]:
        """Names of the table's columns as they are now; MendInput when there is no such table."""
        with self.asked("acme columns") as cursor:
            cursor.execute(
                "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
                " order by attnum",
                (table,),
            )
            if not (columns := [column for (column,) in cursor]):
                raise MendInput(f"the source {self.address} has no table {table}", "create it, or grant select on it")
            return columns

    def missing(self, tables: Iterable[str]) -> list[str]:
        """Those of the tables that are not there."""
        with self.asked("acme tables") as cursor:
            cursor.execute("select wanted from unnest(%s) as wanted where to_regclass(wanted) is null", (list(tables),))
            return [table for (table,) in cursor]

    def pulse(self, changed_at: Mapping[str, str]) -> str:
        """A text that is another one after every change of the tables, at the cost of a few index pages.

        `changed_at` names of each table the column that grows with every change; empty where there is none. The
        counters are up to ten seconds late, so the newest times are asked for too where an index has them.
        """
        with self.asked("acme pulse") as cursor:
            cursor.execute(COUNTERS, (list(changed_at),))
            ((counted,),) = cursor.fetchall()
            return " ".join([str(counted), *(_newest(cursor, table, column) for table, column in changed_at.items())])

    def oldest(self, table: str, changed_at: str, since: datetime) -> datetime | None:
        """The oldest time of change from then to the end of today; without an index on it this reads the table once."""
        with self.asked("acme oldest") as cursor:
            column, end = sql.Identifier(changed_at), datetime.combine(today() + ONE_DAY, time())
            select = sql.SQL("select min({}) from {} where {} >= %s and {} < %s")
            cursor.execute(select.format(column, name(table), column, column), (since, end))
            ((is_there,),) = cursor.fetchall()
            return is_there  # type: ignore[no-any-return]

    @contextmanager
    def session(self, application: str) -> Iterator[connection]:
        """A read-only connection where every statement is its own transaction."""
        with self.errors():
            opened = psycopg2.connect(
                self.url,
                connect_timeout=10,
                application_name=application[:63],
                client_encoding="UTF8",
                cursor_factory=PercentCursor,
                **KEEPALIVE,
            )
        with closing(opened):
            with self.errors(), opened.cursor() as cursor:
                opened.autocommit = True
                cursor.execute(SESSION)
            yield opened

    @contextmanager
    def asked(self, application: str) -> Iterator[Cursor]:
        """A cursor for short questions."""
        with self.session(application) as opened, self.errors(), opened.cursor() as cursor:
            yield cursor

    @contextmanager
    def errors(self) -> Iterator[None]:
        """A table or column that another one dropped is no bug of ours."""
        try:
            yield
        except psycopg2.Error as error:
            failure = translated(error, self.address)
            if isinstance(failure, OurBug) and (error.pgcode or "").startswith(NO_SUCH):
                failure = MendInput(f"the source {self.address} is not as declared: {error}".strip(), "acme doctor")
            raise failure from error


def _moment(cursor: Cursor) -> Moment:
    cursor.execute(MOMENT)
    ((now, is_replica, oldest_open, oldest_prepared, is_hidden, replayed),) = cursor.fetchall()
    bounds = [now, oldest_open, *([now - BLIND] if is_hidden else [])]
    # A prepared transaction tells when it was prepared, and a replica nothing of its primary's transactions.
    bounds += [
        before - BLIND for before in (oldest_prepared, min(now, replayed or now) if is_replica else None) if before
    ]
    return Moment(now, min(bound for bound in bounds if bound) - OVERLAP)


def is_indexed(cursor: Cursor, table: str, column: str) -> bool:
    """Whether its newest value is found without reading the table."""
    cursor.execute(INDEXED, (table, column))
    return bool((cursor.fetchone() or (False,))[0])


def _newest(cursor: Cursor, table: str, changed_at: str) -> str:
    if not changed_at or not is_indexed(cursor, table, changed_at):
        return ""
    column = sql.Identifier(changed_at)
    # A row ahead of the clock would hide all others. As text, for PostgreSQL knows years that Python does not.
    cursor.execute(
        sql.SQL("select max({})::text from {} where {} <= localtimestamp").format(column, name(table), column)
    )
    return str((cursor.fetchone() or ("",))[0])
