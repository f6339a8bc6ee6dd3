"""Drift: keys of Redis that are not what a cache's table says, whatever happened to them.

Belongs here: finding them, without writing. Not here: mending them (`redis_cache.py`), how often somebody looks
(`drift_monitor.py`), a table that is behind its answers (`staleness.py`).

Hashes are compared by the batch: PostgreSQL spells what Redis should answer, and the bytes that come are that or not.
Only where they are not, they are taken apart. A million hashes took 10 s on a busy machine, and 69 s key by key.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.model.table import SORTED_PAIRS, Table
from acme_platform.serving.redis_commands import asking
from acme_platform.serving.redis_keyspace import Entry, Keyspace, redis_errors, score
from acme_platform.serving.resp import as_bytes, batched, exchange
from acme_platform.warehouse.connection import name, streamed


@dataclass(frozen=True)
class Drifted:
    """One key that is not what the table says."""

    key: str
    #: what Redis holds there; nothing where it has no such key
    held: Mapping[str, str]
    #: the table has no such key
    foreign: bool = False


@dataclass(frozen=True)
class Compared:
    """A batch of the table's keys."""

    last: str
    keys: int
    drifted: list[Drifted]

    @property
    def there(self) -> int:
        """Keys that Redis has, right or wrong."""
        return self.keys - sum(not drifted.held for drifted in self.drifted)


def drifted(cursor: Cursor, keyspace: Keyspace, table: Table) -> Iterator[Drifted]:
    """All of it; nothing of a table that was never filled."""
    there = 0
    for batch in compared(cursor, keyspace, table):
        there += batch.there
        yield from batch.drifted
    yield from foreign(cursor, keyspace, table, there)


def compared(cursor: Cursor, keyspace: Keyspace, table: Table, after: str = "") -> Iterator[Compared]:
    """The table's keys behind one, in their order."""
    if not is_there(cursor, table):
        return
    with redis_errors(), keyspace.connection() as wire:
        expiring = keyspace.counters().expiring
        query = asking(table, int(wire.protocol), expiring=expiring)
        with closing(streamed(cursor, query, {"after": after})) as rows:
            for batch in batched(rows):
                keys, commands, answers = zip(*batch, strict=True)
                right = not keyspace.sorted and exchange(wire, "".join(commands)) == as_bytes("".join(answers))
                yield Compared(keys[-1], len(keys), [] if right else _different(cursor, keyspace, table, list(keys)))


def foreign(cursor: Cursor, keyspace: Keyspace, table: Table, there: int) -> Iterator[Drifted]:
    """Keys that the table does not have. `there` of its own are in Redis: mostly Redis has as many, and no others."""
    if not is_there(cursor, table) or keyspace.count() == there:
        return
    for page in keyspace.pages():
        known = _known(cursor, table, page)
        strange = [key for key in dict.fromkeys(page) if key not in known]
        yield from (Drifted(key, held, foreign=True) for key, held in keyspace.entries(strange))


def is_there(cursor: Cursor, table: Table) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (table.full_name,))
    ((exists,),) = cursor.fetchall()
    return bool(exists)


def is_text(key: str) -> bool:
    """Something that PostgreSQL can hold."""
    return "\0" not in key and not any("\ud800" <= letter <= "\udfff" for letter in key)


def _different(cursor: Cursor, keyspace: Keyspace, table: Table, keys: list[str]) -> list[Drifted]:
    """Those of the keys that are not as they should be, taken apart."""
    wanted, leaving = dict(_entries(cursor, table, keys)), keyspace.expiring(keys)
    differing = (Drifted(key, held) for key, held in keyspace.entries(keys) if held != wanted[key] or key in leaving)
    return list(differing)


def _entries(cursor: Cursor, table: Table, keys: list[str]) -> Iterator[Entry]:
    """What each key should hold, every value as PostgreSQL prints it, empty ones left out."""
    fields = [column for column in table.sql.shape.names if column != "key"]
    values = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(field)) for field in fields)
    cursor.execute(
        sql.SQL("select key, {} from {} where key = any(%s) order by key").format(values, name(table.full_name)),
        (keys,),
    )
    for key, rows in groupby(cursor.fetchall(), itemgetter(0)):
        yield key, _held(table, fields, list(rows))


def _held(table: Table, fields: list[str], rows: list[tuple[str, ...]]) -> Mapping[str, str]:
    if table.pairs:
        spelling = score if table.pairs == SORTED_PAIRS else str
        return {member: spelling(value) for _, member, value in rows}
    return {field: value for field, value in zip(fields, rows[0][1:], strict=True) if value is not None}


def _known(cursor: Cursor, table: Table, keys: list[str]) -> set[str]:
    """Those of the keys that the table has."""
    cursor.execute(
        sql.SQL("select key from {} where key = any(%s)").format(name(table.full_name)),
        ([key for key in keys if is_text(key)],),
    )
    return {key for (key,) in cursor}
