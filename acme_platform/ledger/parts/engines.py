"""Engines: which one holds the rows of a table, whatever its feed says now.

    declared   by the feed, or ACME_ENGINE: where the rows are to stand
    holding    by this ledger: where they stand

Where the two differ the table is neither filled nor checked nor taken back: a day of it would be computed without all
those that stand elsewhere. `acme engine move` brings them together. There is one rule, and whoever reads or fills asks.

Belongs here: `ledger.engines` and the rule. Not here: moving (`materialize/moving.py`).
"""

from collections.abc import Iterable

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.model.engine import ENGINES, POSTGRESQL, SPARK, Engine
from acme_platform.model.table import Table
from acme_platform.registry import catalog

#: as people say where they hold rows
PLACES: dict[Engine, str] = {POSTGRESQL: "in PostgreSQL", SPARK: "in the lake"}


def holding(cursor: Cursor, table_name: str) -> Engine | None:
    """The engine that holds the rows of the table; None where it has none yet."""
    cursor.execute(
        "select coalesce(engine, %(usual)s) from (select) as one"
        " left join ledger.engines on table_name = %(table)s"
        " where engine is not null or exists (select from ledger.builds where table_name = %(table)s)",
        {"table": table_name, "usual": POSTGRESQL},
    )
    return next((ENGINES[engine] for (engine,) in cursor), None)


def settle(cursor: Cursor, table: Table) -> None:
    """The engine that the feed declares is about to fill the table, and holds its rows from the first one on.

    So it does those of the whole feed: one reading of a database fills several tables. Raises MendInput where another
    one holds them.
    """
    refuse_elsewhere(cursor, table)
    declared = catalog.engine(table.full_name)
    if declared != POSTGRESQL and may_move(table) and holding(cursor, table.full_name) is None:
        tables = [other for other in catalog.feed_with(table.full_name).tables if may_move(other)]
        hold(cursor, [other.full_name for other in tables if holding(cursor, other.full_name) is None], declared)


def refuse_elsewhere(cursor: Cursor, table: Table) -> None:
    """Raise MendInput where another engine than the declared one holds the rows of the table."""
    if not may_move(table):
        return
    declared, held = catalog.engine(table.full_name), holding(cursor, table.full_name)
    if held not in (None, declared):
        feed = catalog.feed_with(table.full_name).name
        raise MendInput(
            f"{table.full_name} stands {PLACES[held]}, and its feed {feed} is declared to stand {PLACES[declared]}",
            f"acme engine move {feed}, or declare it as before",
        )


def may_move(table: Table) -> bool:
    """Caches and exports are made of answers in PostgreSQL, whichever engine computed these."""
    return table.layer.is_delivered or table.layer.is_answer


def hold(cursor: Cursor, table_names: Iterable[str], engine: Engine) -> None:
    """From now on the engine holds the rows of these tables."""
    for table_name in table_names:
        cursor.execute(
            "insert into ledger.engines (table_name, engine) values (%s, %s) on conflict (table_name) do update"
            " set engine = excluded.engine, since = clock_timestamp()",
            (table_name, engine),
        )
