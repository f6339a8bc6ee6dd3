"""Extraction: which way into a database the settings chose.

Belongs here: the choice. Not here: the two ways (`by_time.py`, `capture.py`).
"""

from acme_platform.ingest.cdc.capture import Capture
from acme_platform.ingest.database.extract import Extraction
from acme_platform.ingest.incremental.by_time import ByTime
from acme_platform.model.table import Feed
from acme_platform.services import Services


def reading(services: Services, feed: Feed, run_id: str) -> Extraction:
    """The way in that the settings chose."""
    if services.source.slot:
        return Capture(services.warehouse, services.source, feed, run_id, services.settings.first_day)
    return ByTime(services.warehouse, services.source, feed, run_id, services.settings.first_day)
