"""A part: the table that holds one delivered file of a raw table, before and after it is attached.

Belongs here: its DDL and its COPY, chosen by measurement. Not here: when each step happens (`load.py`).

Why a table per file: created and filled in one transaction it needs no WAL under wal_level=minimal and is frozen at
once; two connections into one table would cost 30 % (extension lock). What is the same in every row (day, delivery,
file) is added after the COPY as a constant default, which costs no byte per row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, Protocol, cast

import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import cursor

from acme_assets.screen import Screen
from acme_assets.warehouse import name, names


class Readable(Protocol):
    """Bytes for a COPY, which it may end by raising."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Part:
    """`raw_files.<table>_<delivery>`."""

    table: str
    delivery_id: int

    @property
    def full_name(self) -> str:
        return f"raw_files.{self.table}_{self.delivery_id}"

    @property
    def _sequence(self) -> str:
        return f"{self.full_name}_row"

    def copy(self, at: cursor, columns: Sequence[str], screen: Screen, marker: str) -> int:
        """Create the table and fill it; returns the rows kept.

        Rows are numbered by a sequence as they come. A broken row comes as a marker row, which takes its number and
        is then deleted, so that row_number is the row's place in the file (a condition on the COPY would cost every
        clean file a tenth). The sequence hands out 100,000 numbers at a time (cache 1 costs a fifth of the COPY).
        """
        in_file = screen.header.in_file_order
        self.create(at, (*columns, *screen.header.extra_names), first_row=1)
        copy = sql.SQL("copy {} ({}) from stdin with (format csv, freeze)").format(name(self.full_name), names(in_file))
        copied = _copied(at, copy, screen)
        return copied - self._delete(at, in_file[0], marker) if screen.rejected else copied

    def _delete(self, at: cursor, column: str, marker: str) -> int:
        at.execute(
            sql.SQL("delete from {} where {} = {}").format(
                name(self.full_name), sql.Identifier(column), sql.Literal(marker)
            )
        )
        return int(at.rowcount)

    def receive(self, at: cursor, columns: Sequence[str], rows: Readable, first_row: int) -> int:
        """Create the table and fill it with the COPY output of another database; returns its rows."""
        self.create(at, columns, first_row)
        copy = sql.SQL("copy {} ({}) from stdin with (freeze)").format(name(self.full_name), names(columns))
        return _copied(at, copy, rows)

    def create(self, at: cursor, columns: Sequence[str], first_row: int) -> None:
        types = [sql.SQL("{} text").format(sql.Identifier(column)) for column in columns]
        at.execute(
            sql.SQL("create sequence {} start {} cache 100000").format(name(self._sequence), sql.Literal(first_row))
        )
        at.execute(
            sql.SQL("create table {} ({}, row_number bigint not null default nextval({}))").format(
                name(self.full_name), sql.SQL(", ").join(types), sql.Literal(self._sequence)
            )
        )

    def stamp(self, at: cursor, day: date, file: str, extra: Sequence[tuple[str, str]]) -> None:
        """Add provenance, and the constraint that lets PostgreSQL attach without reading the rows again."""
        at.execute(
            sql.SQL(
                "alter table {} alter row_number drop default, add day date not null default {day},"
                " add delivery_id bigint not null default {number}, add file text not null default {file},"
                " add extra jsonb,"
                " add check (day = {day} and delivery_id = {number})"
            ).format(
                name(self.full_name), day=sql.Literal(day), number=sql.Literal(self.delivery_id), file=sql.Literal(file)
            )
        )
        at.execute(sql.SQL("drop sequence {}").format(name(self._sequence)))
        # Unasked, the planner takes one row in two hundred for the day's: it kept all of raw in memory to find 63 rows.
        at.execute(sql.SQL("analyze {} (day)").format(name(self.full_name)))
        if extra:
            self._carry(at, extra)

    def _carry(self, at: cursor, extra: Sequence[tuple[str, str]]) -> None:
        """Undeclared columns are kept as JSON in `extra`: nothing delivered is lost, and the shape stays ours."""
        pairs = [sql.SQL("{}::text, {}").format(sql.Literal(title), sql.Identifier(column)) for title, column in extra]
        at.execute(
            sql.SQL("update {} set extra = jsonb_strip_nulls(jsonb_build_object({}))").format(
                name(self.full_name), sql.SQL(", ").join(pairs)
            )
        )
        drops = [sql.SQL("drop {}").format(sql.Identifier(column)) for _, column in extra]
        at.execute(sql.SQL("alter table {} {}").format(name(self.full_name), sql.SQL(", ").join(drops)))

    def forget(
        self, at: cursor, parent: str, day: date, columns: Sequence[str], changed_at: str, since: datetime
    ) -> int:
        """Take out the rows that the raw table holds of the day, of those that changed since or nobody knows when.

        Times as PostgreSQL prints them sort as text, in the order of code points.
        """
        here, there = (
            sql.SQL("row({})::text").format(sql.SQL(", ").join(sql.Identifier(side, column) for column in columns))
            for side in ("here", "there")
        )
        at.execute(
            sql.SQL(
                "delete from {} as here using {} as there where {} = {}"
                ' and there.day = %s and (there.{} collate "C" >= %s or there.{} is null)'
            ).format(
                name(self.full_name),
                name(parent),
                here,
                there,
                sql.Identifier(changed_at),
                sql.Identifier(changed_at),
            ),
            (day, str(since)),
        )
        return int(at.rowcount)

    def take_over(self, at: cursor, before: "Part", columns: Sequence[str]) -> int:
        """Copy all rows of another part into this one, numbers kept; returns how many."""
        kept = names((*columns, "row_number", "extra"))
        at.execute(
            sql.SQL("insert into {} ({}) select {} from {}").format(
                name(self.full_name), kept, kept, name(before.full_name)
            )
        )
        return int(at.rowcount)

    def attach(self, at: cursor, parent: str, day: date) -> None:
        """Make the rows part of the raw table: the range (day, n) to (day, n + 1) is theirs alone."""
        at.execute(
            sql.SQL("alter table {} attach partition {} for values from ({day}, {number}) to ({day}, {after})").format(
                name(parent),
                name(self.full_name),
                day=sql.Literal(day),
                number=sql.Literal(self.delivery_id),
                after=sql.Literal(self.delivery_id + 1),
            )
        )

    def drop(self, at: cursor) -> None:
        at.execute(sql.SQL("drop table if exists {}").format(name(self.full_name)))


def next_row(at: cursor, parent: str, day: date) -> int:
    """The number for the next row of a day that grows: its rows are numbered in the order in which they were seen."""
    at.execute(sql.SQL("select coalesce(max(row_number), 0) + 1 from {} where day = %s").format(name(parent)), (day,))
    (number,) = at.fetchone() or (1,)
    return int(number)


def existing(at: cursor, table: str, delivery_ids: Iterable[int]) -> set[int]:
    """Those of the deliveries whose part is there: a refused file has none, a dropped raw table took its own along."""
    by_name = {Part(table, number).full_name: number for number in delivery_ids}
    at.execute(
        "select 'raw_files.' || relname from pg_class where relnamespace = 'raw_files'::regnamespace"
        " and 'raw_files.' || relname = any(%s)",
        (list(by_name),),
    )
    return {by_name[full_name] for (full_name,) in at}


def _copied(at: cursor, copy: sql.Composed, source: Readable) -> int:
    stream = _Remembering(source)
    try:
        at.copy_expert(copy, cast("BinaryIO", stream), size=1 << 18)
    except psycopg2.errors.QueryCanceled:
        if stream.error:
            raise stream.error from None
        raise
    return int(at.rowcount)


class _Remembering:
    """A stream that keeps the exception which ended it: psycopg2 turns it into a canceled query."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.error: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except Exception as error:
            self.error = error
            raise
