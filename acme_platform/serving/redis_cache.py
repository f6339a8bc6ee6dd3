"""A cache: Redis keys that equal a table's newest day, refreshed by differences, complete or old for readers.

Belongs here: what changes with a refresh. Not here: commands to Redis (`redis_keyspace.py`).

    key, users_counts, order_amount    a row is a hash with these fields
    key, field, value                  the rows of a key are a hash, its fields named by the data
    key, member, score                 the rows of a key are a sorted set

The table `cache.<name>` holds what Redis was last given. A refresh computes the new contents, gives Redis what differs
in one step together with a watermark, and commits the table after it. The watermark's token is in both places.
Where the two differ, Redis was flushed, restored or replaced, or a refresh died between the two commits. Then
everything is written again, and every key that should not be there goes.

A refresh trusts a token that is its own. Whether Redis still holds what it was given is looked at before it
(`restore.py`).
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import chain

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import today
from acme_platform.errors import MendInput
from acme_platform.ledger import builds, check_results
from acme_platform.ledger.filled_days import filled_days
from acme_platform.model.table import Table
from acme_platform.registry import remedies
from acme_platform.schema.ddl import ensure
from acme_platform.serving import loss, redis_commands
from acme_platform.serving.drift import drifted, is_text
from acme_platform.serving.redis_keyspace import Entry, Keyspace, Watermark
from acme_platform.serving.redis_stream import commands, filling
from acme_platform.serving.resp import as_bytes, spelt
from acme_platform.warehouse.connection import Warehouse, lock, name, names
from acme_platform.warehouse.temp_tables import compute
from acme_platform.warehouse.written_sql import written_in


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did; `day` is the day that Redis holds after it."""

    day: date
    keys: int
    written: int
    removed: int


def refresh(warehouse: Warehouse, keyspace: Keyspace, table: Table, day: date, run_id: str) -> Refreshed:
    """Bring Redis to the day, or to the newer one it already holds: an older day never wins.

    Raises MendInput where the day has no answers, and BlockedByCheck over a red `must` upstream.
    """
    with warehouse.transaction(f"{run_id[:8]} {table.full_name}") as cursor:
        made_anew = ensure(cursor, table)
        lock(cursor, table.lock(day))
        token, held = last_refresh(cursor, table)
        mark = keyspace.watermark()
        newest = newest_of(cursor, table, day, held, mark.day)
        check_results.refuse_red(cursor, table, newest)
        seen = builds.newest_changes(cursor, table, newest)
        contents = Contents(table, newest)
        keys = contents.compute(cursor)
        if token is not None and token == mark.token and not made_anew:
            contents.compare(cursor)
            strange, lost = [], loss.of_ours(cursor, table, looked=False)
        else:
            strange = contents.rewrite(cursor, keyspace.keys())
            others = made_anew or token is None or (mark.day or newest) > newest
            lost = loss.of_others(cursor) if mark.token and others else loss.of_ours(cursor, table, looked=True)
        loss.refuse(table, newest, lost)
        renewed = Watermark(uuid.uuid4().hex, newest)
        # Before Redis is given it: what breaks the table's rules must not be read there.
        contents.put(cursor, renewed)
        # Closed here whatever happens: later their cursors would be closed in somebody else's transaction.
        with (
            closing(commands(cursor, redis_commands.emptying("emptied"))) as emptying,
            closing(filling(cursor, table, "changed")) as changed,
        ):
            written = keyspace.write(chain(unlinking(strange), emptying), changed, renewed)
        removed = contents.removed(cursor) + len(strange)
        builds.built(cursor, table.full_name, day, rows=keys, run_id=run_id, seen=seen, version=table.code_version)
        return Refreshed(newest, keys, written, removed)


def newest_of(cursor: Cursor, table: Table, day: date, *held: date | None) -> date:
    """The newest of the days of which there are answers.

    A day without would empty Redis, and no older day could fill it again: one that was never filled, or the watermark
    of another warehouse.
    """
    answered = filled_days(
        cursor, table.upstream, [candidate for candidate in (day, *held) if candidate and candidate <= today()]
    )
    if day not in answered:
        raise MendInput(
            f"{table.full_name}: {' and '.join(table.upstream)} of {day} was never filled",
            remedies.fill_from_the_start(table.full_name, day),
        )
    return max(answered)


def held_day(cursor: Cursor, keyspace: Keyspace, table: Table, day: date) -> date | None:
    """The day that Redis still holds as the last refresh left it; None if that is no answer for `day`."""
    token, held = last_refresh(cursor, table)
    if token is None or held is None or not day <= held <= today() or keyspace.watermark() != Watermark(token, held):
        return None
    return held if day in filled_days(cursor, table.upstream, [day]) else None


def differing(cursor: Cursor, keyspace: Keyspace, table: Table) -> Iterator[Entry]:
    """Keys of Redis that do not hold what the table says, and keys that it lacks; to be shown."""
    for drifted_key in drifted(cursor, keyspace, table):
        yield (
            _readable(drifted_key.key),
            {_readable(field): _readable(value) for field, value in drifted_key.held.items()},
        )


def _readable(text: str) -> str:
    """Bytes that are no text as escapes."""
    return as_bytes(text).decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def last_refresh(cursor: Cursor, table: Table) -> tuple[str | None, date | None]:
    """The token and the day that Redis was last given."""
    cursor.execute("select token, day from ledger.refreshes where table_name = %s", (table.full_name,))
    return cursor.fetchone() or (None, None)


@dataclass(frozen=True)
class Contents:
    """What the cache should hold for a day, beside what it held, in temporary tables.

    `incoming` is all of it, `changed` what Redis is to be given of it, and `gone` the keys that go. `emptied` are the
    keys that Redis is told to forget first: those that go, and those that are there and change.
    """

    table: Table
    day: date

    def compute(self, cursor: Cursor) -> int:
        """Fill `incoming` by the table's select; returns the keys."""
        columns = sql.SQL(", ").join(
            sql.SQL("{}::{}").format(sql.Identifier(column.name), sql.SQL(column.type))
            for column in self.table.sql.shape.columns
        )
        select = sql.SQL("select {} from ({}) as computed").format(columns, sql.SQL(self.table.sql.select))
        with written_in(self.table.sql, f"{self.table.full_name} of {self.day}"):
            compute(cursor, "incoming", select, {"day": self.day})
        self._refuse_strange_keys(cursor)
        cursor.execute("select count(distinct key) from incoming")
        (keys,) = cursor.fetchone() or (0,)
        return int(keys)

    def compare(self, cursor: Cursor) -> None:
        """Redis is as it was left: what is new or different is written, and what vanished goes."""
        held = name(self.table.full_name)
        compute(cursor, "changed", self._changed(held))
        compute(cursor, "gone", sql.SQL("select key from {} except select key from incoming").format(held))
        compute(cursor, "emptied", sql.SQL("select key from gone union select key from changed"))

    def rewrite(self, cursor: Cursor, there: set[str]) -> list[str]:
        """Redis is not as it was left: everything is written, and what is there without right goes.

        Returns keys to be emptied that are no text, which PostgreSQL cannot hold.
        """
        compute(cursor, "changed", sql.SQL("select * from incoming"))
        texts = [key for key in there if is_text(key)]
        compute(cursor, "emptied", sql.SQL("select unnest(%(there)s::text[]) as key"), {"there": texts})
        compute(cursor, "gone", sql.SQL("select key from emptied except select key from incoming"))
        return [key for key in there if not is_text(key)]

    def _changed(self, held: sql.Composable) -> sql.Composable:
        """Rows that Redis is to be given; where many make up a key, all rows of a key of which any differs."""
        new = sql.SQL("select * from incoming except select * from {}").format(held)
        if not self.table.pairs:
            return new
        lost = sql.SQL("select * from {} except select * from incoming").format(held)
        return sql.SQL(
            "select * from incoming where key in (select key from (({}) union all ({})) as different)"
        ).format(new, lost)

    def _refuse_strange_keys(self, cursor: Cursor) -> None:
        like = self.table.keys.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        cursor.execute("select key from incoming where key not like %s limit 1", (like,))
        if strange := cursor.fetchone():
            raise MendInput(
                f"{self.table.sql.where} makes the key {strange[0]!r}, which is not {self.table.keys}",
                f"mend {self.table.sql.where}",
            )

    def removed(self, cursor: Cursor) -> int:
        cursor.execute("select count(*) from gone")
        (keys,) = cursor.fetchone() or (0,)
        return int(keys)

    def put(self, cursor: Cursor, mark: Watermark) -> None:
        """The table holds what Redis will."""
        held, columns = name(self.table.full_name), names(self.table.sql.shape.names)
        cursor.execute(
            sql.SQL(
                "delete from {0} where key in (select key from changed) or key not in (select key from incoming)"
            ).format(held)
        )
        with written_in(self.table.sql, f"{self.table.full_name} of {self.day}"):
            cursor.execute(sql.SQL("insert into {} ({}) select {} from changed").format(held, columns, columns))
        given(cursor, self.table, mark)


def given(cursor: Cursor, table: Table, mark: Watermark) -> None:
    """Remember what Redis was given last: all of the table."""
    cursor.execute(
        sql.SQL(
            "insert into ledger.refreshes (table_name, token, day, keys)"
            " select %s, %s, %s, {} from {} on conflict (table_name) do update set"
            " token = excluded.token, day = excluded.day, keys = excluded.keys, refreshed_at = clock_timestamp()"
        ).format(loss.keys(table), name(table.full_name)),
        (table.full_name, mark.token, mark.day),
    )


def unlinking(keys: Iterable[str]) -> Iterator[str]:
    return (spelt("UNLINK", key) for key in keys)
