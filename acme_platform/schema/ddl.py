"""Tables come into being on first use, as their SQL file declares them, and follow it when it changes.

Belongs here: creating tables with their comments, and noticing that a file says something else since.
Not here: how a table then follows it (`evolution.py`), the bookkeeping's schema (`migrations.py`).
"""

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.ledger import builds
from acme_platform.model.lineage import PROVENANCE
from acme_platform.model.table import Table
from acme_platform.schema import evolution
from acme_platform.warehouse.connection import lock, name
from acme_platform.warehouse.written_sql import written_in

#: for each index of a table how to drop it, and how to make it again
INDEXES = """
select
    case
        when conname is null then format('drop index %%s', indexrelid::regclass)
        else format('alter table %%s drop constraint %%I', indrelid::regclass, conname)
    end,
    case
        when conname is null then pg_get_indexdef(indexrelid)
        else format('alter table %%s add constraint %%I %%s', indrelid::regclass, conname,
            pg_get_constraintdef(made.oid))
    end
from pg_index
left join pg_constraint as made on made.conindid = indexrelid and made.conrelid = indrelid
where indrelid = %(table)s::regclass
"""


def ensure(cursor: Cursor, table: Table) -> bool:
    """Create the table unless it is there, alter it where its SQL file says something else since; True if it is new.

    Raises MendInput where it cannot follow the file without losing what it holds, and where somebody altered it.
    """
    if _is_as_declared(cursor, table):
        return False
    lock(cursor, "ddl")
    if _is_as_declared(cursor, table):
        return False
    if is_new := not _columns(cursor, table):
        _create(cursor, table)
    else:
        _follow(cursor, table)
    _comment(cursor, table)
    _remember(cursor, table)
    return is_new


def _follow(cursor: Cursor, table: Table) -> None:
    there, made = _columns(cursor, table), _remembered(cursor, table)
    by_hand = there.keys() - made.columns - table.columns.keys()
    if table.sql.declaration == made.declaration or by_hand:
        raise evolution.refusal(cursor, table, list(differing(there, table.columns)))
    if table.layer.is_loaded:
        evolution.follow_raw(cursor, table, there.keys() - PROVENANCE.keys())
    elif there == table.columns or (not table.layer.is_in_redis and _holds_rows(cursor, table)):
        evolution.follow(cursor, table)
    else:
        _create_anew(cursor, table)


@contextmanager
def indexed_later(cursor: Cursor, table: Table) -> Iterator[None]:
    """Take the indexes off the table until the end of the block: made at once they cost a third.

    For a table that nobody else sees yet.
    """
    cursor.execute(INDEXES, {"table": table.full_name})
    indexes = cursor.fetchall()
    for drop, _ in indexes:
        cursor.execute(drop)
    yield
    for _, create in indexes:
        cursor.execute(create)


def differing(there: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    """What is missing, too much or of another type in the table that is there, one phrase each."""
    yield from (f"{column} is missing" for column in wanted if column not in there)
    yield from (f"{column} is not declared" for column in there if column not in wanted)
    shared = [column for column in wanted if column in there]
    yield from (
        f"{column} is {there[column]}, not {wanted[column]}" for column in shared if there[column] != wanted[column]
    )


def _is_as_declared(cursor: Cursor, table: Table) -> bool:
    """Whether it follows the file as that is now, and nobody altered it by hand."""
    return _remembered(cursor, table).declaration == table.sql.declaration and _columns(cursor, table) == table.columns


@dataclass(frozen=True)
class Made:
    """A table as the platform made or altered it last; the declaration is empty where an older release made it."""

    declaration: str = ""
    columns: Set[str] = frozenset()


def _remembered(cursor: Cursor, table: Table) -> Made:
    cursor.execute("select declaration, columns from ledger.shapes where table_name = %s", (table.full_name,))
    return next((Made(declaration, set(columns)) for declaration, columns in cursor), Made())


def _columns(cursor: Cursor, table: Table) -> dict[str, str]:
    """Column -> type of the table as it is, empty when there is none.

    Found by name in the catalog: `to_regclass` may still answer from before the wait for a lock, and two first
    loads at the same time both created the table.
    """
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where relnamespace = to_regnamespace(%s) and relname = %s and attnum > 0 and not attisdropped",
        (table.layer.name, table.name),
    )
    return dict(cursor.fetchall())


def _create(cursor: Cursor, table: Table) -> None:
    cursor.execute("select to_regnamespace(%s) is null", (table.layer.name,))
    if cursor.fetchone() == (True,):
        cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(table.layer.name)))
    with written_in(table.sql, table.full_name):
        cursor.execute(_partitioned(table) if table.layer.is_loaded else sql.SQL(table.sql.definition))
    builds.forget_table(cursor, table.full_name)


def _create_anew(cursor: Cursor, table: Table) -> None:
    """Of an empty table nothing is lost. Of a cache neither: what it holds is given to Redis again."""
    evolution.drop_own_views(cursor, table)
    cursor.execute(sql.SQL("drop table {}").format(name(table.full_name)))
    cursor.execute("delete from ledger.refreshes where table_name = %s", (table.full_name,))
    _create(cursor, table)


def _holds_rows(cursor: Cursor, table: Table) -> bool:
    """Here, or in the lake."""
    cursor.execute(
        sql.SQL(
            "select exists (select from {}) or exists (select from ledger.lake_parts where table_name = %s)"
        ).format(name(table.full_name)),
        (table.full_name,),
    )
    ((has_rows,),) = cursor.fetchall()
    return bool(has_rows)


def _comment(cursor: Cursor, table: Table) -> None:
    cursor.execute(sql.SQL("comment on table {} is %s").format(name(table.full_name)), (table.sql.comment,))
    for column in table.sql.shape.columns:
        cursor.execute(
            sql.SQL("comment on column {}.{} is %s").format(name(table.full_name), sql.Identifier(column.name)),
            (column.meaning,),
        )


def _remember(cursor: Cursor, table: Table) -> None:
    cursor.execute(
        "insert into ledger.shapes (table_name, declaration, columns) values (%s, %s, %s) on conflict (table_name)"
        " do update set declaration = excluded.declaration, columns = excluded.columns, altered_at = clock_timestamp()",
        (table.full_name, table.sql.declaration, list(table.columns)),
    )


def _partitioned(table: Table) -> sql.Composed:
    """A raw table is a partition per file: the range (day, n) to (day, n + 1) holds the delivery n of the day.

    One level of partitions serves both: a query for a day is pruned to its files, and each file is loaded,
    attached and dropped by itself.
    """
    columns = [sql.SQL("{} text").format(sql.Identifier(column.name)) for column in table.sql.shape.columns]
    provenance = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column), sql.SQL(kind), sql.SQL("" if column == "extra" else " not null")
        )
        for column, kind in PROVENANCE.items()
    ]
    return sql.SQL("create table {} ({}) partition by range (day, delivery_id)").format(
        name(table.full_name), sql.SQL(", ").join(columns + provenance)
    )
