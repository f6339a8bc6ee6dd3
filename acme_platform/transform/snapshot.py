"""Snapshots: a table where the newest delivered day is the truth, and a key that it lacks is gone as of that day.

Belongs here: what is other than in `scd2.py`.
"""

from dataclasses import dataclass

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.transform.scd2 import Versions


@dataclass(frozen=True)
class Snapshots(Versions):
    """One day of a table of snapshots, whose rows are all valid until the day of the next one.

    A day without a readable row is no snapshot, and the one before it goes on: an empty file is a failed export far
    more often than a company that lost all its customers.
    """

    def take_out(self, cursor: Cursor) -> None:
        super().take_out(cursor)
        self.close_predecessors(cursor)

    def hand_over(self, cursor: Cursor) -> None:
        """Nothing: the snapshot before learns its end when it is known whether another one comes."""

    @property
    def following(self) -> sql.Composable:
        return self._sql("(select min(version.day) from {table} as version where version.day > %(day)s)")

    def close_predecessors(self, cursor: Cursor) -> None:
        """The snapshot before ends with this one, or with the next where this day holds none."""
        cursor.execute(
            self._sql(
                "with before as (select max(day) as day from {table} where day < %(day)s),"
                " after as (select min(day) as day from {table} where day >= %(day)s)"
                " update {table} as version set valid_to = after.day from before, after"
                " where version.day = before.day and version.valid_to is distinct from after.day"
            ),
            {"day": self.day},
        )
