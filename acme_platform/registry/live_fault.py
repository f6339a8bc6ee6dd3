"""Faults of live tables on Spark: a select that asks more of today than which versions are valid.

Belongs here: judging `live=True` lines. Not here: the views, and why today is what the newest filled day says there
(`transform/live_views.py`).
"""

from collections.abc import Iterator

from sqlglot import exp

from acme_platform.errors import MendInput
from acme_platform.model.engine import SPARK
from acme_platform.model.table import Feed, Table


def examine(feed: Feed) -> None:
    """Raises MendInput at the first fault."""
    if feed.computed_by != SPARK:
        return
    for table in feed.tables:
        if table.live and any(_others(table)):
            raise MendInput(
                f"{table.full_name} is live, and {table.sql.where} uses %(day)s for more than staging.as_of(…) and the"
                f" column {table.day_column}, so Spark cannot tell today from the newest filled day",
                'take live=True out of its line, or say Feed(…, engine="postgresql")',
            )


def _others(table: Table) -> Iterator[exp.Placeholder]:
    """Uses of the day by which two days on which the same versions are valid could have different answers."""
    query = table.sql.query
    assert query  # noqa: S101  # an answer has a select
    labels = [column for column in query.selects if column.alias_or_name == table.day_column]
    labelled = {id(node) for label in labels for node in label.walk()}
    for day in query.find_all(exp.Placeholder):
        call = day.parent
        if id(day) not in labelled and not (isinstance(call, exp.Anonymous) and call.name == "as_of"):
            yield day
