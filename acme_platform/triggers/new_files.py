"""Arrivals: what stands in the lake and is not in the ledger.

Belongs here: comparing the two, which days are whole, and setting aside names that belong nowhere. Not here: which day
an object belongs to (`routing.py`), how much of the lake is looked at (`listing.py`), starting runs (`sensors.py`).

The ledger is the truth: a delivery is new when its name, size and ETag are not there. So nothing depends on a cursor,
on the order of arrival or on the clock of whoever delivers. A look may end in the middle of a day: what else the day
needs is asked of the lake itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from acme_platform.errors import MendInput
from acme_platform.ingest.files import removed_files
from acme_platform.ingest.files.listing import sweep
from acme_platform.ingest.files.removed_files import TableDay
from acme_platform.ingest.files.routing import Placed, files_of, place_all, prefixes
from acme_platform.lake import Lake, LakeObject
from acme_platform.ledger import deliveries
from acme_platform.model.table import Feed, Table
from acme_platform.services import Services

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
    #: what was loaded from files that are gone, or from files that are back, and whose check does not say so yet
    withdrawn: list[TableDay]
    #: where the next look goes on; empty for the beginning
    after: str
    #: why the look ended early
    failure: str


def look(services: Services, feed: Feed, after: str = "") -> Arrivals:
    """Compare the feed's part of the lake behind the key `after`, or as much of it as a tick can, with the ledger."""
    names = [table.full_name for table in feed.deliveries.values()]
    with services.open_warehouse().transaction(f"{feed.name} arrivals") as cursor:
        known = deliveries.known_files(cursor, names)
    seen = sweep(services.lake, prefixes(feed), after)
    identities = {delivery.identity for delivery in known}
    fresh = [file for file in seen.objects if (file.key, file.etag) not in identities]
    placed, strange = place_all(_settled(fresh), services.settings.first_day)
    with services.open_warehouse().transaction(f"{feed.name} arrivals") as cursor:
        unplaced = [
            reason for _, reason in deliveries.report_unplaced(cursor, [*strange, *_others(services.lake, feed)])
        ]
        loaded = deliveries.loaded_days(cursor, [table.full_name for table in feed.awaited])
        withdrawn = removed_files.unnoticed(cursor, services.lake, known, seen)
    days: dict[date, list[Placed]] = {}
    for placed_file in placed:
        if _stands(services.lake, feed, placed_file):
            days.setdefault(placed_file.day, []).append(placed_file)
    waiting = _waiting(services.lake, feed, days, loaded)
    whole = {day: files for day, files in days.items() if day not in waiting}
    return Arrivals(whole, waiting, unplaced, withdrawn, seen.last, seen.failure)


def _others(lake: Lake, feed: Feed) -> Iterable[tuple[LakeObject, str]]:
    return (other for prefix in prefixes(feed) for other in lake.others(prefix))


def _settled(objects: Iterable[LakeObject]) -> Iterable[LakeObject]:
    """A time of change that lies in the future says nothing and does not hold a file back."""
    now = datetime.now(UTC)
    return (file for file in objects if not timedelta() <= now - file.modified < SETTLE)


def _stands(lake: Lake, feed: Feed, placed_file: Placed) -> bool:
    """An overwritten object is no delivery of a day that has files of dated names."""
    return placed_file.file.key != placed_file.table.object or placed_file.file in _files(
        lake, feed, placed_file.table, placed_file.day
    )


def _waiting(
    lake: Lake, feed: Feed, days: dict[date, list[Placed]], loaded: set[tuple[str, date]]
) -> dict[date, list[str]]:
    """Day -> the awaited files that it lacks.

    A day that has only small tables beside the awaited ones is loaded with the next whole day, its own or a later one.
    Alone it would give answers that the same day's files overturn an hour later.
    """
    if not feed.awaited:
        return {}
    there = loaded | {(placed_file.table.full_name, day) for day, files in days.items() for placed_file in files}
    lacking = {day: _lacking(lake, feed, day, there) for day in {day for _, day in there}}
    newest_whole = max((day for day, lacks in lacking.items() if not lacks), default=date.min)
    return {
        day: lacking[day]
        for day, files in days.items()
        if lacking[day] and (day > newest_whole or any(placed_file.table.awaited for placed_file in files))
    }


def _lacking(lake: Lake, feed: Feed, day: date, there: set[tuple[str, date]]) -> list[str]:
    return [
        table.object or table.delivered
        for table in feed.awaited
        if (table.full_name, day) not in there and not any(_settled(_files(lake, feed, table, day)))
    ]


def _files(lake: Lake, feed: Feed, table: Table, day: date) -> list[LakeObject]:
    """None that counts where they cannot be listed, which the look tells."""
    try:
        return files_of(lake, feed.name, table, day)
    except MendInput:
        return []
