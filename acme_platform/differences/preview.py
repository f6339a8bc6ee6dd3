"""A preview: the answers that edited SQL would give, beside those that stand, over the same staging.

Belongs here: computing them in a schema of their own, and comparing. Not here: what an edit means
(`planning/edits.py`), printing (`cli/changes/preview.py`).

    analytics__preview.customer_orders     computed by the file as it is now, from staging that stands
    analytics__preview.sales_by_country    reads the one above, for that would change with it

All of it happens in a transaction that is rolled back: nothing is copied, nobody else sees it, and nothing is left to
be dropped, whatever ends it.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from psycopg2 import sql
from sqlglot import exp

from acme_platform.cursor import Cursor
from acme_platform.differences.difference import Compared, Difference
from acme_platform.errors import NotReady, UsageError
from acme_platform.ledger import builds, readiness
from acme_platform.ledger.filled_days import filled_days
from acme_platform.model.engine import SPARK
from acme_platform.model.sql_file import DIALECT
from acme_platform.model.table import Table
from acme_platform.registry import catalog, remedies
from acme_platform.schema.evolution import shape
from acme_platform.warehouse.connection import name, names
from acme_platform.warehouse.written_sql import written_in

SUFFIX = "__preview"


@dataclass(frozen=True)
class Preview:
    """One day of one table: what its file says now against what stands."""

    table: Table
    day: date
    rows: int
    difference: Difference
    #: whether the day was ever filled; else all rows are new
    stands: bool
    #: columns that only one of the two has
    gained: Sequence[str] = ()
    lost: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        return self.difference.is_empty and not self.gained and not self.lost


def edited(cursor: Cursor) -> list[Table]:
    """Answers that are new or whose SQL is another one than that of their days, and all that read them, in order."""
    hit = set[str]()
    for table in catalog.tables().values():
        if table.layer.is_answer and (hit & set(table.upstream) or _is_edited(cursor, table)):
            hit.add(table.full_name)
    return [table for full_name, table in catalog.tables().items() if full_name in hit]


def _is_edited(cursor: Cursor, table: Table) -> bool:
    return bool(builds.of_older_sql(cursor, table)) or not filled_days(cursor, [table.full_name])


@dataclass
class Stage:
    """Where answers are computed for a day; whoever opened the transaction rolls it back."""

    cursor: Cursor
    shown: int
    _made: dict[str, str] = field(default_factory=dict)

    def previews(self, tables: Sequence[Table], day: date) -> Iterator[Preview]:
        """In the order in which they read each other. Raises UsageError over what cannot be compared."""
        self._made.clear()
        for table in tables:
            _refuse(self.cursor, table, day, self._made)
            rows = self._compute(table, day)
            yield self._compared(table, day, rows)

    def _compute(self, table: Table, day: date) -> int:
        """The answer as its file says, as the types that it declares; returns its rows."""
        assert table.sql.query  # noqa: S101  # of an answer
        columns = [column for column in table.sql.shape.columns if column.name in table.sql.query.named_selects]
        typed = sql.SQL(", ").join(
            sql.SQL("{0}::{1} as {0}").format(sql.Identifier(column.name), sql.SQL(column.type)) for column in columns
        )
        place = self._place(table)
        made = sql.SQL("create table {} as select {} from ({}) as answer")
        with written_in(table.sql, f"{table.full_name} of {day}"):
            self.cursor.execute(made.format(name(place), typed, self._select(table)), {"day": day})
        self._made[table.full_name] = place
        return int(self.cursor.rowcount)

    def _place(self, table: Table) -> str:
        schema = f"{table.layer}{SUFFIX}"
        self.cursor.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        place = f"{schema}.{table.name}"
        self.cursor.execute(sql.SQL("drop table if exists {}").format(name(place)))
        return place

    def _select(self, table: Table) -> sql.SQL:
        """Its select over the previews that were made, where it reads one of them."""
        if not self._made.keys() & set(table.upstream):
            return sql.SQL(table.sql.select)
        assert table.sql.query  # noqa: S101  # as above
        tree = table.sql.query.copy()
        for node in tree.find_all(exp.Table):
            if f"{node.db}.{node.name}" in self._made:
                node.set("db", exp.to_identifier(f"{node.db}{SUFFIX}"))
        return sql.SQL(tree.sql(DIALECT))

    def _compared(self, table: Table, day: date, rows: int) -> Preview:
        there = _columns(self.cursor, table)
        stands = bool(there) and day in filled_days(self.cursor, [table.full_name], [day])
        now, says = table.sql.shape.names, self._made[table.full_name]
        key = [column for column in table.sql.shape.key if column != table.day_column]
        known = set(there if stands else now) - {*key, table.day_column}
        columns = [column for column in now if column in known]
        before = _rows(table, table.full_name if stands else says, [*key, *columns], "true" if stands else "false")
        after = _rows(table, says, [*key, *columns], "true")
        difference = Compared(before, after, key, columns, {"day": day}).difference(self.cursor, self.shown)
        gained = [column for column in now if there and column not in there]
        lost = [column for column in there if column not in now]
        return Preview(table, day, rows, difference, stands, gained, lost)


def _columns(cursor: Cursor, table: Table) -> Sequence[str]:
    """Of the table that stands; none where there is none yet."""
    cursor.execute("select to_regclass(%s) is null", (table.full_name,))
    ((is_missing,),) = cursor.fetchall()
    return () if is_missing else tuple(shape(cursor, table.full_name).columns)


def _rows(table: Table, place: str, columns: Sequence[str], condition: str) -> sql.Composed:
    return sql.SQL("select {} from {} where {} = %(day)s and {}").format(
        names(columns), name(place), sql.Identifier(table.day_column), sql.SQL(condition)
    )


def _refuse(cursor: Cursor, table: Table, day: date, made: Container[str]) -> None:
    """What it reads has to stand, or to be previewed: over nothing, an answer of nothing looks like one."""
    if catalog.engine(table.full_name) == SPARK:
        raise UsageError(
            f"{table.full_name} is computed by Spark, whose versions PostgreSQL does not hold",
            f"ask what the edit means: acme plan --select {table.layer}/{table.name}+",
        )
    read = [source for source in table.upstream if source not in made]
    if len(read) == len(table.upstream):
        readiness.refuse_unready(cursor, table, day)
    elif read and day not in filled_days(cursor, read, [day]):
        raise NotReady(
            f"{table.full_name} of {day} waits: {' and '.join(read)} was not filled",
            remedies.fill_from_the_start(read[0], day),
        )
