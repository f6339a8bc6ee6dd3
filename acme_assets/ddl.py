"""Tables come into being on first use, as their SQL file declares them.

Belongs here: creating tables with their comments, and comparing what exists with what is declared.
Not here: the bookkeeping's schema (`migration.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import sql
from psycopg2.extensions import cursor

from acme_assets import ledger, remedy
from acme_assets.errors import MendInput
from acme_assets.lineage import PROVENANCE
from acme_assets.table import Table
from acme_assets.warehouse import lock, name

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
    """Create the table unless it is there; True when that was done.

    Raises MendInput when what is there differs from its SQL file.
    """
    if is_new := not _columns(at, table):
        lock(at, "ddl")
        if is_new := not _columns(at, table):
            _create(at, table)
    if differences := list(differing(at, table)):
        views = _views_above(at, table)
        drop = f"acme psql -c 'drop table {table.full_name}{' cascade' if views else ''}'"
        falls = f" (with it fall {', '.join(views)}; the platform's own come again with their tables)" if views else ""
        raise MendInput(
            f"{table.full_name} is not as {table.sql.where} declares it: {'; '.join(differences)}",
            f"{drop}{falls}, then {remedy.fill(table.full_name)}",
        )
    return is_new


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


def declared(table: Table) -> dict[str, str]:
    """Column -> type of the whole table, provenance included."""
    columns = {column.name: column.type for column in table.sql.shape.columns}
    return columns | PROVENANCE if table.layer == "raw" else columns


def differing(at: cursor, table: Table) -> Iterator[str]:
    """What is missing, too much or of another type in the existing table, one phrase each."""
    there, wanted = _columns(at, table), declared(table)
    yield from (f"{column} is missing" for column in wanted if column not in there)
    yield from (f"{column} is not declared" for column in there if column not in wanted)
    shared = [column for column in wanted if column in there]
    yield from (
        f"{column} is {there[column]}, not {wanted[column]}" for column in shared if there[column] != wanted[column]
    )


def _columns(at: cursor, table: Table) -> dict[str, str]:
    """Column -> type of the table as it is, empty when there is none.

    Found by name in the catalog: `to_regclass` may still answer from before the wait for a lock, and two first
    loads at the same time both created the table.
    """
    at.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where relnamespace = %s::regnamespace and relname = %s and attnum > 0 and not attisdropped",
        (table.layer, table.name),
    )
    return dict(at.fetchall())


def _views_above(at: cursor, table: Table) -> list[str]:
    """Views that read the table, themselves or through others: while they are there it cannot be dropped."""
    at.execute(
        "with recursive above as ("
        " select %s::regclass::oid as oid union"
        " select pg_rewrite.ev_class from above"
        " join pg_depend on refclassid = 'pg_class'::regclass and refobjid = above.oid"
        " join pg_rewrite on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid)"
        " select oid::regclass::text from above where oid <> %s::regclass order by 1",
        (table.full_name, table.full_name),
    )
    return [view for (view,) in at]


def _create(at: cursor, table: Table) -> None:
    at.execute(_partitioned(table) if table.layer == "raw" else table.sql.definition.replace("%", "%%"), {})
    at.execute(sql.SQL("comment on table {} is %s").format(name(table.full_name)), (table.sql.comment,))
    ledger.forget_table(at, table.full_name)
    for column in table.sql.shape.columns:
        at.execute(
            sql.SQL("comment on column {}.{} is %s").format(name(table.full_name), sql.Identifier(column.name)),
            (column.meaning,),
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
