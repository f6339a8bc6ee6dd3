"""Spools: what a reading of the log brings, in temporary files, one for each day of each table.

Belongs here: telling a reading's transactions apart, rows as COPY text. Not here: raw tables and the ledger
(`capture.py`).
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import IO, TYPE_CHECKING

from acme_assets.errors import MendInput
from acme_assets.extract import DELETED_AT
from acme_assets.pgoutput import Begin, Change, Commit, Decoder, Relation, Truncate, Values, lsn_text
from acme_assets.table import Table

if TYPE_CHECKING:
    from hashlib import _Hash

ANEW = "acme psql -c 'update ledger.captures set place = null': the next reading makes a new slot and copies all again"
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
    #: column -> the rows (from 1) of which it was not sent
    unsent: dict[str, list[int]] = field(default_factory=dict)
    _digest: "_Hash" = field(default_factory=hashlib.sha256)
    _file: IO[bytes] = field(default_factory=_temporary)

    @property
    def checksum(self) -> str:
        return self._digest.hexdigest()

    def add_version(self, values: Values) -> None:
        """A row as it is now; what was not sent is to be completed."""
        self._add(values)
        for column in self.table.sql.shape.names:
            if column not in values and column != DELETED_AT:
                self.unsent.setdefault(column, []).append(self.rows)

    def add_delete(self, key: Values, at: str) -> None:
        """The end of a row, of which often only the key is known."""
        self._add({**key, DELETED_AT: at.encode()})

    def _add(self, values: Values) -> None:
        columns = (*self.table.sql.shape.names, *self.extra)
        line = b"\t".join(_text(values.get(column)) for column in columns) + b"\n"
        self._file.write(line)
        self._digest.update(line)
        self.size += len(line)
        self.rows += 1

    def rewind(self) -> None:
        self._file.seek(0)

    def close(self) -> None:
        self._file.close()

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


class Spools:
    """Sorts one reading's messages, in the order in which they come."""

    def __init__(self, address: str, tables: Mapping[str, Table], place: int) -> None:
        self._address = address
        self._tables = tables
        #: everything before it is known, here or from an earlier reading
        self.place = place
        self.filled: list[Spool] = []
        self._open: dict[tuple[str, date], Spool] = {}
        self._decoder = Decoder()
        self._transaction = Begin(0, datetime.min.replace(tzinfo=UTC))

    def close(self) -> None:
        for spool in self.filled:
            spool.close()

    def take(self, message: bytes) -> None:
        event = self._decoder.decode(message)
        if isinstance(event, Begin):
            self._transaction = event
        elif isinstance(event, Commit):
            self.place = max(self.place, event.end)
        elif event and self._transaction.commit >= self.place:
            self._change(event) if isinstance(event, Change) else self._truncate(event)

    def _change(self, change: Change) -> None:
        """An update that gives a row another key ends the one that had the old key."""
        if not (table := self._tables.get(change.relation.name)):
            return
        spool, before, after = self._spool(table, change.relation), change.before or {}, change.after
        if table.key in before and (after is None or after[table.key] != before[table.key]):
            spool.add_delete(before, f"{self._transaction.committed_at.replace(tzinfo=None)}")
        if after is not None:
            spool.add_version(after)

    def _truncate(self, truncate: Truncate) -> None:
        if gone := [relation.name for relation in truncate.relations if relation.name in self._tables]:
            when = f"{self._transaction.committed_at:%Y-%m-%d %H:%M:%S} UTC ({lsn_text(self._transaction.commit)})"
            raise MendInput(
                f"{', '.join(gone)} of {self._address} was truncated at {when}, which names no row that is gone", ANEW
            )

    def _spool(self, table: Table, relation: Relation) -> Spool:
        """Another one behind a change of the columns."""
        declared, day = table.sql.shape.names, self._transaction.committed_at.date()
        if gone := [column for column in declared if column not in relation.columns and column != DELETED_AT]:
            raise MendInput(
                f"the source {self._address} has no {', '.join(gone)} in {relation.name} any more",
                f"take it out of {table.sql.where} and of what reads it; or bring it back, and {ANEW}",
            )
        extra = tuple(column for column in relation.columns if column not in declared)
        spool = self._open.get((relation.name, day))
        if spool is None or spool.extra != extra:
            spool = self._open[relation.name, day] = Spool(table, day, extra)
            self.filled.append(spool)
        return spool


def _text(value: bytes | None) -> bytes:
    if value is None:
        return rb"\N"
    for plain, escaped in ESCAPES:
        value = value.replace(plain, escaped)
    return value
