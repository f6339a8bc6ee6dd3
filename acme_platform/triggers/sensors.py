"""Sensors: new files become ranged runs.

Belongs here: which sensor looks where, and what is a reason for a run. Not here: what is new (`new_files.py`,
`source_changes.py`), which of the wanted runs are asked for (`run_requests.py`), runs for what is older than what it
was made of (`automation.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter

import dagster as dg

from acme_platform.day import spans
from acme_platform.errors import MendInput, TryAgain
from acme_platform.ingest.files import removed_files
from acme_platform.ingest.files.removed_files import TableDay
from acme_platform.ingest.files.routing import Placed
from acme_platform.ledger import failures
from acme_platform.model import sensor_names
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.triggers.new_files import look
from acme_platform.triggers.run_requests import Wanted, fingerprint, requested
from acme_platform.triggers.source_changes import look as changed

INTERVAL_SECONDS = 15
#: a cursor before every key: given an empty one, Dagster keeps the last
BEGINNING = "-"
#: so that with the run it starts (some 10 s) a change of a database that was quiet is in Redis within half a minute
CHANGES_SECONDS = 10


def sensors(feed: Feed) -> list[dg.SensorDefinition]:
    """`<feed>_arrivals`, before it `<table>_arrivals` for each awaited table."""
    awaited = [_arrivals(feed, sensor_names.arrivals(table), [table]) for table in feed.awaited]
    others = [table for table in feed.deliveries.values() if not table.awaited]
    changes = [_changes(feed)] if feed.extracted else []
    return [*awaited, *([_arrivals(feed, sensor_names.arrivals(feed), others)] if others else []), *changes]


def _arrivals(feed: Feed, name: str, tables: Sequence[Table]) -> dg.SensorDefinition:
    """A day is one run, whichever sensor sees it: the one asks that watches the first of the day's new files."""
    watched = " and ".join(table.object or f"{feed.name}/{table.delivered}/" for table in tables)

    @dg.sensor(
        name=name,
        description=f"Watches {watched} and materializes the days of new and changed files.",
        job_name=feed.name,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def arrivals(context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]) -> dg.SensorResult:
        arrived = look(services, feed, context.cursor or "")
        for reason in arrived.unplaced:
            context.log.warning(f"left alone: {reason}")
        if arrived.failure:
            context.log.warning(f"the lake was not listed whole, the next look goes on: {arrived.failure}")
        asked = {day: files for day, files in arrived.days.items() if _first(feed, files) in tables}
        lacks = "; ".join(f"{day} waits for {' and '.join(files)}" for day, files in sorted(arrived.waiting.items()))
        longest = services.settings.run_days
        gone = [file for file in arrived.withdrawn if catalog.table(file[0]) in tables]
        wanted = [*_new_days(asked, longest), *_to_check(gone, longest)]
        with services.open_warehouse().transaction(f"{feed.name} arrivals") as cursor:
            in_vain = failures.runs_in_vain(cursor, feed.deliveries.values())
        return requested(context, feed, wanted, lacks or "no new file", arrived.after or BEGINNING, in_vain)

    return arrivals


def _first(feed: Feed, files: Iterable[Placed]) -> Table:
    """The table whose sensor asks for a day with these new files: an awaited one if there is one."""
    new = {file.table for file in files}
    return next(table for table in (*feed.awaited, *feed.deliveries.values()) if table in new)


def _changes(feed: Feed) -> dg.SensorDefinition:
    @dg.sensor(
        name=sensor_names.arrivals(feed),
        description=f"Asks the database of {feed.name} for changes and materializes their days.",
        job_name=feed.name,
        minimum_interval_seconds=CHANGES_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def changes(context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]) -> dg.SensorResult:
        try:
            source_changes = changed(services, feed)
        except (TryAgain, MendInput) as error:
            return dg.SensorResult(skip_reason=str(error))
        if source_changes.days and source_changes.rested < services.settings.changes_seconds:
            return dg.SensorResult(skip_reason=_rests(source_changes.rested, services.settings.changes_seconds))
        # A file that fails is delivered again; nobody does that with a database, so it gets its attempts every hour.
        reason = source_changes.since, f"{datetime.now(UTC):%Y-%m-%d %H}"
        wanted = (
            Wanted(days, fingerprint((str(days), *reason)))
            for days in spans(source_changes.days, services.settings.run_days)
        )
        return requested(context, feed, wanted, "nothing changed")

    return changes


def _rests(rested: float, seconds: int) -> str:
    """Four runs a minute, each of a few changes, would flood the page of runs and the storage behind it."""
    return f"something changed; it was read {rested:.0f} s ago, and is once in {seconds} s (ACME_CHANGES_SECONDS)"


def _new_days(files: dict[date, list[Placed]], longest: int) -> Iterator[Wanted]:
    for days in spans(files, longest):
        identities = sorted(file.identity for day in days for file in files[day])
        yield Wanted(days, fingerprint(part for identity in identities for part in identity))


def _to_check(withdrawn: Sequence[TableDay], longest: int) -> Iterator[Wanted]:
    for table, files_gone in groupby(withdrawn, itemgetter(0)):
        for days in spans((day for _, day in files_gone), longest):
            reason = fingerprint((removed_files.CHECK, table, str(days), f"{datetime.now(UTC):%Y-%m-%d %H}"))
            yield Wanted(days, reason, (table,), removed_files.CHECK)
