"""Extraction: which way into a database the settings chose.

Belongs here: the choice. Not here: the two ways (`by_time.py`, `capture.py`).
"""

from acme_platform.errors import MendInput
from acme_platform.ingest.cdc.capture import Capture
from acme_platform.ingest.database.extract import Extraction
from acme_platform.ingest.database.raw_rows import IN_WAREHOUSE, RawRows
from acme_platform.ingest.incremental.by_time import ByTime
from acme_platform.model.table import Feed
from acme_platform.registry import catalog
from acme_platform.services import Services


def reading(services: Services, feed: Feed, run_id: str, raw_rows: RawRows = IN_WAREHOUSE) -> Extraction:
    """The way in that the settings chose; where all tables are read whole there is nothing to capture."""
    source = services.source(feed.source)
    opened = services.open_warehouse(), source, feed, run_id
    if not source.slot or not feed.changing:
        return ByTime(*opened, services.settings.first_day, raw_rows=raw_rows)
    if others := [feed_name for feed_name in capturing(feed.source) if feed_name != feed.name]:
        raise MendInput(
            f"the feeds {feed.name} and {' and '.join(others)} read the changes of the source {feed.source}, and a"
            " replication slot serves one feed only",
            "give one of them a source of its own, with the same URL and a slot of its own, or make one feed of them",
        )
    return Capture(*opened, services.settings.first_day, raw_rows=raw_rows)


def capturing(source: str) -> list[str]:
    """Names of the feeds that read changes of the source."""
    return [feed.name for feed in catalog.feeds().values() if feed.changing and feed.source == source]
