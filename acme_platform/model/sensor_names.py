"""Names of sensors: by them Dagster remembers whether one is on and where it was, and people find it.

Belongs here: every name. Not here: what each sensor does (`triggers/`).
"""

from acme_platform.model.table import Feed, Table

#: of those that look at all feeds
INVENTORY, ALERTS, FAILED_RUNS = "inventory", "alerts", "failed_runs"


def arrivals(of: Feed | Table) -> str:
    """The one that waits for what the feed reads, or for the files of one awaited table."""
    return f"{of.name}_arrivals"


def refresh(feed: Feed) -> str:
    """The one that fills again what is older than what it was made of."""
    return f"{feed.name}_refresh"


def of_feed(feed: Feed) -> list[str]:
    """All that look at this feed alone."""
    awaited = [arrivals(table) for table in feed.awaited]
    looks = any(not table.awaited for table in feed.deliveries.values()) or bool(feed.extracted)
    return [*awaited, *([arrivals(feed)] if looks else []), refresh(feed)]
