"""Deliveries: what was delivered and read, and what became of it.

Belongs here: reading and writing `ledger.deliveries`. Not here: deciding what to do about them (`load.py`), what was
filled from them (`builds.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.lake import LakeObject
from acme_platform.lake.object import shown


@dataclass(frozen=True)
class Delivery:
    """One file as the ledger knows it."""

    delivery_id: int
    file: str
    etag: str
    state: str
    #: staging took its rows
    is_staged: bool

    @property
    def identity(self) -> tuple[str, str]:
        return self.file, self.etag


@dataclass(frozen=True)
class Known:
    """One file that needs no further look as it is."""

    file: str
    etag: str
    table_name: str
    day: date
    #: in raw; otherwise it was refused
    is_visible: bool

    @property
    def identity(self) -> tuple[str, str]:
        return self.file, self.etag


@dataclass(frozen=True)
class Reading:
    """One file read by one run, and the number that its rows carry."""

    delivery_id: int
    table_name: str
    day: date
    file: LakeObject
    run_id: str
    #: the run in which a person accepted its rejects
    accepted_by: str | None = None

    @property
    def values(self) -> tuple[object, ...]:
        file = self.file
        return self.delivery_id, self.table_name, self.day, file.key, file.size, file.etag, self.run_id


@dataclass(frozen=True)
class Counts:
    """What one file held: rows in = rows kept + rows rejected."""

    rows_in: int
    rows_rejected: int
    checksum: str


def deliveries(cursor: Cursor, table_name: str, day: date) -> list[Delivery]:
    """Every file of the day that is in raw, waits to be, may come back, or was refused; oldest first."""
    cursor.execute(
        "select delivery_id, file, etag, state, is_staged from ledger.deliveries"
        " where table_name = %s and day = %s and state <> 'replaced' order by delivery_id",
        (table_name, day),
    )
    return [Delivery(*row) for row in cursor]


def with_rows(cursor: Cursor, table_name: str) -> list[tuple[date, Delivery]]:
    """(day, delivery) of every file whose rows are somewhere: in raw, or waiting to be."""
    cursor.execute(
        "select day, delivery_id, file, etag, state, is_staged from ledger.deliveries"
        " where table_name = %s and state in ('landed', 'visible', 'standby') order by delivery_id",
        (table_name,),
    )
    return [(day, Delivery(*row)) for day, *row in cursor]


def in_state(cursor: Cursor, table_name: str, state: str) -> list[int]:
    """Deliveries of the table in that state, of any day."""
    cursor.execute(
        "select delivery_id from ledger.deliveries where table_name = %s and state = %s order by delivery_id",
        (table_name, state),
    )
    return [number for (number,) in cursor]


def new_ids(cursor: Cursor, count: int) -> list[int]:
    """Numbers for deliveries about to be read, in the order in which their rows win."""
    cursor.execute(
        "select nextval(pg_get_serial_sequence('ledger.deliveries', 'delivery_id')) from generate_series(1, %s)",
        (count,),
    )
    return sorted(number for (number,) in cursor)


def record_loaded(cursor: Cursor, reading: Reading, counts: Counts) -> None:
    """A file was read whole; it waits for the rest of its day."""
    cursor.execute(
        "insert into ledger.deliveries (delivery_id, table_name, day, file, size, etag, run_id, state,"
        " checksum, rows_in, rows_kept, rows_rejected, accepted_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, 'landed', %s, %s, %s, %s, %s)",
        (
            *reading.values,
            counts.checksum,
            counts.rows_in,
            counts.rows_in - counts.rows_rejected,
            counts.rows_rejected,
            reading.accepted_by,
        ),
    )


def refuse(cursor: Cursor, reading: Reading, reason: str, *, too_many_rejects: bool) -> list[int]:
    """A file is broken as a whole; returns the numbers of earlier refusals of the same file, now replaced."""
    cursor.execute(
        "update ledger.deliveries set state = 'replaced'"
        " where table_name = %s and day = %s and file = %s and state = 'refused' returning delivery_id",
        (reading.table_name, reading.day, reading.file.key),
    )
    earlier = [number for (number,) in cursor]
    cursor.execute(
        "insert into ledger.deliveries (delivery_id, table_name, day, file, size, etag, run_id, state, reason,"
        " has_too_many_rejects) values (%s, %s, %s, %s, %s, %s, %s, 'refused', %s, %s)",
        (*reading.values, reason, too_many_rejects),
    )
    return earlier


def refused_under(
    cursor: Cursor, table_name: str, day: date, rules: list[str]
) -> dict[tuple[str, str], tuple[str, bool]]:
    """(file, ETag) -> why, and whether it may be accepted, of the day's files that staging refused by these rules."""
    cursor.execute(
        "select file, etag, reason, has_too_many_rejects from ledger.deliveries"
        " where table_name = %s and day = %s and state = 'refused' and refused_under = any(%s)",
        (table_name, day, rules),
    )
    return {(file, etag): (reason, may_be_accepted) for file, etag, reason, may_be_accepted in cursor}


def refuse_again(cursor: Cursor, reading: Reading) -> None:
    """It stays as it was refused; the run that was to read it is told by that."""
    cursor.execute(
        "update ledger.deliveries set run_id = %s"
        " where table_name = %s and day = %s and file = %s and etag = %s and state = 'refused'",
        (reading.run_id, reading.table_name, reading.day, reading.file.key, reading.file.etag),
    )


def retire(cursor: Cursor, delivery_ids: Iterable[int]) -> None:
    """Newer deliveries took the place of these files."""
    cursor.execute("update ledger.deliveries set state = 'replaced' where delivery_id = any(%s)", (list(delivery_ids),))


def stand_by(cursor: Cursor, delivery_ids: Iterable[int]) -> None:
    """Newer deliveries took the place of these files, and may have to give it back: staging has not read them yet."""
    cursor.execute("update ledger.deliveries set state = 'standby' where delivery_id = any(%s)", (list(delivery_ids),))


def retire_standby(cursor: Cursor, table_name: str) -> list[int]:
    """None of the table's files comes back; returns those that could have."""
    cursor.execute(
        "update ledger.deliveries set state = 'replaced' where table_name = %s and state = 'standby'"
        " returning delivery_id",
        (table_name,),
    )
    return [number for (number,) in cursor]


def put(cursor: Cursor, delivery_id: int, state: str) -> None:
    """Back into a state that the file was in before."""
    cursor.execute("update ledger.deliveries set state = %s where delivery_id = %s", (state, delivery_id))


def restore(cursor: Cursor, raw_table: str, staging_table: str, day: date) -> None:
    """The day of raw is again what staging last read of it, or was never filled; nobody has to follow."""
    cursor.execute("delete from ledger.verdicts where table_name = %s and day = %s", (raw_table, day))
    cursor.execute(
        "update ledger.builds as build set change = (staging.seen ->> %(raw)s)::bigint, row_count ="
        "  (select coalesce(sum(rows_in), 0) - (select count(*) from quarantine.rows join ledger.deliveries as files"
        "    using (delivery_id) where rows.table_name = %(raw)s and files.day = %(day)s and files.state = 'visible')"
        "   from ledger.deliveries where table_name = %(raw)s and day = %(day)s and state = 'visible')"
        " from ledger.builds as staging where build.table_name = %(raw)s and build.day = %(day)s"
        " and staging.table_name = %(staging)s and staging.day = %(day)s and staging.seen ? %(raw)s",
        {"raw": raw_table, "staging": staging_table, "day": day},
    )
    if not cursor.rowcount:
        cursor.execute("delete from ledger.builds where table_name = %s and day = %s", (raw_table, day))


def accepted(cursor: Cursor, table_name: str) -> dict[tuple[str, str], str]:
    """(file, ETag) -> the run in which a person accepted its rejects. They are few."""
    cursor.execute(
        "select file, etag, accepted_by from ledger.deliveries where table_name = %s and accepted_by is not null",
        (table_name,),
    )
    return {(file, etag): run_id for file, etag, run_id in cursor}


def inherit(cursor: Cursor, delivery_id: int, parts: Iterable[int]) -> None:
    """One delivery took over others: it is staged when all of them were, and what was accepted of one stays so."""
    cursor.execute(
        "update ledger.deliveries set (is_staged, accepted_by) = (select bool_and(is_staged), max(accepted_by)"
        " from ledger.deliveries where delivery_id = any(%s)) where delivery_id = %s",
        (list(parts), delivery_id),
    )


def together(cursor: Cursor, delivery_ids: Iterable[int]) -> tuple[int, str]:
    """Bytes of several deliveries, and a checksum of their checksums."""
    cursor.execute(
        "select sum(size)::bigint, encode(sha256(string_agg(etag, ' ' order by delivery_id)::bytea), 'hex')"
        " from ledger.deliveries where delivery_id = any(%s)",
        (list(delivery_ids),),
    )
    ((size, checksum),) = cursor.fetchall()
    return size, checksum


def totals(cursor: Cursor, table_name: str, day: date) -> tuple[int, int, int]:
    """Files, rows in and broken lines of the day as it is visible in raw."""
    cursor.execute(
        "with files as (select delivery_id, rows_in from ledger.deliveries"
        "  where table_name = %(table)s and day = %(day)s and state = 'visible')"
        " select count(*), coalesce(sum(rows_in), 0)::bigint,"
        "  (select count(*) from quarantine.rows where table_name = %(table)s and day = %(day)s"
        "   and delivery_id in (select delivery_id from files)) from files",
        {"table": table_name, "day": day},
    )
    files, rows, broken = cursor.fetchone() or (0, 0, 0)
    return files, rows, broken


def show(cursor: Cursor, delivery_ids: Iterable[int]) -> None:
    """The files' rows are in raw from this transaction on."""
    cursor.execute("update ledger.deliveries set state = 'visible' where delivery_id = any(%s)", (list(delivery_ids),))


def count_rejects(cursor: Cursor, raw_table: str, staging_table: str, day: date) -> None:
    """Bring kept and rejected of the day's files up to date: broken lines plus values that staging could not read."""
    cursor.execute(
        "update ledger.deliveries as delivery"
        " set rows_rejected = counted.rejected, rows_kept = delivery.rows_in - counted.rejected"
        " from (select files.delivery_id, count(rejects.delivery_id) as rejected from ledger.deliveries as files"
        "  left join quarantine.rows as rejects"
        "   on rejects.delivery_id = files.delivery_id and rejects.table_name in (%(raw)s, %(staging)s)"
        "  where files.table_name = %(raw)s and files.day = %(day)s and files.state = 'visible'"
        "  group by files.delivery_id) as counted"
        " where delivery.delivery_id = counted.delivery_id",
        {"raw": raw_table, "staging": staging_table, "day": day},
    )


def known_files(cursor: Cursor, table_names: Iterable[str]) -> list[Known]:
    """Everything that needs no further look: it is in raw, or was refused as it is."""
    cursor.execute(
        "select file, etag, table_name, day, state = 'visible' from ledger.deliveries"
        " where table_name = any(%s) and state in ('visible', 'refused')",
        (list(table_names),),
    )
    return [Known(*row) for row in cursor]


def loaded_days(cursor: Cursor, table_names: Iterable[str]) -> set[tuple[str, date]]:
    """(table, day) of which raw holds at least one file."""
    cursor.execute(
        "select distinct table_name, day from ledger.deliveries where table_name = any(%s) and state = 'visible'",
        (list(table_names),),
    )
    return set(cursor.fetchall())


def report_unplaced(cursor: Cursor, strange: Iterable[tuple[LakeObject, str]]) -> list[tuple[str, str]]:
    """Remember names that belong nowhere; returns those that were not known yet."""
    fresh = []
    for file, reason in strange:
        cursor.execute(
            "insert into ledger.unplaced (file, etag, reason) values (%s, %s, %s) on conflict do nothing",
            (shown(file.key), file.etag, reason),
        )
        if cursor.rowcount:
            fresh.append((shown(file.key), reason))
    return fresh
