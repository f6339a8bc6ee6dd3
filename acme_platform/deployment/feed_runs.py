"""Runs of a feed: which feed a run is of, and which are under way.

Belongs here: reading that from Dagster's runs. Not here: asking for runs (`run_requests.py`).
"""

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from acme_platform.model.table import Feed
from acme_platform.registry import catalog

#: on every run that a sensor or a schedule asked for
FEED = "acme/feed"
UNFINISHED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def under_way(instance: dg.DagsterInstance, feed: Feed) -> list[dg.DagsterRun]:
    """Runs of the feed; one that a person started may be of any, unless it fills assets that are none of ours only."""
    runs = instance.get_runs(RunsFilter(statuses=UNFINISHED))
    return [run for run in runs if run.tags.get(FEED, feed.name) == feed.name and not _is_of_others(run)]


def _is_of_others(run: dg.DagsterRun) -> bool:
    tables = {".".join(key.path) for key in run.asset_selection or ()}
    return bool(tables) and not tables & catalog.tables().keys()


def feed_of(run: dg.DagsterRun) -> Feed | None:
    """Of the tag of our sensors, or of the tables that a person chose; None for a run that fills no table of ours."""
    keys = [*(run.asset_selection or ()), *(check.asset_key for check in run.asset_check_selection or ())]
    tables = {".".join(key.path) for key in keys}
    feeds = catalog.feeds()
    touched = (feed for feed in feeds.values() if tables & {table.full_name for table in feed.tables})
    return feeds.get(run.tags.get(FEED, "")) or next(touched, None)
