"""A stream of commands as PostgreSQL spells them: one at a time, or as one text for blocks of a table.

Belongs here: how commands leave PostgreSQL. Not here: which commands (`redis_commands.py`), sending them (`resp.py`).

Where a row is a command, PostgreSQL joins those of some blocks of the table to one text. Taken row by row they cost
this process as much as Redis needs for them; this way next to nothing, and PostgreSQL spells while Redis works.
"""

from collections.abc import Generator, Iterator
from contextlib import closing

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.model.table import Table
from acme_platform.serving import redis_commands
from acme_platform.serving.resp import Batch, batched
from acme_platform.warehouse.connection import streamed

#: bytes of a table that are spelt at once: some thousand short rows
SPELT_AT_ONCE = 500_000
BLOCK = 8192


def commands(cursor: Cursor, query: sql.Composed) -> Generator[str, None, None]:
    """One at a time."""
    with closing(streamed(cursor, query)) as rows:
        for (spelling,) in rows:
            yield spelling


def filling(cursor: Cursor, table: Table, rows: str) -> Generator[Batch, None, None]:
    """What fills the keys of a temporary table's rows."""
    if table.pairs:
        with closing(commands(cursor, redis_commands.filling(table, sql.Identifier(rows)))) as stream:
            yield from (("".join(batch), len(batch)) for batch in batched(stream))
    else:
        yield from _of_blocks(cursor, table, rows)


def _of_blocks(cursor: Cursor, table: Table, rows: str) -> Iterator[Batch]:
    blocks, step = _blocks(cursor, rows)
    between = sql.SQL("(select * from {} where ctid >= {}::tid and ctid < {}::tid)")
    for first in range(0, blocks, step):
        bounds = (sql.Literal(f"({block},0)") for block in (first, first + step))
        these = between.format(sql.Identifier(rows), *bounds)
        cursor.execute(
            sql.SQL("select string_agg(said, ''), count(*) from ({}) as command (said)").format(
                redis_commands.filling(table, these + sql.SQL(" as these"))
            )
        )
        ((said, count),) = cursor.fetchall()
        if count:
            yield said, count


def _blocks(cursor: Cursor, rows: str) -> tuple[int, int]:
    """How many blocks the table has, and how many of them are spelt at once: fewer where values are long."""
    cursor.execute("select pg_relation_size(%(rows)s), pg_table_size(%(rows)s)", {"rows": rows})
    ((size, whole),) = cursor.fetchall()
    blocks = size // BLOCK
    return blocks, max(1, SPELT_AT_ONCE * blocks // max(whole, 1))
