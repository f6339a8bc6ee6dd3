"""Tables come into being on first use, as their SQL file declares them, and follow it when it changes.

Belongs here: creating tables with their comments, and noticing that a file says something else since.
Not here: how a table then follows it (`evolution.py`), the bookkeeping's schema (`migrations.py`).
"""

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import cursor

from acme_platform.ledger import deliveries
from acme_platform.model.lineage import PROVENANCE
from acme_platform.model.table import Table
from acme_platform.schema import evolution
from acme_platform.warehouse.connection import lock, name

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


def ensure(at: cursor, table: Table) -> bool:
    """Create the table unless it is there, alter it where its SQL file says something else since; True if it is new.

    Raises MendInput where it cannot follow the file without losing what it holds, and where somebody altered it.
    """
    if _is_as_declared(at, table):
        return False
    lock(at, "ddl")
    if _is_as_declared(at, table):
        return False
    if is_new := not _columns(at, table):
        _create(at, table)
    else:
        _follow(at, table)
    _comment(at, table)
    _remember(at, table)
    return is_new


def _follow(at: cursor, table: Table) -> None:
    there, made = _columns(at, table), _remembered(at, table)
    by_hand = there.keys() - made.columns - table.columns.keys()
    if table.sql.declaration == made.declaration or by_hand:
        raise evolution.refusal(at, table, list(differing(there, table.columns)))
    if table.layer.is_loaded:
        evolution.follow_raw(at, table, there.keys() - PROVENANCE.keys())
    elif there == table.columns or (not table.layer.is_in_redis and _holds_rows(at, table)):
        evolution.follow(at, table)
    else:
        _create_anew(at, table)


@contextmanager
def indexed_later(at: cursor, table: Table) -> Iterator[None]:
    """Take the indexes off the table until the end of the block: made at once they cost a third.

    For a table that nobody else sees yet.
    """
    at.execute(INDEXES, {"table": table.full_name})
    found = at.fetchall()
    for drop, _ in found:
        at.execute(drop)
    yield
    for _, create in found:
        at.execute(create)


def differing(there: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    """What is missing, too much or of another type in the table that is there, one phrase each."""
    yield from (f"{column} is missing" for column in wanted if column not in there)
    yield from (f"{column} is not declared" for column in there if column not in wanted)
    shared = [column for column in wanted if column in there]
    yield from (
        f"{column} is {there[column]}, not {wanted[column]}" for column in shared if there[column] != wanted[column]
    )


def _is_as_declared(at: cursor, table: Table) -> bool:
    """Whether it follows the file as that is now, and nobody altered it by hand."""
    return _remembered(at, table).declaration == table.sql.declaration and _columns(at, table) == table.columns


@dataclass(frozen=True)
class Made:
    """A table as the platform made or altered it last; the declaration is empty where an older release made it."""

    declaration: str = ""
    columns: Set[str] = frozenset()


def _remembered(at: cursor, table: Table) -> Made:
    at.execute("select declaration, columns from ledger.shapes where table_name = %s", (table.full_name,))
    return next((Made(declaration, set(columns)) for declaration, columns in at), Made())


def _columns(at: cursor, table: Table) -> dict[str, str]:
    """Column -> type of the table as it is, empty when there is none.

    Found by name in the catalog: `to_regclass` may still answer from before the wait for a lock, and two first
    loads at the same time both created the table.
    """
    at.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where relnamespace = to_regnamespace(%s) and relname = %s and attnum > 0 and not attisdropped",
        (table.layer.name, table.name),
    )
    return dict(at.fetchall())


def _create(at: cursor, table: Table) -> None:
    at.execute("select to_regnamespace(%s) is null", (table.layer.name,))
    if at.fetchone() == (True,):
        at.execute(sql.SQL("create schema {}").format(sql.Identifier(table.layer.name)))
    at.execute(_partitioned(table) if table.layer.is_loaded else table.sql.definition.replace("%", "%%"), {})
    deliveries.forget_table(at, table.full_name)


def _create_anew(at: cursor, table: Table) -> None:
    """Of an empty table nothing is lost. Of a cache neither: what it holds is given to Redis again."""
    evolution.drop_own_views(at, table)
    at.execute(sql.SQL("drop table {}").format(name(table.full_name)))
    at.execute("delete from ledger.refreshes where table_name = %s", (table.full_name,))
    _create(at, table)


def _holds_rows(at: cursor, table: Table) -> bool:
    at.execute(sql.SQL("select exists (select from {})").format(name(table.full_name)))
    ((found,),) = at.fetchall()
    return bool(found)


def _comment(at: cursor, table: Table) -> None:
    at.execute(sql.SQL("comment on table {} is %s").format(name(table.full_name)), (table.sql.comment,))
    for column in table.sql.shape.columns:
        at.execute(
            sql.SQL("comment on column {}.{} is %s").format(name(table.full_name), sql.Identifier(column.name)),
            (column.meaning,),
        )


def _remember(at: cursor, table: Table) -> None:
    at.execute(
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
