"""Spools: what a reading of the log brings, in temporary files, one for each day of each table.

Belongs here: telling a reading's transactions apart, rows as COPY text, what the log says of the tables. Not here: raw
tables and the ledger (`capture.py`), values that were not sent (`unsent.py`).

The log says of each change how its table was at that moment. So what was otherwise for a while, and altered back, is
seen where it matters: at a change.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import IO, TYPE_CHECKING

from acme_platform.day import today
from acme_platform.errors import MendInput
from acme_platform.ingest.cdc import row_key
from acme_platform.ingest.cdc.facts import Facts, TableFacts
from acme_platform.ingest.cdc.pgoutput import Begin, Change, Commit, Decoder, Relation, Truncate, Values, lsn_text
from acme_platform.ingest.cdc.positions import Known, LastCommit
from acme_platform.ingest.cdc.rules import RECAPTURE, TEXTS
from acme_platform.ingest.cdc.unsent import Unsent
from acme_platform.ingest.database.extract import DELETED_AT
from acme_platform.model.table import Table

if TYPE_CHECKING:
    from hashlib import _Hash

#: what COPY's text format takes for itself
ESCAPES = ((b"\\", rb"\\"), (b"\n", rb"\n"), (b"\r", rb"\r"), (b"\t", rb"\t"))
IN_MEMORY = 1 << 20


def _temporary() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(IN_MEMORY)  # closed by `Spools`


@dataclass
class Spool:
    """Rows of one table and day; written to its end, then read."""

    table: Table
    day: date
    #: columns of the source that the table does not declare
    extra: tuple[str, ...]
    rows: int = 0
    size: int = 0
    _digest: "_Hash" = field(default_factory=hashlib.sha256)
    _file: IO[bytes] = field(default_factory=_temporary)
    _unsent: IO[bytes] = field(default_factory=_temporary)
    _links: IO[bytes] = field(default_factory=_temporary)
    _unsent_titles: set[str] = field(default_factory=set)
    #: key -> name of the chain, where an update without all values gave a row another key
    _chains: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def checksum(self) -> str:
        return self._digest.hexdigest()

    @property
    def unsent(self) -> Unsent | None:
        """What is to be completed."""
        return Unsent(self._unsent, self._links, frozenset(self._unsent_titles)) if self._unsent_titles else None

    def add_version(self, values: Values, relation: Relation, old_key: bytes | None = None) -> None:
        """A row as it is now; what was not sent is to be completed. `old_key` is the one that it had before."""
        self._add(values)
        key = row_key.of_values(self.table, values) or b""
        is_whole = len(values) == len(relation.columns)
        if old_key is not None and not is_whole:
            # what takes the old key from now on is another row
            self._chains[key] = self._chains.get(old_key, old_key)
            self._chains[old_key] = b"%b behind row %d" % (old_key, self.rows)
        chain = self._chains.get(key, key)
        if chain is not key:
            self._links.write(b"%d\t%b\n" % (self.rows, _text(chain)))
        if not is_whole:
            self._note(chain, [column for column in relation.columns if column not in values])

    def _note(self, chain: bytes, columns: list[str]) -> None:
        self._unsent_titles.update(columns)
        for column in columns:
            self._unsent.write(b"%d\t%b\t%b\n" % (self.rows, _text(chain), _text(column.encode())))

    def add_delete(self, key: Values, changed_at: str) -> None:
        """The end of a row, of which often only the key is known."""
        self._add({**key, DELETED_AT: changed_at.encode()})

    def _add(self, values: Values) -> None:
        columns = (*self.table.sql.shape.names, *self.extra)
        line = b"\t".join(_text(values.get(column)) for column in columns) + b"\n"
        self._file.write(line)
        self._digest.update(line)
        self.size += len(line)
        self.rows += 1

    def rewind(self) -> None:
        for file in (self._file, self._unsent, self._links):
            file.seek(0)

    def close(self) -> None:
        for file in (self._file, self._unsent, self._links):
            file.close()

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


class Spools:
    """Sorts one reading's messages, in the order in which they come."""

    def __init__(self, address: str, tables: Mapping[str, Table], known: Known, facts: Facts, newest: date) -> None:
        self._address = address
        self._tables = tables
        self._facts = facts
        self._known = known
        self._names = {table.oid: table.name for table in facts.tables}
        #: everything before it is known, here or from an earlier reading
        self.place = known.place
        self.last_commit = known.last_commit
        self.filled: list[Spool] = []
        self._newest = newest
        self._open: dict[tuple[str, date], Spool] = {}
        #: oid -> the table as it was at the last change, and what it has that we do not declare; judged once
        self._judged: dict[int, tuple[Relation, tuple[str, ...]]] = {}
        self._met_last = False
        self._decoder = Decoder()
        self._transaction = Begin(0, datetime.min.replace(tzinfo=UTC))

    def close(self) -> None:
        for spool in self.filled:
            spool.close()

    def take(self, message: bytes) -> None:
        event = self._decoder.decode(message)
        if isinstance(event, Begin):
            self._begin(event)
        elif isinstance(event, Commit):
            self._commit(event)
        elif event and self._transaction.commit >= self._known.place:
            self._change(event) if isinstance(event, Change) else self._truncate(event)

    def _begin(self, begin: Begin) -> None:
        """A clock that is set back moves nothing behind what came before it, nor one that is ahead before today."""
        self._transaction = begin
        if begin.commit >= self._known.place:
            self._newest = max(self._newest, min(begin.committed_at.date(), today()))

    def _commit(self, commit: Commit) -> None:
        told, last = LastCommit(commit.end, str(commit.committed_at)), self._known.last_commit
        if last and last.end <= told.end <= self._known.place:
            self._met_last = told == last
            self._insist(self._met_last)
        self.place = max(self.place, commit.end)
        self.last_commit = told

    def finish(self, confirmed: int) -> None:
        """The log is the one that was read: from behind `confirmed` on it tells again the same last transaction, and
        none between it and the place. A server that was restored from a copy, or that took over, may tell otherwise.
        """
        last = self._known.last_commit
        self._insist(self._met_last or last is None or confirmed >= last.end)

    def _insist(self, is_same: bool) -> None:
        if not is_same:
            raise MendInput(
                f"the log of {self._address} up to {lsn_text(self._known.place)} is another one than was read: the"
                " server was restored, or another one took its place",
                RECAPTURE,
            )

    def _change(self, change: Change) -> None:
        """An update that gives a row another key ends the one that had the old key."""
        relation = change.relation
        if (known := self._judged.get(relation.oid)) is None or known[0] is not relation:
            self._judge(relation)
        if not (table := self._tables.get(relation.name)):
            return
        spool, before, after = self._spool(table, relation), change.before or {}, change.after
        old_key = self._old_key(table, relation, change)
        if old_key is not None:
            spool.add_delete(before, f"{self._transaction.committed_at.replace(tzinfo=None)}")
        if after is not None:
            spool.add_version(after, relation, old_key)

    def _old_key(self, table: Table, relation: Relation, change: Change) -> bytes | None:
        """The key that no row has any more."""
        before, after = change.before, change.after
        if before is None:
            return None
        if (key := row_key.of_values(table, before)) is None:
            lacks = " and ".join(column for column in table.key if before.get(column) is None)
            raise self._refused(f"a change of {relation.name} names no {lacks}, for its replica identity lacks it")
        return key if after is None or row_key.of_values(table, after) != key else None

    def _judge(self, relation: Relation) -> None:
        """A table of ours is as it was when the last reading ended."""
        self._judged[relation.oid] = (relation, ())
        expected = self._names.get(relation.oid, relation.name)
        if expected != relation.name:
            raise self._refused(f"{expected} was renamed to {relation.name}")
        if not (table := self._tables.get(relation.name)):
            return
        facts = self._facts.table(relation.name)
        if facts is None or facts.oid != relation.oid:
            raise self._refused(f"{relation.name} was another table of that name")
        if lacks := [column for column in table.key if column not in relation.identity]:
            raise self._refused(f"the replica identity of {relation.name} did not contain {', '.join(lacks)}")
        self._judge_columns(table, relation, facts)
        extra = tuple(column for column in relation.columns if column not in table.sql.shape.names)
        self._judged[relation.oid] = (relation, extra)

    def _judge_columns(self, table: Table, relation: Relation, facts: TableFacts) -> None:
        declared = table.sql.shape.names
        if gone := [column for column in declared if column not in relation.columns and column != DELETED_AT]:
            raise MendInput(
                f"the source {self._address} has no {', '.join(gone)} in {relation.name} any more",
                f"take it out of {table.sql.where} and of what reads it, or bring it back; then {RECAPTURE}",
            )
        known = [column for column in facts.sent if column in relation.columns]
        if known != [column for column in relation.columns if column in known]:
            raise self._refused(f"columns of {relation.name} were renamed")
        for column, kind in zip(relation.columns, relation.types, strict=True):
            if column in known and kind != (was := facts.columns[column]["type"]) and not {kind, was} <= TEXTS:
                raise self._refused(f"{relation.name}.{column} was of another type")

    def _truncate(self, truncate: Truncate) -> None:
        if gone := [relation.name for relation in truncate.relations if relation.oid in self._names]:
            raise self._refused(f"{', '.join(gone)} was truncated, which names no row that is gone")

    def _refused(self, said: str) -> MendInput:
        when = f"{self._transaction.committed_at:%Y-%m-%d %H:%M:%S} UTC ({lsn_text(self._transaction.commit)})"
        return MendInput(f"changes of {self._address} are lacking: {said} at {when}", RECAPTURE)

    def _spool(self, table: Table, relation: Relation) -> Spool:
        """Another one behind a change of the columns."""
        _, extra = self._judged[relation.oid]
        spool = self._open.get((relation.name, self._newest))
        if spool is None or spool.extra != extra:
            spool = self._open[relation.name, self._newest] = Spool(table, self._newest, extra)
            self.filled.append(spool)
        return spool


def _text(value: bytes | None) -> bytes:
    if value is None:
        return rb"\N"
    for plain, escaped in ESCAPES:
        value = value.replace(plain, escaped)
    return value
