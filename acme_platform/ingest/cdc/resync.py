"""Resync: a whole table of the source, compared with what raw knows of it, so that raw lacks nothing afterwards.

    source, one snapshot ──► a temporary table ──► what raw has otherwise, or not at all ──► parts by day
                                               ──► what raw has and the source has no longer ──► ends, today

Belongs here: finding the differences and loading them. Not here: when (`capture.py`).

Every row is compared with its newest version in raw, not with any: a row may say again what it once said. What differs
belongs to the day of its time of change, but to none before its newest version and to none that is not yet: there it
would be taken for older than what it replaces. Then, and where it has no such time, it belongs to today.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import BinaryIO, cast

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import today
from acme_platform.ingest.cdc import row_key
from acme_platform.ingest.database.copy_pipe import rows_of
from acme_platform.ingest.database.extract import DELETED_AT, Landed, Stretch
from acme_platform.ingest.database.raw_rows import RawRows
from acme_platform.ingest.database.source import Snapshot
from acme_platform.lake import LakeObject
from acme_platform.ledger import builds, deliveries
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import lock, name, names
from acme_platform.warehouse.partition import Part

NEWEST = """
create temporary table newest on commit drop as
select distinct on ({key}) day, {declared}, extra from {raw}
where {is_keyed} order by {key}, day desc, row_number desc
"""
DIFFERENT = """
create temporary table different on commit drop as
select {columns}, case when changed.day between greatest(newest.day, %(first)s) and %(today)s then changed.day
    when changed.day < %(first)s and newest.day is null then %(first)s else %(today)s end as landing_day
from there
left join newest on {same_key}
cross join lateral (select there.{changed_at}::timestamp::date as day) as changed
where newest.day is null or newest.{deleted_at} is not null
or row({theirs}) is distinct from row({ours})
{or_extra}
"""
VANISHED = """
insert into different ({key}, {deleted_at}, landing_day)
select {newest_key}, %(now)s, %(today)s from newest
where newest.{deleted_at} is null and not exists (select from there where {same_key})
"""


@dataclass(frozen=True)
class Resync:
    """One table, in the transaction that moves the place."""

    table: Table
    #: declared columns, and title and invented name of each other one
    declared: list[str]
    extra: list[tuple[str, str]]
    first_day: date
    run_id: str
    raw_rows: RawRows

    @property
    def columns(self) -> list[str]:
        return [*self.declared, *(column for _, column in self.extra)]

    def run(self, cursor: Cursor, snapshot: Snapshot, now: datetime) -> Iterator[Landed]:
        self._fetch(cursor, snapshot)
        self._compare(cursor, now)
        cursor.execute("select landing_day, count(*) from different group by 1 order by 1")
        for day, rows in cursor.fetchall():
            yield self._load(cursor, day, rows)

    def _fetch(self, cursor: Cursor, snapshot: Snapshot) -> None:
        cursor.execute("drop table if exists pg_temp.there, pg_temp.newest, pg_temp.different")
        types = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(column)) for column in self.columns)
        cursor.execute(sql.SQL("create temporary table there ({}) on commit drop").format(types))
        read = [column for column in self.declared if column != DELETED_AT]
        wanted = [*read, *(title for title, _ in self.extra)]
        query = sql.SQL("select {} from {}").format(names(wanted), name(self.table.source))
        into = sql.SQL("copy there ({}) from stdin").format(names([*read, *(column for _, column in self.extra)]))
        with (
            snapshot.reader(f"acme {self.table.source}") as reader,
            rows_of(reader, query, f"{snapshot.source.address} {self.table.source}") as rows,
        ):
            cursor.copy_expert(into, cast("BinaryIO", rows))

    def _compare(self, cursor: Cursor, now: datetime) -> None:
        parts = {
            "key": names(self.table.key),
            "newest_key": names(self.table.key, of="newest"),
            "same_key": row_key.same(self.table, "newest", "there"),
            "is_keyed": sql.SQL(" and ").join(
                sql.SQL("{} is not null").format(sql.Identifier(column)) for column in self.table.key
            ),
            "changed_at": sql.Identifier(self.table.changed_at),
            "deleted_at": sql.Identifier(DELETED_AT),
            "declared": names(self.declared),
            "raw": self.raw_rows.held(cursor, self.table),
            "columns": names(self.columns, of="there"),
            "theirs": names(self.declared, of="there"),
            "ours": names(self.declared, of="newest"),
            "or_extra": sql.SQL(" ").join(
                sql.SQL("or newest.extra ->> {} is distinct from there.{}").format(
                    sql.Literal(title), sql.Identifier(column)
                )
                for title, column in self.extra
            ),
        }
        values = {"first": self.first_day, "today": today(), "now": str(now)}
        cursor.execute(sql.SQL(NEWEST).format(**parts))
        cursor.execute("analyze there, newest")
        cursor.execute(sql.SQL(DIFFERENT).format(**parts), values)
        cursor.execute(sql.SQL(VANISHED).format(**parts), values)

    def _load(self, cursor: Cursor, day: date, rows: int) -> Landed:
        """A part of the day's differences, behind those that the day has."""
        table = self.table
        lock(cursor, table.full_name)
        (delivery_id,) = deliveries.new_ids(cursor, 1)
        part = Part(table.name, delivery_id)
        part.create(cursor, self.columns, self.raw_rows.next_row(cursor, table, day))
        chosen = sql.SQL("insert into {} ({columns}) select {columns} from different where landing_day = %s")
        cursor.execute(chosen.format(name(part.full_name), columns=names(self.columns)), (day,))
        part.stamp(cursor, day, table.source, self.extra)
        size, checksum = self._measured(cursor, day)
        file = LakeObject(table.source, size, checksum, datetime.combine(day, time()))
        reading = deliveries.Reading(delivery_id, table.full_name, day, file, self.run_id)
        deliveries.record_loaded(cursor, reading, deliveries.Counts(rows, 0, checksum))
        self.raw_rows.show(cursor, table, part, day)
        deliveries.show(cursor, [delivery_id])
        total = deliveries.totals(cursor, table.full_name, day)[1]
        builds.built(cursor, table.full_name, day, rows=total, run_id=self.run_id)
        return Landed(Stretch(table, day, delivery_id, datetime.combine(day, time())), part, rows, rows)

    def _measured(self, cursor: Cursor, day: date) -> tuple[int, str]:
        """Bytes, and a sum of the rows' hashes: there may be too many for one text."""
        cursor.execute(
            "select sum(octet_length(different::text))::bigint, sum(hashtextextended(different::text, 0))::text"
            " from different where landing_day = %s",
            (day,),
        )
        ((size, checksum),) = cursor.fetchall()
        return size, checksum
