"""Spark: the session of this process with the engine, and what it is asked: read parts, run a statement, write parts.

Belongs here: the same verbs over parts and types of ours, whatever the way to the engine. Not here: the ways
(`session/`), the statements.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.session.connect import Connect
from acme_platform.engine.session.job import Job
from acme_platform.engine.session.way import Way
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.engine import is_job


@dataclass
class Spark:
    """One session."""

    url: str
    files: TableFiles
    #: of a job: the Python that runs its driver
    python: str = ""

    @cached_property
    def way(self) -> Way:
        return self.job or Connect(self.url)

    @cached_property
    def job(self) -> Job | None:
        """None where Spark Connect leads to the engine."""
        return Job(self.url, self.python) if is_job(self.url) else None

    def version(self) -> str:
        """Of Spark, or of what speaks like it."""
        return self.way.version()

    def show(self, view: str, parts: Iterable[LakePart], schema: pa.Schema) -> None:
        """Make the rows of these parts known by a name; none where there is no part."""
        if addresses := [self.files.address(part) for part in parts]:
            self.way.read(view, addresses, _declared(schema))
        else:
            self._empty(view, schema)

    def give(self, view: str, rows: pa.Table) -> None:
        """Make these rows known by a name: few, for they travel."""
        if len(rows):
            self.way.give(view, rows, _declared(rows.schema))
        else:
            self._empty(view, rows.schema)

    def _empty(self, view: str, schema: pa.Schema) -> None:
        columns = ", ".join(f"cast(null as {spark_type(field.type)}) as `{field.name}`" for field in schema)
        self.define(view, f"select {columns} where false")

    def define(self, view: str, statement: str) -> None:
        """Make the rows of a statement known by a name."""
        self.way.define(view, statement)

    def ask(self, statement: str) -> pa.Table:
        """The rows of a statement: few, for they travel."""
        return self.way.ask(statement)

    def write(self, statement: str, path: str, by: str = "") -> None:
        """The rows of a statement as Parquet files below a path, one folder a value of the column `by`."""
        self.way.write(statement, f"{self.files.url}/{path}", by)


def as_declared(schema: pa.Schema) -> str:
    """A select's columns, each as the type that it is declared with: PostgreSQL casts what it inserts."""
    return ", ".join(f"cast(`{field.name}` as {spark_type(field.type)}) as `{field.name}`" for field in schema)


def _declared(schema: pa.Schema) -> str:
    return ", ".join(f"`{field.name}` {spark_type(field.type)}" for field in schema)


def spark_type(kind: pa.DataType) -> str:
    """In Spark's words."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    names: Mapping[pa.DataType, str] = {
        pa.int64(): "bigint",
        pa.int32(): "int",
        pa.int16(): "smallint",
        pa.float64(): "double",
        pa.bool_(): "boolean",
        pa.date32(): "date",
        pa.timestamp("us", "UTC"): "timestamp",
        pa.string(): "string",
    }
    return names[kind]
