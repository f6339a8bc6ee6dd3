"""Rows of a table of the lake as PostgreSQL would hold them: each version with the day on which it ends.

Belongs here: putting them into a table of PostgreSQL. Not here: why (`engine_comparison.py`, `moving.py`).
"""

from dataclasses import dataclass

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.copying import copy_batches
from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.superseded import chain, list_name
from acme_platform.ledger.parts import lake_parts
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import names

VALID_TO = "valid_to"


@dataclass(frozen=True)
class LakeRows:
    """Of all days of one table; `ledger` is the cursor of the database that knows its parts."""

    files: TableFiles
    ledger: Cursor
    table: Table

    def copy_to(self, cursor: Cursor, target: sql.Composable, columns: list[str]) -> None:
        """Put these columns of all rows into the target."""
        stored = [column for column in columns if column != VALID_TO]
        parts = lake_parts.parts(self.ledger, self.table.full_name)
        for part in sorted(parts, key=lambda part: not part.is_passing):
            copy_batches(cursor, target, stored, self.files.batches(part, stored))
            if part.is_passing:
                # the others come behind these, and end when they are followed
                cursor.execute(sql.SQL("update {} set valid_to = day where valid_to is null").format(target))
        if VALID_TO in columns and self.table.keep == "snapshot":
            self._end_snapshots(cursor, target)
        elif VALID_TO in columns:
            self._end_versions(cursor, target)

    def _end_snapshots(self, cursor: Cursor, target: sql.Composable) -> None:
        cursor.execute(
            sql.SQL(
                "update {target} as version set valid_to = following.next from ("
                " select day, lead(day) over (order by day) as next from (select distinct day from {target}) as days"
                ") as following where following.day = version.day"
            ).format(target=target)
        )

    def _end_versions(self, cursor: Cursor, target: sql.Composable) -> None:
        key = chain(self.table)
        ended = sql.Identifier("pg_temp", "ended")
        cursor.execute(
            sql.SQL(
                "create temporary table ended on commit drop as"
                " select {}, day as closed_day, day as by_day from {} limit 0"
            ).format(names(key), target)
        )
        columns = [*key, "closed_day", "by_day"]
        for part in lake_parts.parts(self.ledger, list_name(self.table)):
            copy_batches(cursor, ended, columns, self.files.batches(part, columns))
        same = sql.SQL(" and ").join(
            sql.SQL("version.{0} = ended.{0}").format(sql.Identifier(column)) for column in key
        )
        cursor.execute(
            sql.SQL(
                "update {} as version set valid_to = by_day from ended where {} and version.day = ended.closed_day"
            ).format(target, same)
        )
        cursor.execute("drop table pg_temp.ended")
