"""Arrivals: what stands in the lake and is not in the ledger.

Belongs here: comparing the two, which days are whole, and setting aside names that belong nowhere. Not here: which day
an object belongs to (`destination.py`), starting runs (`sensor.py`).

The ledger is the truth: a delivery is new when its name, size and ETag are not there. So nothing depends on a cursor,
on the order of arrival or on the clock of whoever delivers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from acme_assets import ledger
from acme_assets.destination import Placed, place, prefixes, standing
from acme_assets.errors import MendInput
from acme_assets.lake import LakeObject
from acme_assets.services import Services
from acme_assets.table import Feed

#: a file in a folder may still be being written: it is taken when nobody touched it for this long
SETTLE = timedelta(seconds=5)


@dataclass(frozen=True)
class Arrivals:
    """What one look at the lake found."""

    #: day -> the new files of that day
    days: dict[date, list[Placed]]
    #: day -> what its new files wait for, as a person would look for it
    waiting: dict[date, list[str]]
    #: what is wrong with names that belong nowhere and were not seen before; each says the name
    unplaced: list[str]


def look(services: Services, feed: Feed) -> Arrivals:
    """Compare the feed's part of the lake with the ledger."""
    with services.warehouse.transaction(f"{feed.name} arrivals") as at:
        known = ledger.known_files(at, [table.full_name for table in feed.deliveries.values()])
        placed: list[Placed] = []
        strange: list[tuple[LakeObject, str]] = []
        for found in _settled(one for prefix in prefixes(feed) for one in services.lake.list(prefix)):
            try:
                placed.append(place(found, services.settings.first_day))
            except MendInput as error:
                if (found.key, found.etag) not in known:
                    strange.append((found, error.message))
        unplaced = [reason for _, reason in ledger.report_unplaced(at, strange)]
        there = {(one.table.full_name, one.day) for one in placed}
        there |= ledger.loaded_days(at, [table.full_name for table in feed.awaited])
    days: dict[date, list[Placed]] = {}
    for one in standing(placed):
        if one.identity not in known:
            days.setdefault(one.day, []).append(one)
    waiting = _waiting(feed, days, there)
    return Arrivals({day: files for day, files in days.items() if day not in waiting}, waiting, unplaced)


def _settled(objects: Iterable[LakeObject]) -> Iterable[LakeObject]:
    """A time of change that lies in the future says nothing and does not hold a file back."""
    now = datetime.now(UTC)
    return (one for one in objects if not timedelta() <= now - one.modified < SETTLE)


def _waiting(feed: Feed, days: dict[date, list[Placed]], there: set[tuple[str, date]]) -> dict[date, list[str]]:
    """Day -> the awaited files that it lacks.

    A day of nothing but small tables beside the awaited ones is loaded with the next whole day, its own or a later one:
    alone it would give answers that the same day's files overturn an hour later.
    """
    lacking = {day: _lacking(feed, day, there) for day in {day for _, day in there} | days.keys()}
    newest_whole = max((day for day, lacks in lacking.items() if not lacks), default=date.min)
    return {
        day: lacking[day]
        for day, files in days.items()
        if lacking[day] and (day > newest_whole or any(one.table.awaited for one in files))
    }


def _lacking(feed: Feed, day: date, there: set[tuple[str, date]]) -> list[str]:
    return [table.object or table.delivered for table in feed.awaited if (table.full_name, day) not in there]
