"""Runs inside this process: ranges of days of the chosen tables, and then whatever became stale by them.

Belongs here: what `acme run` and `acme demo` do. Not here: printing it, runs that Dagster launches (`sensors.py`).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import cast
from uuid import uuid4

import dagster as dg

from acme_platform.build import beta_allowed, build
from acme_platform.day import Days, refuse_outside, spans
from acme_platform.deployment import tail_watcher
from acme_platform.deployment.dagster_private import DagsterInvalidAssetSelectionError, watch_orphans
from acme_platform.deployment.run_launcher import own_process
from acme_platform.deployment.run_tags import range_tags
from acme_platform.deployment.step_failures import failures
from acme_platform.errors import UsageError
from acme_platform.interrupts import interruptible
from acme_platform.materialize.refreshes import refreshes
from acme_platform.model.run_options import USUAL, RunOptions
from acme_platform.orchestration.asset_checks import UNCOMPARED
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.wording import instead_of


@dataclass(frozen=True)
class Broken:
    """A check that found broken rows."""

    table: str
    check: str
    must: bool
    days: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """One run: its days and tables, what went wrong in it, and which checks are broken."""

    run_id: str
    days: Days
    tables: tuple[str, ...]
    success: bool
    #: what failed, `staging.sales_orders` or `staging.sales_orders checks`, and why
    errors: tuple[tuple[str, str], ...]
    broken: tuple[Broken, ...]
    #: `must` checks that had nothing to compare on some days: table, check, days
    uncompared: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Runner:
    """Runs ranges of days in this process, as runs of the instance that the UI shows."""

    services: Services
    instance: dg.DagsterInstance

    @cached_property
    def _definitions(self) -> dg.Definitions:
        return build(self.services.settings, self.services)

    def _job(self, tables: tuple[str, ...]) -> dg.JobDefinition:
        """The feed's own, or Dagster's for all assets where the tables are of several feeds."""
        feeds = {catalog.feed_with(name).name for name in tables}
        if len(feeds) == 1:
            return self._definitions.resolve_job_def(feeds.pop())
        return self._definitions.resolve_implicit_global_asset_job_def()

    def select(self, selection: str) -> tuple[str, ...]:
        """Full names of what Dagster's selection syntax names: `staging/sales_orders+`, `group:sales`, `*`."""
        known = {asset_key(name): name for name in catalog.tables()}
        try:
            with beta_allowed():
                chosen = dg.AssetSelection.from_string(selection).resolve(self._definitions.resolve_asset_graph())
        except (dg.DagsterInvalidSubsetError, DagsterInvalidAssetSelectionError):
            chosen = set()
        if not chosen & known.keys():
            _complain_about_broken(selection)
            raise UsageError(f"the selection {selection!r} names no table", _meant(selection))
        return tuple(name for key, name in known.items() if key in chosen)

    def runs(self, days: Days) -> list[Days]:
        """The range as runs of at most `run_days` days."""
        refuse_outside(days, self.services.settings.first_day)
        return spans(days, self.services.settings.run_days)

    def run(self, tables: tuple[str, ...], days: Days, options: RunOptions = USUAL) -> Outcome:
        """One ranged run over the tables; what fails is in the outcome, and only KeyboardInterrupt is raised."""
        refuse_outside(days, self.services.settings.first_day)
        run_id = str(uuid4())
        watch_orphans.__file__ = tail_watcher.__file__
        with self._canceled_when_interrupted(run_id), interruptible():
            result = self._job(tables).execute_in_process(
                instance=self.instance,
                run_id=run_id,
                asset_selection=[asset_key(table) for table in tables],
                tags=range_tags(days) | own_process() | options.tags,
                # The instance keeps every event; on the terminal the caller says what matters.
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        events = result.all_events
        return Outcome(
            run_id,
            days,
            tables,
            result.success,
            tuple(failures(events)),
            tuple(_broken(events)),
            tuple(_uncompared(events)),
        )

    @contextmanager
    def _canceled_when_interrupted(self, run_id: str) -> Iterator[None]:
        """Dagster knows a run as canceled that was ended from the UI, and calls one that Ctrl-C ended a failure."""
        try:
            yield
        except KeyboardInterrupt:
            run = self.instance.get_run_by_id(run_id)
            if run and run.status is not dg.DagsterRunStatus.SUCCESS:
                self.instance.report_run_canceled(run, "Interrupted. Finished days are kept.")
            raise

    def newest_event(self) -> int:
        """The number of the newest event of the instance."""
        return self.instance.event_log_storage.get_maximum_record_id() or 0

    def done(self, tables: tuple[str, ...], days: Days, since: int) -> dict[str, set[date]]:
        """Of each table the days that were filled, or left as they stood, by any run since that event."""
        ask = partial(self.instance.get_materialized_partitions, after_cursor=since)
        return {name: set(days) & {date.fromisoformat(key) for key in ask(asset_key(name))} for name in tables}

    def refreshes(self) -> Iterator[tuple[tuple[str, ...], Days]]:
        """Tables and days that are stale, to be run one after the other; asks again when all of them were."""
        yield from ((stale_work.tables, stale_work.days) for stale_work in refreshes(self.services))


def _meant(selection: str) -> str:
    """The first of its words that is no asset or feed, and what comes close to it."""
    assets = [name.replace(".", "/") for name in catalog.tables()]
    for feed, word in re.findall(r"(group:)?\"?([\w./]+)", selection):
        known = list(catalog.feeds()) if feed else assets
        if word not in known and (meant := instead_of(word, known)).startswith("did you mean"):
            return meant
    return f"write it like 'staging/sales_orders+', 'key:\"staging/*\"' or '*'; there is: {', '.join(assets)}"


def _complain_about_broken(selection: str) -> None:
    """Raises what is wrong with the feed that the selection means."""
    for broken in catalog.broken().values():
        names = {broken.name, *broken.tables, *(name.replace(".", "/") for name in broken.tables)}
        if any(re.search(rf"(?<![\w/.]){re.escape(name)}(?![\w/.])", selection) for name in names):
            raise broken.error


def _broken(events: Sequence[dg.DagsterEvent]) -> Iterator[Broken]:
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if "broken_days" in evaluation.metadata:
                days = cast("list[str]", evaluation.metadata["broken_days"].value)
                must = evaluation.severity == dg.AssetCheckSeverity.ERROR
                yield Broken(".".join(evaluation.asset_key.path), evaluation.check_name, must, tuple(days))


def _uncompared(events: Sequence[dg.DagsterEvent]) -> Iterator[tuple[str, str, str]]:
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if evaluation.blocking and UNCOMPARED in evaluation.metadata:
                days = str(evaluation.metadata[UNCOMPARED].value)
                yield ".".join(evaluation.asset_key.path), evaluation.check_name, days
