"""A change log: a table of all changes, of which a day may hold many for one thing, and to which today adds all day.

Belongs here: what is other than in `scd2.py`. Not here: reading changes (`extract.py`, `capture.py`).

Raw numbers the rows of a day in the order in which they were seen, and never anew. So what is not staged yet has a
greater row_number than everything that is. A day of a million rows is staged again at the cost of the new ones: with
936,000 rows and 100 new ones in 0.3 s instead of 27. Where something does not fit (another SQL file, rows that went, a
version delivered twice) the day is staged whole.
"""

from dataclasses import dataclass

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.ledger import quarantine
from acme_platform.transform.scd2 import Staged, Versions
from acme_platform.warehouse.connection import name, names


@dataclass(frozen=True)
class Earlier:
    """What raw held of the day when it was last staged."""

    last_row: int
    rows_in: int
    kept: int


@dataclass(frozen=True)
class ChangeLog(Versions):
    """One day of a table of all changes, where a thing may change often in a day: key (thing, day, time of change).

    Of a day's versions the one that was read last is the newest. It alone is valid when the day is over. The others
    end on the day itself, so that no question as of a day finds them. So does a version that says that the thing
    `is_deleted`: it is there to end the one before.
    """

    @property
    def chain(self) -> list[str]:
        return self.key[:-1]

    def ending(self, following: sql.Composable) -> sql.Composable:
        return sql.SQL(
            "case when is_deleted or lead(true) over (partition by {} order by delivery_id, row_number)"
            " then %(day)s else {} end"
        ).format(names(self.chain), following)

    def difference(self, cursor: Cursor) -> None:
        """Unknown: every change stays, so a day grows, and nothing of it is corrected."""
        del cursor

    def fill(self, cursor: Cursor, run_id: str) -> Staged:
        """Stage what raw has seen since, or the whole day where that is not enough."""
        earlier = self._earlier(cursor)
        added = self._add(cursor, earlier, run_id) if earlier else None
        staged = added or super().fill(cursor, run_id)
        self._remember(cursor, staged)
        return staged

    def _earlier(self, cursor: Cursor) -> Earlier | None:
        """None where what was staged is no longer there, or not the first rows of raw, or was staged by other SQL."""
        (source,) = self.table.upstream
        cursor.execute(
            sql.SQL(
                "select last_row, rows_in, rows_kept from ledger.staged as earlier"
                " where table_name = %(table)s and day = %(day)s and code_version = %(version)s"
                " and rows_in = (select count(*) from {raw} as raw where raw.day = %(day)s and row_number <= last_row)"
                " and rows_kept = (select count(*) from {staged} as staged where staged.day = %(day)s)"
            ).format(raw=name(source), staged=name(self.table.full_name)),
            {"table": self.table.full_name, "day": self.day, "version": self.table.code_version},
        )
        row = cursor.fetchone()
        return Earlier(*row) if row else None

    def _add(self, cursor: Cursor, earlier: Earlier, run_id: str) -> Staged | None:
        """None where a new row is a version that stands already: which of the two wins, the whole day must tell."""
        self.judgement.judge(cursor, only=sql.SQL("row_number > {}").format(sql.Literal(earlier.last_row)))
        if self._meets_earlier(cursor):
            return None
        self._end_earlier(cursor)
        new = self.insert(cursor)
        self.close_predecessors(cursor)
        quarantine.forget_rows(cursor, self.table.full_name, self.day, earlier.last_row)
        self.judgement.quarantine(cursor, run_id)
        kept = earlier.kept + new
        return Staged(kept, self._rejected(cursor), has_changed=new > 0)

    def _meets_earlier(self, cursor: Cursor) -> bool:
        cursor.execute(
            self._sql(
                "select exists (select from judged join {table} as version using ({key})"
                " where judged.reason is null and version.day = %(day)s)"
            ),
            {"day": self.day},
        )
        return bool((cursor.fetchone() or (True,))[0])

    def _end_earlier(self, cursor: Cursor) -> None:
        """The day's versions of the same things are no longer the last ones."""
        cursor.execute(
            self._sql(
                "update {table} as version set valid_to = %(day)s from judged as other where {same}"
                " and other.reason is null and version.day = %(day)s and version.valid_to is distinct from %(day)s"
            ),
            {"day": self.day},
        )

    def _rejected(self, cursor: Cursor) -> int:
        cursor.execute(
            "select count(*) from quarantine.rows join ledger.deliveries using (delivery_id)"
            " where rows.table_name = %s and rows.day = %s and state = 'visible'",
            (self.table.full_name, self.day),
        )
        return int((cursor.fetchone() or (0,))[0])

    def _remember(self, cursor: Cursor, staged: Staged) -> None:
        (source,) = self.table.upstream
        cursor.execute(
            sql.SQL(
                "insert into ledger.staged (table_name, day, code_version, last_row, rows_in, rows_kept)"
                " select %(table)s, %(day)s, %(version)s, coalesce(max(row_number), 0), count(*), %(kept)s"
                " from {} where day = %(day)s on conflict (table_name, day) do update set"
                " code_version = excluded.code_version, last_row = excluded.last_row, rows_in = excluded.rows_in,"
                " rows_kept = excluded.rows_kept"
            ).format(name(source)),
            {
                "table": self.table.full_name,
                "day": self.day,
                "version": self.table.code_version,
                "kept": staged.kept,
            },
        )
