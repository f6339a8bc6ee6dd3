"""Sensors: new files become ranged runs.

Belongs here: asking Dagster for runs, not too many and not again and again. Not here: what is new (`arrivals.py`), runs
for what is older than what it was made of (`automation.py`).

Every request carries a fingerprint of its reason as a tag. A reason whose run is under way is not asked again; one
whose runs failed is asked three times and then left to people, for a run that fails for ever must not be started for
ever. A run key alone would not do: Dagster remembers run keys without end, so a lost run would never come back.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from acme_assets import catalog, failed_day, withdrawal
from acme_assets.arrivals import look
from acme_assets.changes import look as changed
from acme_assets.day import Days, spans
from acme_assets.describe import asset_key
from acme_assets.destination import Placed
from acme_assets.errors import MendInput, TryAgain
from acme_assets.partitions import range_tags, tagged_days
from acme_assets.services import Services
from acme_assets.table import Feed, Table
from acme_assets.withdrawal import TableDay

INTERVAL_SECONDS = 15
ATTEMPTS = 3
RUNS_PER_TICK = 4
REASON, FEED = "acme/reason", "acme/feed"
#: sorts before every key of a lake. Dagster takes an empty cursor for no word about it and keeps the one before: a lake
#: that took two ticks was looked at from its middle on for ever
BEGINNING = "/"
#: so that with the run it starts (some 10 s) a change of a database is in Redis within half a minute
CHANGES_SECONDS = 10
UNFINISHED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Wanted:
    """A run that should be: the days, the tables (all of the feed when none are named) and a hash of the reason."""

    days: Days
    reason: str
    tables: tuple[str, ...] = ()
    #: only this check of these tables, without filling them
    check: str = ""


def sensors(feed: Feed) -> list[dg.SensorDefinition]:
    """`<feed>_arrivals`, before it `<table>_arrivals` for each awaited table."""
    awaited = [_arrivals(feed, table.name, [table]) for table in feed.awaited]
    others = [table for table in feed.deliveries.values() if not table.awaited]
    changes = [_changes(feed)] if feed.extracted else []
    return [*awaited, *([_arrivals(feed, feed.name, others)] if others else []), *changes]


def _arrivals(feed: Feed, name: str, tables: Sequence[Table]) -> dg.SensorDefinition:
    """A day is one run, whichever sensor sees it: the one asks that watches the first of the day's new files."""
    watched = " and ".join(table.object or f"{feed.name}/{table.delivered}/" for table in tables)

    @dg.sensor(
        name=f"{name}_arrivals",
        description=f"Watches {watched} and materializes the days of new and changed files.",
        target=dg.AssetSelection.groups(feed.name),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def arrivals(context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]) -> dg.SensorResult:
        found = look(services, feed, context.cursor or "")
        for reason in found.unplaced:
            context.log.warning(f"left alone: {reason}")
        if found.failure:
            context.log.warning(f"the lake was not listed whole, the next look goes on: {found.failure}")
        asked = {day: files for day, files in found.days.items() if _first(feed, files) in tables}
        lacks = "; ".join(f"{day} waits for {' and '.join(files)}" for day, files in sorted(found.waiting.items()))
        longest, gone = services.settings.run_days, [one for one in found.withdrawn if catalog.table(one[0]) in tables]
        wanted = [*_new_days(asked, longest), *_to_check(gone, longest)]
        with services.warehouse.transaction(f"{feed.name} arrivals") as at:
            in_vain = failed_day.runs_in_vain(at, feed.deliveries.values())
        return requested(context, feed, wanted, lacks or "no new file", found.after or BEGINNING, in_vain)

    return arrivals


def _first(feed: Feed, files: Iterable[Placed]) -> Table:
    """The table whose sensor asks for a day with these new files: an awaited one if there is one."""
    new = {one.table for one in files}
    return next(table for table in (*feed.awaited, *feed.deliveries.values()) if table in new)


def _changes(feed: Feed) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{feed.name}_arrivals",
        description=f"Asks the database of {feed.name} for changes and materializes their days.",
        target=dg.AssetSelection.groups(feed.name),
        minimum_interval_seconds=CHANGES_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def changes(context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]) -> dg.SensorResult:
        try:
            found = changed(services, feed)
        except (TryAgain, MendInput) as error:
            return dg.SensorResult(skip_reason=str(error))
        # A file that fails is delivered again; nobody does that with a database, so it gets its attempts every hour.
        reason = found.since, f"{datetime.now(UTC):%Y-%m-%d %H}"
        wanted = (
            Wanted(days, fingerprint((str(days), *reason))) for days in spans(found.days, services.settings.run_days)
        )
        return requested(context, feed, wanted, "nothing changed")

    return changes


def _new_days(files: dict[date, list[Placed]], longest: int) -> Iterator[Wanted]:
    for days in spans(files, longest):
        identities = sorted(one.identity for day in days for one in files[day])
        yield Wanted(days, fingerprint(part for identity in identities for part in identity))


def _to_check(withdrawn: Sequence[TableDay], longest: int) -> Iterator[Wanted]:
    for table, found in groupby(withdrawn, itemgetter(0)):
        for days in spans((day for _, day in found), longest):
            reason = fingerprint((withdrawal.CHECK, table, str(days), f"{datetime.now(UTC):%Y-%m-%d %H}"))
            yield Wanted(days, reason, (table,), withdrawal.CHECK)


def fingerprint(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def requested(
    context: dg.SensorEvaluationContext,
    feed: Feed,
    wanted: Iterable[Wanted],
    nothing: str,
    cursor: str = "",
    in_vain: Set[str] = frozenset(),
) -> dg.SensorResult:
    """Requests for what is wanted; `in_vain` are runs that failed for good, whose reasons are not worth another one."""
    requests: list[dg.RunRequest] = []
    waiting: list[str] = []
    busy = [days for run in under_way(context.instance, feed) if (days := tagged_days(run.tags))]
    for one in wanted:
        runs = {run.run_id for run in context.instance.get_runs(RunsFilter(tags={REASON: one.reason}))}
        failed = len(runs)
        if any(one.days.overlaps(days) for days in busy):
            waiting.append(f"{one.days} is being materialized")
        elif failed >= ATTEMPTS or runs & in_vain:
            times = "for good" if runs & in_vain else f"{failed} times"
            waiting.append(f"{one.days} failed {times}: see its last run, then acme run --days {one.days}")
        elif len(requests) < RUNS_PER_TICK:
            requests.append(_request(feed, one, failed))
    skipped = None if requests else "; ".join(waiting) or nothing
    return dg.SensorResult(run_requests=requests, skip_reason=skipped, cursor=cursor)


def under_way(instance: dg.DagsterInstance, feed: Feed) -> list[dg.DagsterRun]:
    """Runs of the feed; one that a person started may be of any."""
    runs = instance.get_runs(RunsFilter(statuses=UNFINISHED))
    return [run for run in runs if run.tags.get(FEED, feed.name) == feed.name]


def _request(feed: Feed, one: Wanted, attempt: int) -> dg.RunRequest:
    keys = [asset_key(table) for table in one.tables]
    return dg.RunRequest(
        run_key=f"{one.reason}-{attempt}",
        asset_selection=[] if one.check else keys or None,
        asset_check_keys=[dg.AssetCheckKey(key, one.check) for key in keys] if one.check else None,
        tags={**range_tags(one.days), REASON: one.reason, FEED: feed.name},
    )


def feed_of(run: dg.DagsterRun) -> Feed | None:
    """Of the tag of our sensors, or of the tables that a person chose; None for a run that fills no table of ours."""
    keys = [*(run.asset_selection or ()), *(check.asset_key for check in run.asset_check_selection or ())]
    tables = {".".join(key.path) for key in keys}
    feeds = catalog.feeds()
    touched = (feed for feed in feeds.values() if tables & {table.full_name for table in feed.tables})
    return feeds.get(run.tags.get(FEED, "")) or next(touched, None)
