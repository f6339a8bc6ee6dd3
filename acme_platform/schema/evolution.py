"""Schema evolution: a table follows its SQL file where nothing is lost, and is refused with the plan where it would be.

Belongs here: comparing a table with what its file declares, and altering it. Not here: making it (`ddl.py`), which
days were filled by which SQL (`deliveries.py`).

    in place   a new column that may be empty or has a default, a column that is no longer declared, a wider type,
               another default, `not null` where no value is missing, rules, new indexes
    refused    a narrower or another type, another key, `not null` where values are missing

A column of raw that is no longer declared goes to `extra`, where columns that no file declares are kept anyway, and
comes back from there. Those of other layers are computed from raw, so nothing is lost with them. An index that is no
longer declared stays: it may be somebody else's.

PostgreSQL itself says what a file declares: it is asked to make an empty temporary table of it, and both are compared
in the words of its catalog.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql
from sqlglot import exp

from acme_platform.cursor import Cursor
from acme_platform.day import spans
from acme_platform.errors import MendInput
from acme_platform.ledger import builds, deliveries
from acme_platform.model.sql_file import DIALECT
from acme_platform.model.table import Table
from acme_platform.registry import remedies
from acme_platform.schema.widening import is_wider
from acme_platform.warehouse.connection import name
from acme_platform.warehouse.partition import Part
from acme_platform.warehouse.written_sql import written_in

#: the empty table that a file declares
DECLARED = "pg_temp.declared"
COLUMNS = """
select attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
from pg_attribute
left join pg_attrdef on adrelid = attrelid and adnum = attnum
where attrelid = %s::regclass and attnum > 0 and not attisdropped
order by attnum
"""
CONSTRAINTS = """
select conname, contype::text, regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', '')
from pg_constraint
where conrelid = %s::regclass and contype in ('p', 'u', 'c')
order by conname
"""
INDEXES = """
select case when indisunique then 'create unique index on ' else 'create index on ' end,
    substring(pg_get_indexdef(indexrelid) from ' USING .*')
from pg_index
where indrelid = %s::regclass and not exists (select from pg_constraint where conindid = indexrelid)
"""
#: views that read one of the columns themselves
VIEWS = """
select ev_class::regclass::text, string_agg(distinct attname, ', ')
from pg_depend
join pg_rewrite on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
join pg_attribute on attrelid = refobjid and attnum = refobjsubid
where refclassid = 'pg_class'::regclass and refobjid = %s::regclass and attname = any(%s)
group by 1
"""


@dataclass(frozen=True)
class Column:
    """A column as PostgreSQL knows it; `default` as it prints the expression."""

    name: str
    type: str
    required: bool
    default: str | None

    @property
    def definition(self) -> sql.Composed:
        default = sql.SQL(f" default {self.default}") if self.default else sql.SQL("")
        required = sql.SQL(" not null" if self.required else "")
        return sql.SQL("{} {}{}{}").format(sql.Identifier(self.name), sql.SQL(self.type), default, required)


@dataclass(frozen=True)
class Shape:
    """A table as PostgreSQL knows it."""

    columns: dict[str, Column]
    #: definition -> name, of primary keys and unique constraints
    keys: dict[str, str]
    #: the same of `check (…)`
    rules: dict[str, str]
    #: how each index is made, before and behind the name of the table
    indexes: set[tuple[str, str]]


def follow(cursor: Cursor, table: Table) -> None:
    """Alter the table to what its file declares. MendInput tells the plan where that would lose what it holds."""
    declare(cursor, table)
    there, wanted = shape(cursor, table.full_name), shape(cursor, DECLARED)
    drop_own_views(cursor, table)
    if lost := [*losses(cursor, table, there, wanted), *_views_in_the_way(cursor, table, there, wanted)]:
        raise refusal(cursor, table, lost)
    _drop_rules(cursor, table, there, wanted)
    for statement in _alterations(table, there, wanted):
        cursor.execute(statement)
    _add_rules(cursor, table, there, wanted)
    for made, using in wanted.indexes - there.indexes:
        cursor.execute(sql.SQL(made) + name(table.full_name) + sql.SQL(using))


def declare(cursor: Cursor, table: Table) -> None:
    """Make the temporary table that the file declares, with its indexes."""
    cursor.execute(sql.SQL("drop table if exists {}").format(name(DECLARED)))
    for _, tree in table.sql.statements:
        if isinstance(tree, exp.Create):
            with written_in(table.sql, table.full_name):
                cursor.execute(sql.SQL(tree.transform(_renamed, table).sql(DIALECT, comments=False)))


def _renamed(node: exp.Expr, table: Table) -> exp.Expr:
    if isinstance(node, exp.Table) and f"{node.db}.{node.name}" == table.full_name:
        return exp.to_table(DECLARED)
    return node


def shape(cursor: Cursor, full_name: str) -> Shape:
    """The table as it is."""
    cursor.execute(COLUMNS, (full_name,))
    columns = {column: Column(column, *facts) for column, *facts in cursor}
    cursor.execute(CONSTRAINTS, (full_name,))
    constraints = cursor.fetchall()
    cursor.execute(INDEXES, (full_name,))
    return Shape(
        columns,
        keys={definition: called for called, kind, definition in constraints if kind != "c"},
        rules={definition: called for called, kind, definition in constraints if kind == "c"},
        indexes=set(cursor.fetchall()),
    )


def losses(cursor: Cursor, table: Table, there: Shape, wanted: Shape) -> Iterator[str]:
    """What cannot be had without losing something, one phrase each."""
    if there.keys.keys() != wanted.keys.keys():
        yield f"its key is {_listed(there.keys)}, to be {_listed(wanted.keys)}"
    for column in wanted.columns.values():
        before = there.columns.get(column.name)
        if before is None:
            if column.required and not column.default and _has(cursor, table, sql.SQL("true")):
                yield f"{column.name} is new and not null, and the rows that are there have none"
        elif before.type != column.type and not is_wider(before.type, column.type):
            yield f"{column.name} is {before.type}, to be {column.type}"
        elif column.required and not before.required and _has(cursor, table, _missing(column)):
            yield f"{column.name} is to be not null, and there are rows without it"


def _views_in_the_way(cursor: Cursor, table: Table, there: Shape, wanted: Shape) -> Iterator[str]:
    after = {column.name: column.type for column in wanted.columns.values()}
    touched = [column.name for column in there.columns.values() if after.get(column.name) != column.type]
    cursor.execute(VIEWS, (table.full_name, touched))
    yield from (f"the view {view} reads {columns}, to be another" for view, columns in cursor)


def _missing(column: Column) -> sql.Composed:
    return sql.SQL("{} is null").format(sql.Identifier(column.name))


def _alterations(table: Table, there: Shape, wanted: Shape) -> Iterator[sql.Composed]:
    alter = sql.SQL("alter table {} ").format(name(table.full_name))
    for gone in there.columns.keys() - wanted.columns.keys():
        yield alter + sql.SQL("drop column {}").format(sql.Identifier(gone))
    for column in wanted.columns.values():
        if column.name not in there.columns:
            yield alter + sql.SQL("add column ") + column.definition
        else:
            altered = sql.SQL("alter column {} ").format(sql.Identifier(column.name))
            yield from (alter + altered + change for change in _altered(there.columns[column.name], column))


def _altered(there: Column, wanted: Column) -> Iterator[sql.SQL]:
    if there.type != wanted.type:
        yield sql.SQL(f"type {wanted.type}")
    if there.default != wanted.default:
        yield sql.SQL(f"set default {wanted.default}" if wanted.default else "drop default")
    if there.required != wanted.required:
        yield sql.SQL("set not null" if wanted.required else "drop not null")


def _drop_rules(cursor: Cursor, table: Table, there: Shape, wanted: Shape) -> None:
    for definition in there.rules.keys() - wanted.rules.keys():
        drop = sql.SQL("alter table {} drop constraint {}")
        cursor.execute(drop.format(name(table.full_name), sql.Identifier(there.rules[definition])))


def _add_rules(cursor: Cursor, table: Table, there: Shape, wanted: Shape) -> None:
    """Rows of an older SQL may break a new rule until their days are filled again.

    Where rows are judged by the rules before they come in, it is left to that: a version that breaks it could not be
    ended any more. Elsewhere it holds from now on.
    """
    for definition in wanted.rules.keys() - there.rules.keys():
        is_broken = _has(cursor, table, sql.SQL(f"not {definition.removeprefix('CHECK ')}"))
        if not (is_broken and table.layer.keeps_versions):
            add = f"add {definition} not valid" if is_broken else f"add {definition}"
            cursor.execute(sql.SQL("alter table {} ").format(name(table.full_name)) + sql.SQL(add))


def drop_own_views(cursor: Cursor, table: Table) -> None:
    """They stand in the way of altering a column, and come again with the next filling (`live_views.py`)."""
    for part in ("union", "today", "history") if table.live else ():
        cursor.execute(sql.SQL("drop view if exists {}").format(name(f"{table.full_name}_{part}")))


def _has(cursor: Cursor, table: Table, condition: sql.Composable) -> bool:
    cursor.execute(sql.SQL("select exists (select from {} where {})").format(name(table.full_name), condition))
    ((has_rows,),) = cursor.fetchall()
    return bool(has_rows)


def refusal(cursor: Cursor, table: Table, differences: list[str]) -> MendInput:
    """What differs, and the plan: the table is computed again."""
    ranges = spans(builds.by_day(cursor, table.full_name))
    again = remedies.fill(table.full_name, ranges[0] if ranges else None)
    others = f"; the same for {', '.join(map(str, ranges[1:]))}" if ranges[1:] else ""
    return MendInput(
        f"{table.full_name} is not as {table.sql.where} declares it: {'; '.join(differences)}",
        f"bring one of them back as it was; or {remedies.drop(cursor, table.full_name)}, then {again}{others}",
    )


def _listed(keys: dict[str, str]) -> str:
    return ", ".join(sorted(keys)) or "none"


def follow_raw(cursor: Cursor, table: Table, there: set[str]) -> None:
    """Give raw the delivered columns that its file declares; all are text, and no value is lost."""
    wanted = set(table.sql.shape.names)
    for old in deliveries.in_state(cursor, table.full_name, "landed"):
        # It has the columns of before, and could not be attached. Its file is read again.
        Part(table.name, old).drop(cursor)
        deliveries.retire(cursor, [old])
    # What stands by may have to be attached again (`refusal.py`).
    beside = [Part(table.name, number).full_name for number in deliveries.in_state(cursor, table.full_name, "standby")]
    for full_name in (table.full_name, *beside):
        for column in sorted(wanted - there):
            _come_from_extra(cursor, full_name, column)
        for column in sorted(there - wanted):
            _go_to_extra(cursor, full_name, column)


def _come_from_extra(cursor: Cursor, full_name: str, column: str) -> None:
    """Titles of delivered columns are told apart without regard to case (`header.py`)."""
    parts = {"table": name(full_name), "column": sql.Identifier(column)}
    cursor.execute(sql.SQL("alter table {table} add column {column} text").format(**parts))
    cursor.execute(
        sql.SQL(
            "update {table} set"
            " {column} = (select value from jsonb_each_text(extra) where lower(key) = lower(%(title)s) limit 1),"
            " extra = (select jsonb_object_agg(key, value) from jsonb_each(extra) where lower(key) <> lower(%(title)s))"
            " where exists (select from jsonb_object_keys(extra) as title where lower(title) = lower(%(title)s))"
        ).format(**parts),
        {"title": column},
    )


def _go_to_extra(cursor: Cursor, full_name: str, column: str) -> None:
    parts = {"table": name(full_name), "column": sql.Identifier(column)}
    cursor.execute(
        sql.SQL(
            "update {table} set extra = coalesce(extra, '{{}}') || jsonb_build_object(%(title)s::text, {column})"
            " where {column} is not null"
        ).format(**parts),
        {"title": column},
    )
    cursor.execute(sql.SQL("alter table {table} drop column {column}").format(**parts))
