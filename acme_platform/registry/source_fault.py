"""Faults of what a feed reads from a database: that source has no name, or a column is not declared.

Belongs here: judging `extracted` lines. Not here: every other fault of a feed (`feed_fault.py`), what the database
itself lacks.
"""

import re

from acme_platform.errors import MendInput
from acme_platform.model.table import Feed, Table


def examine(feed: Feed) -> None:
    """Raises MendInput at the first fault."""
    if feed.extracted and not feed.source:
        raise MendInput("its tables are read from a database, and it names no source", 'say Feed(…, source="stock")')
    if feed.source and not feed.extracted:
        raise MendInput(
            f"it names the source {feed.source}, and reads no table of it", "say extracted(…), or take it out"
        )
    if feed.source and not re.fullmatch("[a-z][a-z0-9_]*", feed.source):
        raise MendInput(f"it names its source {feed.source!r}", "name it in small letters, digits and _")
    for table in feed.extracted:
        _examine(table)


def _examine(table: Table) -> None:
    wanted = {*table.key, *(column for column in (table.changed_at, table.created_at) if column)}
    if lacks := sorted(wanted - set(table.sql.shape.names)):
        raise MendInput(
            f"{table.sql.where} does not declare {', '.join(lacks)}, by which {table.source} is read",
            f"declare it in {table.sql.where}, or name another column in its line",
        )
