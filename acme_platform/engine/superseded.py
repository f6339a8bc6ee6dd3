"""Superseded versions: which version of a key ends on which day, beside the parts of a versions table in the lake.

Belongs here: keeping that list in line with the parts, and the view of what a day sees. Not here: snapshots, whose
rows all end with the next one.

    (key, closed_day, by_day): the version of `closed_day` is followed by the one of `by_day`

Few versions are superseded in a table of events, so that what a day sees is a scan without those few. The last day
says its own entries, and says them anew as it grows. Any other day changes those of the keys that it holds or held,
which are worked out anew.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain as chained

import pyarrow as pa
import pyarrow.dataset as pads

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.columns import schema_of
from acme_platform.engine.parts.files import folder
from acme_platform.engine.parts.parquet_output import write_rows
from acme_platform.engine.parts.sorted_keys import Keys, SortedKeys
from acme_platform.engine.spark import Spark
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table
from acme_platform.transform.staging import KEPT


def chain(table: Table) -> list[str]:
    """What the versions of one thing share."""
    return KEPT[table.keep](table, date.min).chain


def list_name(table: Table) -> str:
    """Of the list, in the ledger."""
    return f"{table.full_name}.superseded"


def ended_schema(table: Table) -> pa.Schema:
    """Of the list."""
    types = schema_of(table)
    return pa.schema([*(types.field(column) for column in chain(table)), *ENDS])


ENDS = (pa.field("closed_day", pa.date32()), pa.field("by_day", pa.date32()))


@dataclass(frozen=True)
class Superseded:
    """Of one versions table; whoever changes it holds the table's lock."""

    spark: Spark
    cursor: Cursor
    table: Table

    @property
    def name(self) -> str:
        return list_name(self.table)

    @property
    def key(self) -> str:
        return ", ".join(chain(self.table))

    @property
    def schema(self) -> pa.Schema:
        return ended_schema(self.table)

    def show(self, view: str, day: date, parts: list[LakePart]) -> None:
        """What the day sees of the parts up to it, as a view."""
        self.spark.show(f"{view}_all", parts, schema_of(self.table))
        ended = lake_parts.parts(self.cursor, self.name)
        if not ended:
            self.spark.define(view, f"select * from {view}_all")  # noqa: S608  # names of views
            return
        self.spark.show(f"{view}_ended", ended, self.schema)
        self.spark.define(
            view,
            f"select version.* from {view}_all as version left anti join"  # noqa: S608  # names of columns and views
            f" (select {self.key}, closed_day from {view}_ended where by_day <= date'{day}') as ended"
            f" on {self._same('version', 'ended')} and version.day = ended.closed_day",
        )

    def _same(self, left: str, right: str) -> str:
        return " and ".join(f"{left}.{column} = {right}.{column}" for column in self.key.split(", "))

    def follow(self, day: date, before: list[LakePart]) -> None:
        """Bring the list in line after the day was filled; `before` are the parts that it had until now."""
        parts = lake_parts.parts(self.cursor, self.table.full_name)
        if all(part.day == day for part in parts) and not lake_parts.parts(self.cursor, self.name):
            return
        if all(part.day <= day for part in parts):
            self._say_last(day, parts)
        else:
            self._restate(max(part.day for part in parts), day, before, parts)

    def _say_last(self, day: date, parts: list[LakePart]) -> None:
        """Entries by a day stand in files of that day or of a later one, with others."""
        new, earlier = [part for part in parts if part.day == day], [part for part in parts if part.day < day]
        files = lake_parts.parts(self.cursor, self.name, day)
        lake_parts.remove_days(self.cursor, self.name, {file.day for file in files})
        if SortedKeys.serve(self.spark.files, self.table, chain(self.table)):
            self._look_up(day, new, earlier, files)
        else:
            self._scan(day, new, earlier, files)

    def _look_up(self, day: date, new: list[LakePart], earlier: list[LakePart], files: list[LakePart]) -> None:
        keys = SortedKeys(self.spark.files, self.table, self.key)
        before = self.spark.files.scanned(files, self.schema, pads.field("by_day") < day)
        path = self._path(day)
        with self.spark.files.open_output(f"{path}/found.parquet") as output:
            write_rows(output, self.schema, chained(before, self._found(day, keys.newest(keys.of(new), earlier))))
        self._tell(day, path)

    def _found(self, day: date, found: list[tuple[date, Keys]]) -> Iterator[pa.RecordBatch]:
        for closed_day, keys in found:
            days = (pa.repeat(pa.scalar(one, pa.date32()), len(keys)) for one in (closed_day, day))
            yield pa.RecordBatch.from_arrays([pa.array(keys).cast(self.schema.types[0]), *days], schema=self.schema)

    def _scan(self, day: date, new: list[LakePart], earlier: list[LakePart], files: list[LakePart]) -> None:
        types = schema_of(self.table)
        self.spark.show("new_versions", new, types)
        self.spark.show("earlier_versions", earlier, types)
        self.spark.show("ended", files, self.schema)
        self._write(
            day,
            f"select {self.key}, closed_day, by_day from ended where by_day < date'{day}'"  # noqa: S608
            f" union all select {self.key}, max(version.day) as closed_day, date'{day}' as by_day"
            f" from earlier_versions as version left semi join new_versions using ({self.key}) group by {self.key}",
        )

    def _restate(self, last_day: date, day: date, before: list[LakePart], parts: list[LakePart]) -> None:
        """Of the keys of a day that later ones follow; all entries are in files of the last day then."""
        types = schema_of(self.table)
        self.spark.show("all_versions", parts, types)
        self.spark.show("touched", [*before, *(part for part in parts if part.day == day)], types)
        self.spark.show("ended", lake_parts.parts(self.cursor, self.name), self.schema)
        lake_parts.remove_days(self.cursor, self.name, {part.day for part in lake_parts.parts(self.cursor, self.name)})
        self._write(
            last_day,
            f"select {self.key}, closed_day, by_day from ended left anti join touched using ({self.key})"  # noqa: S608
            f" union all select {self.key}, closed_day, by_day from (select {self.key}, day as closed_day,"
            f" lead(day) over (partition by {self.key} order by day) as by_day"
            f" from (select distinct {self.key}, day from all_versions left semi join touched using ({self.key}))"
            " as held) as followed where by_day is not null",
        )

    def _write(self, day: date, statement: str) -> None:
        path = self._path(day)
        self.spark.write(statement, path)
        self._tell(day, path)

    def _path(self, day: date) -> str:
        return f"{folder(self.table)}_superseded/{day}-{secrets.token_hex(6)}"

    def _tell(self, day: date, path: str) -> None:
        written = [LakePart(day, *found) for found in self.spark.files.written(path)]
        lake_parts.add(self.cursor, self.name, written)
