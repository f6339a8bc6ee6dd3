"""Enforced: what PostgreSQL itself refuses to break, so that a check need not read the rows to know it.

Belongs here: asking the catalog whether a constraint stands now and held for the rows before it. Not here: the checks
that ask (`builtin.py`).

Counting the keys of a million rows took 0.6 s a check; asking takes a millisecond. The question stands in the check's
own select: the moment somebody drops a constraint, the rows are read again.
"""

from collections.abc import Sequence

from psycopg2 import sql

#: a primary key over exactly these columns, in any order, whose index is complete and refuses at once
KEY = sql.SQL(
    "exists (select from pg_constraint join pg_index on indexrelid = conindid"
    " where conrelid = to_regclass(%(table)s) and contype = 'p' and convalidated and not condeferrable"
    " and indisunique and indisvalid and indisready and indimmediate"
    " and (select array_agg(attname::text order by attname::text) from pg_attribute"
    "  where attrelid = conrelid and attnum = any(conkey))"
    " = (select array_agg(declared order by declared) from unnest({columns}::text[]) as declared))"
)

#: `not valid` (PostgreSQL 18) marks the column too, but says nothing about rows that stood there before
FILLED = sql.SQL(
    "(select count(*) = cardinality({columns}::text[]) from pg_attribute"
    " where attrelid = to_regclass(%(table)s) and attname = any({columns}::text[]) and attnotnull"
    " and not exists (select from pg_constraint"
    "  where conrelid = attrelid and contype = 'n' and conkey = array[attnum] and not convalidated))"
)


def key(columns: Sequence[str]) -> sql.Composed:
    """A condition on `%(table)s`: no two of its rows can share these columns."""
    return KEY.format(columns=sql.Literal(list(columns)))


def filled(columns: Sequence[str]) -> sql.Composed:
    """A condition on `%(table)s`: none of these columns can be empty."""
    return FILLED.format(columns=sql.Literal(list(columns)))
