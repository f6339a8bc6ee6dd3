"""What is held back: days that are behind and that nothing fills before somebody does something.

Belongs here: naming what is in the way, from the rules that keep runs from them. Not here: those rules.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.errors import BlockedByCheck
from acme_platform.ledger import check_results
from acme_platform.ledger.failures import failed_days
from acme_platform.ledger.rejected import refused_days
from acme_platform.ledger.staleness import outlook
from acme_platform.model.table import Feed, Table
from acme_platform.planning.plan import Held
from acme_platform.registry import remedies


def held_back(cursor: Cursor, feeds: Iterable[Feed], first_day: date) -> Iterator[Held]:
    """Refused files, days behind a red check, and days whose last attempt failed."""
    for feed in feeds:
        for refused in refused_days(cursor, [table.full_name for table in feed.tables]):
            yield Held(refused.table_name, refused.day, f"refused: {refused.why}", refused.mend)
        feed_outlook = outlook(cursor, feed, first_day)
        for table in feed.tables:
            name = table.full_name
            for day in sorted(feed_outlook.stale[name] & feed_outlook.blocked[name]):
                yield _blocked(cursor, table, day)
            yield from _resting(cursor, table, feed_outlook.stale[name] & feed_outlook.resting[name])


def _blocked(cursor: Cursor, table: Table, day: date) -> Held:
    try:
        check_results.refuse_red(cursor, table, day)
    except BlockedByCheck as error:
        return Held(table.full_name, day, error.message, error.next_step)
    return Held(table.full_name, day, "a `must` check of what it reads had nothing to compare", "acme status")


def _resting(cursor: Cursor, table: Table, days: set[date]) -> Iterator[Held]:
    for failed in failed_days(cursor, table):
        if failed.day in days:
            first_line = failed.message.partition("\n")[0]
            step = remedies.again(table.full_name, failed.day, failed.message)
            yield Held(table.full_name, failed.day, f"failed: {first_line}", step)
