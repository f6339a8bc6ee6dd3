"""pgoutput: the messages of PostgreSQL's own output plugin, protocol version 1, which every server since 10 speaks.

Belongs here: bytes to values, the numbers of places in the log. Not here: where messages come from
(`replication_slot.py`), what becomes of changes (`capture.py`).

A value that is absent from a row was not sent. A large value that lies outside its row and did not change is left out
of an update (unless the table's replica identity is `full`), and of a row that was deleted only the key is sent.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from acme_platform.errors import OurBug

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
#: parts of messages that say nothing about rows: types of other databases' making, where a transaction came from
SILENT = b"YO"

Values = Mapping[str, bytes | None]


def lsn(text: str) -> int:
    """`16/B374D848` as a number that can be compared."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def lsn_text(number: int) -> str:
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


@dataclass(frozen=True)
class Relation:
    """A table as it was when the changes behind this were made."""

    oid: int
    name: str
    columns: tuple[str, ...]
    #: of each column
    types: tuple[int, ...]
    #: what tells its rows apart in updates and deletes; all columns where the replica identity is `full`
    identity: frozenset[str]


@dataclass(frozen=True)
class Begin:
    """The changes of a transaction follow. Transactions come whole, in the order of their commits."""

    #: where its commit begins in the log
    commit: int
    committed_at: datetime


@dataclass(frozen=True)
class Commit:
    #: the first place in the log behind the transaction
    end: int
    committed_at: datetime


@dataclass(frozen=True)
class Change:
    """An insert has no `before`, a delete no `after`; an update has a `before` only where its identity changed or is
    `full`.
    """

    relation: Relation
    before: Values | None
    after: Values | None


@dataclass(frozen=True)
class Truncate:
    relations: tuple[Relation, ...]


Event = Begin | Commit | Change | Truncate


class Decoder:
    """Decodes one stream from its beginning, for a table is described once, before its first change."""

    def __init__(self) -> None:
        self._relations: dict[int, Relation] = {}

    def decode(self, message: bytes) -> Event | None:
        """The event, None when the message is none of rows or transactions."""
        kind, read = message[:1], _Cursor(message, 1)
        if kind == b"B":
            commit, microseconds = read.numbers("!qq")
            return Begin(commit, EPOCH + timedelta(microseconds=microseconds))
        if kind == b"C":
            _, _, end, microseconds = read.numbers("!bqqq")
            return Commit(end, EPOCH + timedelta(microseconds=microseconds))
        if kind in b"IUD":
            return self._change(kind, read)
        if kind == b"T":
            count, _ = read.numbers("!ib")
            return Truncate(tuple(self._relations[read.number("!I")] for _ in range(count)))
        if kind == b"R":
            self._relation(read)
        elif kind not in SILENT:
            raise OurBug(f"pgoutput sent a message {kind!r}, which protocol 1 does not have", "please report it")
        return None

    def _relation(self, read: "_Cursor") -> None:
        oid = read.number("!I")
        name = f"{read.text()}.{read.text()}"
        _, count = read.numbers("!bh")
        columns = []
        for _ in range(count):
            in_identity, title = read.number("!b") & 1, read.text()
            kind, _ = read.numbers("!Ii")
            columns.append((title, kind, in_identity))
        self._relations[oid] = Relation(
            oid,
            name,
            tuple(title for title, _, _ in columns),
            tuple(kind for _, kind, _ in columns),
            frozenset(title for title, _, marked in columns if marked),
        )

    def _change(self, kind: bytes, read: "_Cursor") -> Change:
        relation = self._relations[read.number("!I")]
        before, after = None, None
        while read.left:
            part, values = read.bytes(1), self._row(relation, read)
            if part == b"N":
                after = values
            else:
                # of a key alone ("K") the other columns are sent as null, which they are not
                before = (
                    values
                    if part == b"O"
                    else {column: values[column] for column in values if column in relation.identity}
                )
        if kind == b"U" and before and after:
            after = {**before, **after}
        return Change(relation, before, after)

    def _row(self, relation: Relation, read: "_Cursor") -> dict[str, bytes | None]:
        row: dict[str, bytes | None] = {}
        for column in relation.columns[: read.number("!h")]:
            kind = read.bytes(1)
            if kind == b"t":
                row[column] = read.bytes(read.number("!i"))
            elif kind == b"n":
                row[column] = None
        return row


class _Cursor:
    """A place in a message."""

    def __init__(self, message: bytes, position: int) -> None:
        self._message = message
        self._at = position

    @property
    def left(self) -> int:
        return len(self._message) - self._at

    def bytes(self, length: int) -> bytes:
        begin, self._at = self._at, self._at + length
        if self.left < 0:
            raise OurBug("a message of pgoutput ends in the middle", "please report it")
        return self._message[begin : self._at]

    def numbers(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self.bytes(struct.calcsize(form)))

    def number(self, form: str) -> int:
        return self.numbers(form)[0]

    def text(self) -> str:
        end = self._message.index(b"\0", self._at)
        begin, self._at = self._at, end + 1
        return self._message[begin:end].decode()
