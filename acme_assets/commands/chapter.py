"""A chapter of the demo: what a feed is, and what came of it.

Belongs here: how answers, rejects, Redis keys and exported files of one feed are shown in short. Not here: what is
delivered and run (`demo.py`).
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from psycopg2 import sql

from acme_platform.cli.terminal import console
from acme_platform.ledger.rejected import rejected
from acme_platform.model.layer import EXPORT
from acme_platform.model.lineage import upstream
from acme_platform.model.table import Feed
from acme_platform.registry import catalog
from acme_platform.warehouse.connection import name

if TYPE_CHECKING:
    import pandas as pd

    from acme_platform.services import Services

ROWS, KEYS = 3, 2
#: an answer of one row that is wider than a terminal is shown as a list
WIDE = 6


def heading(number: int, feed: str) -> None:
    """The chapter's number, the feed's name and what it is."""
    console.title(f"▌ {number} of {len(catalog.feeds())}, {feed}: {catalog.feed(feed).description}")


def outcome(services: "Services", feed: str, day: date) -> None:
    """What was rejected and why, the answers as of the day, and where they are kept hot or went to."""
    declared = catalog.feed(feed)
    _rejects(services, declared)
    _answers(services, declared, day)
    _redis(services, declared)
    _exports(services, declared, day)


def _rejects(services: "Services", feed: Feed) -> None:
    """One row a table; the others are for `acme rejects`."""
    lines = []
    with services.open_warehouse().transaction("acme demo") as cursor:
        for table in feed.tables:
            count, examples = rejected(cursor, [table.full_name], None, 1)
            lines += [(table.full_name, count, f"{file} row {row}", why) for _, _, file, row, why, _ in examples]
    if lines:
        console.title(f"Rejected by {feed.name}, and kept in quarantine with the reason:")
        console.show(("table", "rows", "for example", "because"), lines)


def _answers(services: "Services", feed: Feed, day: date) -> None:
    # pandas takes a fifth of a second to import
    from acme_platform.serving.question import questions  # noqa: PLC0415

    own = {table.full_name for table in feed.tables}
    for asked in questions().values():
        if own.issuperset(upstream(asked.file)):
            console.title(f"{asked.name}, as of {day}: {asked.meaning}")
            _show(asked.ask(services.open_warehouse(), day, {}))


def _show(answer: "pd.DataFrame") -> None:
    if len(answer) == 1 and len(answer.columns) > WIDE:
        console.show(("column", "value"), answer.iloc[0].items())
        return
    console.show(list(answer.columns), answer.head(ROWS).itertuples(index=False, name=None))
    if len(answer) > ROWS:
        console.say(f"… and {console.count(len(answer) - ROWS, 'more row')}")


def _redis(services: "Services", feed: Feed) -> None:
    for table in feed.tables:
        if table.keys:
            keyspace = services.keyspace(table)
            keys = sorted(keyspace.keys())
            console.title(f"Redis holds {console.count(len(keys), 'key')} {table.keys}")
            console.show(("key", "what it holds"), [(key, _pairs(held)) for key, held in keyspace.entries(keys[:KEYS])])
            if len(keys) > KEYS:
                console.say(f"… and {len(keys) - KEYS:,} more")


def _pairs(held: Mapping[str, str]) -> str:
    return ", ".join(f"{field}: {value}" for field, value in held.items())


def _exports(services: "Services", feed: Feed, day: date) -> None:
    for table in feed.tables:
        if table.layer is EXPORT:
            with services.open_warehouse().transaction("acme demo") as cursor:
                cursor.execute(
                    sql.SQL("select table_name, row_count, file from {} where day = %s order by 1").format(
                        name(table.full_name)
                    ),
                    (day,),
                )
                console.title(f"Exported to the lake for {day}, after its checks had passed:")
                console.show(("table", "rows", "file"), cursor.fetchall())
