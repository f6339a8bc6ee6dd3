"""Jobs: one for each feed, by whose name the Runs page calls what sensors, schedules and `acme run` start.

Belongs here: their definition. Not here: which runs are asked for (`triggers/`).
"""

import dagster as dg

from acme_platform.deployment.dagster_private import UnresolvedAssetJobDefinition
from acme_platform.deployment.feed_runs import FEED
from acme_platform.model.table import Feed
from acme_platform.orchestration.asset_metadata import asset_key


def job(feed: Feed) -> UnresolvedAssetJobDefinition:
    """All tables of the feed, with their checks."""
    return dg.define_asset_job(
        feed.name,
        selection=dg.AssetSelection.assets(*(asset_key(table.full_name) for table in feed.tables)),
        description=f"Fills the tables of {feed.name} for the days of the run.",
        tags={FEED: feed.name},
    )
