"""Filling one day of a staging table in the lake, once.

Belongs here: the order of events. Not here: the statements that judge (`judging.py`), what PostgreSQL decides
(`appeal.py`), which versions are valid as of a day (`as_of.py`).

    raw ──► keys that come more than once
        ──► judged by Spark, one pass: plain rows, which are a part already, and the places of the others
        ──► the others, those of such keys among them, are judged by PostgreSQL ──► good ones are a second part
        ──► keys that an earlier day has: their older versions are superseded
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import pyarrow as pa

from acme_platform.cursor import Cursor
from acme_platform.engine.appeal import Appeal
from acme_platform.engine.judging import IS_PLAIN, PLACE, judging, repeated
from acme_platform.engine.parts.columns import schema, schema_of
from acme_platform.engine.parts.files import folder
from acme_platform.engine.parts.parquet_output import write_rows
from acme_platform.engine.parts.part_file import PROVENANCE, raw_schema
from acme_platform.engine.parts.reshaping import Reshaping
from acme_platform.engine.spark import Spark
from acme_platform.engine.superseded import Superseded, chain
from acme_platform.ledger import quarantine
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from acme_platform.transform.judgement import Judgement
from acme_platform.transform.refusal import refuse_bombs
from acme_platform.transform.scd2 import Staged


@dataclass(frozen=True)
class Filling:
    """One day, once."""

    spark: Spark
    cursor: Cursor
    judgement: Judgement
    run_id: str

    @property
    def table(self) -> Table:
        return self.judgement.table

    @property
    def day(self) -> date:
        return self.judgement.day

    @property
    def key(self) -> list[str]:
        return self.judgement.key

    @cached_property
    def source(self) -> Table:
        return catalog.table(self.table.upstream[0])

    @cached_property
    def _path(self) -> str:
        """Of what this filling writes; a name that no other one has, so that readers of the old part go on."""
        return f"{folder(self.table)}/{self.day}-{secrets.token_hex(6)}"

    @cached_property
    def _typed(self) -> pa.Schema:
        return schema_of(self.table)

    def fill(self) -> Staged:
        """Fill the day; returns what became of its rows."""
        rows = self._show_raw()
        plain, doubtful = self._judge()
        good, kept_plain = self._appeal(plain, doubtful)
        parts = self._ended([*kept_plain, *good])
        kept = sum(part.rows for part in parts)
        before = lake_parts.parts(self.cursor, self.table.full_name, self.day, self.day)
        lake_parts.remove_days(self.cursor, self.table.full_name, [self.day])
        lake_parts.add(self.cursor, self.table.full_name, parts)
        if self.table.keep != "snapshot":
            Superseded(self.spark, self.cursor, self.table).follow(self.day, before)
        return Staged(kept, rows - kept, has_changed=True)

    @contextmanager
    def questioned(self) -> Iterator[None]:
        """PostgreSQL's raw table holds the rows in question, nothing else is written."""
        self._show_raw()
        _, doubtful = self._judge()
        ensure(self.cursor, self.source)
        with self._appealed.lent(self._raw_rows(doubtful)):
            yield

    @property
    def _appealed(self) -> Appeal:
        return Appeal(self.cursor, self.source, self.judgement)

    def _show_raw(self) -> int:
        held = lake_parts.parts(self.cursor, self.source.full_name, self.day, self.day)
        parts = Reshaping(self.spark.files, self.cursor, self.source).followed(held)
        self.spark.show("raw", parts, raw_schema(self.source.sql.shape.names))
        return sum(part.rows for part in parts)

    def _judge(self) -> tuple[list[LakePart], pa.Table]:
        """The plain rows, and the places of the others."""
        judged = judging(self.table, self.day, "raw")
        self.spark.write(self._but_repeated(judged) if self._write_keys() else judged, self._path, by=IS_PLAIN)
        return self._parts(f"{self._path}/{IS_PLAIN}=true"), self._places(self._parts(f"{self._path}/{IS_PLAIN}=false"))

    def _write_keys(self) -> bool:
        """Known to Spark as `repeated`, if there is any. As files, for an engine knows how few they are, and joins with
        few at once.

        Beside the path of what is judged, not below: writing there takes away what was there.
        """
        path = f"{self._path}-keys"
        self.spark.write(repeated(self.table, self.day, "raw", self.key), path)
        if parts := self._parts(path):
            self.spark.show("repeated", parts, pa.schema([self._typed.field(column) for column in self.key]))
        return bool(parts)

    def _but_repeated(self, judged: str) -> str:
        """The judged rows, of which those that share a key are not plain."""
        columns = ", ".join(f"judged.`{column}`" for column in self._judged.names)
        same = " and ".join(f"judged.`{column}` = repeated.`{column}`" for column in self.key)
        return (
            f"select {columns}, judged.{IS_PLAIN} and repeated.`{self.key[0]}` is null as {IS_PLAIN}"  # noqa: S608  # names of columns
            f" from ({judged}) as judged left join repeated on {same}"
        )

    def _places(self, parts: list[LakePart]) -> pa.Table:
        """(delivery_id, row_number) of the rows of these parts."""
        place = schema(dict.fromkeys(PLACE, "bigint"))
        if not parts:
            return place.empty_table()
        self.spark.show("doubtful", parts, place)
        return self.spark.ask(f"select {', '.join(PLACE)} from doubtful")  # noqa: S608  # names of columns

    def _parts(self, path: str) -> list[LakePart]:
        return [LakePart(self.day, *written) for written in self.spark.files.written(path)]

    def _appeal(self, plain: list[LakePart], places: pa.Table) -> tuple[list[LakePart], list[LakePart]]:
        """Parts of the rows that PostgreSQL found good, and those of the plain rows that it was not asked about."""
        quarantine.forget_day(self.cursor, self.table.full_name, self.day)
        if not len(places):
            return [], plain
        ensure(self.cursor, self.source)
        appeal = self._appealed
        with appeal.lent(self._raw_rows(places)):
            good = appeal.judge()
            if len(met := self._met(plain, good)):
                appeal.lend_more(self._raw_rows(met))
                good = appeal.judge()
            refuse_bombs(self.cursor, self.judgement, len(places) + len(met) - len(good))
            self.judgement.quarantine(self.cursor, self.run_id)
        return self._write(good), self._without(plain, met)

    def _ended(self, parts: list[LakePart]) -> list[LakePart]:
        """Of changes, those that end on the day itself are parts of their own; see `transform/change_log.py`.

        So they are told apart once, and neither answers nor the list of the superseded have to look at them again.
        """
        if self.table.keep != "changes" or not parts:
            return parts
        self.spark.show("versions", parts, self._judged)
        path, place = f"{self._path}/ended", ", ".join(f"{column} desc" for column in PLACE)
        last = f"row_number() over (partition by {', '.join(chain(self.table))} order by {place}) = 1"
        self.spark.write(
            f"select *, is_deleted or not {last} as is_passing from versions",  # noqa: S608  # names of columns
            path,
            by="is_passing",
        )
        passing = [replace(part, is_passing=True) for part in self._parts(f"{path}/is_passing=true")]
        return [*self._parts(f"{path}/is_passing=false"), *passing]

    @property
    def _judged(self) -> pa.Schema:
        return pa.schema([*((column, pa.int64()) for column in PLACE), *self._typed])

    def _met(self, plain: list[LakePart], good: pa.Table) -> pa.Table:
        """Places of plain rows that a row just found good has the key of: it was spelt in another way."""
        self.spark.show("plain", plain, self._judged)
        self.spark.give("good", good.select(self.key))
        return self.spark.ask(
            f"select {', '.join(PLACE)} from plain left semi join good using ({', '.join(self.key)})"  # noqa: S608  # as above
        )

    def _raw_rows(self, places: pa.Table) -> pa.Table:
        self.spark.give("places", places)
        columns = [*self.source.sql.shape.names, *PROVENANCE]
        selected = ", ".join(f"`{column}`" for column in columns)
        return self.spark.ask(
            f"select {selected} from raw left semi join places using ({', '.join(PLACE)})"  # noqa: S608  # names of columns
        )

    def _write(self, good: pa.Table) -> list[LakePart]:
        if not len(good):
            return []
        rows = good.append_column("day", pa.repeat(pa.scalar(self.day, pa.date32()), len(good)))
        path = f"{self._path}/appealed"
        with self.spark.files.open_output(f"{path}/good.parquet") as output:
            write_rows(output, self._judged, rows.select(self._judged.names).cast(self._judged).to_batches())
        return self._parts(path)

    def _without(self, plain: list[LakePart], places: pa.Table) -> list[LakePart]:
        """The plain rows but these: the parts as they are, where there is none."""
        if not len(places):
            return plain
        self.spark.give("places", places)
        self.spark.write(
            f"select * from plain left anti join places using ({', '.join(PLACE)})",  # noqa: S608
            f"{self._path}/others",
        )
        return self._parts(f"{self._path}/others")
