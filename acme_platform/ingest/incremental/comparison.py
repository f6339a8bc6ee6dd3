"""Comparison: what raw holds of a table that is read by time, compared with what its source holds.

    source, ranges of keys ──► those that changed since raw was last known to hold them (`ranges.py`)
                           ──► their keys, each with the transaction that wrote its row, beside those known before
        new or changed keys, less what this reading has just read ──► their rows, less what raw knows as they are
        keys that are gone                                        ──► told, for nobody knows when they went

Belongs here: which keys changed, which are gone, and remembering what was compared. Not here: which of the rows raw
lacks (`lacking.py`), bringing them into raw (`by_time.py`), telling (`discrepancies.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import BinaryIO, cast

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput, TryAgain
from acme_platform.ingest.database.copy_pipe import rows_of
from acme_platform.ingest.database.extract import DELETED_AT
from acme_platform.ingest.database.raw_rows import RawRows, Wanted
from acme_platform.ingest.database.source import Moment, Reader
from acme_platform.ingest.incremental import range_key, ranges
from acme_platform.ingest.incremental.lacking import Lacking
from acme_platform.ingest.incremental.ranges import Seen, Walk
from acme_platform.ledger import discrepancies
from acme_platform.ledger.discrepancies import Kind
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name
from acme_platform.warehouse.partition import Part

#: so far ahead a clock may be before anybody is told
AHEAD = timedelta(minutes=1)


@dataclass
class Comparison:
    """One table in one reading of today, in the transaction that shows its rows."""

    cursor: Cursor
    reader: Reader
    table: Table
    day: date
    first_day: date
    moment: Moment
    raw_rows: RawRows
    _walk: Walk = field(init=False)
    _seen: Seen = field(init=False)
    _differing: list[int] = field(init=False)

    def why_not(self) -> str:
        """Look at the source. Why it cannot be compared, or not now; what the cursor read is no worse for it."""
        self._walk = ranges.next_walk(self.cursor, self.table.full_name, self.day)
        try:
            if why := ranges.why_not(self.reader, self.table):
                return why
            self._seen = ranges.look(self.reader, self.table, self._walk)
        except (MendInput, TryAgain) as error:
            return error.message
        discrepancies.forget_uncompared(self.cursor, self.table.full_name, self.day)
        return ""

    def keys_to_read(self, fresh: Part | None) -> list[int | str]:
        """Keys whose rows changed since they were last compared, and did not come with the fresh part."""
        if fresh:
            self._tell_ahead(fresh)
        known = ranges.saved(self.cursor, self.table.full_name, self._walk, self._seen)
        both = known.keys() | self._seen.ranges.keys()
        self._differing = sorted(number for number in both if known.get(number) != self._seen.ranges.get(number))
        if not self._differing:
            return []
        self._take_keys()
        self._find_changed()
        if fresh:
            self._leave_out(fresh)
        self.cursor.execute("select key from changed where day is null order by key")
        return [key for (key,) in self.cursor]

    def having(self, keys: list[int | str]) -> sql.Composed:
        """A condition for the rows of these keys in the source, by its index."""
        key = range_key.key(self.table)
        if range_key.is_number(self.table):
            return sql.SQL("{} = any({}::bigint[])").format(key, sql.Literal(f"{{{','.join(map(str, keys))}}}"))
        ranged = ranges.within(self.table, self._differing)
        return sql.SQL("({}) and {} = any({})").format(ranged, key, sql.Literal(keys))

    def keep_lacking(self, part: Part) -> int:
        """Leave in the part, which holds the rows of these keys, only what raw lacks; returns how many rows that is."""
        lacking = Lacking(self.cursor, self.table, self.day, self.first_day, self.moment.now + AHEAD, self.raw_rows)
        return lacking.keep(part, self._differing)

    def remember(self) -> None:
        """The differing ranges are as raw holds them now, and the walk goes on behind them."""
        if self._differing:
            self._tell_gone()
            self._save_ranges()
        ranges.walked(self.cursor, self.table.full_name, self.day, self._walk, self._seen.following)

    # what changed

    def _tell_ahead(self, fresh: Part) -> None:
        """Of today, but later than now: the cursor brought it, and its writer's clock or zone is another one.

        Times as PostgreSQL prints them sort as text, in the order of code points.
        """
        ahead = sql.SQL(
            "select {key}::{kind_of_key} as key, {at}::timestamp as changed_at, {kind} as kind from {part}"
            ' where {at} collate "C" > {now}'
        ).format(
            key=range_key.key(self.table),
            kind_of_key=range_key.kind(self.table),
            at=sql.Identifier(self.table.changed_at),
            kind=sql.Literal(Kind.AHEAD.value),
            part=name(fresh.full_name),
            now=sql.Literal(str(self.moment.now + AHEAD)),
        )
        discrepancies.remember(self.cursor, self.table.full_name, self.day, ahead)

    def _take_keys(self) -> None:
        """`there_now`: the keys of the differing ranges in the source; `there_before`: as they are remembered."""
        self.cursor.execute(
            "drop table if exists pg_temp.there_now, pg_temp.there_before, pg_temp.changed, pg_temp.known, pg_temp.gone"
        )
        self.cursor.execute(
            sql.SQL(
                "create temporary table there_now (number bigint, key {}, version bigint, changed_at timestamp)"
                " on commit drop"
            ).format(range_key.kind(self.table))
        )
        query = sql.SQL("select {}::bigint >> {}, {}, xmin, {} from {} where {}").format(
            range_key.first(self.table),
            sql.Literal(ranges.BITS),
            range_key.key(self.table),
            sql.Identifier(self.table.changed_at),
            name(self.table.source),
            ranges.within(self.table, self._differing),
        )
        with rows_of(self.reader, query, self.table.source) as rows:
            self.cursor.copy_expert("copy there_now from stdin", cast("BinaryIO", rows))
        self.cursor.execute(
            sql.SQL(
                "create temporary table there_before on commit drop as select key, version, day from ledger.ranges,"
                " unnest({}, versions, days) as one (key, version, day) where table_name = %s and number = any(%s)"
                # where the table had another key when it was compared
                " and key is not null"
            ).format(range_key.remembered(self.table)),
            (self.table.full_name, self._differing),
        )
        self.cursor.execute("analyze there_now; analyze there_before")

    def _find_changed(self) -> None:
        """`own_day` is the day of raw that the time of change says; `day` the one that holds the row, once known."""
        self.cursor.execute(
            "create temporary table changed on commit drop as select now.key, now.changed_at,"
            " before.day as day_before, null::date as day, false as is_awaited, false as is_silent,"
            " case when now.changed_at >= %s and now.changed_at < %s::date + 1 then now.changed_at::date end as own_day"
            " from there_now as now left join there_before as before using (key)"
            " where now.version is distinct from before.version",
            (self.first_day, self.day),
        )

    def _leave_out(self, fresh: Part) -> None:
        """What the cursor has just brought, from the same snapshot."""
        self.cursor.execute(
            sql.SQL("update changed set day = %s from {} as fresh where {} = changed.key::text").format(
                name(fresh.full_name), range_key.key(self.table, "fresh")
            ),
            (self.day,),
        )

    def _tell_gone(self) -> None:
        """Keys that were there and are not, unless capture told raw so at its time."""
        self.cursor.execute(
            "create temporary table gone on commit drop as select key, null::timestamp as changed_at, %s as kind"
            " from there_before as before where not exists (select from there_now as now where now.key = before.key)",
            (Kind.GONE.value,),
        )
        if not self.cursor.rowcount:
            return
        if DELETED_AT in self.table.columns:
            keys = range_key.firsts(self.table, "gone")
            held = self.raw_rows.held(self.cursor, self.table, Wanted(keys=keys))
            self.cursor.execute(
                sql.SQL("delete from gone using {} as raw where {} = gone.key::text and {} is not null").format(
                    held,
                    range_key.key(self.table, "raw"),
                    sql.Identifier("raw", DELETED_AT),
                )
            )
        discrepancies.remember(self.cursor, self.table.full_name, self.day, sql.SQL("select * from gone"))

    def _save_ranges(self) -> None:
        """What is left to the cursor is not remembered, so it is looked at again."""
        table, summaries = self.table.full_name, self._seen.ranges
        self.cursor.execute(
            "delete from ledger.ranges where table_name = %s and number = any(%s)", (table, self._differing)
        )
        left: Sequence[int] = [number for number in self._differing if number in summaries]
        keys = sql.SQL("array_agg(key), null" if range_key.is_number(self.table) else "'{}'::bigint[], array_agg(key)")
        self.cursor.execute(
            sql.SQL(
                "insert into ledger.ranges (table_name, number, row_count, checksum, keys, row_keys, versions, days,"
                "  delivery_id)"
                " select %(table)s, number, count(*), checksum, {}, array_agg(version), array_agg(day),"
                "  (select coalesce(max(delivery_id), 0) from ledger.deliveries where table_name = %(table)s)"
            ).format(keys)
            + sql.SQL(
                " from (select summary.number, checksum, key, now.version,"
                "   coalesce(changed.day, before.day, %(day)s) as day"
                "  from unnest(%(numbers)s::bigint[], %(checksums)s::numeric[]) as summary (number, checksum)"
                "  join there_now as now on now.number = summary.number"
                "  left join there_before as before using (key) left join changed using (key)"
                "  where not coalesce(is_awaited, false) order by key) as sorted group by number, checksum"
            ),
            {
                "table": self.table.full_name,
                "day": self.day,
                "numbers": left,
                "checksums": [summaries[number].checksum for number in left],
            },
        )
