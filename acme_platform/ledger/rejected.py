"""What was rejected: refused files and quarantined rows, to be shown to people.

Belongs here: reading them. Not here: putting them there (`quarantine.py`, `deliveries.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import cursor

from acme_platform.model import remedies


@dataclass(frozen=True)
class Refused:
    """A file that was refused as a whole, and was not replaced since."""

    table_name: str
    day: date
    file: str
    reason: str
    #: the command that mends it, or takes it as it is
    mend: str


def refused(at: cursor, tables: Sequence[str], day: date | None = None) -> list[Refused]:
    """Newest day first."""
    at.execute(
        "select table_name, day, file, reason, has_too_many_rejects"
        " from ledger.deliveries where state = 'refused' and table_name = any(%s)"
        " and (%s::date is null or day = %s) order by day desc, file",
        (list(tables), day, day),
    )
    return [
        Refused(table, day, file, reason, remedies.mend_refused(table, day, may_be_accepted=may))
        for table, day, file, reason, may in at.fetchall()
    ]


def rejected(at: cursor, tables: Sequence[str], day: date | None, limit: int) -> tuple[int, list[tuple[object, ...]]]:
    """How many rows there are, and the first of them: (table, day, file, row number, reason, record)."""
    where = "from quarantine.rows where table_name = any(%s) and (%s::date is null or day = %s)"
    at.execute(f"select count(*) {where}", (list(tables), day, day))
    (count,) = at.fetchone() or (0,)
    at.execute(
        f"select table_name, day, file, row_number, reason, record {where}"
        " order by day desc, table_name, file, row_number limit %s",
        (list(tables), day, day, limit),
    )
    return count, list(at.fetchall())
