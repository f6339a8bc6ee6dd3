"""The subject of a check: the rows that it looks at, and whether there are any.

Belongs here: conditions that checks share. Not here: what breaks a promise (`builtin.py`, `declared.py`).
"""

from collections.abc import Iterable

from psycopg2 import sql

from acme_platform.model.layer import layer_of
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name


def named(full_name: str) -> Table:
    """By its name alone: the catalog asks for the checks of a feed before it takes it."""
    return Table(layer_of(full_name), full_name.partition(".")[2])


def subject(table: Table, others: tuple[str, ...]) -> sql.Composable:
    """A promise that reads other tables compares with them: where they hold nothing as of the day, it compared nothing.

    Rows of its own do not count then: an answer of zeros over nothing agrees with everything.
    """
    return some(exists(_seen(named(other))) for other in others) if others else exists(of_day(table))


def _seen(table: Table) -> sql.Composed:
    return sql.SQL("from {} as seen where {}").format(name(table.full_name), as_of(table, "seen"))


def as_of(table: Table, alias: str) -> sql.Composable:
    """A condition: rows that the day sees of the table, versions as of the day or rows of the day."""
    if not table.layer.keeps_versions:
        return _is_of_day(table, sql.Identifier(alias, table.day_column))
    return sql.SQL("staging.as_of({0}.day, {0}.valid_to, %(day)s)").format(sql.Identifier(alias))


def of_day(table: Table) -> sql.Composed:
    """The day's rows."""
    return sql.SQL("from {} where {}").format(
        name(table.full_name), _is_of_day(table, sql.Identifier(table.day_column))
    )


def _is_of_day(table: Table, day: sql.Composable) -> sql.Composed:
    """A cache holds the newest day only."""
    return sql.SQL("true" if table.layer.holds_one_day else "{} = %(day)s").format(day)


def exists(source: sql.Composable) -> sql.Composed:
    return sql.SQL("exists (select {})").format(source)


def some(conditions: Iterable[sql.Composable]) -> sql.Composed:
    """One of the conditions, or more."""
    return sql.SQL(" or ").join(conditions)
