"""Watermarks: how far each day of each extracted table is complete, and how the source looked when it was last read.

Belongs here: reading and writing `ledger.watermarks` and `ledger.pulses`. Not here: finding a watermark out
(`source.py`), reading on from it (`extract.py`).
"""

import math
from collections.abc import Iterable
from datetime import date, datetime, time

from acme_platform.cursor import Cursor
from acme_platform.day import ONE_DAY


def read_on(cursor: Cursor, table_name: str, day: date) -> datetime:
    """From which time of change on a day has to be read.

    A day that is complete is read whole when somebody asks for it again: rows may have been put in behind its back.
    """
    begin, end = datetime.combine(day, time()), datetime.combine(day + ONE_DAY, time())
    cursor.execute(
        "select complete_to from ledger.watermarks where table_name = %s and day = %s and complete_to < %s",
        (table_name, day, end),
    )
    reached: list[datetime] = [complete_to for (complete_to,) in cursor]
    return max([begin, *reached])


def move(cursor: Cursor, table_name: str, day: date, complete_to: datetime) -> None:
    cursor.execute(
        "insert into ledger.watermarks (table_name, day, complete_to) values (%s, %s, %s)"
        " on conflict (table_name, day) do update set complete_to = excluded.complete_to, read_at = clock_timestamp()",
        (table_name, day, complete_to),
    )


def days(cursor: Cursor, table_names: Iterable[str]) -> dict[date, bool]:
    """Day -> is it complete, of every day that all of the tables were read for."""
    wanted = list(table_names)
    cursor.execute(
        "select day, min(complete_to) >= day + 1 from ledger.watermarks where table_name = any(%s)"
        " group by day having count(*) = %s",
        (wanted, len(wanted)),
    )
    return dict(cursor.fetchall())


def last_pulse(cursor: Cursor, feed: str) -> str | None:
    cursor.execute("select pulse from ledger.pulses where feed = %s", (feed,))
    pulses: list[str] = [pulse for (pulse,) in cursor]
    return pulses[0] if pulses else None


def rested(cursor: Cursor, feed: str) -> float:
    """Seconds since the feed was read last; without end where it never was."""
    cursor.execute(
        "select extract(epoch from clock_timestamp() - seen_at)::float8 from ledger.pulses where feed = %s", (feed,)
    )
    return next((seconds for (seconds,) in cursor), math.inf)


def remember_pulse(cursor: Cursor, feed: str, pulse: str) -> None:
    cursor.execute(
        "insert into ledger.pulses (feed, pulse) values (%s, %s)"
        " on conflict (feed) do update set pulse = excluded.pulse, seen_at = clock_timestamp()",
        (feed, pulse),
    )


def read_anew(cursor: Cursor, feed: str) -> None:
    """The feed's database looks changed, whatever it says; if it is captured, what was taken from the log comes no
    more, and is copied.
    """
    cursor.execute("delete from ledger.pulses where feed = %s", (feed,))
    cursor.execute("update ledger.captures set place = null where feed = %s", (feed,))
