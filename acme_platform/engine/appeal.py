"""The appeal: PostgreSQL judges the rows that are not plain, and those that share a key, as it judges any other day.

Belongs here: lending it these rows of raw for a transaction, and taking back what it found. Not here: judging itself
(`transform/judgement.py`), which is the same for both engines: same reasons, same order, same winner of a key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.columns import schema
from acme_platform.engine.parts.copying import copy_rows, fetch
from acme_platform.model.table import Table
from acme_platform.transform.judgement import Judgement
from acme_platform.warehouse.connection import name, names

LENT = "raw_files.lent"


@dataclass(frozen=True)
class Appeal:
    """Of one day of a staging table."""

    cursor: Cursor
    source: Table
    judgement: Judgement

    @contextmanager
    def lent(self, rows: pa.Table) -> Iterator[None]:
        """PostgreSQL's raw table holds these rows of the day; nobody else sees them, and nothing of them stays."""
        day = self.judgement.day
        parent = name(self.source.full_name)
        self.cursor.execute(sql.SQL("create table {} (like {})").format(name(LENT), parent))
        copy_rows(self.cursor, LENT, rows)
        self.cursor.execute(
            sql.SQL("alter table {} attach partition {} for values from ({day}, minvalue) to ({day}, maxvalue)").format(
                parent, name(LENT), day=sql.Literal(day)
            )
        )
        yield
        self.cursor.execute(sql.SQL("drop table {}").format(name(LENT)))

    def lend_more(self, rows: pa.Table) -> None:
        """While rows are lent."""
        copy_rows(self.cursor, LENT, rows)

    def judge(self) -> pa.Table:
        """Judge what was lent; the rows that are good, with their places."""
        self.judgement.judge(self.cursor)
        table = self.judgement.table
        typed = {
            column.name: column.type for column in table.sql.shape.columns if column.name not in {"day", "valid_to"}
        }
        return fetch(
            self.cursor,
            sql.SQL("select delivery_id, row_number, {} from judged where reason is null").format(names(typed)),
            schema({"delivery_id": "bigint", "row_number": "bigint", **typed}),
        )
