"""A way to an engine: the few verbs that everything of ours is made of.

Belongs here: the verbs, and what holds for every session. Not here: the ways themselves.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

#: A value that does not fit is an error and no null, as in PostgreSQL. Times are in UTC, and are written as anybody
#: reads them: left to itself Spark writes a type of its own, from before Parquet had one.
CONFIGURATION: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


class Way(Protocol):
    """One session. `declared` is a schema in Spark's words."""

    def version(self) -> str:
        """Of Spark, or of what speaks like it."""

    def read(self, view: str, addresses: Sequence[str], declared: str) -> None:
        """Make the rows of these Parquet files known by a name."""

    def give(self, view: str, rows: pa.Table, declared: str) -> None:
        """Make these rows known by a name: some at least, and few, for they travel."""

    def define(self, view: str, statement: str) -> None:
        """Make the rows of a statement known by a name."""

    def ask(self, statement: str) -> pa.Table:
        """The rows of a statement: few, for they travel."""

    def write(self, statement: str, address: str, by: str) -> None:
        """The rows of a statement as Parquet files below an address, one folder a value of the column `by`, if any."""
