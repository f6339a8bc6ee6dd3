"""Comparing the engines: both fill the same days from the same lake, each in a scratch database, and every cell is held
against the other's.

Belongs here: filling both ways, and what differs. Not here: showing it (`cli/engine.py`).

Nothing of the warehouse is read or touched. A side has its own ledger, so that what it loads, refuses and quarantines
is its own work. What Spark's side holds is copied beside PostgreSQL's and compared there, as sets of rows.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from secrets import token_hex

from psycopg2 import sql

from acme_platform.checks.builtin import checks
from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.errors import MendInput
from acme_platform.ledger import check_results
from acme_platform.materialize.fill import fill
from acme_platform.materialize.judging import judge
from acme_platform.model.engine import POSTGRESQL, SPARK, Engine, all_on
from acme_platform.model.run_options import USUAL, RunOptions
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog, feed_fault
from acme_platform.services import Services
from acme_platform.serving.drift import is_there
from acme_platform.warehouse.connection import name, names, rows
from acme_platform.warehouse.scratch_database import scratch_database

RUN = "engine-comparison"
#: where Spark's rows stand beside PostgreSQL's
BESIDE = "from_spark"
#: differing rows that are shown of each side
SHOWN = 3
#: is told which table is being filled or compared
Told = Callable[[str], None]


@dataclass(frozen=True)
class Compared:
    """One set of rows of both sides."""

    table: str
    #: rows, quarantine, checks
    what: str
    rows: int
    cells: int
    only_postgresql: int
    only_spark: int
    #: the first rows that one side lacks, as JSON
    sample: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return self.only_postgresql + self.only_spark > 0


@dataclass(frozen=True)
class Side:
    """One engine with a ledger, a warehouse and tables of its own."""

    engine: Engine
    services: Services

    def make(self, feeds: Iterable[Feed], days: Days, options: RunOptions, told: Told) -> dict[tuple[str, date], str]:
        """Fill the days, layer by layer; what was refused, and why."""
        refused: dict[tuple[str, date], str] = {}
        with all_on(self.engine):
            for feed in feeds:
                for table in compared_tables(feed):
                    told(f"{self.engine} {table.full_name}")
                    refused |= dict(self._filled(feed, table, days, options))
        return refused

    def _filled(
        self, feed: Feed, table: Table, days: Days, options: RunOptions
    ) -> Iterator[tuple[tuple[str, date], str]]:
        for day in days:
            try:
                fill(self.services, feed, table, day, RUN, options)
            except MendInput as error:
                yield (table.full_name, day), error.message
            else:
                self._judge(table, day)

    def _judge(self, table: Table, day: date) -> None:
        with self.services.open_warehouse().transaction(f"{RUN} {table.full_name}") as cursor:
            for check in checks(table):
                check_results.record(cursor, judge(self.services, cursor, check, table, day), RUN)


def compared_tables(feed: Feed) -> list[Table]:
    """What the engines fill; caches and exports are made of the answers in PostgreSQL by the same code."""
    return [table for table in feed.tables if table.layer.is_delivered or table.layer.is_answer]


def compare(
    services: Services, feeds: Sequence[Feed], days: Days, told: Told, options: RunOptions = USUAL
) -> Iterator[Compared]:
    """Fill the days of the feeds on both engines; yields every set of rows that they made.

    Raises MendInput for SQL that means something else on Spark.
    """
    for table in (table for feed in feeds for table in feed.tables):
        feed_fault.check_portable(table, catalog.tables())
    with _sides(services) as (left, right):
        refused, refused_too = (side.make(feeds, days, options, told) for side in (left, right))
        yield _compared_refusals(refused, refused_too)
        for feed in feeds:
            for table in compared_tables(feed):
                told(f"comparing {table.full_name}")
                yield from Comparison(left, right, table).compared()


@contextmanager
def _sides(services: Services) -> Iterator[tuple[Side, Side]]:
    from acme_platform.engine.parts.files import TableFiles  # noqa: PLC0415  # pyarrow is there with the engine only

    url, scratch = services.attach().warehouse_url, f"comparison-{token_hex(6)}"
    engine_url = services.open_spark().url
    with scratch_database(url) as left, scratch_database(url) as right:
        settings = replace(services.settings, warehouse_url=left, engine_url=engine_url)
        beside = replace(settings, warehouse_url=right, tables_url=f"{settings.tables_url}/{scratch}")
        try:
            yield Side(POSTGRESQL, Services(settings)), Side(SPARK, Services(beside))
        finally:
            TableFiles(settings.tables_url).remove(scratch)


def _compared_refusals(left: dict[tuple[str, date], str], right: dict[tuple[str, date], str]) -> Compared:
    lacking, more = left.items() - right.items(), right.items() - left.items()
    sample = tuple(f"{table} of {day}: {why}" for (table, day), why in sorted(lacking | more))[: 2 * SHOWN]
    return Compared("days that were refused", "reasons", len(left), len(left), len(lacking), len(more), sample)


@dataclass(frozen=True)
class Comparison:
    """Of one table."""

    left: Side
    right: Side
    table: Table

    def compared(self) -> Iterator[Compared]:
        with (
            self.left.services.open_warehouse().transaction(RUN) as here,
            self.right.services.open_warehouse().transaction(RUN) as there,
        ):
            here.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(BESIDE)))
            if is_there(here, self.table) and is_there(there, self.table):
                yield self._rows(here, there)
            yield self._of_ledger(here, there, "quarantine", "quarantine.rows", QUARANTINE)
            yield self._of_ledger(here, there, "checks", "ledger.verdicts", VERDICTS)

    def _rows(self, here: Cursor, there: Cursor) -> Compared:
        columns = [column for column in self.table.columns if column != "delivery_id"]
        mine = sql.SQL("select {} from {}").format(names(columns), name(self.table.full_name))
        beside = self._beside(here, "rows", mine)
        if self.table.layer.is_answer:
            _transfer(there, mine, here, beside)
        else:
            self._copy_parts(here, there, beside, columns)
        return self._differing(here, "rows", mine, beside, len(columns))

    def _copy_parts(self, here: Cursor, there: Cursor, beside: sql.Composable, columns: list[str]) -> None:
        from acme_platform.engine.copies.lake_rows import LakeRows  # noqa: PLC0415  # as above

        LakeRows(self.right.services.open_spark().files, there, self.table).copy_to(here, beside, columns)

    def _of_ledger(self, here: Cursor, there: Cursor, what: str, source: str, columns: Sequence[str]) -> Compared:
        condition = sql.Literal(self.table.full_name)
        mine = sql.SQL("select {} from {} where table_name = {}").format(names(columns), name(source), condition)
        beside = self._beside(here, what, mine)
        _transfer(there, mine, here, beside)
        return self._differing(here, what, mine, beside, len(columns))

    def _beside(self, here: Cursor, what: str, like: sql.Composable) -> sql.Composable:
        """An empty table for what Spark's side has."""
        beside = sql.Identifier(BESIDE, f"{self.table.full_name} {what}")
        here.execute(sql.SQL("create table {} as {} limit 0").format(beside, like))
        return beside

    def _differing(
        self, here: Cursor, what: str, mine: sql.Composable, beside: sql.Composable, columns: int
    ) -> Compared:
        theirs = sql.SQL("select * from {}").format(beside)
        (counted,) = rows(here, sql.SQL("select count(*) as rows from ({}) as mine").format(mine))
        lacking, sample = _lacking(here, mine, theirs)
        more, sample_too = _lacking(here, theirs, mine)
        shown = tuple(f"PostgreSQL: {row}" for row in sample) + tuple(f"Spark: {row}" for row in sample_too)
        return Compared(self.table.full_name, what, counted["rows"], counted["rows"] * columns, lacking, more, shown)


QUARANTINE = ("day", "file", "row_number", "reason", "record")
VERDICTS = ("day", "check_name", "severity", "broken_rows", "compared")


def _lacking(cursor: Cursor, left: sql.Composable, right: sql.Composable) -> tuple[int, list[str]]:
    """How many rows of the left the right lacks, each as often as it is there, and the first of them."""
    found = rows(
        cursor,
        sql.SQL(
            "select count(*) over () as lacking, to_json(lacking)::text as row"
            " from ({} except all {}) as lacking order by 2 limit {}"
        ).format(left, right, sql.Literal(SHOWN)),
    )
    return (found[0]["lacking"] if found else 0), [row["row"] for row in found]


def _transfer(source: Cursor, select: sql.Composable, target: Cursor, table: sql.Composable) -> None:
    """The rows of a select into a table of another database."""
    with tempfile.TemporaryFile() as passed:
        source.copy_expert(sql.SQL("copy ({}) to stdout").format(select), passed)
        passed.seek(0)
        target.copy_expert(sql.SQL("copy {} from stdin").format(table), passed)
