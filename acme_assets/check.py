"""A check: a promise about a table, as the select of the rows that break it; none is a pass.

Belongs here: running one on a day. Not here: which checks a table has (`check_factory.py`), Dagster (`asset_check.py`),
the memory of what was found (`verdict.py`).
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2 import sql
from psycopg2.extensions import cursor

from acme_assets.table import Table
from acme_assets.verdict import Verdict
from acme_assets.warehouse import rows

SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One promise about one table. `broken` may use %(table)s and %(day)s."""

    name: str
    severity: str
    meaning: str
    broken: sql.Composable
    #: tables that it reads besides its own, which must be filled before it looks
    reads: tuple[str, ...] = ()

    def on(self, at: cursor, table: Table, day: date) -> Verdict:
        """Run it on one day; the sample holds the first broken rows."""
        limited = sql.SQL(
            "select count(*) over () as broken_rows, row_to_json(broken)::text as row from ({}) as broken limit {}"
        ).format(self.broken, sql.Literal(SHOWN))
        found = rows(at, limited, {"table": table.full_name, "day": day})
        # As text, for the driver would make floats of amounts, and jsonb forgets the order of columns.
        sample = [json.loads(row["row"], parse_float=Decimal) for row in found]
        return Verdict(table.full_name, day, self.name, self.severity, found[0]["broken_rows"] if found else 0, sample)
