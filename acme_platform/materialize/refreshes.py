"""Refreshes: what became stale, as runs one after the other, until nothing is.

Belongs here: how often somebody looks again. Not here: what is stale (`staleness.py`), the runs (`runs.py`) and the
plan of them (`planning/`), which both ask here.
"""

from collections.abc import Iterator

from acme_platform.ledger.staleness import Work, work
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.registry import catalog
from acme_platform.services import Services

#: stale work that is still there after so many rounds does not become less by running it again
ROUNDS = 3


def refreshes(services: Services) -> Iterator[Work]:
    """Tables and days that are stale; looks again when all of them were filled."""
    settings = services.settings
    for _ in range(ROUNDS):
        with services.open_warehouse().transaction("acme run") as cursor:
            stale = [
                stale_work
                for feed in catalog.feeds().values()
                for stale_work in work(
                    cursor,
                    feed,
                    settings.first_day,
                    settings.run_days,
                    differing_days(cursor, services, feed.tables),
                )
            ]
        yield from stale
