"""News: what `acme up` tells while it runs, a line for each run that ended and each file that was refused.

Belongs here: what is new since the last look. Not here: how things are (`status.py`), who is told by mail
(`triggers/alerts.py`).
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg

from acme_platform.cli.terminal import console
from acme_platform.deployment.feed_runs import feed_of
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.deployment.step_failures import failures
from acme_platform.ledger.rejected import Refused, refused
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.wording import count

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
LOOK_SECONDS = 3.0
#: a run is written as ended a moment before that can be read
OVERLAP = timedelta(minutes=1)


@dataclass
class News:
    """Tells each thing once; what was there before the first look is no news."""

    services: Services
    instance: dg.DagsterInstance
    _since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _told: set[str] = field(default_factory=set)
    _known: set[Refused] | None = None
    _looked: float = 0.0

    def tell(self) -> None:
        """As often as it is called, but no oftener than it is worth a look."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        for refusal in self._new_refusals():
            console.warn(f"{_now()} refused {refusal.reason}\n  next: mend it, then {refusal.mend}", bad=True)
        for record in self._new_ends():
            _tell(self.instance, record)

    def _new_refusals(self) -> Iterator[Refused]:
        with self.services.open_warehouse().transaction("acme up news") as cursor:
            there = set(refused(cursor, catalog.tables()))
        known, self._known = self._known, there
        if known is not None:
            yield from sorted(there - known, key=lambda refusal: (refusal.day, refusal.file))

    def _new_ends(self) -> Iterator[dg.RunRecord]:
        """Oldest first."""
        look = dg.RunsFilter(statuses=ENDED, updated_after=self._since - OVERLAP)
        for record in self.instance.get_run_records(look, ascending=True):
            run, ended = record.dagster_run, record.update_timestamp.replace(tzinfo=UTC)
            if run.run_id not in self._told and ended >= self._since - timedelta(seconds=1):
                self._told.add(run.run_id)
                yield record


def _tell(instance: dg.DagsterInstance, record: dg.RunRecord) -> None:
    run, feed = record.dagster_run, feed_of(record.dagster_run)
    what = f"{_now()} {feed.name if feed else run.job_name} {tagged_days(run.tags) or ''}".rstrip()
    if run.status is dg.DagsterRunStatus.SUCCESS:
        took = (record.end_time or 0) - (record.start_time or 0)
        console.say(f"{what}: done in {took:.0f} s (run {run.run_id[:8]})")
    elif run.status is dg.DagsterRunStatus.CANCELED:
        console.say(f"{what}: canceled (run {run.run_id[:8]})")
    else:
        console.warn(f"{what}: FAILED (run {run.run_id[:8]}): {_why(instance, run)}", bad=True)


def _why(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """What failed first, in its first line; the UI and `acme status` have the rest."""
    records = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    events = [event for record in records if (event := record.event_log_entry.dagster_event)]
    failed = list(failures(events))
    if not failed:
        return "see the UI"
    (table, message), *others = failed
    return f"{table}: {message.splitlines()[0]}" + (f"; and {count(len(others), 'more table')}" if others else "")


def _now() -> str:
    return f"{datetime.now(UTC):%H:%M:%S}"
