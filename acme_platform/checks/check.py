"""A check: a promise about a table, as the select of the rows that break it; none is a pass.

Belongs here: running one on a day. Not here: which checks a table has (`builtin.py`), Dagster (`asset_checks.py`),
the memory of what was found (`check_results.py`).
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.ledger.check_results import Verdict
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import rows
from acme_platform.warehouse.written_sql import written_in

SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One promise about one table. `broken` and `subject` may use %(table)s and %(day)s."""

    name: str
    severity: str
    meaning: str
    broken: sql.Composable
    #: tables that it reads besides its own, which must be filled before it looks
    reads: tuple[str, ...] = ()
    #: a condition: there is something to compare. None where there always is
    subject: sql.Composable | None = None
    #: where it was written, if in a file
    file: SqlFile | None = None

    def on(self, cursor: Cursor, table: Table, day: date) -> Verdict:
        """Run it on one day; the sample holds the first broken rows."""
        if not self._are_there(cursor):
            return Verdict(table.full_name, day, self.name, self.severity, 0, [], compared=False)
        limited = sql.SQL(
            "select count(*) over () as broken_rows, row_to_json(broken)::text as row from ({}) as broken limit {}"
        ).format(self.broken, sql.Literal(SHOWN))
        with written_in(self.file or table.sql, f"the check {self.name} of {table.full_name} of {day}"):
            broken = rows(cursor, limited, {"table": table.full_name, "day": day})
        # As text, for the driver would make floats of amounts, and jsonb forgets the order of columns.
        sample = [json.loads(row["row"], parse_float=Decimal) for row in broken]
        count = broken[0]["broken_rows"] if broken else 0
        compared = bool(count) or self._has_subject(cursor, table, day)
        return Verdict(table.full_name, day, self.name, self.severity, count, sample, compared)

    def _has_subject(self, cursor: Cursor, table: Table, day: date) -> bool:
        """Asked only where nothing is broken: what breaks a promise is there."""
        if self.subject is None:
            return True
        answer = rows(
            cursor, sql.SQL("select {} as there").format(self.subject), {"table": table.full_name, "day": day}
        )
        return bool(answer[0]["there"])

    def _are_there(self, cursor: Cursor) -> bool:
        """The other tables that it reads; one that was never filled is not made for it."""
        if not self.reads:
            return True
        cursor.execute(
            "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name", (list(self.reads),)
        )
        ((are_there,),) = cursor.fetchall()
        return bool(are_there)
