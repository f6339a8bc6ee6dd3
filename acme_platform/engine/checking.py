"""Checks where the data is: the same select that PostgreSQL would run, run by Spark over tables of the lake.

Belongs here: one check of one day. Not here: which checks a table has (`checks/builtin.py`), words that Spark lacks
(`dialect.py`). A check that reads nothing of the lake runs in PostgreSQL. What a check reads of the ledger and of the
quarantine is little, and travels.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlglot
from psycopg2 import sql
from sqlglot import exp

from acme_platform.checks.check import SHOWN, Check
from acme_platform.cursor import Cursor, spelt
from acme_platform.engine.reading import Reading
from acme_platform.engine.spark import Spark
from acme_platform.ledger.check_results import Verdict
from acme_platform.model.sql_file import DIALECT
from acme_platform.model.table import Table


@dataclass(frozen=True)
class OnSpark:
    """Runs checks of feeds on Spark."""

    spark: Spark

    def judge(self, cursor: Cursor, check: Check, table: Table, day: date) -> Verdict:
        """Run it on one day; the sample holds the first broken rows."""
        reading = Reading(self.spark, cursor, table, day)
        broken = _tree(cursor, check.broken)
        if not reading.reads_lake(broken):
            return check.on(cursor, table, day)
        rows = self._rows(reading, broken)
        compared = bool(rows) or check.subject is None or self._there(cursor, reading, check.subject)
        sample = [{column: _plain(value) for column, value in row.items()} for row in rows[:SHOWN]]
        count = self._count(reading, broken) if len(rows) > SHOWN else len(rows)
        return Verdict(table.full_name, day, check.name, check.severity, count, sample, compared)

    def _rows(self, reading: Reading, broken: exp.Query) -> list[dict[str, Any]]:
        limited = exp.select("*").from_(broken.subquery("broken")).limit(SHOWN + 1)
        rows: list[dict[str, Any]] = self.spark.ask(reading.statement(limited)).to_pylist()
        return rows

    def _count(self, reading: Reading, broken: exp.Query) -> int:
        counted = self.spark.ask(reading.statement(exp.select("count(*) as rows").from_(broken.subquery("broken"))))
        (count,) = counted["rows"].to_pylist()
        return int(count)

    def _there(self, cursor: Cursor, reading: Reading, subject: sql.Composable) -> bool:
        there = self.spark.ask(reading.statement(_tree(cursor, sql.SQL("select {} as there").format(subject))))
        (is_there,) = there["there"].to_pylist()
        return bool(is_there)


def _tree(cursor: Cursor, statement: sql.Composable) -> exp.Query:
    """Of a statement with %(day)s and %(table)s, in which the driver would take %% for one percent."""
    tree = sqlglot.parse_one(spelt(statement, cursor).replace("%%", "%"), read=DIALECT)
    assert isinstance(tree, exp.Query)  # noqa: S101  # a check is a select
    return tree


def _plain(value: object) -> object:
    """As JSON takes it: a number or a text."""
    return value if value is None or isinstance(value, int | float | str | bool) else str(value)
