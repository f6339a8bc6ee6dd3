"""Changes: which days of a source have something that raw has not.

Belongs here: comparing the source's pulse with the one of the last reading. Not here: reading (`extract.py`), starting
runs (`sensors.py`).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from acme_platform.day import Days, today
from acme_platform.ingest.database.source import Source
from acme_platform.ledger import watermarks
from acme_platform.materialize.extraction import reading
from acme_platform.model.table import Feed, Table
from acme_platform.services import Services

#: for more days than these it is worth to ask where the source's rows begin, which reads a table that has no index
FEW = 3


@dataclass(frozen=True)
class Changes:
    """`since` tells one reading from the next: until there is another one, the same days are wanted for one reason."""

    days: list[date]
    since: str
    #: seconds since the last reading; without end where one cannot wait: there is a new day, or one goes on comparing
    rested: float = math.inf


def look(services: Services, feed: Feed) -> Changes:
    """The days to read, none when nothing changed; today is wanted once in any case, for it has answers of its own."""
    services.prepare_stand_in(feed.source)
    way = reading(services, feed, run_id="")
    pulse = way.pulse()
    with services.open_warehouse().transaction(f"{feed.name} changes") as cursor:
        last = watermarks.last_pulse(cursor, feed.name)
        known = watermarks.days(cursor, [table.full_name for table in feed.watermarked])
        comparing = way.unfinished(cursor)
        may_wait = today() in known and not comparing
        rested = watermarks.rested(cursor, feed.name) if may_wait else math.inf
    if pulse == last and may_wait:
        return Changes([], pulse)
    days = _open(known, min(_unfinished(known)) if known else services.settings.first_day)
    if len(days) > FEW:
        oldest = _oldest(way.source, feed.changing, services.settings.first_day)
        days = [day for day in days if day >= oldest]
    return Changes(days, f"{last} {comparing}", rested)


def _oldest(source: Source, changing: Iterable[Table], first_day: date) -> date:
    """The day before which the source has nothing: no row was changed earlier, of those that a day could hold."""
    first = datetime.combine(first_day, time())
    oldest = (source.oldest(table.source, table.changed_at, first) for table in changing)
    return min([*(moment.date() for moment in oldest if moment), today()])


def _unfinished(known: dict[date, bool]) -> Iterable[date]:
    """Days that something may still come for, and at least one to begin with."""
    return [day for day, complete in known.items() if not complete] or [max(known)]


def _open(known: dict[date, bool], first: date) -> list[date]:
    """Today is open until it is over here: a source whose clock is ahead takes it for complete before."""
    return [day for day in Days(min(first, today()), today()) if day == today() or not known.get(day)]
