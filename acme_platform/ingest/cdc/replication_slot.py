"""The slot: a place in the log of a source, which the server remembers and keeps the log from.

Belongs here: creating and dropping slot and publication (the only writes that the source ever sees, and only with the
right to), reading changes, moving the slot on. Not here: what the source needs for it (`rules.py`), what
messages mean (`pgoutput.py`), what becomes of changes (`capture.py`).

Changes are peeked at by a query and the slot is moved on by another one, instead of a stream that is confirmed by the
way. A reading has an end, and nothing but `advance` ever moves the slot: psycopg2's stream confirms by itself what it
takes for idle time, so one could not tell a slot that somebody else read from. The source keeps what it decodes of a
reading in its temporary files, not in memory.

Publication and slot have one name.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg2
import psycopg2.errors
from psycopg2.extras import LogicalReplicationConnection

from acme_platform.errors import MendInput
from acme_platform.ingest.cdc.facts import Facts, ask
from acme_platform.ingest.cdc.pgoutput import lsn, lsn_text
from acme_platform.ingest.cdc.rules import RECAPTURE, creation, lacking, refusal
from acme_platform.ingest.database.source import Source
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import KEEPALIVE

#: A new slot waits for the transactions that are open; the same for a session that still reads from it.
PATIENCE = "5min"
FETCHED = 5000
#: since then a slot may be kept on replicas too, so that it is there when one of them takes over
FAILS_OVER = 170000


@dataclass(frozen=True)
class Start:
    """The state of the source at the moment from which on a new slot has its changes."""

    place: int
    snapshot: str


@dataclass(frozen=True)
class Slot:
    """The slot and the publication of its name."""

    source: Source
    name: str

    def facts(self, tables: Iterable[str]) -> Facts:
        """What capture of these tables stands on at this moment."""
        with self.source.asked("acme capture") as cursor:
            return ask(cursor, self.name, list(tables))

    def prepare(self, tables: Mapping[str, Table]) -> Facts:
        """Create the publication where that is all that lacks; MendInput tells what an administrator must do."""
        faults = lacking(self.facts(tables), self.name, tables, self.source.slot_variable)
        statement = creation(self.name, tables)
        if [fault.statement for fault in faults] == [statement] and self._publish(statement):
            faults = lacking(self.facts(tables), self.name, tables, self.source.slot_variable)
        if faults:
            raise refusal(
                f"changes cannot be captured from {self.source.address}",
                faults,
                f"or unset {self.source.slot_variable} to read by the time of change",
            )
        return self.facts(tables)

    def _publish(self, statement: str) -> bool:
        try:
            with self.source.asked("acme capture") as cursor:
                cursor.execute("set default_transaction_read_only = off")
                cursor.execute(statement)
        except MendInput:
            return False
        return True

    @contextmanager
    def create(self) -> Iterator[Start]:
        """A new slot; the snapshot can be read within the block."""
        with self.source.errors():
            opened = psycopg2.connect(
                self.source.url,
                connection_factory=LogicalReplicationConnection,
                connect_timeout=10,
                application_name="acme capture",
                options=f"-c lock_timeout={PATIENCE}",
                **KEEPALIVE,
            )
        with closing(opened):
            with self.source.errors(), opened.cursor() as cursor:
                cursor.execute("select pg_is_in_recovery()")
                ((is_replica,),) = cursor.fetchall()
                cursor.execute(_creation(self.name, fails_over=opened.server_version >= FAILS_OVER and not is_replica))
                ((_, place, snapshot, _),) = cursor.fetchall()
            yield Start(lsn(place), snapshot)

    def drop(self) -> None:
        """Drop the slot, if it is there; one of another database is not ours."""
        with self.source.asked("acme capture") as cursor:
            cursor.execute(
                "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
                " where slot_name = %s and database = current_database()",
                (self.name,),
            )

    def messages(self) -> Iterator[bytes]:
        """Every message from where the slot stands to the end of the log, which the slot then still has."""
        with self.source.session("acme capture") as opened, self._errors():
            opened.autocommit = False
            with opened.cursor("changes") as cursor:
                cursor.itersize = FETCHED
                cursor.execute(
                    "select data from pg_logical_slot_peek_binary_changes(%s, null, null,"
                    " 'proto_version', '1', 'publication_names', %s)",
                    (self.name, f'"{self.name}"'),
                )
                for (data,) in cursor:
                    yield bytes(data)

    def advance(self, place: int) -> None:
        """Up to here everything is kept elsewhere."""
        with self.source.asked("acme capture") as cursor:
            cursor.execute("select pg_replication_slot_advance(%s, %s::pg_lsn)", (self.name, lsn_text(place)))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """A slot or a publication that was not there all the time is no bug of ours."""
        try:
            yield
        except (psycopg2.errors.ObjectNotInPrerequisiteState, psycopg2.errors.UndefinedObject) as error:
            said = f"the slot {self.name} of {self.source.address} cannot be read on: {error}".strip()
            raise MendInput(said, RECAPTURE) from error
        except psycopg2.Error as error:
            with self.source.errors():
                raise error from None


def _creation(name: str, *, fails_over: bool) -> str:
    """psycopg2's own method does not know the newer option; the language of replication is in capitals."""
    if fails_over:
        return f"CREATE_REPLICATION_SLOT \"{name}\" LOGICAL pgoutput (SNAPSHOT 'export', FAILOVER)"
    return f'CREATE_REPLICATION_SLOT "{name}" LOGICAL pgoutput EXPORT_SNAPSHOT'
