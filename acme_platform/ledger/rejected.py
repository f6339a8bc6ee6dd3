"""What was rejected: refused files and quarantined rows.

Belongs here: which they are, for whoever shows them, waits for them, judges them again or leaves them alone. Not here:
putting them there (`quarantine.py`, `deliveries.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.ledger import failures
from acme_platform.model.table import Table
from acme_platform.registry import remedies

#: raw keeps every line that could be read, so what staging rejected is judged again whenever its day is filled; the
#: same SQL would say the same of it
JUDGED_OTHERWISE = """
select distinct rejected.day
from quarantine.rows as rejected
left join ledger.deliveries as delivery using (delivery_id)
where rejected.table_name = %(table)s and delivery.state is distinct from 'refused'
and not exists (
    select from ledger.builds as build
    where build.table_name = %(table)s and build.day = rejected.day and build.code_version = %(version)s
)
"""
#: of a reason, what is of one row only: where it stands, or the value that could not be read
OF_ONE_ROW = r"( \(line \d+, byte \d+\)|: '.*')$"
BY_REASON = """
select
    table_name,
    coalesce(
        (select beginning || '…' from unnest(%(alike)s::text[]) as beginning where starts_with(reason, beginning)),
        regexp_replace(regexp_replace(reason, %(place)s, ''), ' that begins in line [0-9]+', '')
    ) as said,
    count(*),
    count(distinct day),
    max(day)
from quarantine.rows
group by table_name, said
order by table_name, count(*) desc, said
"""
#: (table, day, file) -> numbers of its rejected rows
Places = dict[tuple[str, date, str], set[int]]


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
    #: the rule by which staging judged it; None where it was refused while it was read
    rule: str | None

    @property
    def mend(self) -> str:
        """The command that mends it, or takes it as it is."""
        return remedies.mend_refused(self.table_name, self.day, may_be_accepted=self.may_be_accepted)


def refused(cursor: Cursor, tables: Iterable[str], day: date | None = None) -> list[Refused]:
    """Newest day first."""
    cursor.execute(
        "select table_name, day, file, etag, reason, has_too_many_rejects, refused_under"
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
    by_file: dict[tuple[date, str], list[Refused]] = {}
    for refusal in refused(cursor, tables, day):
        by_file.setdefault((refusal.day, refusal.table_name), []).append(refusal)
    return [
        RefusedDay(
            table, on, "; ".join(refusal.reason for refusal in files), all(refusal.may_be_accepted for refusal in files)
        )
        for (on, table), files in sorted(by_file.items())
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


@dataclass(frozen=True)
class Reason:
    """Rejected rows of one table and one reason."""

    table_name: str
    reason: str
    rows: int
    days: int
    newest_day: date


def by_reason(cursor: Cursor, alike: Sequence[str]) -> list[Reason]:
    """Most rows of a table first; reasons that begin as one of `alike` are one."""
    cursor.execute(BY_REASON, {"alike": list(alike), "place": OF_ONE_ROW})
    return [Reason(*row) for row in cursor]


def judged_otherwise(cursor: Cursor, staging: Table) -> set[date]:
    """Days with rejects that its SQL of now has not judged; one that failed by that SQL has been."""
    cursor.execute(JUDGED_OTHERWISE, {"table": staging.full_name, "version": staging.code_version})
    return {day for (day,) in cursor} - failures.resting(cursor, staging)


def days_with_rejects(cursor: Cursor, tables: Iterable[str]) -> set[tuple[str, date]]:
    """(table, day) of every rejected row."""
    cursor.execute("select distinct table_name, day from quarantine.rows where table_name = any(%s)", (list(tables),))
    return set(cursor.fetchall())


def places(cursor: Cursor, tables: Iterable[str], first: date | None = None, last: date | None = None) -> Places:
    """Of all rejected rows, for whoever compares them with later ones; a million of them are some fifty megabytes."""
    cursor.execute(
        "select table_name, day, file, array_agg(row_number) from quarantine.rows where table_name = any(%s)"
        " and day between coalesce(%s, '-infinity'::date) and coalesce(%s, 'infinity'::date) group by 1, 2, 3",
        (list(tables), first, last),
    )
    return {(table, day, file): set(rows) for table, day, file, rows in cursor}
