"""Ranges: the keys of a source's table in stretches of two thousand, each with its number of rows and their checksum.

Belongs here: what the source says of its ranges, what `ledger.ranges` remembers of them, and which ranges a reading
looks at. Not here: what becomes of a difference (`comparison.py`).

The checksum is of each key and of the transaction that wrote its row (xmin), so whatever touched a row changes it: an
insert, an update of any column, a delete. It costs the source no sort, only a walk along its primary key, and no text
where the key is one number. It is compared with what the source itself said before, so no two servers have to agree on
a hash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.ingest.database.source import Reader
from acme_platform.ingest.incremental import range_key
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name

#: a range is 2^11 keys
BITS = 11
KEY = sql.SQL(
    "select attname, format_type(atttypid, null), exists (select from pg_index where indrelid = attrelid"
    " and indkey[0] = attnum and indisvalid and indpred is null) from pg_attribute where attrelid = {table}::regclass"
    " and attname = any({key})"
)
NO_INDEX = "has no index on"
#: which table raw is, and how many rows it holds by the ledger
RAW = sql.SQL(
    "select to_regclass(%(table)s)::oid, coalesce(sum(rows_in), 0)::bigint from ledger.deliveries"
    " where table_name = %(table)s and state = 'visible'"
)
#: rows of a table that each reading compares: all of a small one, else the ranges with the greatest keys
AT_ONCE = 100_000
#: rows of a table that a reading compares while a round is under way; in the first one, when all is new, as above
IN_A_ROUND = 500_000
#: a look that takes longer is given up and told: it is to be gentle
SECONDS = 60
#: before every range: a round that is to begin
BEGINNING = -(1 << 60)


@dataclass(frozen=True)
class Summary:
    """One range: a number of rows, and their checksum."""

    rows: int
    checksum: Decimal


@dataclass(frozen=True)
class Walk:
    """Which ranges a reading looks at: from one on, as far as so many rows go."""

    start: int | None
    rows: int
    #: goes through the whole table, in one reading or in several
    is_round: bool


@dataclass(frozen=True)
class Seen:
    """Ranges as the source shows them; `following` is the first one that was not looked at, None at the end."""

    ranges: Mapping[int, Summary]
    following: int | None


def next_walk(cursor: Cursor, table_name: str, day: date) -> Walk:
    """A round a day: the first reading begins it, and the next ones go on with what is too much for one.

    Between rounds every reading compares a small table whole, and of a large one the ranges with the greatest keys,
    which are those where rows come and change most.
    """
    _forget_lost(cursor, table_name)
    cursor.execute("select next_range, began, rounds > 0 from ledger.comparisons where table_name = %s", (table_name,))
    following, began, is_known = cursor.fetchone() or (None, None, False)
    if began is None or following is not None or began < day:
        start = None if following == BEGINNING else following
        return Walk(start, IN_A_ROUND if is_known else AT_ONCE, is_round=True)
    cursor.execute("select coalesce(sum(row_count), 0) from ledger.ranges where table_name = %s", (table_name,))
    ((rows,),) = cursor.fetchall()
    if rows <= AT_ONCE:
        return Walk(None, AT_ONCE, is_round=True)
    cursor.execute(
        "select min(number) from (select number from ledger.ranges where table_name = %s order by number desc limit %s)"
        " as greatest",
        (table_name, (AT_ONCE >> BITS) // 2),
    )
    ((start,),) = cursor.fetchall()
    return Walk(start, AT_ONCE, is_round=False)


def _forget_lost(cursor: Cursor, table_name: str) -> None:
    """Raw lost rows, or was made anew: what it was known to hold says nothing any more."""
    cursor.execute(
        sql.SQL(
            "delete from ledger.comparisons using ({}) as now (raw_table, raw_rows) where table_name = %(table)s"
            " and (comparisons.raw_table <> now.raw_table or comparisons.raw_rows > now.raw_rows)"
        ).format(RAW),
        {"table": table_name},
    )
    if cursor.rowcount:
        cursor.execute("delete from ledger.ranges where table_name = %s", (table_name,))


def rounds(cursor: Cursor, table_name: str) -> int:
    """How many came to their end."""
    cursor.execute("select rounds from ledger.comparisons where table_name = %s", (table_name,))
    return int((cursor.fetchone() or (0,))[0])


def walked(cursor: Cursor, table_name: str, day: date, walk: Walk, following: int | None) -> None:
    """Remember where the next reading goes on. A walk that was cut short is gone on with as a round."""
    ends = walk.is_round and following is None
    cursor.execute(
        sql.SQL(
            "insert into ledger.comparisons as known (table_name, next_range, began, rounds, raw_table, raw_rows)"
            " select %(table)s, %(next)s, %(day)s, %(ended)s, now.* from ({}) as now on conflict (table_name) do update"
            " set raw_table = excluded.raw_table, raw_rows = excluded.raw_rows, compared_at = clock_timestamp(),"
            " next_range = excluded.next_range, rounds = known.rounds + excluded.rounds,"
            # A round that goes on is that of the day on which it began.
            " began = case when known.next_range is null then excluded.began else known.began end"
        ).format(RAW),
        {"table": table_name, "next": following, "day": day, "ended": int(ends)},
    )


def compared(cursor: Cursor, table_names: Iterable[str]) -> date | None:
    """The day from which on each of the tables has been compared as a whole; None before the first time."""
    names = list(table_names)
    cursor.execute(
        "select min(began) from ledger.comparisons where table_name = any(%s) and rounds > 0 having count(*) = %s",
        (names, len(names)),
    )
    days: list[date] = [day for (day,) in cursor]
    return days[0] if days else None


def put_off(cursor: Cursor, table_name: str, day: date) -> None:
    """The next reading begins a round, or goes on with the one that is under way."""
    cursor.execute(
        sql.SQL(
            "insert into ledger.comparisons as known (table_name, next_range, began, raw_table, raw_rows)"
            " select %(table)s, %(next)s, %(day)s, now.* from ({}) as now on conflict (table_name) do update set"
            " next_range = coalesce(known.next_range, excluded.next_range)"
        ).format(RAW),
        {"table": table_name, "next": BEGINNING, "day": day},
    )


def under_way(cursor: Cursor, table_names: Iterable[str]) -> str:
    """Where the rounds that have not come to their end go on; nothing when none is."""
    cursor.execute(
        "select string_agg(table_name || ' ' || next_range, ' ' order by table_name) from ledger.comparisons"
        " where table_name = any(%s) and next_range is not null",
        (list(table_names),),
    )
    return str((cursor.fetchone() or ("",))[0] or "")


def why_not(reader: Reader, table: Table) -> str:
    """Why the table's rows cannot be compared gently; nothing where they can."""
    columns = reader.ask(KEY.format(table=sql.Literal(table.source), key=sql.Literal(list(table.key))))
    kinds = {column: kind for column, kind, _ in columns}
    if why := range_key.why_not(table, kinds):
        return why
    is_indexed = any(indexed for column, _, indexed in columns if column == table.key[0])
    return "" if is_indexed else f"{table.source} {NO_INDEX} {table.key[0]}"


def look(reader: Reader, table: Table, walk: Walk) -> Seen:
    """What the source shows, by its primary key; a range that may have been cut short is left for the next walk."""
    reader.limit(SECONDS)
    first = sql.Identifier("there", table.key[0])
    hashed = "hashint8extended" if range_key.is_number(table) else "hashtextextended"
    from_start = sql.SQL("where {} >= {}").format(first, sql.Literal((walk.start or 0) << BITS))
    summaries = reader.ask(
        sql.SQL(
            "select first >> {bits} as number, count(*), sum({hashed}(key, version)) from (select"
            " {first}::bigint as first, {key}::{kind} as key, there.xmin::text::bigint as version from {table} as there"
            " {start} order by {first} limit {rows}) as ranged group by 1 order by 1"
        ).format(
            bits=sql.Literal(BITS),
            hashed=sql.SQL(hashed),
            first=first,
            key=range_key.key(table, "there"),
            kind=range_key.kind(table),
            table=name(table.source),
            start=sql.SQL("") if walk.start is None else from_start,
            rows=sql.Literal(walk.rows),
        )
    )
    reader.limit()
    ranges = {number: Summary(rows, checksum) for number, rows, checksum in summaries}
    if sum(summary.rows for summary in ranges.values()) < walk.rows:
        return Seen(ranges, None)
    following = max(ranges)
    del ranges[following]
    if not ranges:
        low, high = following << BITS, ((following + 1) << BITS) - 1
        said = f"{walk.rows:,} rows and more of {table.source} have a {table.key[0]} from {low} to {high}"
        raise MendInput(f"{said}, too many for one range", "acme doctor")
    return Seen(ranges, following)


def saved(cursor: Cursor, table_name: str, walk: Walk, seen: Seen) -> dict[int, Summary]:
    """The same ranges, as they were when raw was last known to hold them."""
    cursor.execute(
        "select number, row_count, checksum from ledger.ranges where table_name = %(table)s"
        " and number >= coalesce(%(start)s, number) and number < coalesce(%(following)s, number + 1)",
        {"table": table_name, "start": walk.start, "following": seen.following},
    )
    return {number: Summary(rows, checksum) for number, rows, checksum in cursor}


def within(table: Table, numbers: Iterable[int]) -> sql.Composed:
    """A condition for keys of the ranges, by as few stretches as there are."""
    stretches: list[list[int]] = []
    for number in sorted(numbers):
        if stretches and number == stretches[-1][1] + 1:
            stretches[-1][1] = number
        else:
            stretches.append([number, number])
    column = range_key.first(table)
    between = [
        sql.SQL("{} between {} and {}").format(
            column, sql.Literal(first << BITS), sql.Literal(((last + 1) << BITS) - 1)
        )
        for first, last in stretches
    ]
    return sql.SQL(" or ").join(between)
