"""Versions in the lake: what a staging table on Spark offers to whoever fills, takes out or judges its days.

Belongs here: a day as `transform/staging.py` wants it. Not here: filling it (`filling.py`), which versions are valid
as of a day (`as_of.py`).

A day's part says what was delivered on it, and nothing changes it when another day comes. So days may be filled in any
order and again; only which versions are superseded is worked out anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.engine.filling import Filling
from acme_platform.engine.recasting import Recasting
from acme_platform.engine.spark import Spark
from acme_platform.engine.superseded import Superseded, list_name
from acme_platform.ledger.parts import lake_parts
from acme_platform.model.table import Table
from acme_platform.transform.judgement import Judgement
from acme_platform.transform.scd2 import Staged


@dataclass(frozen=True)
class LakeVersions:
    """One day of a staging table, as `transform/staging.py` wants it; whoever fills it holds the table's lock."""

    spark: Spark
    table: Table
    day: date
    #: PostgreSQL's table was made in this transaction, so that nothing of before counts: its file says something else
    is_new: bool = False

    @property
    def judgement(self) -> Judgement:
        return Judgement(self.table, self.day, [column for column in self.table.sql.shape.key if column != "day"])

    def fill(self, cursor: Cursor, run_id: str) -> Staged:
        if self.is_new:
            for table_name in (self.table.full_name, list_name(self.table)):
                lake_parts.forget_table(cursor, table_name)
        Recasting(self.spark, cursor, self.table).follow()
        return Filling(self.spark, cursor, self.judgement, run_id).fill()

    def take_out(self, cursor: Cursor) -> None:
        """The whole day leaves, as if it had never come."""
        before = lake_parts.parts(cursor, self.table.full_name, self.day, self.day)
        lake_parts.remove_days(cursor, self.table.full_name, [self.day])
        if self.table.keep != "snapshot":
            Superseded(self.spark, cursor, self.table).follow(self.day, before)

    @contextmanager
    def judgeable(self, cursor: Cursor) -> Iterator[None]:
        with Filling(self.spark, cursor, self.judgement, "").questioned():
            yield
