"""What raw lacks: of rows whose keys changed in the source, those that raw does not know as they are.

Belongs here: the table `changed` of a comparison, once its rows have been read. Not here: which keys changed
(`comparison.py`).

A row is known by what it says, not by a checksum: a source that was restored from a dump has other transactions
everywhere, and lacks nothing. Of a key's rows in raw the one that was seen last counts; so a row that goes back to what
it once was is read again.

What is left to the cursor: rows whose day is still read, yesterday's just after midnight; and, while a table is
compared for the first time, rows of days that were never asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.ingest.database.raw_rows import RawRows, Wanted
from acme_platform.ingest.incremental import range_key, ranges
from acme_platform.ledger import discrepancies
from acme_platform.ledger.discrepancies import Kind
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name
from acme_platform.warehouse.partition import Part


@dataclass(frozen=True)
class Lacking:
    """The changed rows of one table, in the transaction of its reading."""

    cursor: Cursor
    table: Table
    day: date
    first_day: date
    #: a time behind it is ahead of the source's clock
    latest: datetime
    raw_rows: RawRows

    def keep(self, part: Part, differing: Sequence[int]) -> int:
        """Leave in the part, which holds the rows, only what raw lacks, and tell of it; returns how many rows it is."""
        self._find_known(differing)
        self._leave_known(part)
        self._leave_to_the_cursor(part)
        discrepancies.remember(self.cursor, self.table.full_name, self.day, self._told())
        self.cursor.execute("update changed set day = %s where day is null and not is_awaited", (self.day,))
        return self.cursor.rowcount

    def _find_known(self, differing: Sequence[int]) -> None:
        """`known`: of each key the row that raw saw last, among those that may be the one the source holds.

        These lie in the day of its time, in the day where its row lay before, or came since it was last compared.
        """
        self.cursor.execute(
            "select array_agg(day), array_agg(delivery_id) from ledger.deliveries"
            " where table_name = %(table)s and state = 'visible' and (day = %(day)s"
            " or day in (select own_day from changed union select day_before from changed)"
            " or delivery_id > (select min(delivery_id) from ledger.ranges"
            "  where table_name = %(table)s and number = any(%(differing)s)))",
            {"table": self.table.full_name, "day": self.day, "differing": list(differing)},
        )
        days, deliveries = self.cursor.fetchone() or (None, None)
        wanted = Wanted(days or [], keys=range_key.firsts(self.table, "changed"))
        self.cursor.execute(
            sql.SQL(
                "create temporary table known on commit drop as select distinct on ({key}) {key} as key, day,"
                " {changed_at} as changed_at, {content} as content from {raw} as raw where day = any(%s::date[])"
                " and delivery_id = any(%s::bigint[]) and {key} in (select key::text from changed where day is null)"
                " order by {key}, delivery_id desc, row_number desc"
            ).format(
                key=range_key.key(self.table, "raw"),
                changed_at=sql.Identifier(self.table.changed_at),
                content=self._content("raw"),
                raw=self.raw_rows.held(self.cursor, self.table, wanted),
            ),
            (days or [], deliveries or []),
        )

    def _content(self, of: str) -> sql.Composed:
        columns = sql.SQL(", ").join(sql.Identifier(of, column) for column in self.table.sql.shape.names)
        return sql.SQL("row({})::text").format(columns)

    def _leave_known(self, part: Part) -> None:
        """Rows that raw knows as they are leave the part."""
        key, changed_at = range_key.key(self.table, "part"), sql.Identifier(self.table.changed_at)
        self.cursor.execute(
            sql.SQL(
                "with gone as (delete from {part} as part using known where {key} = known.key and {content}"
                "  = known.content returning known.key, known.day)"
                " update changed set day = gone.day from gone where gone.key = changed.key::text"
            ).format(part=name(part.full_name), key=key, content=self._content("part"))
        )
        self.cursor.execute(
            sql.SQL(
                "update changed set is_silent = true from {part} as part, known where {key} = changed.key::text"
                " and known.key = {key} and known.changed_at is not distinct from part.{changed_at}"
            ).format(part=name(part.full_name), key=key, changed_at=changed_at)
        )

    def _leave_to_the_cursor(self, part: Part) -> None:
        """Rows of a day that is still read, and, in a first round, of days that were never asked for."""
        self.cursor.execute(
            "with marks as (select day, complete_to < day + 1 as is_open from ledger.watermarks"
            "  where table_name = %(table)s and day <> %(day)s)"
            " update changed set is_awaited = coalesce(is_open, false),"
            "  day = case when is_open is null then other.own_day end"
            " from changed as other left join marks on marks.day = other.own_day"
            " where other.key = changed.key and changed.day is null and other.own_day <> %(day)s"
            " and coalesce(is_open, %(first)s)",
            {
                "table": self.table.full_name,
                "day": self.day,
                "first": not ranges.rounds(self.cursor, self.table.full_name),
            },
        )
        self.cursor.execute(
            sql.SQL(
                "delete from {part} as part using changed where {key} = changed.key::text"
                " and (changed.day is not null or is_awaited)"
            ).format(part=name(part.full_name), key=range_key.key(self.table, "part"))
        )

    def _told(self) -> sql.Composed:
        return sql.SQL(
            "select key, changed_at, case when is_silent then {silent} when not isfinite(changed_at) then {never}"
            " when changed_at > {ahead} then {is_ahead} when changed_at < {first_day} then {older} else {behind} end"
            " as kind from changed where day is null and not is_awaited"
        ).format(
            never=sql.Literal(Kind.NEVER.value),
            ahead=sql.Literal(self.latest),
            is_ahead=sql.Literal(Kind.AHEAD.value),
            first_day=sql.Literal(self.first_day),
            older=sql.Literal(Kind.OLDER.value),
            silent=sql.Literal(Kind.SILENT.value),
            behind=sql.Literal(Kind.BEHIND.value),
        )
