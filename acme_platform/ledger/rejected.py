"""What was rejected: refused files and quarantined rows.

Belongs here: which they are, for whoever shows them, waits for them or leaves them alone. Not here: putting them there
(`quarantine.py`, `deliveries.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.registry import remedies


@dataclass(frozen=True)
class Refused:
    """A file that was refused as a whole, and was not replaced since."""

    table_name: str
    day: date
    file: str
    etag: str
    reason: str
    #: refused for its rejects, which a person may accept
    may_be_accepted: bool

    @property
    def mend(self) -> str:
        """The command that mends it, or takes it as it is."""
        return remedies.mend_refused(self.table_name, self.day, may_be_accepted=self.may_be_accepted)


def refused(cursor: Cursor, tables: Iterable[str], day: date | None = None) -> list[Refused]:
    """Newest day first."""
    cursor.execute(
        "select table_name, day, file, etag, reason, has_too_many_rejects"
        " from ledger.deliveries where state = 'refused' and table_name = any(%s)"
        " and (%s::date is null or day = %s) order by day desc, file",
        (list(tables), day, day),
    )
    return [Refused(*row) for row in cursor]


@dataclass(frozen=True)
class RefusedDay:
    """A day of a raw table of which files were refused."""

    table_name: str
    day: date
    #: each reason names its file
    why: str
    may_be_accepted: bool

    @property
    def mend(self) -> str:
        return remedies.mend_refused(self.table_name, self.day, may_be_accepted=self.may_be_accepted)


def refused_days(cursor: Cursor, tables: Iterable[str], day: date | None = None) -> list[RefusedDay]:
    """Oldest first."""
    found: dict[tuple[date, str], list[Refused]] = {}
    for one in refused(cursor, tables, day):
        found.setdefault((one.day, one.table_name), []).append(one)
    return [
        RefusedDay(table, on, "; ".join(one.reason for one in files), all(one.may_be_accepted for one in files))
        for (on, table), files in sorted(found.items())
    ]


def rejected(
    cursor: Cursor, tables: Sequence[str], day: date | None, limit: int
) -> tuple[int, list[tuple[object, ...]]]:
    """How many rows there are, and the first of them: (table, day, file, row number, reason, record)."""
    where = "from quarantine.rows where table_name = any(%s) and (%s::date is null or day = %s)"
    cursor.execute(f"select count(*) {where}", (list(tables), day, day))
    (count,) = cursor.fetchone() or (0,)
    cursor.execute(
        f"select table_name, day, file, row_number, reason, record {where}"
        " order by day desc, table_name, file, row_number limit %s",
        (list(tables), day, day, limit),
    )
    return count, list(cursor.fetchall())
