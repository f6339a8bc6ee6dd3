"""The slot: a place in the log of the operational database, which the server remembers and keeps the log from.

Belongs here: what the source needs for capture, creating and dropping slot and publication (the only writes that the
source ever sees, and only with the right to), reading changes, moving the slot on. Not here: what messages mean
(`pgoutput.py`), what becomes of changes (`capture.py`).

Changes are peeked at by a query and the slot is moved on by another one, instead of a stream that is confirmed by the
way. A reading has an end, and nothing but `advance` ever moves the slot: psycopg2's stream confirms by itself what it
takes for idle time, so one could not tell a slot that somebody else read from. The source keeps what it decodes of a
reading in its temporary files, not in memory.

Publication and slot have one name.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg2
import psycopg2.errors
from psycopg2.extras import LogicalReplicationConnection

from acme_assets.errors import MendInput
from acme_assets.pgoutput import lsn, lsn_text
from acme_assets.source import Source
from acme_assets.warehouse import KEEPALIVE

#: A new slot waits for the transactions that are open; the same for a session that still reads from it.
PATIENCE = "5min"
FETCHED = 5000
NEEDS = (
    "select current_setting('wal_level'), current_user,"
    " (select rolreplication or rolsuper from pg_roles where rolname = current_user)"
)
#: tables whose updates and deletes could not be told apart, and would be refused as soon as they are published
NAMELESS = (
    "select oid::regclass::text from pg_class where oid = any(%s::regclass[]) and not (relreplident = 'f'"
    " or exists (select from pg_index where indrelid = pg_class.oid and indisvalid"
    "  and (relreplident = 'd' and indisprimary or relreplident = 'i' and indisreplident)))"
)
PUBLISHED = (
    "select pubinsert and pubupdate and pubdelete and pubtruncate, (select array_agg(schemaname || '.' || tablename)"
    " from pg_publication_tables as one where one.pubname = publication.pubname"
    " and to_jsonb(one) ->> 'rowfilter' is null)"
    " from pg_publication as publication where pubname = %s"
)
#: The log's end twice: the end of the last record, and how far it is on the disk, which may be amid a record.
ENDS = (
    "select statement_timestamp() at time zone 'UTC', case when pg_is_in_recovery() then pg_last_wal_replay_lsn()"
    " else pg_current_wal_insert_lsn() end, case when pg_is_in_recovery() then pg_last_wal_replay_lsn()"
    " else pg_current_wal_flush_lsn() end"
)
STATE = (
    "select confirmed_flush_lsn, restart_lsn, coalesce(wal_status, '') = 'lost'"
    " from pg_replication_slots where slot_name = %s and database = current_database() and plugin = 'pgoutput'"
)


@dataclass(frozen=True)
class End:
    """How far the log goes. What was committed before `now` stands before `place`, or at once behind it."""

    now: datetime
    place: int
    #: the log is on the disk up to the place, so whoever reads it now reads up to there
    is_readable: bool


@dataclass(frozen=True)
class State:
    """The slot as the source remembers it."""

    confirmed: int
    #: bytes of the log that the source keeps for it
    retained: int
    #: the source kept its log no longer (max_slot_wal_keep_size): what happened since is gone
    is_lost: bool


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

    def lacks(self, tables: Sequence[str]) -> dict[str, str]:
        """What the source lacks for capture, each with the statement that its administrator has to run."""
        with self.source.asked("acme capture") as at:
            at.execute(NEEDS)
            ((level, role, may_replicate),) = at.fetchall()
            at.execute(NAMELESS, (list(tables),))
            nameless = [table for (table,) in at]
            found = {}
            if level != "logical":
                found[f"its wal_level is {level}"] = "alter system set wal_level = logical, and a restart"
            if not may_replicate:
                found[f"the role {role} may not replicate"] = f'alter role "{role}" replication'
            for table in nameless:
                found[f"{table} has no replica identity"] = f"alter table {table} replica identity full"
            at.execute(PUBLISHED, (self.name,))
            return found | self._unpublished(at.fetchall(), tables)

    def _unpublished(self, found: Sequence[tuple[bool, list[str] | None]], tables: Sequence[str]) -> dict[str, str]:
        if not found:
            return {f"it has no publication {self.name}": self._creation(tables)}
        ((is_whole, published),) = found
        if is_whole and set(tables) <= set(published or ()):
            return {}
        again = f'drop publication "{self.name}"; {self._creation(tables)}'
        return {f"its publication {self.name} does not tell all changes of {', '.join(tables)}": again}

    def _creation(self, tables: Sequence[str]) -> str:
        # of a partitioned table the changes come under its own name
        return (
            f'create publication "{self.name}" for table {", ".join(tables)} with (publish_via_partition_root = true)'
        )

    def prepare(self, tables: Sequence[str]) -> None:
        """Create the publication where that is all that lacks; MendInput tells what an administrator must do."""
        lacking = self.lacks(tables)
        if list(lacking.values()) == [self._creation(tables)]:
            lacking = {} if self._publish(tables) else lacking
        if lacking:
            raise MendInput(
                f"changes cannot be captured from {self.source.address}: {', '.join(lacking)}",
                f"on that server, as its administrator: {'; '.join(lacking.values())}; or unset"
                " ACME_OPERATIONS_CAPTURE to read by the time of change",
            )

    def _publish(self, tables: Sequence[str]) -> bool:
        try:
            with self.source.asked("acme capture") as at:
                at.execute("set default_transaction_read_only = off")
                at.execute(self._creation(tables))
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
            with self.source.errors(), opened.cursor() as at:
                at.create_replication_slot(self.name, output_plugin="pgoutput")
                ((_, place, snapshot, _),) = at.fetchall()
            yield Start(lsn(place), snapshot)

    def drop(self) -> None:
        """Drop the slot, if it is there."""
        with self.source.asked("acme capture") as at:
            at.execute(
                "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s",
                (self.name,),
            )

    def state(self) -> State | None:
        with self.source.asked("acme capture") as at:
            at.execute(ENDS)
            ((_, end, _),) = at.fetchall()
            at.execute(STATE, (self.name,))
            for confirmed, restart, is_lost in at:
                return State(lsn(confirmed or "0/0"), lsn(end) - lsn(restart or end), is_lost)
            return None

    def end(self) -> End:
        with self.source.asked("acme capture") as at:
            at.execute(ENDS)
            ((now, written, flushed),) = at.fetchall()
            return End(now, lsn(written), lsn(flushed) >= lsn(written))

    def messages(self) -> Iterator[bytes]:
        """Every message from where the slot stands to the end of the log, which the slot then still has."""
        with self.source.session("acme capture") as opened, self.source.errors():
            opened.autocommit = False
            with opened.cursor("changes") as at:
                at.itersize = FETCHED
                at.execute(
                    "select data from pg_logical_slot_peek_binary_changes(%s, null, null,"
                    " 'proto_version', '1', 'publication_names', %s)",
                    (self.name, f'"{self.name}"'),
                )
                for (data,) in at:
                    yield bytes(data)

    def advance(self, place: int) -> None:
        """Up to here everything is kept elsewhere."""
        with self.source.asked("acme capture") as at:
            at.execute("select pg_replication_slot_advance(%s, %s::pg_lsn)", (self.name, lsn_text(place)))
