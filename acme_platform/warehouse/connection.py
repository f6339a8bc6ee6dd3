"""The warehouse: transactions on PostgreSQL, with errors told apart by what the reader can do about them.

Belongs here: connections, transactions, locks and the translation of driver errors. Not here: any table's SQL.
"""

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any, LiteralString

import psycopg2
from psycopg2 import errorcodes, sql
from psycopg2.extensions import connection

from acme_platform import full_disk
from acme_platform.config.url import Url, endpoints
from acme_platform.cursor import Cursor, PercentCursor
from acme_platform.errors import AcmeError, MendInput, OurBug, TryAgain

#: what passes by itself: lost connections, restarts, deadlocks, waits that were cut short
PASSING = {
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.LOCK_NOT_AVAILABLE,
    errorcodes.QUERY_CANCELED,
    errorcodes.ADMIN_SHUTDOWN,
    errorcodes.CRASH_SHUTDOWN,
    errorcodes.CANNOT_CONNECT_NOW,
    errorcodes.TOO_MANY_CONNECTIONS,
    errorcodes.OBJECT_IN_USE,
}
#: what only a person can mend: no right, no such database, a view of theirs on what is to be made anew
MENDABLE = {
    errorcodes.DEPENDENT_OBJECTS_STILL_EXIST,
    errorcodes.INSUFFICIENT_PRIVILEGE,
    errorcodes.INVALID_PASSWORD,
    errorcodes.INVALID_CATALOG_NAME,
    errorcodes.INVALID_AUTHORIZATION_SPECIFICATION,
}
#: a server that turns a new connection away with FATAL needs a person, unless it says one of these;
#: the driver gives no code for it
NOT_YET = ("starting up", "shutting down", "not yet accepting", "recovery mode", "too many", "connection slots")
LOCK_WAIT = "60s"
#: a peer that is gone is noticed within half a minute; a statement may take hours
KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
#: rows of a long answer that are fetched at once
STREAMED = 10_000
#: idle connections worth keeping; opening one costs some 5 ms, mostly for the password's hash
KEPT = 2


class Warehouse:
    """Transactions on one database, for any number of threads; a few connections are kept for the next ones."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[connection] = []
        self._busy: set[connection] = set()
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        """For another client of the same database: it holds the password, and is shown nowhere."""
        return self._url

    @property
    def address(self) -> str:
        """host:port/name, to be shown; never the password."""
        return address(self._url)

    @contextmanager
    def transaction(self, application: str) -> Iterator[Cursor]:
        """A cursor in one transaction, committed at the end or rolled back whole.

        `application` is seen in pg_stat_activity: the run and the table.
        """
        try:
            opened = self._take(application)
            with self._guard:
                self._busy.add(opened)
            try:
                with opened, opened.cursor() as cursor:
                    yield cursor
            finally:
                self._give_back(opened)
        except psycopg2.Error as error:
            raise translated(error, self.address) from error

    def cancel(self) -> None:
        """End what is being executed, from another thread; its transactions are rolled back.

        The main thread sees no signal before the server answers, which may take minutes.
        """
        with self._guard:
            for busy in self._busy:
                with suppress(psycopg2.Error):
                    busy.cancel()

    def close(self) -> None:
        """Close the kept connections; the next transaction opens a new one."""
        with self._guard:
            while self._idle:
                self._idle.pop().close()

    def _take(self, application: str) -> connection:
        """A kept connection that still answers, or a new one: a server that restarted costs no run."""
        while self._idle:
            with self._guard:
                kept = self._idle.pop() if self._idle else None
            if kept is not None and _named(kept, application):
                return kept
        opened: connection = psycopg2.connect(
            self._url,
            connect_timeout=10,
            application_name=application[:63],
            cursor_factory=PercentCursor,
            **KEEPALIVE,
        )
        with opened, opened.cursor() as cursor:
            # whatever the server is set to: a day is printed as 2024-01-31 and begins at midnight UTC
            cursor.execute("set timezone = 'UTC'; set datestyle = 'ISO'")
            cursor.execute("select set_config('lock_timeout', %s, false)", (LOCK_WAIT,))
        return opened

    def _give_back(self, opened: connection) -> None:
        with self._guard:
            self._busy.discard(opened)
            if not opened.closed and len(self._idle) < KEPT:
                self._idle.append(opened)
                return
        opened.close()


def address(url: str) -> str:
    """host:port/name, to be shown; never the password."""
    places = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in endpoints(url, 5432))
    return f"{places}{Url.of(url).path}"


def translated(error: psycopg2.Error, where: str) -> AcmeError:
    """The same failure, as mend the input / try again / our bug."""
    said = str(error).strip() or type(error).__name__
    if error.pgcode == errorcodes.DISK_FULL or full_disk.full(error):
        return MendInput(f"the disk of PostgreSQL at {where} is full: {said}", full_disk.NEXT)
    if error.pgcode in MENDABLE or _is_turned_away(said):
        return MendInput(f"PostgreSQL at {where} refuses: {said}", "acme doctor")
    if error.pgcode in PASSING or (error.pgcode is None and _is_of_the_connection(error)):
        return TryAgain(
            f"PostgreSQL at {where} was not ready: {said}",
            "acme doctor shows the servers",
        )
    return OurBug(f"PostgreSQL at {where} did not accept a statement: {said}", "please report it with the run's log")


def _is_of_the_connection(error: psycopg2.Error) -> bool:
    """One that breaks in the middle of a COPY is told by the base class itself, and what libpq knew of it is lost."""
    lost = isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError))
    return lost or type(error) is psycopg2.DatabaseError


def _is_turned_away(said: str) -> bool:
    return "failed: FATAL:" in said and not any(words in said for words in NOT_YET)


def _named(kept: connection, application: str) -> bool:
    """Give the connection its new name; False when it is dead."""
    try:
        with kept, kept.cursor() as cursor:
            cursor.execute("select set_config('application_name', %s, false)", (application[:63],))
    except (psycopg2.OperationalError, psycopg2.InterfaceError):
        kept.close()
        return False
    return True


def name(full_name: str) -> sql.Composed:
    """`staging.sales_orders` as an identifier."""
    return sql.SQL(".").join(sql.Identifier(part) for part in full_name.split("."))


def names(columns: Iterable[str], of: str = "") -> sql.Composed:
    """Column names, separated by commas; those `of` one table where several have them."""
    table = [of] if of else []
    return sql.SQL(", ").join(sql.Identifier(*table, column) for column in columns)


def lock(cursor: Cursor, what: str) -> None:
    """Wait until no other transaction holds `what`; held to the end of this one."""
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"acme {what}",))


def lock_day(cursor: Cursor, what: str, day: date) -> None:
    """As `lock`, of one day: a run that changes it and one that reads it all take turns."""
    lock(cursor, f"{what} {day}")


def try_lock(cursor: Cursor, what: str) -> bool:
    """Whether no other transaction holds `what`; then none takes it by `lock` to the end of this one."""
    cursor.execute("select pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))", (f"acme {what}",))
    ((taken,),) = cursor.fetchall()
    return bool(taken)


def rows(
    cursor: Cursor, query: sql.Composable | LiteralString, parameters: Mapping[str, Any] | tuple[Any, ...] = ()
) -> list[dict[str, Any]]:
    """The answer as a list of column -> value."""
    cursor.execute(query, parameters or None)
    columns = [column.name for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def streamed(
    cursor: Cursor, query: sql.Composed, parameters: Mapping[str, Any] | None = None
) -> Generator[tuple[str, ...], None, None]:
    """Rows as they come, in constant memory."""
    with cursor.connection.cursor(name="streamed") as stream:
        stream.itersize = STREAMED
        stream.execute(query, parameters)
        yield from stream
