"""The quarantine: every row that could not be read, with its file, row number, reason and the row itself.

Belongs here: putting rows in and taking a replaced file's or day's rows out. Not here: judging rows.
"""

import csv
import tempfile
from collections.abc import Iterable
from datetime import date
from typing import TextIO, cast

from acme_platform.cursor import Cursor
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ledger.deliveries import Reading

COLUMNS = ("table_name", "day", "delivery_id", "file", "row_number", "reason", "record", "run_id")
IN_MEMORY = 4 * 1024 * 1024


class Rejects:
    """Broken lines of one file, kept until they can be copied: in memory while few, on disk when many."""

    def __init__(self, reading: Reading) -> None:
        self._before = (reading.table_name, reading.day.isoformat(), reading.delivery_id, reading.file.key)
        self._run_id = reading.run_id
        self._spool = tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115  # by close
        self._lines = csv.writer(self._spool, quoting=csv.QUOTE_ALL)

    def __call__(self, reject: Reject) -> None:
        place = f" (line {reject.line}, byte {reject.offset})"
        self._lines.writerow((*self._before, reject.row_number, reject.reason + place, reject.record, self._run_id))

    def copy_to(self, cursor: Cursor) -> None:
        """Write them all into quarantine.rows, once."""
        self._spool.seek(0)
        copy = f"copy quarantine.rows ({', '.join(COLUMNS)}) from stdin (format csv)"
        cursor.copy_expert(copy, cast("TextIO", self._spool))

    def close(self) -> None:
        """Forget them, written or not."""
        self._spool.close()


def forget_files(cursor: Cursor, delivery_ids: Iterable[int]) -> None:
    """A newer delivery replaced these files."""
    cursor.execute("delete from quarantine.rows where delivery_id = any(%s)", (list(delivery_ids),))


def hand_over(cursor: Cursor, delivery_ids: Iterable[int], to: int) -> None:
    """A newer delivery took over these files' rows, numbers kept."""
    cursor.execute("update quarantine.rows set delivery_id = %s where delivery_id = any(%s)", (to, list(delivery_ids)))


def forget_day(cursor: Cursor, table_name: str, day: date) -> None:
    """The day is judged anew. What was rejected of refused deliveries is not part of it, and stays to be shown."""
    cursor.execute(
        "delete from quarantine.rows as rejected where table_name = %s and day = %s and not exists"
        " (select from ledger.deliveries where delivery_id = rejected.delivery_id and state = 'refused')",
        (table_name, day),
    )


def forget_rows(cursor: Cursor, table_name: str, day: date, after: int) -> None:
    """Rows of a day that grows, behind the last one that stands, are judged anew."""
    cursor.execute(
        "delete from quarantine.rows where table_name = %s and day = %s and row_number > %s", (table_name, day, after)
    )
