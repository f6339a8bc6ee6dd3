"""The gate: what a day is about to read was judged by its `must` checks, whoever built it and however.

Belongs here: judging what was built without its checks. Not here: stopping over a red verdict (`check_results.py`).

Dagster runs a table's checks behind it, in the same run. They are skipped when that run fails on another day of its
range, and a click can leave them out; a day without verdicts would then pass for a good one. Judged here is what is
delivered, raw and staging. A check of answers reads many days, some of which another run may be filling just now.
"""

from collections.abc import Callable
from datetime import date

from psycopg2 import sql

from acme_platform.checks.builtin import checks
from acme_platform.checks.check import Check
from acme_platform.cursor import Cursor
from acme_platform.ledger import check_results
from acme_platform.ledger.check_results import MUST, Verdict
from acme_platform.ledger.reads import read_by, reads
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.warehouse.connection import Warehouse, lock

#: runs a check of a table on a day
Judge = Callable[[Cursor, Check, Table, date], Verdict]


def judge(warehouse: Warehouse, table: Table, day: date, run_id: str, on: Judge) -> None:
    """Judge what the day reads and nobody judged, in a transaction of its own: a red verdict outlives the refusal."""
    if not _delivered(table):
        return
    with warehouse.transaction(f"{run_id[:8]} {table.full_name} gate") as cursor:
        if not _unjudged(cursor, table, day):
            return
        # Another run may be filling one of two tables that a check compares: look again when it is done with it.
        for name in sorted(
            {name for source in _delivered(table) for name in (source, *catalog.table(source).upstream)}
        ):
            lock(cursor, name)
        for name, unjudged in _unjudged(cursor, table, day):
            _judge(cursor, catalog.table(name), unjudged, run_id, on)


def _delivered(table: Table) -> list[str]:
    return [name for name in table.upstream if catalog.table(name).layer.is_delivered]


def _judge(cursor: Cursor, table: Table, day: date, run_id: str, on: Judge) -> None:
    for check in checks(table):
        if check.severity == MUST:
            check_results.record(cursor, on(cursor, check, table, day), run_id)


def _unjudged(cursor: Cursor, table: Table, day: date) -> list[tuple[str, date]]:
    """(table, day) of everything that the day reads and that was built since its `must` checks last ran.

    Not what is stale itself: it does not agree with what it was made of, and will be filled again.
    """
    # First what nobody judged, which is little. Left to the planner, what each day saw is compared before that, for
    # every day of the history: 2 ms after forty days, and a plan of a year asks a thousand times.
    query = (
        "with unjudged as materialized (select table_name, day, seen from ledger.builds where {}"
        " and not exists (select from ledger.verdicts where verdicts.table_name = builds.table_name"
        "  and verdicts.day = builds.day and severity = 'must'))"
        " select table_name, day from unjudged"
        " where not exists (select from jsonb_each_text(unjudged.seen) as seen join ledger.builds as source"
        "  on source.table_name = seen.key and source.day = unjudged.day where source.change > seen.value::bigint)"
        " order by day"
    )
    cursor.execute(sql.SQL(query).format(reads("builds", "%(day)s")), {**read_by(table), "day": day})
    delivered = _delivered(table)
    return [(name, unjudged) for name, unjudged in cursor if name in delivered]
