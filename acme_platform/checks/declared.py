"""The SQL of declared checks: relationships and accepted values.

Belongs here: the rows that break one, and its description. Not here: the words of a line (`model/declared.py`), checks
that follow from the shape (`builtin.py`).
"""

from psycopg2 import sql

from acme_platform.checks.check import Check
from acme_platform.checks.subject import as_of, named, of_day, subject
from acme_platform.model.declared import AcceptedValues, Column, Declared, Relationship, check_name
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name


def check(table: Table, severity: str, declared: Declared) -> Check:
    """The check that the word stands for."""
    if isinstance(declared, Relationship):
        broken, meaning = _relationship(table, declared), _leads(table, declared)
    else:
        broken, meaning = _strange_values(table, declared), _accepted(table, declared)
    tables = {column.table for column in declared.columns(table.full_name)}
    others = tuple(sorted(tables - {table.full_name}))
    described = f"{meaning} {declared.why}".strip()
    return Check(check_name(declared, table.full_name), severity, described, broken, others, subject(table, others))


def _relationship(table: Table, declared: Relationship) -> sql.Composed:
    """Rows as of the day whose value no row as of the day has."""
    column, to = declared.columns(table.full_name)
    child, parent = named(column.table), named(to.table)
    return sql.SQL(
        "select {shown} from {child} as child where {child_as_of} and {wanted} and not exists"
        " (select from {parent} as parent where {to} = {column} and {parent_as_of})"
    ).format(
        shown=_shown(child, column.name, "child"),
        child=name(child.full_name),
        child_as_of=as_of(child, "child"),
        wanted=sql.SQL("true" if declared.required else "{} is not null").format(_of("child", column)),
        parent=name(parent.full_name),
        to=_of("parent", to),
        column=_of("child", column),
        parent_as_of=as_of(parent, "parent"),
    )


def _strange_values(table: Table, declared: AcceptedValues) -> sql.Composed:
    """Rows of the day with another value."""
    values = sql.SQL(", ").join(map(sql.Literal, declared.values))
    return sql.SQL("select {} {} and {} not in ({})").format(
        _shown(table, declared.column, table.name), of_day(table), sql.Identifier(declared.column), values
    )


def _shown(table: Table, column: str, alias: str) -> sql.Composed:
    """What tells the row from others of the day, and the column."""
    columns = dict.fromkeys((*table.sql.shape.key, column))
    return sql.SQL(", ").join(sql.Identifier(alias, field) for field in columns if field != table.day_column)


def _of(alias: str, column: Column) -> sql.Identifier:
    return sql.Identifier(alias, column.name)


def _leads(table: Table, declared: Relationship) -> str:
    column, to = declared.columns(table.full_name)
    leads = f"Each {column.name} of {column.table} as of the day is found in {to} as of the day"
    return f"{leads}; an empty one is not." if declared.required else f"{leads}{_empty(column)}."


def _accepted(table: Table, declared: AcceptedValues) -> str:
    (column,) = declared.columns(table.full_name)
    return f"The {column.name} of each row of the day is one of {', '.join(declared.values)}{_empty(column)}."


def _empty(column: Column) -> str:
    """Said where the column may be empty."""
    return "" if named(column.table).sql.shape[column.name].required else "; an empty one says nothing"
