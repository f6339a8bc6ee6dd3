"""Arrivals: what stands in the lake and is not in the ledger.

Belongs here: comparing the two, and setting aside names that belong nowhere. Not here: starting runs (`sensor.py`).

The ledger is the truth: a delivery is new when its name, size and ETag are not there. So nothing depends on a cursor,
on the order of arrival or on the clock of whoever delivers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from acme_assets import ledger
from acme_assets.day import today
from acme_assets.errors import MendInput
from acme_assets.filename import parse_key
from acme_assets.lake import LakeObject
from acme_assets.services import Services
from acme_assets.table import Feed

#: a file in a folder may still be being written: it is taken when nobody touched it for this long
SETTLE = timedelta(seconds=5)


@dataclass(frozen=True)
class Arrivals:
    """What one look at the lake found."""

    #: day -> the new files of that day, as (key, etag)
    days: dict[date, list[tuple[str, str]]]
    #: what is wrong with names that belong nowhere and were not seen before; each says the name
    unplaced: list[str]


def look(services: Services, feed: Feed) -> Arrivals:
    """Compare the feed's part of the lake with the ledger."""
    with services.warehouse.transaction(f"{feed.name} arrivals") as at:
        known = ledger.known_files(at, [table.full_name for table in feed.deliveries.values()])
        days: dict[date, list[tuple[str, str]]] = {}
        strange: list[tuple[LakeObject, str]] = []
        for found in _settled(services.lake.list(f"{feed.name}/")):
            if (found.key, found.etag) in known:
                continue
            try:
                days.setdefault(_day(services, feed, found.key), []).append((found.key, found.etag))
            except MendInput as error:
                strange.append((found, error.message))
        return Arrivals(days, [reason for _, reason in ledger.report_unplaced(at, strange)])


def _settled(objects: Iterable[LakeObject]) -> Iterable[LakeObject]:
    """A time of change that lies in the future says nothing and does not hold a file back."""
    now = datetime.now(UTC)
    return (one for one in objects if not timedelta() <= now - one.modified < SETTLE)


def _day(services: Services, feed: Feed, key: str) -> date:
    """The day that a new object belongs to; MendInput when it belongs nowhere."""
    named = parse_key(key)
    if named.table not in feed.deliveries:
        raise MendInput(
            f"{key}: the feed {feed.name} takes {' and '.join(feed.deliveries)}, not {named.table}", "rename it"
        )
    if not services.settings.first_day <= named.day <= today():
        raise MendInput(
            f"{key}: its day lies outside {services.settings.first_day}..{today()}", "rename it, or set ACME_FIRST_DAY"
        )
    return named.day
