"""Scratch: what a statement computed, in a temporary table that ends with its transaction.

Belongs here: computing it with all cores. Not here: what is computed.

PostgreSQL leaves a statement that writes into a table to one process, and lets all compute for one that makes a table.
So what is much work for few rows is made here first and then put into its table: summing 20 million orders by customer
took 20 s as an insert, and takes 15 this way.
"""

from collections.abc import Mapping

from psycopg2 import sql

from acme_platform.cursor import Cursor


def compute(
    cursor: Cursor, scratch: str, select: sql.Composable, parameters: Mapping[str, object] | None = None
) -> int:
    """Make the temporary table `scratch` of what the select says; returns its rows."""
    cursor.execute(sql.SQL("drop table if exists pg_temp.{}").format(sql.Identifier(scratch)))
    # The planner takes handing a row to another process for dearer than computing it; it is the other way round.
    cursor.execute("set local parallel_tuple_cost = 0.001; set local parallel_setup_cost = 100")
    cursor.execute(
        sql.SQL("create temporary table {} on commit drop as {}").format(sql.Identifier(scratch), select),
        parameters,
    )
    return int(cursor.rowcount)
